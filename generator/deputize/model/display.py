"""Text that people read (names, reasons): one printable line, so that no output language can be tricked by it.

Refused are control, bidirectional and zero-width characters, private use (deputize marks its templates with it),
surrogates and unassigned code points. Text must be NFC: Terraform normalises strings, and formats must agree.
"""

from __future__ import annotations

import unicodedata

MAX_LENGTH = 200

# Cf holds the bidi controls and zero-width marks; ZWJ and ZWNJ are Cf too, and are refused with them.
_REFUSED = {
    "Cc": "a control character",
    "Cf": "an invisible formatting character",
    "Cs": "a surrogate",
    "Co": "a private-use character",
    "Cn": "an unassigned character",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
# Variation selectors make emoji what they are; every other mark combines with something visible.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\u034f")


def display_problem(text: str) -> str | None:
    """What is wrong with `text` as one line of display text, or None when it may be shown."""
    if not text.strip():
        return "is empty"
    if len(text) > MAX_LENGTH:
        return f"has {len(text)} characters; at most {MAX_LENGTH} are allowed"
    for position, character in enumerate(() if text.isascii() and text.isprintable() else text, 1):
        kind = _REFUSED.get(unicodedata.category(character))
        if kind is None and character in _BLANK:
            kind = "an invisible character"
        if kind is not None:
            return f"has {kind} (U+{ord(character):04X}) at position {position}"
    if text != text.strip():
        return "begins or ends with a space"
    if unicodedata.normalize("NFC", text) != text:
        return "is not in Unicode NFC form"
    return None


def hidden(text: str) -> str | None:
    """What in a text of several lines cannot be seen, as `a control character (U+0007)`; None when all can."""
    for character in text:
        kind = _REFUSED.get(unicodedata.category(character)) if character not in "\t\n\r" else None
        if kind is not None:
            return f"{kind} (U+{ord(character):04X})"
    return None


def shown(text: str, limit: int = 60) -> str:
    """`text` as an error message may print it: quoted, and otherwise as :func:`printable`."""
    return f"'{printable(text, limit)}'"


def printable(text: str, limit: int = 60) -> str:
    """`text` shortened to `limit` characters, with control and other unsafe characters as escapes."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(
        character
        if unicodedata.category(character) not in _REFUSED and character not in _BLANK
        else character.encode("unicode_escape").decode("ascii")
        for character in cut
    )
