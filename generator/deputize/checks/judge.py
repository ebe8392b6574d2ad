"""What one file of any origin comes to: every role in it judged, and which of them as one for third parties."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from deputize.checks.access.check import check_policy_access, check_role_access
from deputize.checks.catalogue import NOT_JUDGED, NOT_UNDERSTOOD
from deputize.checks.size_limits import judgeable_file
from deputize.checks.trust.case import TrustCase
from deputize.checks.trust.scope import Scope, check_trust, judged
from deputize.model.display import shown
from deputize.model.values import Finding, Severity
from deputize.model.world import FoundPolicy, FoundRole, NotUnderstood
from deputize.read.found import FoundFile
from deputize.read.recognise import TEMPLATE, TRUST

_TOLD = 4  # branches that a finding names


@dataclass(frozen=True, slots=True)
class Expectations:
    """What the caller of lint says about the roles.

    expected_vendors: account IDs; expected_ids: external IDs; empty where nobody said. roles: judge only these, by
    name. all_roles: judge every role, and every policy, as one for third parties; those in `roles` are so in any case.
    allowed_secrets: reads of secrets, as full action names.
    """

    expected_vendors: tuple[str, ...] = ()
    expected_ids: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    all_roles: bool = False
    allowed_secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleReport:
    """Whether a role was judged as one for third parties, and why; one line of the report."""

    name: str
    judged: bool
    why: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What is wrong in one file, and what was judged in it."""

    findings: tuple[Finding, ...]
    roles: tuple[RoleReport, ...]


def judge(file: FoundFile, where: str, options: Expectations, *, entered: bool = False) -> Judged:
    """What is wrong in the file `where`. How it is delivered is judged by `check_delivery`.

    entered: third parties enter a role of the same file that is judged apart.

    What is wrong in every branch of a role is said once; else the finding says in which branch.
    """
    file, refused = judgeable_file(file)
    found: dict[Finding, None] = dict.fromkeys(_refused(refused))
    reports: dict[RoleReport, None] = {}
    by_name: dict[str, list[FoundRole]] = {}
    for role in file.roles:
        if not options.roles or role.name in options.roles:
            by_name.setdefault(role.name, []).append(role)
    for name, branches in by_name.items():
        asked_for = options.all_roles or bool(options.roles)
        scopes = [judged(one, alone=file.kind == TRUST, asked_for=asked_for) for one in branches]
        same = len(set(scopes)) == 1
        for role, scope in zip(branches, scopes, strict=True):
            said = name if same or not role.branch else f"{name} ({role.branch})"
            reports[RoleReport(said, scope.judged, scope.why)] = None
        found.update(dict.fromkeys(_of_branches(branches, scopes, where, options)))
    entered = entered or any(one.judged for one in reports)
    for policy in () if options.roles else file.policies:
        alone = file.kind != TEMPLATE or (entered and policy.role_unknown)
        found.update(dict.fromkeys(_of_policy(policy, where, options, third_party=alone or options.all_roles)))
    return Judged(tuple(found), tuple(reports))


def _of_branches(
    branches: list[FoundRole], scopes: list[Scope], where: str, options: Expectations
) -> Iterator[Finding]:
    if len(branches) == 1:
        yield from _of_role(branches[0], where, options, scopes[0])
        return
    each = [dict.fromkeys(_of_role(one, where, options, scope)) for one, scope in zip(branches, scopes, strict=True)]
    found: dict[Finding, list[str]] = {}
    for role, findings in zip(branches, each, strict=True):
        for one in findings:
            found.setdefault(one, []).append(role.branch)
    for one, there in found.items():
        if len(there) == len(branches):
            yield one
            continue
        more = f"; and {len(there) - _TOLD} more" if len(there) > _TOLD else ""
        yield replace(one, message=f"{one.message} (where {'; or where '.join(there[:_TOLD])}{more})")


def _of_role(role: FoundRole, where: str, options: Expectations, scope: Scope) -> Iterator[Finding]:
    if role.trust is not None:
        case = TrustCase(
            document=role.trust,
            own_account=role.own_account,
            partition=role.partition,
            expected_vendors=options.expected_vendors,
            expected_ids=options.expected_ids,
        )
        yield from check_trust(case, where, third_party=scope.judged)
    secrets = options.allowed_secrets
    yield from check_role_access(role, where, third_party=scope.judged, allowed_secrets=secrets)


def _of_policy(policy: FoundPolicy, where: str, options: Expectations, *, third_party: bool) -> Iterator[Finding]:
    """A policy that no role of its file is known to have.

    Alone it is judged as a third party's; in a template when asked for, or when a role may have it that such enter.
    Templates give policies to users, and to roles of other templates, most of which no third party enters.
    """
    yield from check_policy_access(policy, where, third_party=third_party, allowed_secrets=options.allowed_secrets)
    if not third_party:
        place = policy.document.place(())
        whose = "may be of any role" if policy.role_unknown else "is of no role of this template"
        what = f"policy {shown(policy.name)} {whose}: it is not judged as a third party's"
        mend = "judge it so with --all-roles when a third party enters the role that gets it"
        yield Finding(NOT_JUDGED, Severity.NOTE, place.file, what, mend, line=place.line, column=place.column)


def _refused(refused: tuple[NotUnderstood, ...]) -> Iterator[Finding]:
    for one in refused:
        place = one.place
        yield Finding(
            NOT_UNDERSTOOD, Severity.ERROR, place.file, one.what, one.mend, line=place.line, column=place.column
        )
