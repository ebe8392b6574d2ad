"""Whether the expected vendor gets in, and what decides it: the other half of who can assume a role."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deputize.checks.trust.access_paths import accepted_ids, vendors_of
from deputize.checks.trust.case import RoleTrust
from deputize.checks.trust.faults import is_like_the_key
from deputize.iam.arn import account_root
from deputize.iam.policy import Condition
from deputize.iam.trust import evaluate_trust
from deputize.iam.trust.access_paths import Trusted
from deputize.iam.trust.callers import parse_caller
from deputize.iam.trust.evaluate import deciding_conditions
from deputize.iam.trust.intent import ASSUME_ROLE
from deputize.iam.trust.statements import is_about_id, may_allow
from deputize.model.display import printable

_WILDCARDS = re.compile(r"[*?]", re.ASCII)


def vendor_gets_in(case: RoleTrust) -> bool | None:
    """Whether the expected vendor may assume the role with the first expected external ID; None when it is not clear.

    Where no ID is expected, with one that the policy accepts, or none. Anybody of the vendor's who gets in is enough:
    its roles or, where none is known, its root and each whom the policy names.
    """
    return _gets_in(case, case.expected_ids[:1] or _any_id(case))


def vendor_is_kept_out(case: RoleTrust) -> bool:
    """Whether the expected vendor may not assume the role with any of the external IDs that are expected."""
    return bool(case.expected_vendors) and _gets_in(case, case.expected_ids or _any_id(case)) is False


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


def _gets_in(case: RoleTrust, external_ids: tuple[str | None, ...]) -> bool | None:
    outcomes = {
        evaluate_trust(case.policy, principal=one, external_id=sent).outcome
        for trusted in vendors_of(case)
        for one in (*trusted.roles, *_named_of(case, trusted))
        for sent in external_ids
    }
    return True if "allow" in outcomes else None if "unknown" in outcomes else False


def _named_of(case: RoleTrust, trusted: Trusted) -> Iterator[str]:
    """The vendor's root, and each principal of its account that the policy names or that a pattern in it matches."""
    if trusted.roles:
        return
    yield account_root(trusted.partition, trusted.account_id)
    of_account = re.compile(rf"arn:{trusted.partition}:(?:iam|sts)::{trusted.account_id}:.+", re.ASCII)
    for statement in case.statements:
        conditions = (value for one in statement.conditions for value in one.values)
        for text in (*(one.text for one in statement.principals), *conditions):
            if of_account.fullmatch(text):
                yield _WILDCARDS.sub("x", text)
