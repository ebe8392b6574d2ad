from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from deputize.bundle import signed, unzip, zip_bytes
from deputize.disk import BundleWriter, WriteOutcome, read_folder, write_bundle, write_file_atomically
from deputize.disk.staging import recover
from deputize.errors import DiffersError, InputError, ServiceError
from deputize.model.values import Files

Make = Callable[..., Files]


def names(folder: Path) -> list[str]:
    """Everything in a folder, hidden names too."""
    return sorted(path.name for path in folder.iterdir())


def test_created_unchanged_replaced(tmp_path: Path, make: Make) -> None:
    """A bundle is created, left alone while its bytes are the same, and replaced when they are others."""
    out = tmp_path / "not" / "yet"
    assert write_bundle(out, "a", make()) is WriteOutcome.CREATED
    inode = (out / "a").stat().st_ino
    assert write_bundle(out, "a", make()) is WriteOutcome.UNCHANGED
    assert (out / "a").stat().st_ino == inode
    assert write_bundle(out, "a", make(2)) is WriteOutcome.REPLACED
    assert read_folder(out / "a") == make(2)
    assert names(out) == ["a"]


def test_a_signature_is_kept_while_it_may_be_right(tmp_path: Path, make: Make) -> None:
    """An unchanged bundle keeps its signature, a changed one loses it by force, another one replaces it; zips too."""
    first, other = signed(make(), b"1"), signed(make(), b"2")
    with BundleWriter(tmp_path) as writer:
        for write in (writer.write, writer.write_zip):
            said = [write("a", files) for files in (make(), first, make(), first, other)]
            with pytest.raises(DiffersError, match="is signed"):
                write("a", make(2))
            said.append(write("a", make(2), force=True))
            assert [str(one) for one in said] == [
                "created",
                "replaced",
                "unchanged",
                "unchanged",
                "replaced",
                "replaced",
            ]
            write("b", first)
            write("b", make())
    assert read_folder(tmp_path / "a") == unzip((tmp_path / "a.zip").read_bytes())[1] == make(2)
    assert read_folder(tmp_path / "b") == unzip((tmp_path / "b.zip").read_bytes())[1] == first


def test_files_can_be_read_by_whom_the_umask_lets(tmp_path: Path, make: Make) -> None:
    """A bundle is handed on: its modes are the usual ones, not those of the private working folder."""
    mask = os.umask(0o022)
    try:
        write_bundle(tmp_path, "a", make())
        write_file_atomically(tmp_path / "f", b"", mode=0o666)
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "a/json").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "a/README.md").stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o644


@pytest.mark.parametrize("path", ["README.md", "cloudformation/role.yaml", "json/role.json", "terraform/main.tf"])
def test_each_file_changed_by_hand_stops_the_run(tmp_path: Path, make: Make, path: str) -> None:
    """A bundle in which one file was changed is named and kept, and replaced with force."""
    write_bundle(tmp_path, "a", make())
    (tmp_path / "a" / path).write_bytes(b"mine")
    with pytest.raises(DiffersError) as caught:
        write_bundle(tmp_path, "a", make(2))
    assert str(caught.value) == (
        f"{tmp_path}/a/{path}: was changed after it was made; "
        "--force replaces the bundle, and with it everything that is in it"
    )
    assert (tmp_path / "a" / path).read_bytes() == b"mine"
    assert write_bundle(tmp_path, "a", make(2), force=True) is WriteOutcome.REPLACED
    assert read_folder(tmp_path / "a") == make(2)
    assert names(tmp_path) == ["a"]


def test_what_the_manifest_does_not_list_stops_the_run(tmp_path: Path, make: Make) -> None:
    """Terraform's state in a bundle is named, even when the bundle itself would not change."""
    write_bundle(tmp_path, "a", make())
    state = tmp_path / "a/terraform/terraform.tfstate"
    state.write_bytes(b"{}")
    with pytest.raises(DiffersError, match=r"terraform\.tfstate: is not listed in the manifest"):
        write_bundle(tmp_path, "a", make())
    assert state.exists()


def test_a_link_in_a_bundle_is_never_followed(tmp_path: Path, make: Make) -> None:
    """A link in place of a file or folder stops the run; force removes the link and not what it points to."""
    write_bundle(tmp_path, "a", make())
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_bytes(b"keep")
    (tmp_path / "a/README.md").unlink()
    (tmp_path / "a/README.md").symlink_to(precious / "file")
    (tmp_path / "a/more").symlink_to(precious)
    with pytest.raises(DiffersError) as caught:
        write_bundle(tmp_path, "a", make(2))
    assert [problem.what for problem in caught.value.problems] == ["is a symbolic link"] * 2
    assert write_bundle(tmp_path, "a", make(2), force=True) is WriteOutcome.REPLACED
    assert (precious / "file").read_bytes() == b"keep"
    assert read_folder(tmp_path / "a") == make(2)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("kind", ["empty", "foreign", "broken manifest", "file", "link", "dangling", "fifo"])
