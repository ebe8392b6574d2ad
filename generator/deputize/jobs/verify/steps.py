"""One role's verification, in steps: whoever drives them decides what is done while a role has to wait.

Phase 0 tries the right ID alone, so that a role which is not there costs one call; then come full rounds, and what is
found inside the role. A role for which somebody waits has no phase 0: its rounds begin with the right ID anyway.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from deputize.aws.client import Session
from deputize.aws.probes import APART, REFUSE, Probe, Round, judge_rounds, plan_round
from deputize.aws.verify import Pause, Timing, endpoint_of, rounds_of, try_right
from deputize.checks.rules_version import judged_by
from deputize.jobs.verify.evidence import LiveEvidence
from deputize.jobs.verify.expectations import RoleExpectations, checked_ids, refuse_own, role_to_verify
from deputize.jobs.verify.inside import Inside, Look, look_inside
from deputize.jobs.verify.notes import tried
from deputize.model.values import ProbeResult, Safety, Verdict

Steps = Generator[Pause, None, Verdict]
_NOT_IN = "the right ID did not get in"


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """One role to be verified: its ARN, the external IDs that it accepts, and what it is held against.

    The first ID must get in; another one, of a rotation, may. other_id: a decoy issued to nobody, to be refused.
    unchanged_digest: the digest of the role at its last safe verdict. Where the role still has it, the right ID alone
    is tried and no wrong one (evidence "right+policy"); where it does not, all are tried. None tries all.
    patient: a role that refuses the right ID is tried for the whole waiting time, and with wrong IDs too, as one that
    was made just now must be; else one refusal will do.
    """

    role_arn: str
    external_ids: tuple[str, ...]
    other_id: str | None = None
    expectations: RoleExpectations = field(default_factory=RoleExpectations)
    unchanged_digest: str | None = None
    patient: bool = True


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """How to verify. never: accounts whose roles are never assumed.

    early: end the rounds of a role as soon as two that are clean lie 10 s apart, though there is time for more.
    write_probe: whether one write is tried with DryRun. now: the time in UTC. fresh: makes an external ID
    that was never used.
    """

    timing: Timing = field(default_factory=Timing)
    never: tuple[str, ...] = ()
    write_probe: bool = True
    early: bool = False
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    fresh: Callable[[], str] = lambda: str(uuid.uuid4())


def nothing(_: Round) -> None:
    """Say nothing."""


def verify_steps(
    request: VerifyRequest, session: Session, options: VerifyOptions, on_round: Callable[[Round], None] = nothing
) -> Steps:
    """The verdict on one role, with a Pause wherever another role may have its turn.

    Raises InputError for a role that must not be assumed or an ID that STS does not take, ServiceError without working
    credentials.
    """
    ids = checked_ids(request.external_ids)
    never = (*options.never, *request.expectations.never)
    role = role_to_verify(request.role_arn, session.region, never, request.expectations.vendor_account)
    caller = session.caller()
    refuse_own(role, caller.account_id, caller.partition)
    look = Look(role, ids, request.expectations, caller.account_id, options.timing, options.write_probe)
    found = yield from _found(session, look, request, options, on_round)
    inside = found.inside
    return Verdict(
        role_arn=str(role),
        role_id=inside.live.role_id,
        external_id=ids[0],
        safety=inside.safety(found.probed, role),
        access=inside.access.state,
        evidence=found.evidence,
        endpoint=endpoint_of(session),
        at=options.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
        caller=caller.arn,
        probes=found.told.results,
        access_paths=(*tried(found.told, caller.arn), *inside.ways.found, *inside.whose.others),
        missing=inside.access.missing,
        notes=(*found.notes(role, caller.arn), *inside.notes(role, caller.arn)),
        role_digest=inside.live.digest(ids),
        interrupted=inside.live.is_interrupted,
        judged_by=judged_by(),
    )


def _found(
    session: Session, look: Look, request: VerifyRequest, options: VerifyOptions, on_round: Callable[[Round], None]
) -> Generator[Pause, None, LiveEvidence]:
    refused: ProbeResult | None = None
    if request.unchanged_digest:
        inside = yield from look_inside(session, look, request.unchanged_digest)
        if inside.live.digest(look.external_ids) == request.unchanged_digest and inside.ways.judged:
            return LiveEvidence(inside)
        refused = inside.right
    elif not request.patient:
        refused = try_right(session, look.role, look.external_ids[0], look.timing)
    if not request.patient:
        if refused is not None and refused.got == REFUSE:
            return LiveEvidence(Inside(why=_NOT_IN), (Round(0.0, (refused,)),))
        yield Pause(look.timing.clock())
    return (yield from _whole(session, look, request, options, on_round))


def _whole(
    session: Session, look: Look, request: VerifyRequest, options: VerifyOptions, on_round: Callable[[Round], None]
) -> Generator[Pause, None, LiveEvidence]:
    """What the rounds of probes find, and a look inside if the right ID gets in."""

    def plan() -> tuple[Probe, ...]:
        return plan_round(look.external_ids, request.other_id, options.fresh())

    def enough(done: Sequence[Round]) -> bool:
        return options.early and judge_rounds(done, max(APART, options.timing.wait)) is Safety.SAFE

    rounds: list[Round] = []
    for one in rounds_of(session, look.role, plan, options.timing, enough):
        if isinstance(one, Pause):
            yield one
        else:
            rounds.append(one)
            on_round(one)
    if not any(one.assumed for one in rounds):
        return LiveEvidence(Inside(why=_NOT_IN), tuple(rounds), options.timing.wait)
    yield Pause(look.timing.clock())
    inside = yield from look_inside(session, look)
    return LiveEvidence(inside, tuple(rounds), options.timing.wait)
