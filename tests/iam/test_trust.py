from __future__ import annotations

import json
from typing import Any

import pytest

from deputize.iam.trust import evaluate_trust

VENDOR = "111122223333"
OTHER = "444455556666"
ROOT = f"arn:aws:iam::{VENDOR}:root"
USER = f"arn:aws:iam::{VENDOR}:user/team/Ann"
ROLE = f"arn:aws:iam::{VENDOR}:role/app/scan"
SESSION = f"arn:aws:sts::{VENDOR}:assumed-role/scan/monday"
FEDERATED_USER = f"arn:aws:sts::{VENDOR}:federated-user/Bob"
STRANGER = f"arn:aws:iam::{OTHER}:role/scan"
SAML = f"arn:aws:iam::{OTHER}:saml-provider/Okta"
ID = "7d4c0b9e-2f7a"
GONE: Any = object()


def statement(**changes: Any) -> dict[str, Any]:
    """A statement as it should be, with elements changed, added or (GONE) left out."""
    found = {
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": ID}},
        **changes,
    }
    return {key: value for key, value in found.items() if value is not GONE}


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": version, "Statement": list(statements)}


def test_the_good_one() -> None:
    """The right ID is let in and says by which statement; a wrong one, none and another case are not."""
    good = policy(statement())
    decision = evaluate_trust(good, principal=ROLE, external_id=ID)
    assert (decision.outcome, decision.statements) == ("allow", (0,))
    assert decision.sentence == "Statement 1 allows it."
    for wrong in (None, "another", ID.upper(), ID + "0", ID[:-1]):
        decision = evaluate_trust(good, principal=ROLE, external_id=wrong)
        assert (decision.outcome, decision.statements) == ("implicit-deny", ())


def test_spellings_of_the_good_one() -> None:
    """One statement or a list, JSON or its text, a bare account, the key in another case, both Versions or none."""
    for good in (
        {"Version": "2012-10-17", "Statement": statement()},
        json.dumps(policy(statement())),
        policy(statement(), version="2008-10-17"),
        {"Statement": [statement()]},
        {"Id": "x", **policy(statement(Sid="One"))},
        policy(statement(Principal={"AWS": VENDOR})),
        policy(statement(Principal={"AWS": [OTHER, ROOT]})),
        policy(statement(Action=["sts:TagSession", "STS:assumerole"])),
        policy(statement(Condition={"StringEquals": {"STS:EXTERNALID": [ID, "another"]}})),
    ):
        assert evaluate_trust(good, principal=ROLE, external_id=ID).outcome == "allow"
        assert evaluate_trust(good, principal=ROLE).outcome == "implicit-deny"


