"""Policy variables: `${key}`, `${key, 'default'}`, and the three that stand for a character.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Callable

from deputize.iam.operators import plain

Found = tuple[str, ...] | None
"""What a request has for a condition key: its values, none of them when the key is absent, None when not known."""

Look = Callable[[str], Found]

_VARIABLE = re.compile(r"\$\{([^{}]*)\}", re.ASCII)
_INSIDE = re.compile(r"\s*([^\s,'{}]+)\s*(?:,\s*'([^']*)'\s*)?", re.ASCII)
_CHARACTERS = ("*", "?", "$")


def has_variable(text: str) -> bool:
    """Whether AWS would replace a part of `text` before comparing."""
    return "${" in text


def resolve(text: str, look: Look) -> Found:
    """`text` with its variables replaced, as one value; () when one has no value; None when one is not known.

    The documentation says that a variable without a value "might cause the entire statement to be invalid", and does
    not say how a wildcard is read that arrives in a value: that is not known either.
    """
    pieces: list[str] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        value = _value(found[1], look)
        if not value:
            return value
        pieces += [text[end : found.start()], value[0]]
        end = found.end()
    rest = text[end:]
    # Braces that close nothing are no variable AWS documents.
    return None if any("${" in one for one in (*pieces[::2], rest)) else ("".join((*pieces, rest)),)


def _value(inside: str, look: Look) -> Found:
    if inside in _CHARACTERS:
        return (plain(inside),)
    found = _INSIDE.fullmatch(inside)
    if found is None:
        return None
    values = look(found[1].lower())
    if values == () and found[2] is not None:
        values = (found[2],)
    # A key of many values cannot be a variable.
    if values is None or len(values) > 1 or any(mark in one for one in values for mark in "*?"):
        return None
    return values
