"""A zip's central directory as it stands in the bytes: nothing is searched for, followed or made fit.

Readers of zips disagree about which of several directories, names or sizes counts, and that is what is attacked; so
this one knows a single layout, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT sections 4.3.12 and 4.3.16.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from deputize.errors import InputError, Problem

THE_ZIP: Final = "the zip"
DAMAGED: Final = "is damaged or no zip"
MOST_FILES: Final = 200

_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_ENTRY_MARK: Final = b"PK\x01\x02"
_END_MARK: Final = b"PK\x05\x06"
_LOCAL_MARK: Final = b"PK\x03\x04"
_LOCAL_SIZE: Final = _LOCAL.size  # bytes of a file's own header, without its name


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One file as the directory tells it.

    name: bytes that are no ASCII as escapes. flags, method, crc: as the format defines them. packed, size: bytes of its
    content, there and unpacked. more: it has an extra field or a comment. mode: a Unix mode, 0 when none is given.
    start: where its content begins, when its own header is as short as can be.
    """

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    more: bool
    mode: int
    start: int


def looks_zipped(data: bytes) -> bool:
    """Whether anything in `data` is of a zip, however damaged."""
    return any(mark in data for mark in (_LOCAL_MARK, _ENTRY_MARK, _END_MARK))


def read_directory(data: bytes) -> tuple[ZipEntry, ...]:
    """The files that the zip `data` lists, at most 200.

    Raises InputError when it is no zip, is cut, has something before or after it, or a comment, or lists too many.
    """
    at = len(data) - _END.size
    if at < 0 or data[at : at + 4] != _END_MARK:
        raise InputError(Problem(THE_ZIP, "has a comment, or bytes after its end" if _ends_before(data) else DAMAGED))
    _, *disks, here, count, size, start, comment = _END.unpack_from(data, at)
    if not 0 < count <= MOST_FILES:
        raise InputError(Problem(THE_ZIP, f"holds {count} files; a bundle has 1 to {MOST_FILES}"))
    if any(disks) or here != count or comment:
        raise InputError(Problem(THE_ZIP, "has a comment, or is a part of several"))
    if start + size != at:
        raise InputError(Problem(THE_ZIP, "has bytes before its files, or before or after its directory"))
    entries = tuple(islice(_entries(data[start:at]), count + 1))
    if len(entries) != count:
        raise InputError(Problem(THE_ZIP, f"says that it holds {count} files and lists others"))
    return entries


def first_file(head: bytes) -> tuple[str, bytes] | None:
    """The name and content of the file with which a zip begins; None when it is not stored whole in `head`.

    For a look at many zips of deputize's, which begin with the manifest: `unzip` is what judges one.
    """
    if len(head) < _LOCAL_SIZE or not head.startswith(_LOCAL_MARK):
        return None
    _, _, flags, method, _, _, _, packed, size, name, extra = _LOCAL.unpack_from(head)
    start = _LOCAL_SIZE + name + extra
    if flags or method or packed != size or start + size > len(head):
        return None
    return head[_LOCAL_SIZE : _LOCAL_SIZE + name].decode("ascii", "backslashreplace"), head[start : start + size]


def packed_size(entries: tuple[ZipEntry, ...]) -> int:
    """How many bytes a zip of these files has when nothing overlaps and nothing lies between."""
    each = _LOCAL_SIZE + _ENTRY.size
    return _END.size + sum(each + 2 * len(entry.name) + entry.size for entry in entries)


def _ends_before(data: bytes) -> bool:
    return 0 <= data.rfind(_END_MARK) < len(data) - _END.size


def _entries(directory: bytes) -> Iterator[ZipEntry]:
    """Every file of the directory. Raises InputError where an entry is cut or something else stands in its place."""
    at = 0
    while at < len(directory):
        content = at + _ENTRY.size
        if content > len(directory) or directory[at : at + 4] != _ENTRY_MARK:
            raise InputError(Problem(THE_ZIP, DAMAGED))
        *head, disk, _, mode, offset = _ENTRY.unpack_from(directory, at)
        flags, method, _, _, crc, packed, size, name, extra, comment = head[3:]
        at = content + name + extra + comment
        text = directory[content : content + name].decode("ascii", "backslashreplace")
        more = bool(extra or comment or disk)
        yield ZipEntry(text, flags, method, crc, packed, size, more, mode >> 16, offset + _LOCAL_SIZE + name)
