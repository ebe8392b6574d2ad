"""A role whose conditions go together in too many ways: all that any of them allows, and only what all of them deny."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deputize.model.world import FoundRole
from deputize.read.any import read_any
from deputize.read.cloudformation import resolver

NAMES = "ABCDEFG"
LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
NOTHING = {"Ref": "AWS::NoValue"}


def statement(action: str, effect: str = "Allow") -> dict[str, str]:
    """On every resource."""
    return {"Effect": effect, "Action": action, "Resource": "*"}


def where(condition: str, value: object, otherwise: object = NOTHING) -> dict[str, object]:
    """One of two values."""
    return {"Fn::If": [condition, value, otherwise]}


def policy(*statements: object) -> dict[str, object]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": [*statements]}


MANY = policy(*(where(name, statement(f"sqs:Get{name}")) for name in NAMES))


def roles(
    trust: object = LAMBDA, *, conditions: str = NAMES, also: Any = None, **properties: object
) -> list[FoundRole]:
    """The role of a template with these properties, and other resources beside it."""
    given = {"AssumeRolePolicyDocument": policy(trust), **properties}
    text = {
        "Parameters": {name: {"Type": "String"} for name in conditions},
        "Conditions": {name: {"Fn::Equals": [{"Ref": name}, "yes"]} for name in conditions},
        "Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": given}, **(also or {})},
    }
    found = read_any(json.dumps(text).encode(), "file.json", {})
    assert not found.refused, found.refused
    return [*found.roles]


def statements(role: FoundRole) -> list[Any]:
    """Of all its policies."""
    return [one for each in role.policies for one in each.document.value["Statement"]]  # type: ignore[index]


def actions(role: FoundRole) -> list[str]:
    """Of all its policies, those that are denied with a minus."""
    return [("" if one["Effect"] == "Allow" else "-") + one["Action"] for one in statements(role)]


def test_an_allow_counts_where_some_branch_has_it() -> None:
    """There is one role, with every statement, each where it stands in the file, and why it is one."""
    (role,) = roles(Policies=[{"PolicyName": "p", "PolicyDocument": MANY}])
    assert actions(role) == [f"sqs:Get{name}" for name in NAMES]
    assert role.limit is not None
    assert role.limit.what == "depends on the conditions in more than 64 ways"
    (found,) = role.policies
    columns = [found.document.place(("Statement", at, "Action")).column for at in range(len(NAMES))]
    assert columns == sorted(set(columns))


def test_a_deny_counts_where_every_branch_has_it() -> None:
    """An optional one, one of an optional policy, and one that is otherwise in some branch take nothing away."""
    document = policy(
        *MANY["Statement"],  # type: ignore[misc]
        statement("sqs:*", "Deny"),
        where("A", statement("s3:*", "Deny")),
        statement(where("B", "ec2:*", "ecs:*"), "Deny"),  # type: ignore[arg-type]
        where("C", statement("sns:Get*"), statement("sns:*", "Deny")),
    )
    optional = where("D", {"PolicyName": "q", "PolicyDocument": policy(statement("iam:*", "Deny"), statement("a:b"))})
    (role,) = roles(Policies=[{"PolicyName": "p", "PolicyDocument": document}, optional])
    assert actions(role)[len(NAMES) :] == ["-sqs:*", "sns:Get*", "a:b"]


def test_policies_of_their_own() -> None:
    """Those that the role has in some branch are its own, by name or attached, and so is what is attached to it."""
    named = {"PolicyName": "x", "PolicyDocument": policy(statement("s3:Get*"), statement("s3:*", "Deny"))}
    managed = {"PolicyDocument": policy(statement("ec2:Get*")), "Roles": [{"Ref": "R"}]}
    also = {
        "Own": {"Type": "AWS::IAM::Policy", "Condition": "A", "Properties": {**named, "Roles": [{"Ref": "R"}]}},
        "Other": {"Type": "AWS::IAM::Policy", "Properties": {**named, "Roles": ["another"]}},
        "Managed": {"Type": "AWS::IAM::ManagedPolicy", "Properties": managed},
    }
    arns = [where("B", "arn:aws:iam::aws:policy/SecurityAudit"), "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"]
    (role,) = roles(also=also, Policies=[{"PolicyName": "p", "PolicyDocument": MANY}], ManagedPolicyArns=arns)
    assert actions(role)[len(NAMES) :] == ["s3:Get*", "ec2:Get*"]
    assert [one.value.rpartition("/")[2] for one in role.managed] == ["SecurityAudit", "ViewOnlyAccess"]


def test_who_may_assume_it_is_told_branch_by_branch() -> None:
    """The trust policy is never put together: a condition in it makes two roles."""
    vendor = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
    found = roles(where("A", LAMBDA, vendor), Policies=[{"PolicyName": "p", "PolicyDocument": MANY}])
    assert [one.branch for one in found] == ["A", "not A"]
    assert all(len(one.trust.value["Statement"]) == 1 for one in found if one.trust)  # type: ignore[index]


@pytest.mark.parametrize("wraps", ["document", "policy", "statement", "action"])
def test_it_may_do_what_it_may_in_any_branch(wraps: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a role that can be read in both ways: each Allow of a branch is there, and each Deny is in every branch."""
    yes, no = (
        policy(statement("a:Yes"), statement("d:Yes", "Deny")),
        policy(statement("a:No"), statement("d:*", "Deny")),
    )
    given = [
        {"document": {"PolicyName": "p", "PolicyDocument": where(name, yes, no)},
         "policy": where(name, {"PolicyName": "p", "PolicyDocument": yes}, {"PolicyName": "p", "PolicyDocument": no}),
         "statement": {"PolicyName": "p", "PolicyDocument": policy(
             *(where(name, one, other) for one, other in zip(yes["Statement"], no["Statement"], strict=True)))},  # type: ignore[call-overload]
         "action": {"PolicyName": "p", "PolicyDocument": policy(
             statement(where(name, "a:Yes", "a:No")), statement(where(name, "d:Yes", "d:*"), "Deny"))},  # type: ignore[arg-type]
        }[wraps]
        for name in "AB"
    ]  # fmt: skip
    each = roles(conditions="AB", Policies=given)
    assert len(each) == 4
    monkeypatch.setattr(resolver, "MAX_BRANCHES", 3)
    (whole,) = roles(conditions="AB", Policies=given)
    assert whole.limit is not None
    for one in each:
        assert all(item in statements(whole) for item in statements(one) if item["Effect"] == "Allow")
        assert all(item in statements(one) for item in statements(whole) if item["Effect"] == "Deny")
