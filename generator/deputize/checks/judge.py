"""The one judge: what every role of a reading comes to, held against what is expected of it."""

from __future__ import annotations

from dataclasses import replace

from deputize.checks.access.grants import access_of_policy, access_of_role
from deputize.checks.judgement import Judgement, PolicyJudgement
from deputize.checks.size_limits import judgeable_policy, judgeable_role
from deputize.checks.trust.attribution import form_of, judge_trust
from deputize.checks.trust.case import trust_of
from deputize.checks.trust.scope import scope_of
from deputize.model.expectations import Expectations
from deputize.model.world import FoundPolicy, FoundRole, World


def judge(world: World, expectations: Expectations) -> tuple[Judgement, ...]:
    """What each role of the world comes to, in order; only those that are asked for by name, where some are.

    Who may assume a role is what the caller expects. Without a vendor, each account that a trust policy names is taken
    for one, and its external IDs for the tenant's; what the role's own accounts may do is nobody's business then. With
    a vendor, everybody else is a stranger.
    """
    wanted = (role for role in world.roles if not expectations.roles or role.name in expectations.roles)
    return tuple(_judged(role, expectations, alone=world.is_lone_trust) for role in wanted)


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


def _judged(role: FoundRole, expectations: Expectations, *, alone: bool) -> Judgement:
    role, unread = judgeable_role(role)
    case = trust_of(role, expectations)
    scope = scope_of(case, alone=alone, asked=expectations.asks_for_every_role)
    trust = None if case is None else judge_trust(case) if scope.judged else form_of(case)
    access = replace(
        access_of_role(role, expectations.given.allowed_secrets),
        claimed_secrets=expectations.claimed.secrets,
        claimant=expectations.claimant,
    )
    return Judgement(role, scope, trust, access, expectations, unread)


def _judged_policy(policy: FoundPolicy, expectations: Expectations, third_party: bool) -> PolicyJudgement:  # noqa: FBT001
    policy, unread = judgeable_policy(policy)
    access = access_of_policy(policy, expectations.given.allowed_secrets)
    return PolicyJudgement(policy, third_party or expectations.all_roles, access, unread)
