"""The picture of the page, drawn from the model: two accounts, the one way in, and the way that is refused.

It is as wide as a phone. Only what belongs to the vendor is shortened here, since a tenant's texts are not known yet
when a blueprint is made: those are cut off at the edge of a box by the browser, and stand in full elsewhere.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from deputize.model.role import Role
from deputize.model.text import Localized

# Columns of a monospaced font that fit a box; a wide character takes two.
_COLUMNS = 38
_ROLES = 3
_LINE = 17


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn, and where; all lengths in units of the picture's own, 320 to its width.

    name: the vendor's, shortened. roles: names with their paths, shortened, and the line each stands on; more: how many
    are left out. cards: the top of the two cases in the vendor's box; gate: the top of the customer's account.
    """

    name: Localized
    roles: tuple[tuple[int, str], ...]
    more: int
    cards: int
    gate: int
    gate_height: int
    height: int


def picture(role: Role) -> Picture:
    """The picture of `role`."""
    paths = [arn.rpartition(":role/")[2] for arn in role.account.roles]
    shown = paths if len(paths) <= _ROLES else paths[: _ROLES - 1]
    top = 78
    lines = max(len(shown) + (len(paths) > len(shown)), 1)
    cards = top + lines * _LINE - 4
    gate = cards + 72 + 52
    gate_height = 54 + (_LINE + 2) * (len(role.slots.external_ids) - 1)
    return Picture(
        name=Localized(tuple((locale, middle_cut(name, _COLUMNS - 4)) for locale, name in role.vendor.name.texts)),
        roles=tuple((top + index * _LINE, middle_cut(name, _COLUMNS - 5)) for index, name in enumerate(shown)),
        more=len(paths) - len(shown),
        cards=cards,
        gate=gate,
        gate_height=gate_height,
        height=gate + gate_height + 136,
    )


def middle_cut(text: str, columns: int) -> str:
    """`text` in at most so many columns, with an ellipsis in its middle where it is longer."""
    if _width(text) <= columns:
        return text
    head, tail = "", ""
    for first, last in zip(text, reversed(text), strict=True):
        if _width(head + first + tail) + 1 > columns:
            break
        head += first
        if _width(head + last + tail) + 1 > columns:
            break
        tail = last + tail
    return f"{head}…{tail}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "FW" else 1 for character in text)
