"""A template's Rules: whether they refuse the parameters that a branch supposes, so that nobody can deploy it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
What a run leaves open refuses nothing: a rule counts where its condition surely holds and an assertion surely fails.
"""

from __future__ import annotations

from collections.abc import Mapping

from deputize.errors import InputError
from deputize.read.cloudformation.resolver import Resolver, UndecidedError
from deputize.read.cloudformation.sections import intrinsic
from deputize.read.source import Node

_PAIR = 2


def refused_by_rules(resolver: Resolver, rules: Mapping[str, Node]) -> bool:
    """Whether a rule refuses what the run supposes. The run's labels stay as they are."""
    labels = dict(resolver.labels)
    try:
        return any(_refuses(resolver, _fields(rule)) for rule in rules.values())
    finally:
        resolver.labels = labels


def _refuses(resolver: Resolver, rule: Mapping[str, Node]) -> bool:
    condition, assertions = rule.get("RuleCondition"), rule.get("Assertions")
    if condition is not None and _truth(resolver, condition) is not True:
        return False
    items = assertions.value if assertions is not None and isinstance(assertions.value, tuple) else ()
    asserted = (fields["Assert"] for one in items if "Assert" in (fields := _fields(one)))
    return any(_truth(resolver, one) is False for one in asserted)


def _truth(resolver: Resolver, node: Node) -> bool | None:
    """Whether a condition of a rule is true; None when the run does not say, or it is none that deputize reads."""
    call = intrinsic(node)
    function, argument = call if call is not None else ("", node)
    parts = argument.value if isinstance(argument.value, tuple) else (argument,)
    found: bool | None = None
    match function:
        case "Fn::Not" if len(parts) == 1:
            found = _negated(_truth(resolver, parts[0]))
        case "Fn::And":
            found = _negated(_any(tuple(_negated(_truth(resolver, one)) for one in parts)))
        case "Fn::Or":
            found = _any(tuple(_truth(resolver, one) for one in parts))
        case "Fn::Equals" if len(parts) == _PAIR:
            found = _same(resolver, parts[0], parts[1])
        case "Fn::Contains" if len(parts) == _PAIR and isinstance(parts[0].value, tuple):
            found = _any(tuple(_same(resolver, one, parts[1]) for one in parts[0].value))
    return found


def _negated(truth: bool | None) -> bool | None:  # noqa: FBT001 -- a truth value of three
    return None if truth is None else not truth


def _any(truths: tuple[bool | None, ...]) -> bool | None:
    return True if True in truths else None if None in truths else False


def _same(resolver: Resolver, one: Node, other: Node) -> bool | None:
    try:
        return resolver.same(resolver.value(one), resolver.value(other))
    except (UndecidedError, InputError):
        return None


def _fields(node: Node) -> Mapping[str, Node]:
    return node.value if isinstance(node.value, Mapping) else {}