def test_what_is_not_ours_is_never_touched(tmp_path: Path, make: Make, kind: str, force: bool) -> None:
    """Without a manifest of ours nothing is replaced, with force or without."""
    out, target, other = tmp_path / "out", tmp_path / "out/a", tmp_path / "other"
    out.mkdir()
    write_bundle(tmp_path, "other", make())
    match kind:
        case "empty":
            target.mkdir()
        case "foreign":
            target.mkdir()
            (target / "README.md").write_bytes(b"mine")
        case "broken manifest":
            write_bundle(out, "a", make())
            (target / "manifest.json").write_bytes(b"{}")
        case "file":
            target.write_bytes(b"mine")
        case "fifo":
            os.mkfifo(target)
        case "link":
            target.symlink_to(other)
        case "dangling":
            target.symlink_to(tmp_path / "nowhere")
    before = target.lstat()
    with pytest.raises(DiffersError, match="was not made by deputize, which never touches it"):
        write_bundle(out, "a", make(2), force=force)
    assert target.lstat() == before
    assert names(out) == ["a"]
    assert read_folder(other) == make()


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../up", "a/b", "/abs", ".hidden", "-rf", "a b", "é", "a\x1b[2J", "x" * 201]
)
def test_a_name_that_could_leave_is_refused(tmp_path: Path, make: Make, name: str) -> None:
    """Nothing is written under a name that is not plain; the message is inert."""
    with pytest.raises(InputError) as caught:
        write_bundle(tmp_path / "out", name, make())
    assert str(caught.value).isprintable()
    with pytest.raises(InputError), BundleWriter(tmp_path / "out") as writer:
        writer.write_zip(name, make())
    assert names(tmp_path) == []


@pytest.mark.parametrize("path", ["../x", "/x", "a//b", "a/../../x", "./x", "a\\b", "a\x00"])
def test_a_file_that_could_leave_is_refused(tmp_path: Path, make: Make, path: str) -> None:
    """A bundle with a path that leaves its folder is refused whole."""
    with pytest.raises(InputError):
        write_bundle(tmp_path, "a", {**make(), path: b""})
    assert names(tmp_path) == []


def test_a_bundle_without_manifest_is_a_bug(tmp_path: Path) -> None:
    """Nothing is written that a later run could not know as ours."""
    with pytest.raises(ValueError, match="without a manifest"):
        write_bundle(tmp_path, "a", {"README.md": b""})
    assert names(tmp_path) == []


def test_a_parent_that_cannot_be_used(tmp_path: Path, make: Make) -> None:
    """A file in place of the folder, or of one above it, is said to be so."""
    (tmp_path / "out").write_bytes(b"")
    for parent in (tmp_path / "out", tmp_path / "out/deeper"):
        with pytest.raises(
            InputError, match=r"is not a folder, or lies in something that is none; name another folder"
        ):
            write_bundle(parent, "a", make())
    with pytest.raises(InputError, match="is not a folder"):
        write_file_atomically(tmp_path / "out/x", b"")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unchanged_bundle_needs_no_permission(tmp_path: Path, make: Make) -> None:
    """In a folder that may not be written, an equal bundle is unchanged and another is refused."""
    write_bundle(tmp_path, "a", make())
    tmp_path.chmod(0o555)
    try:
        assert write_bundle(tmp_path, "a", make()) is WriteOutcome.UNCHANGED
        with pytest.raises(InputError, match="may not be read or written by this user"):
            write_bundle(tmp_path, "b", make())
    finally:
        tmp_path.chmod(0o755)


