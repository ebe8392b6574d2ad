"""A trust policy of any origin beside what the caller says about its role: the subject of the rules about trust."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from deputize.checks.placed import HitThere
from deputize.iam.grammar import read_policy
from deputize.iam.policy import Path, Policy, Principal, Statement
from deputize.iam.trust.callers import parse_caller
from deputize.model.world import Document, Origin, Unknown


@dataclass(frozen=True, eq=False)
class TrustCase:
    """A trust policy, and what the caller of lint says about it.

    own_account, partition: of the role, None when not known. expected_vendors, expected_ids: who may enter and with
    what, empty when nobody said.
    """

    document: Document
    own_account: str | None = None
    partition: str | None = None
    expected_vendors: tuple[str, ...] = ()
    expected_ids: tuple[str, ...] = ()

    @cached_property
    def policy(self) -> Policy:
        """The policy as IAM's grammar has it, with its faults."""
        return read_policy(self.document.value, "trust")

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements in order, whether there is one or a list."""
        return self.policy.statements

    def hit(self, what: str, path: Path, *, key: bool = False) -> HitThere:
        """A hit at the element that `path` leads to; `key` is where its key stands."""
        return HitThere(what, place=self.document.key(path) if key else self.document.place(path))

    def unknown(self, text: str) -> Unknown | None:
        """What in `text` the file does not hold: the first such thing."""
        return next((one for one in self.document.unknowns if one.stand_in in text), None)

    def unknown_account(self, text: str) -> Unknown | None:
        """What decides which account the principal `text` is in, when the file does not."""
        found = parse_caller(text)
        account = None if found is None else found.account
        if account is not None and account == self.own_account:
            return None
        unknowns = (one for one in self.document.unknowns if one.stand_in in text)
        return next((one for one in unknowns if account is None or account in one.stand_in), None)

    def label(self, unknown: Unknown) -> str:
        """An unknown for a person: `parameter ExternalId`."""
        return f"{unknown.origin.value} {unknown.name}"

    def foreign(self, principal: Principal) -> bool:
        """Whether a principal is an AWS identity that is not known to be of the role's own account."""
        if principal.kind not in ("AWS", "*"):
            return False
        found = parse_caller(principal.text)
        return found is None or found.account is None or found.account != self.own_account


def is_choice(unknown: Unknown) -> bool:
    """Whether a person chooses the value: `--parameter` can say it then."""
    return unknown.origin is Origin.PARAMETER
