"""Calls of intrinsic functions as they stand in a template: what is one, and which names it mentions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from deputize.read.source import Node

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in ("AccountId", "NotificationARNs", "Partition", "Region", "StackId", "StackName", "URLSuffix")
)
PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")
"""A name in the text of Fn::Sub; `${!Name}` is no name but the text `${Name}`."""
_MENTIONING = frozenset({"Ref", "Fn::GetAtt", "Fn::Sub"})


@dataclass(frozen=True, slots=True)
class NoValue:
    """What `AWS::NoValue` stands for: as if the property had not been written."""


NO_VALUE = NoValue()


def intrinsic(node: Node) -> tuple[str, Node] | None:
    """(function, argument) when the node is a call of an intrinsic function, in YAML's short or the long form."""
    if node.tag:
        name = node.tag.removeprefix("!")
        return (name if name in ("Ref", "Condition") else f"Fn::{name}"), Node(
            node.value, node.place, plain=node.plain, key=node.key
        )
    if not isinstance(node.value, str | tuple) and len(node.value) == 1:
        name, argument = next(iter(node.value.items()))
        if name == "Ref" or name.startswith("Fn::"):
            return name, argument
    return None


def is_no_value(node: Node) -> bool:
    """Whether the node is `!Ref AWS::NoValue`."""
    call = intrinsic(node)
    return call is not None and call[0] == "Ref" and call[1].value == "AWS::NoValue"


def mentioned(function: str, text: str) -> Iterator[str]:
    """Every name in the first argument of a function, with the attribute where it has one; none in other functions'."""
    if function == "Fn::Sub":
        yield from PLACEHOLDER.findall(text)
    elif function in _MENTIONING:
        yield text


def below(node: Node | None) -> Iterator[tuple[Node, str]]:
    """Each node from `node` down, with the function whose first argument it is, where that one mentions names."""
    waiting = [(node, "")] if node is not None else []
    while waiting:
        inner, function = waiting.pop()
        call = intrinsic(inner)
        if call is not None:
            function, inner = (call[0] if call[0] in _MENTIONING else ""), call[1]
        yield inner, function
        if isinstance(inner.value, tuple):
            waiting += [(item, function if at == 0 else "") for at, item in enumerate(inner.value)]
        elif not isinstance(inner.value, str):
            waiting += [(item, "") for item in inner.value.values()]
