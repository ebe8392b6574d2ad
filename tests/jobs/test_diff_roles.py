"""`compare_roles`: what one version of a role can do that another cannot, both ways, whatever the spelling."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from deputize.jobs.diff.changes import ChangeGrade, RoleChanges
from deputize.jobs.diff.compare import compare_roles
from deputize.jobs.diff.text import role_text
from deputize.model.world import FoundRole, NotUnderstood, Place
from deputize.read.any import read_any

TENANT = "tenant-8b1e7c35-secret"


def role(*statements: dict[str, Any], ids: object = TENANT, session: int = 3600, head: str = "") -> FoundRole:
    """A role of a template with these statements."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": "sts:AssumeRole",
                **({} if ids is None else {"Condition": {"StringEquals": {"sts:ExternalId": ids}}}),
            }
        ],
    }
    policy = {"PolicyName": "read", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}
    properties = {"AssumeRolePolicyDocument": trust, "Policies": [policy], "MaxSessionDuration": session}
    parameters = {name: {"Type": "String"} for name in (*head.split(), "Bucket", "ExternalId")}
    template = {"Parameters": parameters, "Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": properties}}}
    (found,) = read_any(json.dumps(template, indent=1).encode(), "role.json", {}).roles
    return found


def allow(action: object, resource: object = "*", **more: object) -> dict[str, Any]:
    """One Allow."""
    return {"Sid": "One", "Effect": "Allow", "Action": action, "Resource": resource, **more}


BASE = (allow(["s3:ListBucket", "ec2:DescribeInstances"]), allow("s3:GetObject", "arn:aws:s3:::logs/*"))
SPELLED = {
    "same": BASE,
    "reordered": BASE[::-1],
    "case": (allow(["S3:listbucket", "EC2:DescribeINSTANCES"]), BASE[1]),
    "sid": ({**BASE[0], "Sid": "Other"}, BASE[1]),
    "split": (allow(["s3:ListBucket"]), allow("ec2:DescribeInstances"), BASE[1]),
}


@pytest.mark.parametrize("spelled", SPELLED.values(), ids=SPELLED)
def test_another_spelling_is_no_change(spelled: tuple[dict[str, Any], ...]) -> None:
    """Order, case, Sid and how statements are split change nothing, in both directions."""
    assert not compare_roles(role(*BASE), role(*spelled)).is_any
    assert not compare_roles(role(*spelled), role(*BASE)).is_any


def test_an_added_allow_is_wider_and_narrower_the_other_way() -> None:
    """What comes one way goes the other, with the same example."""
    more = (*BASE, allow("secretsmanager:GetSecretValue"))
    there, back = compare_roles(role(*BASE), role(*more)), compare_roles(role(*more), role(*BASE))
    (one,) = there.wider
    assert (one.actions, one.grade) == (("secretsmanager:GetSecretValue",), ChangeGrade.SECRET)
    assert one.request is not None
    assert one.place is not None
    assert not there.narrower
    assert back.narrower == there.wider
    assert not back.is_wider


def test_an_added_deny_is_never_wider() -> None:
    """It only takes away."""
    denied = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/private/*"}
    found = compare_roles(role(*BASE), role(*BASE, denied))
    assert not found.is_wider
    assert found.narrower


def test_the_gravest_comes_first() -> None:
    """Secrets, then what is not proved to read, then data."""
    more = (allow("s3:GetObject"), allow("ec2:RunInstances"), allow("secretsmanager:GetSecretValue"))
    grades = [one.grade for one in compare_roles(role(*BASE), role(*BASE, *more)).wider]
    assert grades == [ChangeGrade.SECRET, ChangeGrade.NOT_READ, ChangeGrade.DATA]


def test_who_may_enter_is_told_without_an_id() -> None:
    """A dropped ID lets in whoever sends none; a second one is named by its place."""
    dropped = compare_roles(role(*BASE), role(*BASE, ids=None))
    assert dropped.trust.wider
    second = compare_roles(role(*BASE), role(*BASE, ids=[TENANT, "other-tenant-id-0001"]))
    assert [one.sends for one in second.trust.wider] == ["the external ID that it lists as number 2"]
    for found in (dropped, second):
        text = role_text(found) + repr(found)
        assert TENANT not in text
        assert "other-tenant" not in text


def test_session_and_a_dropped_boundary_are_told() -> None:
    """What is no policy is compared too."""
    (longer,) = compare_roles(role(*BASE), role(*BASE, session=7200)).fields
    assert longer.is_wider
    (shorter,) = compare_roles(role(*BASE, session=7200), role(*BASE)).fields
    assert not shorter.is_wider


def bucket(name: str) -> dict[str, Any]:
    """Reads of the bucket that a parameter names."""
    return allow("s3:GetObject", {"Fn::Sub": f"arn:aws:s3:::${{{name}}}/*"})


def test_a_parameter_of_both_files_is_one_unknown() -> None:
    """Whatever comes before it; another parameter is another, though its reader gave it the same stand-in."""
    before = role(bucket("Bucket"), ids={"Ref": "ExternalId"})
    moved = role(bucket("First"), bucket("Bucket"), ids={"Ref": "ExternalId"}, head="First")
    assert not compare_roles(moved, before).is_wider
    other = compare_roles(before, role(bucket("First"), ids={"Ref": "ExternalId"}, head="First"))
    assert other.is_wider
    assert "${First}" in role_text(other)


def test_what_cannot_be_read_counts_as_wider() -> None:
    """A policy that is not understood is never one that allows nothing."""
    odd = deepcopy(BASE[0])
    odd["Effect"] = "Maybe"
    assert compare_roles(role(*BASE), role(*BASE, odd)).untold


def test_text_makes_hostile_values_inert() -> None:
    """A terminal acts on nothing."""
    found = compare_roles(role(*BASE), role(*BASE, allow("s3:PutObject", "arn:aws:s3:::a\u202eb/*")))
    assert isinstance(found, RoleChanges)
    assert "\u202e" not in role_text(found)


def test_an_external_id_in_an_access_policy_is_not_told() -> None:
    """Neither as a condition nor in the example."""
    statement = allow("ec2:DescribeInstances", Condition={"StringEquals": {"sts:ExternalId": TENANT}})
    found = compare_roles(role(), role(statement))
    assert found.is_wider
    assert TENANT not in role_text(found)
    assert TENANT not in repr(found)


def test_too_much_to_tell_apart_is_not_proved() -> None:
    """It counts as wider, and is no traceback."""
    many = allow("s3:GetObject", [f"arn:aws:s3:::*{letter}*x" for letter in "abcdefghij"])
    found = compare_roles(role(many), role(allow(["s3:GetObject", "s3:ListBucket"])))
    assert found.is_wider


def test_a_role_whose_branches_are_not_told_apart_is_not_proved() -> None:
    """Two unions of statements may be alike though no branch of the one is a branch of the other."""
    whole = replace(role(*BASE), limit=NotUnderstood(Place("role.json", 1, 1), "depends on the conditions"))
    assert compare_roles(whole, whole).untold
