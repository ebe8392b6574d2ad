"""A role's trust policy beside what is expected of it: the subject of the rules about trust."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from deputize.checks.access.statements import named
from deputize.checks.rule import Hit
from deputize.checks.trust.own import Waiver, is_service_linked, made_by
from deputize.iam.policy import Path, Policy, Principal, Statement
from deputize.iam.trust.callers import parse_caller
from deputize.iam.trust.principals import stands_for
from deputize.iam.trust.statements import id_conditions
from deputize.model.display import printable, shown
from deputize.model.expectations import Expectation, Expectations
from deputize.model.world import Document, FoundRole, Origin, Unknown


@dataclass(frozen=True, eq=False)
class RoleTrust:
    """A trust policy, and what is expected of whoever may assume its role.

    own_account, partition: of the role, None when not known. given: what the caller expects; claimed: what the judged
    file itself says, in `claimant`'s words. is_asked: somebody asked about this very role: where a vendor is expected,
    the role's own account is a stranger then, too. is_stored: IAM has the policy as it is here.
    role_name: as IAM will know it; empty where the file does not say.
    """

    document: Document
    own_account: str | None = None
    partition: str | None = None
    given: Expectation = field(default_factory=Expectation)
    claimed: Expectation = field(default_factory=Expectation)
    claimant: str = ""
    is_asked: bool = False
    is_stored: bool = False
    role_name: str = ""

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

    def is_unknown_account(self, account: str) -> bool:
        """Whether an account stands for what the file does not hold."""
        return any(account_in(one.stand_in) == account for one in self.document.unknowns)

    def label(self, unknown: Unknown) -> str:
        """An unknown for a person: `parameter ExternalId`."""
        return f"{unknown.origin.value} {unknown.name}"

    def named(self, text: str) -> str:
        """A principal for a person, with what the file does not hold as `${Name}`."""
        return shown(named(text, self.document.unknowns), 120)

    def is_own(self, account: str | None) -> bool:
        """Whether an account is the role's own, or one of those that the caller says are."""
        return account is not None and (account == self.own_account or account in self.said_own)

    @cached_property
    def said_own(self) -> frozenset[str]:
        """The accounts that the caller says are his own; of a parameter the account that stands for it."""
        parameters = (one for one in self.document.unknowns if self._is_said_own(one))
        callers = (parse_caller(one.stand_in) for one in parameters)
        stand_ins = (one.account for one in callers if one is not None and one.account is not None)
        return frozenset((*self.given.own_accounts, *stand_ins))

    def _is_said_own(self, unknown: Unknown) -> bool:
        """Whether it is a parameter that the caller says is his own account, and that offers nothing else."""
        offered = {account_in(one) for one in offered_values(unknown)}
        is_named = is_choice(unknown) and unknown.name in self.given.own_parameters
        return is_named and not offered & {None, *self.expected_vendors}

    @cached_property
    def vendors_by_default(self) -> frozenset[str]:
        """What stands for the account of a parameter that offers the expected vendor, and nobody else."""
        offers = ((one, offered_accounts(one)) for one in self.document.unknowns if is_choice(one))
        vendors = (one for one, accounts in offers if accounts and set(accounts) <= set(self.expected_vendors))
        return frozenset(one for unknown in vendors if (one := account_in(unknown.stand_in)) is not None)

    def made_by(self, principal: str) -> str:
        """Which tool of AWS makes a role of this name, or of the judged role's; empty when none does."""
        caller = parse_caller(principal)
        named_so = made_by(caller.name) if caller is not None and caller.kind == "role" else ""
        return named_so or (made_by(self.role_name) if caller is not None else "")

    def waiver(self, principal: Principal) -> Waiver | None:
        """Why an AWS principal of another account is no third party all the same; None when it is one.

        A name alone proves nothing, for anybody can give it to a role: the account must be no literal one. Where the
        caller says who may assume a role, or asks about this one, no name counts.
        """
        caller = parse_caller(principal.text)
        if principal.kind != "AWS" or caller is None or caller.account in (None, self.own_account):
            return None
        place, chosen = self.document.place(principal.path), self.unknown_account(principal.text)
        what = f"trusts {self.named(principal.text)}"
        if caller.account in self.said_own:
            name = "" if chosen is None else chosen.name
            return Waiver(place, what, account="" if name else caller.account or "", parameter=name)
        tool = self.made_by(principal.text)
        is_open = chosen is not None and not chosen.default and not chosen.allowed
        if tool and is_open and not self.expected_vendors and not self.is_asked:
            return Waiver(place, what, why=f"its name: {tool} makes such a role, and the account is no literal one")
        return None

    def foreign(self, principal: Principal) -> bool:
        """Whether a principal is an AWS identity that is not known to be of the role's own accounts."""
        found = self._foreign.get(principal)
        return self._is_foreign(principal) if found is None else found

    @cached_property
    def _foreign(self) -> dict[Principal, bool]:
        """Of each principal that the policy names; every rule asks about them."""
        named = dict.fromkeys(one for statement in self.statements for one in statement.principals)
        return {one: self._is_foreign(one) for one in named}

    def _is_foreign(self, principal: Principal) -> bool:
        if principal.kind not in ("AWS", "*"):
            return False
        found = parse_caller(principal.text)
        if found is not None and (self.is_own(found.account) or is_service_linked(principal.text)):
            return False
        return self.waiver(principal) is None


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
        "" if role.role_name is None else role.role_name.value,
    )


def account_in(text: str) -> str | None:
    """The account that a text is, or the one in an ARN; None when there is none."""
    caller = parse_caller(text)
    return None if caller is None else caller.account


def offered_values(unknown: Unknown) -> Iterator[str]:
    """Its default and allowed values, a list's one by one. An empty one lets nobody in: it asks for a value."""
    for text in dict.fromkeys((*unknown.allowed, *([unknown.default] if unknown.default else []))):
        whole = "," not in text or stands_for("AWS", text) is not None
        yield from (one for part in ([text] if whole else text.split(",")) if (one := part.strip()))


def offered_accounts(unknown: Unknown) -> tuple[str, ...]:
    """The accounts that a parameter offers by its default and allowed values, in order."""
    return tuple(dict.fromkeys(one for text in offered_values(unknown) if (one := account_in(text)) is not None))


def is_choice(unknown: Unknown) -> bool:
    """Whether a person chooses the value: `--parameter` can say it then."""
    return unknown.origin is Origin.PARAMETER


def own_option(parameter: Unknown) -> str:
    """How --own-account names a parameter."""
    return f"{printable(parameter.place.file, 4096)}:{parameter.name}"


def decided_by(unknown: Unknown) -> str:
    """What decides a value that the file does not hold, for a person."""
    names = (unknown.name,) if is_choice(unknown) else unknown.parameters
    if names:
        return f"{' '.join(f'--parameter {one}=VALUE' for one in names)} would decide it"
    return "nothing in this file decides it"
