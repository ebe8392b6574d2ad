"""What the judge says of one role: who can assume it, what it may do, and what was not read.

Findings and verdicts are each made from it, and from nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from deputize.checks.access.grants import RoleAccess
from deputize.checks.rule import Hit
from deputize.checks.trust.access_paths import waivers
from deputize.checks.trust.attribution import JudgedTrust
from deputize.checks.trust.own import Waiver
from deputize.iam.trust.access_paths import AccessPath
from deputize.model.expectations import Expectations
from deputize.model.world import FoundPolicy, FoundRole, NotUnderstood


@dataclass(frozen=True, slots=True)
class Scope:
    """Whether the rules about third parties apply to a role, and why, for the report.

    others: whom its trust policy names that is no part of its own accounts. chain: the way on which others come to it
    that it does not name, through roles that assume each other, as a sentence; empty where there is none.
    """

    judged: bool
    why: str
    others: tuple[str, ...] = ()
    chain: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One role, in one branch of its file's conditions.

    scope: whether it is judged as one that third parties assume. trust: None when its file has no trust policy; of a
    role that no third party is in, its form alone is judged. access: what it may do, once denied actions are taken
    away. unread: its policies that are too much to be judged.
    """

    role: FoundRole
    scope: Scope
    trust: JudgedTrust | None
    access: RoleAccess
    expectations: Expectations = field(default_factory=Expectations)
    unread: tuple[NotUnderstood, ...] = ()

    @property
    def access_paths(self) -> tuple[AccessPath, ...]:
        """Every way into the role that is not meant, those that cannot be ruled out among them."""
        return () if self.trust is None else tuple(way.found for way in self.trust.paths)

    @property
    def waived(self) -> tuple[Waiver, ...]:
        """Whom it trusts that is not judged as a third party, because the caller or a name of AWS's says so."""
        return () if self.trust is None else tuple(waivers(self.trust.case))

    @property
    def vendor_gets_in(self) -> bool | None:
        """Whether the expected vendor can assume it; None when none is expected or it is not clear."""
        return None if self.trust is None else self.trust.vendor.gets_in


@dataclass(frozen=True, slots=True)
class PolicyJudgement:
    """A policy that no role of its reading is known to have. third_party: it is judged as a third party's."""

    policy: FoundPolicy
    third_party: bool
    access: RoleAccess
    unread: NotUnderstood | None = None


def of_role(check: Callable[[FoundRole], Iterator[Hit]]) -> Callable[[Judgement], Iterator[Hit]]:
    """The check of a rule about what a role is, whatever it comes to."""
    return lambda judged: check(judged.role)
