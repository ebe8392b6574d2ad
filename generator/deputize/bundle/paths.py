"""Which relative paths a bundle may hold: one rule for folders, zips and manifests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

LONGEST_PATH: Final = 512  # characters; the paths deputize makes stay under 60
_PATH: Final = re.compile(r"[\w.-]+(?:/[\w.-]+)*", re.ASCII)


def path_fault(path: str) -> str:
    """Say what keeps `path` out of a bundle; empty when nothing does.

    Legal is a relative path with forward slashes whose parts are ASCII letters, digits, `.`, `_` and `-`, none of
    them `.` or `..`: it means the same file on every system and is inert in a terminal.
    """
    if len(path) > LONGEST_PATH:
        return f"is longer than {LONGEST_PATH} characters"
    if _PATH.fullmatch(path) is None:
        return "is not a relative path of letters, digits, '.', '_' and '-'"
    if not {".", ".."}.isdisjoint(path.split("/")):
        return "holds '.' or '..' as a part"
    return ""


def clashes(paths: Iterable[str]) -> Iterator[str]:
    """Say which paths are one and the same on some systems: alike but for case, or a file and a folder at once.

    A path that comes twice is not named here.
    """
    kept: dict[str, str] = {}
    for path in paths:
        first = kept.setdefault(path.lower(), path)
        if first != path:
            yield f"{first} and {path}, which differ only in case"
    for key, path in kept.items():
        above = next((at for at, char in enumerate(key) if char == "/" and key[:at] in kept), 0)
        if above:
            yield f"{path}, which lies in the file {kept[key[:above]]}"


def shown(text: str) -> str:
    """`text` for a person: as it is when printable, else escaped so that it is inert in a terminal."""
    return text if text.isprintable() else ascii(text)
