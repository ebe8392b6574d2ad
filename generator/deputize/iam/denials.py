"""What a Deny or a permissions boundary takes away for sure: which actions, and on which resources.

A Deny counts only where no request escapes it: where its resources hold all of the permission's, and its conditions are
among those of the permission. A boundary takes away what no statement of it can allow.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from deputize.iam.action_sets import ActionSet, may_name, named_for_sure
from deputize.iam.patterns import EVERYTHING, ResourcePattern, are_apart, contains, resource_pattern
from deputize.iam.policy import Condition, Policy, Statement


@dataclass(frozen=True, slots=True)
class ResourceSet:
    """Resources by their patterns. negated: all but those."""

    patterns: tuple[ResourcePattern, ...]
    negated: bool = False

    def holds_all_of(self, other: ResourceSet) -> bool:
        """Whether it is proved that none of the other's resources is beyond it."""
        # Where the same variable stands in both, what voids one statement voids the other.
        if any(one.has_variable and one not in other.patterns for one in self.patterns):
            return False
        if other.negated:
            if not self.negated:
                return any(one.is_everything for one in self.patterns)
            return all(any(contains(kept, one) for kept in other.patterns) for one in self.patterns)
        if self.negated:
            return all(are_apart(one, here) for one in self.patterns for here in other.patterns)
        return all(any(contains(one, here) for one in self.patterns) for here in other.patterns)

    def is_apart_from(self, other: ResourceSet) -> bool:
        """Whether it is proved that the two have no resource in common."""
        if self.negated:
            is_empty = any(one.is_everything for one in self.patterns)
            return is_empty or (not other.negated and other.is_within(self.patterns))
        if other.negated:
            return self.is_within(other.patterns)
        return all(are_apart(one, here) for one in self.patterns for here in other.patterns)

    def is_within(self, wide: tuple[ResourcePattern, ...]) -> bool:
        """Whether it is proved that each of its patterns is within one of `wide`."""
        return all(any(contains(one, here) for one in wide) for here in self.patterns)


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of a statement, as they can be compared with another's. variables: whether AWS replaces any."""

    all: tuple[Condition, ...]
    variables: bool

    def follow_from(self, other: Conditions) -> bool:
        """Whether it is proved that every request that meets the other's conditions meets these."""
        return all(self._is_in(one, other) for one in self.all)

    def _is_in(self, condition: Condition, other: Conditions) -> bool:
        of_key = [one for one in other.all if one.key.lower() == condition.key.lower()]
        same = [one for one in of_key if one.operator == condition.operator]
        replaced = self.variables is not other.variables and any("${" in one for one in condition.values)
        # A condition without values is not understood. The same key twice: AWS does not say which one counts.
        return len(same) == 1 and not replaced and bool(same[0].values) and set(same[0].values) == set(condition.values)


@dataclass(frozen=True, slots=True)
class Denial:
    """One Deny statement. policy: its place among the identity policies, None for the boundary's.

    actions: that it surely names; None where that is not known, so that it takes nothing away. is_total: it denies
    them on every resource and under no condition.
    """

    policy: int | None
    statement: Statement
    actions: ActionSet | None
    resources: ResourceSet
    conditions: Conditions

    @property
    def is_total(self) -> bool:
        """Whether nothing but the action decides whether it applies."""
        everything = ResourceSet((EVERYTHING,))
        return self.actions is not None and not self.conditions.all and self.resources.holds_all_of(everything)

    @property
    def closes(self) -> bool:
        """Whether it denies actions of services that AWS adds later too."""
        return self.actions is not None and self.actions.is_all_but_named

    def counts_on(self, resources: ResourceSet, conditions: Conditions) -> bool:
        """Whether it is proved that it denies its actions to every such request."""
        return self.resources.holds_all_of(resources) and self.conditions.follow_from(conditions)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """One statement of a boundary that may allow something: the most that it may allow."""

    actions: ActionSet
    resources: ResourceSet


