"""What the registry knows of a tenant's account: a frozen value, read from one row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from deputize.model.spec import Tenant
from deputize.model.values import Acceptance

MAX_AGE: Final = timedelta(days=7)  # of the last good check, after which `assume` refuses a role: it lapses
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


class Accepted(StrEnum):
    """What a person let stand until a date: a role that only probes speak for, or one that is thought worse of today.

    UPGRADE: nobody was asked. A role that an earlier deputize had verified, before it kept what a role was.
    """

    PROBES_ONLY = "probes-only"
    JUDGED_ANEW = "judged-anew"
    UPGRADE = "upgrade"


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a verdict is stored.

    ask: digest of who was to be let in with which ID; another ask makes an unchanged role a new question. accept: lets
    a verdict stand that rests on probes alone.
    """

    ask: str = ""
    accept: Acceptance | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """One tenant's one account.

    label: unique among living grants; names the bundle: the tenant's slug, or slug-account for its further accounts.
    It is never another tenant's slug, and nothing is entered by it.
    external_id: the ID that is sent. other_id: during a rotation the next (started) or the previous one (switched).
    generation: counts changes of the IDs. role_*, evidence, endpoint: of the last safe verdict. access, verified_at
    (ISO 8601, UTC): of the last that counted, an unchanged role's too. checked_at: of the last one of any kind.
    failed_since: since when the role does not let us in.
    role_digest, ask: what the role was, and what was asked, at that safe verdict. judged_by: versions of the data of
    the last verdict that counted. probed_at: when wrong IDs were last tried. judged_anew: what is newly thought of a
    role that has not changed, one sentence a line; judged_digest: what it was then. accepted, accepted_until,
    accepted_reason: what stands until when, and why.
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
    role_digest: str | None = None
    ask: str | None = None
    judged_by: str | None = None
    probed_at: str | None = None
    judged_anew: str | None = None
    judged_digest: str | None = None
    failed_since: str | None = None
    accepted: Accepted | None = None
    accepted_until: str | None = None
    accepted_reason: str | None = None

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is newly thought of its role, which has not changed."""
        return tuple((self.judged_anew or "").splitlines())

    @property
    def on_probes(self) -> bool:
        """Whether it rests on probes alone, for as long as that is accepted."""
        return self.evidence == "probes" and self.accepted in (Accepted.PROBES_ONLY, Accepted.UPGRADE)

    def accepts(self, moment: str) -> bool:
        """Whether what is accepted still stands at that moment."""
        return self.accepted is not None and moment < (self.accepted_until or "")

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
