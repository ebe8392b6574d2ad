"""Verify a live role: who can enter it, by trying and by reading its policy, and what it may do once entered."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from deputize.aws.client import Session
from deputize.aws.live_role import LiveRole, read_live_role
from deputize.aws.probes import Probe, Round, deciding, judge_rounds, plan_round
from deputize.aws.verify import Timing, endpoint_of, enter_to_read, run_rounds
from deputize.errors import DeputizeError, InputError, Problem
from deputize.iam import limits
from deputize.iam.arn import RoleArn, parse_role_arn
from deputize.jobs.verify.access import AccessFound, access_of
from deputize.jobs.verify.expectations import Asked, asked_of, checked_ids, refuse_own, role_to_verify
from deputize.jobs.verify.notes import about_rounds, tried
from deputize.jobs.verify.read_only import WaysIn, find_entrances
from deputize.jobs.verify.tags import Whose, whose
from deputize.model.aws_options import AwsOptions
from deputize.model.display import shown
from deputize.model.values import ProbeResult, Safety, Verdict
from deputize.version import __version__

_QUEUED = 2  # asks taken from the source for each worker, so that a long list is never held whole


@dataclass(frozen=True, slots=True)
class Ask:
    """One role to be verified: its ARN, the external IDs that may enter it, and what it is held against.

    The first ID must get in; another one, of a rotation, may. other_id: a decoy issued to nobody, to be refused.
    """

    role_arn: str
    external_ids: tuple[str, ...]
    other_id: str | None = None
    asked: Asked = field(default_factory=Asked)


@dataclass(frozen=True, slots=True)
class Manner:
    """How to verify. never: accounts that are never entered. write_probe: whether one write is tried with DryRun.

    now: the time in UTC. fresh: makes an external ID that was never used.
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
    asked: Asked | None = None,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    session: Session | None = None,
    on_round: Callable[[Round], None] = nothing,
) -> Verdict:
    """Find out who can enter a live role, by calling STS with right and wrong external IDs, as the vendor.

    external_ids: those that may enter; the first must. other_id: a decoy issued to nobody, never a tenant's.
    wait: seconds for which the tries are repeated, since IAM settles slowly. asked: what the role is held against.
    session: in place of profile, region and endpoint_url. on_round: is told of each pass as it is done.
    Nothing is raised for what is found. Raises InputError for a role that must not be entered or an ID that STS does
    not take, ServiceError without working credentials.
    """
    used = session or Session(AwsOptions(profile, region, endpoint_url), __version__)
    ids = (external_ids,) if isinstance(external_ids, str) else tuple(external_ids)
    ask = Ask(role_arn, ids, other_id, asked or Asked())
    manner = Manner(Timing(wait), tuple(never_assume_accounts), write_probe)
    return verify_one(ask, used, manner, on_round)


def verify_with_files(
    role_arn: str,
    external_ids: Sequence[str],
    *,
    files: tuple[Path | None, Path | None, Path | None],
    vendor_account: str | None = None,
    **how: Any,
) -> Verdict:
    """As :func:`verify`, held against one of (bundle, vendor.yaml, access.json); a bundle also knows the external IDs.

    Raises InputError for a role in another account than the bundle's tenant has, and for files that cannot be read.
    """
    parsed = parse_role_arn(role_arn)
    asked = asked_of(*files, parsed.partition if parsed is not None else "aws")
    if parsed is not None and asked.tenant_account not in (None, parsed.account_id):
        what = f"is in account {parsed.account_id}, the bundle's tenant in {asked.tenant_account}"
        raise InputError(Problem("role ARN", what, "ask the customer for the ARN in its own account"))
    if external_ids and asked.external_ids and not set(external_ids) <= set(asked.external_ids):
        raise InputError(Problem("--external-id", "is not one of the bundle's", "leave it out, or give its own bundle"))
    if vendor_account is not None and not limits.ACCOUNT_ID.admits(vendor_account):
        raise InputError(
            Problem("--vendor-account", f"{shown(vendor_account)} is no AWS account ID", "give its 12 digits")
        )
    if vendor_account is not None:
        asked = replace(asked, vendor_account=vendor_account)
    return verify(role_arn, tuple(external_ids) or asked.external_ids, asked=asked, **how)


