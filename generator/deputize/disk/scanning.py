"""Look through a bundle's folder: every regular file is read, nothing is followed, opened twice or waited for."""

from __future__ import annotations

import os
from itertools import islice
from typing import Final

from deputize.bundle import path_fault, shown
from deputize.disk.os_errors import trouble
from deputize.errors import Problem

FILE_CAP: Final = 1 << 20  # bytes of one file
ENTRIES_CAP: Final = 200  # files and folders in one bundle; deputize makes about 30


def scan(folder: str) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    """Every regular file below `folder` by its relative path, and a problem for everything else.

    Each folder inside is reached part by part from the one that was opened first, so nothing that takes its place
    meanwhile leads elsewhere. A hard link is a file like another: its bytes are judged, not its other names.
    Raises OSError when a folder cannot be listed or what was listed is gone. It stops at the first entry too many, so
    that a provider's download or a mistaken path costs nothing.
    """
    found: dict[str, bytes] = {}
    problems: list[Problem] = []
    pending = [""]
    left = ENTRIES_CAP
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        while pending and left >= 0:
            inside = pending.pop()
            at = _folder_in(root, inside)
            try:
                listing = _listing(at, left + 1)
                left -= len(listing)
                if left < 0:
                    what = f"has too much in it: a bundle has at most {ENTRIES_CAP} entries"
                    problems.append(Problem(shown(inside) or ".", what))
                else:
                    folders, faults = _sorted_out(found, inside, listing, at)
                    pending += folders
                    problems += faults
            finally:
                os.close(at)
    finally:
        os.close(root)
    return found, tuple(problems)


def _sorted_out(
    found: dict[str, bytes], inside: str, listing: list[os.DirEntry[str]], folder: int
) -> tuple[list[str], list[Problem]]:
    """Read the files of one open folder into `found`; the folders in it, and what is wrong with the rest."""
    folders = []
    problems = []
    for entry in listing:
        path = inside + entry.name
        if fault := path_fault(path):
            problems.append(Problem(shown(path), fault))
        elif entry.is_dir(follow_symlinks=False):
            folders.append(f"{path}/")
        elif fault := _read_into(found, path, entry, folder):
            problems.append(Problem(path, fault))
    return folders, problems


def _folder_in(root: int, path: str) -> int:
    """Open the folder `path`, with a slash after each part, below the open folder `root`. Raises OSError for a link."""
    at = os.dup(root)
    for part in path.split("/")[:-1]:
        try:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
        finally:
            os.close(at)
        at = inner
    return at


def _listing(folder: int, most: int) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(islice(entries, most), key=lambda entry: entry.name)


def _read_into(found: dict[str, bytes], path: str, entry: os.DirEntry[str], folder: int) -> str:
    if not entry.is_file(follow_symlinks=False):
        return "is a symbolic link" if entry.is_symlink() else "is no regular file"
    try:
        # Neither a link nor a pipe that took the file's place since the listing is followed or waited for.
        descriptor = os.open(entry.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        raise  # the whole folder may be on its way out: not this file's fault
    except OSError as error:
        return trouble(path, error).problems[0].what
    try:
        size = os.fstat(descriptor).st_size
        if size > FILE_CAP:
            return f"is larger than {FILE_CAP} bytes"
        data = os.read(descriptor, size + 1)
    finally:
        os.close(descriptor)
    if len(data) != size:
        return "changed while it was read"
    found[path] = data
    return ""
