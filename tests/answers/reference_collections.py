"""Templates in the manner of AWS's reference collections: kinds of roles, each written in several constructs.

Of each there is a twin with one planted fault: the role lets a vendor in who sends no external ID.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

VENDOR = "111122223333"
_ACCOUNT = {"Ref": "SomeAccountId"}
_PARTITION = "arn:${AWS::Partition}"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of role. principal: whom it trusts. allows: actions on resources. more: other properties of the role.

    own: parameters that the caller says are accounts of his own. sections: of the template.
    """

    principal: Json
    allows: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    own: bool = False
    actions: tuple[str, ...] = ("sts:AssumeRole",)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    sections: Mapping[str, Any] = field(default_factory=dict)


def _service(name: str, **allows: Any) -> Kind:
    return Kind({"Service": f"{name}.amazonaws.com"}, {key.replace("__", ":"): value for key, value in allows.items()})


def _managed(*names: str) -> Json:
    return {"ManagedPolicyArns": [{"Fn::Sub": f"{_PARTITION}:iam::aws:policy/{one}"} for one in names]}


_LOGS = {"Fn::Sub": f"{_PARTITION}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:/aws/lambda/*"}
_EXECUTION = {"Fn::Sub": f"{_PARTITION}:iam::*:role/AWSCloudFormationStackSetExecutionRole"}
_ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}
_LINKED = "arn:aws:iam::777788889999:role/aws-service-role/stacksets.cloudformation.amazonaws.com/AWSServiceRole"

KINDS: Mapping[str, Kind] = {
    "lambda": _service("lambda", logs__CreateLogStream=_LOGS, dynamodb__PutItem="*"),
    "lambda-edge": Kind({"Service": ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]}, {"logs:PutLogEvents": "*"}),
    "ecs-task": _service("ecs-tasks", s3__PutObject="*", sqs__SendMessage="*"),
    "ecs-execution": Kind(
        {"Service": "ecs-tasks.amazonaws.com"},
        {"secretsmanager:GetSecretValue": "*"},
        _managed("service-role/AmazonECSTaskExecutionRolePolicy"),
    ),
    "ec2": Kind({"Service": "ec2.amazonaws.com"}, {"ssm:GetParameter": "*"}, _managed("AmazonSSMManagedInstanceCore")),
    "codebuild": _service("codebuild", ecr__PutImage="*", s3__PutObject="*", logs__CreateLogGroup="*"),
    "codepipeline": _service("codepipeline", codebuild__StartBuild="*", s3__PutObject="*"),
    "cloudformation": Kind({"Service": "cloudformation.amazonaws.com"}, {}, _managed("AdministratorAccess")),
    "events": _service("events", states__StartExecution="*"),
    "scheduler": Kind(
        {"Service": "scheduler.amazonaws.com"},
        {"lambda:InvokeFunction": "*"},
        conditions={"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    ),
    "step-functions": _service("states", lambda__InvokeFunction="*", xray__PutTraceSegments="*"),
    "glue": Kind({"Service": "glue.amazonaws.com"}, {"s3:PutObject": "*"}, _managed("service-role/AWSGlueServiceRole")),
    "sagemaker": Kind({"Service": "sagemaker.amazonaws.com"}, {}, _managed("AmazonSageMakerFullAccess")),
    "config-recorder": Kind({"Service": "config.amazonaws.com"}, {}, _managed("service-role/AWS_ConfigRole")),
    "flow-logs": _service("vpc-flow-logs", logs__CreateLogGroup="*", logs__PutLogEvents="*"),
    "cloudtrail": _service("cloudtrail", logs__PutLogEvents="*"),
    "backup": Kind(
        {"Service": "backup.amazonaws.com"}, {}, _managed("service-role/AWSBackupServiceRolePolicyForBackup")
    ),
    "eks-pod": Kind(
        {"Service": "pods.eks.amazonaws.com"}, {"s3:GetObject": "*"}, actions=("sts:AssumeRole", "sts:TagSession")
    ),
    "automation": _service("ssm", ec2__StopInstances="*", rds__StopDBInstance="*"),
    "stacksets-administration": Kind(
        {"Service": "cloudformation.amazonaws.com"},
        {"sts:AssumeRole": _EXECUTION},
        {"RoleName": "AWSCloudFormationStackSetAdministrationRole"},
    ),
    "stacksets-execution": Kind(
        {"AWS": _ACCOUNT},
        {},
        {"RoleName": "AWSCloudFormationStackSetExecutionRole", **_managed("AdministratorAccess")},
    ),
    "stacksets-linked": Kind({"AWS": _LINKED}, {}, _managed("AdministratorAccess")),
    "control-tower": Kind(
        {"AWS": {"Fn::Sub": f"{_PARTITION}:iam::${{SomeAccountId}}:root"}},
        {},
        {"RoleName": "AWSControlTowerExecution", **_managed("AdministratorAccess")},
    ),
    "control-tower-audit": Kind(
        {"AWS": {"Fn::Sub": f"{_PARTITION}:iam::${{SomeAccountId}}:role/aws-controltower-AuditAdministratorRole"}},
        {"config:PutConfigRule": "*"},
    ),
    "security-audit": Kind({"AWS": _ACCOUNT}, {"securityhub:UpdateFindings": "*"}, own=True),
    "landing-zone": Kind(
        {"AWS": {"Fn::Sub": f"{_PARTITION}:iam::${{SomeAccountId}}:role/Accelerator-Pipeline"}},
        {"kms:CreateGrant": "*"},
        own=True,
    ),
    "own-organization": Kind({"AWS": "*"}, {"ec2:DescribeVpcs": "*"}, conditions=_ORGANIZATION),
    "peering": Kind({"AWS": _ACCOUNT}, {"ec2:AcceptVpcPeeringConnection": "*"}, own=True),
    "sam": Kind(
        {"Service": "lambda.amazonaws.com"},
        {"lambda:InvokeFunction": {"Ref": "Function.Alias"}, "iam:GetRole": {"Fn::GetAtt": ["FunctionRole", "Arn"]}},
        sections={"Transform": "AWS::Serverless-2016-10-31"},
    ),
}


def _statements(kind: Kind) -> list[Json]:
    return [{"Effect": "Allow", "Action": action, "Resource": on} for action, on in kind.allows.items()]


def _document(statements: list[Any]) -> Json:
    return {"Version": "2012-10-17", "Statement": statements}


def _trust(kind: Kind, *, planted: bool) -> Json:
    one: Json = {"Effect": "Allow", "Principal": kind.principal, "Action": list(kind.actions)}
    if kind.conditions:
        one["Condition"] = kind.conditions
    vendor = {"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": "sts:AssumeRole"}
    return _document([one, vendor] if planted else [one])


def _role(kind: Kind, *, planted: bool) -> Json:
    properties: Json = {"AssumeRolePolicyDocument": _trust(kind, planted=planted), **kind.more}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _template(kind: Kind, resources: Json, **sections: Any) -> Json:
    if "Transform" in kind.sections:
        function = {"Handler": "a.b", "Runtime": "python3.12", "CodeUri": "./src", "AutoPublishAlias": "live"}
        resources = {"Function": {"Type": "AWS::Serverless::Function", "Properties": function}, **resources}
    parameters = {"SomeAccountId": {"Type": "String", "AllowedPattern": "^[0-9]{12}$"}}
    if "SomeAccountId" in json.dumps(resources):
        sections["Parameters"] = {**parameters, **sections.get("Parameters", {})}
    return {"AWSTemplateFormatVersion": "2010-09-09", **kind.sections, **sections, "Resources": resources}


def inline(kind: Kind, *, planted: bool) -> Json:
    """The policy is the role's own."""
    role = _role(kind, planted=planted)
    if kind.allows:
        role["Properties"]["Policies"] = [{"PolicyName": "access", "PolicyDocument": _document(_statements(kind))}]
    return _template(kind, {"Role": role})


def separate(kind: Kind, *, planted: bool) -> Json:
    """The policy is a resource of its own, which names the role."""
    resources = {"Role": _role(kind, planted=planted)}
    if kind.allows:
        properties = {
            "PolicyName": "access",
            "PolicyDocument": _document(_statements(kind)),
            "Roles": [{"Ref": "Role"}],
        }
        resources["Access"] = {"Type": "AWS::IAM::Policy", "Properties": properties}
    return _template(kind, resources)


def managed(kind: Kind, *, planted: bool) -> Json:
    """The policy is a managed one of the template, attached by the role."""
    role = _role(kind, planted=planted)
    resources = {"Role": role}
    if kind.allows:
        attached = role["Properties"].get("ManagedPolicyArns", [])
        role["Properties"]["ManagedPolicyArns"] = [*attached, {"Ref": "Access"}]
        properties = {"PolicyDocument": _document(_statements(kind))}
        resources["Access"] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}
    return _template(kind, resources)


