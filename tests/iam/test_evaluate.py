from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deputize.iam.actions import pattern_regex
from deputize.iam.evaluate import evaluate
from deputize.iam.grammar import read_policy
from deputize.iam.policy import Condition, Effect, Policy, Statement, aws_principals
from deputize.iam.wildcards import arn_matches, matches, resource_matches

ROLE = "arn:aws:iam::111122223333:role/path/reader"


def _policy(*statements: Statement) -> Policy:
    return Policy(statements)


def _says(
    actions: str = "iam:GetRole", resources: str = ROLE, *conditions: Condition, effect: Effect = "Allow"
) -> Statement:
    return Statement(None, effect, (actions,), (resources,), (), conditions)


@pytest.mark.parametrize(
    ("pattern", "text", "same"),
    [
        ("iam:GetRole", "iam:GetRole", True),
        ("iam:GetRole", "iam:GetRolePolicy", False),
        ("iam:GetRole*", "iam:GetRole", True),
        ("iam:*", "iam:GetRole", True),
        ("*", "", True),
        ("**", "anything", True),
        ("?", "", False),
        ("iam:Get?ole", "iam:GetRole", True),
        ("iam:Get?", "iam:GetRole", False),
        ("*Role*Policy", "iam:GetRolePolicy", True),
        ("*Role*Role", "iam:GetRole", False),
        ("a*b*c", "abbcbc", True),
        ("a.c", "abc", False),
        ("[ab]", "a", False),
        ("", "", True),
        ("", "a", False),
        ("*\n", "a\n", True),
    ],
)
def test_wildcards(pattern: str, text: str, same: bool) -> None:
    """`*` is any run, `?` any one character, every other character itself, and the whole text must match."""
    assert matches(pattern, text) is same


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_wildcards_mean_what_the_action_catalogue_means(pattern: str, text: str) -> None:
    """The linear matcher and the catalogue's regular expressions agree."""
    assert matches(pattern, text) == bool(pattern_regex(pattern).fullmatch(text))


def test_a_hostile_pattern_takes_no_time() -> None:
    """A pattern on which backtracking would take longer than the universe is answered at once."""
    assert not matches("*a" * 60 + "b", "a" * 2000)


@pytest.mark.parametrize(
    ("pattern", "arn", "same"),
    [
        (ROLE, ROLE, True),
        ("arn:aws:iam::*:role/path/reader", ROLE, True),
        ("arn:aws:iam::111122223333:role/*", ROLE, True),
        ("arn:aws:iam::*", ROLE, False),
        ("arn:*:reader", ROLE, False),
        ("*", ROLE, False),
        ("arn:aws:iam::111122223333:role/READER", ROLE, False),
        ("arn:aws:logs:*:1:log-group:x:*", "arn:aws:logs:eu-west-1:1:log-group:x:y:z", True),
        ("arn:aws:iam::111122223333:role/path/reader", "reader", False),
    ],
)
def test_arns_are_compared_part_by_part(pattern: str, arn: str, same: bool) -> None:
    """A wildcard in an ARN condition does not reach over a colon before the resource."""
    assert arn_matches(pattern, arn) is same


@pytest.mark.parametrize(
    ("pattern", "resource", "same"),
    [
        ("*", "*", True),
        ("*", ROLE, True),
        ("arn:aws:iam", ROLE, True),
        ("arn:aws:iam::*", ROLE, True),
        ("arn:aws:s3", ROLE, False),
        (ROLE, "*", False),
        ("arn:aws:iam::*:role/*", "*", False),
    ],
)
def test_resources(pattern: str, resource: str, same: bool) -> None:
    """A short Resource is completed with wildcards; an action that has no resource needs `*`."""
    assert resource_matches(pattern, resource) is same


