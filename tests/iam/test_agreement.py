from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from deputize.iam.trust import evaluate_trust

engine = pytest.importorskip("ministack.core.iam_evaluator", reason="the embedded AWS is not installed")

DOCS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
VENDOR, OTHER = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{VENDOR}:root"
USER = f"arn:aws:iam::{VENDOR}:user/Ann"
ROLE = f"arn:aws:iam::{VENDOR}:role/scan"
SESSION = f"arn:aws:sts::{VENDOR}:assumed-role/scan/monday"
STRANGER = f"arn:aws:iam::{OTHER}:user/Ann"
GOOGLE, EXAMPLE = "accounts.google.com", "id.example.com"
ASSUME, WEB = "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"
TYPES = {USER: "User", STRANGER: "User", USER.lower(): "User", ROOT: "Account", SESSION: "AssumedRole"}

# Principal as written, who it names, who it does not name.
PRINCIPALS: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "everyone": ({"Principal": "*"}, USER, None),
    "every AWS identity": ({"Principal": {"AWS": "*"}}, SESSION, None),
    "account ID": ({"Principal": {"AWS": VENDOR}}, SESSION, STRANGER),
    "root": ({"Principal": {"AWS": ROOT}}, USER, STRANGER),
    "user": ({"Principal": {"AWS": USER}}, USER, STRANGER),
    "role": ({"Principal": {"AWS": ROLE}}, SESSION, USER),
    "session": ({"Principal": {"AWS": SESSION}}, SESSION, USER),
    "list": ({"Principal": {"AWS": [STRANGER, USER], "Service": "ec2.amazonaws.com"}}, USER, SESSION),
    "service": ({"Principal": {"Service": "ec2.amazonaws.com"}}, ROOT, USER),
    "federated": ({"Principal": {"Federated": [GOOGLE]}}, GOOGLE, EXAMPLE),
}

# Operators by what they compare: key, what the policy asks, a value that compares, one that does not.
KINDS: dict[str, tuple[str, list[str], list[str], list[str]]] = {
    "text": ("aws:RequestedThing", ["acme-1", "acme-2"], ["acme-1", "acme-2"], ["acme-3", "ACME-1"]),
    "any case": ("aws:RequestedThing", ["acme-1"], ["ACME-1", "acme-1"], ["acme-2", "acme-"]),
    "pattern": ("aws:RequestedThing", ["acme-*", "?x"], ["acme-7", "ax"], ["Acme-7", "x"]),
    "equal": ("aws:MultiFactorAuthAge", ["10", "12.5"], ["10", "12.50"], ["11", "-10"]),
    "less": ("aws:MultiFactorAuthAge", ["10"], ["9", "-3.5"], ["11", "10.01"]),
    "greater": ("aws:MultiFactorAuthAge", ["10"], ["11", "10.01"], ["9", "-11"]),
    "date": ("aws:TokenIssueTime", ["2026-03-01T10:00:00Z"], ["2026-03-01T11:00:00+01:00"], ["2026-03-02T10:00:00Z"]),
    "before": ("aws:TokenIssueTime", ["2026-03-01T10:00:00Z"], ["2026-02-28T10:00:00Z"], ["2026-03-01T10:00:01Z"]),
    "after": ("aws:TokenIssueTime", ["2026-03-01T10:00:00Z"], ["2026-03-01T10:00:01Z"], ["1700000000"]),
    "bool": ("aws:MultiFactorAuthPresent", ["true"], ["true"], ["false"]),
    "binary": ("acme:Token", ["QmluYXJ5"], ["QmluYXJ5"], ["QmluYXJ6"]),
    "address": (
        "aws:VpcSourceIp",
        ["203.0.113.0/24", "2001:db8::/32"],
        ["203.0.113.9", "2001:db8::1"],
        ["198.51.100.1"],
    ),
    "ARN": ("iam:Boundary", ["arn:aws:iam::*:policy/a*"], [f"arn:aws:iam::{OTHER}:policy/ab"], [ROLE]),
    "none": ("aws:RequestedThing", ["false"], ["x"], []),
}
OPERATORS = {
    "StringEquals": "text",
    "StringNotEquals": "text",
    "StringEqualsIgnoreCase": "any case",
    "StringNotEqualsIgnoreCase": "any case",
    "StringLike": "pattern",
    "StringNotLike": "pattern",
    "NumericEquals": "equal",
    "NumericNotEquals": "equal",
    "NumericLessThan": "less",
    "NumericLessThanEquals": "less",
    "NumericGreaterThan": "greater",
    "NumericGreaterThanEquals": "greater",
    "DateEquals": "date",
    "DateNotEquals": "date",
    "DateLessThan": "before",
    "DateLessThanEquals": "before",
    "DateGreaterThan": "after",
    "DateGreaterThanEquals": "after",
    "Bool": "bool",
    "BinaryEquals": "binary",
    "IpAddress": "address",
    "NotIpAddress": "address",
    "ArnEquals": "ARN",
    "ArnNotEquals": "ARN",
    "ArnLike": "ARN",
    "ArnNotLike": "ARN",
    "Null": "none",
}
MODIFIERS = {
    "plain": "{}",
    "IfExists": "{}IfExists",
    "ForAllValues": "ForAllValues:{}",
    "ForAnyValue": "ForAnyValue:{}",
    "ForAllValues IfExists": "ForAllValues:{}IfExists",
    "ForAnyValue IfExists": "ForAnyValue:{}IfExists",
}


