"""What the rules look at: a role beside what is expected of it."""

from __future__ import annotations

from dataclasses import dataclass

from deputize.iam.policy import Policy
from deputize.iam.role import IamRole
from deputize.model.role import Role


@dataclass(frozen=True, slots=True)
class Expected:
    """What a role must be like, known from elsewhere than the role.

    roles: full ARNs of the vendor's roles that may enter; empty trusts the whole account. pin: they are principals.
    tenant: the slug. account_id: the tenant's, None when it is not known. Raises ValueError without an external ID: no
    role is expected to do without.
    """

    vendor_account: str
    roles: tuple[str, ...]
    pin: bool
    external_ids: tuple[str, ...]
    partition: str
    source_identity: bool
    tag_keys: tuple[str, ...]
    allowed_secrets: tuple[str, ...]
    tenant: str
    account_id: str | None = None

    def __post_init__(self) -> None:
        if not self.external_ids:
            msg = "no external ID is expected"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Subject:
    """A role with its customer's choices made, and what is expected of it."""

    role: IamRole
    expected: Expected


@dataclass(frozen=True, slots=True)
class TrustSubject:
    """A trust policy, and what is expected of the role that has it."""

    policy: Policy
    expected: Expected


@dataclass(frozen=True, slots=True)
class Ids:
    """A tenant's external IDs and the slug that they must not tell."""

    tenant: str
    external_ids: tuple[str, ...]


def expected_of(role: Role) -> Expected:
    """What is expected of a role, by the vendor and tenant it was built from."""
    session, account, slots = role.vendor.session, role.account, role.slots
    return Expected(
        vendor_account=account.id,
        roles=account.roles,
        pin=account.pin,
        external_ids=slots.external_ids,
        partition=slots.partition,
        source_identity=session.source_identity,
        tag_keys=session.tag_keys,
        allowed_secrets=tuple(secret.action for secret in role.access.allowed_secrets),
        tenant=slots.tenant,
        account_id=slots.account_id,
    )
