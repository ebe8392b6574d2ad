"""The line that a finding points to, as a terminal may show it, and the mark under its spot."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from deputize.checks.details import inert

_WIDEST = 140  # characters of the line that are shown
_LONGEST = 8192  # characters of a line that is kept; a policy without line breaks has less
_BEFORE = 60  # of these, how many stand before the spot when the line is longer
_MARGIN = "    | "


def excerpt_lines(line: str, column: int | None) -> Iterator[str]:
    """`line` after a margin and, where the column (from 1, in characters) is known, `^` under that character.

    Nothing for an empty line. What a terminal would act on is escaped, and the mark stands right all the same.
    """
    if not line.strip():
        return
    spot = min((column or 1) - 1, len(line))
    begin = max(spot - _BEFORE, 0) if len(line) > _WIDEST else 0
    cut = line[begin : begin + _WIDEST]
    head = "…" if begin else ""
    tail = "…" if begin + _WIDEST < len(line) else ""
    yield f"{_MARGIN}{head}{inert(cut)}{tail}"
    if column is not None:
        yield f"{_MARGIN}{' ' * _width(head + inert(cut[: spot - begin]))}^"


def lines_of(text: str) -> list[str]:
    """The lines of a text without their ends, for `line_at`. Only LF and CR end a line here."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def line_at(lines: list[str], number: int | None) -> str:
    """Line `number` (from 1); empty when there is none, or when it is too long for people."""
    if number is None or not 0 < number <= len(lines) or len(lines[number - 1]) > _LONGEST:
        return ""
    return lines[number - 1]


def _width(text: str) -> int:
    """How many columns of a terminal a text takes: https://www.unicode.org/reports/tr11/ for East Asian characters."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) != 0 for character in text)
