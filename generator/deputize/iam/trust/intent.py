"""Which requests are meant to get in, and what would be wrong with letting in another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deputize.iam.operators import parse_operator
from deputize.iam.policy import Policy
from deputize.iam.trust.callers import EXTERNAL_ID, Caller, parse_caller

ASSUME_ROLE = "sts:AssumeRole"
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
SAML = "sts:AssumeRoleWithSAML"
TAG_SESSION = "sts:TagSession"
SET_SOURCE_IDENTITY = "sts:SetSourceIdentity"
# Every action of STS that is asked of a role's trust policy:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
ACTIONS = (ASSUME_ROLE, WEB_IDENTITY, SAML, TAG_SESSION, SET_SOURCE_IDENTITY, "sts:SetContext")

VIOLATIONS = {
    "no-id": "lets the vendor in without an external ID",
    "other-case": "lets the vendor in with the external ID in another case",
    "prefix": "lets the vendor in with the beginning of the external ID",
    "longer": "lets the vendor in with the external ID and something behind it",
    "second-id": "lets the vendor in with an external ID that is not the tenant's but stands in the policy",
    "wrong-id": "lets the vendor in with an external ID that is not the tenant's",
    "other-role": "lets in somebody of the vendor's account who is none of the vendor's roles",
    "other-account": "lets in an account that is not the vendor's",
    "anyone": "lets in anyone: an account that it does not name",
    "federated": "lets in whom an identity provider vouches for",
    "service": "lets in an AWS service",
    "other-action": "allows an action that was not agreed on",
}


@dataclass(frozen=True, slots=True)
class Trusted:
    """Who is meant to assume the role.

    roles: full ARNs; empty means everybody in the account. session_actions: which of sts:TagSession and
    sts:SetSourceIdentity those who may enter may use; by themselves they let nobody in.
    """

    partition: str
    account_id: str
    roles: tuple[str, ...] = ()
    session_actions: tuple[str, ...] = ()

    def includes(self, caller: Caller) -> bool:
        """Whether this caller is meant to assume the role."""
        if not caller.is_aws or caller.account != self.account_id or caller.partition not in (None, self.partition):
            return False
        if not self.roles:
            return True
        roles = [role for one in self.roles if (role := parse_caller(one)) is not None]
        if caller.kind == "session" and caller.arn is None:
            return caller.name in [role.name for role in roles]
        return caller.kind in ("role", "session") and caller.arn in self.roles


@dataclass(frozen=True, slots=True)
class AssumeRequest:
    """One request that might get in."""

    caller: Caller
    external_id: str | None
    action: str


@dataclass(frozen=True, slots=True)
class IntendedAccess:
    """What is meant, and what the policy names: enough to tell how a request misses it.

    listed: the external IDs that stand in the policy. accounts: the accounts that it names.
    """

    trusted: Trusted
    external_ids: tuple[str, ...]
    listed: frozenset[str]
    accounts: frozenset[str | None]

    def violation(self, one: AssumeRequest) -> str | None:
        """A key of :data:`VIOLATIONS`; None when the request is intended, or cannot be made."""
        caller = one.caller
        if not caller.can_call(one.action):
            return None
        if caller.kind in ("provider", "service"):
            return "federated" if caller.kind == "provider" else "service"
        if not self.trusted.includes(caller):
            return self._stranger(caller)
        if one.action != ASSUME_ROLE:
            return None if one.action in self.trusted.session_actions else "other-action"
        return self._wrong_id(one.external_id)

    def _stranger(self, caller: Caller) -> str:
        if caller.account == self.trusted.account_id:
            return "other-role"
        return "other-account" if caller.account in self.accounts else "anyone"

    def _wrong_id(self, sent: str | None) -> str | None:
        if sent is None:
            return "no-id"
        if sent in self.external_ids:
            return None
        if sent in self.listed:
            return "second-id"
        if sent.lower() in [one.lower() for one in self.external_ids]:
            return "other-case"
        if any(one.startswith(sent) for one in self.external_ids):
            return "prefix"
        return "longer" if sent.startswith(self.external_ids) else "wrong-id"


def intended_access(policy: Policy, trusted: Trusted, external_ids: tuple[str, ...]) -> IntendedAccess:
    """What is meant, seen against `policy`."""
    named = [parse_caller(who.text) for statement in policy.clear_statements for who in statement.principals]
    accounts = frozenset(one.account for one in named if one is not None)
    return IntendedAccess(trusted, external_ids, frozenset(listed_ids(policy)), accounts)


def listed_ids(policy: Policy) -> Iterator[str]:
    """The values that the policy asks the external ID to be."""
    for condition in (one for statement in policy.clear_statements for one in statement.conditions):
        test = parse_operator(condition.operator) if condition.key.lower() == EXTERNAL_ID else None
        if test is not None and test.base is not None and not test.base.negated:
            yield from condition.values
