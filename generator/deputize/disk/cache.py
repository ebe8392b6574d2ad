"""The verdict cache: what engines said about an exemplar, kept between runs, and never trusted further than its sum."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from deputize.disk.reading import read_bytes
from deputize.disk.writing import write_file_atomically
from deputize.errors import DeputizeError

_LARGEST: Final = 8 << 20  # bytes of one entry
_NOWHERE: Final = "/nonexistent"  # Debian's home of those who have none: it cannot be made, so nothing is cached


def user_cache_dir(environ: Mapping[str, str]) -> Path:
    """Where deputize may cache for this user: XDG_CACHE_HOME or ~/.cache, then /deputize.

    A relative XDG_CACHE_HOME is ignored: https://specifications.freedesktop.org/basedir-spec/latest/
    """
    base = environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(base):  # noqa: PTH117 - an empty text is no path
        return Path(base, "deputize")
    return Path(environ.get("HOME") or _NOWHERE, ".cache", "deputize")


@dataclass(frozen=True, slots=True)
class VerdictCache:
    """Entries as files (0600) in `folder` (0700). A cache never fails a run: what does not work is a miss.

    An entry carries the SHA-256 of its key and content, so a damaged or exchanged one is a miss. A folder that
    another user owns or may write to is not used: an entry says that a template is right.
    """

    folder: Path

    def get(self, key: str) -> bytes | None:
        """The content kept under `key`, or None."""
        if not self._is_private():
            return None
        try:
            entry = read_bytes(self._path(key), cap=_LARGEST)
        except DeputizeError:
            return None
        digest, _, data = entry.partition(b"\n")
        return data if digest == _sum(key, data) else None

    def put(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`, where that is possible."""
        with suppress(OSError, DeputizeError):
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            if self._is_private() and len(data) < _LARGEST // 2:
                write_file_atomically(self._path(key), _sum(key, data) + b"\n" + data, mode=0o600)

    def _path(self, key: str) -> Path:
        return self.folder / sha256(key.encode()).hexdigest()

    def _is_private(self) -> bool:
        try:
            found = self.folder.lstat()
        except OSError:
            return False
        writable_by_others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not writable_by_others


def _sum(key: str, data: bytes) -> bytes:
    return sha256(b"%d\n%b\n%b" % (len(key.encode()), key.encode(), data)).hexdigest().encode()