PRINCIPALS: list[tuple[Any, dict[str, str]]] = [
    ("*", {ROOT: "allow", ROLE: "allow", STRANGER: "allow", "ec2.amazonaws.com": "allow"}),
    ({"AWS": "*"}, {ROOT: "allow", ROLE: "allow", STRANGER: "allow", "ec2.amazonaws.com": "unknown"}),
    ({"AWS": ROOT}, {ROOT: "allow", USER: "allow", ROLE: "allow", SESSION: "allow", VENDOR: "allow", OTHER: "no"}),
    ({"AWS": VENDOR}, {FEDERATED_USER: "allow", SESSION: "allow", STRANGER: "no", "ec2.amazonaws.com": "no"}),
    ({"AWS": USER}, {USER: "allow", ROOT: "no", USER.lower(): "no", VENDOR: "unknown", OTHER: "no"}),
    ({"AWS": ROLE}, {ROLE: "allow", SESSION: "allow", STRANGER: "no", ROOT: "no", VENDOR: "unknown"}),
    ({"AWS": ROLE}, {f"arn:aws:iam::{VENDOR}:role/scan": "no", f"arn:aws:sts::{OTHER}:assumed-role/scan/x": "no"}),
    ({"AWS": SESSION}, {SESSION: "allow", SESSION + "s": "no", ROLE: "unknown", USER: "no"}),
    ({"AWS": FEDERATED_USER}, {FEDERATED_USER: "allow", USER: "no"}),
    ({"AWS": [USER, STRANGER]}, {USER: "allow", STRANGER: "allow", ROLE: "no"}),
    ({"AWS": USER, "Service": "ec2.amazonaws.com"}, {"ec2.amazonaws.com": "allow", USER: "allow", ROLE: "no"}),
    ({"Service": ["ec2.amazonaws.com"]}, {"ec2.amazonaws.com": "allow", "lambda.amazonaws.com": "no", ROOT: "no"}),
    ({"Federated": SAML}, {ROLE: "no", SAML: "no"}),
    ({"AWS": "AROAEXAMPLEEXAMPLEEXA"}, {ROLE: "implicit-deny", VENDOR: "implicit-deny"}),
    ({"AWS": f"arn:aws:iam::{VENDOR}:role/*/scan"}, {ROLE: "unknown"}),
    ({"Service": "*"}, {"ec2.amazonaws.com": "unknown"}),
    ({"Service": "EC2.amazonaws.com"}, {"ec2.amazonaws.com": "unknown", "lambda.amazonaws.com": "no", ROLE: "no"}),
    ({"Service": "\u212ams.amazonaws.com"}, {"kms.amazonaws.com": "unknown"}),
    ({"Service": "cognito-identity.amazonaws.com"}, {"ec2.amazonaws.com": "unknown"}),
    ({"Federated": ROLE}, {ROLE: "unknown"}),
    ({"AWS": f"arn:aws:iam::{VENDOR}:role/*"}, {ROLE: "unknown", STRANGER: "unknown"}),
    ({"AWS": "arn:aws:iam::1111222233:root"}, {ROLE: "unknown"}),
    ({"AWS": f"arn:aws-cn:iam::{VENDOR}:root"}, {ROLE: "no"}),
    ({"CanonicalUser": "79a5"}, {ROLE: "unknown"}),
    ({"aws": ROOT}, {ROLE: "unknown"}),
    ({}, {ROLE: "unknown"}),
    ([ROOT], {ROLE: "unknown"}),
    ("arn:aws:iam::1:root", {ROLE: "unknown"}),
]


@pytest.mark.parametrize(("principal", "callers"), PRINCIPALS)
def test_principals(principal: Any, callers: dict[str, str]) -> None:
    """Each form of Principal stands for whom AWS documents, and an impossible one for nobody knows whom."""
    for caller, expected in callers.items():
        found = evaluate_trust(policy(statement(Principal=principal, Condition=GONE)), principal=caller)
        assert found.outcome == {"no": "implicit-deny"}.get(expected, expected), caller


@pytest.mark.parametrize(
    ("effect", "excepted", "callers"),
    [
        ("Deny", [USER, ROOT], {USER: "allow", ROLE: "explicit-deny", ROOT: "allow", STRANGER: "explicit-deny"}),
        ("Deny", [USER], {USER: "unknown", ROLE: "explicit-deny", ROOT: "explicit-deny"}),
        ("Deny", [ROLE, ROOT], {SESSION: "allow", ROLE: "allow", USER: "explicit-deny"}),
        ("Deny", [SESSION, ROOT], {SESSION: "unknown", SESSION + "s": "explicit-deny"}),
        ("Deny", [SESSION, ROLE, ROOT], {SESSION: "allow", VENDOR: "unknown"}),
        ("Deny", ["*"], {USER: "allow", STRANGER: "allow"}),
        ("Allow", [USER], {USER: "implicit-deny", STRANGER: "allow", ROLE: "allow", ROOT: "allow"}),
        ("Allow", [ROOT], {USER: "unknown", STRANGER: "allow", ROOT: "implicit-deny"}),
    ],
)
def test_not_principal(effect: str, excepted: list[str], callers: dict[str, str]) -> None:
    """NotPrincipal means all but those named; where AWS only says "might", nothing is claimed."""
    rest = [statement(Principal="*", Condition=GONE)] if effect == "Deny" else []
    odd = statement(Effect=effect, Principal=GONE, NotPrincipal={"AWS": excepted}, Condition=GONE)
    for caller, expected in callers.items():
        assert evaluate_trust(policy(*rest, odd), principal=caller).outcome == expected, caller