def conditional(kind: Kind, *, planted: bool) -> Json:
    """Role and statements depend on conditions of parameters."""
    parameters = {"Stage": {"Type": "String", "Default": "dev"}, "Create": {"Type": "String", "Default": "true"}}
    conditions = {
        "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        "IsCreated": {"Fn::Equals": [{"Ref": "Create"}, "true"]},
    }
    role = {**_role(kind, planted=planted), "Condition": "IsCreated"}
    if kind.allows:
        statements = [{"Fn::If": ["IsProd", one, {"Ref": "AWS::NoValue"}]} for one in _statements(kind)]
        always = {"Effect": "Allow", "Action": "logs:DescribeLogGroups", "Resource": "*"}
        document = _document([always, *statements])
        role["Properties"]["Policies"] = [{"PolicyName": "access", "PolicyDocument": document}]
    return _template(kind, {"Role": role}, Parameters=parameters, Conditions=conditions)


def beside_others(kind: Kind, *, planted: bool) -> Json:
    """Among resources that are no roles, in the language of 2008, its session longer, tagged, its ARN an output."""
    role = _role(kind, planted=planted)
    role["Properties"]["AssumeRolePolicyDocument"]["Version"] = (
        "2012-10-17" if "${aws:" in json.dumps(kind.conditions) else "2008-10-17"
    )
    role["Properties"] |= {"MaxSessionDuration": 7200, "Tags": [{"Key": "team", "Value": {"Ref": "AWS::StackName"}}]}
    resources = {"Role": role, "Topic": {"Type": "AWS::SNS::Topic"}, "Key": {"Type": "AWS::KMS::Key"}}
    if kind.allows:
        properties = {
            "PolicyName": "access",
            "PolicyDocument": _document(_statements(kind)),
            "RoleName": {"Ref": "Role"},
        }
        resources["Access"] = {"Type": "AWS::IAM::RolePolicy", "Properties": properties}
    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}}
    return _template(kind, resources, Outputs=outputs)


CONSTRUCTS: Mapping[str, Callable[..., Json]] = {
    one.__name__: one for one in (inline, separate, managed, conditional, beside_others)
}
