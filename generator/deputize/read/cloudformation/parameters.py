"""A template's parameters: known where the caller chose a value or only one is allowed, otherwise an unknown.

A default is no value: whoever deploys the template may choose another. It is kept with the unknown.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from deputize.model.display import shown
from deputize.model.world import Origin
from deputize.read.source import Node, refusal, scalar
from deputize.read.symbols import Symbol, Symbols, any_text

_LISTS = ("CommaDelimitedList", "List<")
_STORED = "AWS::SSM::Parameter::Value<"
_FREE_TEXT = ("String", "CommaDelimitedList")
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)
_MAX_PATTERN = 1000  # characters; a longer one is not tried out
_MAX_TEXT = 64  # characters; with _MAX_STEPS what keeps a hostile pattern from taking seconds
_MAX_STEPS = 2**20
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_TIMES = re.compile(r"\{[0-9]{1,3}\}", re.ASCII)
# Java reads these otherwise than Python does: a class in a class, an intersection, an odd class, vertical space.
_APART = re.compile(r"\[[^\]]*\[|&&|\[\^?\]|\\[vZ]")


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a parameter's declaration says of its value: which texts it cannot be, so that no branch is about them.

    low, high: characters, high None for any number. pattern: of the whole value, None for any.
    """

    low: int = 0
    high: int | None = None
    pattern: str | None = None

    def admits(self, text: str) -> bool:
        """Whether the value may be `text`; also when that is not known."""
        if len(text) < self.low or (self.high is not None and len(text) > self.high):
            return False
        return self.pattern is None or _may_match(self.pattern, text)


def parameter_values(declared: Mapping[str, Node], chosen: Mapping[str, str], symbols: Symbols) -> dict[str, object]:
    """Each parameter's text, or its list of texts; an unknown is a mark.

    chosen: by the caller, or by the resource that deploys an embedded template. Raises InputError for a declaration
    that is none.
    """
    return {name: _value(name, node, chosen, symbols) for name, node in declared.items()}


def _value(name: str, node: Node, chosen: Mapping[str, str], symbols: Symbols) -> object:
    if not isinstance(node.value, Mapping):
        raise refusal(node.named_at, f"parameter {shown(name)} is no mapping")
    fields = node.value
    kind = _text(fields, "Type") or "String"
    stored = kind.startswith(_STORED)
    many = (kind.removeprefix(_STORED) if stored else kind).startswith(_LISTS)
    allowed = tuple(_texts(fields.get("AllowedValues")))
    text = chosen.get(name)
    if text is None and len(allowed) == 1 and not stored:
        text = allowed[0]
    if text is None or stored:
        constraints = _constraints(fields, kind)
        symbol = Symbol(
            name,
            Origin.PARAMETER,
            node.named_at,
            default=None if stored else _text(fields, "Default"),
            admits_empty="" in allowed if allowed else constraints.admits(""),
            no_echo=(_text(fields, "NoEcho") or "").lower() == "true",
            allowed=() if stored or many else allowed,
            many=many,
            # What is stored has another text than the parameter, which is its name; a list has many.
            admits=any_text if stored or many else constraints.admits,
        )
        text = symbols.mark((Origin.PARAMETER, name, node.named_at), symbol)
        return [text] if many else text
    return [one.strip() for one in text.split(",")] if many else text


def _constraints(fields: Mapping[str, Node], kind: str) -> Constraints:
    """What the value may be. Nothing but free text is ever empty."""
    if kind not in _FREE_TEXT:
        return Constraints(low=1)
    low, high = (_count(_text(fields, name)) for name in ("MinLength", "MaxLength"))
    return Constraints(low or 0, high, _text(fields, "AllowedPattern"))


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and _COUNT.fullmatch(text) else None


def _text(fields: Mapping[str, Node], name: str) -> str | None:
    return scalar(fields[name]) if name in fields else None


def _texts(node: Node | None) -> list[str]:
    items = node.value if node is not None and isinstance(node.value, tuple) else ()
    return [text for one in items if (text := scalar(one)) is not None]


@lru_cache(maxsize=256)
def _may_match(pattern: str, text: str) -> bool:
    """Whether the whole of a text may match. A pattern that Python does not read as Java does may match anything."""
    if len(pattern) > _MAX_PATTERN or (text and not _is_quick(pattern, text)):
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(pattern, re.ASCII).fullmatch(text) is not None
    except (re.error, OverflowError, RecursionError):
        return True


def _is_quick(pattern: str, text: str) -> bool:
    """Whether trying it takes no time to speak of: what it may repeat or choose is little, and nested in nothing."""
    if len(text) > _MAX_TEXT or _APART.search(pattern):
        return False
    bare = _ESCAPED.sub("x", pattern)
    if re.search(r"\)[*+?{]", bare):
        return False
    bare = _TIMES.sub("", bare)
    repeats = sum(bare.count(one) for one in "*+?{")
    steps: int = (len(text) + 1) ** repeats * 2 ** bare.count("|")
    return steps <= _MAX_STEPS
