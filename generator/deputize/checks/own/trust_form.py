"""The one form a trust policy may have: worked out from what is expected, independently of how the model builds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from deputize.checks.own.subject import Expected
from deputize.iam.actions import pattern_regex
from deputize.iam.arn import account_root, parse_role_arn
from deputize.iam.policy import Condition, Policy, Statement, aws_principals

_KEY = "sts:externalid"


def expected_trust(expected: Expected) -> tuple[Statement, ...]:
    """The statements that a trust policy has, no more and no fewer; the sids are deputize's."""
    pinned = expected.pin and bool(expected.roles)
    who = aws_principals(*sorted(principals(expected)))
    held = () if pinned or not expected.roles else (Condition("ArnEquals", "aws:PrincipalArn", expected.roles),)
    by_id = Condition("StringEquals", "sts:ExternalId", expected.external_ids)
    keys = Condition("ForAllValues:StringEquals", "aws:TagKeys", expected.tag_keys)
    wanted = [("AssumeWithExternalId", "sts:AssumeRole", (by_id, *held))]
    if expected.source_identity:
        wanted.append(("SetSourceIdentity", "sts:SetSourceIdentity", held))
    if expected.tag_keys:
        wanted.append(("TagSession", "sts:TagSession", (keys, *held)))
    return tuple(Statement(sid, "Allow", (action,), (), who, conditions) for sid, action, conditions in wanted)


def principals(expected: Expected) -> frozenset[str]:
    """The principals that may be trusted; a pinned role that is not in the vendor's account is none."""
    if expected.pin and expected.roles:
        parsed = {text: parse_role_arn(text) for text in expected.roles}
        home = (expected.partition, expected.vendor_account)
        return frozenset(text for text, arn in parsed.items() if arn and (arn.partition, arn.account_id) == home)
    return frozenset((account_root(expected.partition, expected.vendor_account),))


def comparable(statement: Statement) -> Statement:
    """The statement with what has no order sorted, and condition keys in lower case, as IAM compares them."""
    conditions = (replace(one, key=one.key.lower(), values=tuple(sorted(one.values))) for one in statement.conditions)
    return replace(
        statement,
        principals=tuple(sorted(statement.principals, key=lambda one: (one.kind, one.text))),
        conditions=tuple(sorted(conditions, key=lambda one: (one.operator, one.key, one.values))),
    )


def _enters(statement: Statement) -> bool:
    """Whether the statement lets somebody call sts:AssumeRole."""
    patterns = (pattern_regex(action) for action in statement.actions)
    return statement.effect == "Allow" and any(pattern.fullmatch("sts:assumerole") for pattern in patterns)


def id_conditions(statement: Statement) -> list[Condition]:
    """The statement's conditions on the external ID, whatever their operators."""
    return [condition for condition in statement.conditions if condition.key.lower() == _KEY]


def entries(policy: Policy) -> Iterator[tuple[str, Statement]]:
    """The statements by which somebody enters, each with its place."""
    for number, statement in enumerate(policy.statements, 1):
        if _enters(statement):
            yield f"trust statement {number}", statement
