"""Whether the expected vendor gets in, and what decides it: the other half of who can assume a role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from deputize.checks.trust.access_paths import accepted_ids, vendors_of
from deputize.checks.trust.case import RoleTrust
from deputize.checks.trust.faults import is_like_the_key
from deputize.iam.arn import account_root, parse_role_arn
from deputize.iam.policy import Condition
from deputize.iam.trust.access_paths import Trusted
from deputize.iam.trust.callers import parse_caller
from deputize.iam.trust.evaluate import deciding_conditions
from deputize.iam.trust.intent import ASSUME_ROLE
from deputize.iam.trust.needs import CallerNeeds, needs_of
from deputize.iam.trust.statements import is_about_id, may_allow
from deputize.model.display import printable

_WILDCARDS = re.compile(r"[*?]", re.ASCII)


_NAMES = {
    "aws:multifactorauthpresent": "MFA",
    "aws:multifactorauthage": "MFA",
    "sts:rolesessionname": "the session's name",
    "sts:sourceidentity": "the source identity",
    "aws:sourceip": "the address",
    "aws:principalorgid": "the organisation",
    "aws:currenttime": "the date",
    "aws:epochtime": "the date",
}


@dataclass(frozen=True, slots=True)
class VendorAccess:
    """Whether the expected vendor may assume the role.

    gets_in: with the first external ID that is expected, or any where none is; None when that is not clear, or asks for
    more than an ID. kept_out: with none of them, whatever else is sent. needs: what it must bring besides, in words.
    """

    gets_in: bool | None
    kept_out: bool = False
    needs: tuple[str, ...] = ()


NOT_TRIED = VendorAccess(None)
"""Of a policy that nobody tried out."""


def vendor_access(case: RoleTrust) -> VendorAccess:
    """Whether the expected vendor may assume the role, and what that asks for besides an external ID.

    Anybody of the vendor's who gets in is enough: its roles or, where none is known, its root and each whom the policy
    names. What the vendor's sessions bring by its own settings is nothing more that it needs.
    """
    first = _best(case, case.expected_ids[:1] or _any_id(case))
    kept_out = first.outcome == "shut"
    if kept_out and case.expected_ids[1:]:
        kept_out = _best(case, case.expected_ids[1:]).outcome == "shut"
    if first.outcome in ("shut", "unclear"):
        return VendorAccess(False if first.outcome == "shut" else None, kept_out)
    needs = tuple(dict.fromkeys(_need(case, key) for key in first.keys))
    return VendorAccess(True if first.outcome == "open" else None, needs=needs)


def _best(case: RoleTrust, external_ids: tuple[str | None, ...]) -> CallerNeeds:
    """What those of the vendor's need that need least."""
    order = ("open", "conditional", "unclear", "shut")
    found = (
        _beyond_settings(case, _with_session(one, needs_of(case.policy, one, sent)))
        for trusted in vendors_of(case)
        for one in (*trusted.roles, *_named_of(case, trusted))
        for sent in external_ids
    )
    return min(found, key=lambda one: (order.index(one.outcome), len(one.keys)), default=CallerNeeds("shut"))


def _with_session(principal: str, needs: CallerNeeds) -> CallerNeeds:
    """Who is named as one session must have its name."""
    caller = parse_caller(principal)
    if caller is None or caller.kind != "session" or needs.outcome not in ("open", "conditional"):
        return needs
    return CallerNeeds("conditional", (principal, *needs.keys))


def _beyond_settings(case: RoleTrust, needs: CallerNeeds) -> CallerNeeds:
    keys = tuple(key for key in needs.keys if key not in case.given.session_keys)
    return CallerNeeds("open" if needs.outcome == "conditional" and not keys else needs.outcome, keys)


def _need(case: RoleTrust, key: str) -> str:
    """What is asked for by one condition key, or by the ARN of one session, in words."""
    if parse_caller(key) is not None:
        return f"the session {printable(key, 120)}"
    conditions = (one for statement in case.statements for one in statement.conditions if one.key.lower() == key)
    said = "; ".join(dict.fromkeys(_told(case, one) for one in conditions))
    return f"{_NAMES[key]}: {said}" if key in _NAMES else said


def what_decides(case: RoleTrust) -> tuple[str, ...]:
    """The conditions by which it is decided whether the expected vendor gets in, one sentence for each."""
    found = (
        one
        for trusted in vendors_of(case)
        for name in (*trusted.roles, *_named_of(case, trusted))
        for sent in case.expected_ids[:1] or _any_id(case)
        for one in deciding(case, name, sent, ASSUME_ROLE)
    )
    return tuple(dict.fromkeys(found))


def deciding(case: RoleTrust, principal: str, external_id: str | None, action: str) -> Iterator[str]:
    """The conditions by which it is decided whether one request gets in, one sentence for each."""
    caller = parse_caller(principal)
    if caller is None:
        return
    sent = () if external_id is None else (external_id,)
    for at, condition in deciding_conditions(case.policy, caller, sent, action):
        verb = "asks for" if may_allow(case.statements[at]) else "denies it by"
        yield f"Statement {at + 1} {verb} {_told(case, condition)}"


def _told(case: RoleTrust, condition: Condition) -> str:
    """A condition for people; no external ID is quoted, for it may be another tenant's."""
    secret = is_about_id(condition) or is_like_the_key(condition.key)
    values = () if secret else (case.named(one) for one in condition.values if one not in case.expected_ids)
    return printable(f"{condition.key} ({' '.join((condition.operator, ', '.join(values))).strip()})", 300)


def is_spelt_otherwise(case: RoleTrust, external_id: str | None) -> bool:
    """Whether an external ID is an expected one in another case."""
    known = case.expected_ids
    return external_id is not None and external_id not in known and external_id.lower() in map(str.lower, known)


def _any_id(case: RoleTrust) -> tuple[str | None, ...]:
    return (None, *dict.fromkeys(text for one in case.statements for text in accepted_ids(case, one)))


def _named_of(case: RoleTrust, trusted: Trusted) -> Iterator[str]:
    """The vendor's root, and each principal of its account that the policy names or that a pattern in it matches.

    Where its roles are known: their sessions that the policy names.
    """
    names = {arn.name for one in trusted.roles if (arn := parse_role_arn(one)) is not None}
    if not names:
        yield account_root(trusted.partition, trusted.account_id)
    of_account = re.compile(rf"arn:{trusted.partition}:(?:iam|sts)::{trusted.account_id}:.+", re.ASCII)
    for statement in case.statements:
        conditions = (value for one in statement.conditions for value in one.values)
        for text in (*(one.text for one in statement.principals), *conditions):
            if of_account.fullmatch(text):
                found = _WILDCARDS.sub("x", text)
                caller = parse_caller(found)
                if not names or (caller is not None and caller.kind == "session" and caller.name in names):
                    yield found
