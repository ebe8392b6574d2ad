"""A bundle as one zip: the same files give the same bytes everywhere, and only such a zip is read back.

Packing what was read must give the very bytes that were read. That alone refuses everything else; what is looked at
before says why, and keeps memory within the zip's own size. Nothing is ever inflated.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from deputize.bundle.directory import DAMAGED, THE_ZIP, ZipEntry, packed_size, read_directory
from deputize.bundle.paths import clashes, path_fault, shown
from deputize.errors import InputError, Problem
from deputize.model.values import Files

_OLDEST: Final = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold
_UNIX: Final = 3  # the "made by" code under which external attributes hold a Unix mode
_MODE: Final = 0o100644
_LARGEST: Final = 1 << 20  # bytes of one file
_ENCRYPTED: Final = 1  # bit of an entry's flags
_PACKED_AGAIN: Final = "unpack it and give the folder, or ask the vendor for the original"


def zip_bytes(folder: str, files: Files) -> bytes:
    """Pack `files` under `folder`/, in their own order; deterministic.

    Stored, not deflated: builds of zlib differ in what they emit. Raises ValueError for a
    path that could leave the folder.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path, data in files.items():
            name = f"{folder}/{path}"
            if fault := path_fault(name):
                msg = f"{name!r} {fault}"
                raise ValueError(msg)
            entry = zipfile.ZipInfo(name, _OLDEST)
            entry.create_system = _UNIX
            entry.external_attr = _MODE << 16
            archive.writestr(entry, data)
    return packed.getvalue()


def unzip(data: bytes, name: str = THE_ZIP) -> tuple[str, Files]:
    """The folder and the files of a zip made by `zip_bytes`; name: how problems call the zip, as its path.

    Raises InputError with every problem: no zip, something before, between or after its files, a name that leaves the
    folder, two folders, names that are one on some systems, a link or device, a deflated, encrypted or oversized entry,
    a changed byte.
    """
    try:
        return _unzipped(data)
    except InputError as error:
        raise InputError(*(_placed(problem, name) for problem in error.problems)) from error


def _placed(problem: Problem, name: str) -> Problem:
    """The problem of a zip of that name."""
    if name == THE_ZIP:
        return problem
    where = name if problem.where == THE_ZIP else f"{name}/{problem.where}"
    return Problem(where, problem.what, problem.mend)


def _unzipped(data: bytes) -> tuple[str, Files]:
    entries = read_directory(data)
    if problems := _faults(entries):
        raise InputError(*problems)
    if packed_size(entries) != len(data):
        what = "has files that overlap, or that are not as long as they say, or bytes between them"
        raise InputError(Problem(THE_ZIP, what))
    content = {entry.name: data[entry.start : entry.start + entry.size] for entry in entries}
    changed = [entry.name for entry in entries if zlib.crc32(content[entry.name]) != entry.crc]
    if changed:
        raise InputError(*(Problem(name, "was changed after it was packed") for name in changed))
    folder = entries[0].name.partition("/")[0]
    found = {name.partition("/")[2]: inside for name, inside in content.items()}
    if zip_bytes(folder, found) != data:
        what = f"{DAMAGED} of deputize's: its headers are not as deputize writes them"
        raise InputError(Problem(THE_ZIP, what, _PACKED_AGAIN))
    return folder, MappingProxyType(found)


def _faults(entries: tuple[ZipEntry, ...]) -> list[Problem]:
    problems = []
    names = [entry.name for entry in entries]
    if len({name.partition("/")[0] for name in names}) > 1:
        problems.append(Problem(THE_ZIP, "holds more than one folder", _PACKED_AGAIN))
    if len(set(names)) < len(names):
        problems.append(Problem(THE_ZIP, "holds a name twice"))
    problems += _entry_problems(entries)
    if not problems:  # so every name is safe to show
        problems += [Problem(THE_ZIP, f"holds {clash}") for clash in clashes(names)]
    return problems


def _entry_problems(entries: tuple[ZipEntry, ...]) -> Iterator[Problem]:
    """What is wrong with single files; of a zip that another program packed each thing is said once, of the first."""
    again: dict[str, list[str]] = {}
    for entry in entries:
        name = entry.name.removesuffix("/")  # other programs list folders too
        if fault := path_fault(name) or _kind_fault(entry):
            yield Problem(shown(entry.name), fault)
        elif fault := _packed_again(entry):
            again.setdefault(fault, []).append(entry.name)
    for fault, (first, *more) in again.items():
        others = f" (and {len(more)} more)" if more else ""
        yield Problem(first, f"{fault}{others}", _PACKED_AGAIN)


def _kind_fault(entry: ZipEntry) -> str:
    if stat.S_ISLNK(entry.mode):
        return "is a symbolic link"
    if stat.S_IFMT(entry.mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is no regular file"
    return f"is larger than {_LARGEST} bytes" if max(entry.size, entry.packed) > _LARGEST else ""


def _packed_again(entry: ZipEntry) -> str:
    if entry.name.endswith("/") or stat.S_ISDIR(entry.mode):
        return "is the entry of a folder, which deputize never writes"
    if "/" not in entry.name:
        return "is in no folder"
    if entry.method or entry.flags & _ENCRYPTED:
        return "is deflated or encrypted, which deputize never does"
    if entry.more or entry.flags:
        return "has an extra field, a comment or a flag, which deputize never writes"
    return ""
