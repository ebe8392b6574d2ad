"""What the registry knows of a tenant's account: a frozen value, read from one row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from deputize.model.spec import Tenant

AWS = "aws"  # the endpoint whose verdicts count everywhere


class State(StrEnum):
    """How far a grant has come."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    SUSPENDED = "suspended"
    RETIRED = "retired"


class Rotation(StrEnum):
    """Where a change of the ID stands: none, both rendered and the old sent, or only the new rendered and sent."""

    NONE = "none"
    STARTED = "started"
    SWITCHED = "switched"


@dataclass(frozen=True, slots=True)
class Grant:
    """One tenant's one account.

    label: unique among living grants; names the bundle: the tenant's slug, or slug-account for its further accounts.
    It is never another tenant's slug, and nothing is entered by it.
    external_id: the ID that is sent. other_id: during a rotation the next (started) or the previous one (switched).
    generation: counts changes of the IDs. role_*, access, evidence, verified_at (ISO 8601, UTC), endpoint: of the last
    safe verdict. checked_at: of the last one of any kind.
    """

    id: int
    tenant: str
    label: str
    name: str
    locale: str
    partition: str
    account_id: str | None
    state: State
    external_id: str
    other_id: str | None
    rotation: Rotation
    generation: int
    role_arn: str | None = None
    role_id: str | None = None
    access: str | None = None
    evidence: str | None = None
    endpoint: str | None = None
    verified_at: str | None = None
    checked_at: str | None = None

    @property
    def accepted_ids(self) -> tuple[str, ...]:
        """The IDs that the role may ask for now, the one that is sent first."""
        return (self.external_id,) if self.other_id is None else (self.external_id, self.other_id)

    @property
    def rendered_ids(self) -> tuple[str, ...]:
        """The IDs that the tenant's bundle holds: both while a rotation is started, else the one that is sent."""
        return self.accepted_ids if self.rotation is Rotation.STARTED else (self.external_id,)

    @property
    def test(self) -> bool:
        """Whether the role was verified somewhere that is not AWS, and so is usable only there."""
        return self.endpoint is not None and self.endpoint != AWS

    def as_tenant(self) -> Tenant:
        """The tenant that a bundle is rendered for."""
        return Tenant(self.label, self.rendered_ids, self.name, self.account_id, self.partition, self.locale)

    def __str__(self) -> str:
        return f"{self.tenant} ({self.account_id or 'no account agreed'})"


def now() -> str:
    """The present moment in UTC as ISO 8601 with milliseconds; texts of this form sort as the moments do."""
    return stamp(datetime.now(UTC))


def stamp(moment: datetime) -> str:
    """`moment` in the registry's one form."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
