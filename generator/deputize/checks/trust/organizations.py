"""Statements that are restricted to an organisation, or the own account: its accounts alone may assume the role.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgid
"""

from __future__ import annotations

import re

from deputize.checks.trust.case import RoleTrust
from deputize.iam.policy import Condition, Statement
from deputize.iam.trust.statements import may_allow, operator_of

_ENTRY = frozenset(("*", "sts:*", "sts:assumerole", "sts:assumerole*"))
_ID = re.compile(r"o-[a-z0-9]{10,32}", re.ASCII)
_ACCOUNT = "aws:principalaccount"
_OWN = {
    "aws:principalorgid": "${aws:resourceorgid}",
    "aws:principalorgpaths": "${aws:resourceorgpaths}",
    _ACCOUNT: "${aws:resourceaccount}",
}
_BY_SERVICES = "aws:principalisawsservice"


def restriction_of(case: RoleTrust, statement: Statement) -> Condition | None:
    """The condition by which only the accounts of an organisation meet a statement; None when there is none."""
    allowed = next((one for one in statement.conditions if _holds(case, one, denied=False)), None)
    if allowed is not None:
        return allowed
    doors = (door for other in case.statements if _shuts_out_everybody(other) for door in _door(case, other))
    return next(doors, None)


def is_own(case: RoleTrust, condition: Condition) -> bool:
    """Whether the organisation is the one that the role's own account is in, whichever that is."""
    return case.policy.has_variables and all(one.lower() == _OWN[condition.key.lower()] for one in condition.values)


def is_restricted(case: RoleTrust, statement: Statement) -> bool:
    """Whether an organisation's key keeps third parties out; never when vendors are expected and it may be theirs."""
    found = restriction_of(case, statement)
    return found is not None and (is_own(case, found) or not case.expected_vendors)


def _holds(case: RoleTrust, condition: Condition, *, denied: bool) -> bool:
    test, key = operator_of(condition), condition.key.lower()
    if key not in _OWN or not condition.values or test is None or test.base is None or test.base.negated is not denied:
        return False
    # A key of many values, of which one in the organisation is enough to allow, and none to deny.
    sets = "" if key != "aws:principalorgpaths" else "ForAllValues" if denied else "ForAnyValue"
    if test.sets != sets or (test.if_exists and not denied) or test.base.form not in ("same", "wildcards"):
        return False
    return is_own(case, condition) or (
        key != _ACCOUNT and all(_names_one(case, one, test.base.form) for one in condition.values)
    )


def _names_one(case: RoleTrust, text: str, form: str) -> bool:
    """Whether a value is one organisation's ID, or a path in it; an unknown may be a wildcard."""
    organization = text.partition("/")[0]
    return _ID.fullmatch(organization) is not None or (form == "same" and case.unknown(organization) is not None)


def _shuts_out_everybody(statement: Statement) -> bool:
    what = {one.lower() for one in statement.actions}
    plain = not may_allow(statement) and not statement.not_principal and not statement.not_action
    return plain and any(one.is_anyone for one in statement.principals) and bool(what & _ENTRY)


def _door(case: RoleTrust, statement: Statement) -> tuple[Condition, ...]:
    """The condition of a Deny that spares one organisation, when nothing but AWS services is spared besides."""
    rest = [one for one in statement.conditions if one.key.lower() != _BY_SERVICES or not _is_false(one)]
    return tuple(rest) if len(rest) == 1 and _holds(case, rest[0], denied=True) else ()


def _is_false(condition: Condition) -> bool:
    return condition.operator in ("Bool", "BoolIfExists") and [one.lower() for one in condition.values] == ["false"]
