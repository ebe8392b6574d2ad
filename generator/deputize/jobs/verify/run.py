"""Verify a live role: who can assume it, by trying and by reading its policy, and what it may do once assumed."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice

from deputize.aws.client import Session
from deputize.aws.live_role import LiveRole, read_live_role
from deputize.aws.probes import Probe, Round, deciding, judge_rounds, plan_round
from deputize.aws.verify import Timing, assume_to_read, endpoint_of, run_rounds
from deputize.aws.wire import ROLE_SECONDS, time_limit
from deputize.checks.access_verdict import access_verdict
from deputize.checks.judge import judge
from deputize.checks.verdict import TrustVerdict, trust_verdict
from deputize.errors import DeputizeError
from deputize.iam.arn import RoleArn
from deputize.jobs.aws_session import aws_session
from deputize.jobs.verify.access import AccessFound, access_of
from deputize.jobs.verify.expectations import RoleExpectations, checked_ids, refuse_own, role_to_verify
from deputize.jobs.verify.notes import about_rounds, tried
from deputize.jobs.verify.tags import Whose, whose
from deputize.model.aws_options import AwsOptions
from deputize.model.values import ProbeResult, Safety, Verdict
from deputize.model.world import World
from deputize.read.world import raw_role

_QUEUED = 2  # requests taken from the source for each worker, so that a long list is never held whole


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """One role to be verified: its ARN, the external IDs that it accepts, and what it is held against.

    The first ID must get in; another one, of a rotation, may. other_id: a decoy issued to nobody, to be refused.
    """

    role_arn: str
    external_ids: tuple[str, ...]
    other_id: str | None = None
    expectations: RoleExpectations = field(default_factory=RoleExpectations)


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

    def plan() -> tuple[Probe, ...]:
        return plan_round(ids, request.other_id, options.fresh())

    rounds: list[Round] = []
    for one in run_rounds(session, role, plan, options.timing):
        rounds.append(one)
        on_round(one)
    target = replace(request, external_ids=ids)
    assumed = any(one.assumed for one in rounds)
    inside = _inside(session, role, target, options) if assumed else _Inside(why="the right ID did not get in")
    safety = _safety(inside, rounds, role, options.timing.wait)
    told = (deciding(rounds, options.timing.wait) or rounds)[-1] if safety is Safety.SAFE else rounds[-1]
    return Verdict(
        role_arn=str(role),
        role_id=inside.live.role_id,
        external_id=ids[0],
        safety=safety,
        access=inside.access.state,
        evidence="probes+policy" if inside.ways.judged else "probes",
        endpoint=endpoint_of(session),
        at=options.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
        caller=caller.arn,
        probes=told.results,
        access_paths=(*tried(rounds[-1], caller.arn), *inside.ways.found, *inside.whose.others),
        missing=inside.access.missing,
        notes=(*about_rounds(rounds, options.timing.wait, role, caller.arn), *inside.notes(caller.arn)),
    )


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


@dataclass(frozen=True, slots=True)
class _Inside:
    """What was found out from inside the role. assumed: whether it was assumed for reading; why: why not."""

    live: LiveRole = field(default_factory=LiveRole)
    ways: TrustVerdict = field(default_factory=TrustVerdict)
    whose: Whose = field(default_factory=Whose)
    access: AccessFound = field(default_factory=AccessFound)
    why: str = ""

    def notes(self, caller: str) -> Iterator[str]:
        """What has to be said about the evidence."""
        yield from self.ways.notes
        if self.live.arn and self.live.trust is None:
            yield f"no role under this ARN: the one of that name is {self.live.arn}"
        if not self.ways.judged:
            unread = f"unread: {', '.join(self.live.unread)}" if self.live.trust is None else "not understood"
            because = self.why or unread
            yield (
                f"the role's trust policy was not judged ({because}): the verdict rests on probes alone, as {caller},"
                " and a refusal may be the caller's own (an identity policy, service control policy or VPC endpoint"
                " policy that conditions sts:ExternalId)"
            )
        yield from self.whose.notes
        yield from self.access.notes


def _safety(inside: _Inside, rounds: list[Round], role: RoleArn, waited: float) -> Safety:
    found = judge_rounds(rounds, waited)
    if inside.ways.found or inside.whose.others or found is Safety.VULNERABLE:
        return Safety.VULNERABLE
    # What was read and not understood is not ruled out by probes, which try only what they try.
    if found is Safety.SAFE and inside.live.trust is not None and not inside.ways.judged:
        return Safety.UNSETTLED
    # An endpoint that overlooks the path assumes a role which AWS would not find under this ARN.
    return Safety.UNREACHABLE if inside.live.arn not in ("", str(role)) else found


def _inside(session: Session, role: RoleArn, request: VerifyRequest, options: VerifyOptions) -> _Inside:
    """Assume the role once with all that it may do, and look."""
    answer = assume_to_read(session, role, request.external_ids[0], options.timing)
    if isinstance(answer, ProbeResult):
        return _Inside(why=answer.error)
    live = read_live_role(answer, role)
    expected = request.expectations.for_judge(session.caller().account_id, request.external_ids)
    found = raw_role(role, live.trust, live.documents, live.aws_managed, live.boundary)
    (judgement,) = judge(World((found,)), expected)
    ways = trust_verdict(judgement)
    access = access_of(answer, live, request.expectations, access_verdict(judgement), write_probe=options.write_probe)
    return _Inside(live, ways, whose(live.tags, request.expectations), access)
