"""What a role may do once entered: the reads that were asked for, one write to be refused, the read-only proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deputize.aws.client import Session
from deputize.aws.live_role import LiveRole
from deputize.aws.reads import ReadsFound, choose_reads, try_reads, try_write
from deputize.jobs.verify.expectations import RoleExpectations
from deputize.jobs.verify.read_only import Proof, prove_read_only
from deputize.model.values import AccessState


@dataclass(frozen=True, slots=True)
class AccessFound:
    """The second answer of a verification. missing: reads that were asked for and refused."""

    state: AccessState = AccessState.UNKNOWN
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def access_of(inside: Session, live: LiveRole, expectations: RoleExpectations, *, write_probe: bool) -> AccessFound:
    """Try the reads and the write inside the role, and prove its policies as far as they could be read."""
    chosen, untried = choose_reads(expectations.actions, inside.region)
    found = try_reads(inside, chosen, untried)
    allowed, said = try_write(inside) if write_probe else (None, "no write was tried")
    readable = bool(live.documents or live.aws_managed)
    proof = prove_read_only(live.documents, live.aws_managed, expectations.allowed_secrets)
    proved = readable and not live.unread and not proof.unproved
    state = judge_access(found, proof, write=allowed, asked=bool(chosen), proved=proved)
    return AccessFound(state, found.missing, tuple(_notes(found, proof, live, said)))


def judge_access(found: ReadsFound, proof: Proof, *, write: bool | None, asked: bool, proved: bool) -> AccessState:
    """The state that these come to; pure.

    write: whether a write was allowed, None when that is not known. asked: whether any read was tried. proved: whether
    all access policies were read and understood.
    """
    if write or proof.not_read:
        return AccessState.TOO_WIDE
    if found.missing:
        return AccessState.PARTIAL
    only_reads = proved or (write is False and not proof.unproved)
    return AccessState.OK if asked and not found.unanswered and only_reads else AccessState.UNKNOWN


def _notes(found: ReadsFound, proof: Proof, live: LiveRole, said: str) -> Iterator[str]:
    yield said
    yield from (f"not proved to read: {one}" for one in proof.not_read)
    yield from (f"secrets: {one}" for one in proof.secrets)
    yield from (f"nothing is proved about {one}" for one in proof.unproved)
    if live.unread:
        yield f"the role could not read of itself: {', '.join(live.unread)}"
    if found.unanswered:
        yield f"no clear answer: {', '.join(found.unanswered)}"
    if found.untried:
        yield f"not tried, for want of a call that is free of charge here: {', '.join(found.untried)}"
