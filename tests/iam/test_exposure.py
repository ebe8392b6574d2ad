"""The reviewed list of what reads hand out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from deputize.iam import actions, levels
from deputize.iam.exposure import Exposure, Grade, exposure_of, exposures
from tools.read_candidates import Model, actions_of, models

# Reads whose name speaks of a credential though their reply holds none, each looked at.
HARMLESS = {
    "aidevops:ListAccessTokens": "metadata",
    "aws-external-anthropic:GetKey": "metadata of an encryption key",
    "aws-external-anthropic:ListKeys": "metadata of encryption keys",
    "chime:ListVoiceConnectorTerminationCredentials": "user names",
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

# Reads whose reply has a member named after a credential though it holds none, or one that AWS masks, each looked at.
EMPTY = {
    "appmesh:DescribeVirtualGateway": "the path of a private key",
    "artifact:GetReport": "a URL of AWS's own compliance reports",
    "artifact:GetTermForReport": "a URL of AWS's own terms",
    "ec2:DescribeInstanceSqlHaHistoryStates": "the ARN of a secret",
    "ec2:DescribeInstanceSqlHaStates": "the ARN of a secret",
    "fsx:DescribeBackups": "a password that AWS masks, and the ARN of a secret",
    "fsx:DescribeFileSystems": "a password that AWS masks, and the ARN of a secret",
    "fsx:DescribeSnapshots": "a password that AWS masks, and the ARN of a secret",
    "fsx:DescribeStorageVirtualMachines": "the ARN of a secret",
    "fsx:DescribeVolumes": "a password that AWS masks, and the ARN of a secret",
    "iam:ListServiceSpecificCredentials": "metadata",
    "iot:GetTopicRuleDestination": "the name of a key inside a secret",
    "iot:ListTopicRuleDestinations": "the name of a key inside a secret",
    "ivs:ListStreamKeys": "ARNs",
    "kendra:DescribeDataSource": "ARNs of secrets",
    "lightsail:GetBucketAccessKeys": "key IDs; the secret only comes with creation",
    "mediaconvert:GetPreset": "the ARN of a secret",
    "mediaconvert:ListPresets": "the ARN of a secret",
    "mediapackage-vod:DescribePackagingGroup": "the ARN of a secret",
    "mediapackage-vod:ListPackagingGroups": "the ARN of a secret",
    "mediapackage:DescribeOriginEndpoint": "the ARN of a secret",
    "mediapackage:ListOriginEndpoints": "the ARN of a secret",
    "rds:DescribeDBClusters": "a password that AWS masks",
    "rds:DescribeDBInstances": "a password that AWS masks",
    "rds:DescribeTenantDatabases": "a password that AWS masks",
    "redshift:DescribeClusters": "a password that AWS masks",
    "rolesanywhere:GetSubject": "public certificates",
    "route53globalresolver:ListAccessTokens": "metadata",
    "secretsmanager:GetRandomPassword": "a random text that opens nothing",
    "ssm-sap:GetDatabase": "ARNs of secrets",
    "tax:GetTaxRegistration": "points at a document, which takes another permission to read",
    "tax:ListTaxRegistrations": "points at a document, which takes another permission to read",
}

# Members of a reply that are credentials by their name. Only names as plain as these: `token` alone, for one, is
# mostly the next page or an answer sent twice.
CREDENTIAL = re.compile(
    r"""\w*(?:password|passphrase|secret|credential|private_?key|secret_?key|secret_?access_?key|api_?key|stream_?key
        |shared_?key|auth_?key|mac_?key|personal_?pin|(?:auth|challenge|unlock)_?code|(?:app|nwk)_?s?_?key|(?:access|auth|bearer|hec|id|join|oauth|refresh|security|session)
        _?token|(?:embed|signed)\w{0,3}_?url|presigned\w*url|signed\w*url)s?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)

# Names of fields in a reason: dotted, in camel case, or one word before the colon.
FIELD = re.compile(r"\w+(?:\.\w+)+|\w*[a-z][A-Z]\w*|^\w+(?=[:,])", re.ASCII)

# Replies that hold nothing, and keys of maps, which AWS's models do not name.
UNNAMED = {
    "bedrock-agentcore:CompleteResourceTokenAuth": "the reply is empty",
    "cognito-idp:DescribeIdentityProvider": "client_secret",
    "cognito-idp:GetIdentityProviderByIdentifier": "client_secret",
    "glue:GetConnection": "PASSWORD",
    "glue:GetConnections": "PASSWORD",
}


def _credentials(shapes: Model, name: str, seen: set[str]) -> Iterator[str]:
    """Names of members at or below a shape that speak of a credential and are texts, bytes, lists or maps."""
    if name in seen:
        return
    seen.add(name)
    shape = shapes[name]
    for member, target in shape.get("members", {}).items():
        inner = shapes[target["shape"]]
        if inner["type"] in {"string", "blob", "list", "map"} and "enum" not in inner and CREDENTIAL.fullmatch(member):
            yield member
    below = [*shape.get("members", {}).values(), *(shape[key] for key in ("member", "value") if key in shape)]
    for target in below:
        yield from _credentials(shapes, target["shape"], seen)


