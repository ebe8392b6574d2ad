from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deputize.bundle import MANIFEST, SIGNATURE, compare, read_manifest, seal, signed, tampered, unsigned
from deputize.model.values import Files

PATHS = [
    "README.md",
    "cloudformation/role.yaml",
    "terraform/main.tf",
    "json/role.json",
]
WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789_.-", min_size=1).filter(lambda word: word not in {".", ".."})


def test_the_manifest_is_the_json_that_a_library_would_write(unsealed: dict[str, bytes], sealed: Files) -> None:
    """Splicing sums as bytes gives exactly what json.dumps with an indent gives, in the bundle's order."""
    expected = json.loads(unsealed[MANIFEST])
    expected["files"] = {path: sha256(data).hexdigest() for path, data in unsealed.items() if path != MANIFEST}
    assert sealed[MANIFEST].decode() == json.dumps(expected, indent=2, ensure_ascii=False) + "\n"


@given(st.dictionaries(st.lists(WORD, min_size=1, max_size=3).map("/".join), st.binary(), max_size=5))
def test_any_files_seal_to_json(files: dict[str, bytes]) -> None:
    """Whatever the paths and bytes, no file at all included, the spliced manifest is what json.dumps would write."""
    head = {"schema": "deputize/manifest/1", "made_from": {"files": "none"}}
    files = {path: data for path, data in files.items() if path != MANIFEST}
    text = json.dumps(head, indent=2) + "\n"
    sums = {path: sha256(data).hexdigest() for path, data in files.items()}
    made = seal({**files, MANIFEST: text.encode()})
    assert made[MANIFEST].decode() == json.dumps({**head, "files": sums}, indent=2) + "\n"


def test_sealed_files_are_read_only_and_begin_with_the_manifest(unsealed: dict[str, bytes], sealed: Files) -> None:
    """The manifest comes first, the rest keeps its order and bytes, and nobody can change the mapping."""
    assert list(sealed) == [MANIFEST, *PATHS]
    assert all(sealed[path] is unsealed[path] for path in PATHS)
    with pytest.raises(TypeError):
        sealed["README.md"] = b""  # type: ignore[index]


@pytest.mark.parametrize("text", [b"{}\n", b'{\n  "a": 1\n}', b'{\n  "a": 1,\n  "files": {}\n}\n'])
def test_a_manifest_of_another_form_is_a_bug(text: bytes) -> None:
    """Text that cannot be spliced, or has sums already, is refused instead of being spoiled."""
    with pytest.raises(ValueError, match="indented JSON without sums"):
        seal({MANIFEST: text, "a": b""})


def test_an_untouched_bundle_is_untampered(sealed: Files) -> None:
    """A bundle as it was sealed agrees with its manifest."""
    assert tampered(read_manifest(sealed), sealed) == ()


@pytest.mark.parametrize("path", PATHS)
def test_each_changed_or_missing_file_is_found(sealed: Files, path: str) -> None:
    """One byte more in any file, or its absence, is named."""
    manifest = read_manifest(sealed)
    changed = {**sealed, path: sealed[path] + b"\n"}
    missing = {name: data for name, data in sealed.items() if name != path}
    assert [str(it) for it in tampered(manifest, changed)] == [f"{path}: was changed after it was made"]
    assert [str(it) for it in tampered(manifest, missing)] == [f"{path}: is missing"]


def test_an_unlisted_file_is_found_and_shown_inertly(sealed: Files) -> None:
    """A file that the manifest does not list is tampering; its name cannot speak to a terminal."""
    found = tampered(read_manifest(sealed), {**sealed, "terraform/evil\x1b[2J.tf": b""})
    assert [str(it) for it in found] == ["'terraform/evil\\x1b[2J.tf': is not listed in the manifest"]


def test_compare_names_what_differs_in_order() -> None:
    """Missing, superfluous and different files come sorted by path; equal ones are silent."""
    old = {"b": b"1", "c": b"1", "d": b"1"}
    new = {"a": b"1", "c": b"2", "d": b"1"}
    assert compare(old, new) == ("a: is missing", "b: is there but would not be written", "c: differs")
    assert compare(old, dict(old)) == ()


def test_a_signature_is_set_aside(sealed: Files) -> None:
    """It comes last and is no part of what is compared with sums or other files; nothing signed is sealed."""
    made = signed(sealed, b"by acme")
    assert list(made) == [*sealed, SIGNATURE]
    assert unsigned(made) == unsigned(sealed) == sealed
    assert tampered(read_manifest(made), made) == ()
    assert compare(made, sealed) == compare(sealed, made) == compare(made, signed(sealed, b"by another")) == ()
    with pytest.raises(ValueError, match="not signed"):
        seal({MANIFEST: b"{\n}\n", SIGNATURE: b""})