@pytest.mark.parametrize(
    ("element", "patterns", "allowed"),
    [
        ("Action", "sts:*", True),
        ("Action", "*", True),
        ("Action", "sts:Assume?ole", True),
        ("Action", ["sts:TagSession", "sts:AssumeRole"], True),
        ("Action", "sts:AssumeRoleWithSAML", False),
        ("NotAction", "sts:TagSession", True),
        ("NotAction", ["sts:TagSession", "sts:assume*"], False),
    ],
)
def test_actions(element: str, patterns: Any, allowed: bool) -> None:
    """Actions ignore case and take wildcards; NotAction is all the others."""
    found = evaluate_trust(
        policy(statement(**{"Action": GONE, element: patterns})), principal=ROLE, external_id=ID
    ).outcome
    assert found == ("allow" if allowed else "implicit-deny")


def test_who_can_make_which_request() -> None:
    """A provider's users enter with their own two actions and everybody else with AssumeRole."""
    saml = policy(statement(Principal={"Federated": SAML}, Action="sts:AssumeRoleWithSAML", Condition=GONE))
    assert evaluate_trust(saml, principal=SAML, action="sts:AssumeRoleWithSAML").outcome == "allow"
    assert evaluate_trust(saml, principal=SAML, action="sts:AssumeRole").outcome == "implicit-deny"
    assert evaluate_trust(saml, principal=ROLE, action="sts:AssumeRoleWithSAML").outcome == "implicit-deny"
    web = policy(statement(Action="sts:AssumeRoleWithWebIdentity", Condition=GONE))
    assert evaluate_trust(web, principal=ROLE, action="sts:AssumeRoleWithWebIdentity").outcome == "implicit-deny"