def _members(shapes: Model, name: str, seen: set[str]) -> Iterator[str]:
    """Names of all members at or below a shape."""
    if name in seen:
        return
    seen.add(name)
    shape = shapes[name]
    yield from shape.get("members", {})
    for target in (*shape.get("members", {}).values(), *(shape[key] for key in ("member", "value") if key in shape)):
        yield from _members(shapes, target["shape"], seen)


def _replies_on_the_list() -> Iterator[tuple[Exposure, set[str]]]:
    """What the list says of each action that AWS models, with the names of all members of its reply."""
    for service, model in models().items():
        for operation, described in model["operations"].items():
            listed = {found for one in actions_of(service, model, operation) if (found := exposure_of(one)) is not None}
            if listed and "output" in described:
                members = set(_members(model["shapes"], described["output"]["shape"], set()))
                yield from ((one, members) for one in listed)


def _replies_with_credentials() -> dict[str, set[str]]:
    """Reads by action, with the members of their replies that speak of a credential."""
    found: dict[str, set[str]] = {}
    for service, model in models().items():
        for operation, described in model["operations"].items():
            reads = {one for one in actions_of(service, model, operation) if levels.judge_action(one).reads}
            if reads and "output" in described:
                members = set(_credentials(model["shapes"], described["output"]["shape"], set()))
                found.update({one: found.get(one, set()) | members for one in reads if members})
    return found


@pytest.mark.parametrize(
    "action",
    [
        "appsync:ListApiKeys",
        "chime:GetUser",
        "chime:ListUsers",
        "codeartifact:GetAuthorizationToken",
        "cognito-identity:GetCredentialsForIdentity",
        "datazone:ListConnections",
        "ec2:GetPasswordData",
        "ecr:GetAuthorizationToken",
        "iotwireless:GetWirelessDevice",
        "ivs:BatchGetChannel",
        "ivs:GetChannel",
        "ivs:GetIngestConfiguration",
        "ivs:GetStreamSession",
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


def test_grades_change_only_with_this_count() -> None:
    """A line that is lost, added or graded otherwise is seen here."""
    counts = Counter(line.grade for line in exposures().values())
    assert counts == {Grade.SECRET: 203, Grade.DATA: 451, Grade.CONFIG: 246}


def test_every_line_is_told_in_japanese_too() -> None:
    """Each reason stands in Japanese, on one line without control characters, with the fields' names as they are."""
    for line in exposures().values():
        told = line.told("ja")
        assert told != line.told("en") == line.reason
        assert re.search(r"[\u3041-\u30ff\u4e00-\u9fff]", told), line.action
        assert all(text.isprintable() and text == text.strip() for text in (line.reason, told)), line.action
        assert [name for name in FIELD.findall(line.reason) if name not in told] == [], line.action
        assert not re.search(r"[A-Za-z0-9][\u3041-\u30ff\u4e00-\u9fff]", told), line.action


def test_every_reason_begins_with_a_field_of_the_reply() -> None:
    """Where AWS models the reply, the reason's first words are names of its members, but for a few looked at."""
    found = list(_replies_on_the_list())
    assert len({line.action for line, _ in found}) >= 200
    first = [(line.action, set(re.split(r"[^\w.]", line.reason)[0].split(".")), members) for line, members in found]
    assert {action for action, names, members in first if not names <= members} == UNNAMED.keys()


def test_every_read_named_after_a_credential_was_reviewed() -> None:
    """New data with a read called ...Token, ...Credentials, ...Password or the like asks for a new review."""
    telling = re.compile(
        r":(?:BatchGet|Describe|Get|List)\w*(?:Token|Credential|Secret|SecretValue|Password|PasswordData|Key)s?"
    )
    named = {one for one in actions.expand("*") if telling.fullmatch(one, one.index(":"))}
    unlisted = {one for one in named if levels.judge_action(one).reads and exposure_of(one) is None}
    assert {one for one in unlisted if "PublicKey" not in one} == HARMLESS.keys()


def test_every_reply_with_a_member_named_after_a_credential_was_reviewed() -> None:
    """A read whose reply, in AWS's own model of the service, has a credential's member is listed or was looked at."""
    replies = _replies_with_credentials()
    assert "streamKey" in replies["ivs:GetIngestConfiguration"]
    unlisted = {action: sorted(members) for action, members in replies.items() if exposure_of(action) is None}
    assert {action: members for action, members in unlisted.items() if action not in EMPTY} == {}
    assert EMPTY.keys() - unlisted.keys() == set()
