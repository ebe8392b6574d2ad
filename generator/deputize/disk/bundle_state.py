"""What stands where a bundle is to go: nothing, the same, one of ours that may be replaced, or what stays untouched."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from deputize.bundle import (
    SIGNATURE,
    issued,
    read_manifest,
    shown,
    signature_lost,
    taken_back,
    tampered,
    unsigned,
    unzip,
    zip_bytes,
)
from deputize.disk.reading import read_bytes
from deputize.disk.scanning import scan
from deputize.errors import DiffersError, InputError, Problem
from deputize.model.values import Files

ELSEWHERE: Final = "name another folder, or remove it yourself"
_ZIP_CAP: Final = 64 << 20  # bytes of an existing zip that may be ours
_FORCE: Final = "--force replaces the bundle, and with it everything that is in it"
_NOT_OURS: Final = "is there and was not made by deputize, which never touches it"


class Found(StrEnum):
    """What stands where a bundle is to go; MOVING when another run put it aside while it was looked at.

    SAME is also what is signed, where the same is to be written without a signature: it is kept.
    """

    NOTHING = "nothing"
    SAME = "same"
    OURS = "ours"
    MOVING = "moving"


def look_at_folder(target: str, files: Files, *, force: bool) -> Found:
    """What is at `target`, where `files` are to go.

    Raises DiffersError for what may not be replaced (`force` admits a bundle of ours that was changed, or that promises
    what `files` would take back), OSError when it cannot be looked at.
    """
    before = _identity(target)
    if before is None:
        return Found.NOTHING
    try:
        return _judged(target, files, force=force)
    except (DiffersError, FileNotFoundError):
        if _identity(target) == before:
            raise
        return Found.MOVING


def _identity(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_ctime_ns


def _judged(target: str, files: Files, *, force: bool) -> Found:
    where = shown(target)
    if not stat.S_ISDIR(os.lstat(target).st_mode):
        raise DiffersError(Problem(where, _NOT_OURS, ELSEWHERE))
    found, problems = scan(target)
    if not problems and (found if SIGNATURE in files else unsigned(found)) == files:
        return Found.SAME
    _ours(where, found, problems, None if force else files)
    return Found.OURS


def look_at_zip(target: str, files: Files, data: bytes, *, force: bool) -> Found:
    """What is at `target`, where `files` are to go as the zip `data`; raises as `look_at_folder` does."""
    try:
        regular = stat.S_ISREG(os.lstat(target).st_mode)
    except FileNotFoundError:
        return Found.NOTHING
    where = shown(target)
    try:
        there = read_bytes(target, cap=_ZIP_CAP) if regular else b""
        if there == data:
            return Found.SAME
        folder, found = unzip(there)
    except InputError as error:
        raise DiffersError(Problem(where, _NOT_OURS, ELSEWHERE)) from error
    if SIGNATURE in found and zip_bytes(folder, unsigned(found)) == data:
        return Found.SAME
    _ours(where, found, (), None if force else files)
    return Found.OURS


def _ours(where: str, found: Files, problems: Iterable[Problem], new: Files | None) -> None:
    """Raise DiffersError for what is not ours, and for what may not make way for `new`; None when anything may."""
    try:
        manifest = read_manifest(found)
    except InputError as error:
        raise DiffersError(Problem(where, _NOT_OURS, ELSEWHERE), *error.problems) from error
    if new is None:
        return
    unread = {problem.where for problem in problems}
    differences = (*problems, *(it for it in tampered(manifest, found) if it.where not in unread))
    lost = [Problem(f"{where}/{it.where}", it.what, _FORCE) for it in differences]
    lost += taken_back(where, issued(manifest), issued(read_manifest(new)))
    if SIGNATURE in found and SIGNATURE not in new:
        lost.append(signature_lost(where))
    if lost:
        raise DiffersError(*lost)
