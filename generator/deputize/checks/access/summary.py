"""What a role or policy of any origin may do, as the facts that our own bundles tell; and what cannot be told of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from deputize.checks.access.grants import RoleAccess
from deputize.checks.access.statements import named, unknown_in
from deputize.checks.judgement import Judgement, PolicyJudgement
from deputize.checks.rule import findings_of
from deputize.checks.rules.all import RULES
from deputize.checks.rules.policy_grammar import form_of_access
from deputize.iam.allowed import Permission
from deputize.iam.levels import judge_action
from deputize.iam.managed import ManagedPolicy
from deputize.iam.policy import Policy
from deputize.model.facts import Facts, Managed, StatementFacts, exposed_by
from deputize.model.values import Finding
from deputize.model.world import FoundPolicy


@dataclass(frozen=True, slots=True)
class AccessTold:
    """What a role may do. untold: where its actions are not known, or may become more; reduced: how it may be less.

    Denied actions are left out of the facts where no request escapes the Deny.
    """

    facts: Facts
    untold: tuple[Finding, ...] = ()
    reduced: tuple[str, ...] = ()


def role_access(judged: Judgement, where: str) -> AccessTold:
    """What a judged role may do, in the file `where`."""
    role = judged.role
    limits = () if role.boundary is None else (f"the boundary {named(role.boundary.value, role.unknowns)} limits it",)
    return _told(role.policies, judged.access, where, limits)


def policy_access(judged: PolicyJudgement, where: str) -> AccessTold:
    """What whoever has a judged policy may do, in the file `where`."""
    return _told((judged.policy,), judged.access, where, ())


def _told(policies: Sequence[FoundPolicy], access: RoleAccess, where: str, limits: tuple[str, ...]) -> AccessTold:
    texts = [one.policy or Policy(()) for one in access.allowed.policies]
    parts = tuple(
        part for at, policy in enumerate(policies) for part in _parts(policy, texts[at], access.permissions_of(at))
    )
    managed = tuple(
        _managed(one.policy, access.permissions_of(at))
        for at, one in enumerate(access.attached, len(policies))
        if one.policy is not None
    )
    partial = tuple(_partial(policies, access))
    return AccessTold(
        Facts(parts, managed, exposed_by(parts, managed)), tuple(_untold(access, where)), (*partial, *limits)
    )


def _parts(policy: FoundPolicy, text: Policy, permissions: Sequence[Permission]) -> Iterator[StatementFacts]:
    unknowns = policy.document.unknowns
    for number, statement in enumerate(text.statements, 1):
        if statement.effect == "Allow":
            here = (one for one in permissions if one.statement.index == statement.index)
            yield StatementFacts(
                policy=policy.name,
                sid=statement.sid or f"statement {number}",
                resources=tuple(named(one, unknowns) for one in statement.resources),
                judged=tuple(judge_action(action) for action in _actions(here)),
                but=statement.not_resource,
                conditional=bool(statement.conditions),
            )


def _actions(permissions: Iterable[Permission]) -> list[str]:
    return sorted({action for one in permissions for action in one.actions})


def _managed(policy: ManagedPolicy, permissions: Sequence[Permission]) -> Managed:
    return Managed(policy.name, policy.version, policy.date, tuple(_actions(permissions)))


def _partial(policies: Sequence[FoundPolicy], access: RoleAccess) -> Iterator[str]:
    for at, policy in enumerate(policies):
        unknowns = policy.document.unknowns
        some = sum(
            not one.is_total or any(unknown_in(action, unknowns) for action in one.statement.actions)
            for one in access.allowed.denials
            if one.policy == at
        )
        if some:
            statements = "1 statement" if some == 1 else f"{some} statements"
            yield f"{policy.name} denies more on some resources or under conditions ({statements})"


def _untold(access: RoleAccess, where: str) -> Iterator[Finding]:
    forms = [form_of_access(document) for document in access.documents]
    found = (
        *(one for rule in RULES.form if rule.leaves_open for form in forms for one in findings_of(rule, form, where)),
        *(one for rule in RULES.access if rule.leaves_open for one in findings_of(rule, access, where)),
    )
    yield from dict.fromkeys(found)
