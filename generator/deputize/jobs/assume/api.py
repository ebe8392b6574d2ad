"""`deputize.session`: inside a role, by its ARN and the ID that was issued, or by a tenant that the registry knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from deputize.errors import InputError, Problem
from deputize.jobs.assume.run import tenant_session
from deputize.jobs.assume.session import always
from deputize.jobs.assume.session import session as role_session
from deputize.model.role_session import USE_DURATION, USE_NAME
from deputize.registry.values import MAX_AGE

if TYPE_CHECKING:
    from deputize.aws.refreshing import BotoSession


def session(
    role_arn: str | None = None,
    external_id: str | None = None,
    *,
    tenant: str | None = None,
    registry: str | None = None,
    account_id: str | None = None,
    max_age: timedelta = MAX_AGE,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    session_name: str | None = None,
    duration: int | None = None,
    may_refresh: Callable[[], None] | None = None,
) -> BotoSession:
    """A boto3 Session inside a customer's role, which renews itself before it expires.

    role_arn, external_id: the role and the ID issued to its tenant. session_name, duration, may_refresh: of such a
    session, as `jobs.assume.session.session` takes them. tenant: in their place, a tenant of the registry (path or
    URL), whose last safe verdict is younger than `max_age`; account_id: which of its accounts. Such a session stops
    renewing once the tenant is suspended or retired. profile, region, endpoint_url: as the AWS CLI takes them.
    Raises InputError for arguments that do not go together, ServiceError when the role cannot be assumed.
    """
    if tenant is None:
        if role_arn is None or external_id is None:
            raise InputError(
                Problem("session", "names no role", "give role_arn and external_id, or tenant and registry")
            )
        return role_session(
            role_arn,
            external_id,
            profile=profile,
            region=region,
            endpoint_url=endpoint_url,
            session_name=USE_NAME if session_name is None else session_name,
            duration=USE_DURATION if duration is None else duration,
            may_refresh=may_refresh or always,
        )
    if role_arn is not None or external_id is not None or registry is None:
        mend = "give tenant and registry, and no role or external ID: the registry knows them"
        raise InputError(Problem("session", "a tenant's role and ID come from the registry", mend))
    chosen = {"session_name": session_name, "duration": duration, "may_refresh": may_refresh}
    if stray := [name for name, value in chosen.items() if value is not None]:
        raise InputError(*(Problem(name, "is for a session by role_arn", "leave it out with tenant") for name in stray))
    return tenant_session(
        tenant,
        registry=registry,
        account_id=account_id,
        max_age=max_age,
        profile=profile,
        region=region,
        endpoint_url=endpoint_url,
    )
