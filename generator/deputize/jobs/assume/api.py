"""`deputize.session`: inside a role, by its ARN and the ID that was issued, or by a tenant that the registry knows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from deputize.errors import InputError, Problem
from deputize.jobs.assume.run import MAX_AGE, tenant_session
from deputize.jobs.assume.session import session as role_session

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
    **options: Any,
) -> BotoSession:
    """A boto3 Session inside a customer's role, which renews itself before it expires.

    role_arn, external_id: the role and the ID issued to its tenant; options as `jobs.session.session` takes them.
    tenant: in their place, a tenant of the registry (path or URL), whose last safe verdict is younger than `max_age`;
    account_id: which of its accounts. Such a session stops renewing once the tenant is suspended or retired.
    Raises InputError for arguments that do not go together, ServiceError when the role cannot be entered.
    """
    if tenant is None:
        if role_arn is None or external_id is None:
            raise InputError(
                Problem("session", "names no role", "give role_arn and external_id, or tenant and registry")
            )
        return role_session(role_arn, external_id, **options)
    if role_arn is not None or external_id is not None or registry is None:
        mend = "give tenant and registry, and no role or external ID: the registry knows them"
        raise InputError(Problem("session", "a tenant's role and ID come from the registry", mend))
    return tenant_session(tenant, registry=registry, account_id=account_id, max_age=max_age, **options)
