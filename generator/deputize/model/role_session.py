"""How deputize asks for a session in a customer's role: what the customer's CloudTrail shows of it.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

VERIFY_PREFIX: Final = "deputize-verify-"
"""How the role session names of a verification begin."""
USE_NAME: Final = "deputize-assume"
"""The role session name of all work in a role, and of those probes that look exactly like it."""
SHORTEST: Final = 900  # seconds; the least that AWS gives, and enough to look in
USE_DURATION: Final = 3600  # seconds; what every role allows, and the most for one that is assumed from another role
_DENY_ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}, separators=(",", ":")
)


@dataclass(frozen=True, slots=True)
class RoleSession:
    """A session as AssumeRole is asked for it. duration: in seconds. policy: a session policy, as JSON."""

    name: str = USE_NAME
    duration: int = USE_DURATION
    policy: str | None = None

    def parameters(self, role_arn: str, external_id: str | None) -> dict[str, str | int]:
        """What AssumeRole is sent; `external_id` None sends none."""
        optional = {"ExternalId": external_id, "Policy": self.policy}
        return {
            "RoleArn": role_arn,
            "RoleSessionName": self.name,
            "DurationSeconds": self.duration,
            **{key: value for key, value in optional.items() if value is not None},
        }


IN_USE: Final = RoleSession()
"""As `deputize assume` and a program that uses the library ask for one."""


def to_read() -> RoleSession:
    """One in which a role is looked at, with all that it may do."""
    return RoleSession(f"{VERIFY_PREFIX}read", SHORTEST)


def harmless(name: str) -> RoleSession:
    """One that may do nothing once inside, and is told by the probe's name."""
    return RoleSession(f"{VERIFY_PREFIX}{name}", SHORTEST, _DENY_ALL)