@dataclass(frozen=True)
class Case:
    """One policy and request, with the cell of the table that it belongs to."""

    operator: str
    modifier: str
    principal: str
    what: str
    policy: dict[str, Any]
    caller: str
    action: str = ASSUME
    context: dict[str, Any] = field(default_factory=dict)

    def ours(self) -> str:
        """What deputize says."""
        sent = dict(self.context)
        external_id = sent.pop("sts:ExternalId", None) or None
        if self.caller == SESSION:
            sent["aws:PrincipalArn"] = ROLE
        found = evaluate_trust(
            self.policy, principal=self.caller, external_id=external_id, action=self.action, context=sent
        ).outcome
        return {"implicit-deny": "deny", "explicit-deny": "deny"}.get(found, found)

    def theirs(self) -> str:
        """What ministack says."""
        keys = {key.lower(): value if value != () else None for key, value in self.context.items()}
        context = engine.EvalContext(
            principal_arn=self.caller,
            principal_type=TYPES.get(self.caller, ""),
            principal_account=self.caller.split(":")[4] if ":" in self.caller else "",
            action=self.action,
            resource_arn=f"arn:aws:iam::{OTHER}:role/reader",
            region="us-east-1",
            service_context=keys,
        )
        return "allow" if engine.evaluate_trust_policy(self.policy, self.caller, context) else "deny"


@dataclass(frozen=True)
class Difference:
    """Why the two differ in some cells, who is right, and where AWS says so; None fits any."""

    why: str
    right: str
    source: str
    ours: str
    theirs: str
    what: str | None = None
    principal: str | None = None
    modifier: str | None = None

    def explains(self, case: Case) -> bool:
        """Whether the case is one of those."""
        wanted = ((self.what, case.what), (self.principal, case.principal), (self.modifier, case.modifier))
        return all(one in (None, other) for one, other in wanted)


DIFFERENCES = (
    Difference(
        "ForAnyValue is false and IfExists is true without the key; AWS does not say which wins when both are there",
        "deputize",
        DOCS + "reference_policies_condition-single-vs-multi-valued-context-keys.html",
        "unknown",
        "allow",
        what="absent",
        modifier="ForAnyValue IfExists",
    ),
    Difference(
        "ministack's services call with root's credentials, so it lets root pass for a service",
        "deputize",
        DOCS + "reference_policies_elements_principal.html#principal-services",
        "deny",
        "allow",
        principal="service",
    ),
    Difference(
        "aws:PrincipalArn of an assumed role is the role's ARN; ministack takes the session's",
        "deputize",
        DOCS + "reference_policies_condition-keys.html#condition-keys-principalarn",
        "allow",
        "deny",
        what="role's ARN",
    ),
    Difference(
        "likewise: no condition on the session's ARN is ever met",
        "deputize",
        DOCS + "reference_policies_condition-keys.html#condition-keys-principalarn",
        "deny",
        "allow",
        what="session's ARN",
    ),
    Difference(
        "a user's name is case-sensitive in Principal",
        "deputize",
        DOCS + "reference_policies_elements_principal.html#principal-users",
        "deny",
        "allow",
        what="other case",
    ),
    Difference(
        "a wildcard cannot stand in a principal's ARN: IAM refuses the policy, ministack expands it",
        "deputize",
        DOCS + "reference_policies_elements_principal.html",
        "unknown",
        "allow",
        what="wildcard principal",
    ),
    Difference(
        "ministack does not know NotPrincipal and lets nobody in by it",
        "deputize",
        DOCS + "reference_policies_elements_notprincipal.html#specifying-notprincipal-allow",
        "allow",
        "deny",
        what="NotPrincipal",
    ),
    Difference(
        "the six parts of an ARN are compared one by one; ministack's wildcard reaches over colons",
        "deputize",
        DOCS + "reference_policies_elements_condition_operators.html#Conditions_ARN",
        "deny",
        "allow",
        what="ARN with colons",
    ),
    Difference(
        "ministack does not replace policy variables",
        "deputize",
        DOCS + "reference_policies_variables.html",
        "allow",
        "deny",
        what="variable",
    ),
    Difference(
        "a misspelt element makes a policy that IAM refuses; ministack leaves it out",
        "deputize",
        DOCS + "reference_policies_grammar.html",
        "unknown",
        "allow",
        what="misspelt",
    ),
)


