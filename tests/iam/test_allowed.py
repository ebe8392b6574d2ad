from __future__ import annotations

from typing import Any

import pytest

from deputize.iam.allowed import Allowed, IdentityPolicy, allowed_by, attached_policy
from deputize.iam.exposure import Grade
from deputize.iam.grammar import read_policy
from deputize.iam.policy import path_of
from deputize.iam.read_only import reads_only

NEW, OLD = "2012-10-17", "2008-10-17"
A_BUCKET = "arn:aws:s3:::a"
IF_A = {"StringEquals": {"aws:k": "a"}}


def _policy(*statements: dict[str, Any], version: str = NEW, stand_ins: tuple[str, ...] = ()) -> IdentityPolicy:
    document = {"Version": version, "Statement": list(statements)}
    return IdentityPolicy("p", read_policy(document, "access", stand_ins), stand_ins)


def _allow(*actions: str, on: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def _deny(*actions: str, on: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": on, **more}


def _beyond(allowed: Allowed) -> list[str]:
    return sorted({one.action for beyond in reads_only(allowed).beyond for one in beyond.actions})


def _reasons(*policies: IdentityPolicy, boundary: IdentityPolicy | None = None) -> list[str]:
    return [one.reason for one in allowed_by(policies, boundary).unproved]


TAGS = ["ec2:CreateTags", "ec2:DeleteTags"]
ON_INSTANCES = "arn:aws:ec2:*:*:instance/*"


def test_a_permission_knows_its_source() -> None:
    """The pattern has its path, and the statement's resources and conditions are the permission's."""
    allow = _allow("ec2:*Tags", "s3:PutObject", on=[f"{A_BUCKET}/*"], Condition=IF_A)
    tags, put = allowed_by((_policy(_deny("iam:*")), _policy(allow))).permissions
    assert (tags.policy, tags.pattern, path_of(tags.pattern)) == (1, "ec2:*Tags", ("Statement", 0, "Action", 0))
    assert set(TAGS) < set(tags.actions)
    assert (put.resources, put.not_resource, put.conditions[0].key) == ((f"{A_BUCKET}/*",), False, "aws:k")
    assert put.actions == ("s3:PutObject",)


def test_not_action_is_everything_else() -> None:
    """An Allow with NotAction is one permission without a pattern, for all that is not named."""
    allow = {"Effect": "Allow", "NotAction": ["ec2:*", "iam:*"], "NotResource": A_BUCKET}
    (found,) = allowed_by((_policy(allow),)).permissions
    assert (found.pattern, found.not_resource) == ("", True)
    assert "s3:PutObject" in found.actions
    assert not any(one.startswith(("ec2:", "iam:")) for one in found.actions)


@pytest.mark.parametrize(
    ("allow", "denies"),
    [
        (_allow("ec2:*Tags"), [_deny(*TAGS)]),
        (_allow("ec2:*Tags"), [_deny("EC2:createtags"), _deny("ec2:Del*")]),
        (_allow("ec2:*Tags", on=ON_INSTANCES), [_deny(*TAGS, on="arn:aws:ec2:*")]),
        (_allow("ec2:*Tags", on=["arn:aws:ec2:*:*:a", "arn:aws:ec2:*:*:b"]), [_deny("*", on="arn:aws:ec2:*:*:?")]),
        (
            _allow("ec2:*Tags", on=["arn:aws:ec2:*:*:a", "arn:aws:ec2:*:*:b"]),
            [_deny("*", on="arn:aws:ec2:*:*:a"), _deny("*", on="arn:aws:ec2:*:*:b*")],
        ),
        (
            _allow("ec2:*Tags", on=ON_INSTANCES),
            [{"Effect": "Deny", "Action": "ec2:*", "NotResource": "arn:aws:s3:::*"}],
        ),
        (_allow("ec2:*Tags", on=ON_INSTANCES), [{"Effect": "Deny", "NotAction": "ec2:Describe*", "Resource": "*"}]),
        (
            {"Effect": "Allow", "Action": "ec2:*Tags", "NotResource": "arn:aws:ec2:*"},
            [{"Effect": "Deny", "Action": "*", "NotResource": ON_INSTANCES}],
        ),
        ({"Effect": "Allow", "Action": "ec2:*Tags", "NotResource": "*"}, []),
        (_allow("ec2:*Tags", Condition=IF_A), [_deny("*", Condition=IF_A)]),
        (
            _allow("ec2:*Tags", Condition={**IF_A, "Bool": {"aws:SecureTransport": True}}),
            [_deny("*", Condition={"StringEquals": {"AWS:K": ["a"]}})],
        ),
        (_allow("ec2:*Tags", on="arn:aws:ec2:::${aws:username}"), [_deny("*", on="arn:aws:ec2:::${aws:username}")]),
    ],
)
def test_a_deny_that_nothing_escapes_takes_the_action_away(allow: dict[str, Any], denies: list[dict[str, Any]]) -> None:
    """All of the permission's resources are denied, under no condition that the Allow does not have too."""
    assert _beyond(allowed_by((_policy(allow), _policy(*denies, _deny("iam:*"))))) == []


@pytest.mark.parametrize(
    ("allow", "deny"),
    [
        (_allow("ec2:CreateTags"), _deny("ec2:CreateTags", on=ON_INSTANCES)),
        (_allow("ec2:CreateTags"), _deny("ec2:CreateTags", on="arn:*:*:*:*:*")),
        (_allow("ec2:CreateTags"), _deny("ec2:CreateTags", Condition=IF_A)),
        (_allow("ec2:CreateTags", Condition=IF_A), _deny("*", Condition={"StringEquals": {"aws:k": "b"}})),
        (_allow("ec2:CreateTags", Condition=IF_A), _deny("*", Condition={"StringLike": {"aws:k": "a"}})),
        (_allow("ec2:CreateTags", Condition={"StringEquals": {"aws:k": ["a", "b"]}}), _deny("*", Condition=IF_A)),
        (
            _allow("ec2:CreateTags", Condition={"StringEquals": {"aws:k": "a", "AWS:K": "b"}}),
            _deny("*", Condition=IF_A),
        ),
        (_allow("ec2:CreateTags", on=ON_INSTANCES), {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:ec2:*"}),
        ({"Effect": "Allow", "Action": "ec2:CreateTags", "NotResource": ON_INSTANCES}, _deny("*", on="arn:aws:*")),
        (
            {"Effect": "Allow", "Action": "ec2:CreateTags", "NotResource": ON_INSTANCES},
            {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:ec2:*"},
        ),
        (
            {"Effect": "Allow", "Action": "ec2:CreateTags", "NotResource": ON_INSTANCES},
            {"Effect": "Deny", "Action": "*", "NotResource": [ON_INSTANCES, "arn:aws:ec2:*:*:subnet/*"]},
        ),
        (_allow("ec2:CreateTags"), {"Effect": "Deny", "NotAction": ["ec2:Create*", "s3:*"], "Resource": "*"}),
        (_allow("ec2:CreateTags"), {"Effect": "Deny", "NotAction": "\u212bc2:CreateTags", "Resource": "*"}),
        (_allow("ec2:CreateTags"), _deny("ec2:CreateTag", "ec2:DeleteTags")),
        (_allow("ec2:CreateTags"), _deny("ec2:CreateTags", Note="an element that IAM does not have")),
        (_allow("ec2:CreateTags"), _deny("ec2:CreateTags", on=["*", "arn:aws:ec2:::${aws:username}"])),
        (_allow("ec2:CreateTags", on="arn:aws:ec2:::a"), _deny("*", on="arn:aws:ec2:::${aws:username}")),
    ],
)
def test_a_deny_that_something_escapes_takes_nothing_away(allow: dict[str, Any], deny: dict[str, Any]) -> None:
    """Other resources, a condition, other actions, or what is not understood leave the action allowed."""
    assert _beyond(allowed_by((_policy(allow, deny),))) == ["ec2:CreateTags"]


def test_the_same_variable_in_another_version_is_another_resource() -> None:
    """In a policy of the old version `${...}` is plain text, so that its Deny does not meet the Allow."""
    where = "arn:aws:ec2:::${aws:username}"
    policies = (_policy(_allow("ec2:CreateTags", on=where)), _policy(_deny("*", on=where), version=OLD))
    assert _beyond(allowed_by(policies)) == ["ec2:CreateTags"]


def test_a_condition_never_makes_a_write_a_read() -> None:
    """An Allow under whatever condition counts as an Allow."""
    never = {"Null": {"aws:k": True}, "StringEquals": {"aws:k": "a"}}
    assert _beyond(allowed_by((_policy(_allow("s3:PutObject", Condition=never)),))) == ["s3:PutObject"]


@pytest.mark.parametrize(
    ("boundary", "left"),
    [
        ([_allow("s3:Get*")], []),
        ([_allow("s3:*")], ["s3:PutObject"]),
        ([_allow("s3:*", on="arn:aws:s3:::b*")], []),
        ([_allow("s3:*", on="arn:aws:s3:::*", Condition=IF_A)], ["s3:PutObject"]),
        ([_allow("s3:*"), _deny("s3:Put*")], []),
        ([{"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}], []),
        ([{"Effect": "Allow", "NotAction": "ec2:*", "NotResource": "arn:aws:s3:::*"}], []),
        ([{"Effect": "Allow", "NotAction": "ec2:*", "NotResource": "arn:aws:s3:::a/?"}], ["s3:PutObject"]),
        ([{"Effect": "Allow", "Action": "*", "NotResource": "*"}], []),
        ([_allow("s3:Get*", Note="not understood")], ["s3:PutObject"]),
    ],
)
def test_a_boundary_takes_away_what_it_cannot_allow(boundary: list[dict[str, Any]], left: list[str]) -> None:
    """An action stays where some statement of the boundary may allow it on the permission's resources."""
    mine = _policy(_allow("s3:PutObject", on="arn:aws:s3:::a/*"))
    assert _beyond(allowed_by((mine,), _policy(*boundary))) == left


def test_a_boundary_that_was_not_read_does_not_count() -> None:
    """Without its text a boundary takes nothing away."""
    mine = _policy(_allow("s3:PutObject"))
    assert _beyond(allowed_by((mine,), IdentityPolicy("arn:aws:iam::444455556666:policy/b", None))) == ["s3:PutObject"]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (_allow("ec3:DescribeTags"), "no-service"),
        (_allow("ec2:DescribeTag"), "no-action"),
        (_allow("ec2:Descrbe*"), "dead-wildcard"),
        (_allow("ec2:unknown0001"), "symbolic"),
        (_allow("*:DescribeTags"), "all-services"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "not-action"),
        (_allow("ec2:DescribeTags", Note="x"), "statement"),
        ({"Effect": "allow", "Action": "ec2:DescribeTags", "Resource": "*"}, "statement"),
        (_deny("ec2:DescribeTags", Principal="*"), "statement"),
    ],
)
def test_what_is_not_proved_has_its_reason(statement: dict[str, Any], reason: str) -> None:
    """Unknown names, stand-ins, what AWS adds next, and statements that may mean anything."""
    assert _reasons(_policy(statement, stand_ins=("unknown0001",))) == [reason]


def test_a_policy_that_is_not_understood_or_not_read() -> None:
    """A version that AWS does not document, and a managed policy without a snapshot."""
    assert _reasons(_policy(_allow("ec2:DescribeTags"), version="2013-01-01")) == ["policy"]
    assert _reasons(attached_policy("arn:aws:iam::aws:policy/NoSuchPolicy")) == ["unread"]
    assert _reasons(attached_policy("arn:aws:iam::444455556666:policy/SecurityAudit")) == ["unread"]


@pytest.mark.parametrize(
    ("limit", "boundary"),
    [
        ({"Effect": "Deny", "NotAction": "ec2:Describe*", "Resource": "*"}, None),
        (_deny("*"), None),
        (_deny("iam:*"), [_allow("ec2:Describe*")]),
    ],
)
def test_what_aws_adds_next_may_be_denied(limit: dict[str, Any], boundary: list[dict[str, Any]] | None) -> None:
    """Neither NotAction nor a pattern over services is unproved where all but named services is denied."""
    allows = (_allow("*"), {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    assert _reasons(_policy(*allows, limit), boundary=None if boundary is None else _policy(*boundary)) == []


def test_a_not_action_over_services_leaves_what_aws_adds_next() -> None:
    """A Deny of all but `*:Describe*` keeps the services that are yet to come."""
    deny = {"Effect": "Deny", "NotAction": "*:Describe*", "Resource": "*"}
    assert _reasons(_policy(_allow("*"), deny)) == ["all-services"]


def test_an_aws_managed_policy_counts_by_its_snapshot() -> None:
    """SecurityAudit reads, with names of services that are gone; PowerUserAccess does not; a Deny reaches into both."""
    audit, power = (attached_policy(f"arn:aws:iam::aws:policy/{name}") for name in ("SecurityAudit", "PowerUserAccess"))
    assert reads_only(allowed_by((audit,))).is_proved
    proof = reads_only(allowed_by((power,)))
    assert [one.reason for one in proof.unproved] == ["not-action"]
    assert "s3:PutObject" in _beyond(allowed_by((power,)))
    only_reads = {"Effect": "Deny", "NotAction": ["ec2:DescribeTags", "s3:GetObject"], "Resource": "*"}
    assert reads_only(allowed_by((audit, power, _policy(only_reads)))).is_proved


def test_secrets_and_data_are_told_where_they_are_allowed() -> None:
    """What is denied everywhere is not handed out; the rest is told with its grade and permission."""
    policy = _policy(_allow("ssm:GetP*", "s3:GetObject", "secretsmanager:GetSecretValue"), _deny("ssm:*"))
    exposed = reads_only(allowed_by((policy,))).exposed
    found = {one.permission.pattern: [line.action for line in one.reads] for one in exposed}
    assert found == {
        "s3:GetObject": ["s3:GetObject"],
        "secretsmanager:GetSecretValue": ["secretsmanager:GetSecretValue"],
    }
    assert [len(one.of_grade(Grade.SECRET)) for one in exposed] == [0, 1]


def test_every_deny_is_told() -> None:
    """Also one that takes nothing away, with the policy that it is in; None is the boundary."""
    allowed = allowed_by((_policy(_deny("ec2:*"), _deny("s3:*", Condition=IF_A)),), _policy(_deny("iam:*")))
    assert [(one.policy, one.is_total) for one in allowed.denials] == [(0, True), (0, False), (None, True)]