@pytest.mark.parametrize(
    ("policy", "decision"),
    [
        (_policy(_says()), "allow"),
        (_policy(_says("IAM:getROLE")), "allow"),
        (_policy(_says("iam:Get*", "*")), "allow"),
        (_policy(_says("iam:ListRoles", "*")), "implicit-deny"),
        (_policy(_says("iam:GetRole", "arn:aws:iam::111122223333:role/Path/reader")), "implicit-deny"),
        (_policy(_says(), _says(effect="Deny")), "explicit-deny"),
        (_policy(_says(), _says("iam:*", "arn:aws:iam::999999999999:role/*", effect="Deny")), "allow"),
        (Policy(()), "implicit-deny"),
    ],
)
def test_a_deny_decides_then_an_allow(policy: Policy, decision: str) -> None:
    """Without any statement that applies a request is refused; one Deny outweighs every Allow."""
    assert evaluate(policy, "iam:GetRole", ROLE) == decision


@pytest.mark.parametrize(
    ("condition", "context", "decision"),
    [
        (Condition("StringEquals", "aws:x", ("a", "b")), {"aws:x": "b"}, "allow"),
        (Condition("StringEquals", "aws:x", ("a",)), {"AWS:X": "a"}, "allow"),
        (Condition("StringEquals", "aws:x", ("a",)), {"aws:x": "A"}, "implicit-deny"),
        (Condition("StringEquals", "aws:x", ("a*",)), {"aws:x": "ab"}, "implicit-deny"),
        (Condition("StringEquals", "aws:x", ("a",)), {}, "implicit-deny"),
        (Condition("StringLike", "aws:x", ("a*",)), {"aws:x": "ab"}, "allow"),
        (Condition("StringLike", "aws:x", ("*",)), {}, "implicit-deny"),
        (Condition("ArnEquals", "aws:x", ("arn:aws:iam::*:role/path/*",)), {"aws:x": ROLE}, "allow"),
        (Condition("ArnLike", "aws:x", ("arn:aws:iam::*:role/other",)), {"aws:x": ROLE}, "implicit-deny"),
        (Condition("ArnLike", "aws:x", ("*",)), {"aws:x": ROLE}, "unknown"),
        (Condition("StringEqualsIfExists", "aws:x", ("a",)), {"aws:x": "a"}, "allow"),
        (Condition("ForAllValues:StringEquals", "aws:x", ("a",)), {}, "allow"),
        (Condition("stringequals", "aws:x", ("a",)), {"aws:x": "a"}, "unknown"),
        (Condition("StringEquals", "aws:x", ("${aws:username}",)), {"aws:x": "a"}, "unknown"),
        (Condition("StringEquals", "aws:x", ("${aws:username}", "a")), {"aws:x": "a"}, "allow"),
    ],
)
def test_conditions(condition: Condition, context: dict[str, str], decision: str) -> None:
    """One value that fits is enough, a missing key never fits, and what is not understood is not guessed."""
    assert evaluate(_policy(_says("iam:GetRole", ROLE, condition)), "iam:GetRole", ROLE, context) == decision


UNKNOWN = Condition("NumericLesThan", "aws:MultiFactorAuthAge", ("300",))
NEVER = Condition("StringEquals", "aws:x", ("a",))


@pytest.mark.parametrize(
    ("policy", "decision"),
    [
        (_policy(_says("iam:GetRole", ROLE, UNKNOWN, NEVER)), "implicit-deny"),
        (_policy(_says("iam:GetRole", ROLE, UNKNOWN), _says()), "allow"),
        (_policy(_says("iam:GetRole", ROLE, UNKNOWN, effect="Deny"), _says()), "unknown"),
        (_policy(_says("iam:GetRole", ROLE, UNKNOWN, effect="Deny"), _says(effect="Deny")), "explicit-deny"),
        (_policy(_says("iam:GetUser", ROLE, UNKNOWN)), "implicit-deny"),
        (_policy(_says("iam:GetRole", "arn:aws:iam::1:role/${aws:username}")), "unknown"),
        (_policy(Statement(None, "Allow", ("iam:GetRole",), (), aws_principals("*"))), "unknown"),
        (_policy(Statement(None, "Allow", ("iam:GetRole",), (ROLE,), aws_principals("*"))), "unknown"),
    ],
)
def test_what_is_not_understood_counts_only_where_it_decides(policy: Policy, decision: str) -> None:
    """An unknown condition makes the decision unknown unless the rest of the policy decides anyway."""
    assert evaluate(policy, "iam:GetRole", ROLE) == decision