def test_an_equal_bundle_makes_no_working_folder(tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing is to be written, no folder is made."""
    write_bundle(tmp_path, "a", make())

    def never(*_: object) -> None:
        pytest.fail("made a folder")

    monkeypatch.setattr(os, "mkdir", never)
    assert write_bundle(tmp_path, "a", make()) is WriteOutcome.UNCHANGED


@pytest.mark.parametrize("old", [False, True])
def test_a_full_disk_leaves_the_old_bundle(
    tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch, old: bool
) -> None:
    """Writing stops with the system's word for it; what was there is whole and no leftover remains."""
    if old:
        write_bundle(tmp_path, "a", make())
    write, calls = os.write, [0]

    def full(descriptor: int, data: bytes) -> int:
        calls[0] += 1
        if calls[0] == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(ServiceError, match="no space left on device"):
        write_bundle(tmp_path, "a", make(2))
    assert names(tmp_path) == (["a"] if old else [])
    assert not old or read_folder(tmp_path / "a") == make()


def test_a_system_that_takes_few_bytes_at_a_time(tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short writes are continued until all is written."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    write_bundle(tmp_path, "a", make())
    assert read_folder(tmp_path / "a") == make()


@pytest.mark.parametrize("call", ["mkdir", "write", "rename", "unlink", "rmdir", "open", "close", "listdir"])
def test_an_interrupt_leaves_old_or_new(tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """Ctrl-C before or after any of the system calls leaves a whole bundle; the next run leaves no trace of it."""
    real = getattr(os, call)
    for when in range(1, 40):
        write_bundle(tmp_path, "a", make(), force=True)
        left = [when]

        def interrupted(
            *args: object, _left: list[int] = left, _after: bool = bool(when % 2), **kwargs: object
        ) -> object:
            _left[0] -= 1
            if _left[0] == 0:
                if _after:
                    with suppress(OSError):
                        real(*args, **kwargs)
                raise KeyboardInterrupt
            return real(*args, **kwargs)

        monkeypatch.setattr(os, call, interrupted)
        try:
            write_bundle(tmp_path, "a", make(2))
        except KeyboardInterrupt:
            monkeypatch.undo()
            recover(str(tmp_path))
            assert read_folder(tmp_path / "a") in (make(1), make(2))
            assert names(tmp_path) == ["a"]
        else:
            assert when > 1, f"os.{call} is never called"
            return
        finally:
            monkeypatch.undo()
    pytest.fail("more calls than expected")


def test_a_zip_is_created_kept_replaced(tmp_path: Path, make: Make) -> None:
    """A zip follows the same rules as a folder."""
    with BundleWriter(tmp_path) as writer:
        assert writer.write_zip("a", make()) is WriteOutcome.CREATED
        assert writer.write_zip("a", make()) is WriteOutcome.UNCHANGED
        assert writer.write_zip("a", make(2)) is WriteOutcome.REPLACED
    assert (tmp_path / "a.zip").read_bytes() == zip_bytes("a", make(2))
    assert names(tmp_path) == ["a.zip"]


@pytest.mark.parametrize("force", [False, True])
def test_a_zip_that_is_not_ours_is_never_touched(tmp_path: Path, make: Make, force: bool) -> None:
    """Another file, a foreign zip, a folder or a link in the zip's place stays, with force or without."""
    foreign = zip_bytes("a", {"README.md": b"mine"})
    (tmp_path / "a.zip").write_bytes(foreign)
    (tmp_path / "b.zip").write_bytes(b"mine")
    (tmp_path / "c.zip").mkdir()
    (tmp_path / "d.zip").symlink_to("a.zip")
    with BundleWriter(tmp_path) as writer:
        for name in "abcd":
            with pytest.raises(DiffersError, match="was not made by deputize"):
                writer.write_zip(name, make(), force=force)
    assert (tmp_path / "a.zip").read_bytes() == foreign
    assert names(tmp_path) == ["a.zip", "b.zip", "c.zip", "d.zip"]


def test_a_zip_changed_by_hand_needs_force(tmp_path: Path, make: Make) -> None:
    """A zip of ours in which a file was changed is named, and replaced with force."""
    (tmp_path / "a.zip").write_bytes(zip_bytes("a", {**make(), "README.md": b"mine"}))
    with BundleWriter(tmp_path) as writer:
        with pytest.raises(DiffersError, match=r"a\.zip/README\.md: was changed after it was made"):
            writer.write_zip("a", make(2))
        assert writer.write_zip("a", make(2), force=True) is WriteOutcome.REPLACED


def test_a_single_file_is_written_whole(tmp_path: Path) -> None:
    """A file is created or replaced under any name, and kept when that is asked for."""
    path = tmp_path / "my vendor.yaml"
    write_file_atomically(path, b"1", replace=False)
    with pytest.raises(DiffersError) as caught:
        write_file_atomically(path, b"2", replace=False)
    assert str(caught.value) == f"{path}: is there already; name another folder, or remove it yourself"
    assert path.read_bytes() == b"1"
    write_file_atomically(path, b"2")
    assert path.read_bytes() == b"2"
    assert names(tmp_path) == ["my vendor.yaml"]


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where hard links are unknown, a new file is still written and an old one still kept."""

    def unknown(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", unknown)
    write_file_atomically(tmp_path / "a", b"1", replace=False)
    with pytest.raises(InputError):
        write_file_atomically(tmp_path / "a", b"2", replace=False)
    assert (tmp_path / "a").read_bytes() == b"1"
