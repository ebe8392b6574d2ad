"""Zips as an attacker makes them: each is refused with its own reason, at once and in little memory."""

from __future__ import annotations

import io
import stat
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest

from deputize.bundle import looks_zipped, unzip, zip_bytes
from deputize.errors import InputError
from deputize.model.values import Files

FILES: Files = {"manifest.json": b"{}\n", "README.md": b"# Acme\n", "json/role.json": b"{}"}
GOOD = zip_bytes("a", FILES)
END = struct.calcsize("<4s4H2LH")  # bytes of the end record
DIRECTORY = GOOD.index(b"PK\x01\x02")
AGAIN = "unpack it and give the folder, or ask the vendor for the original"
HEADERS = f"the zip: is damaged or no zip of deputize's: its headers are not as deputize writes them; {AGAIN}"
# Where an entry of the directory, which begins each, holds these.
FLAGS, SIZE, LOCAL_OFFSET = 8, 24, 42


def packed(*entries: tuple[str, bytes], mode: int = 0o100644, **about: object) -> bytes:
    """A zip that Python makes, each entry with this mode and whatever else is set on it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries:
            entry = zipfile.ZipInfo(name)
            entry.filename = name  # ZipInfo cuts a name at NUL and turns backslashes
            entry.external_attr = mode << 16
            for field, value in about.items():
                setattr(entry, field, value)
            archive.writestr(entry, data)
    return out.getvalue()


def changed(at: int, value: bytes, data: bytes = GOOD) -> bytes:
    """The zip with other bytes from `at` on."""
    return data[:at] + value + data[at + len(value) :]


def overlapping(count: int, size: int) -> bytes:
    """Many entries that all unpack from the same bytes: what makes 42 KiB into terabytes."""
    made = io.BytesIO(packed(*((f"a/{number}", b"" if number else bytes(size)) for number in range(count))))
    data = made.getvalue()
    at = data.index(b"PK\x01\x02")
    while data[at : at + 4] == b"PK\x01\x02":
        data = changed(at + SIZE - 4, struct.pack("<2L", size, size), data)
        data = changed(at + LOCAL_OFFSET, bytes(4), data)
        at += 46 + int.from_bytes(data[at + 28 : at + 30], "little")
    return data


def crowded(count: int) -> bytes:
    """A directory of that many entries, whose end says it has one."""
    entry = GOOD[DIRECTORY : GOOD.index(b"PK\x01\x02", DIRECTORY + 4)]
    directory = entry * count
    return directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), 0, 0)


def bomb() -> bytes:
    """A mebibyte of zeros a thousand times smaller, which says that it is 10 bytes."""
    made = packed(("a/b", bytes(1 << 20)), compress_type=zipfile.ZIP_DEFLATED)
    return changed(made.index(b"PK\x01\x02") + SIZE, struct.pack("<L", 10), made)


def refusal(data: bytes) -> str:
    """Why it is refused, soon and with at most 4 MiB above the zip's own size, twice over."""
    tracemalloc.start()
    started = time.process_time()
    try:
        with pytest.raises(InputError) as caught:
            unzip(data)
        assert time.process_time() - started < 20  # what hangs or is unpacked; nobody is timed here
        assert tracemalloc.get_traced_memory()[1] < 2 * len(data) + (4 << 20)
    finally:
        tracemalloc.stop()
    assert looks_zipped(data)
    return str(caught.value)


