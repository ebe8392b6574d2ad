"""Find the files in a folder that somebody wants judged: nothing is followed, and what is hidden is only named."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from deputize.bundle import MANIFEST
from deputize.disk.os_errors import trouble
from deputize.disk.pipes import read_input
from deputize.model.format import TEMPLATE

_PEEK: Final = 1 << 16
_OURS: Final = b'"deputize/manifest/'


@dataclass(frozen=True, slots=True)
class WalkedFile:
    """A file in a folder, a bundle (a folder with a manifest of deputize's), or any other folder.

    inside: its path below the folder that is walked. is_left: a hidden folder, or what is neither a file nor a folder,
    as a link; nobody looks into it.
    """

    path: str
    inside: str
    is_file: bool = False
    is_bundle: bool = False
    is_left: bool = False


def walk(folder: str, exclude: tuple[str, ...]) -> Iterator[WalkedFile]:
    """Every regular file and bundle below `folder`, in the order of their paths' parts, and what is left there.

    exclude: globs of paths below the folder, or of names at any depth; a folder that matches is left out whole. Hidden
    folders (.git) and symbolic links are not followed, and what is in a bundle is the bundle's.
    Raises InputError for a folder that cannot be listed.
    """
    pending = [WalkedFile(folder, "")]
    while pending:
        at = pending.pop()
        if at.is_file or at.is_bundle or at.is_left:
            yield at
        else:
            pending += reversed(list(_listing(at, exclude)))


def _listing(folder: WalkedFile, exclude: tuple[str, ...]) -> Iterator[WalkedFile]:
    try:
        with os.scandir(folder.path) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        raise trouble(folder.path, error) from error
    for entry in entries:
        inside = f"{folder.inside}/{entry.name}" if folder.inside else entry.name
        if any(fnmatchcase(inside, glob) or fnmatchcase(entry.name, glob) for glob in exclude):
            continue
        if entry.is_file(follow_symlinks=False):
            yield WalkedFile(entry.path, inside, is_file=True)
        elif entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            yield WalkedFile(entry.path, inside, is_bundle=is_bundle(entry.path))
        else:
            yield WalkedFile(entry.path, inside, is_left=True)


def is_bundle(folder: str) -> bool:
    """Whether a folder says that it is a bundle: other programs have a manifest.json too."""
    manifest = os.path.join(folder, MANIFEST)  # noqa: PTH118 - paths here are the system's, as scandir gives them
    try:
        if not stat.S_ISREG(os.lstat(manifest).st_mode):
            return False
        with open(manifest, "rb") as file:  # noqa: PTH123 - likewise
            begin = file.read(_PEEK)
    except OSError:
        return False
    return _OURS in begin or os.path.lexists(os.path.join(folder, TEMPLATE))  # noqa: PTH118 - likewise


def read_file(path: str, cap: int, *, follow: bool) -> bytes | None:
    """The content of a file; None when it has more than `cap` bytes.

    follow: somebody gave this very path. Else nothing that took the file's place since the walk is followed or waited
    for. Raises InputError when it cannot be read.
    """
    try:
        if follow:
            data = read_input(path, cap + 1)
            return None if len(data) > cap else data
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - a descriptor has no path
            data = file.read(cap + 1)
    except OSError as error:
        raise trouble(path, error) from error
    return None if len(data) > cap else data
