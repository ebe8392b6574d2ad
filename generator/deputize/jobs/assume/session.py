"""A boto3 session inside a tenant's role, for a vendor's own program; it refreshes itself."""

from __future__ import annotations

from collections.abc import Callable

from deputize.aws.refreshing import BotoSession, refreshing
from deputize.errors import InputError, Problem
from deputize.iam import limits
from deputize.jobs.aws_session import aws_session
from deputize.jobs.verify.expectations import checked_ids, refuse_own, role_to_verify
from deputize.model.aws_options import AwsOptions
from deputize.model.display import shown
from deputize.model.role_session import USE_DURATION, USE_NAME, RoleSession

_SHORTEST = limits.CHAINED_SESSION.low
_LONGEST = limits.SESSION_DURATION.high


def always() -> None:
    """Let it refresh."""


def session(
    role_arn: str,
    external_id: str,
    *,
    region: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
    session_name: str = USE_NAME,
    duration: int = USE_DURATION,
    may_refresh: Callable[[], None] = always,
) -> BotoSession:
    """A boto3 Session inside the role, assumed with the tenant's external ID and renewed before it expires.

    region, profile, endpoint_url: as the AWS CLI takes them. session_name: how the customer's CloudTrail shows it, 2 to
    64 of letters, digits and _+=,.@-. duration: seconds of one stay, 900 to 43200; a role assumed from another role
    gives at most 3600. may_refresh: asked before the role is assumed again; what it raises stops the session.
    Raises InputError for an argument that is wrong, ServiceError when the role cannot be assumed.
    """
    if not limits.SESSION_NAME.admits(session_name):
        what = f"{shown(session_name)} is no session name"
        raise InputError(Problem("session_name", what, "use 2 to 64 letters, digits and _+=,.@-"))
    if not _SHORTEST <= duration <= _LONGEST:
        raise InputError(Problem("duration", f"{duration} is not between {_SHORTEST} and {_LONGEST} seconds"))
    own = aws_session(AwsOptions(profile, region, endpoint_url))
    (right,) = checked_ids((external_id,))
    role = role_to_verify(role_arn, own.region, (), None)
    refuse_own(role, own.caller().account_id, own.caller().partition)
    return refreshing(own, role, right, wanted=RoleSession(session_name, duration), may_refresh=may_refresh)