@dataclass(frozen=True, slots=True)
class Restriction:
    """What bounds the actions of an Allow on some of its resources.

    denied: actions. kept: all that is not among these is denied too, None where that is not so. ceilings: the most that
    a boundary allows, None where there is no boundary. is_closed: no action is allowed that AWS adds later, but for
    services that are named.
    """

    denied: frozenset[str]
    kept: frozenset[str] | None
    ceilings: tuple[ActionSet, ...] | None
    is_closed: bool

    def left_of(self, actions: Iterable[str]) -> frozenset[str]:
        """The actions that may be allowed all the same."""
        left = frozenset(actions) - self.denied
        left = left if self.kept is None else left & self.kept
        if self.ceilings is None:
            return left
        return frozenset(action for action in left if any(action in one for one in self.ceilings))

    @property
    def is_none(self) -> bool:
        """Whether it bounds nothing."""
        return not self.denied and self.kept is None and self.ceilings is None


def denials_of(policy: Policy, index: int | None, stand_ins: tuple[str, ...] = ()) -> tuple[Denial, ...]:
    """The Deny statements of a policy."""
    return tuple(
        Denial(
            index,
            one,
            None if policy.opaque_fault is not None or one.is_opaque else named_for_sure(one, stand_ins),
            resource_set(one, policy, stand_ins),
            Conditions(one.conditions, policy.has_variables),
        )
        for one in policy.statements
        if one.effect == "Deny"
    )


def ceilings_of(boundary: Policy, stand_ins: tuple[str, ...] = ()) -> tuple[Ceiling, ...] | None:
    """The most that a boundary may allow, statement by statement; None where it may allow anything."""
    allows = [one for one in boundary.statements if one.effect != "Deny"]
    if boundary.opaque_fault is not None or any(one.is_opaque or one.effect is None for one in allows):
        return None
    return tuple(Ceiling(may_name(one, stand_ins), resource_set(one, boundary, stand_ins)) for one in allows)


def restrictions_on(
    statement: Statement,
    policy: Policy,
    stand_ins: tuple[str, ...],
    denials: tuple[Denial, ...],
    ceilings: tuple[Ceiling, ...] | None,
) -> Iterator[Restriction]:
    """What bounds an Allow, for each of its resources: a request is on one of them."""
    conditions = Conditions(statement.conditions, policy.has_variables)
    for resources in _scopes(resource_set(statement, policy, stand_ins)):
        denied = (one.actions for one in denials if one.actions is not None and one.counts_on(resources, conditions))
        most = () if ceilings is None else (one for one in ceilings if not one.resources.is_apart_from(resources))
        yield _restriction(
            tuple(dict.fromkeys(denied)),
            None if ceilings is None else tuple(dict.fromkeys(one.actions for one in most)),
        )


@lru_cache(maxsize=256)
def _restriction(denied: tuple[ActionSet, ...], ceilings: tuple[ActionSet, ...] | None) -> Restriction:
    kept = [one.actions for one in denied if one.negated]
    bounded = ceilings is not None and not any(one.is_open for one in ceilings)
    return Restriction(
        frozenset().union(*(one.actions for one in denied if not one.negated)),
        frozenset.intersection(*kept) if kept else None,
        ceilings,
        bounded or any(one.is_all_but_named for one in denied),
    )


def _scopes(resources: ResourceSet) -> Iterator[ResourceSet]:
    if not resources.negated:
        yield from (ResourceSet((one,)) for one in resources.patterns)
    elif not any(one.is_everything for one in resources.patterns):
        yield resources


def left_of(actions: tuple[str, ...], restrictions: tuple[Restriction, ...]) -> tuple[str, ...]:
    """The actions that are allowed on some resource: `actions` itself where that is all of them."""
    if any(one.is_none for one in restrictions):
        return actions
    left: frozenset[str] = frozenset().union(*(one.left_of(actions) for one in restrictions))
    return actions if len(left) == len(actions) else tuple(sorted(left))


def resource_set(statement: Statement, policy: Policy, stand_ins: tuple[str, ...] = ()) -> ResourceSet:
    """The resources of a statement; all, where it does not name any."""
    patterns = tuple(
        resource_pattern(str(one), variables=policy.has_variables, stand_ins=stand_ins) for one in statement.resources
    )
    return ResourceSet(patterns, statement.not_resource) if patterns else ResourceSet((EVERYTHING,))
