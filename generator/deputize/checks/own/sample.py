"""The sample that the rules' good and bad cases are made from: one role that no rule has an error or warning for.

It is written out by hand, so that a mistake in the model cannot make a rule's good case wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from deputize.checks.own.subject import Expected, Ids, Subject, TrustSubject
from deputize.iam.policy import Condition, NamedPolicy, Policy, Statement, aws_principals
from deputize.iam.role import IamRole

VENDOR_ACCOUNT = "111122223333"
VENDOR_ROOT = f"arn:aws:iam::{VENDOR_ACCOUNT}:root"
VENDOR_ROLE = f"arn:aws:iam::{VENDOR_ACCOUNT}:role/reader"
EXTERNAL_ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
ROLE_ARN = "arn:aws:iam::*:role/example-a-company"

EXPECTED = Expected(
    vendor_account=VENDOR_ACCOUNT,
    roles=(VENDOR_ROLE,),
    pin=False,
    external_ids=(EXTERNAL_ID,),
    partition="aws",
    source_identity=False,
    tag_keys=(),
    allowed_secrets=(),
    tenant="a-company",
)
NEEDS_ID = Condition("StringEquals", "sts:ExternalId", (EXTERNAL_ID,))
ONLY_ROLE = Condition("ArnEquals", "aws:PrincipalArn", (VENDOR_ROLE,))
ENTER = Statement(
    "AssumeWithExternalId", "Allow", ("sts:AssumeRole",), (), aws_principals(VENDOR_ROOT), (NEEDS_ID, ONLY_ROLE)
)
READ_SELF = Statement(
    "ReadThisRole",
    "Allow",
    ("iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"),
    (ROLE_ARN,),
)
READ = Statement("Instances", "Allow", ("ec2:DescribeRegions", "ec2:DescribeVolumes"), ("*",))
ROLE = IamRole(
    name="example-a-company",
    path="/",
    description="Lets example read this account, with its external ID only.",
    max_session=3600,
    boundary=None,
    trust=Policy((ENTER,)),
    delivery="managed",
    policies=(NamedPolicy("example-a-company-access", Policy((READ_SELF, READ))),),
    managed_arns=(),
    tags=(("deputize:tenant", "a-company"), ("deputize:vendor", "example")),
)


def role(**changes: Any) -> Callable[[], Subject]:
    """A case: the sample role with some of its fields changed."""
    return lambda: Subject(replace(ROLE, **changes), EXPECTED)


def reads(*statements: Statement, **expected: Any) -> Callable[[], Subject]:
    """A case: the sample role with more access statements; `expected` changes what is expected of it."""
    policies = (NamedPolicy("example-a-company-access", Policy((READ_SELF, *statements))),)
    return lambda: Subject(replace(ROLE, policies=policies), replace(EXPECTED, **expected))


def allows(*actions: str, **expected: Any) -> Callable[[], Subject]:
    """A case: the sample role that may do `actions` everywhere."""
    return reads(Statement("More", "Allow", actions, ("*",)), **expected)


def attaches(*arns: str, **expected: Any) -> Callable[[], Subject]:
    """A case: the sample role with AWS managed policies attached."""
    return lambda: Subject(replace(ROLE, managed_arns=arns), replace(EXPECTED, **expected))


def trusts(*statements: Statement, **expected: Any) -> Callable[[], TrustSubject]:
    """A case: a trust policy of these statements."""
    return lambda: TrustSubject(Policy(statements), replace(EXPECTED, **expected))


def enters(**changes: Any) -> Callable[[], TrustSubject]:
    """A case: the sample's trust policy with some fields of its statement changed."""
    return trusts(replace(ENTER, **changes))


def needs(operator: str, *values: str, key: str = "sts:ExternalId") -> Callable[[], TrustSubject]:
    """A case: the sample's trust policy with another condition in place of the external ID's."""
    return enters(conditions=(Condition(operator, key, values), ONLY_ROLE))


def ids(*external_ids: str) -> Callable[[], Ids]:
    """A case: a tenant with these external IDs."""
    return lambda: Ids("a-company", external_ids)
