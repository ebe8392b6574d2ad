"""The quick proof that OLD allows all that a pattern of NEW allows: by its statements as they are written.

It settles most comparisons, for most statements of two versions are alike, and holds for actions that AWS adds later.
What it does not prove is looked at exactly.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

from deputize.iam.contain.names import action_within
from deputize.iam.contain.terms import SideTerms, Term
from deputize.iam.denials import ResourceSet


@dataclass(frozen=True)
class Cover:
    """What OLD has, and NEW keeps of what bounds it. What is the same for every statement is found out once."""

    old: SideTerms
    new: SideTerms

    def left_of(self, term: Term) -> tuple[str, ...]:
        """The action patterns of an Allow of NEW of which it is not proved that OLD allows the same."""
        if self.keeps_bounds and term.key in self._allowed:
            return ()
        return tuple(one for one in term.patterns if not all(self._is_covered(term, one, on) for on in term.scopes))

    @cached_property
    def keeps_bounds(self) -> bool:
        """Whether NEW denies all that OLD denies, and its boundary lets pass no more."""
        return not self._lost and (not self.old.bounded or self._keeps_ceilings)

    @cached_property
    def _allowed(self) -> frozenset[Hashable]:
        return frozenset(one.key for one in self.old.allows)

    @cached_property
    def _lost(self) -> tuple[Term, ...]:
        """The Denies of OLD of which it is not proved that NEW denies the same."""
        kept = frozenset(one.key for one in self.new.denies)
        denies = self.new.denies
        return tuple(one for one in self.old.denies if one.key not in kept and not _is_within(one, denies))

    @cached_property
    def _keeps_ceilings(self) -> bool:
        return self.new.bounded and all(_is_within(one, self.old.ceilings) for one in self.new.ceilings)

    def _is_covered(self, term: Term, pattern: str, on: ResourceSet) -> bool:
        if not any(_holds(one, term, pattern, on) for one in self.old.allows):
            return False
        within = not self.old.bounded or self._keeps_ceilings
        if not within and not any(_holds(one, term, pattern, on) for one in self.old.ceilings):
            return False
        return all(one.is_apart_from(pattern) or one.resources.is_apart_from(on) for one in self._lost)


def _is_within(term: Term, many: Sequence[Term]) -> bool:
    """Whether each part of a term is proved to be within one of the others."""
    return all(any(_holds(one, term, pattern, on) for one in many) for pattern in term.patterns for on in term.scopes)


def _holds(wide: Term, term: Term, pattern: str, on: ResourceSet) -> bool:
    return (
        _names_all(wide, term, pattern)
        and wide.resources.holds_all_of(on)
        and wide.conditions.follow_from(term.conditions)
    )


def _names_all(wide: Term, term: Term, pattern: str) -> bool:
    if pattern:
        return wide.names_all_of(pattern)
    if not wide.statement.not_action:
        return any(action_within("*:*", one) for one in wide.actions)
    # All but these is within all but those where those are among these.
    return all(any(action_within(kept, one) for one in term.actions) for kept in wide.actions)
