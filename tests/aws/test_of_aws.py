"""Whose an attached policy is: AWS's own by its account, whatever a customer's path or name spells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deputize.aws.live_role import LiveRole
from deputize.checks.access_verdict import access_verdict
from deputize.checks.judge import judge
from deputize.iam.arn import RoleArn, is_aws_managed
from deputize.model.expectations import Expectation, Expectations
from deputize.model.world import World
from deputize.read.world import raw_role

THEIRS = ("arn:aws:iam::aws:policy/SecurityAudit", "arn:aws-cn:iam::aws:policy/job-function/ViewOnlyAccess")
OWN = (
    "arn:aws:iam::444455556666:policy/Reader",
    "arn:aws:iam::444455556666:policy/:iam::aws:policy/SecurityAudit",
    "arn:aws:iam::444455556666:policy/arn:aws:iam::aws:policy/SecurityAudit",
    "arn:aws:iam::444455556666:policy/x/arn:aws:iam::aws:policy/ReadOnlyAccess",
)


@pytest.mark.parametrize("arn", [*THEIRS, *OWN])
def test_whose_a_policy_is(arn: str) -> None:
    """The account in its ARN tells, and nothing behind that."""
    assert is_aws_managed(arn) is (arn in THEIRS)


@pytest.mark.parametrize("arn", [*THEIRS, *OWN])
def test_the_digest_holds_the_text_of_a_customers_policy(arn: str) -> None:
    """AWS may change its own without the role being another one; a customer may not, whatever the path."""

    def digest(action: str) -> str:
        text = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}
        role = LiveRole(arn="arn:aws:iam::444455556666:role/r", role_id="AROA1", trust={})
        return replace(role, documents={f"policy {arn}": text}).digest()

    assert (digest("ec2:DescribeInstances") == digest("s3:*")) is (arn in THEIRS)


@pytest.mark.parametrize("arn", [*THEIRS, *OWN])
def test_an_action_nobody_knows_is_proved_in_no_customers_policy(arn: str) -> None:
    """In AWS's own policies stand names that only AWS knows; in a customer's nothing is proved of them."""
    text = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:DescribeNobody", "Resource": "*"}}
    role = raw_role(RoleArn("aws", "444455556666", "/", "r"), {}, {f"policy {arn}": text})
    (found,) = judge(World((role,)), Expectations(Expectation(), all_roles=True))
    assert bool(access_verdict(found).unproved) is (arn in OWN)