def verify_one(ask: Ask, session: Session, manner: Manner, on_round: Callable[[Round], None] = nothing) -> Verdict:
    """As :func:`verify`, with everything given."""
    ids = checked_ids(ask.external_ids)
    role = role_to_verify(ask.role_arn, session.region, (*manner.never, *ask.asked.never), ask.asked.vendor_account)
    caller = session.caller()
    refuse_own(role, caller.account_id, caller.partition)

    def plan() -> tuple[Probe, ...]:
        return plan_round(ids, ask.other_id, manner.fresh())

    rounds: list[Round] = []
    for one in run_rounds(session, role, plan, manner.timing):
        rounds.append(one)
        on_round(one)
    target = replace(ask, external_ids=ids)
    entered = any(one.entered for one in rounds)
    inside = _inside(session, role, target, manner) if entered else _Inside(why="the right ID did not get in")
    safety = _safety(inside, rounds, role, manner.timing.wait)
    told = (deciding(rounds, manner.timing.wait) or rounds)[-1] if safety is Safety.SAFE else rounds[-1]
    return Verdict(
        role_arn=str(role),
        role_id=inside.live.role_id,
        external_id=ids[0],
        safety=safety,
        access=inside.access.state,
        evidence="probes+policy" if inside.ways.judged else "probes",
        endpoint=endpoint_of(session),
        at=manner.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
        caller=caller.arn,
        probes=told.results,
        ways_in=(*tried(rounds[-1], caller.arn), *inside.ways.found, *inside.whose.others),
        missing=inside.access.missing,
        notes=(*about_rounds(rounds, manner.timing.wait, role, caller.arn), *inside.notes(caller.arn)),
    )


def verify_many(
    asks: Iterable[Ask], session: Session, manner: Manner | None = None, *, workers: int = 8
) -> Generator[tuple[Ask, Verdict | DeputizeError], None, None]:
    """Verify many roles with one session, its clients shared by `workers` threads; each result as soon as it is there.

    A role that cannot be verified gives its error. Leaving the loop early stops the waiting of those under way.
    """
    chosen = manner or Manner()
    stopped = threading.Event()
    if chosen.timing.sleep is Timing().sleep:
        chosen = replace(chosen, timing=replace(chosen.timing, sleep=lambda seconds: _pause(stopped, seconds)))
    source = iter(asks)
    pending: dict[Future[Verdict | DeputizeError], Ask] = {}
    pool = ThreadPoolExecutor(workers, "deputize-verify")
    try:
        while True:
            for ask in islice(source, workers * _QUEUED - len(pending)):
                pending[pool.submit(_outcome, ask, session, chosen)] = ask
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


def _outcome(ask: Ask, session: Session, manner: Manner) -> Verdict | DeputizeError:
    try:
        return verify_one(ask, session, manner)
    except DeputizeError as error:
        return error


@dataclass(frozen=True, slots=True)
class _Inside:
    """What was found out from inside the role. entered: whether it was entered for reading; why: why not."""

    live: LiveRole = field(default_factory=LiveRole)
    ways: WaysIn = field(default_factory=WaysIn)
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
    # An endpoint that overlooks the path enters a role which AWS would not find under this ARN.
    return Safety.UNREACHABLE if inside.live.arn not in ("", str(role)) else found


def _inside(session: Session, role: RoleArn, ask: Ask, manner: Manner) -> _Inside:
    """Enter the role once with all that it may do, and look."""
    answer = enter_to_read(session, role, ask.external_ids[0], manner.timing)
    if isinstance(answer, ProbeResult):
        return _Inside(why=answer.error)
    live = read_live_role(answer, role)
    trusted = ask.asked.trusted(role.partition, session.caller().account_id)
    ways = WaysIn() if live.trust is None else find_entrances(live.trust, trusted, ask.external_ids)
    access = access_of(answer, live, ask.asked, write_probe=manner.write_probe)
    return _Inside(live, ways, whose(live.tags, ask.asked), access)