def cells() -> list[tuple[str, str, str]]:
    """Every operator x modifier x principal that ministack implements; Null takes no modifier."""
    return [
        (operator, modifier, principal)
        for operator in OPERATORS
        for modifier in MODIFIERS
        if operator != "Null" or modifier == "plain"
        for principal in PRINCIPALS
    ]


def cases(seed: int) -> Iterator[Case]:
    """Four requests in each cell, decorated at random, and the places where the two are known to differ."""
    dice = random.Random(seed)
    for cell in cells():
        yield from _in_cell(cell, dice)
    yield from _special()


def _in_cell(cell: tuple[str, str, str], dice: random.Random) -> Iterator[Case]:
    operator, modifier, principal = cell
    key, wanted, hits, misses = KINDS[OPERATORS[operator]]
    who, named, stranger = PRINCIPALS[principal]
    if key == "aws:RequestedThing" and principal != "federated" and dice.random() < 0.5:
        key = "sts:ExternalId"
    action = WEB if principal == "federated" else ASSUME
    condition = {MODIFIERS[modifier].format(operator): {dice.choice((key, key.upper())): wanted}}
    statement = {"Effect": "Allow", **who, **_actions(action, dice), "Condition": condition}
    case = Case(*cell, "", _policy(statement, who, dice), named, action)
    many = modifier.startswith("For") and key != "sts:ExternalId"
    for what, value in (("hit", _value(hits, dice, many=many)), ("absent", ())):
        yield replace(case, what=what, context={key: value})
    mixed = hits + misses if many and dice.random() < 0.5 else misses or hits
    yield replace(case, what="miss", context={key: mixed if many else dice.choice(mixed)})
    last = stranger or named
    yield replace(case, what="stranger", caller=last, context={key: _value(hits, dice, many=many)})


def _value(values: list[str], dice: random.Random, *, many: bool) -> Any:
    return list(values) if many and dice.random() < 0.7 else dice.choice(values)


def _actions(action: str, dice: random.Random) -> dict[str, Any]:
    return dice.choice(
        (
            {"Action": action},
            {"Action": [action.lower(), "sts:TagSession"]},
            {"Action": "sts:Assume*"},
            {"NotAction": ["sts:TagSession", "iam:*"]},
        )
    )


