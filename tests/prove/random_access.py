"""Random access policies, and the requests to try them with: every element, operator and value type, both Versions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from deputize.iam.conditions import is_met
from deputize.iam.grammar import read_policy
from deputize.iam.operators import OPERATORS
from deputize.iam.policy import Condition, Policy, Statement
from deputize.iam.wildcards import resource_matches

Context = dict[str, tuple[str, ...]]

_PATTERNS = (
    "ec2:*Tags", "ec2:Describe*", "ec2:CreateTags", "EC2:deletetags", "ec2:*", "ec2:R*Instances", "ec2:Get*",
    "s3:*Object", "s3:Get*", "s3:Put?bject", "s3:*", "s3:List*", "S3:PutObject", "s3:*Acl",
    "iam:*", "iam:PassRole", "iam:Get*", "iam:*Role*", "sts:*", "sts:AssumeRole", "kms:*crypt*", "kms:List*",
    "dynamodb:*Item", "dynamodb:Batch*", "dynamodb:Scan", "lambda:Invoke*", "lambda:*", "sqs:*Message*", "logs:*",
    "ssm:Get*", "ssm:*Parameter*", "organizations:*", "tag:*", "ce:*", "*", "*:*Tags", "s*:*", "*:Put*",
)  # fmt: skip
_RESOURCES = (
    "*", "*", "*", "*", "arn:aws:s3:::*", "arn:aws:s3:::a*", "arn:aws:s3:::a/*", "arn:aws:s3:::a?/*", "arn:aws:s3:::ab",
    "arn:aws:s3:::a/b/*", "arn:aws:s3:::*/b", "arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:*:*:*", "arn:aws:ec2",
    "arn:aws:ec2:eu-west-1:444455556666:instance/i-1", "arn:aws:ec2:*:444455556666:*", "arn:aws:*", "arn:*:*:*:*:*",
    "arn:aws:iam::*:role/*", "arn:aws:iam::444455556666:role/path/*", "arn:aws:iam::444455556666:role/path/reader",
    "arn:aws:dynamodb:*:*:table/t*", "arn:aws:dynamodb:eu-west-1:444455556666:table/?*",
)  # fmt: skip
_ODD_PATTERNS = ("s3:PutObject?", "no:Such*", "ec2:Nonsense", "ec2:Nonsens*")
_ODD_RESOURCES = ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::${*}/a", "arn:aws:s3:::${aws:username}")
_ODD = 0.01  # of all texts are ones that nothing is known about
_KEYS: Mapping[str, tuple[Any, ...]] = {
    "String": ("a", "ab", "a*", "?b", "eu-west-1"),
    "Numeric": (0, 10, 10.5, "300"),
    "Date": ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", 1700000000),
    "Bool": (True, False, "true", "false"),
    "Binary": ("YQ==", "Yg=="),
    "IpAddress": ("192.0.2.0/24", "203.0.113.7/32", "2001:db8::/32"),
    "NotIpAddress": ("192.0.2.0/24", "0.0.0.0/0"),
    "Arn": ("arn:aws:iam::444455556666:role/*", "arn:aws:s3:::a", "arn:aws:iam::*:user/?"),
    "Null": (True, False, "true", "false"),
}
_ODD_VALUES = ("${aws:username}", "x", "")
_OPERATORS = (*OPERATORS, "Null")
_FILLS = ("", "a", "b", "b/b", "x/y", "eu-west-1", "444455556666", "ec2", "a?/b", "role/path/zz")
_CONTEXTS = 3
_SCORE = {True: 1.0, None: 0.5, False: 0.0}
_TRIED = 5


@dataclass(frozen=True, slots=True)
class Case:
    """Policies of one role and its boundary, as JSON text."""

    policies: tuple[str, ...]
    boundary: str | None

    def read(self) -> tuple[tuple[Policy, ...], Policy | None]:
        """Both as policies."""
        boundary = None if self.boundary is None else read_policy(self.boundary, "access")
        return tuple(read_policy(one, "access") for one in self.policies), boundary


def random_case(rng: Random) -> Case:
    """One to two policies, in a third of all cases within a boundary."""
    many = tuple(json.dumps(_policy(rng, rng.randint(1, 4))) for _ in range(1 if rng.random() < 0.7 else 2))
    if rng.random() > 0.3:
        return Case(many, None)
    statements = [
        random_statement(rng, "Allow", wide=True),
        *(random_statement(rng, _effect(rng)) for _ in range(rng.randint(0, 2))),
    ]
    return Case(many, json.dumps({"Version": "2012-10-17", "Statement": statements}))


def _policy(rng: Random, size: int) -> dict[str, Any]:
    statements = [random_statement(rng, "Allow"), *(random_statement(rng, _effect(rng)) for _ in range(size - 1))]
    rng.shuffle(statements)
    version = rng.choice(({"Version": "2012-10-17"}, {"Version": "2012-10-17"}, {"Version": "2008-10-17"}, {}))
    return {**version, "Statement": statements}


def _effect(rng: Random) -> str:
    return rng.choice(("Allow", "Deny", "Deny"))


def random_statement(rng: Random, effect: str, *, wide: bool = False) -> dict[str, Any]:
    """One statement; wide: half of them allow nearly everything."""
    what = "NotAction" if rng.random() < 0.12 else "Action"
    on = "NotResource" if rng.random() < 0.12 else "Resource"
    found: dict[str, Any] = {
        "Effect": effect,
        what: [_pick(rng, _PATTERNS, _ODD_PATTERNS) for _ in range(rng.randint(1, 3))],
        on: [_pick(rng, _RESOURCES, _ODD_RESOURCES) for _ in range(1 if rng.random() < 0.7 else 2)],
    }
    if wide and rng.random() < 0.5:
        found[what], found[on] = (["iam:*"], ["arn:aws:s3:::ab"]) if what != "Action" else (["*"], ["*"])
    if rng.random() < 0.35:
        found["Condition"] = _condition(rng)
    return found


def _pick(rng: Random, usual: tuple[Any, ...], odd: tuple[str, ...]) -> Any:
    return rng.choice(odd if rng.random() < _ODD else usual)


def _condition(rng: Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(rng.choice((1, 1, 2))):
        base = rng.choice(_OPERATORS)
        kind = next(one for one in _KEYS if base.startswith(one))
        values = [_pick(rng, _KEYS[kind], _ODD_VALUES) for _ in range(rng.choice((1, 1, 2)))]
        prefix = rng.choice(("", "", "", "", "ForAllValues:", "ForAnyValue:")) if base != "Null" else ""
        suffix = rng.choice(("", "", "IfExists")) if base != "Null" else ""
        key = rng.choice(("aws:k1", "aws:K1", "aws:k2")) if base == "Null" else f"aws:{kind}{rng.randint(1, 2)}"
        found[f"{prefix}{base}{suffix}"] = {key: values[0] if len(values) == 1 else values}
    return found


def resources_for(rng: Random, policies: tuple[Policy, ...], boundary: Policy | None) -> tuple[str, ...]:
    """Up to five resources: for each Allow the one that the boundary is most, and the Denies are least, about."""
    denies = [one for policy in policies for one in policy.statements if one.effect == "Deny"]
    limits = () if boundary is None else _allows(boundary)
    allows = [one for policy in policies for one in _allows(policy)]
    found: dict[str, None] = {}
    for allow in allows * _TRIED:
        texts = ["*", *(_filled(rng, one) for one in _on(allow) * 8), *(_filled(rng, one) for one in _RESOURCES)]
        here = [one for one in texts if _is_on(allow, one)]
        if here:
            found.setdefault(max(here, key=lambda one: _count(limits, one) * 2 - _count(denies, one) - (one in found)))
    return tuple(found)[:_TRIED] or ("*",)


def _count(statements: Iterable[Statement], resource: str) -> int:
    return sum(_is_on(one, resource) for one in statements)


def _is_on(statement: Statement, resource: str) -> bool:
    return any(resource_matches(one, resource) for one in statement.resources) is not statement.not_resource


def _on(statement: Statement) -> tuple[str, ...]:
    return ("arn:aws:x:::y", "arn:aws:s3:::*") if statement.not_resource else statement.resources


def _filled(rng: Random, pattern: str) -> str:
    whole = ("arn:" if pattern == "*" else pattern) + ":*" * (5 - pattern.count(":") - (pattern == "*"))
    return "".join(rng.choice(_FILLS) if one == "*" else "b" if one == "?" else one for one in whole)


def contexts_for(rng: Random, policies: tuple[Policy, ...], boundary: Policy | None) -> tuple[Context, ...]:
    """Three contexts: without any key, and two that meet the conditions of some Allow as far as one value can."""
    every = (*policies, *(() if boundary is None else (boundary,)))
    conditions = [one for policy in every for statement in policy.statements for one in statement.conditions]
    if not conditions:
        return ({},)
    allows = [one for policy in policies for one in _allows(policy)]
    rng.shuffle(allows)
    allows.sort(key=lambda one: not one.conditions)
    denied = [
        one
        for policy in every
        for statement in policy.statements
        if statement.effect == "Deny"
        for one in statement.conditions
    ]
    limits = [one for statement in (_allows(boundary) if boundary is not None else ()) for one in statement.conditions]
    found = [
        _context(rng, [*one.conditions, *limits], denied, conditions) for one in (*allows, *allows)[: _CONTEXTS - 1]
    ]
    return ({}, *found)[:_CONTEXTS]


def _context(rng: Random, wanted: list[Condition], unwanted: list[Condition], every: list[Condition]) -> Context:
    """A value for each key, or none, such that most of `wanted` is met and least of `unwanted`."""
    found: Context = {}
    for key in sorted({one.key.lower() for one in every}):
        here = list(dict.fromkeys(_candidates(rng, [one for one in every if one.key.lower() == key])))
        rng.shuffle(here)
        found[key] = max(here, key=lambda values: 10 * _met(wanted, key, values) - _met(unwanted, key, values))
    return found


def _met(conditions: list[Condition], key: str, values: tuple[str, ...]) -> float:
    of_key = [one for one in conditions if one.key.lower() == key]
    return sum(_SCORE[is_met(one.operator, one.values, values, lambda text: (text,))] for one in of_key)


def _candidates(rng: Random, conditions: list[Condition]) -> Iterator[tuple[str, ...]]:
    yield ()
    for one in conditions:
        for value in one.values:
            filled = value.replace("*", rng.choice(("", "a", "zz"))).replace("?", "b")
            yield (filled,)
            if one.operator.startswith("For"):
                yield (filled, "other")
            if value.replace(".", "").isdigit():
                yield from ((str(float(value) + by),) for by in (-1, 1))
    yield from (
        ("true",),
        ("false",),
        ("zz",),
        ("11",),
        ("192.0.2.9",),
        ("203.0.113.7",),
        ("2001:db8::1",),
        ("2026-06-01T00:00:00Z",),
    )
    yield from (
        ("arn:aws:iam::444455556666:role/a",),
        ("1999-01-01T00:00:00Z",),
        ("YQ==",),
        ("-1",),
        ("2030-01-01T00:00:00Z",),
    )


def _allows(policy: Policy) -> tuple[Statement, ...]:
    return tuple(one for one in policy.statements if one.effect == "Allow")
