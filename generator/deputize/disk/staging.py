"""The working folder of one run, beside its targets: who holds it is alive; what a dead run left is put right.

A folder `.deputize-<16 hex digits>` holds a locked file, `new-<name>` while a bundle is made, and `old-<name>` from the
moment the old bundle makes way until it is deleted. So an `old-` beside its `new-` is the only copy left and goes back;
an `old-` alone has been replaced. The kernel drops the lock when its process ends, however it ends; a process ID in the
name would say nothing across containers that share a folder.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

# str paths and system calls: a run makes 13 files for each of tens of thousands of tenants.
# ruff: noqa: PTH102, PTH103, PTH104, PTH106, PTH108, PTH208

NEW: Final = "new-"
OLD: Final = "old-"

_PREFIX: Final = ".deputize-"
_NAME: Final = re.compile(re.escape(_PREFIX) + r"[0-9a-f]{16}", re.ASCII)
_LOCK: Final = "deputize.lock"
_TRIES: Final = 10


@dataclass(frozen=True, slots=True)
class Workplace:
    """A working folder that this process holds: the folder of its targets, its own path, its lock's descriptor."""

    parent: str
    path: str
    lock: int


def occupy(parent: str) -> Workplace:
    """Make a working folder in `parent`, and `parent` itself where it is missing. Raises OSError."""
    os.makedirs(parent, exist_ok=True)
    for _ in range(_TRIES):
        path = f"{parent}/{_PREFIX}{secrets.token_hex(8)}"
        os.mkdir(path, 0o700)
        try:
            lock = os.open(f"{path}/{_LOCK}", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileNotFoundError:
            continue  # another run took the empty folder for a dead one's
        # A file system that knows no locks: its leftovers stay, for nobody can tell whether their run is alive.
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock).st_nlink:
            return Workplace(parent, path, lock)
        os.close(lock)  # likewise, between open and lock
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), parent)


def leave(place: Workplace) -> None:
    """Put right what is unfinished in the working folder, and remove it."""
    try:
        with suppress(OSError):
            _settle(place.parent, place.path)
    finally:
        os.close(place.lock)


@contextmanager
def working(parent: str) -> Iterator[Workplace]:
    """A working folder for one write, after dead runs' leftovers were put right. Raises OSError."""
    recover(parent)
    place = occupy(parent)
    try:
        yield place
    finally:
        leave(place)


def recover(parent: str) -> None:
    """Put right what dead runs left in `parent`: the old bundle goes back where none is, the rest is removed.

    What another user or a living run holds is left alone; what cannot be put right stays for a later run.
    """
    with suppress(OSError):
        with os.scandir(parent) as entries:
            left = [entry.path for entry in entries if _NAME.fullmatch(entry.name)]
        for path in left:
            with suppress(OSError):
                _recover(parent, path)


def _recover(parent: str, path: str) -> None:
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        return
    try:
        lock = os.open(f"{path}/{_LOCK}", os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        os.rmdir(path)  # it fails, as it should, where anything is inside
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _settle(parent, path)
    finally:
        os.close(lock)


def _settle(parent: str, path: str) -> None:
    names = sorted(set(os.listdir(path)) - {_LOCK})
    kept = False
    for name in names:
        bare = name.removeprefix(OLD)
        only_copy = name.startswith(OLD) and NEW + bare in names
        if only_copy and not _restored(f"{path}/{name}", f"{parent}/{bare}"):
            kept = True
    if kept:
        return
    # `new-` sorts before `old-`: a run that dies here leaves an `old-` that is whole, or one without its `new-`.
    for name in names:
        discard(f"{path}/{name}")
    with suppress(OSError):
        if set(os.listdir(path)) <= {_LOCK}:
            os.unlink(f"{path}/{_LOCK}")
            os.rmdir(path)


def _restored(aside: str, target: str) -> bool:
    """Whether the target is there afterwards: the bundle that was put aside, or another that came meanwhile."""
    if not os.path.lexists(target):
        with suppress(OSError):
            os.rename(aside, target)
    return os.path.lexists(target)


def discard(path: str) -> None:
    """Remove a file or a whole folder of the working folder; what cannot be removed stays for a later run."""
    with suppress(OSError):
        if stat.S_ISDIR(os.lstat(path).st_mode):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
