"""The read-only proof: what is allowed beyond reading, what is not proved, and which secrets and data are read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from deputize.iam.actions import expand
from deputize.iam.allowed import Allowed, IdentityPolicy, Permission, Unproved, allowed_by
from deputize.iam.exposure import Exposure, Grade, exposure_of
from deputize.iam.grammar import read_policy
from deputize.iam.levels import Judged, judge_action
from deputize.iam.managed import ManagedPolicy, managed_policy, snapshot_names


@dataclass(frozen=True, slots=True)
class Effects:
    """What some actions come to. not_read: those not proved to read. exposed: what their replies hand out, by name."""

    not_read: tuple[Judged, ...] = ()
    exposed: tuple[Exposure, ...] = ()


@dataclass(frozen=True, slots=True)
class Beyond:
    """A permission with those of its actions that are not proved to read."""

    permission: Permission
    actions: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A permission with what its actions hand out beyond metadata."""

    permission: Permission
    reads: tuple[Exposure, ...]

    def of_grade(self, grade: Grade) -> tuple[Exposure, ...]:
        """Those of one grade."""
        return tuple(one for one in self.reads if one.grade is grade)


@dataclass(frozen=True, slots=True)
class ReadOnlyProof:
    """beyond: what is not proved to read. unproved: about what nothing is proved. exposed: secrets and data."""

    beyond: tuple[Beyond, ...]
    unproved: tuple[Unproved, ...]
    exposed: tuple[Disclosure, ...]

    @property
    def is_proved(self) -> bool:
        """Whether all that is allowed is proved to read; reads of secrets count as reads."""
        return not self.beyond and not self.unproved


def reads_only(allowed: Allowed) -> ReadOnlyProof:
    """The proof of all that is allowed."""
    effects = [(one, effects_of(one)) for one in allowed.permissions]
    return ReadOnlyProof(
        tuple(Beyond(one, found.not_read) for one, found in effects if found.not_read),
        allowed.unproved,
        tuple(Disclosure(one, found.exposed) for one, found in effects if found.exposed),
    )


def effects_of(permission: Permission) -> Effects:
    """What a permission comes to."""
    if permission.is_whole and permission.pattern:
        return _of_pattern(permission.pattern) if permission.actions else Effects()
    if not permission.is_whole and permission.pattern:
        whole = _of_pattern(permission.pattern)
        left = frozenset(permission.actions)
        return Effects(
            tuple(one for one in whole.not_read if one.action in left),
            tuple(one for one in whole.exposed if one.action in left),
        )
    return _of_actions(permission.actions)


def is_read_only(policy: ManagedPolicy) -> bool:
    """Whether all that an AWS managed policy allows is proved to read; reads of secrets count as reads."""
    text = read_policy(dict(policy.document), "access")
    return reads_only(allowed_by((IdentityPolicy(policy.name, text, snapshot=policy, of_aws=True),))).is_proved


@cache
def managed_names() -> tuple[str, ...]:
    """The path and name of every AWS managed policy that is proved to read, sorted: what a vendor may attach."""
    policies = (managed_policy(name) for name in snapshot_names())
    return tuple(policy.name for policy in policies if policy is not None and is_read_only(policy))


# The same few hundred patterns come again for every shape, and managed policies add thousands.
@lru_cache(maxsize=8192)
def _of_pattern(pattern: str) -> Effects:
    return _effects(expand(pattern))


@lru_cache(maxsize=64)
def _of_actions(actions: tuple[str, ...]) -> Effects:
    return _effects(actions)


def _effects(actions: tuple[str, ...]) -> Effects:
    judged = [judge_action(one) for one in actions]
    exposed = (exposure_of(one) for one in actions)
    return Effects(tuple(one for one in judged if not one.reads), tuple(one for one in exposed if one is not None))
