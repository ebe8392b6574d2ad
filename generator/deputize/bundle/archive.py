"""A bundle as one zip: the same files give the same bytes everywhere, and only such a zip is read back."""

from __future__ import annotations

import io
import zipfile
from types import MappingProxyType
from typing import Final

from deputize.bundle.paths import path_fault, shown
from deputize.errors import InputError, Problem
from deputize.model.values import Files

_OLDEST: Final = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold
_UNIX: Final = 3  # the "made by" code under which external attributes hold a Unix mode
_MODE: Final = 0o100644
_MOST_FILES: Final = 200
_LARGEST: Final = 1 << 20  # bytes of one file


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


def unzip(data: bytes) -> tuple[str, Files]:
    """The folder and the files of a zip made by `zip_bytes`.

    Raises InputError with every problem: no zip, a name that leaves the folder, two folders, a name twice, a deflated,
    encrypted or oversized entry.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if problems := _faults(entries):
                raise InputError(*problems)
            folder = entries[0].filename.partition("/")[0]
            found = {entry.filename.partition("/")[2]: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise InputError(Problem("the zip", "is damaged or no zip")) from error
    return folder, MappingProxyType(found)


def _faults(entries: list[zipfile.ZipInfo]) -> list[Problem]:
    if not 0 < len(entries) <= _MOST_FILES:
        return [Problem("the zip", f"holds {len(entries)} files; a bundle has 1 to {_MOST_FILES}")]
    problems = []
    if len({entry.filename.partition("/")[0] for entry in entries}) > 1:
        problems.append(Problem("the zip", "holds more than one folder"))
    if len({entry.filename for entry in entries}) < len(entries):
        problems.append(Problem("the zip", "holds a name twice"))
    problems += [Problem(shown(entry.filename), fault) for entry in entries if (fault := _entry_fault(entry))]
    return problems


def _entry_fault(entry: zipfile.ZipInfo) -> str:
    if fault := path_fault(entry.filename):
        return fault
    if "/" not in entry.filename:
        return "is in no folder"
    if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
        return "is deflated or encrypted, which deputize never does"
    if max(entry.file_size, entry.compress_size) > _LARGEST:
        return f"is larger than {_LARGEST} bytes"
    return ""
