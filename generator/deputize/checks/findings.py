"""Findings of the judged: what every rule says of a role or policy, each at its place, once for all branches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from deputize.checks.access.grants import RoleAccess
from deputize.checks.branches import told_branches
from deputize.checks.judgement import Judgement, PolicyJudgement, Scope
from deputize.checks.rule import findings_of
from deputize.checks.rules.all import RULES, RuleSet
from deputize.checks.rules.delivery import delivered
from deputize.checks.rules.files import NOT_JUDGED, NOT_UNDERSTOOD
from deputize.checks.rules.policy_grammar import form_of_access, form_of_trust
from deputize.checks.trust.attribution import JudgedTrust
from deputize.model.display import shown
from deputize.model.values import Finding, Severity
from deputize.model.world import NotUnderstood
from deputize.read.found import FoundFile
from deputize.read.recognise import ACCESS, TEMPLATE, TRUST

_TOLD = 4  # branches that a finding names


@dataclass(frozen=True, slots=True)
class RoleReport:
    """Whether a role was judged as one for third parties, and why; one line of the report."""

    name: str
    judged: bool
    why: str


def role_findings(branches: Sequence[Judgement], where: str, rules: RuleSet = RULES) -> tuple[Finding, ...]:
    """What is wrong with one role, in the file `where`; branches: of the file's conditions, each judged.

    What is wrong in every branch is said once; else the finding says in which branch.
    """
    unread = _unread(one for each in branches for one in each.unread)
    return tuple(dict.fromkeys((*unread, *_merged(branches, where, rules))))


def reports_of(branches: Sequence[Judgement]) -> tuple[RoleReport, ...]:
    """A line on each branch of one role whose scope differs, or one on all."""
    every = [one.role.branch for one in branches]
    there: dict[Scope, list[str]] = {}
    for judged in branches:
        there.setdefault(judged.scope, []).append(judged.role.branch)
    lines = []
    for scope, found in there.items():
        # Roles that one file calls alike are in no branch.
        told = "; or ".join(filter(None, told_branches(found, every))) if len(there) > 1 and any(every) else ""
        name = branches[0].role.name
        lines.append(_report(f"{name} ({told})" if told else name, scope))
    return tuple(dict.fromkeys(lines))


def policy_findings(judged: PolicyJudgement, where: str, rules: RuleSet = RULES) -> tuple[Finding, ...]:
    """What is wrong with a policy that belongs to no role, in the file `where`."""
    policy = judged.policy
    found = list(_unread(() if judged.unread is None else (judged.unread,)))
    for rule in rules.policy:
        found += findings_of(rule, policy, where)
    found += access_findings(judged.access, where, third_party=judged.third_party, rules=rules)
    if not judged.third_party:
        place = policy.document.place(())
        whose = "may be of any role" if policy.role_unknown else "is of no role of this template"
        whose = "is alone in its file, and nobody said whose it is" if policy.delivery == "alone" else whose
        what = f"policy {shown(policy.name)} {whose}: it is not judged as a third party's"
        mend = "judge it so with --all-roles when a third party assumes the role that gets it"
        found.append(NOT_JUDGED.finding(what, place, mend=mend, severity=Severity.NOTE))
    return tuple(dict.fromkeys(found))


def delivery_findings(found: FoundFile, size: int, file: str, rules: RuleSet = RULES) -> Iterator[Finding]:
    """What is wrong with how a file is delivered. size: its bytes."""
    if found.kind == TEMPLATE:
        subject = delivered(found, size)
        for rule in rules.template:
            yield from findings_of(rule, subject, file)
    if found.tree is not None and found.kind in (TEMPLATE, TRUST, ACCESS):
        for one in rules.text:
            yield from findings_of(one, found.tree, file)


def trust_findings(trust: JudgedTrust, file: str, *, third_party: bool, rules: RuleSet = RULES) -> Iterator[Finding]:
    """What is wrong with a trust policy in `file`; without `third_party` its form and its providers are judged."""
    for rule in rules.trust:
        yield from findings_of(rule, trust, file, third_party=third_party)
    form = form_of_trust(trust, third_party=third_party)
    for one in rules.form:
        yield from findings_of(one, form, file, third_party=third_party)


def access_findings(access: RoleAccess, file: str, *, third_party: bool, rules: RuleSet = RULES) -> Iterator[Finding]:
    """What is wrong with what a role, or whoever has a policy, may do.

    third_party: it must be proved to read only; anybody else's is judged by its syntax and by what it leads to.
    """
    for document in access.documents:
        form = form_of_access(document)
        for one in rules.form:
            yield from findings_of(one, form, file, third_party=third_party)
    for rule in rules.access:
        yield from findings_of(rule, access, file, third_party=third_party)
    # Many a role of a service is meant to pass roles: what counts there is what it may do to all of them.
    # Of a third party, that it may do everything is told once: action-not-read says so.
    counted = access.apart if third_party else tuple(one for one in access.granted if one.wide)
    wide = access if counted == access.granted else replace(access, granted=counted)
    for rule in rules.escalation:
        yield from findings_of(rule, wide, file, third_party=third_party)


def _of_role(judged: Judgement, where: str, rules: RuleSet) -> Iterator[Finding]:
    third_party = judged.scope.judged
    if judged.trust is not None:
        yield from trust_findings(judged.trust, where, third_party=third_party, rules=rules)
    for rule in rules.role:
        yield from findings_of(rule, judged, where, third_party=third_party)
    way = f" ({judged.scope.chain})" if judged.scope.chain else ""
    for one in access_findings(judged.access, where, third_party=third_party, rules=rules):
        yield replace(one, message=f"{one.message}{way}") if way else one


def _merged(branches: Sequence[Judgement], where: str, rules: RuleSet) -> Iterator[Finding]:
    if len(branches) == 1:
        yield from _of_role(branches[0], where, rules)
        return
    found: dict[Finding, list[str]] = {}
    for judged in branches:
        for one in dict.fromkeys(_of_role(judged, where, rules)):
            found.setdefault(one, []).append(judged.role.branch)
    every = [judged.role.branch for judged in branches]
    for one, there in found.items():
        if len(there) == len(branches) or not any(every):
            yield one
            continue
        told = told_branches(there, every)
        more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
        yield replace(one, message=f"{one.message} (where {'; or where '.join(told[:_TOLD])}{more})")


def _report(name: str, scope: Scope) -> RoleReport:
    return RoleReport(name, scope.judged, scope.why)


def _unread(unread: Iterable[NotUnderstood]) -> Iterator[Finding]:
    for one in unread:
        yield NOT_UNDERSTOOD.finding(one.what, one.place, mend=one.mend)
