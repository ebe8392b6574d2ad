"""What a word that is misspelt in a policy was most likely meant to be."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from deputize.iam.operators import OPERATORS


def meant(text: str, known: Sequence[str]) -> str:
    """A hint at the one of `known` that is spelt most like `text`."""
    near = get_close_matches(text.lower(), [one.lower() for one in known], 1)
    found = next((one for one in known if near and one.lower() == near[0]), None)
    return "" if found is None else f"; {found} is"


def operator_meant(text: str) -> str:
    """The same for a condition operator, behind the prefix that it has."""
    prefix, colon, rest = text.rpartition(":")
    hint = meant(rest, (*OPERATORS, "Null"))
    return hint and hint.replace("; ", f"; {prefix}{colon}", 1)
