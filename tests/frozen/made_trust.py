"""Random trust policies: each begins as a right one and is then bent, so that most are nearly right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from frozen.dice import Dice

VENDOR, OTHER, OWN = "111122223333", "999988887777", "444455556666"
ID, SECOND = "Acme-7d4c0b9e-2f7a-4f0e", "another-tenants-id-77"
ROOT = f"arn:aws:iam::{VENDOR}:root"
COLLECTOR = f"arn:aws:iam::{VENDOR}:role/collector"

Statement = dict[str, Any]

_AWS_NAMES = (
    VENDOR,
    COLLECTOR,
    f"arn:aws:iam::{VENDOR}:role/path/other",
    f"arn:aws:iam::{VENDOR}:user/anna",
    f"arn:aws:sts::{VENDOR}:assumed-role/collector/session",
    f"arn:aws:iam::{VENDOR}:*",
    f"arn:aws:iam::{VENDOR}:role/*",
    f"arn:aws-cn:iam::{VENDOR}:root",
    f"arn:aws:iam::{OTHER}:root",
    OTHER,
    f"arn:aws:iam::{OWN}:root",
    f"arn:aws:iam::{OWN}:role/deployer",
    "*",
    "arn:aws:iam::1111222233:root",
    "AROAEXAMPLEEXAMPLE123",
    "arn:aws:iam::*:root",
    f"arn:aws:iam:{VENDOR}:root",
)
_PRINCIPALS: tuple[object, ...] = (
    "*",
    {"AWS": "*"},
    {"AWS": [ROOT, f"arn:aws:iam::{OTHER}:root"]},
    {"AWS": [ROOT, COLLECTOR]},
    {"AWS": []},
    {"Service": "ec2.amazonaws.com"},
    {"Service": ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]},
    {"Service": "*"},
    {"AWS": ROOT, "Service": "cloudformation.amazonaws.com"},
    {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"},
    {"Federated": f"arn:aws:iam::{OWN}:saml-provider/Corp"},
    {"Federated": "cognito-identity.amazonaws.com"},
    {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
    {"aws": ROOT},
    VENDOR,
    {},
)
_ACTIONS: tuple[object, ...] = (
    ["sts:AssumeRole"],
    ["sts:AssumeRole", "sts:TagSession"],
    ["sts:AssumeRole", "sts:SetSourceIdentity"],
    "sts:TagSession",
    "sts:*",
    "*",
    "sts:Assume*",
    "STS:assumerole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithSAML",
    "sts:AsumeRole",
    "AssumeRole",
    [],
)
_OPERATORS = (
    "StringEquals",
    "StringEquals",
    "StringLike",
    "StringEqualsIgnoreCase",
    "StringNotEquals",
    "StringNotLike",
    "StringNotEqualsIgnoreCase",
    "StringEqualsIfExists",
    "StringLikeIfExists",
    "ForAnyValue:StringEquals",
    "ForAllValues:StringEquals",
    "ForAnyValue:StringLike",
    "ForAllValues:StringLikeIfExists",
    "stringequals",
    "StringEqual",
    "ArnEquals",
    "ArnLike",
    "ArnNotLike",
    "Null",
    "Bool",
    "IpAddress",
    "NotIpAddress",
    "NumericEquals",
    "NumericLessThan",
    "DateGreaterThan",
    "BinaryEquals",
)
_ID_KEYS = ("sts:ExternalId", "sts:ExternalId", "sts:ExternalId", "sts:externalid", "sts:ExternlId", "sts:External-Id")
_ID_VALUES: tuple[object, ...] = (
    ID,
    [ID],
    [ID, SECOND],
    SECOND,
    ID.swapcase(),
    "*",
    f"{ID}*",
    "Acme-*",
    "?" * len(ID),
    [ID, "Bcme-*"],
    "",
    [],
    "12345",
    12345,
    True,
    "acme",
    "a b",
    "${aws:PrincipalTag/tenant}",
    "x" * 1225,
    "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",
)
_OTHER_CONDITIONS: tuple[tuple[str, str, object], ...] = (
    ("ArnEquals", "aws:PrincipalArn", COLLECTOR),
    ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{VENDOR}:role/*"),
    ("StringLike", "aws:PrincipalArn", "*"),
    ("StringEquals", "aws:PrincipalArn", [COLLECTOR, f"arn:aws:iam::{VENDOR}:role/other"]),
    ("ArnNotEquals", "aws:PrincipalArn", COLLECTOR),
    ("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/*"),
    ("StringEquals", "aws:PrincipalAccount", VENDOR),
    ("StringEquals", "aws:PrincipalAccount", OWN),
    ("StringEquals", "aws:PrincipalType", "AssumedRole"),
    ("StringEquals", "aws:SourceAccount", OWN),
    ("ArnLike", "aws:SourceArn", f"arn:aws:ec2:*:{OWN}:instance/*"),
    ("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "2001:db8::/32"]),
    ("Bool", "aws:MultiFactorAuthPresent", "true"),
    ("Bool", "aws:MultiFactorAuthPresent", True),
    ("BoolIfExists", "aws:SecureTransport", "true"),
    ("NumericLessThan", "aws:MultiFactorAuthAge", 3600),
    ("DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00Z"),
    ("StringEquals", "aws:PrincipalTag/team", "${aws:RequestTag/team}"),
    ("StringLike", "sts:RoleSessionName", "${aws:username}"),
    ("Null", "sts:ExternalId", "false"),
    ("Null", "sts:ExternalId", "true"),
    ("Null", "aws:PrincipalArn", False),
    ("StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com"),
    ("StringLike", "token.actions.githubusercontent.com:sub", "repo:acme/*"),
)
_EXTRAS: tuple[tuple[str, object], ...] = (
    ("Sid", "AssumeWithExternalId"),
    ("Sid", "not a sid!"),
    ("Resource", "*"),
    ("effect", "Allow"),
    ("Principals", "*"),
    ("Conditions", {}),
)


def trust(dice: Dice) -> dict[str, Any]:
    """A trust policy."""
    many = [_statement(dice) for _ in range(dice.pick((1, 1, 1, 2, 2, 3)))]
    statements: object = many[0] if len(many) == 1 and dice.chance(15) else many
    made: dict[str, Any] = {"Version": "2012-10-17", "Statement": statements}
    match dice.below(25):
        case 0:
            del made["Version"]
        case 1:
            made["Version"] = dice.pick(("2008-10-17", "2012-10-18"))
        case 2:
            made["Id"] = "trust"
    return made


def _statement(dice: Dice) -> Statement:
    made: Statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": ID}},
    }
    for _ in range(dice.pick((0, 0, 1, 1, 1, 2, 2, 3))):
        dice.pick(_BENDS)(dice, made)
    return made


def _whom(dice: Dice, made: Statement) -> None:
    made["Principal"] = {"AWS": dice.pick(_AWS_NAMES)} if dice.chance(60) else dice.pick(_PRINCIPALS)


def _not_whom(dice: Dice, made: Statement) -> None:
    if dice.chance(30):
        made["NotPrincipal"] = made.pop("Principal", {"AWS": ROOT})
        return
    made["Effect"] = dice.pick(("Deny", "Deny", "Deny", "Deny", "allow", "Permit", ""))


def _what(dice: Dice, made: Statement) -> None:
    made["Action"] = dice.pick(_ACTIONS)
    if dice.chance(10):
        made["NotAction"] = made.pop("Action")


def _condition(dice: Dice, made: Statement) -> None:
    made["Condition"] = {dice.pick(_OPERATORS): {dice.pick(_ID_KEYS): dice.pick(_ID_VALUES)}}


def _more(dice: Dice, made: Statement) -> None:
    operator, key, value = dice.pick(_OTHER_CONDITIONS)
    condition = made.get("Condition", {})
    made["Condition"] = {**condition, operator: {**condition.get(operator, {}), key: value}}


def _instead(dice: Dice, made: Statement) -> None:
    operator, key, value = dice.pick(_OTHER_CONDITIONS)
    made["Condition"] = {operator: {key: value}}


def _bare(dice: Dice, made: Statement) -> None:
    made.pop("Condition", None)


def _extra(dice: Dice, made: Statement) -> None:
    key, value = dice.pick(_EXTRAS)
    made[key] = value


_BENDS: tuple[Callable[[Dice, Statement], None], ...] = (
    _whom,
    _whom,
    _not_whom,
    _what,
    _condition,
    _condition,
    _more,
    _more,
    _instead,
    _bare,
    _extra,
)
