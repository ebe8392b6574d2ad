"""Condition functions: what is true in one branch.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from deputize.model.display import shown
from deputize.read.cloudformation.calls import intrinsic
from deputize.read.cloudformation.scalars import scalar
from deputize.read.source import Node, refusal

if TYPE_CHECKING:
    from deputize.read.cloudformation.scope import Scope

_MANY = 10  # And and Or take two to ten conditions
_COUNTS = {"Fn::Equals": (2, 2), "Fn::Not": (1, 1), "Fn::And": (2, _MANY), "Fn::Or": (2, _MANY)}


def truth_of(scope: Scope, node: Node) -> bool:
    """Whether the condition at `node` is true. Raises InputError for what is none."""
    scope.enter(node)
    try:
        return _truth_of(scope, node)
    finally:
        scope.depth -= 1


def _truth_of(scope: Scope, node: Node) -> bool:
    call = intrinsic(node)
    if call is None and isinstance(node.value, Mapping) and node.value.keys() == {"Condition"}:
        call = ("Condition", node.value["Condition"])
    if call is None:
        raise refusal(node.place, "is no condition")
    function, argument = call
    if function == "Condition":
        name = scalar(argument)
        if name is None:
            raise refusal(argument.place, "the name of a condition is needed here")
        return scope.holds(name, argument)
    parts = _arguments(function, argument)
    if function == "Fn::Equals":
        return scope.same(scope.value(parts[0]), scope.value(parts[1]))
    if function == "Fn::Not":
        return not truth_of(scope, parts[0])
    truths = (truth_of(scope, one) for one in parts)
    return all(truths) if function == "Fn::And" else any(truths)


def _arguments(function: str, argument: Node) -> tuple[Node, ...]:
    if function not in _COUNTS:
        raise refusal(argument.place, f"{shown(function)} is no condition that deputize reads")
    low, high = _COUNTS[function]
    parts = argument.value if isinstance(argument.value, tuple) else (argument,)
    if not low <= len(parts) <= high:
        raise refusal(argument.place, f"{function} has {len(parts)} arguments")
    return parts
