"""A boto3 session inside a role that fetches new credentials by itself before they expire.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import boto3
import botocore.session
from botocore.credentials import RefreshableCredentials

from deputize.aws.client import Session
from deputize.iam.arn import RoleArn
from deputize.model.role_session import RoleSession

BotoSession: TypeAlias = boto3.session.Session


class _EndpointSession(boto3.session.Session):  # type: ignore[misc] # boto3 has no types
    """A session whose clients and resources all use one endpoint unless told otherwise."""

    def __init__(self, endpoint_url: str, core: Any, region: str) -> None:
        self._endpoint_url = endpoint_url
        super().__init__(botocore_session=core, region_name=region)

    def client(self, *names: Any, **choices: Any) -> Any:
        """As boto3's own."""
        return super().client(*names, **{"endpoint_url": self._endpoint_url, **choices})

    def resource(self, *names: Any, **choices: Any) -> Any:
        """As boto3's own."""
        return super().resource(*names, **{"endpoint_url": self._endpoint_url, **choices})


def refreshing(
    session: Session,
    role: RoleArn,
    external_id: str,
    *,
    wanted: RoleSession,
    may_refresh: Callable[[], None],
) -> BotoSession:
    """A boto3 session inside `role`, assumed at once and again shortly before each expiry.

    may_refresh: called before each entry; what it raises ends the session's life.
    Raises ServiceError when the role cannot be assumed, now and, out of any later call, when it must be assumed again.
    """

    def enter() -> dict[str, str]:
        may_refresh()
        answer = session.call("sts", "assume_role", **wanted.parameters(str(role), external_id))
        key = answer["Credentials"]
        return {
            "access_key": key["AccessKeyId"],
            "secret_key": key["SecretAccessKey"],
            "token": key["SessionToken"],
            "expiry_time": key["Expiration"].isoformat(),
        }

    core = botocore.session.Session()
    # botocore has no public way to hand a session credentials that refresh themselves.
    core._credentials = RefreshableCredentials.create_from_metadata(  # noqa: SLF001
        metadata=enter(), refresh_using=enter, method="sts-assume-role"
    )
    if session.endpoint_url is not None:
        return _EndpointSession(session.endpoint_url, core, session.region)
    return BotoSession(botocore_session=core, region_name=session.region)
