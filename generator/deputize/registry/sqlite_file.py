"""The file of a registry on SQLite: made whole or not at all, its owner's alone, and nothing left beside it."""

from __future__ import annotations

import os
import re
import stat
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from deputize.errors import InputError, Problem, ServiceError

# Seconds after which a file that a creation works on is a killed one's: a creation takes less than one.
_ABANDONED: Final = 900
_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def look_at(path: Path, where: str, make: Callable[[Path], None] | None) -> None:
    """Raise InputError or ServiceError for a file that cannot be opened, is empty, or is not its owner's alone.

    make: makes a registry in the empty file that it is given; called where no file is. None: one that is not there is
    an error too.
    """
    try:
        if make is not None:
            _clear(path)
        if make is not None and not os.path.lexists(path):
            _make(path, make)
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        found = os.fstat(file)
        os.close(file)
        folder = path.resolve().parent.stat()
    except FileNotFoundError:
        mend = "`deputize tenants add` makes one; or name another with --registry"
        raise InputError(Problem(where, "does not exist", mend)) from None
    except OSError as error:
        what = f"cannot be opened: {(error.strerror or 'failed').lower()}"
        raise ServiceError(Problem(where, what, "check the path and its permissions")) from None
    _refuse_shared(found.st_mode, folder.st_mode, where)
    if found.st_size == 0:
        # Before SQLite sees it: that would throw away a -wal file which may still hold what was issued.
        raise empty(where)


def empty(where: str) -> InputError:
    """That nothing is in it."""
    mend = "restore a backup; remove the file only if it never was a registry"
    return InputError(Problem(where, "is empty: what it issued is gone", mend))


def _refuse_shared(mode: int, folder: int, where: str) -> None:
    """Whoever may write the file, or put another in its place, can make a role `verified` that nobody looked at."""
    if mode & _OTHERS:
        what = f"may be written by other users (mode {stat.S_IMODE(mode):04o}), who could make any role verified"
        raise InputError(Problem(where, what, "look who changed it, then `chmod 600` the file"))
    if folder & stat.S_IWOTH and not folder & stat.S_ISVTX:
        what = f"lies in a folder that everybody may write (mode {stat.S_IMODE(folder):04o}), and so replace it"
        raise InputError(Problem(where, what, "`chmod o-w` the folder, or move the registry"))


def _make(path: Path, make: Callable[[Path], None]) -> None:
    """Make it under another name and give it its own when it is whole: nobody ever sees an empty one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # 0600; SQLite gives its -wal and -shm files the same mode.
    file, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(file)
    try:
        make(Path(name))
        # Unlike a rename this never replaces the one that another process made meanwhile.
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)  # noqa: PTH108 - what mkstemp gives is a text


def _clear(path: Path) -> None:
    """Remove what a creation that was killed has left beside the file; a file of any doubt stays."""
    ours = re.compile(rf"\.{re.escape(path.name)}\.[a-z0-9_]{{8}}(-wal|-shm|-journal)?", re.ASCII)
    with suppress(OSError), os.scandir(path.parent) as entries:
        for entry in [one for one in entries if ours.fullmatch(one.name)]:
            with suppress(OSError):
                found = entry.stat(follow_symlinks=False)
                old = time.time() - max(found.st_mtime, found.st_ctime) > _ABANDONED
                if old and stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid():
                    os.unlink(entry.path)  # noqa: PTH108 - what scandir gives is a text
