"""The actions of a statement as a set: those that it names for sure, and all that it may name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from deputize.iam.actions import expand
from deputize.iam.policy import Statement


@dataclass(frozen=True, slots=True)
class ActionSet:
    """Actions of the catalogue. negated: all but those. spans: some pattern for them is not of one service."""

    actions: frozenset[str]
    negated: bool = False
    spans: bool = False

    def __contains__(self, action: str) -> bool:
        return (action in self.actions) is not self.negated

    @property
    def is_open(self) -> bool:
        """Whether it may hold actions of services that AWS adds later."""
        return self.negated or self.spans

    @property
    def is_all_but_named(self) -> bool:
        """Whether it holds all that AWS adds later, but for services that are named."""
        return not self.spans if self.negated else self.spans and len(self.actions) == len(expand("*"))


def named_for_sure(statement: Statement, stand_ins: tuple[str, ...] = ()) -> ActionSet | None:
    """Actions that a statement names whatever in it is not known; None where no action is sure."""
    plain = tuple(str(one) for one in statement.actions if is_plain(one, stand_ins))
    if statement.not_action and len(plain) < len(statement.actions):
        return None
    return ActionSet(expanded(plain), statement.not_action, any(spans_services(one) for one in plain))


def may_name(statement: Statement, stand_ins: tuple[str, ...] = ()) -> ActionSet:
    """All actions that a statement may name."""
    plain = tuple(str(one) for one in statement.actions if is_plain(one, stand_ins))
    if not statement.not_action and len(plain) < len(statement.actions):
        return ActionSet(frozenset(), negated=True)
    return ActionSet(expanded(plain), statement.not_action, any(spans_services(one) for one in plain))


def is_plain(pattern: str, stand_ins: Iterable[str]) -> bool:
    """Whether the catalogue tells what an action pattern stands for; AWS does not say how it folds other scripts."""
    has_form = pattern == "*" or pattern.count(":") == 1
    return has_form and pattern.isascii() and not any(one in pattern for one in stand_ins)


def spans_services(pattern: str) -> bool:
    """Whether an action pattern stands for actions of services that AWS adds later too."""
    service = pattern.partition(":")[0]
    return "*" in service or "?" in service


@lru_cache(maxsize=1024)
def expanded(patterns: tuple[str, ...]) -> frozenset[str]:
    """The actions that any of the patterns stands for."""
    return frozenset(action for pattern in patterns for action in expand(pattern))
