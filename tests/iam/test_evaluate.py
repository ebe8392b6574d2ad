from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deputize.iam.actions import pattern_regex
from deputize.iam.evaluate import evaluate
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