def test_a_deny_decides() -> None:
    """Deny outweighs Allow in any order; what is unknown counts only where it decides."""
    deny, unknown = statement(Effect="Deny"), {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    decision = evaluate_trust(policy(statement(), deny), principal=ROLE, external_id=ID)
    assert (decision.outcome, decision.statements) == ("explicit-deny", (1,))
    maybe = statement(Condition=unknown)
    decision = evaluate_trust(policy(maybe, statement()), principal=ROLE, external_id=ID)
    assert (decision.outcome, decision.statements) == ("allow", (1,))
    decision = evaluate_trust(policy(statement(), {**maybe, "Effect": "Deny"}), principal=ROLE, external_id=ID)
    assert (decision.outcome, decision.statements) == ("unknown", (1,))
    assert decision.sentence == "It is not known whether Statement 2 applies."
    decision = evaluate_trust(policy(statement(), {**maybe, "Effect": "Deny"}), principal=ROLE)
    assert decision.outcome == "implicit-deny"


LET_IN, OUT, UNKNOWN = "allow", "implicit-deny", "unknown"
K = "aws:Thing"
CONDITIONS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"StringEquals": {K: ["a", "b"]}}, {K: "b"}, LET_IN),
    ({"StringEquals": {K: "a"}}, {"AWS:THING": "a"}, LET_IN),
    ({"StringEquals": {K: "a"}}, {K: "A"}, OUT),
    ({"StringEquals": {K: "a*"}}, {K: "ab"}, OUT),
    ({"StringEquals": {K: "a"}}, {K: ()}, OUT),
    ({"StringEquals": {K: "a"}}, {}, UNKNOWN),
    ({"StringEquals": {K: "a"}}, {K: ["a", "b"]}, UNKNOWN),
    ({"StringEquals": {K: []}}, {K: "a"}, UNKNOWN),
    ({"StringEquals": {K: {"a": 1}}}, {K: "a"}, UNKNOWN),
    ({"StringEquals": {K: 12345}}, {K: "12345"}, LET_IN),
    ({"StringEquals": {K: "a", K.lower(): "b"}}, {K: "a"}, UNKNOWN),
    ({"StringEquals": {}}, {}, UNKNOWN),
    ({}, {}, LET_IN),
    ({"StringEquals": {K: "a"}, "StringLike": {K: "b*"}}, {K: "a"}, OUT),
    ({"StringNotEquals": {K: ["a", "b"]}}, {K: "c"}, LET_IN),
    ({"StringNotEquals": {K: ["a", "b"]}}, {K: "b"}, OUT),
    ({"StringNotEquals": {K: "a"}}, {K: ()}, LET_IN),
    ({"StringEqualsIgnoreCase": {K: "aB"}}, {K: "Ab"}, LET_IN),
    ({"StringNotEqualsIgnoreCase": {K: "aB"}}, {K: "Ab"}, OUT),
    ({"StringLike": {K: "a?c*"}}, {K: "abc"}, LET_IN),
    ({"StringLike": {K: "A*"}}, {K: "ab"}, OUT),
    ({"StringNotLike": {K: "a*"}}, {K: "b"}, LET_IN),
    ({"NumericEquals": {K: "10"}}, {K: "10.0"}, LET_IN),
    ({"NumericNotEquals": {K: 10}}, {K: "11"}, LET_IN),
    ({"NumericLessThan": {K: "10"}}, {K: "9"}, LET_IN),
    ({"NumericLessThan": {K: "10"}}, {K: "10"}, OUT),
    ({"NumericLessThanEquals": {K: "10"}}, {K: "10"}, LET_IN),
    ({"NumericGreaterThan": {K: "-1.5"}}, {K: "-1"}, LET_IN),
    ({"NumericGreaterThanEquals": {K: "10"}}, {K: "9"}, OUT),
    ({"NumericEquals": {K: "ten"}}, {K: "10"}, UNKNOWN),
    ({"DateEquals": {K: "2026-01-01T00:00:00Z"}}, {K: "2026-01-01T01:00:00+01:00"}, LET_IN),
    ({"DateLessThan": {K: "2026-01-02"}}, {K: "2026-01-01T23:59:59.5Z"}, LET_IN),
    ({"DateGreaterThan": {K: "1700000000"}}, {K: "2026-01-01"}, LET_IN),
    ({"DateGreaterThanEquals": {K: "2026-01-02"}}, {K: "2026-01-01"}, OUT),
    ({"DateLessThanEquals": {K: "2026-01-02"}}, {K: "2026-01-02"}, LET_IN),
    ({"DateNotEquals": {K: "2026-01-02"}}, {K: "2026-01-02"}, OUT),
    ({"DateLessThan": {K: "2026-13-02"}}, {K: "2026-01-01"}, UNKNOWN),
    ({"DateLessThan": {K: "2026-01-02T10:00"}}, {K: "2026-01-01"}, UNKNOWN),
    ({"Bool": {K: True}}, {K: "true"}, LET_IN),
    ({"Bool": {K: "false"}}, {K: "true"}, OUT),
    ({"Bool": {K: "yes"}}, {K: "true"}, UNKNOWN),
    ({"BinaryEquals": {K: "QmluYXJ5"}}, {K: "QmluYXJ5"}, LET_IN),
    ({"BinaryEquals": {K: "QmluYXJ5"}}, {K: "QmluYXJ6"}, OUT),
    ({"BinaryEquals": {K: "?"}}, {K: "QmluYXJ5"}, UNKNOWN),
    ({"IpAddress": {K: ["203.0.113.0/24", "2001:db8::/32"]}}, {K: "203.0.113.9"}, LET_IN),
    ({"IpAddress": {K: "203.0.113.0/24"}}, {K: "2001:db8::1"}, OUT),
    ({"NotIpAddress": {K: "203.0.113.9"}}, {K: "203.0.113.9"}, OUT),
    ({"IpAddress": {K: "203.0.113"}}, {K: "203.0.113.9"}, UNKNOWN),
    ({"ArnEquals": {K: "arn:aws:iam::*:role/*"}}, {K: ROLE}, LET_IN),
    ({"ArnLike": {K: "arn:*:role/app/scan"}}, {K: ROLE}, UNKNOWN),
    ({"ArnLike": {K: "arn:aws:*:*:role/*"}}, {K: "arn:aws:a:b:c:d:role/x"}, UNKNOWN),
    ({"ArnLike": {K: "arn:aws:*:111122223333:x:role/*"}}, {K: "arn:aws:a:b:111122223333:x:role/x"}, OUT),
    ({"ArnNotEquals": {K: "arn:aws:iam::*:role/*"}}, {K: ROLE}, OUT),
    ({"ArnNotLike": {K: "arn:aws:iam::*:role/*"}}, {K: USER}, LET_IN),
    ({"Null": {K: "true"}}, {K: ()}, LET_IN),
    ({"Null": {K: False}}, {K: "a"}, LET_IN),
    ({"Null": {K: "false"}}, {K: ()}, OUT),
    ({"Null": {K: "true"}}, {}, UNKNOWN),
    ({"Null": {K: "maybe"}}, {K: "a"}, UNKNOWN),
    ({"NullIfExists": {K: "true"}}, {K: ()}, UNKNOWN),
    ({"StringEqualsIfExists": {K: "a"}}, {K: ()}, LET_IN),
    ({"StringEqualsIfExists": {K: "a"}}, {K: "b"}, OUT),
    ({"BoolIfExists": {K: "true"}}, {K: ()}, LET_IN),
    ({"ForAllValues:StringEquals": {K: ["a", "b"]}}, {K: ["a", "b"]}, LET_IN),
    ({"ForAllValues:StringEquals": {K: ["a", "b"]}}, {K: ["a", "c"]}, OUT),
    ({"ForAllValues:StringEquals": {K: "a"}}, {K: ()}, LET_IN),
    ({"ForAllValues:StringEquals": {K: "a"}}, {K: ""}, LET_IN),
    ({"ForAllValues:StringNotEquals": {K: "a"}}, {K: ["b", "a"]}, OUT),
    ({"ForAnyValue:StringEquals": {K: ["a", "x"]}}, {K: ["a", "b"]}, LET_IN),
    ({"ForAnyValue:StringLike": {K: "x*"}}, {K: ["a", "b"]}, OUT),
    ({"ForAnyValue:StringEquals": {K: "a"}}, {K: ()}, OUT),
    ({"ForAnyValue:StringNotEquals": {K: "a"}}, {K: ["b", "a"]}, LET_IN),
    ({"ForAnyValue:StringNotEquals": {K: "a"}}, {K: ()}, OUT),
    ({"ForAnyValue:StringEqualsIfExists": {K: "a"}}, {K: ()}, UNKNOWN),
    ({"ForAnyValue:StringEqualsIfExists": {K: "a"}}, {K: ["a"]}, LET_IN),
    ({"stringEquals": {K: "a"}}, {K: "a"}, UNKNOWN),
    ({"StringEqual": {K: "a"}}, {K: "a"}, UNKNOWN),
    ({"ForSomeValues:StringEquals": {K: "a"}}, {K: "a"}, UNKNOWN),
    ({"StringEquals": "a"}, {K: "a"}, UNKNOWN),
]


@pytest.mark.parametrize(("condition", "context", "outcome"), CONDITIONS)
def test_conditions(condition: dict[str, Any], context: dict[str, Any], outcome: str) -> None:
    """Every operator and modifier, with the key there, absent and not known, as AWS documents it."""
    found = evaluate_trust(policy(statement(Condition=condition)), principal=ROLE, context=context)
    assert found.outcome == outcome


@pytest.mark.parametrize(
    ("value", "context", "outcome"),
    [
        ("${aws:username}", {K: "Ann"}, LET_IN),
        ("x-${AWS:UserName}-y", {K: "x-Ann-y"}, LET_IN),
        ("${aws:username}", {K: "Bob"}, OUT),
        ("${aws:FederatedProvider}", {K: "Ann"}, UNKNOWN),
        ("${aws:Gone}", {K: "Ann", "aws:Gone": ()}, OUT),
        ("${aws:Gone, 'Ann'}", {K: "Ann", "aws:Gone": ()}, LET_IN),
        ("${aws:Gone, 'Ann'}", {K: "Bob", "aws:Gone": "Bob"}, LET_IN),
        ("${aws:Gone,'A*'}", {K: "Ann", "aws:Gone": ()}, UNKNOWN),
        ("${aws:Many}", {K: "Ann", "aws:Many": ["Ann", "Bob"]}, UNKNOWN),
        ("A${*}", {K: "Ann"}, OUT),
        ("A${*}*", {K: "A*nn"}, LET_IN),
        ("A${?}", {K: "A?"}, LET_IN),
        ("${$}{aws:username}", {K: "${aws:username}"}, LET_IN),
        ("${aws:username", {K: "Ann"}, UNKNOWN),
    ],
)
def test_policy_variables(value: str, context: dict[str, Any], outcome: str) -> None:
    """Variables take the request's values, their defaults, or stand for one character."""
    trust = policy(statement(Condition={"StringLike": {K: value}}))
    assert evaluate_trust(trust, principal=USER, context=context).outcome == outcome


def test_no_variables_before_2012() -> None:
    """In the older Version, and without one, a variable is text."""
    old = policy(statement(Condition={"StringEquals": {K: "${aws:username}"}}), version="2008-10-17")
    for trust in (old, {"Statement": old["Statement"]}):
        assert evaluate_trust(trust, principal=USER, context={K: "Ann"}).outcome == OUT
        assert evaluate_trust(trust, principal=USER, context={K: "${aws:username}"}).outcome == LET_IN


def test_a_variable_without_a_value() -> None:
    """It may void the statement, so nothing else in the list is sure to let anybody in; numbers take no variables."""
    gone = {K: "a", "aws:Gone": ()}
    for condition in (
        {"StringEquals": {K: ["${aws:Gone}", "a"]}},
        {"StringNotEquals": {K: "${aws:Gone}"}},
        {"NumericLessThan": {K: "${aws:Gone}"}},
    ):
        assert evaluate_trust(policy(statement(Condition=condition)), principal=USER, context=gone).outcome == UNKNOWN


@pytest.mark.parametrize(
    ("principal", "key", "value", "outcome"),
    [
        (ROLE, "aws:PrincipalArn", ROLE, LET_IN),
        (SESSION, "aws:PrincipalArn", ROLE, UNKNOWN),
        (SESSION, "aws:PrincipalArn", f"arn:aws:iam::{VENDOR}:role/*/other", OUT),
        (SESSION, "aws:PrincipalArn", f"arn:aws:iam::{VENDOR}:role/*", LET_IN),
        (SESSION, "aws:PrincipalArn", SESSION, OUT),
        (VENDOR, "aws:PrincipalArn", f"arn:aws:iam::{OTHER}:*", OUT),
        (VENDOR, "aws:PrincipalArn", f"arn:aws:*::{VENDOR}:*", LET_IN),
        (VENDOR, "aws:PrincipalArn", ROLE, UNKNOWN),
        (USER, "aws:PrincipalAccount", VENDOR, LET_IN),
        (VENDOR, "aws:PrincipalAccount", OTHER, OUT),
        (ROOT, "aws:PrincipalType", "Account", LET_IN),
        (USER, "aws:PrincipalType", "User", LET_IN),
        (SESSION, "aws:PrincipalType", "AssumedRole", LET_IN),
        (FEDERATED_USER, "aws:PrincipalType", "FederatedUser", LET_IN),
        (USER, "aws:username", "Ann", LET_IN),
        (ROLE, "aws:username", "*", OUT),
        (USER, "aws:SourceArn", "*", OUT),
        (USER, "aws:userid", "*", UNKNOWN),
        (USER, "aws:PrincipalOrgID", "o-*", UNKNOWN),
        (USER, "aws:SourceIp", "*", UNKNOWN),
        (USER, "sts:ExternalId", "*", OUT),
        (USER, "sts:ExternalIdd", "*", UNKNOWN),
    ],
)
def test_keys_that_the_principal_settles(principal: str, key: str, value: str, outcome: str) -> None:
    """What the arguments say about a key is used; a session's role may have any path; no other key is guessed."""
    trust = policy(statement(Principal="*", Condition={"StringLike": {key: value}}))
    assert evaluate_trust(trust, principal=principal).outcome == outcome


def test_a_session_whose_role_is_known() -> None:
    """With the role's ARN in the context a session is judged by it, never by its own ARN."""
    trust = policy(statement(Principal={"AWS": ROOT}, Condition={"ArnEquals": {"aws:PrincipalArn": ROLE}}))
    assert evaluate_trust(trust, principal=SESSION, context={"aws:principalARN": ROLE}).outcome == LET_IN
    elsewhere = f"arn:aws:iam::{VENDOR}:role/scan"
    assert evaluate_trust(trust, principal=SESSION, context={"aws:PrincipalArn": elsewhere}).outcome == OUT


@pytest.mark.parametrize(
    "context",
    [{"sts:ExternalId": "x"}, {"aws:PrincipalAccount": OTHER}, {"aws:PrincipalArn": STRANGER}, {"AWS:username": "x"}],
)
def test_a_context_that_contradicts(context: dict[str, str]) -> None:
    """The arguments and the context describe one request."""
    with pytest.raises(ValueError, match="context contradicts the other arguments: "):
        evaluate_trust(policy(statement()), principal=SESSION, external_id=ID, context=context)


@pytest.mark.parametrize(
    "odd",
    [
        "{",
        "[]",
        "[" * 100_000,
        '{"Version": "2012-10-17", "Statement": [], "Statement": []}',
        {},
        {"Version": "2012-10-17"},
        policy(),
        policy(statement(), version="2012-10-18"),
        {**policy(statement()), "statement": []},
        policy(statement(condition={})),
        policy(statement(Resource="*")),
        policy(statement(Effect="allow")),
        policy(statement(Effect=GONE)),
        policy(statement(Principal=GONE)),
        policy(statement(NotPrincipal="*")),
        policy(statement(Action=GONE)),
        policy(statement(NotAction="*")),
        policy(statement(Action="AssumeRole")),
        policy(statement(Action=[])),
        policy(statement(Action=[7])),
        policy(statement(Condition="x")),
        {"Version": "2012-10-17", "Statement": ["x"]},
        {"Version": "2012-10-17", "Statement": None},
        {"Version": ["2012-10-17"], "Statement": statement()},
    ],
)
def test_what_is_not_understood(odd: Any) -> None:
    """What IAM's grammar does not have is unknown, never silently left out; and never an exception."""
    assert evaluate_trust(odd, principal=ROLE, external_id=ID).outcome == "unknown"


@pytest.mark.parametrize("effect", ["deny", "Never", GONE])
def test_an_effect_that_is_none(effect: Any) -> None:
    """A statement that neither allows nor denies may do either: it leaves unknown what another allows."""
    odd = statement(Effect=effect, Condition=GONE)
    decision = evaluate_trust(policy(statement(), odd), principal=ROLE, external_id=ID)
    assert (decision.outcome, decision.statements) == ("unknown", (1,))
    assert evaluate_trust(policy(odd), principal=ROLE, external_id=ID).outcome == "unknown"


def test_a_principal_that_is_none() -> None:
    """A caller that is not understood makes the answer unknown."""
    for text in ("", "bob", "arn:aws:iam::1:root", f"arn:aws-x:iam::{VENDOR}:root", f"arn:aws:s3::{VENDOR}:root"):
        assert evaluate_trust(policy(statement()), principal=text, external_id=ID).outcome == "unknown"


def test_an_external_id_with_another_action() -> None:
    """AWS documents sts:ExternalId for AssumeRole alone: what it does with TagSession, when sent, is unknown."""
    trust = policy(statement(Action="sts:*"))
    assert evaluate_trust(trust, principal=ROLE, external_id=ID, action="sts:TagSession").outcome == "unknown"
    assert evaluate_trust(trust, principal=ROLE, action="sts:TagSession").outcome == "implicit-deny"
