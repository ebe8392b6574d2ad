"""Read what a user names: a text, a long list line by line, a bundle's folder; each with a cap."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO, BinaryIO, Final

from deputize.bundle import compare, path_fault, shown
from deputize.disk.os_errors import trouble
from deputize.disk.pipes import read_input
from deputize.disk.scanning import FILE_CAP, scan
from deputize.errors import InputError, Problem
from deputize.model.values import Files

TEXT_CAP: Final = FILE_CAP
LIST_CAP: Final = 1 << 30  # bytes of a list that has to be copied before it can be read twice
LINE_CAP: Final = 64 << 10  # bytes of one line of a tenant list
STDIN: Final = "-"

_LONGEST_NAME: Final = 200  # the system's 255, less the prefix of a working copy
_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def read_bytes(path: Path | str, *, cap: int = TEXT_CAP) -> bytes:
    """The whole content of one file.

    Raises InputError when it cannot be read, has more than `cap` bytes, or is a pipe into which nobody writes.
    """
    where = os.fspath(path)
    try:
        data = read_input(where, cap + 1)
    except OSError as error:
        raise trouble(where, error) from error
    if len(data) > cap:
        raise InputError(Problem(shown(where), f"is larger than {cap} bytes", "is it the file you meant?"))
    return data


def read_text(path: Path | str, *, cap: int = TEXT_CAP) -> str:
    """One file as text: UTF-8, a leading byte order mark dropped, line ends as they are.

    Raises InputError when it is missing, a folder, unreadable, larger than `cap` bytes or not UTF-8.
    """
    where = shown(os.fspath(path))
    data = read_bytes(path, cap=cap)
    try:
        return data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        where = f"{where}:{line}"
        raise _not_utf8(where, data) from error


def _not_utf8(where: str, data: bytes) -> InputError:
    what = "is UTF-16, not UTF-8" if data.startswith(_UTF16) else "is not UTF-8"
    return InputError(Problem(where, what, "save it as UTF-8"))


def stream_lines(source: Path | str | BinaryIO, *, name: str = "") -> Iterator[str]:
    """Lines of a tenant list, each with its line end, one at a time and in flat memory.

    source: a path, "-" for standard input, or an open file, which is read from its beginning. name: how problems call
    it. Raises InputError while iterating: unreadable, not UTF-8, or a line of more than 64 KiB.
    """
    if not isinstance(source, Path | str):
        source.seek(0)
        yield from _lines(source, name or "the input")
    elif source == STDIN:
        yield from _lines(sys.stdin.buffer, name or "standard input")
    else:
        where = os.fspath(source)
        try:
            with Path(source).open("rb") as file:
                yield from _lines(file, name or shown(where))
        except OSError as error:
            raise trouble(where, error) from error


def _lines(file: BinaryIO, name: str) -> Iterator[str]:
    number = 0
    while line := file.readline(LINE_CAP + 1):
        number += 1
        where = f"{name}:{number}"
        if len(line) > LINE_CAP:
            raise InputError(Problem(where, f"is longer than {LINE_CAP} bytes", "is it a list of tenants?"))
        try:
            yield (line.removeprefix(_BOM) if number == 1 else line).decode("utf-8")
        except UnicodeDecodeError as error:
            raise _not_utf8(where, line) from error


@contextmanager
def rereadable(path: Path | str) -> Iterator[BinaryIO]:
    """An open file that `stream_lines` can read more than once: all rows are checked before the first is written.

    Standard input and pipes are copied to a nameless temporary file first. Raises InputError when it cannot be read.
    """
    where = os.fspath(path)
    with ExitStack() as open_files:
        try:
            if where == STDIN and sys.stdin is None:
                raise InputError(Problem("standard input", "is closed", "name a file"))
            file: BinaryIO = sys.stdin.buffer if where == STDIN else open_files.enter_context(Path(path).open("rb"))
            mode = 0 if where == STDIN else os.fstat(file.fileno()).st_mode
            if stat.S_ISCHR(mode) and not file.isatty():
                raise InputError(Problem(shown(where), "is a device", "name a file, or use - for standard input"))
            if not stat.S_ISREG(mode):
                copy = open_files.enter_context(tempfile.TemporaryFile())
                _copy(file, copy, where)
                file = copy
        except OSError as error:
            raise trouble(where, error) from error
        yield file


def _copy(source: BinaryIO, target: IO[bytes], where: str) -> None:
    left = LIST_CAP
    while block := source.read(1 << 16):
        left -= len(block)
        if left < 0:
            raise InputError(Problem(shown(where), f"is larger than {LIST_CAP} bytes", "is it a list of tenants?"))
        target.write(block)


def survey_folder(path: Path | str) -> tuple[Files, tuple[Problem, ...]]:
    """A bundle's files by their relative path, sorted and read-only, and a problem for everything else in the folder.

    Problems: a link or another thing that is no regular file, a name that no bundle has, a file that may not be read or
    has over 1 MiB, more than 200 entries. Raises InputError when there is no such folder.
    """
    where = os.fspath(path)
    try:
        found, problems = scan(where)
    except OSError as error:
        raise trouble(where, error) from error
    placed = tuple(Problem(f"{shown(where)}/{it.where}", it.what, it.mend) for it in problems)
    return MappingProxyType(dict(sorted(found.items()))), placed


def read_folder(path: Path | str) -> Files:
    """A bundle's files, as `survey_folder` gives them. Raises InputError with every problem."""
    files, problems = survey_folder(path)
    if problems:
        raise InputError(*problems)
    return files


def check_bundle(parent: Path | str, name: str, files: Files) -> tuple[str, ...]:
    """How `parent`/`name` differs from `files`, sorted; empty when it is the same. Nothing is written.

    Raises InputError when the folder is there and cannot be read.
    """
    if fault := name_fault(name):
        raise InputError(Problem(shown(name), fault))
    where = os.fspath(Path(parent, name))
    try:
        if stat.S_ISLNK(os.lstat(where).st_mode):
            return (f"{shown(where)}: is a symbolic link",)
        found, problems = scan(where)
    except FileNotFoundError:
        return (f"{shown(where)}: is missing",)
    except OSError as error:
        raise trouble(where, error) from error
    unread = {problem.where for problem in problems}
    differences = [f"{problem.where}: {problem.what}" for problem in problems]
    differences += (line for line in compare(found, files) if line.partition(": ")[0] not in unread)
    return tuple(f"{shown(where)}/{line}" for line in sorted(differences))


def name_fault(name: str) -> str:
    """What keeps `name` from being a bundle's folder; empty when nothing does. A dot in front marks our own folders."""
    if fault := path_fault(name):
        return fault
    if "/" in name or name.startswith((".", "-")) or len(name) > _LONGEST_NAME:
        return "is no name for a bundle's folder"
    return ""
