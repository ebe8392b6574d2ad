"""Conditions of a policy, held against the context of one request; what is not understood is said to be unknown.

Operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
Several values: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
Sets: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from deputize.iam.operators import Operator, Test, Truth, parse_operator
from deputize.iam.policy import Condition
from deputize.iam.variables import Found, has_variable

__all__ = ["all_of", "any_of", "has_variable", "holds", "is_met"]


def holds(condition: Condition, context: Mapping[str, str]) -> bool | None:
    """Whether one condition is met; None when its operator, or a policy variable in it, is not understood.

    context: values by condition key; AWS ignores the case of keys. A key that it lacks is absent from the request.
    """
    value = {key.lower(): value for key, value in context.items()}.get(condition.key.lower())
    return is_met(condition.operator, condition.values, () if value is None else (value,), _no_variable)


def is_met(operator: str, values: Iterable[str], found: Found, resolve: Callable[[str], Found]) -> bool | None:
    """Whether `operator` is met by what the request has for the key; None when that cannot be said.

    values: the policy's, at least one. resolve: gives a value with its policy variables replaced.
    """
    test = parse_operator(operator)
    wanted = tuple(values)
    if test is None or found is None or not wanted:
        return None
    if test.base is None:
        return _is_null(wanted, found)
    base = test.base
    resolved = [resolve(one) if base.variables else _no_variable(one) for one in wanted]
    met = _compare(test, base, resolved, found)
    # A variable without a value may void the whole statement, so what would be met is then unknown.
    return all_of((met, None)) if () in resolved else met


def any_of(truths: Iterable[bool | None]) -> bool | None:
    """True when one is; else None when one is unknown."""
    found = set(truths)
    return True if True in found else None if None in found else False


def all_of(truths: Iterable[bool | None]) -> bool | None:
    """False when one is; else None when one is unknown."""
    found = set(truths)
    return False if False in found else None if None in found else True


def _no_variable(text: str) -> Found:
    return None if has_variable(text) else (text,)


def _is_null(wanted: tuple[str, ...], found: tuple[str, ...]) -> Truth:
    # Whether a key with an empty value exists is not documented.
    if any(one not in ("true", "false") for one in wanted) or "" in found:
        return None
    return any((one == "true") == (found == ()) for one in wanted)


def _compare(test: Test, base: Operator, wanted: list[Found], found: tuple[str, ...]) -> Truth:
    def one(value: str) -> Truth:
        hit = any_of(None if text is None else base.compare(text[0], value) if text else False for text in wanted)
        return (None if hit is None else not hit) if base.negated else hit

    if test.sets == "ForAllValues":
        # An empty text is an empty set.
        return all_of(one(value) for value in found if value)
    if test.sets == "ForAnyValue":
        # "False when the key does not exist" meets "true when the key does not exist": AWS does not say which wins.
        return None if test.if_exists and not found else any_of(one(value) for value in found if value)
    if not found:
        return test.if_exists or base.negated
    # A key of many values needs a set operator; what AWS does without one is not documented.
    return one(found[0]) if len(found) == 1 else None
