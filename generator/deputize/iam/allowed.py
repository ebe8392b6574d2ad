"""What the identity policies of one role or person allow: actions on resources under conditions, less what is denied.

A Deny takes an action away only where no request escapes it, a condition on an Allow takes nothing away, and a boundary
counts only where its text was read. Session policies are not asked: whoever assumes a role chooses them. What is not
understood is a value with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from deputize.iam.action_sets import expanded, is_plain, spans_services
from deputize.iam.actions import expand
from deputize.iam.arn import is_aws_managed, parse_policy_arn
from deputize.iam.denials import (
    Ceiling,
    Denial,
    ceilings_of,
    denials_of,
    left_of,
    restrictions_on,
)
from deputize.iam.grammar import read_policy
from deputize.iam.managed import ManagedPolicy, managed_policy
from deputize.iam.policy import Condition, Policy, Statement

Reason = Literal[
    "policy", "statement", "unread", "symbolic", "no-service", "no-action", "dead-wildcard", "all-services",
    "not-action",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class IdentityPolicy:
    """One policy of a role or person. policy: None where its text was not read.

    stand_ins: texts in place of what its file does not hold. snapshot: of the AWS managed policy that it is. of_aws:
    AWS wrote it, so that it may name actions that are gone.
    """

    name: str
    policy: Policy | None
    stand_ins: tuple[str, ...] = ()
    snapshot: ManagedPolicy | None = None
    of_aws: bool = False


@dataclass(frozen=True, slots=True)
class Permission:
    """One action pattern of an Allow, or a whole NotAction.

    policy: the place of its policy. pattern: with its path; empty for NotAction. actions: that it stands for and that
    nothing takes away, sorted. is_whole: nothing is taken away. is_closed: what AWS adds later is denied, but for named
    services.
    """

    policy: int
    statement: Statement
    pattern: str
    actions: tuple[str, ...]
    is_whole: bool = True
    is_closed: bool = False

    @property
    def resources(self) -> tuple[str, ...]:
        """On what it is, or on all but what, by `not_resource`."""
        return self.statement.resources

    @property
    def not_resource(self) -> bool:
        """Whether it is on all but its resources."""
        return self.statement.not_resource

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Under which conditions."""
        return self.statement.conditions