STRANGE: dict[str, tuple[Callable[[], bytes], str]] = {
    "link": (lambda: packed(("a/b", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777), "a/b: is a symbolic link"),
    "device": (lambda: packed(("a/b", b""), mode=stat.S_IFCHR | 0o600), "a/b: is no regular file"),
    "pipe": (lambda: packed(("a/b", b""), mode=stat.S_IFIFO | 0o600), "a/b: is no regular file"),
    "folder": (lambda: packed(("a/b/", b"")), f"a/b/: is the entry of a folder, which deputize never writes; {AGAIN}"),
    "absolute": (
        lambda: packed(("/a/b", b"")),
        "/a/b: is not a relative path of letters, digits, '.', '_' and '-'",
    ),
    "above": (lambda: packed(("../a/b", b"")), "../a/b: holds '.' or '..' as a part"),
    "above inside": (lambda: packed(("a/c/../b", b"")), "a/c/../b: holds '.' or '..' as a part"),
    "backslash": (
        lambda: packed(("a\\..\\b", b"")),
        "a\\..\\b: is not a relative path of letters, digits, '.', '_' and '-'",
    ),
    "drive": (lambda: packed(("C:/b", b"")), "C:/b: is not a relative path of letters, digits, '.', '_' and '-'"),
    "not ASCII": (
        lambda: packed(("a/\u00e9", b"")),
        "a/\\xc3\\xa9: is not a relative path of letters, digits, '.', '_' and '-'",
    ),
    "case": (
        lambda: packed(("a/README.md", b""), ("a/readme.md", b"")),
        "the zip: holds a/README.md and a/readme.md, which differ only in case",
    ),
    "file and folder": (
        lambda: packed(("a/b/c", b""), ("a/b", b"")),
        "the zip: holds a/b/c, which lies in the file a/b",
    ),
    "deflated": (bomb, f"a/b: is deflated or encrypted, which deputize never does; {AGAIN}"),
    "encrypted": (
        lambda: changed(DIRECTORY + FLAGS, b"\x01"),
        f"a/manifest.json: is deflated or encrypted, which deputize never does; {AGAIN}",
    ),
    "data descriptor": (
        lambda: changed(DIRECTORY + FLAGS, b"\x08"),
        f"a/manifest.json: has an extra field, a comment or a flag, which deputize never writes; {AGAIN}",
    ),
    "entry's comment": (
        lambda: packed(("a/b", b""), comment=b"hidden"),
        f"a/b: has an extra field, a comment or a flag, which deputize never writes; {AGAIN}",
    ),
    "extra field": (
        lambda: packed(("a/b", b""), extra=b"ux\x00\x00"),
        f"a/b: has an extra field, a comment or a flag, which deputize never writes; {AGAIN}",
    ),
    "2 MiB": (lambda: packed(("a/b", bytes(2 << 20))), "a/b: is larger than 1048576 bytes"),
    "size that lies": (
        lambda: changed(DIRECTORY + SIZE, struct.pack("<L", 9)),
        "the zip: has files that overlap, or that are not as long as they say, or bytes between them",
    ),
    "overlapping": (
        lambda: overlapping(200, 1 << 20),
        "the zip: has files that overlap, or that are not as long as they say, or bytes between them",
    ),
    "100,000 in the directory": (lambda: crowded(100_000), "the zip: says that it holds 1 files and lists others"),
    "in front": (
        lambda: b"#!/bin/sh\n" + GOOD,
        "the zip: has bytes before its files, or before or after its directory",
    ),
    "behind": (lambda: GOOD + b"\n", "the zip: has a comment, or bytes after its end"),
    "comment": (
        lambda: changed(len(GOOD) - 2, struct.pack("<H", 5)) + b"hello",
        "the zip: has a comment, or bytes after its end",
    ),
    "two ends": (
        lambda: GOOD + GOOD[-END:],
        "the zip: has bytes before its files, or before or after its directory",
    ),
    "two zips": (lambda: GOOD + GOOD, "the zip: has bytes before its files, or before or after its directory"),
    "several disks": (lambda: changed(len(GOOD) - END + 4, b"\x01"), "the zip: has a comment, or is a part of several"),
    "local header": (
        lambda: changed(GOOD.index(b"a/README.md"), b"a/readme.md"),
        HEADERS,
    ),
    "local size": (
        lambda: changed(22, struct.pack("<L", 1)),
        HEADERS,
    ),
    "mode": (
        lambda: packed(("a/b", b""), mode=0o104755),
        HEADERS,
    ),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_zip_is_refused_for_what_it_is(name: str) -> None:
    """The reason is said, before anything is unpacked."""
    make, message = STRANGE[name]
    assert refusal(make()) == message


def test_everything_wrong_is_said_at_once() -> None:
    """Each entry has its own problem."""
    data = packed(("a/b", b""), ("/c", b""), ("a/../d", b""), mode=stat.S_IFLNK)
    assert refusal(data).splitlines() == [
        f"the zip: holds more than one folder; {AGAIN}",
        "a/b: is a symbolic link",
        "/c: is not a relative path of letters, digits, '.', '_' and '-'",
        "a/../d: holds '.' or '..' as a part",
    ]


@pytest.mark.parametrize("mask", [0x01, 0x20])
def test_each_byte_counts(mask: int) -> None:
    """A zip with any one of its bytes changed is refused, and so is one that is cut anywhere."""
    for at in range(len(GOOD)):
        with pytest.raises(InputError):
            unzip(changed(at, bytes([GOOD[at] ^ mask])))
        with pytest.raises(InputError):
            unzip(GOOD[:at])


def test_text_is_no_zip() -> None:
    """What has nothing of a zip in it is told from one that was damaged."""
    assert not looks_zipped(b"PK, said the manifest")
    assert looks_zipped(GOOD[10:])