def _policy(statement: dict[str, Any], who: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """The statement, in some spelling, and now and then a Deny that does or does not apply."""
    more: list[dict[str, Any]] = []
    if dice.random() < 0.1:
        deny = {"Bool": {"acme:Denied": "true"}} if dice.random() < 0.5 else {"Null": {"sts:ExternalId": "true"}}
        more.append({"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": deny})
    if dice.random() < 0.1:
        more.append({"Effect": "Allow", **who, "Action": "sts:TagSession"})
    if dice.random() < 0.5:
        more.reverse()
    statements: Any = [*more, statement] if dice.random() < 0.5 else [statement, *more]
    found = {"Version": "2012-10-17", "Statement": statements[0] if len(statements) == 1 else statements}
    return dice.choice((found, {**found, "Version": "2008-10-17"}, {"Statement": found["Statement"]}))


def _special() -> Iterator[Case]:
    def one(what: str, caller: str, principal: Any, condition: Any, *, more: Any = None, context: Any = None) -> Case:
        statement = {"Effect": "Allow", "Action": ASSUME, "Condition": condition, **(more or {"Principal": principal})}
        return Case(
            "-", "-", "-", what, {"Version": "2012-10-17", "Statement": statement}, caller, ASSUME, context or {}
        )

    for caller, arn in ((USER, USER), (ROOT, ROOT), (STRANGER, STRANGER), (SESSION, ROLE)):
        for operator in ("ArnEquals", "ArnLike", "StringEquals", "StringLike", "StringEqualsIgnoreCase"):
            what = "role's ARN" if caller == SESSION else "caller's ARN"
            yield one(what, caller, "*", {operator: {"aws:PrincipalArn": arn}})
            yield one("caller's ARN", caller, "*", {operator: {"aws:PrincipalArn": f"{arn}x"}})
        yield one("caller's account", caller, "*", {"StringEquals": {"aws:PrincipalAccount": VENDOR}})
        yield one("caller's type", caller, "*", {"StringEquals": {"aws:PrincipalType": TYPES[caller]}})
    yield one("session's ARN", SESSION, {"AWS": ROOT}, {"ArnEquals": {"aws:PrincipalArn": SESSION}})
    yield one("other case", USER.lower(), {"AWS": USER}, {})
    yield one("wildcard principal", USER, {"AWS": f"arn:aws:iam::{VENDOR}:user/*"}, {})
    yield one("NotPrincipal", USER, None, {}, more={"NotPrincipal": {"AWS": STRANGER}})
    long = {"acme:Arn": "arn:aws:a:b:1:x:2:y"}
    yield one("ARN with colons", USER, "*", {"ArnLike": {"acme:Arn": "arn:aws:a:*:2:y"}}, context=long)
    yield one(
        "variable",
        USER,
        "*",
        {"StringEquals": {"sts:ExternalId": "${aws:username}"}},
        context={"sts:ExternalId": "Ann"},
    )
    yield one("misspelt", USER, "*", {}, more={"Principal": "*", "condition": {}})


def _closed(case: Case) -> Case:
    """Keys that a Deny may look at, said to be absent to both."""
    return replace(case, context={"acme:Denied": (), **case.context})


def test_agreement_with_ministack() -> None:
    """On over 5,000 policies and requests both say the same, or AWS's documentation says why not."""
    table: Counter[tuple[str, str, str]] = Counter()
    outcomes: Counter[str] = Counter()
    used: Counter[str] = Counter()
    unexplained: list[Any] = []
    for case in map(_closed, cases(20261121)):
        ours, theirs = case.ours(), case.theirs()
        table[case.operator, case.modifier, case.principal] += 1
        outcomes[ours] += 1
        if ours == theirs:
            continue
        found = [one.why for one in DIFFERENCES if one.explains(case) and (one.ours, one.theirs) == (ours, theirs)]
        used.update(found)
        if len(found) != 1:
            unexplained.append((ours, theirs, found, case))
    _print(table, outcomes, used)
    assert not unexplained, unexplained[:3]
    assert outcomes.total() >= 5000
    assert outcomes["allow"] * 5 >= outcomes.total()
    assert all(table[cell] >= 4 for cell in cells())
    assert set(used) == {one.why for one in DIFFERENCES}


def test_every_operator_of_ministack_is_in_the_table() -> None:
    """When ministack learns an operator, the table must too."""
    assert {name.lower() for name in OPERATORS} - {"null"} == set(engine._CONDITION_OPS)


def _print(table: Counter[tuple[str, str, str]], outcomes: Counter[str], used: Counter[str]) -> None:
    print(f"\n{outcomes.total()} answers: {dict(outcomes)}; differences: {used.total()}")
    for modifier in MODIFIERS:
        print(f"\n{modifier:28}" + "".join(f"{name[:10]:>11}" for name in PRINCIPALS))
        for operator in OPERATORS:
            row = [table[operator, modifier, principal] for principal in PRINCIPALS]
            if any(row):
                print(f"{operator:28}" + "".join(f"{count:11}" for count in row))
    for why, count in used.items():
        print(f"{count:5} {why}")
