"""What is expected of a role: who may assume it, with which external IDs, and what it may do; and who says so.

The judge only reads this. Jobs fill it, from options, a vendor's file, a manifest or a template's metadata.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

TAG_SESSION, SET_SOURCE_IDENTITY = "sts:TagSession", "sts:SetSourceIdentity"
BOTH_SESSION_ACTIONS = (TAG_SESSION, SET_SOURCE_IDENTITY)


@dataclass(frozen=True, slots=True)
class ExternalId:
    """An external ID that is expected: a literal text."""

    literal: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one source expects of a role; what it says nothing about is empty or None.

    vendor_accounts: the accounts whose principals may assume it. vendor_roles: full ARNs of the only roles of those
    accounts that may; empty trusts the accounts whole. own_accounts: accounts of the role's own organisation, which
    are no third party; own_parameters: parameters of the judged file, by name, whose accounts are so. allowed_secrets:
    reads of secrets that are allowed, as full action names in any case. session_actions: those of STS that whoever may
    assume the role may use too; None is all. session_keys: condition keys, in lower case, that the vendor's sessions
    bring. partition, delivery: as of the role. actions: full names of what the role must be able to read.
    """

    vendor_accounts: tuple[str, ...] = ()
    vendor_roles: tuple[str, ...] = ()
    external_ids: tuple[ExternalId, ...] = ()
    own_accounts: tuple[str, ...] = ()
    own_parameters: tuple[str, ...] = ()
    allowed_secrets: tuple[str, ...] = ()
    session_actions: tuple[str, ...] | None = None
    session_keys: tuple[str, ...] = ()
    partition: str | None = None
    delivery: str | None = None
    actions: tuple[str, ...] = ()

    @property
    def id_literals(self) -> tuple[str, ...]:
        """The external IDs as texts, in order."""
        return tuple(one.literal for one in self.external_ids)

    @property
    def secrets(self) -> frozenset[str]:
        """The allowed reads of secrets in lower case."""
        return frozenset(action.lower() for action in self.allowed_secrets)


@dataclass(frozen=True, slots=True)
class Expectations:
    """Everything that is expected, by its origin.

    given: by the caller. claimed: said by what is judged (a manifest, a template's metadata), in `claimant`'s words; it
    lowers an error to a warning that quotes it, and decides nothing else. roles: judge only these, by name.
    all_roles: judge every role and policy as one for third parties; those in `roles` are so in any case. is_walked: the
    judged file was found in a folder, so that of a policy alone in it nobody knows whose it is.
    """

    given: Expectation = field(default_factory=Expectation)
    claimed: Expectation = field(default_factory=Expectation)
    claimant: str = ""
    roles: tuple[str, ...] = ()
    all_roles: bool = False
    is_walked: bool = False

    @property
    def asks_for_every_role(self) -> bool:
        """Whether each role that is judged was asked about."""
        return self.all_roles or bool(self.roles)

    @property
    def meets_lone_policies(self) -> bool:
        """Whether a policy alone in its file is judged as a third party's: it was named, or somebody is expected."""
        return not self.is_walked or bool(self.given.vendor_accounts or self.given.external_ids)

    def asked(self) -> Expectations:
        """The same, about roles of which every one was asked about."""
        return replace(self, all_roles=True)


def literals(external_ids: Iterable[str]) -> tuple[ExternalId, ...]:
    """External IDs that are expected as they stand."""
    return tuple(ExternalId(one) for one in external_ids)