def test_a_request_without_a_resource() -> None:
    """An action that has no resource is allowed by Resource `*` alone."""
    assert evaluate(_policy(_says("iam:ListRoles", "*")), "iam:ListRoles", "*") == "allow"
    assert evaluate(_policy(_says("iam:ListRoles", ROLE)), "iam:ListRoles", "*") == "implicit-deny"


def _read(*statements: dict[str, Any], version: str = "2012-10-17") -> Policy:
    return read_policy({"Version": version, "Statement": list(statements)}, "access")


def _allow(**more: Any) -> dict[str, Any]:
    plain = {"Action": "iam:GetRole", "Resource": ROLE}
    for negated in ("Action", "Resource"):
        if f"Not{negated}" in more:
            del plain[negated]
    return {"Effect": "Allow", **plain, **more}


def _deny(**more: Any) -> dict[str, Any]:
    return {**_allow(**more), "Effect": "Deny"}


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ([_allow(NotAction="iam:ListRoles")], "allow"),
        ([_allow(NotAction=["iam:ListRoles", "IAM:get*"])], "implicit-deny"),
        ([_allow(NotResource="arn:aws:s3:::*")], "allow"),
        ([_allow(NotResource=["arn:aws:s3:::*", "arn:aws:iam::*:role/path/*"])], "implicit-deny"),
        ([_allow(NotResource="*")], "implicit-deny"),
        ([_allow(), _deny(NotAction="iam:GetUser")], "explicit-deny"),
        ([_allow(), _deny(NotAction="iam:Get*")], "allow"),
        ([_allow(), _deny(NotResource="arn:aws:iam::*:role/*")], "allow"),
        ([_allow(), _deny(NotResource="arn:aws:iam::*:user/*")], "explicit-deny"),
        ([_allow(), _deny(NotResource="arn:aws:iam::1:role/${aws:username}")], "unknown"),
    ],
)
def test_a_negated_element_is_all_that_it_does_not_name(statements: list[dict[str, Any]], decision: str) -> None:
    """NotAction and NotResource, with Allow and with Deny."""
    assert evaluate(_read(*statements), "iam:GetRole", ROLE) == decision


def test_the_policies_of_an_identity_count_together() -> None:
    """What one allows another may deny, and without any policy nothing is allowed."""
    assert evaluate((_read(_allow(Action="iam:ListRoles")), _read(_allow())), "iam:GetRole", ROLE) == "allow"
    assert evaluate((_read(_allow()), _read(_deny(Action="iam:*"))), "iam:GetRole", ROLE) == "explicit-deny"
    assert evaluate((), "iam:GetRole", ROLE) == "implicit-deny"


NOT_KNOWN = {"StringEquals": {"aws:x": "${aws:username}"}}


@pytest.mark.parametrize(
    ("identity", "boundary", "decision"),
    [
        (_allow(), _allow(Action="*", Resource="*"), "allow"),
        (_allow(), _allow(Action="iam:ListRoles"), "implicit-deny"),
        (_allow(), _allow(Resource="arn:aws:s3:::*"), "implicit-deny"),
        (_allow(), _deny(), "explicit-deny"),
        (_allow(Action="iam:ListRoles"), _allow(), "implicit-deny"),
        (_allow(), _allow(Condition=NOT_KNOWN), "unknown"),
        (_allow(Condition=NOT_KNOWN), _allow(), "unknown"),
        (_allow(Condition=NOT_KNOWN), _allow(Action="iam:ListRoles"), "implicit-deny"),
        (_allow(), _allow(Note="an element that IAM does not have"), "unknown"),
    ],
)
def test_a_boundary_allows_nothing_and_limits_all(
    identity: dict[str, Any], boundary: dict[str, Any], decision: str
) -> None:
    """Both must allow, either may deny, and what is not known of one counts only where the other does not refuse."""
    assert evaluate(_read(identity), "iam:GetRole", ROLE, {"aws:x": "a"}, boundary=_read(boundary)) == decision


