"""AssumeRole: assuming a role with an external ID, with a wrong one or with none.

Only STS's AccessDenied is a refusal; every other fault is a ServiceError:
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

from deputize.aws.client import Credentials, Refusal, Session
from deputize.model.role_session import SHORTEST, RoleSession


def assume(session: Session, role_arn: str, external_id: str | None, session_name: str) -> Session | Refusal:
    """A session inside `role_arn`, or STS's AccessDenied; `external_id` None sends none.

    Raises ServiceError for anything that is neither: no credentials, throttling, an unknown region.
    """
    sent = RoleSession(session_name, SHORTEST).parameters(role_arn, external_id)
    answer = session.try_call("sts", "assume_role", ("AccessDenied",), **sent)
    if isinstance(answer, Refusal):
        return answer
    key = answer["Credentials"]
    return session.acting_as(Credentials(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"]))
