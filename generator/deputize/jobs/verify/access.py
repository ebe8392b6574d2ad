"""What a role may do once it is assumed: the reads that were asked for, one write to be refused, the verdict on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deputize.aws.client import Session
from deputize.aws.live_role import LiveRole
from deputize.aws.reads import ReadsFound, choose_reads, try_reads, try_write
from deputize.checks.access_verdict import AccessVerdict
from deputize.jobs.verify.expectations import RoleExpectations
from deputize.model.values import AccessState


@dataclass(frozen=True, slots=True)
class AccessFound:
    """The second answer of a verification. missing: reads that were asked for and refused."""

    state: AccessState = AccessState.UNKNOWN
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def access_of(
    inside: Session, live: LiveRole, expectations: RoleExpectations, verdict: AccessVerdict, *, write_probe: bool
) -> AccessFound:
    """Try the reads and the write inside the role, and prove its policies as far as they could be read."""
    chosen, untried = choose_reads(expectations.actions, inside.region)
    found = try_reads(inside, chosen, untried)
    allowed, said = try_write(inside) if write_probe else (None, "no write was tried")
    readable = bool(live.documents or live.aws_managed)
    proved = readable and not live.unread and not verdict.unproved
    state = judge_access(found, verdict, write=allowed, asked=bool(chosen), proved=proved)
    return AccessFound(state, found.missing, tuple(_notes(found, verdict, live, said)))


def judge_access(
    found: ReadsFound, verdict: AccessVerdict, *, write: bool | None, asked: bool, proved: bool
) -> AccessState:
    """The state that these come to; pure.

    write: whether a write was allowed, None when that is not known. asked: whether any read was tried. proved: whether
    all access policies were read and understood.
    """
    if write or verdict.not_read:
        return AccessState.TOO_WIDE
    if found.missing:
        return AccessState.PARTIAL
    only_reads = proved or (write is False and not verdict.unproved)
    return AccessState.OK if asked and not found.unanswered and only_reads else AccessState.UNKNOWN


def _notes(found: ReadsFound, verdict: AccessVerdict, live: LiveRole, said: str) -> Iterator[str]:
    yield said
    yield from verdict.notes
    if live.unread:
        yield f"the role could not read of itself: {', '.join(live.unread)}"
    if found.unanswered:
        yield f"no clear answer: {', '.join(found.unanswered)}"
    if found.untried:
        yield f"not tried, for want of a call that is free of charge here: {', '.join(found.untried)}"
