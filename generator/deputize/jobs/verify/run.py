"""Verify a live role: who can assume it, by trying and by reading its policy, and what it may do once assumed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deputize.aws.client import Session
from deputize.aws.probes import Round
from deputize.aws.verify import Timing
from deputize.aws.wire import ROLE_SECONDS, time_limit
from deputize.jobs.aws_session import aws_session
from deputize.jobs.verify.expectations import RoleExpectations
from deputize.jobs.verify.steps import VerifyOptions, VerifyRequest, nothing, verify_steps
from deputize.model.aws_options import AwsOptions
from deputize.model.values import Verdict

__all__ = ["VerifyOptions", "VerifyRequest", "nothing", "verify", "verify_one"]


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
    steps, timing = verify_steps(request, session, options, on_round), options.timing
    with time_limit(timing.wait + ROLE_SECONDS):
        while True:
            try:
                pause = next(steps)
            except StopIteration as done:
                verdict: Verdict = done.value
                return verdict
            timing.sleep(max(0.0, pause.until - timing.clock()))
