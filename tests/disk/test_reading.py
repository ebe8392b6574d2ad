from __future__ import annotations

import io
import os
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from deputize.bundle import signed
from deputize.disk import check_bundle, read_folder, read_text, rereadable, scanning, stream_lines, write_bundle
from deputize.errors import InputError
from deputize.model.values import Files

Make = Callable[..., Files]


def refusal(action: Callable[[], object]) -> str:
    """The whole message of the InputError that `action` raises."""
    with pytest.raises(InputError) as caught:
        action()
    return str(caught.value)


def stdin(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let standard input hold `data`."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_text_is_read_as_it_is(tmp_path: Path) -> None:
    """UTF-8 comes back with its line ends; only a byte order mark in front is dropped."""
    path = tmp_path / "vendor.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: \xe4\xbc\x9a\r\n")
    assert read_text(path) == "name: 会\r\n"
    assert read_text(str(path)) == "name: 会\r\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist; check the path"),
        (b"ab", "is larger than 1 bytes; is it the file you meant?"),
    ],
)
def test_a_text_that_is_missing_or_too_large(tmp_path: Path, content: bytes | None, message: str) -> None:
    """The message says where, what and how to mend."""
    path = tmp_path / "vendor.yaml"
    if content is not None:
        path.write_bytes(content)
    assert refusal(lambda: read_text(path, cap=1)) == f"{path}: {message}"


def test_a_text_of_exactly_the_cap_is_read(tmp_path: Path) -> None:
    """The cap itself is allowed."""
    path = tmp_path / "a"
    path.write_bytes(b"ab")
    assert read_text(path, cap=2) == "ab"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\nb\n\xff\n", ":3: is not UTF-8; save it as UTF-8"),
        (b"\xff\xfea\x00", ":1: is UTF-16, not UTF-8; save it as UTF-8"),
        (b"\xed\xa0\x80", ":1: is not UTF-8; save it as UTF-8"),
    ],
)
def test_text_that_is_not_utf8_names_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    """The first line that is not UTF-8 is named, and UTF-16 recognised, by both readers."""
    path = tmp_path / "tenants.csv"
    path.write_bytes(content)
    assert refusal(lambda: read_text(path)) == f"{path}{message}"
    assert refusal(lambda: list(stream_lines(path))) == f"{path}{message}"


