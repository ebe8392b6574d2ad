from __future__ import annotations

import io
import zipfile
from hashlib import sha256

import pytest

from deputize.bundle import unzip, zip_bytes
from deputize.errors import InputError
from deputize.model.values import Files

AGAIN = "unpack it and give the folder, or ask the vendor for the original"


def packed(*entries: tuple[str, bytes], deflate: bool = False) -> bytes:
    """A zip as another program might make it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def test_the_same_files_give_the_same_bytes(sealed: Files) -> None:
    """Twice is the same, and the bytes themselves are fixed: no clock, user or zlib is in them."""
    made = zip_bytes("a-company", {"manifest.json": b"{}\n", "json/role.json": b"1"})
    assert made == zip_bytes("a-company", {"manifest.json": b"{}\n", "json/role.json": b"1"})
    assert sha256(made).hexdigest() == "d2fa90d5612b5a90b3cfe551286508d0bbce2f9acc895f73ed054f461594b9a5"
    assert zip_bytes("a-company", sealed) == zip_bytes("a-company", dict(sealed))


def test_any_unzip_program_reads_it(sealed: Files) -> None:
    """Entries lie under one folder, stored, dated 1980, readable by all, in the bundle's order."""
    with zipfile.ZipFile(io.BytesIO(zip_bytes("a-company", sealed))) as archive:
        assert archive.testzip() is None
        entries = archive.infolist()
        assert [entry.filename for entry in entries] == [f"a-company/{path}" for path in sealed]
        assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
        assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
        assert {path: archive.read(f"a-company/{path}") for path in sealed} == dict(sealed)


def test_it_reads_back(sealed: Files) -> None:
    """unzip gives the folder's name and the very files."""
    assert unzip(zip_bytes("a-company", sealed)) == ("a-company", sealed)


@pytest.mark.parametrize("folder", ["..", "../up", "/abs", "", "a b", "a\x00"])
def test_a_folder_that_could_leave_is_refused(folder: str) -> None:
    """No zip is made whose entries could land elsewhere."""
    with pytest.raises(ValueError, match=r"relative path|as a part"):
        zip_bytes(folder, {"a": b""})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the zip: is damaged or no zip"),
        (b"PK\x05\x06", "the zip: is damaged or no zip"),
        (packed(), "the zip: holds 0 files; a bundle has 1 to 200"),
        (packed(*((f"a/{n}", b"") for n in range(201))), "the zip: holds 201 files; a bundle has 1 to 200"),
        (packed(("a/b", b""), ("c/d", b"")), f"the zip: holds more than one folder; {AGAIN}"),
        (packed(("a", b"")), f"a: is in no folder; {AGAIN}"),
        (packed(("a/../../b", b"")), "a/../../b: holds '.' or '..' as a part"),
        (
            packed(("a/b", b"x" * 5000), deflate=True),
            f"a/b: is deflated or encrypted, which deputize never does; {AGAIN}",
        ),
        (packed(("a/b", bytes((1 << 20) + 1))), "a/b: is larger than 1048576 bytes"),
    ],
    # Zips made now hold the time: as parts of the tests' names they would differ between workers.
    ids=["empty", "cut", "no files", "too many", "two folders", "no folder", "dots", "deflated", "too large"],
)
def test_other_zips_are_refused(data: bytes, message: str) -> None:
    """What is not a zip of ours is refused before anything in it is unpacked."""
    with pytest.raises(InputError) as caught:
        unzip(data)
    assert str(caught.value) == message


def test_a_zip_that_was_packed_again_says_so_once() -> None:
    """Not of each of its files; and every problem can name the zip that was given."""
    data = packed(("a/", b""), ("a/b", b"1" * 99), ("a/c", b"2" * 99), ("a/d", b"3" * 99), deflate=True)
    with pytest.raises(InputError) as caught:
        unzip(data, "out/a.zip")
    assert str(caught.value).splitlines() == [
        f"out/a.zip/a/: is the entry of a folder, which deputize never writes; {AGAIN}",
        f"out/a.zip/a/b: is deflated or encrypted, which deputize never does (and 2 more); {AGAIN}",
    ]
    with pytest.raises(InputError, match=r"\Aout/a\.zip: is damaged or no zip\Z"):
        unzip(b"", "out/a.zip")


def test_a_name_twice_is_refused() -> None:
    """Programs disagree about which of two entries of one name counts."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        made = packed(("a/b", b"1"), ("a/b", b"2"))
    with pytest.raises(InputError, match="the zip: holds a name twice"):
        unzip(made)


def test_a_changed_file_is_named(sealed: Files) -> None:
    """A file whose content no longer has its checksum is named."""
    made = zip_bytes("a-company", sealed)
    with pytest.raises(InputError, match=r"\Aa-company/README\.md: was changed after it was packed\Z"):
        unzip(made.replace(b"# Acme", b"# acme"))
