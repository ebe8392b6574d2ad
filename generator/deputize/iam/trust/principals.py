"""Whether a statement's Principal or NotPrincipal stands for a caller.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from deputize.iam.conditions import all_of, any_of
from deputize.iam.grammar import read_policy
from deputize.iam.operators import Truth
from deputize.iam.policy import Policy, Statement
from deputize.iam.trust.callers import Caller, parse_caller

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
_UNIQUE_ID = re.compile(r"(AROA|AIDA)[A-Z0-9]{12,}", re.ASCII)


def concerns(statement: Statement, caller: Caller) -> Truth:
    """Whether the statement is about `caller`."""
    if not statement.not_principal:
        return any_of(_named(one.kind, one.text, caller) for one in statement.principals)
    return _excepted_deny(statement, caller) if statement.effect == "Deny" else _excepted_allow(statement, caller)


def is_deleted(kind: str, value: str) -> bool:
    """Whether a principal is the unique ID that GetRole shows in place of a role or user that was deleted.

    IAM never gives a unique ID again, so nobody is let in by it:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
    """
    return kind == "AWS" and _UNIQUE_ID.fullmatch(value) is not None


def deleted_principals(policy: Mapping[str, object] | str | Policy) -> tuple[str, ...]:
    """The unique IDs of deleted principals that the statements of a trust policy name, each once."""
    named = (one for each in read_policy(policy, "trust").statements for one in each.principals)
    return tuple(dict.fromkeys(one.text for one in named if is_deleted(one.kind, one.text)))


def stands_for(kind: str, value: str) -> Caller | None:
    """Whom a principal of the type `kind` (AWS, Federated or Service) stands for; None when that is not understood.

    So with wildcards, what is no principal of that type, and unique IDs (see `is_deleted`). Host names are read in any
    case.
    """
    if "*" in value or "?" in value:
        return None
    if kind == "AWS":
        found = parse_caller(value)
        return found if found is not None and found.is_aws else None
    # Lower case would make a host name of some signs beyond ASCII.
    found = parse_caller(value.lower() if value.isascii() and ":" not in value else value)
    return found if found is not None and found.kind == ("service" if kind == "Service" else "provider") else None


def _named(kind: str, value: str, caller: Caller) -> Truth:
    if kind == "*":
        return True
    if kind == "AWS":
        return _named_aws(value, caller)
    trusted = stands_for(kind, value)
    if trusted is None:
        return None
    if value == caller.text or trusted.text != caller.text.lower():
        return value == caller.text
    # Whether IAM takes a name in another case is not documented.
    return None


def _named_aws(value: str, caller: Caller) -> Truth:
    if value == "*":
        # The same as "*" for AWS identities and anonymous callers; about others AWS says nothing.
        return True if caller.is_aws else None
    if is_deleted("AWS", value):
        return False
    trusted = stands_for("AWS", value)
    if trusted is None:
        return None
    if not caller.is_aws or _differ(trusted.account, caller.account) or _differ(trusted.partition, caller.partition):
        return False
    if trusted.kind in ("account", "root"):
        return None if caller.account is None else True
    return _is_identity(trusted, caller)


def _is_identity(trusted: Caller, caller: Caller) -> Truth:
    """Whether `caller`, of the same account, is the user, role or session `trusted`."""
    if caller.kind == "account":
        return None
    if trusted.kind == "role":
        # A role's name is unique in its account whatever its path, and a session's ARN has no path.
        return trusted.name == caller.name if caller.kind == "session" else trusted.arn == caller.arn
    if trusted.kind == "session" and caller.kind == "role":
        return None if trusted.name == caller.name else False
    return trusted.text == (caller.arn if caller.kind == "user" else caller.text)


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def _excepted_allow(statement: Statement, caller: Caller) -> Truth:
    """With Allow everyone but those named; whether an account stands for all in it is not documented there."""
    itself, whole, _ = _exceptions(statement, caller)
    return all_of((_not(itself), True if whole is False else None))


def _excepted_deny(statement: Statement, caller: Caller) -> Truth:
    """With Deny whoever is not named is denied; AWS "might" also deny whose role or account is not named with it."""
    itself, whole, role = _exceptions(statement, caller)
    if caller.kind == "account" and whole is not False:
        # Somebody unknown in a named account may be its root user, who is excepted.
        return None
    chain = all_of((whole, role if caller.kind == "session" else True))
    return any_of((_not(itself), None if chain is not True and caller.is_aws else False))


def _exceptions(statement: Statement, caller: Caller) -> tuple[Truth, Truth, Truth]:
    """Whether NotPrincipal names the caller, its account, and its role."""
    itself: list[Truth] = []
    whole: list[Truth] = []
    roles: list[Truth] = []
    for one in statement.principals:
        kind, value = one.kind, one.text
        truth = _named(kind, value, caller)
        trusted = parse_caller(value) if kind == "AWS" else None
        of_account = trusted is not None and trusted.kind in ("account", "root")
        if value == "*" or of_account:
            whole.append(truth)
        if value == "*" or not of_account or caller.kind == "root":
            itself.append(truth)
        if value == "*" or (trusted is not None and trusted.kind == "role"):
            roles.append(truth)
    return any_of(itself), any_of(whole), any_of(roles)


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth
