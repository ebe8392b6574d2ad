"""What a role or policy of any origin may do, as the facts that our own bundles tell; and what cannot be told of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from deputize.checks.access.grants import (
    Access,
    Attached,
    Denied,
    access_of_policy,
    access_of_role,
    denies_all,
    snapshot_statements,
)
from deputize.checks.access.statements import named, statements_of, unknown_in
from deputize.checks.placed import placed
from deputize.checks.rule import Rule
from deputize.checks.rules.actions import ACCESS_RULES, NAME_RULES
from deputize.checks.rules.managed import MANAGED_RULES
from deputize.checks.rules.policy_grammar import GRAMMAR_RULES
from deputize.iam.actions import expand
from deputize.iam.levels import judge_action
from deputize.iam.policy import Statement
from deputize.model.facts import Facts, Managed, StatementFacts, exposed_by
from deputize.model.values import Finding
from deputize.model.world import Document, FoundPolicy, FoundRole, Unknown

# What these find makes the facts no more than a lower bound: the actions are not known here, or not for long.
_UNTOLD = (
    "policy-grammar",
    "action-symbolic",
    "action-not-action",
    "action-all-services",
    "action-unknown-service",
    "action-unknown",
    "action-dead-wildcard",
    "managed-unproved",
    "managed-foreign",
    "managed-symbolic",
)


@dataclass(frozen=True, slots=True)
class AccessTold:
    """What a role may do. untold: where its actions are not known, or may become more; reduced: how it may be less.

    Denied actions are left out of the facts where they are denied on every resource and under no condition.
    """

    facts: Facts
    untold: tuple[Finding, ...] = ()
    reduced: tuple[str, ...] = ()


def role_access(role: FoundRole, where: str) -> AccessTold:
    """What `role` may do, in the file `where`."""
    limits = () if role.boundary is None else (f"the boundary {named(role.boundary.value, role.unknowns)} limits it",)
    return _told(role.policies, access_of_role(role), where, limits)


def policy_access(policy: FoundPolicy, where: str) -> AccessTold:
    """What whoever has `policy` may do, in the file `where`."""
    return _told((policy,), access_of_policy(policy), where, ())


def _told(policies: Sequence[FoundPolicy], access: Access, where: str, limits: tuple[str, ...]) -> AccessTold:
    parts = tuple(part for policy in policies for part in _parts(policy, access.denied))
    managed = tuple(_managed(one, access.denied) for one in access.attached if one.policy is not None)
    partial = tuple(_partial(policies))
    return AccessTold(
        Facts(parts, managed, exposed_by(parts, managed)), tuple(_untold(access, where)), (*partial, *limits)
    )


def _parts(policy: FoundPolicy, denied: Denied) -> Iterator[StatementFacts]:
    unknowns = policy.document.unknowns
    for number, statement in enumerate(statements_of(policy.document), 1):
        if statement.effect == "Allow":
            yield StatementFacts(
                policy=policy.name,
                sid=statement.sid or f"statement {number}",
                resources=tuple(named(one, unknowns) for one in statement.resources),
                judged=tuple(judge_action(action) for action in _actions(statement, unknowns) if action not in denied),
                but=statement.not_resource,
                conditional=bool(statement.conditions),
            )


def _actions(statement: Statement, unknowns: Iterable[Unknown]) -> list[str]:
    known = [one for one in statement.actions if unknown_in(one, tuple(unknowns)) is None]
    found = {action for pattern in known for action in expand(pattern)}
    return sorted(set(expand("*")) - found if statement.not_action else found)


def _managed(attached: Attached, denied: Denied) -> Managed:
    policy = attached.policy
    if policy is None:
        raise LookupError(attached.arn)
    allows = (one for one in snapshot_statements(policy.name) if one.effect == "Allow")
    actions = {action for one in allows for action in _actions(one, ())}
    left = tuple(sorted(action for action in actions if action not in denied))
    return Managed(policy.name, policy.version, policy.date, left)


def _partial(policies: Sequence[FoundPolicy]) -> Iterator[str]:
    for policy in policies:
        denies = [one for one in statements_of(policy.document) if one.effect == "Deny"]
        some = sum(not denies_all(one, policy.document.unknowns) for one in denies)
        if some:
            statements = "1 statement" if some == 1 else f"{some} statements"
            yield f"{policy.name} denies more on some resources or under conditions ({statements})"


def _untold(access: Access, where: str) -> Iterator[Finding]:
    subjects: tuple[tuple[Sequence[Rule[Any]], Iterable[Access | Document]], ...] = (
        (GRAMMAR_RULES, access.documents),
        ((*ACCESS_RULES, *NAME_RULES, *MANAGED_RULES), (access,)),
    )
    found = (
        finding
        for rules, many in subjects
        for rule in rules
        if rule.id in _UNTOLD
        for subject in many
        for finding in placed(rule, subject, where)
    )
    yield from dict.fromkeys(found)
