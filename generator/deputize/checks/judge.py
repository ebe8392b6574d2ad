"""The one judge: what every role of a reading comes to, held against what is expected of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from deputize.checks.access.grants import RoleAccess, access_of_policy, access_of_role
from deputize.checks.judgement import Judgement, PolicyJudgement, Scope
from deputize.checks.size_limits import judgeable_policy, judgeable_role
from deputize.checks.trust.attribution import form_of, judge_trust
from deputize.checks.trust.case import RoleTrust, trust_of
from deputize.checks.trust.chains import chains
from deputize.checks.trust.scope import behind, scope_of
from deputize.model.expectations import Expectations
from deputize.model.world import FoundPolicy, FoundRole, NotUnderstood, World


def judge(world: World, expectations: Expectations) -> tuple[Judgement, ...]:
    """What each role of the world comes to, in order; only those that are asked for by name, where some are.

    Who may assume a role is what the caller expects. Without a vendor, each account that a trust policy names is taken
    for one, and its external IDs for the tenant's; what the role's own accounts may do is nobody's business then. With
    a vendor, everybody else is a stranger. Whoever assumes a role that a third party assumes is a third party, too.
    """
    subjects = _reached(tuple(_subject(role, expectations, alone=world.is_lone_trust) for role in world.roles))
    wanted = (one for one in subjects if not expectations.roles or one.role.name in expectations.roles)
    return tuple(_judged(one, expectations) for one in wanted)


def judge_policies(world: World, expectations: Expectations, *, assumed: bool) -> tuple[PolicyJudgement, ...]:
    """What each policy of the world comes to that belongs to no role.

    Alone it is judged as a third party's when somebody named it or expects one; a folder holds policies of everybody.
    In a template it is when asked for, or when a role may have it that such assume: templates give policies to users,
    and to roles of other templates, most of which no third party assumes.
    assumed: whether third parties assume some role of the world.
    """
    is_alone = world.has_lone_policies and expectations.meets_lone_policies
    return tuple(
        _judged_policy(policy, expectations, is_alone or (assumed and policy.role_unknown))
        for policy in (() if expectations.roles else world.policies)
    )


@dataclass(frozen=True, eq=False)
class _Subject:
    """A role on its way to its judgement. secrets: reads of secrets that the caller allows."""

    role: FoundRole
    unread: tuple[NotUnderstood, ...]
    case: RoleTrust | None
    scope: Scope
    secrets: tuple[str, ...]

    @cached_property
    def access(self) -> RoleAccess:
        """What it may do."""
        return access_of_role(self.role, self.secrets)


def _subject(role: FoundRole, expectations: Expectations, *, alone: bool) -> _Subject:
    role, unread = judgeable_role(role)
    case = trust_of(role, expectations)
    scope = scope_of(case, alone=alone, asked=expectations.asks_for_every_role)
    return _Subject(role, unread, case, scope, expectations.given.allowed_secrets)


def _reached(subjects: tuple[_Subject, ...]) -> tuple[_Subject, ...]:
    """The same, those that third parties come to through other roles judged as theirs."""
    doors = [at for at, one in enumerate(subjects) if one.scope.others]
    if not doors or len(doors) == len(subjects):
        return subjects
    found = list(subjects)
    roles = tuple(one.role for one in subjects)
    for at, way in chains(roles, doors, lambda at: subjects[at].access.allowed).items():
        names = tuple(roles[step].name for step in way)
        scope = behind(subjects[at].scope, roles[at].name, names, subjects[way[-1]].scope.others)
        found[at] = replace(subjects[at], scope=scope)
    return tuple(found)


def _judged(subject: _Subject, expectations: Expectations) -> Judgement:
    case, scope = subject.case, subject.scope
    # Whoever comes through another role is in nobody's trust policy: of it the form alone is judged.
    is_named = scope.judged and (not scope.chain or expectations.asks_for_every_role)
    trust = None if case is None else judge_trust(case) if is_named else form_of(case)
    access, claimed = subject.access, expectations.claimed.secrets
    if claimed:
        access = replace(access, claimed_secrets=claimed, claimant=expectations.claimant)
    # What third parties may do is told branch by branch, or is not understood.
    limits = (subject.role.limit,) if scope.judged and subject.role.limit is not None else ()
    return Judgement(subject.role, scope, trust, access, expectations, (*subject.unread, *limits))


def _judged_policy(policy: FoundPolicy, expectations: Expectations, third_party: bool) -> PolicyJudgement:  # noqa: FBT001
    policy, unread = judgeable_policy(policy)
    access = access_of_policy(policy, expectations.given.allowed_secrets)
    return PolicyJudgement(policy, third_party or expectations.all_roles, access, unread)
