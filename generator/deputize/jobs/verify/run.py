"""Verify a live role: who can assume it, by trying and by reading its policy, and what it may do once assumed."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice

from deputize.aws.client import Session
from deputize.aws.probes import Probe, Round, plan_round
from deputize.aws.verify import Timing, endpoint_of, run_rounds
from deputize.aws.wire import ROLE_SECONDS, time_limit
from deputize.checks.rules_version import judged_by
from deputize.errors import DeputizeError
from deputize.jobs.aws_session import aws_session
from deputize.jobs.verify.evidence import LiveEvidence
from deputize.jobs.verify.expectations import RoleExpectations, checked_ids, refuse_own, role_to_verify
from deputize.jobs.verify.inside import Inside, Look, look_inside
from deputize.jobs.verify.notes import tried
from deputize.model.aws_options import AwsOptions
from deputize.model.values import Verdict

_QUEUED = 2  # requests taken from the source for each worker, so that a long list is never held whole


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """One role to be verified: its ARN, the external IDs that it accepts, and what it is held against.

    The first ID must get in; another one, of a rotation, may. other_id: a decoy issued to nobody, to be refused.
    unchanged_digest: the digest of the role at its last safe verdict. Where the role still has it, the right ID alone
    is tried and no wrong one (evidence "right+policy"); where it does not, all are tried. None tries all.
    """

    role_arn: str
    external_ids: tuple[str, ...]
    other_id: str | None = None
    expectations: RoleExpectations = field(default_factory=RoleExpectations)
    unchanged_digest: str | None = None


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """How to verify. never: accounts whose roles are never assumed.

    write_probe: whether one write is tried with DryRun. now: the time in UTC. fresh: makes an external ID
    that was never used.
    """

    timing: Timing = field(default_factory=Timing)
    never: tuple[str, ...] = ()
    write_probe: bool = True
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    fresh: Callable[[], str] = lambda: str(uuid.uuid4())


def nothing(_: Round) -> None:
    """Say nothing."""


def verify(
    role_arn: str,
    external_ids: str | Sequence[str],
    *,
    other_id: str | None = None,
    wait: float = 60.0,
    never_assume_accounts: Sequence[str] = (),
    write_probe: bool = True,
    expectations: RoleExpectations | None = None,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    session: Session | None = None,
    on_round: Callable[[Round], None] = nothing,
) -> Verdict:
    """Find out who can assume a live role, by calling STS with right and wrong external IDs, as the vendor.

    external_ids: those that are accepted; the first must. other_id: a decoy issued to nobody, never a tenant's.
    wait: seconds for which the tries are repeated, since IAM settles slowly. expectations: what the role is held
    against. session: in place of profile, region and endpoint_url. on_round: is told of each pass as it is done.
    Nothing is raised for what is found. Raises InputError for a role that must not be assumed or an ID that STS does
    not take, ServiceError without working credentials.
    """
    used = session or aws_session(AwsOptions(profile, region, endpoint_url))
    ids = (external_ids,) if isinstance(external_ids, str) else tuple(external_ids)
    request = VerifyRequest(role_arn, ids, other_id, expectations or RoleExpectations())
    options = VerifyOptions(Timing(wait), tuple(never_assume_accounts), write_probe)
    return verify_one(request, used, options, on_round)


def verify_one(
    request: VerifyRequest, session: Session, options: VerifyOptions, on_round: Callable[[Round], None] = nothing
) -> Verdict:
    """As :func:`verify`, with everything given."""
    with time_limit(options.timing.wait + ROLE_SECONDS):
        return _verified(request, session, options, on_round)


def _verified(
    request: VerifyRequest, session: Session, options: VerifyOptions, on_round: Callable[[Round], None]
) -> Verdict:
    ids = checked_ids(request.external_ids)
    never = (*options.never, *request.expectations.never)
    role = role_to_verify(request.role_arn, session.region, never, request.expectations.vendor_account)
    caller = session.caller()
    refuse_own(role, caller.account_id, caller.partition)
    look = Look(role, ids, request.expectations, caller.account_id, options.timing, options.write_probe)
    found = _unchanged(session, look, request.unchanged_digest) or _whole(session, look, request, options, on_round)
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
        role_digest=inside.live.digest,
        interrupted=inside.live.is_interrupted,
        judged_by=judged_by(),
    )


def _unchanged(session: Session, look: Look, digest: str | None) -> LiveEvidence | None:
    """What a look inside alone finds, where the role is the one of that digest and can be judged by its policy."""
    if not digest:
        return None
    inside = look_inside(session, look, digest)
    return LiveEvidence(inside) if inside.live.digest == digest and inside.ways.judged else None


def _whole(
    session: Session, look: Look, request: VerifyRequest, options: VerifyOptions, on_round: Callable[[Round], None]
) -> LiveEvidence:
    """What all rounds of probes find, and a look inside if the right ID gets in."""

    def plan() -> tuple[Probe, ...]:
        return plan_round(look.external_ids, request.other_id, options.fresh())

    rounds: list[Round] = []
    for one in run_rounds(session, look.role, plan, options.timing):
        rounds.append(one)
        on_round(one)
    assumed = any(one.assumed for one in rounds)
    inside = look_inside(session, look) if assumed else Inside(why="the right ID did not get in")
    return LiveEvidence(inside, tuple(rounds), options.timing.wait)


def verify_many(
    requests: Iterable[VerifyRequest], session: Session, options: VerifyOptions | None = None, *, workers: int = 8
) -> Generator[tuple[VerifyRequest, Verdict | DeputizeError], None, None]:
    """Verify many roles with one session, its clients shared by `workers` threads; each result as soon as it is there.

    A role that cannot be verified gives its error. Leaving the loop early stops the waiting of those under way.
    """
    chosen = options or VerifyOptions()
    stopped = threading.Event()
    if chosen.timing.sleep is Timing().sleep:
        chosen = replace(chosen, timing=replace(chosen.timing, sleep=lambda seconds: _pause(stopped, seconds)))
    source = iter(requests)
    pending: dict[Future[Verdict | DeputizeError], VerifyRequest] = {}
    pool = ThreadPoolExecutor(workers, "deputize-verify")
    try:
        while True:
            for request in islice(source, workers * _QUEUED - len(pending)):
                pending[pool.submit(_outcome, request, session, chosen)] = request
            if not pending:
                return
            for done in wait(pending, return_when=FIRST_COMPLETED).done:
                yield pending.pop(done), done.result()
    finally:
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)


class _StoppedError(Exception):
    """Nobody waits for this verdict any more."""


def _pause(stopped: threading.Event, seconds: float) -> None:
    if stopped.wait(seconds):
        raise _StoppedError


def _outcome(request: VerifyRequest, session: Session, options: VerifyOptions) -> Verdict | DeputizeError:
    try:
        return verify_one(request, session, options)
    except DeputizeError as error:
        return error