@pytest.mark.parametrize(
    ("version", "resource", "decision"),
    [
        ("2008-10-17", "arn:aws:s3:::${aws:username}", "allow"),
        ("2008-10-17", "arn:aws:s3:::a", "implicit-deny"),
        ("2012-10-17", "arn:aws:s3:::${aws:username}", "unknown"),
        ("2012-10-17", "arn:aws:s3:::a", "unknown"),
    ],
)
def test_the_old_version_has_no_variables(version: str, resource: str, decision: str) -> None:
    """In 2008-10-17 `${...}` is plain text, in a Resource and in a condition."""
    where = "arn:aws:s3:::${aws:username}"
    policy = _read(
        _allow(Resource=where, Condition={"StringEquals": {"aws:x": "${aws:username}"}}),
        version=version,
    )
    assert evaluate(policy, "iam:GetRole", resource, {"aws:x": "${aws:username}"}) == decision


@pytest.mark.parametrize(
    ("condition", "context", "decision"),
    [
        ({"NumericLessThan": {"s3:max-keys": 10}}, {"s3:max-keys": "9"}, "allow"),
        ({"NumericLessThan": {"s3:max-keys": 10}}, {"s3:max-keys": "10"}, "implicit-deny"),
        ({"NumericEquals": {"s3:max-keys": [1, 2.5]}}, {"s3:max-keys": "2.5"}, "allow"),
        ({"Bool": {"aws:SecureTransport": True}}, {"aws:SecureTransport": "true"}, "allow"),
        ({"Bool": {"aws:SecureTransport": False}}, {"aws:SecureTransport": "true"}, "implicit-deny"),
        ({"Null": {"aws:x": True}}, {}, "allow"),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}, {"aws:TagKeys": ("b", "a")}, "allow"),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}, {"aws:TagKeys": ("b", "a")}, "implicit-deny"),
        ({"StringEquals": {"aws:x": "a", "AWS:X": "b"}}, {"aws:x": "a"}, "unknown"),
    ],
)
def test_values_of_conditions(condition: dict[str, Any], context: dict[str, Any], decision: str) -> None:
    """Numbers and booleans are read as texts; a key may have many values; one key in two spellings is not guessed."""
    assert evaluate(_read(_allow(Condition=condition)), "iam:GetRole", ROLE, context) == decision


@pytest.mark.parametrize(
    ("policy", "decision"),
    [
        (_read(_allow(), _allow(Note="x")), "allow"),
        (_read(_allow(Note="x")), "unknown"),
        (_read(_allow(), _deny(Note="x", Action="s3:*")), "unknown"),
        (_read(_deny(Note="x")), "implicit-deny"),
        (_read({**_allow(), "Effect": "allow"}), "unknown"),
        (_read(_allow(), {**_allow(), "Effect": "deny"}), "unknown"),
        (_read(_allow(), version="2013-01-01"), "unknown"),
        (_read(_deny(), version="2013-01-01"), "unknown"),
        (read_policy("not JSON", "access"), "unknown"),
    ],
)
def test_what_may_mean_anything_is_not_guessed(policy: Policy, decision: str) -> None:
    """A statement or policy outside IAM's grammar may allow, and unless its Effect is Allow it may deny."""
    assert evaluate(policy, "iam:GetRole", ROLE) == decision
