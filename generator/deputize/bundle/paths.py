"""Which relative paths a bundle may hold: one rule for folders, zips and manifests."""

from __future__ import annotations

import re
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


def shown(text: str) -> str:
    """`text` for a person: as it is when printable, else escaped so that it is inert in a terminal."""
    return text if text.isprintable() else ascii(text)
