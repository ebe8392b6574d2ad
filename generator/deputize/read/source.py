"""A parsed text as a tree of values that know their place: what every reader of YAML and JSON builds on.

Nothing is resolved here: a scalar is the text that stands in the file, and `plain` says that it stands there without
quotes, where YAML and JSON may read it as a number, a boolean or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from deputize.errors import InputError, Problem
from deputize.model.display import shown
from deputize.model.world import Place

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
"""Nesting levels; far more than any policy needs, far less than Python's stack holds."""
MAX_NODES = 100_000
"""Values in one file, keys not counted; a template of the largest size that people write has a third of that."""


class Node(NamedTuple):
    """One value: a scalar's text, a sequence or a mapping. A tuple, which is made in a quarter of the time.

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


_MISREAD_BEGIN = frozenset("+-.0123456789FNOTYfnoty~")  # most texts begin otherwise
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
_SPECIAL = re.compile(r"[-+.0-9~].*|null|true|false|yes|no|on|off|", re.ASCII | re.IGNORECASE)
_OCTAL = re.compile(r"0[0-7_]+", re.ASCII)
_DECIMAL = re.compile(r"[1-9][0-9]*(_[0-9_]*)?", re.ASCII)
_HEX = re.compile(r"0x[0-9a-fA-F_]+", re.ASCII)
_MAX_DIGITS = 64  # far more than any number in a template has
_NOTHING = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}


def place_at(text: str, offset: int, where: str) -> Place:
    """Where the character at `offset` stands in the text of the file `where`."""
    begin = text.rfind("\n", 0, offset) + 1
    return Place(where, text.count("\n", 0, offset) + 1, offset - begin + 1)


class UnreadError(InputError):
    """An InputError that knows its place to the column."""

    def __init__(self, place: Place, what: str, mend: str = "") -> None:
        super().__init__(Problem(str(place), what, mend))
        self.place = place


class TooManyError(UnreadError):
    """A file with more values than are read, whichever grammar it is read by."""

    def __init__(self, place: Place) -> None:
        super().__init__(place, f"has more than {MAX_NODES:,} values", "split the file")


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
    if text and text[0] not in _MISREAD_BEGIN:
        return None
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


def scalar(node: Node) -> str | None:
    """The text that CloudFormation makes of a scalar; None for one without a value, and for a list or a mapping.

    A text always: numbers and booleans without quotes become one. YAML there is YAML 1.1: a number that begins with 0
    is octal, so an account ID without quotes may become another number.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
    """
    text = node.value
    if not isinstance(text, str) or not node.plain or _SPECIAL.fullmatch(text) is None:
        return text if isinstance(text, str) else None
    if text in _NOTHING:
        return None
    if text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    if len(text) <= _MAX_DIGITS:
        for pattern, base in ((_OCTAL, 8), (_HEX, 16), (_DECIMAL, 10)):
            if pattern.fullmatch(text):
                return str(int(text.replace("_", ""), base))
    return text


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
