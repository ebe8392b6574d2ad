"""Inspecting bundles: what was changed, hidden, exchanged or signed by somebody else is seen, whatever it is."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

import deputize
from deputize.bundle import MANIFEST, SIGNATURE, signed, zip_bytes
from deputize.checks.opened import open_manifest
from deputize.errors import InputError, ProvedWrongError, ServiceError, UsageError
from deputize.jobs.inspect.inspection import BundleExpectations, Inspection, Rendered, Signed
from deputize.jobs.inspect.result import proves
from deputize.jobs.inspect.run import inspect
from deputize.jobs.lint.bundle import lint_bundle
from deputize.model.spec import Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import Files
from deputize.tools import sign

ID, NEXT = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11", "0b1c2d3e-0000-4f0e-9f57-0a5d8f2f6c12"
VENDOR = Vendor("acme", english("Acme"), (VendorAccount("aws", "111122223333"),))
TENANT = deputize.Tenant("a-company", (ID,), name="A Company")
NOTHING = BundleExpectations()
PATH = {"PATH": os.environ.get("PATH", os.defpath)}
needs_ssh_keygen = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None and "CI" not in os.environ, reason="ssh-keygen is not on PATH"
)

Edit = Callable[[Path], object]


@pytest.fixture(scope="module")
def files() -> Files:
    """A bundle as it is rendered."""
    return deputize.render(VENDOR, TENANT).files


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the SSH keys `acme` and `other`, and `allowed`, which allows acme's."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("acme", "other"):
        command = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name))
        subprocess.run(command, check=True)
    (folder / "allowed").write_text(f"deputize@acme.example {(folder / 'acme.pub').read_text()}")
    return folder


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The files as a folder, as anybody might make one."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def resealed(files: Files, **changed: bytes) -> dict[str, bytes]:
    """The files with some changed, and the manifest's sums made to fit: what a forger does."""
    made = {**files, **changed}
    manifest = json.loads(files[MANIFEST])
    manifest["files"] = {path: sha256(made[path]).hexdigest() for path in made if path not in (MANIFEST, SIGNATURE)}
    return {**made, MANIFEST: (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()}


def problems(path: Path, expected: BundleExpectations = NOTHING, allowed: Path | None = None) -> list[str]:
    """Everything that is wrong, told as a result or as ProvedWrongError, without the bundle's own path."""
    try:
        found = inspect(path, expected, PATH, allowed).problems
    except ProvedWrongError as error:
        found = error.problems
    return [str(problem).removeprefix(f"{path}/").partition("; ")[0] for problem in found]


def flipped(data: bytes, at: int) -> bytes:
    """The bytes with one of them changed."""
    return data[:at] + bytes([data[at] ^ 0x04]) + data[at + 1 :]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_bundle_as_it_was_made(tmp_path: Path, files: Files, kind: str) -> None:
    """For whom, from whom, every file; and that being unsigned it proves nothing about who made it."""
    path = tmp_path / ("any-name" if kind == "folder" else "a.bundle")
    if kind == "folder":
        write(path, files)
    else:
        path.write_bytes(zip_bytes("a-company", files))
    found = inspect(path, BundleExpectations("a-company", (ID,), "111122223333"), PATH)
    assert (found.kind, found.problems, found.rendered) == (kind, (), Rendered.SAME)
    assert (found.signature.state, found.manifest.tenant, found.content) == (Signed.NONE, "a-company", files)
    assert {one.path: one.sha256 for one in found.files} == dict(found.manifest.files)
    assert {one.state.value for one in found.files} == {"ok"}
    assert "not who made it" in proves(found)


def test_a_byte_of_any_file_is_seen(tmp_path: Path, files: Files) -> None:
    """One byte changed at the beginning, middle or end of each file: that very file is named."""
    for number, (path, data) in enumerate(files.items()):
        if path != MANIFEST and data:
            at = (0, len(data) // 2, len(data) - 1)[number % 3]
            folder = write(tmp_path / str(number), {**files, path: flipped(data, at)})
            assert problems(folder) == [f"{path}: was changed after it was made"]


def test_a_byte_of_the_manifest_is_seen(tmp_path: Path, files: Files) -> None:
    """Whether a changed manifest is no longer one, disagrees with the files, or only names somebody else."""
    folder = write(tmp_path / "a", files)
    manifest = files[MANIFEST]
    for at in (
        *range(0, len(manifest), 41),
        manifest.index(b"A Company"),
        manifest.index(b'"template_version": ') + 20,
    ):
        (folder / MANIFEST).write_bytes(flipped(manifest, at))
        assert problems(folder), at
    (folder / MANIFEST).write_bytes(manifest)
    assert problems(folder) == []


def test_a_byte_of_any_region_of_a_zip_is_seen(tmp_path: Path, files: Files) -> None:
    """Local headers, content, directory, end, and what is put before or behind."""
    data = zip_bytes("a-company", files)
    directory, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    path = tmp_path / "a.zip"
    regions = {
        "local header": range(30),
        "name": range(30, 40),
        "content": range(60, directory, 997),
        "directory": range(directory, end, 7),
        "end": range(end, len(data)),
    }
    for region, places in regions.items():
        for at in places:
            path.write_bytes(flipped(data, at))
            assert problems(path), (region, at)
    for strange in (b"\n" + data, data + b"\n", data[:-1], data[:directory], data + data):
        path.write_bytes(strange)
        assert problems(path)


def test_what_a_forger_makes_consistent_is_not_what_we_render(tmp_path: Path, files: Files) -> None:
    """Sums that fit a wider template, another file, or another name in the manifest prove nothing."""
    template = "cloudformation/role.yaml"
    wider = files[template].replace(b"MaxSessionDuration: 3600", b"MaxSessionDuration: 43200")
    assert wider != files[template]
    end = "not what deputize renders for this manifest"
    folder = write(tmp_path / "wider", resealed(files, **{template: wider}))
    assert problems(folder) == [f"{template}: differs: {end}", f"{MANIFEST}: differs: {end}"]
    folder = write(tmp_path / "more", resealed(files, **{"cli/run-me.sh": b"#!/bin/sh\n"}))
    assert f"cli/run-me.sh: is there but would not be written: {end}" in problems(folder)
    renamed = files[MANIFEST].replace(b"A Company", b"B Company")
    found = inspect(write(tmp_path / "renamed", {**files, MANIFEST: renamed}), NOTHING, PATH)
    assert found.rendered is Rendered.DIFFERS
    assert {one.state.value for one in found.files} == {"ok"}


def test_a_vendor_that_cannot_be_is_refused(tmp_path: Path, files: Files) -> None:
    """What the manifest says it was made from must be a vendor, and the one whose account it names."""
    head = json.loads(files[MANIFEST])
    head["vendor"]["account_id"] = "444455556666"
    made = {**files, MANIFEST: json.dumps(head, indent=2).encode()}
    found = inspect(write(tmp_path / "a", made), NOTHING, PATH)
    assert found.rendered is Rendered.DIFFERS
    assert "made_from says 111122223333" in str(found.problems[0])


def test_whom_it_is_for_is_compared(tmp_path: Path, files: Files) -> None:
    """Another tenant, vendor or external ID, one too few or too many: each is a problem of its own."""
    one = write(tmp_path / "one", files)
    wrong = BundleExpectations("b-company", ("another-id",), "999999999999")
    assert problems(one, wrong) == [
        "--expect-tenant: the bundle is for tenant a-company, not b-company",
        "--expect-vendor: the bundle lets in account 111122223333, not 999999999999",
        "--expect-external-id: another-id is not what the bundle asks for",
        f"--expect-external-id: the bundle also lets in {ID}",
    ]
    two = write(tmp_path / "two", deputize.render(VENDOR, replace(TENANT, external_ids=(ID, NEXT))).files)
    assert problems(two, BundleExpectations(external_ids=(NEXT, ID))) == []
    assert problems(two, BundleExpectations(external_ids=(ID,))) == [
        f"--expect-external-id: the bundle also lets in {NEXT}"
    ]
    assert problems(one, BundleExpectations(external_ids=(ID, NEXT))) == [
        f"--expect-external-id: {NEXT} is not what the bundle asks for"
    ]
    with pytest.raises(UsageError, match="1234 is no AWS account ID; give its 12 digits"):
        inspect(one, BundleExpectations(vendor_account="1234"), PATH)


STRANGE: dict[str, tuple[Edit, list[str]]] = {
    "unlisted": (lambda it: (it / "notes").touch(), ["notes: is not listed in the manifest"]),
    "unlisted and hidden": (lambda it: (it / "json/.env").touch(), ["json/.env: is not listed in the manifest"]),
    "missing": (lambda it: (it / "README.md").unlink(), ["README.md: is missing"]),
    "link": (lambda it: _instead(it / "README.md").symlink_to("/etc/hostname"), ["README.md: is a symbolic link"]),
    "link to nothing": (lambda it: (it / "more").symlink_to("nowhere"), ["more: is a symbolic link"]),
    "linked folder": (lambda it: (it / "more").symlink_to("json"), ["more: is a symbolic link"]),
    "pipe": (lambda it: os.mkfifo(_instead(it / "README.md")), ["README.md: is no regular file"]),
    "pipe as signature": (lambda it: os.mkfifo(it / SIGNATURE), [f"{SIGNATURE}: is no regular file"]),
    "socket": (lambda it: _listen(it / "s"), ["s: is no regular file"]),
    "large": (lambda it: (it / "README.md").write_bytes(bytes(2 << 20)), ["README.md: is larger than 1048576 bytes"]),
    "linked manifest": (
        lambda it: _instead(it / MANIFEST).symlink_to("README.md"),
        [f"{MANIFEST}: is a symbolic link"],
    ),
    "no JSON": (lambda it: (it / MANIFEST).write_bytes(b"{"), [f"{MANIFEST}: is not JSON in UTF-8"]),
    "case": (
        lambda it: (it / "readme.md").write_bytes((it / "README.md").read_bytes()),
        ["readme.md: is not listed in the manifest"],
    ),
    "a crowd": (
        lambda it: [(it / f"json/{number}").write_bytes(b"") for number in range(201)],
        ["json/: has too much in it: a bundle has at most 200 entries"],
    ),
}


def _instead(path: Path) -> Path:
    path.unlink()
    return path


def _listen(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's name is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.parametrize("name", STRANGE)
def test_what_does_not_belong_in_a_folder(tmp_path: Path, files: Files, name: str) -> None:
    """Each is named for what it is; nothing is followed or waited for."""
    edit, expected = STRANGE[name]
    folder = write(tmp_path / "a", files)
    edit(folder)
    assert [one for one in problems(folder) if "is missing" not in one or "missing" in name] == expected


def test_all_problems_come_at_once(tmp_path: Path, files: Files) -> None:
    """A link, a changed and an unlisted file and the wrong tenant are told together, with the files' states."""
    folder = write(tmp_path / "a", {**files, "json/role.json": b"{}", "notes": b""})
    _instead(folder / "README.md").symlink_to("notes")
    found = inspect(folder, BundleExpectations("b-company"), PATH)
    assert [str(one).removeprefix(f"{folder}/").partition(":")[0] for one in found.problems] == [
        "README.md",
        "json/role.json",
        "notes",
        "--expect-tenant",
    ]
    states = {one.path: one.state.value for one in found.files if one.state.value != "ok"}
    assert states == {"README.md": "refused", "json/role.json": "changed", "notes": "unlisted"}
    assert proves(found) == "that something is wrong with it: do not deploy it"


def test_a_zip_for_another_folder(tmp_path: Path, files: Files) -> None:
    """A zip that unpacks over somebody else's bundle is refused."""
    path = tmp_path / "a.zip"
    path.write_bytes(zip_bytes("b-company", files))
    assert problems(path) == [f"{path}: unpacks into b-company, and its manifest is for a-company"]


def test_every_problem_has_a_mend(tmp_path: Path, files: Files) -> None:
    """Of a zip that somebody packed again too, which is named; and what terraform leaves in a bundle is told apart."""
    folder = write(tmp_path / "a-company", {**files, "README.md": b"Trust me.", "notes": b""})
    module = folder / "terraform"
    for name in (".terraform.lock.hcl", "terraform.tfstate", "terraform.tfstate.backup", ".terraform/modules.json"):
        write(module, {name: b"{}"})
    (module / ".terraform/link").symlink_to("modules.json")
    (module / "terraform.tfvars").touch()
    found = {one.where.removeprefix(f"{folder}/"): one.mend for one in inspect(folder, NOTHING, PATH).problems}
    copy = "terraform leaves such files: run it in a copy, and inspect the bundle as it came"
    again = "ask the vendor for the bundle again"
    left = (".terraform.lock.hcl", ".terraform/link", ".terraform/modules.json")
    assert found == {
        "README.md": again,
        "notes": again,
        "terraform/terraform.tfvars": again,
        **{f"terraform/{name}": copy for name in (*left, "terraform.tfstate", "terraform.tfstate.backup")},
    }
    zipped = shutil.make_archive(str(tmp_path / "b"), "zip", write(tmp_path / "b", {"a-company/hi.txt": b"hi" * 99}))
    with pytest.raises(ProvedWrongError) as caught:
        inspect(Path(zipped), NOTHING, PATH)
    mend = "unpack it and give the folder, or ask the vendor for the original"
    assert [(one.where.partition(".zip")[0], one.mend) for one in caught.value.problems][-1] == (f"{tmp_path}/b", mend)
    Path(zipped).write_bytes(b"PK\x03\x04")
    with pytest.raises(ProvedWrongError, match=f"\\A{zipped}: is damaged or no zip; {again}\\Z"):
        inspect(Path(zipped), NOTHING, PATH)


def test_another_template_version_is_proved_by_a_signature_only(tmp_path: Path, files: Files) -> None:
    """Nothing tells that its bytes are right, so a bundle that claims another version is not believed."""
    manifest = files[MANIFEST].replace(b'"template_version": ', b'"template_version": 9')
    found = inspect(write(tmp_path / "a", {**files, MANIFEST: manifest}), NOTHING, PATH)
    assert found.rendered is Rendered.OTHER_VERSION
    assert "nothing but a signature can prove it" in str(found.problems[0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda it: it, "does not exist; check the path"),
        (lambda it: it.mkdir(), "is no bundle: it has no manifest.json; give one that `deputize render` wrote"),
        (lambda it: it.write_bytes(b"PK?"), "is no folder and no zip; give a bundle that `deputize render` wrote"),
        (lambda it: it.write_bytes(b""), "is no folder and no zip; give a bundle that `deputize render` wrote"),
        (lambda it: it.write_bytes(bytes((8 << 20) + 1)), "is larger than 8388608 bytes; is it the file you meant?"),
        (os.mkfifo, "is not a folder, or lies in something that is none; name another folder"),
        (
            lambda it: it.write_bytes(zip_bytes("a", {"README.md": b""})),
            "is no bundle: it has no manifest.json; give one that `deputize render` wrote",
        ),
    ],
    ids=["nothing", "empty folder", "text", "empty file", "huge", "pipe", "another zip"],
)
def test_what_is_no_bundle_is_invalid_input(tmp_path: Path, make: Edit, message: str) -> None:
    """It is not called tampered: nobody said that it was a bundle."""
    path = tmp_path / "a"
    make(path)
    with pytest.raises(InputError) as caught:
        inspect(path, NOTHING, PATH)
    assert str(caught.value) == f"{path}: {message}"


def by(key: Path, files: Files) -> Files:
    """The files, signed."""
    return signed(files, sign(files[MANIFEST], str(key), environ=PATH))


def state(found: Inspection) -> tuple[str, str, list[str]]:
    """What is known of a signature, by whom, and the problems' first words."""
    said = [one.what.split(":")[0].split(",")[0] for one in found.problems]
    return found.signature.state.value, found.signature.signer, said


@needs_ssh_keygen
def test_whose_signature_it_is(tmp_path: Path, files: Files, keys: Path) -> None:
    """Good is what an allowed signer signed; by a stranger, missing, or over something else it is wrong."""
    allowed = keys / "allowed"
    ours = write(tmp_path / "ours", by(keys / "acme", files))
    good = inspect(ours, NOTHING, PATH, allowed)
    assert state(good) == ("good", "deputize@acme.example", [])
    assert (good.content, good.rendered) == (files, Rendered.SAME)
    assert "the key of deputize@acme.example signed this manifest" in proves(good)
    unchecked = inspect(ours, NOTHING, PATH)
    assert state(unchecked) == ("unchecked", "", [])
    assert unchecked.signature.key.startswith("ED25519 SHA256:")
    assert "not who made it" in proves(unchecked)
    theirs = write(tmp_path / "theirs", by(keys / "other", files))
    assert state(inspect(theirs, NOTHING, PATH, allowed)) == ("bad", "", ["is by a key that is not allowed"])
    none = write(tmp_path / "none", files)
    assert state(inspect(none, NOTHING, PATH, allowed)) == ("none", "", ["is missing"])
    another = by(keys / "acme", deputize.render(VENDOR, replace(TENANT, external_ids=(NEXT,))).files)
    moved = write(tmp_path / "moved", signed(files, another[SIGNATURE]))
    for signers in (None, allowed):
        assert state(inspect(moved, NOTHING, PATH, signers)) == ("bad", "", ["is no signature over this manifest"])
    zipped = tmp_path / "a.zip"
    zipped.write_bytes(zip_bytes("a-company", by(keys / "acme", files)))
    assert state(inspect(zipped, NOTHING, PATH, allowed))[0] == "good"


@needs_ssh_keygen
def test_allowed_signers_that_cannot_be_read_are_no_tampering(tmp_path: Path, files: Files, keys: Path) -> None:
    """A public key alone is no line of such a file; the user's own file is named, and the bundle is not blamed."""
    folder = write(tmp_path / "a", by(keys / "acme", files))
    with pytest.raises(InputError, match=rf"\A{keys}/acme\.pub:1: (?:invalid|missing) key; a line is: NAME "):
        inspect(folder, NOTHING, PATH, keys / "acme.pub")
    old = tmp_path / "old"
    old.write_text(f'acme valid-before="20200101" {(keys / "acme.pub").read_text()}')
    (problem,) = inspect(folder, NOTHING, PATH, old).problems
    assert f": {old}: line 1: key has expired" in problem.what


@needs_ssh_keygen
def test_a_good_signature_excuses_no_changed_file(tmp_path: Path, files: Files, keys: Path) -> None:
    """It covers the manifest, and what disagrees with the manifest, or with what we render, is still wrong."""
    folder = write(tmp_path / "a", {**by(keys / "acme", files), "README.md": b"Trust me."})
    assert problems(folder, allowed=keys / "allowed") == ["README.md: was changed after it was made"]
    forged = by(keys / "acme", resealed(files, **{"README.md": b"Trust me."}))
    found = inspect(write(tmp_path / "b", forged), NOTHING, PATH, keys / "allowed")
    assert (found.signature.state, found.rendered, len(found.problems)) == (Signed.GOOD, Rendered.DIFFERS, 2)


@needs_ssh_keygen
def test_a_signed_bundle_of_another_version_is_right(tmp_path: Path, files: Files, keys: Path) -> None:
    """What cannot be rendered again rests on the signature."""
    older = {**files, MANIFEST: files[MANIFEST].replace(b'"template_version": ', b'"template_version": 9')}
    folder = write(tmp_path / "a", by(keys / "acme", older))
    found = inspect(folder, NOTHING, PATH, keys / "allowed")
    assert (found.rendered, found.problems) == (Rendered.OTHER_VERSION, ())
    assert len(problems(folder)) == 1


@needs_ssh_keygen
def test_without_ssh_keygen(tmp_path: Path, files: Files, keys: Path) -> None:
    """A signature that nobody asked about is left unchecked; one that is to be checked stops the run."""
    nowhere = {"PATH": str(tmp_path)}
    folder = write(tmp_path / "a", by(keys / "acme", files))
    assert inspect(folder, NOTHING, nowhere).signature.state is Signed.UNCHECKED
    with pytest.raises(ServiceError, match="ssh-keygen: is not on PATH"):
        inspect(folder, NOTHING, nowhere, keys / "allowed")
    with pytest.raises(InputError, match="none: does not exist"):
        inspect(folder, NOTHING, PATH, tmp_path / "none")


@needs_ssh_keygen
def test_lint_sets_the_signature_aside(files: Files, keys: Path) -> None:
    """It says of a signed bundle exactly what it says without the signature, and terraform may run on it."""
    made = by(keys / "acme", files)
    assert open_manifest(made).is_our_render
    assert lint_bundle(made) == lint_bundle(files)
