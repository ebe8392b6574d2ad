"""A role's trust policy beside what is expected of it: the subject of the rules about trust."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from deputize.checks.access.statements import named
from deputize.checks.rule import Hit
from deputize.iam.policy import Path, Policy, Principal, Statement
from deputize.iam.trust.callers import parse_caller
from deputize.iam.trust.statements import id_conditions
from deputize.model.display import shown
from deputize.model.expectations import Expectation, Expectations
from deputize.model.world import Document, FoundRole, Origin, Unknown


@dataclass(frozen=True, eq=False)
class RoleTrust:
    """A trust policy, and what is expected of whoever may assume its role.

    own_account, partition: of the role, None when not known. given: what the caller expects; claimed: what the judged
    file itself says, in `claimant`'s words. is_asked: somebody asked about this very role: where a vendor is expected,
    the role's own account is a stranger then, too. is_stored: IAM has the policy as it is here.
    """

    document: Document
    own_account: str | None = None
    partition: str | None = None
    given: Expectation = field(default_factory=Expectation)
    claimed: Expectation = field(default_factory=Expectation)
    claimant: str = ""
    is_asked: bool = False
    is_stored: bool = False

    @property
    def policy(self) -> Policy:
        """The policy as IAM's grammar has it, with its faults."""
        return self.document.trust_policy

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements in order, whether there is one or a list."""
        return self.policy.statements

    @property
    def expected_vendors(self) -> tuple[str, ...]:
        """The accounts that may assume the role; empty when the caller did not say."""
        return self.given.vendor_accounts

    @property
    def expected_ids(self) -> tuple[str, ...]:
        """The external IDs with which they may; empty when the caller did not say."""
        return self.given.id_literals

    @property
    def claims_ids(self) -> bool:
        """Whether the judged file says that every external ID which its policy takes is one tenant's."""
        accepted = {value for one in self.statements for each in id_conditions(one) for value in each.values}
        return bool(accepted) and accepted <= set(self.claimed.id_literals)

    def hit(self, message: str, path: Path, *, key: bool = False) -> Hit:
        """A hit at the element that `path` leads to; `key` is where its key stands."""
        return Hit(message, self.document.key(path) if key else self.document.place(path))

    def unknown(self, text: str) -> Unknown | None:
        """What in `text` the file does not hold: the first such thing."""
        return next((one for one in self.document.unknowns if one.stand_in in text), None)

    def unknown_account(self, text: str) -> Unknown | None:
        """What decides which account the principal `text` is in, when the file does not."""
        found = parse_caller(text)
        account = None if found is None else found.account
        if self.is_own(account):
            return None
        unknowns = (one for one in self.document.unknowns if one.stand_in in text)
        return next((one for one in unknowns if account is None or account in one.stand_in), None)

    def label(self, unknown: Unknown) -> str:
        """An unknown for a person: `parameter ExternalId`."""
        return f"{unknown.origin.value} {unknown.name}"

    def named(self, text: str) -> str:
        """A principal for a person, with what the file does not hold as `${Name}`."""
        return shown(named(text, self.document.unknowns), 120)

    def is_own(self, account: str | None) -> bool:
        """Whether an account is the role's own, or one of those that the caller says are."""
        return account is not None and (account == self.own_account or account in self.given.own_accounts)

    def foreign(self, principal: Principal) -> bool:
        """Whether a principal is an AWS identity that is not known to be of the role's own accounts."""
        if principal.kind not in ("AWS", "*"):
            return False
        found = parse_caller(principal.text)
        return found is None or not self.is_own(found.account)


def trust_of(role: FoundRole, expectations: Expectations) -> RoleTrust | None:
    """The trust policy of a role, beside what is expected; None when its file does not have it."""
    if role.trust is None:
        return None
    given = expectations.given
    if role.deployed_from:
        given = replace(given, own_accounts=(*given.own_accounts, *role.deployed_from))
    return RoleTrust(
        role.trust,
        role.own_account,
        role.partition,
        given,
        expectations.claimed,
        expectations.claimant,
        expectations.asks_for_every_role,
        role.is_stored,
    )


def is_choice(unknown: Unknown) -> bool:
    """Whether a person chooses the value: `--parameter` can say it then."""
    return unknown.origin is Origin.PARAMETER


def decided_by(unknown: Unknown) -> str:
    """What decides a value that the file does not hold, for a person."""
    names = (unknown.name,) if is_choice(unknown) else unknown.parameters
    if names:
        return f"{' '.join(f'--parameter {one}=VALUE' for one in names)} would decide it"
    return "nothing in this file decides it"
