"""Random access policies: reads, writes and secrets; Deny, NotAction, NotResource, wildcards, conditions, mistakes."""

from __future__ import annotations

from typing import Any

from frozen.dice import Dice

_READS = (
    "ec2:DescribeInstances",
    "ec2:DescribeVolumes",
    "ec2:Describe*",
    "EC2:describeregions",
    "s3:ListAllMyBuckets",
    "s3:GetBucketLocation",
    "s3:List*",
    "ce:GetCostAndUsage",
    "cloudwatch:GetMetricData",
    "lambda:ListFunctions",
    "rds:Describe*",
    "iam:GetRole",
    "iam:List*",
    "organizations:DescribeOrganization",
    "tag:GetResources",
)
_OTHERS = (
    "ec2:*Tags",
    "ec2:CreateTags",
    "ec2:DeleteTags",
    "ec2:TerminateInstances",
    "ec2:*",
    "s3:PutObject",
    "s3:GetObject",
    "s3:*",
    "s3:Get*",
    "dynamodb:Scan",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:Get*",
    "kms:Decrypt",
    "lambda:GetFunction",
    "lambda:GetFunctionConfiguration",
    "ecr:GetAuthorizationToken",
    "iam:PassRole",
    "iam:CreateAccessKey",
    "iam:PutRolePolicy",
    "iam:*",
    "sts:AssumeRole",
    "sts:GetSessionToken",
    "*",
    "*:Describe*",
    "ec2:DescribeInstancez",
    "ec3:DescribeInstances",
    "ec2:Descrbe*",
    "DescribeInstances",
    "s?:GetObject",
    "",
)
_RESOURCES: tuple[object, ...] = (
    "arn:aws:s3:::cost-reports",
    "arn:aws:s3:::cost-reports/*",
    ["arn:aws:s3:::cost-reports", "arn:aws:s3:::cost-reports/*"],
    "arn:aws:ec2:*:444455556666:instance/*",
    "arn:aws:iam::*:role/*",
    "arn:aws:iam::444455556666:role/reader",
    "arn:aws:ssm:*:*:parameter/app/*",
    "arn:aws-cn:s3:::cost-reports",
    ["*"],
    [],
    "reports",
)
_CONDITIONS: tuple[object, ...] = (
    {"Bool": {"aws:SecureTransport": "true"}},
    {"Bool": {"aws:SecureTransport": True}},
    {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}},
    {"StringEquals": {"ec2:ResourceTag/team": "${aws:PrincipalTag/team}"}},
    {"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/admin"}},
    {"NumericLessThanEquals": {"s3:max-keys": 10}},
    {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"StringEqual": {"aws:RequestedRegion": "eu-west-1"}},
    {"Null": {"aws:TokenIssueTime": "false"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}},
    {},
)
MANAGED = (
    "arn:aws:iam::aws:policy/SecurityAudit",
    "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess",
    "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "arn:aws:iam::aws:policy/AdministratorAccess",
    "arn:aws:iam::aws:policy/AWSBillingReadOnlyAccess",
    "arn:aws:iam::aws:policy/NoSuchPolicy",
    "arn:aws-cn:iam::aws:policy/SecurityAudit",
    "arn:aws:iam::444455556666:policy/Reader",
    "SecurityAudit",
)
SECRETS = ("ssm:GetParameter", "secretsmanager:GetSecretValue", "lambda:GetFunction")


def access(dice: Dice) -> dict[str, Any]:
    """An access policy."""
    many = [_statement(dice) for _ in range(dice.pick((1, 1, 2, 2, 3)))]
    statements: object = many[0] if len(many) == 1 and dice.chance(20) else many
    made: dict[str, Any] = {"Version": "2012-10-17", "Statement": statements}
    match dice.below(25):
        case 0:
            del made["Version"]
        case 1:
            made["Version"] = "2008-10-17"
        case 2:
            made["Id"] = "access"
    return made


def managed(dice: Dice) -> list[str]:
    """None, or some managed policies' ARNs."""
    return dice.some(MANAGED, 2) if dice.chance(30) else []


def _statement(dice: Dice) -> dict[str, Any]:
    what = dice.some((*_READS, *_READS, *_OTHERS), 4)
    made: dict[str, Any] = {"Effect": "Allow", "Action": what, "Resource": "*"}
    if dice.chance(22):
        made["Effect"] = "Deny"
    if len(what) == 1 and dice.chance(50):
        made["Action"] = what[0]
    if dice.chance(10):
        made["NotAction"] = made.pop("Action")
    if dice.chance(35):
        made["Resource"] = dice.pick(_RESOURCES)
    if dice.chance(8):
        made["NotResource"] = made.pop("Resource")
    if dice.chance(20):
        made["Condition"] = dice.pick(_CONDITIONS)
    if dice.chance(30):
        made["Sid"] = dice.pick(("Read", "Costs1", "not a sid"))
    _spoil(dice, made)
    return made


def _spoil(dice: Dice, made: dict[str, Any]) -> None:
    match dice.below(60):
        case 0:
            made["effect"] = made.pop("Effect")
        case 1:
            made.pop("Resource", None)
        case 2:
            made["condition"] = {}
        case 3:
            made.pop("Action", None)
        case 4:
            made["Effect"] = "allow"