def test_a_folder_and_a_hostile_name_as_text(tmp_path: Path) -> None:
    """A folder is no text, nothing lies inside a file, and a name cannot speak to the terminal."""
    assert refusal(lambda: read_text(tmp_path)) == f"{tmp_path}: is a folder, not a file; name a file"
    (tmp_path / "file").touch()
    inside = tmp_path / "file" / "x"
    assert refusal(lambda: read_text(inside)).startswith(
        f"{inside}: is not a folder, or lies in something that is none"
    )
    assert "\x1b" not in refusal(lambda: read_text(tmp_path / "\x1b[2J"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_text_without_permission(tmp_path: Path) -> None:
    """A file that this user may not read is said to be so."""
    path = tmp_path / "vendor.yaml"
    path.touch(mode=0)
    assert refusal(lambda: read_text(path)).startswith(f"{path}: may not be read or written by this user")


def test_lines_come_one_by_one_with_their_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path, standard input and an open file give the same lines; the last needs no line end."""
    data = b"\xef\xbb\xbftenant,external_id\r\na,1\n\nb,2"
    expected = ["tenant,external_id\r\n", "a,1\n", "\n", "b,2"]
    path = tmp_path / "tenants.csv"
    path.write_bytes(data)
    stdin(data, monkeypatch)
    assert list(stream_lines(path)) == expected
    assert list(stream_lines("-")) == expected
    assert list(stream_lines(io.BytesIO(data))) == expected


def test_a_line_too_long_and_a_bad_line_are_numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines before the bad one are delivered; the bad one is named by number."""
    stdin(b"a\n" + b"x" * 65537, monkeypatch)
    lines = stream_lines("-")
    assert next(lines) == "a\n"
    assert refusal(lambda: next(lines)) == "standard input:2: is longer than 65536 bytes; is it a list of tenants?"
    assert [len(line) for line in stream_lines(io.BytesIO(b"x" * 65535 + b"\n"))] == [65536]
    assert refusal(lambda: list(stream_lines("/nonexistent/x"))) == "/nonexistent/x: does not exist; check the path"


def test_streaming_needs_no_memory_for_the_length(tmp_path: Path) -> None:
    """100,000 lines pass in less memory than a tenth of the file."""
    path = tmp_path / "tenants.csv"
    path.write_bytes(b"tenant,7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11\n" * 100_000)
    tracemalloc.start()
    try:
        assert sum(1 for _ in stream_lines(path)) == 100_000
        assert tracemalloc.get_traced_memory()[1] < 400_000
    finally:
        tracemalloc.stop()


def test_a_list_can_be_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, standard input and a pipe can each be read more than once, and standard input stays open."""
    path = tmp_path / "tenants.csv"
    path.write_bytes(b"a\nb\n")
    stdin(b"a\nb\n", monkeypatch)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"a\nb\n",), daemon=True)
    writer.start()
    for source in (path, "-", pipe):
        with rereadable(source) as file:
            assert list(stream_lines(file)) == list(stream_lines(file)) == ["a\n", "b\n"]
    writer.join()
    assert not sys.stdin.closed
    assert refusal(lambda: rereadable(tmp_path / "none").__enter__()).endswith("none: does not exist; check the path")


def test_a_folder_is_read_whole(tmp_path: Path, make: Make) -> None:
    """What was written is what is read, by relative path with forward slashes, read-only."""
    write_bundle(tmp_path, "a", make())
    files = read_folder(tmp_path / "a")
    assert files == make()
    assert list(files) == sorted(files)
    with pytest.raises(TypeError):
        files["x"] = b""  # type: ignore[index]


def test_everything_strange_in_a_folder_is_refused_at_once(tmp_path: Path) -> None:
    """Links, pipes, odd names and large files are all listed, none followed, opened or waited for."""
    folder = tmp_path / "a"
    (folder / "sub").mkdir(parents=True)
    (folder / "link").symlink_to("/etc/hostname")
    (folder / "dir").symlink_to(tmp_path)
    os.mkfifo(folder / "sub/pipe")
    (folder / "a\nb").touch()
    (folder / "large").write_bytes(bytes((1 << 20) + 1))
    (folder / "exact").write_bytes(bytes(1 << 20))
    assert refusal(lambda: read_folder(folder)).splitlines() == [
        f"{folder}/'a\\nb': is not a relative path of letters, digits, '.', '_' and '-'",
        f"{folder}/dir: is a symbolic link",
        f"{folder}/large: is larger than 1048576 bytes",
        f"{folder}/link: is a symbolic link",
        f"{folder}/sub/pipe: is no regular file",
    ]


def test_a_file_with_two_names_is_a_file(tmp_path: Path) -> None:
    """A hard link is harmless: deduplicating copies make them, and only its bytes are judged."""
    (tmp_path / "a").mkdir()
    (tmp_path / "kept").write_bytes(b"1")
    os.link(tmp_path / "kept", tmp_path / "a/b")
    assert read_folder(tmp_path / "a") == {"b": b"1"}


def test_a_folder_that_becomes_a_link_leads_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes a folder's place after it was listed is not followed, at whatever depth it lies."""
    (tmp_path / "elsewhere/sub").mkdir(parents=True)
    (tmp_path / "elsewhere/sub/secret").write_bytes(b"1")
    (tmp_path / "a/b/sub").mkdir(parents=True)
    listed = scanning._listing

    def swap(folder: int, most: int) -> list[os.DirEntry[str]]:
        found = listed(folder, most)
        if [entry.name for entry in found] == ["sub"]:
            (tmp_path / "a/b").rename(tmp_path / "old")
            (tmp_path / "a/b").symlink_to(tmp_path / "elsewhere")
        return found

    monkeypatch.setattr(scanning, "_listing", swap)
    assert refusal(lambda: read_folder(tmp_path / "a")).startswith(f"{tmp_path}/a: is not a folder")


def test_a_folder_with_too_much_in_it_is_refused(tmp_path: Path) -> None:
    """Reading stops at the first entry too many, wherever it is."""
    (tmp_path / "sub").mkdir()
    for number in range(200):
        (tmp_path / "sub" / str(number)).touch()
    assert refusal(lambda: read_folder(tmp_path)) == (
        f"{tmp_path}/sub/: has too much in it: a bundle has at most 200 entries"
    )


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    """A missing folder, or a file in its place, is said to be so."""
    (tmp_path / "file").touch()
    assert refusal(lambda: read_folder(tmp_path / "no")) == f"{tmp_path}/no: does not exist; check the path"
    assert refusal(lambda: read_folder(tmp_path / "file")).startswith(f"{tmp_path}/file: is not a folder")


def test_check_names_differences_and_writes_nothing(tmp_path: Path, make: Make) -> None:
    """Equal is silent; missing, changed, superfluous and strange files are each one line."""
    assert check_bundle(tmp_path, "a", make()) == (f"{tmp_path}/a: is missing",)
    write_bundle(tmp_path, "a", signed(make(), b"by acme"))
    assert check_bundle(tmp_path, "a", make()) == ()
    folder = tmp_path / "a"
    (folder / "README.md").write_bytes(b"mine")
    (folder / "notes").touch()
    (folder / "json/role.json").unlink()
    (folder / "terraform/main.tf").unlink()
    (folder / "terraform/main.tf").symlink_to("/etc/hostname")
    assert check_bundle(tmp_path, "a", make()) == (
        f"{folder}/README.md: differs",
        f"{folder}/json/role.json: is missing",
        f"{folder}/notes: is there but would not be written",
        f"{folder}/terraform/main.tf: is a symbolic link",
    )
    (tmp_path / "b").symlink_to("a")
    assert check_bundle(tmp_path, "b", make()) == (f"{tmp_path}/b: is a symbolic link",)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_device_is_no_list() -> None:
    """A device that never ends is refused, not copied."""
    with pytest.raises(InputError, match="is a device"), rereadable("/dev/zero"):
        pass
