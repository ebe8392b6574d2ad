"""Trying a role's door: every probe is an AssumeRole whose credentials nobody reads, and only AccessDenied refuses.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from deputize.aws import faults
from deputize.aws.client import Credentials, Refusal, Session
from deputize.aws.probes import ALLOW, APART, NO_ANSWER, NOT_APPLICABLE, REFUSE, RIGHT_FIRST, Probe, Round
from deputize.errors import ServiceError
from deputize.iam.arn import RoleArn
from deputize.model.role_session import RoleSession, to_read
from deputize.model.values import ProbeResult

_ATTEMPTS = 3  # of one probe, beyond the retries of botocore itself
_PAUSE = 1.0  # seconds before the second attempt; it doubles
_DRIFT = 0.05  # of the time between rounds, by which each may start late and still count as within the waiting time
# STS's own names, and those of its VPC endpoints: other names under the same domains anybody may have.
# https://docs.aws.amazon.com/general/latest/gr/sts.html
_OF_AWS = re.compile(
    r"(sts(-fips)?(\.[a-z0-9-]+)?|vpce-[a-z0-9-]+\.sts\.[a-z0-9-]+\.vpce)"
    r"\.(amazonaws\.com(\.cn)?|amazonaws\.eu|api\.aws|api\.amazonwebservices\.(com\.cn|eu))",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Timing:
    """For how long to repeat, in seconds, and the clock to do it by."""

    wait: float = 60.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is to be done about a role before `until`, by the clock of its Timing: others may have their turn."""

    until: float


def rounds_of(
    session: Session,
    role: RoleArn,
    plan: Callable[[], tuple[Probe, ...]],
    timing: Timing,
    enough: Callable[[Sequence[Round]], bool] = lambda _: False,
) -> Iterator[Round | Pause]:
    """Rounds until the waiting time ends, each as soon as it is done; at least one, two when 10 seconds are given.

    plan: makes the probes of a round, with an ID that is fresh in each. Between two rounds there is a Pause, after
    which whoever asks for the next one has let that time pass. enough: ends them early.
    """
    begun, passed = timing.clock(), 0.0
    gap = min(APART, timing.wait)
    done: list[Round] = []
    while True:
        done.append(Round(passed, _round(session, role, plan(), timing)))
        yield done[-1]
        due = passed + gap
        if gap <= 0 or not due <= timing.wait + gap * _DRIFT or enough(done):
            return
        yield Pause(begun + due)
        passed = timing.clock() - begun


def try_right(session: Session, role: RoleArn, external_id: str, timing: Timing) -> ProbeResult:
    """Whether the role lets the right ID in: one call, and nothing else is tried."""
    return _tried(session, role, Probe(RIGHT_FIRST, ALLOW, external_id), timing)


def endpoint_of(session: Session) -> str:
    """`aws`, or the URL of the other endpoint that STS is asked at, however it was chosen; no password is in it."""
    url = str(session.client("sts").meta.endpoint_url)
    host = urlsplit(url).hostname or ""
    return "aws" if _OF_AWS.fullmatch(host) and url.startswith("https:") else faults.clean(url)


def assume_to_read(session: Session, role: RoleArn, external_id: str, timing: Timing) -> Session | ProbeResult:
    """A session inside the role with all that it may do, or why there is none."""
    probe = Probe("read", ALLOW, external_id)
    answer = _answered(session, role, probe, to_read(), timing)
    if isinstance(answer, ProbeResult):
        return answer
    key = answer["Credentials"]
    return session.acting_as(Credentials(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"]))


def _round(session: Session, role: RoleArn, probes: tuple[Probe, ...], timing: Timing) -> tuple[ProbeResult, ...]:
    results: list[ProbeResult] = []
    silent = False
    for probe in probes:
        if probe.skipped:
            results.append(ProbeResult(probe.name, probe.expected, NOT_APPLICABLE, probe.skipped))
        elif silent:
            what = "not tried: the right ID got no answer"
            results.append(ProbeResult(probe.name, probe.expected, NO_ANSWER, what))
        else:
            results.append(_tried(session, role, probe, timing))
            silent = probe.name == RIGHT_FIRST and results[-1].got == NO_ANSWER
    return tuple(results)


def _tried(session: Session, role: RoleArn, probe: Probe, timing: Timing) -> ProbeResult:
    answer = _answered(session, role, probe, probe.session, timing)
    # The credentials in the answer are dropped here, unread.
    return answer if isinstance(answer, ProbeResult) else ProbeResult(probe.name, probe.expected, ALLOW)


def _answered(
    session: Session, role: RoleArn, probe: Probe, wanted: RoleSession, timing: Timing
) -> dict[str, Any] | ProbeResult:
    """STS's answer when it let the probe in; else a result that says whether it refused or did not answer."""
    pause, why = _PAUSE, ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            timing.sleep(pause)
            pause *= 2
        try:
            sent = wanted.parameters(str(role), probe.external_id)
            answer = session.try_call("sts", "assume_role", ("AccessDenied",), **sent)
        except ServiceError as error:
            why = str(error)
            continue
        if isinstance(answer, Refusal):
            return ProbeResult(probe.name, probe.expected, REFUSE, answer.message)
        why = _strange(answer, role, wanted)
        if not why:
            return answer
    return ProbeResult(probe.name, probe.expected, NO_ANSWER, why)


def _strange(answer: dict[str, Any], role: RoleArn, wanted: RoleSession) -> str:
    """Why an answer is not one to this question, as a cache or a proxy might give it; empty when it is."""
    user = answer.get("AssumedRoleUser")
    got = user.get("Arn") if isinstance(user, dict) else None
    expected = f"arn:{role.partition}:sts::{role.account_id}:assumed-role/{role.name}/{wanted.name}"
    if got == expected:
        return ""
    return f"the endpoint answered for {faults.clean(str(got))}, not for {expected}"
