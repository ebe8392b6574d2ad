"""Policies after those in AWS's documentation that the tables of the rules do not have yet: no error, no warning."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deputize.checks.file_findings import file_findings
from deputize.model.expectations import Expectations
from deputize.model.values import Severity
from deputize.read.any import read_any

OWN = "777788889999"


def _trust(principal: Any, action: Any = "sts:AssumeRole", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {**statement, "Condition": condition} if condition else statement


def _may(*actions: str, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


EKS = f"arn:aws:iam::{OWN}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
TRUSTS: dict[str, dict[str, Any]] = {
    "rolesanywhere/latest/userguide/trust-model.html": _trust(
        {"Service": "rolesanywhere.amazonaws.com"},
        ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        StringEquals={"aws:PrincipalTag/x509Subject/CN": "alice"},
        ArnEquals={"aws:SourceArn": f"arn:aws:rolesanywhere:eu-west-1:{OWN}:trust-anchor/TA_ID"},
    ),
    "eks/latest/userguide/associate-service-account-role.html": _trust(
        {"Federated": EKS},
        "sts:AssumeRoleWithWebIdentity",
        StringEquals={
            "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:sub": "system:serviceaccount:a:b",
            "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:aud": "sts.amazonaws.com",
        },
    ),
    "AmazonECS/latest/developerguide/task-iam-roles.html": _trust(
        {"Service": ["ecs-tasks.amazonaws.com"]},
        ArnLike={"aws:SourceArn": f"arn:aws:ecs:eu-west-1:{OWN}:*"},
        StringEquals={"aws:SourceAccount": OWN},
    ),
    "bedrock/latest/userguide/model-customization-iam-role.html": _trust(
        {"Service": "bedrock.amazonaws.com"},
        StringEquals={"aws:SourceAccount": OWN},
        ArnEquals={"aws:SourceArn": f"arn:aws:bedrock:us-east-1:{OWN}:model-customization-job/*"},
    ),
    "lambda/latest/dg/lambda-intro-execution-role.html": _trust({"Service": "lambda.amazonaws.com"}),
    "step-functions/latest/dg/procedure-create-iam-role.html": _trust({"Service": "states.amazonaws.com"}),
    "IAM/latest/UserGuide/id_roles_create_for-idp_saml.html": _trust(
        {"Federated": f"arn:aws:iam::{OWN}:saml-provider/ExampleOrgSSOProvider"},
        "sts:AssumeRoleWithSAML",
        StringEquals={"SAML:edupersonorgdn": "ExampleOrg", "saml:aud": "https://signin.aws.amazon.com/saml"},
    ),
}
ACCESSES: dict[str, list[dict[str, Any]]] = {
    "IAM/latest/UserGuide/reference_policies_examples_aws-dates.html": [
        _may(
            "ec2:DescribeVpcs",
            DateGreaterThan={"aws:CurrentTime": "2026-04-01T00:00:00Z"},
            DateLessThan={"aws:CurrentTime": "2026-06-30T23:59:59Z"},
        )
    ],
    "IAM/latest/UserGuide/reference_policies_examples_iam_read-only-console.html": [
        _may("iam:GetUser", "iam:ListUsers")
    ],
    "awscloudtrail/latest/userguide/security_iam_id-based-policy-examples.html": [
        _may("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:ListTrails")
    ],
    "cost-management/latest/userguide/billing-permissions-ref.html": [
        _may("ce:GetCostAndUsage", "ce:GetCostForecast", "ce:GetDimensionValues", "savingsplans:DescribeSavingsPlans")
    ],
    "compute-optimizer/latest/ug/security-iam.html": [
        _may("compute-optimizer:GetEnrollmentStatus", "compute-optimizer:GetEC2InstanceRecommendations")
    ],
    "config/latest/developerguide/security_iam_id-based-policy-examples.html": [
        _may("config:DescribeConfigRules", "config:GetComplianceSummaryByConfigRule")
    ],
    "servicequotas/latest/userguide/identity-access-management.html": [_may("servicequotas:ListServiceQuotas")],
    "athena/latest/ug/workgroups-iam-policy.html": [
        _may("athena:ListWorkGroups"),
        _may("athena:GetWorkGroup", resource=f"arn:aws:athena:us-east-1:{OWN}:workgroup/reports"),
    ],
}


def _loud(value: object) -> list[str]:
    found = file_findings(read_any(json.dumps(value).encode(), "x.json", {}), "x.json", Expectations()).findings
    return [f"{one.rule}: {one.message}" for one in found if one.severity is not Severity.NOTE]


@pytest.mark.parametrize("page", TRUSTS)
def test_trust_of_the_documentation_is_clean_in_a_template(page: str) -> None:
    """Roles of services and identity providers as their pages write them."""
    properties = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [TRUSTS[page]]}}
    assert _loud({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}) == []


@pytest.mark.parametrize("page", ACCESSES)
def test_access_of_the_documentation_is_clean(page: str) -> None:
    """Policies that only read as the pages of their services write them."""
    assert _loud({"Version": "2012-10-17", "Statement": ACCESSES[page]}) == []
