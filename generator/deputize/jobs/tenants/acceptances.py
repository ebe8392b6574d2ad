"""What a person lets stand until a date: read from the command line, and told while it matters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from deputize.errors import InputError, Problem
from deputize.jobs.tenants.outcomes import judged_anew_problem
from deputize.jobs.user_registry import UserRegistry
from deputize.model.display import MAX_LENGTH, display_problem, shown
from deputize.model.values import Acceptance
from deputize.registry import Accepted, Grant, State, accept, find
from deputize.registry.values import now, stamp

PROBES_DAYS: Final = 90
JUDGED_DAYS: Final = 366
_TOLD_BEFORE: Final = timedelta(days=14)
_END_OF_DAY: Final = time(23, 59, 59, 999000, UTC)


def acceptance(reason: str, until: str | None, longest: int, option: str) -> Acceptance:
    """An acceptance as somebody asks for it; without a date it is the longest, in days from today.

    until: the last day, UTC, as 2026-12-31. option: where the reason was given. Raises InputError.
    """
    problems = []
    reason = unicodedata.normalize("NFC", reason.strip())
    if (fault := display_problem(reason)) is not None:
        what = f"is no reason: it {fault}; it has to be one line of 1 to {MAX_LENGTH} characters"
        problems.append(Problem(option, what, "say why the role may stand, as 'agreed with A. on the phone'"))
    today = datetime.now(UTC).date()
    last = today + timedelta(days=longest)
    day = last if until is None else _day(until)
    if day is None or not today <= day <= last:
        what = f"{shown(until or '')} is not a day from today to {last.isoformat()}, which is {longest} days ahead"
        problems.append(Problem("--until", what, f"write it as {last.isoformat()}"))
    if day is None or problems:
        raise InputError(*problems)
    return Acceptance(stamp(datetime.combine(day, _END_OF_DAY)), reason)


def accept_judged(registry: UserRegistry, tenant: str, account_id: str | None, reason: str, until: str) -> Grant:
    """Let stand what is newly thought of a tenant's unchanged role. Raises InputError when nothing is."""
    accepted = acceptance(reason, until, JUDGED_DAYS, "REASON")
    with registry.open() as opened:
        return accept(opened, find(opened, tenant, account_id), accepted)


def state_of(grant: Grant) -> str:
    """A grant's state in a few words, with what it rests on where that will end or has to be decided."""
    words = [str(grant.state)]
    if grant.state is State.VERIFIED and grant.on_probes:
        words.append(f"probes only until {_until(grant)}")
    if grant.state is State.VERIFIED and grant.doubts:
        stands = grant.accepted is Accepted.JUDGED_ANEW and grant.accepts(now())
        words.append(f"judged anew, accepted until {_until(grant)}" if stands else "judged anew")
    if grant.other_id:
        words.append(str(grant.rotation))
    return words[0] + (f" ({', '.join(words[1:])})" if words[1:] else "")


def reminders(grants: Iterable[Grant], *, but: Iterable[int] = ()) -> Iterator[str]:
    """A line for each verified grant that a person has to decide about; but: ids of those that were told just now."""
    told = frozenset(but)
    for grant in grants:
        if grant.state is State.VERIFIED:
            yield from _reminders(grant, told=grant.id in told)


def _reminders(grant: Grant, *, told: bool) -> Iterator[str]:
    moment = now()
    soon = not grant.accepts(stamp(datetime.now(UTC) + _TOLD_BEFORE))
    if grant.on_probes and (soon or grant.accepted is Accepted.UPGRADE):
        yield f"{grant}: {_on_probes(grant, moment)}"
    if not grant.doubts:
        return
    if grant.accepted is Accepted.JUDGED_ANEW and grant.accepts(moment):
        if soon:
            yield f"{grant}: what was accepted of its role ({grant.accepted_reason}) ends after {_until(grant)}"
    elif not told:
        yield str(judged_anew_problem(grant))


def _on_probes(grant: Grant, moment: str) -> str:
    ends = "is usable until" if grant.accepts(moment) else "was usable until"
    again = f"`deputize tenants register {grant.tenant} {grant.role_arn} --accept-probes-only REASON`"
    return (
        f"its role does not let itself be read, so it rests on probes alone and {ends} {_until(grant)}"
        f" ({grant.accepted_reason}); have it made again from the latest bundle, or {again}"
    )


def _until(grant: Grant) -> str:
    return (grant.accepted_until or "")[:10]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-12-31") else None
    except ValueError:
        return None