@dataclass(frozen=True, slots=True)
class Unproved:
    """Something about which nothing is proved. message: the end of a sentence about `text`, or about the policy."""

    reason: Reason
    message: str
    policy: int
    statement: Statement | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class AllowedPart:
    """What one of the policies comes to. is_whole: nothing of it is taken away."""

    permissions: tuple[Permission, ...]
    unproved: tuple[Unproved, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Allowed:
    """All that the policies allow, part by part. denials: all of them, also those that took nothing away."""

    policies: tuple[IdentityPolicy, ...]
    parts: tuple[AllowedPart, ...]
    denials: tuple[Denial, ...]

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """What all of them allow."""
        return tuple(permission for part in self.parts for permission in part.permissions)

    @property
    def unproved(self) -> tuple[Unproved, ...]:
        """All about which nothing is proved."""
        return tuple(doubt for part in self.parts for doubt in part.unproved)


def attached_policy(arn: str) -> IdentityPolicy:
    """The managed policy with this ARN, by its snapshot; without a text where there is no snapshot of it."""
    parsed = parse_policy_arn(arn)
    of_aws = is_aws_managed(arn)
    snapshot = managed_policy(parsed[2].removeprefix("/")) if parsed is not None and of_aws else None
    text = None if snapshot is None else snapshot_policy(snapshot.name)
    return IdentityPolicy(arn, text, snapshot=snapshot, of_aws=of_aws)


@cache
def snapshot_policy(name: str) -> Policy | None:
    """The text of the AWS managed policy with this path and name, where a snapshot is shipped."""
    snapshot = managed_policy(name)
    return None if snapshot is None else read_policy(dict(snapshot.document), "access")


def allowed_by(policies: Iterable[IdentityPolicy], boundary: IdentityPolicy | None = None) -> Allowed:
    """What the identity policies allow together, within the boundary if its text was read."""
    many = tuple(policies)
    denials = tuple(_denials(many, boundary))
    ceilings = None
    if boundary is not None and boundary.policy is not None:
        ceilings = ceilings_of(boundary.policy, boundary.stand_ins)
    return Allowed(many, tuple(_part(one, index, denials, ceilings) for index, one in enumerate(many)), denials)


def _denials(many: Sequence[IdentityPolicy], boundary: IdentityPolicy | None) -> Iterator[Denial]:
    for index, one in (*enumerate(many), (None, boundary)):
        if one is not None and one.policy is not None:
            yield from denials_of(one.policy, index, one.stand_ins)


def _part(
    source: IdentityPolicy, index: int, denials: tuple[Denial, ...], ceilings: tuple[Ceiling, ...] | None
) -> AllowedPart:
    snapshot, is_limited = source.snapshot, ceilings is not None or any(one.actions is not None for one in denials)
    if snapshot is not None and not is_limited and source.policy is snapshot_policy(snapshot.name):
        return _whole(snapshot.name, index)
    permissions = tuple(_permissions(source, index, denials, ceilings))
    doubts = (doubt for one in permissions for doubt in _doubts(source, one))
    is_whole = all(one.is_whole and not one.is_closed for one in permissions)
    return AllowedPart(permissions, (*_unproved(source, index), *doubts), is_whole)


# Hundreds of patterns that are the same for every role.
@lru_cache(maxsize=64)
def _whole(name: str, index: int) -> AllowedPart:
    """What an AWS managed policy comes to where nothing is denied."""
    source = IdentityPolicy(name, snapshot_policy(name), of_aws=True)
    return _part(source, index, (), None)


def _permissions(
    source: IdentityPolicy, index: int, denials: tuple[Denial, ...], ceilings: tuple[Ceiling, ...] | None
) -> Iterator[Permission]:
    policy = source.policy or Policy(())
    for one in policy.statements:
        if one.effect == "Allow" and one.actions:
            restrictions = tuple(restrictions_on(one, policy, source.stand_ins, denials, ceilings))
            is_closed = all(limit.is_closed for limit in restrictions)
            for pattern, named in _named(one, source.stand_ins):
                actions = left_of(named, restrictions)
                yield Permission(index, one, pattern, actions, actions is named, is_closed)


def _named(statement: Statement, stand_ins: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each action pattern of an Allow with what it stands for; an empty one for NotAction."""
    if statement.not_action:
        yield "", all_but(tuple(str(one) for one in statement.actions if is_plain(one, stand_ins)))
        return
    for pattern in statement.actions:
        yield pattern, () if any(one in pattern for one in stand_ins) else expand(pattern)


@lru_cache(maxsize=64)
def all_but(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Every action that none of the patterns stands for."""
    kept = expanded(patterns)
    return tuple(action for action in expand("*") if action not in kept)


def _unproved(source: IdentityPolicy, index: int) -> Iterator[Unproved]:
    if source.policy is None:
        yield Unproved("unread", "its text could not be read, and no snapshot of it is here", index)
        return
    if (fault := source.policy.opaque_fault) is not None:
        yield Unproved("policy", fault.sentence, index)
    for statement in source.policy.statements:
        odd = next((fault for fault in statement.faults if fault.is_opaque), None)
        if odd is not None:
            yield Unproved("statement", odd.placed, index, statement)


def _doubts(source: IdentityPolicy, permission: Permission) -> Iterator[Unproved]:
    pattern, where = permission.pattern, (permission.policy, permission.statement)
    if permission.statement.not_action:
        if not permission.is_closed:
            what = "allows every action that its NotAction does not name, and those that AWS adds next"
            yield Unproved("not-action", what, *where)
        return
    if any(one in pattern for one in source.stand_ins):
        yield Unproved("symbolic", "depends on a value that is not known", *where, pattern)
    elif not source.of_aws and not expand(pattern):
        reason: Reason = "dead-wildcard" if "*" in pattern or "?" in pattern else "no-action"
        has_service = bool(expand(f"{pattern.partition(':')[0]}:*"))
        yield Unproved(reason if has_service else "no-service", "is no action that AWS has", *where, pattern)
    if spans_services(pattern) and not permission.is_closed:
        yield Unproved("all-services", "spans services, those that AWS adds next too", *where, pattern)
