"""Findings of the judged: what every rule says of a role or policy, each at its place, once for all branches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from deputize.checks.access.check import access_findings, policy_findings, role_findings
from deputize.checks.catalogue import NOT_JUDGED, NOT_UNDERSTOOD
from deputize.checks.judgement import Judgement, PolicyJudgement, Scope
from deputize.checks.placed import placed
from deputize.checks.rules.trust import FORM_RULES, OLD_VERSION, PROVIDER_RULES, TRUST_RULES
from deputize.checks.trust.attribution import JudgedTrust
from deputize.model.display import shown
from deputize.model.values import Finding, Severity
from deputize.model.world import NotUnderstood

_TOLD = 4  # branches that a finding names


@dataclass(frozen=True, slots=True)
class RoleReport:
    """Whether a role was judged as one for third parties, and why; one line of the report."""

    name: str
    judged: bool
    why: str


def findings_of(branches: Sequence[Judgement], where: str) -> tuple[Finding, ...]:
    """What is wrong with one role, in the file `where`; branches: of the file's conditions, each judged.

    What is wrong in every branch is said once; else the finding says in which branch.
    """
    return tuple(dict.fromkeys((*_unread(one for each in branches for one in each.unread), *_merged(branches, where))))


def reports_of(branches: Sequence[Judgement]) -> tuple[RoleReport, ...]:
    """A line on each branch of one role whose scope differs, or one on all."""
    same = len({one.scope for one in branches}) == 1
    lines = (
        _report(one.role.name if same or not one.role.branch else f"{one.role.name} ({one.role.branch})", one.scope)
        for one in branches
    )
    return tuple(dict.fromkeys(lines))


def findings_of_policy(judged: PolicyJudgement, where: str) -> tuple[Finding, ...]:
    """What is wrong with a policy that belongs to no role, in the file `where`."""
    policy = judged.policy
    found = list(_unread(() if judged.unread is None else (judged.unread,)))
    found += policy_findings(policy, judged.access, where, third_party=judged.third_party)
    if not judged.third_party:
        place = policy.document.place(())
        whose = "may be of any role" if policy.role_unknown else "is of no role of this template"
        what = f"policy {shown(policy.name)} {whose}: it is not judged as a third party's"
        mend = "judge it so with --all-roles when a third party assumes the role that gets it"
        found.append(Finding(NOT_JUDGED, Severity.NOTE, place.file, what, mend, line=place.line, column=place.column))
    return tuple(dict.fromkeys(found))


def trust_findings(trust: JudgedTrust, file: str, *, third_party: bool) -> Iterator[Finding]:
    """What is wrong with a trust policy in `file`; without `third_party` its form and its providers are judged."""
    for rule in TRUST_RULES if third_party else (*FORM_RULES, *PROVIDER_RULES, OLD_VERSION):
        yield from placed(rule, trust, file)


def _of_role(judged: Judgement, where: str) -> Iterator[Finding]:
    if judged.trust is not None:
        yield from trust_findings(judged.trust, where, third_party=judged.scope.judged)
    yield from role_findings(judged.role, where)
    yield from access_findings(judged.access, where, third_party=judged.scope.judged)


def _merged(branches: Sequence[Judgement], where: str) -> Iterator[Finding]:
    if len(branches) == 1:
        yield from _of_role(branches[0], where)
        return
    found: dict[Finding, list[str]] = {}
    for judged in branches:
        for one in dict.fromkeys(_of_role(judged, where)):
            found.setdefault(one, []).append(judged.role.branch)
    for one, there in found.items():
        if len(there) == len(branches):
            yield one
            continue
        more = f"; and {len(there) - _TOLD} more" if len(there) > _TOLD else ""
        yield replace(one, message=f"{one.message} (where {'; or where '.join(there[:_TOLD])}{more})")


def _report(name: str, scope: Scope) -> RoleReport:
    return RoleReport(name, scope.judged, scope.why)


def _unread(unread: Iterable[NotUnderstood]) -> Iterator[Finding]:
    for one in unread:
        place = one.place
        yield Finding(
            NOT_UNDERSTOOD, Severity.ERROR, place.file, one.what, one.mend, line=place.line, column=place.column
        )
