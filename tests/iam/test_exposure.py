"""The reviewed list of what reads hand out."""

from __future__ import annotations

import re

import pytest

from deputize.iam import actions, levels
from deputize.iam.exposure import Grade, exposure_of, exposures

# Reads whose name speaks of a credential though their reply holds none, each looked at.
HARMLESS = {
    "aidevops:ListAccessTokens": "metadata",
    "aws-external-anthropic:GetKey": "metadata of an encryption key",
    "aws-external-anthropic:ListKeys": "metadata of encryption keys",
    "chime:ListVoiceConnectorTerminationCredentials": "user names",
    "cloudfront-keyvaluestore:GetKey": "an entry of a lookup table",
    "cloudfront-keyvaluestore:ListKeys": "entries of a lookup table",
    "codebuild:ListSourceCredentials": "ARNs",
    "connect:ListSecurityKeys": "public keys",
    "ec2:DescribeIpamExternalResourceVerificationTokens": "values published in DNS",
    "ec2:GetCapacityManagerMonitoredTagKeys": "tag keys",
    "frauddetector:GetKMSEncryptionKey": "an ARN",
    "geo:ListKeys": "metadata",
    "grafana:ListWorkspaceServiceAccountTokens": "metadata",
    "iam:ListAccessKeys": "key IDs",
    "iam:ListServiceSpecificCredentials": "metadata",
    "inspector2:GetEncryptionKey": "an ARN",
    "ivs:ListStreamKeys": "ARNs",
    "kafka:ListScramSecrets": "ARNs",
    "kms:DescribeKey": "metadata",
    "kms:ListKeys": "ARNs",
    "license-manager:ListTokens": "metadata",
    "lightsail:GetBucketAccessKeys": "key IDs; the secret only comes with creation",
    "payment-cryptography:GetKey": "metadata",
    "payment-cryptography:ListKeys": "metadata",
    "pi:DescribeDimensionKeys": "names of metrics' dimensions",
    "quicksight:ListCustomerManagedKeys": "ARNs",
    "route53globalresolver:ListAccessTokens": "metadata",
    "secretsmanager:DescribeSecret": "metadata",
    "secretsmanager:GetRandomPassword": "a random text that opens nothing",
    "secretsmanager:ListSecrets": "metadata",
    "tag:GetTagKeys": "tag keys",
    "transfer:DescribeHostKey": "a fingerprint",
    "transfer:ListHostKeys": "fingerprints",
    "waf-regional:GetChangeToken": "orders changes, allows none",
    "waf-regional:GetRateBasedRuleManagedKeys": "blocked addresses",
    "waf:GetChangeToken": "orders changes, allows none",
    "waf:GetRateBasedRuleManagedKeys": "blocked addresses",
    "wafv2:GetDecryptedAPIKey": "the domains of a key that the caller sends",
    "wafv2:GetRateBasedStatementManagedKeys": "blocked addresses",
    "workmail:ListPersonalAccessTokens": "metadata",
}


@pytest.mark.parametrize(
    "action",
    [
        "appsync:ListApiKeys",
        "codeartifact:GetAuthorizationToken",
        "cognito-identity:GetCredentialsForIdentity",
        "ec2:GetPasswordData",
        "ecr:GetAuthorizationToken",
        "lightsail:GetInstanceAccessDetails",
        "redshift:GetClusterCredentials",
        "s3express:CreateSession",
        "secretsmanager:BatchGetSecretValue",
        "secretsmanager:GetSecretValue",
        "ssm:GetParameter",
        "ssm:GetParameterHistory",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
        "sts:GetFederationToken",
        "sts:GetSessionToken",
    ],
)
def test_what_returns_a_credential_is_a_secret(action: str) -> None:
    """The actions that the issue names, and their like, are of grade secret."""
    found = exposure_of(action)
    assert found is not None
    assert found.grade is Grade.SECRET


def test_grades_tell_secrets_data_and_settings_apart() -> None:
    """Objects are data, environments are configuration, and plain metadata is neither."""
    found = {action: exposure_of(action) for action in ("s3:GetObject", "lambda:GetFunctionConfiguration")}
    assert [one and one.grade for one in found.values()] == [Grade.DATA, Grade.CONFIG]
    assert exposure_of("ec2:DescribeInstances") is None
    assert exposure_of("ec3:Nonsense") is None


def test_case_is_ignored() -> None:
    """However it is written, it is the same action."""
    assert exposure_of("S3:GETOBJECT") == exposure_of("s3:GetObject") is not None


def test_every_line_names_an_action_that_exists_as_aws_writes_it() -> None:
    """No line names an action that is gone, and every line says what comes back."""
    assert len(exposures()) >= 200
    for key, line in exposures().items():
        assert actions.canonical(line.action) == line.action
        assert key == line.action.lower()
        assert line.reason


def test_every_read_named_after_a_credential_was_reviewed() -> None:
    """New data with a read called ...Token, ...Credentials, ...Password or the like asks for a new review."""
    telling = re.compile(
        r":(?:BatchGet|Describe|Get|List)\w*(?:Token|Credential|Secret|SecretValue|Password|PasswordData|Key)s?"
    )
    named = {one for one in actions.expand("*") if telling.fullmatch(one, one.index(":"))}
    unlisted = {one for one in named if levels.judge_action(one).reads and exposure_of(one) is None}
    assert {one for one in unlisted if "PublicKey" not in one} == HARMLESS.keys()
