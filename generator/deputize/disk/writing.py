"""Write bundles, zips and single files whole or not at all, and never over what is not ours."""

from __future__ import annotations

import errno
import os
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from deputize.bundle import MANIFEST, path_fault, shown, zip_bytes
from deputize.disk.bundle_state import ELSEWHERE, Found, look_at_folder, look_at_zip
from deputize.disk.os_errors import trouble
from deputize.disk.reading import name_fault
from deputize.disk.staging import NEW, OLD, Workplace, discard, leave, occupy, recover, working
from deputize.errors import DiffersError, InputError, Problem
from deputize.model.values import Files

# str paths and system calls: a run makes 13 files for each of tens of thousands of tenants.
# ruff: noqa: PTH102, PTH104, PTH105, PTH120

_TRIES: Final = 10
_FRESH: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL
# What rename() says when a folder or a file came to the target since the last look, and when the source went.
_TAKEN: Final = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR})
_GONE: Final = frozenset({errno.ENOENT})


class WriteOutcome(StrEnum):
    """What became of one bundle."""

    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


class BundleWriter:
    """Writes many bundles into one folder: `with BundleWriter(parent) as writer: writer.write(...)`.

    The first write puts right what dead runs left there. The working folder is made when something is to be written,
    so a run that finds everything unchanged needs no permission. Not for several threads at once: each takes its own.
    """

    __slots__ = ("_parent", "_place", "_recovered")

    def __init__(self, parent: Path | str) -> None:
        self._parent = os.fspath(parent)
        self._place: Workplace | None = None
        self._recovered = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def write(self, name: str, files: Files, *, force: bool = False) -> WriteOutcome:
        """Write `files`, a manifest among them, as the folder `name`.

        A bundle with the same bytes is left alone; one that agrees with its own manifest is replaced, when `files`
        take back nothing that it promises (`bundle.taken_back`) and not its signature. Raises DiffersError naming what
        differs otherwise, unless `force`, and with or without it where there is no manifest of ours; InputError for an
        illegal name or a folder that cannot be used; ServiceError when the disk is full.
        """
        _refuse(name, name_fault(name))
        self._recover()
        target = f"{self._parent}/{name}"
        try:
            return self._write(name, target, files, force=force)
        except OSError as error:
            self._leave()
            raise trouble(target, error) from error
        except BaseException:
            # An interrupt too: the old bundle may be aside, and `new-` beside it is what says so.
            self._leave()
            raise

    def write_zip(self, name: str, files: Files, *, force: bool = False) -> WriteOutcome:
        """Write `files` as `name`.zip, whose entries lie under `name`/; the same rules as for a folder."""
        _refuse(name, name_fault(name))
        self._recover()
        target = f"{self._parent}/{name}.zip"
        data = zip_bytes(name, files)
        try:
            found = look_at_zip(target, files, data, force=force)
            if found is Found.SAME:
                return WriteOutcome.UNCHANGED
            _put(self._workplace(), target, data, replace=found is Found.OURS)
        except OSError as error:
            raise trouble(target, error) from error
        return WriteOutcome.REPLACED if found is Found.OURS else WriteOutcome.CREATED

    def _recover(self) -> None:
        if not self._recovered:
            recover(self._parent)
            self._recovered = True

    def _workplace(self) -> Workplace:
        if self._place is None:
            self._place = occupy(self._parent)
        return self._place

    def _leave(self) -> None:
        place, self._place = self._place, None
        if place is not None:
            leave(place)

    def _write(self, name: str, target: str, files: Files, *, force: bool) -> WriteOutcome:
        fresh = ""
        for _ in range(_TRIES):
            found = look_at_folder(target, files, force=force)
            if found is Found.SAME:
                if fresh:
                    discard(fresh)
                return WriteOutcome.UNCHANGED
            if found is not Found.MOVING and not fresh:
                fresh = f"{self._workplace().path}/{NEW}{name}"
                _make(fresh, files)
            if found is Found.NOTHING and _renamed(fresh, target, _TAKEN):
                return WriteOutcome.CREATED
            if found is Found.OURS and self._replaced(fresh, name, target):
                return WriteOutcome.REPLACED
        raise OSError(errno.EBUSY, "is being written by other processes all the time", target)

    def _replaced(self, fresh: str, name: str, target: str) -> bool:
        """Whether `fresh` took the old bundle's place; false when somebody was faster and has to be looked at again."""
        aside = f"{self._workplace().path}/{OLD}{name}"
        if not _renamed(target, aside, _GONE):
            return False
        done = _renamed(fresh, target, _TAKEN)
        discard(aside)
        return done


def _refuse(name: str, fault: str) -> None:
    if fault:
        raise InputError(Problem(shown(name), fault))


def _renamed(source: str, target: str, raced: frozenset[int]) -> bool:
    """Whether the rename happened; false when it failed for a reason in `raced`, raises OSError for any other."""
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno in raced:
            return False
        raise
    return True


@lru_cache(maxsize=256)
def _folders(paths: tuple[str, ...]) -> tuple[str, ...]:
    """The folders that `paths` need, each after the one it lies in; a few shapes of bundle share them."""
    for path in paths:
        _refuse(path, path_fault(path))
    needed = {path[:at] for path in paths for at, char in enumerate(path) if char == "/"}
    return tuple(sorted(needed))


def _make(folder: str, files: Files) -> None:
    if MANIFEST not in files:
        msg = "a bundle without a manifest could never be replaced"
        raise ValueError(msg)
    folders = _folders(tuple(files))
    os.mkdir(folder)
    for inner in folders:
        os.mkdir(f"{folder}/{inner}")
    for path, data in files.items():
        _write_file(f"{folder}/{path}", data, 0o666)


def _write_file(path: str, data: bytes, mode: int) -> None:
    descriptor = os.open(path, _FRESH, mode)
    try:
        written = os.write(descriptor, data)
        while written < len(data):  # a file system may take less at a time
            written += os.write(descriptor, data[written:])
    finally:
        os.close(descriptor)


def _put(place: Workplace, target: str, data: bytes, *, replace: bool, mode: int = 0o666) -> None:
    fresh = f"{place.path}/file"
    try:
        _write_file(fresh, data, mode)
        if replace:
            os.replace(fresh, target)
        else:
            _link(fresh, target)
    finally:
        discard(fresh)


def _link(fresh: str, target: str) -> None:
    """Give `fresh` its final name only where nothing has it. Raises DiffersError otherwise."""
    try:
        os.link(fresh, target)
    except FileExistsError as error:
        raise DiffersError(Problem(shown(target), "is there already", ELSEWHERE)) from error
    except OSError:
        # FAT and some network file systems know no links.
        if os.path.lexists(target):
            raise
        os.replace(fresh, target)


def write_bundle(parent: Path | str, name: str, files: Files, *, force: bool = False) -> WriteOutcome:
    """Write one bundle as `parent`/`name`: see `BundleWriter.write`, which is the cheaper way for many."""
    with BundleWriter(parent) as writer:
        return writer.write(name, files, force=force)


def write_file_atomically(path: Path | str, data: bytes, *, replace: bool = True, mode: int = 0o666) -> None:
    """Write one file whole or not at all; `mode` is subject to the umask.

    Raises DiffersError when it is there and `replace` is false, InputError when the path cannot be used, ServiceError
    when the disk is full.
    """
    target = os.fspath(path)
    try:
        with working(os.path.dirname(target) or ".") as place:
            _put(place, target, data, replace=replace, mode=mode)
    except OSError as error:
        raise trouble(target, error) from error
