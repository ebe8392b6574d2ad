"""The branches of a file's conditions in which something is found, told by the conditions that it rests on alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_AND, _NOT = " and ", "not "


def told_branches(found: Sequence[str], every: Sequence[str]) -> tuple[str, ...]:
    """`found` without the conditions that change nothing; each as `IsProd and not HasBoundary`.

    every: all branches of the role, `found` among them. A condition is left out where the branches that differ from
    one of `found` in it alone are found too, or are none of the role's.
    """
    there = {_conditions(one) for one in found}
    others = [one for one in map(_conditions, every) if one not in there]
    return tuple(dict.fromkeys(_AND.join(_needed(_ordered(one), others)) for one in found))


def _needed(branch: Sequence[str], others: Iterable[frozenset[str]]) -> Sequence[str]:
    """The fewest conditions of a branch, in order, that hold in none of the others; greedily from the end."""
    kept = list(branch)
    for one in reversed(branch):
        less = [each for each in kept if each != one]
        if less and all(_excludes(less, other) for other in others):
            kept = less
    return kept


def _excludes(conditions: Iterable[str], branch: frozenset[str]) -> bool:
    """Whether one of the conditions is surely not so in a branch."""
    return any(_opposite(one) in branch or _is_otherwise(one, branch) for one in conditions)


def _is_otherwise(condition: str, branch: frozenset[str]) -> bool:
    name, separator, value = condition.partition(" is ")
    prefix = f"{name} is "
    return bool(separator) and any(one.startswith(prefix) and one != prefix + value for one in branch)


def _opposite(condition: str) -> str:
    return condition.removeprefix(_NOT) if condition.startswith(_NOT) else _NOT + condition


def _ordered(branch: str) -> list[str]:
    return branch.split(_AND) if branch else []


def _conditions(branch: str) -> frozenset[str]:
    return frozenset(_ordered(branch))
