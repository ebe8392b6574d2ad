"""A parsed text as a tree of values that know their place: what every reader of YAML and JSON builds on.

Nothing is resolved here: a scalar is the text that stands in the file, and `plain` says that it stands there without
quotes, where YAML and JSON may read it as a number, a boolean or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from deputize.errors import InputError, Problem
from deputize.model.display import shown
from deputize.model.world import Place

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
"""Nesting levels; far more than any policy needs, far less than Python's stack holds."""
MAX_NODES = 100_000
"""Values in one file, keys not counted; a template of the largest size that people write has a third of that."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value: a scalar's text, a sequence or a mapping.

    tag: YAML's explicit tag, as `!Ref`. plain: a scalar without quotes. key: where its key stands, in a mapping.
    """

    value: str | tuple[Node, ...] | Mapping[str, Node]
    place: Place
    tag: str = ""
    plain: bool = False
    key: Place | None = None

    @property
    def named_at(self) -> Place:
        """Where a person looks for it: its key, or itself where it has none."""
        return self.key or self.place


# What YAML 1.1 or 1.2 or JSON reads a scalar without quotes as. A date is text to CloudFormation and IAM (Version).
_MISREAD = {
    "nothing": re.compile(r"~|null|Null|NULL|", re.ASCII),
    "a boolean": re.compile(r"y|n|yes|no|on|off|true|false", re.ASCII | re.IGNORECASE),
    "a number": re.compile(
        r"[-+]?(0[bB][01_]+|0[oO][0-7_]+|0[xX][0-9a-fA-F_]+|\.(inf|Inf|INF)"
        r"|([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)"
        r"|\.(nan|NaN|NAN)",
        re.ASCII,
    ),
}
_WHOLE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


def place_at(text: str, offset: int, where: str) -> Place:
    """Where the character at `offset` stands in the text of the file `where`."""
    begin = text.rfind("\n", 0, offset) + 1
    return Place(where, text.count("\n", 0, offset) + 1, offset - begin + 1)


class UnreadError(InputError):
    """An InputError that knows its place to the column."""

    def __init__(self, place: Place, what: str, mend: str = "") -> None:
        super().__init__(Problem(str(place), what, mend))
        self.place = place


def refusal(place: Place | str, what: str, mend: str = "") -> InputError:
    """The error to raise for one thing at one place."""
    return InputError(Problem(place, what, mend)) if isinstance(place, str) else UnreadError(place, what, mend)


def check_text(text: str, where: str) -> None:
    """Raise InputError when `text` is no Unicode or larger than MAX_BYTES."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise refusal(where, "is no Unicode text: it has half of a surrogate pair") from error
    if size > MAX_BYTES:
        raise refusal(where, f"has {size} bytes; at most {MAX_BYTES} are read")


def decoded(content: bytes, where: str) -> str:
    """`content` as text. Raises InputError when it is not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise refusal(where, f"is not UTF-8: byte {error.start} cannot be read") from error


def misread(text: str) -> str | None:
    """What a scalar without quotes is read as, when not as text."""
    return next((kind for kind, pattern in _MISREAD.items() if pattern.fullmatch(text)), None)


def text_of(node: Node) -> str:
    """The scalar's text. Raises InputError for a list, a mapping, and what would not be read as text."""
    if not isinstance(node.value, str):
        raise refusal(node.place, f"text is needed here, not {kind_of(node)}")
    kind = misread(node.value) if node.plain else None
    if kind is not None:
        what = f"{shown(node.value)} without quotes is {kind}" if node.value else "has no value"
        raise refusal(node.place, what, "put the text in quotes")
    return node.value


def whole_number(node: Node) -> int:
    """A whole number of at most 18 digits, in quotes or not. Raises InputError for anything else."""
    if isinstance(node.value, str) and _WHOLE.fullmatch(node.value):
        return int(node.value)
    found = shown(node.value) if isinstance(node.value, str) else kind_of(node)
    raise refusal(node.place, f"a whole number is needed here, not {found}")


def mapping_of(node: Node) -> Mapping[str, Node]:
    """The mapping's entries. Raises InputError when it is none."""
    if isinstance(node.value, Mapping):
        return node.value
    raise refusal(node.place, f"a mapping is needed here, not {kind_of(node)}")


def items_of(node: Node) -> tuple[Node, ...]:
    """The list's items. Raises InputError when it is none."""
    if isinstance(node.value, tuple):
        return node.value
    raise refusal(node.place, f"a list is needed here, not {kind_of(node)}")


def only_keys(node: Node, known: frozenset[str], owner: str) -> Mapping[str, Node]:
    """The mapping's entries, all of them known. Raises InputError naming the first unknown key."""
    fields = mapping_of(node)
    for key, value in fields.items():
        if key not in known:
            raise refusal(value.named_at, f"{owner} has {shown(key)}, which deputize does not read")
    return fields


def kind_of(node: Node) -> str:
    """The kind of a node, in words."""
    if isinstance(node.value, str):
        return "text"
    return "a list" if isinstance(node.value, tuple) else "a mapping"
