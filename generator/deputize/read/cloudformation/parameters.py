"""A template's parameters: known where the caller chose a value or only one is allowed, otherwise an unknown.

A default is no value: whoever deploys the template may choose another. It is kept with the unknown.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from deputize.model.display import shown
from deputize.model.world import Origin
from deputize.read.cloudformation.constraints import ANY_TEXT, Constraints
from deputize.read.cloudformation.scalars import scalar
from deputize.read.source import Node, refusal
from deputize.read.symbols import Symbol, Symbols

_LISTS = ("CommaDelimitedList", "List<")
_STORED = "AWS::SSM::Parameter::Value<"
_FREE_TEXT = ("String", "CommaDelimitedList")
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)


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
            constraints=ANY_TEXT if stored or many else constraints,
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
