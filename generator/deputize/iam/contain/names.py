"""Action patterns compared, in small letters: also for the actions that AWS adds later, which no catalogue has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from deputize.iam.actions import canonical
from deputize.iam.contain.parts import told_apart
from deputize.iam.patterns import glob_contains
from deputize.iam.wildcards import matches

EVERY = "*:*"
"""Every action, as it is compared: what `*` alone stands for."""

_NEW_SERVICE, _NEW_NAME = "newservice", "NewAction"


@lru_cache(maxsize=8192)
def action_within(narrow: str, wide: str) -> bool:
    """Whether it is proved that `wide` stands for every action that `narrow` does, those to come too."""
    return wide == EVERY or glob_contains(wide, narrow)


@lru_cache(maxsize=8192)
def actions_apart(one: str, other: str) -> bool:
    """Whether it is proved that no action, of today or to come, is one that both patterns stand for."""
    if is_literal(one):
        return not matches(other, one)
    if is_literal(other):
        return not matches(one, other)
    return _begin_apart(one, other) or _begin_apart(one[::-1], other[::-1])


def _begin_apart(one: str, other: str) -> bool:
    return any(a != b for a, b in zip(_literal(one), _literal(other), strict=False))


def near_actions(patterns: tuple[str, ...], pattern: str) -> tuple[str, ...]:
    """Those of the patterns that may be about an action of a service that `pattern` is about."""
    by_service = _by_service(patterns)
    service = pattern.partition(":")[0]
    if not is_literal(service):
        return patterns
    return by_service.get(service, ()) + by_service.get("*", ())


@lru_cache(maxsize=256)
def _by_service(patterns: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Patterns by their service, under a star where it has wildcards."""
    found: dict[str, list[str]] = {}
    for one in patterns:
        service = one.partition(":")[0]
        found.setdefault(service if is_literal(service) else "*", []).append(one)
    return {service: tuple(many) for service, many in found.items()}


def is_literal(pattern: str) -> bool:
    """Whether an action pattern stands for one action only."""
    return "*" not in pattern and "?" not in pattern


def _literal(pattern: str) -> str:
    """What stands before the first wildcard."""
    return next((pattern[:at] for at, char in enumerate(pattern) if char in "*?"), pattern)


def may_come(written: str) -> str:
    """A name that AWS might give to an action that a pattern stands for, in the pattern's own spelling."""
    service, _, name = written.partition(":")
    return f"{_filled(service, _NEW_SERVICE)}:{_filled(name, _NEW_NAME)}"


def _filled(part: str, text: str) -> str:
    return part.replace("*", text, 1).replace("*", "").replace("?", "x")


def names_to_come(pattern: str, others: Iterable[str]) -> Iterator[str]:
    """Names of no action of today that `pattern` stands for: one for each combination of patterns it can match.

    Raises TooManyCellsError.
    """
    near = tuple(tuple(one.split(":")) for one in others if not actions_apart(one, pattern))
    for found in told_apart(tuple(pattern.split(":")), near):
        if canonical(found) is None:
            yield found
