"""Builders of the files in the table of ways in: templates and trust policies, as short as what they are about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

VENDOR, OTHER, OWN = "111122223333", "999988887777", "444455556666"
ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
NEEDS_ID: Mapping[str, Any] = {"StringEquals": {"sts:ExternalId": ID}}
READS = {"Effect": "Allow", "Action": "ec2:DescribeRegions", "Resource": "*"}
WRITES = {"Effect": "Allow", "Action": "ec2:CreateSnapshot", "Resource": "*"}

Json = dict[str, Any]


def policy(*statements: Mapping[str, Any]) -> Json:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(principal: object, **more: Any) -> Json:
    """A statement of a trust policy that lets `principal` assume the role."""
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}


def may(actions: object, resources: object = "*", **more: Any) -> Json:
    """A statement of an access policy."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


VENDORS = allow({"AWS": VENDOR}, Condition=NEEDS_ID)
"""The vendor's own statement, in order."""


def role(trust: Sequence[Mapping[str, Any]], *allowed: Mapping[str, Any], **properties: Any) -> Json:
    """A role of a template; allowed: the statements of its one inline policy."""
    inline = {"Policies": [{"PolicyName": "p", "PolicyDocument": policy(*allowed)}]} if allowed else {}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": policy(*trust), **inline, **properties},
    }


def template(resources: Mapping[str, Any], **sections: Any) -> str:
    """A template as JSON."""
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", **sections, "Resources": resources})


def trust(*statements: Mapping[str, Any]) -> str:
    """A trust policy as JSON."""
    return json.dumps(policy(*statements))


def arn_of(name: str) -> Json:
    """`!GetAtt NAME.Arn`."""
    return {"Fn::GetAtt": [name, "Arn"]}


def sub(text: str) -> Json:
    """`!Sub TEXT`."""
    return {"Fn::Sub": text}


ROOT = sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")
ADMIN = sub("arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess")
DOOR = role([VENDORS], READS)
OF_LAMBDA = allow({"Service": "lambda.amazonaws.com"})
