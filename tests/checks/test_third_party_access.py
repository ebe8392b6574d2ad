from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deputize.checks.access.grants import access_of_policy, access_of_role
from deputize.checks.findings import policy_findings, role_findings
from deputize.checks.judgement import Judgement, PolicyJudgement, Scope
from deputize.iam.escalation import escalating_actions, escalations, ways_of
from deputize.iam.evaluate import evaluate
from deputize.iam.grammar import policy_from_json
from deputize.iam.levels import judge_action
from deputize.model.values import Finding, Severity
from deputize.model.world import Document, FoundPolicy, FoundRole, Place
from deputize.read.any import read_any

LOUD = (Severity.ERROR, Severity.WARNING)


def found_of_role(role: FoundRole, *, third_party: bool = True, secrets: Iterable[str] = ()) -> tuple[Finding, ...]:
    """What is wrong with a role's fields, sizes and access; its trust is left aside."""
    judged = Judgement(role, Scope(third_party, "asked for"), None, access_of_role(role, secrets))
    return role_findings([judged], "file")


def found_of_policy(policy: FoundPolicy, *, third_party: bool = True, secrets: Iterable[str] = ()) -> list[Finding]:
    """What is wrong with a policy that no role has; that it is not judged as a third party's is left out."""
    judged = PolicyJudgement(policy, third_party, access_of_policy(policy, secrets))
    return [one for one in policy_findings(judged, "file") if not one.message.endswith("not judged as a third party's")]


def _judged(content: str, *, third_party: bool = True, secrets: Iterable[str] = ()) -> list[Finding]:
    """What is found about the roles and policies of a file's text."""
    file = read_any(content.encode(), "file", {})
    assert file.refused == ()
    found: list[Finding] = []
    for role in file.roles:
        found += found_of_role(role, third_party=third_party, secrets=secrets)
    for policy in file.policies:
        found += found_of_policy(policy, third_party=third_party, secrets=secrets)
    return found


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1)


def _allow(*actions: str, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def _deny(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}


def _rules(found: Iterable[Finding], *severities: Severity) -> set[str]:
    return {one.rule for one in found if one.severity in (severities or tuple(Severity))}


def _role(*lines: str, principal: str = "AWS: '444455556666'") -> str:
    """A template with one role; `lines` are its properties."""
    trust = (
        "      AssumeRolePolicyDocument:",
        "        Version: '2012-10-17'",
        "        Statement:",
        f"          - {{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{{principal}}}}}",
    )
    head = ("Parameters:", "  Extra: {Type: String}", "Resources:", "  Role:", "    Type: AWS::IAM::Role")
    return "\n".join((*head, "    Properties:", *trust, *(f"      {line}" for line in lines), ""))


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (_allow("ec2:DescribeInstancez"), "action-unknown"),
        (_allow("ec3:DescribeInstances"), "action-unknown-service"),
        (_allow("ec2:Descrbe*"), "action-dead-wildcard"),
        (_allow("ec3:*"), "action-unknown-service"),
        (_allow("ec2:TerminateInstances"), "action-not-read"),
        (_allow("EC2:terminateinstances"), "action-not-read"),
        (_allow("ec2:*"), "action-not-read"),
        (_allow("ec2:*Instances"), "action-not-read"),
        (_allow("*"), "action-not-read"),
        (_allow("*:Describe*"), "action-all-services"),
        (_allow("e?2:DescribeTags"), "action-all-services"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "action-not-action"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "action-not-read"),
        (_allow("kms:Decrypt"), "action-not-read"),
        (_allow("bedrock:InvokeModel"), "action-not-read"),
        (_allow("ec2:CreateTags"), "action-not-read"),
        (_allow("sqs:ReceiveMessage"), "action-not-read"),
        (_allow("sts:AssumeRole"), "action-role-chaining"),
        (_allow("s3:PutObject", resource="arn:aws:s3:::reports/*"), "action-not-read"),
        (_allow("s3:PutObject", Condition={"Bool": {"aws:SecureTransport": "true"}}), "action-not-read"),
        (_allow("secretsmanager:GetSecretValue"), "exposure-secret"),
        (
            _allow("secretsmanager:GetSecretValue", resource="arn:aws:secretsmanager:*:*:secret:a-??????"),
            "exposure-secret",
        ),
        (_allow("ssm:GetP*"), "exposure-secret"),
        (_allow("ec2:GetPasswordData"), "exposure-secret"),
        (_allow("ecr:GetAuthorizationToken"), "exposure-secret"),
        (_allow("s3:GetObject"), "exposure-data"),
        (_allow("s3:GetObject", resource="arn:aws:s3:::*/*"), "exposure-data"),
        (_allow("dynamodb:Scan", resource="arn:aws:dynamodb:*:*:table/*"), "exposure-data"),
        (_allow("logs:GetLogEvents"), "exposure-data"),
        (_allow("codecommit:GitPull"), "exposure-data"),
        ({"Effect": "Allow", "action": "ec2:DescribeTags", "Resource": "*"}, "policy-element"),
        ({"Effect": "allow", "Action": "ec2:DescribeTags", "Resource": "*"}, "policy-grammar"),
        ({"Effect": "Allow", "Action": "ec2:DescribeTags"}, "policy-grammar"),
        ({"Effect": "Allow", "Resource": "*"}, "policy-grammar"),
        (_allow("DescribeTags"), "policy-grammar"),
        (_allow("ec2:DescribeTags", resource="my-bucket"), "policy-grammar"),
        (_allow("ec2:DescribeTags", Sid="read tags"), "policy-grammar"),
        (_allow("ec2:DescribeTags", Condition={"StringEqual": {"aws:a": "b"}}), "policy-operator"),
        (_allow("ec2:DescribeTags", NotAction="ec2:*"), "policy-grammar"),
        (_allow("ec2:DescribeTags", Note="why"), "policy-element"),
        (_allow(), "policy-grammar"),
    ],
)
def test_bad_statement_is_found(statement: dict[str, Any], rule: str) -> None:
    """Each statement that hands a third party too much, or that IAM reads otherwise, is found by the rule that fits."""
    found = _judged(_policy(statement))
    assert any(one.startswith(rule) for one in _rules(found, *LOUD)), _rules(found)


def test_what_is_no_error_is_still_noted() -> None:
    """Configuration that often holds secrets, and data of named resources, are notes that tell the field."""
    found = _judged(_policy(_allow("lambda:GetFunction"), _allow("s3:GetObject", resource="arn:aws:s3:::a/*")))
    assert {one.rule: one.severity for one in found} == {
        "exposure-config": Severity.NOTE,
        "exposure-data-scoped": Severity.NOTE,
    }
    assert any(one.message.endswith("stored: Body: the content of objects") for one in found)


def test_principal_has_no_place_in_an_access_policy() -> None:
    """IAM refuses a role's policy that names a principal; the finding stands at the key."""
    lines = (
        "Policies:",
        "  - PolicyName: a",
        "    PolicyDocument:",
        "      Version: '2012-10-17'",
        "      Statement:",
        "        - Effect: Allow",
        "          Principal: '*'",
        "          Action: ec2:DescribeTags",
        "          Resource: '*'",
    )
    text = _role(*lines)
    (found,) = _judged(text, third_party=False)
    assert (found.rule, found.severity) == ("policy-element", Severity.ERROR)
    assert text.splitlines()[(found.line or 0) - 1].strip() == "Principal: '*'"


_CONDITION = {"StringEquals": {"aws:ResourceTag/Department": "${aws:PrincipalTag/Department}"}}
_NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
_OTHER_REGION = {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1"]}}
_BUCKET = "arn:aws:s3:::cost-reports"

GOOD = {
    "EC2 describe": [_allow("ec2:Describe*Status", "ec2:DescribeTags", "ec2:DescribeVpc*")],
    "IAM console": [_allow("iam:GenerateCredentialReport", "iam:GetAccountSummary", "iam:List*")],
    "IAM reports": [_allow("iam:GenerateServiceLastAccessedDetails", "iam:GetServiceLastAccessedDetails*")],
    "one bucket": [_allow("s3:ListBucket", "s3:GetBucketLocation", resource=_BUCKET)],
    "one bucket's objects": [_allow("s3:GetObject", resource=f"{_BUCKET}/*"), _allow("s3:ListAllMyBuckets")],
    "home folder": [
        _allow("s3:ListBucket", resource=_BUCKET, Condition={"StringLike": {"s3:prefix": ["home/${aws:username}/*"]}})
    ],
    "cost explorer": [_allow("ce:Get*", "ce:List*", "cur:DescribeReportDefinitions", "budgets:ViewBudget")],
    "metrics": [_allow("cloudwatch:GetMetricData", "cloudwatch:ListMetrics", "cloudwatch:DescribeAlarms")],
    "organisation": [_allow("organizations:Describe*", "organizations:List*")],
    "tags": [_allow("tag:GetResources", "tag:GetTagKeys", "tag:GetTagValues")],
    "RDS": [_allow("rds:DescribeDBInstances", "rds:ListTagsForResource")],
    "by tag": [_allow("ec2:DescribeInstanceStatus", Condition=_CONDITION)],
    "dates": [
        _allow(
            "ec2:DescribeTags",
            Condition={
                "DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
                "DateLessThan": {"aws:CurrentTime": "2026-12-31T23:59:59Z"},
            },
        )
    ],
    "source IP": [
        _allow("ec2:DescribeTags"),
        _deny("*", Condition={"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}}),
    ],
    "regions": [
        _allow("ec2:DescribeTags"),
        {"Effect": "Deny", "NotAction": ["iam:*", "s3:*"], "Resource": "*", "Condition": _OTHER_REGION},
    ],
    "MFA": [_allow("ec2:DescribeTags"), _deny("ec2:*", Condition=_NO_MFA)],
    "writes denied": [_allow("ec2:*Tags"), _deny("ec2:CreateTags", "ec2:DeleteTags")],
    "only deny": [_deny("iam:*", "organizations:*")],
    "all but reads denied": [
        _allow("*"),
        {"Effect": "Deny", "NotAction": ["ec2:DescribeTags", "s3:ListBucket"], "Resource": "*"},
    ],
    "one statement": [{"Sid": "Tags", "Effect": "Allow", "Action": "ec2:DescribeTags", "Resource": "*"}],
    "case of actions": [_allow("EC2:describetags", "S3:LISTBUCKET")],
    "everything but one bucket": [
        {"Effect": "Allow", "Action": "s3:ListBucket", "NotResource": "arn:aws:s3:::secret-bucket"}
    ],
    "2026 services": [
        _allow("s3tables:ListTableBuckets", "s3vectors:ListVectorBuckets", "bedrock-agentcore:ListAgentRuntimes")
    ],
    "access analyzer": [_allow("access-analyzer:List*", "access-analyzer:GetAnalyzer")],
    "caller": [_allow("sts:GetCallerIdentity")],
}


@pytest.mark.parametrize("name", GOOD)
def test_good_policy_has_no_error_and_no_warning(name: str) -> None:
    """Read-only policies as AWS's documentation writes them, also with conditions and Deny, are at most noted."""
    assert [one for one in _judged(_policy(*GOOD[name])) if one.severity in LOUD] == []


def test_statement_may_be_one_object() -> None:
    """A Statement that is no list is read and placed alike."""
    text = (
        '{\n"Version": "2012-10-17",\n"Statement": {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}}'
    )
    (found,) = [one for one in _judged(text) if one.severity in LOUD]
    assert (found.rule, found.line, found.column) == ("action-not-read", 3, 44)
    assert found.message == "'ec2:RunInstances' on * is not proved to read (Write)"


@pytest.mark.parametrize(
    "deny",
    [
        _deny("ec2:CreateTags", Condition={"Bool": {"aws:SecureTransport": "false"}}),
        {"Effect": "Deny", "Action": "ec2:CreateTags", "Resource": "arn:aws:ec2:*:*:instance/*"},
        {"Effect": "Deny", "Action": "ec2:CreateTags", "NotResource": "arn:aws:ec2:*:*:instance/*"},
        {"Effect": "Deny", "Action": "ec2:CreateTags", "NotResource": "*"},
        {"Effect": "Deny", "NotAction": ["ec2:CreateTags", "s3:*"], "Resource": "*"},
        _deny("ec2:DeleteTags", "ec2:Create"),
    ],
)
def test_deny_that_leaves_a_way_removes_nothing(deny: dict[str, Any]) -> None:
    """A Deny under a condition, for some resources, or of something else leaves the action granted."""
    assert "action-not-read" in _rules(_judged(_policy(_allow("ec2:CreateTags"), deny)), Severity.ERROR)


def test_deny_in_another_policy_of_the_role_counts() -> None:
    """What one policy of a role allows and another denies everywhere is not granted."""
    lines = (
        "ManagedPolicyArns: ['arn:aws:iam::aws:policy/SecurityAudit']",
        "Policies:",
        "  - {PolicyName: a, PolicyDocument: {Version: '2012-10-17', Statement:",
        "      [{Effect: Allow, Action: 'ec2:CreateTags', Resource: '*'}]}}",
        "  - {PolicyName: b, PolicyDocument: {Version: '2012-10-17', Statement:",
        "      [{Effect: Deny, Action: ['ec2:C*', 'apigateway:*', 'cognito-idp:*'], Resource: '*'}]}}",
    )
    found = _judged(_role(*lines))
    assert "action-not-read" not in _rules(found)
    secret = [one.message for one in found if one.rule == "exposure-secret"]
    assert secret
    assert "apigateway" not in secret[0]


def test_scope_is_in_the_message() -> None:
    """Resources, everything but them, and a condition are told; many are cut."""
    many = [f"{_BUCKET}-{number}/*" for number in range(5)]
    (found,) = _judged(_policy(_allow("s3:GetObject", resource=many, Condition=_NO_MFA)))[:1]
    assert f"on {many[0]}, {many[1]}, {many[2]} and 2 more (under a condition)" in found.message
    (other,) = [
        one
        for one in _judged(_policy({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": many[0]}))
        if one.rule == "exposure-data"
    ]
    assert f"on everything but {many[0]}" in other.message


def test_places_are_those_of_the_offending_text() -> None:
    """In a template each finding stands at line and column of the action, the ARN or the statement it is about."""
    text = _role(
        "ManagedPolicyArns:",
        "  - arn:aws:iam::aws:policy/NoSuchPolicy",
        "  - !Ref Extra",
        "Policies:",
        "  - PolicyName: a",
        "    PolicyDocument:",
        "      Version: '2012-10-17'",
        "      Statement:",
        "        - Effect: Allow",
        "          Action:",
        "            - ec2:DescribeTags",
        "            - ec2:RunInstances",
        "            - !Sub 's3:Get${Extra}'",
        "          Resource: '*'",
    )
    lines = text.splitlines()
    found = {one.rule: one for one in _judged(text) if one.severity is Severity.ERROR}
    assert set(found) == {"managed-unknown", "managed-unresolved", "action-not-read", "action-unresolved"}
    for rule, start in (
        ("managed-unknown", "arn:aws:iam::aws:policy/NoSuch"),
        ("managed-unresolved", "!Ref Extra"),
        ("action-not-read", "ec2:RunInstances"),
        ("action-unresolved", "!Sub 's3:Get"),
    ):
        line, column = found[rule].line, found[rule].column
        assert line is not None
        assert column is not None
        assert lines[line - 1][column - 1 :].startswith(start)
    assert found["action-unresolved"].message == (
        "'s3:Get${Extra}' on * depends on the parameter Extra: nothing is proved"
    )


def test_customer_managed_policy_elsewhere_is_not_proved() -> None:
    """An ARN of a policy that the file does not make is an error; the same role for a service is not judged by it."""
    text = _role("ManagedPolicyArns: ['arn:aws:iam::444455556666:policy/Reader']")
    assert _rules(_judged(text), Severity.ERROR) == {"managed-elsewhere"}
    assert _rules(_judged(text, third_party=False)) == set()


@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("SecurityAudit", {"exposure-secret"}),
        ("job-function/ViewOnlyAccess", {"exposure-secret"}),
        ("ReadOnlyAccess", {"exposure-secret", "action-not-read"}),
        ("IAMReadOnlyAccess", set()),
        ("AWSBillingReadOnlyAccess", {"exposure-secret"}),
        ("AdministratorAccess", {"action-not-read"}),
        ("PowerUserAccess", {"exposure-secret", "action-not-read", "action-not-action", "action-escalation"}),
    ],
)
def test_aws_managed_policy_is_judged_by_its_snapshot(name: str, errors: set[str]) -> None:
    """What a snapshot allows is said once for each rule, at the ARN, with its version and date."""
    found = _judged(_role(f"ManagedPolicyArns: ['arn:aws:iam::aws:policy/{name}']"))
    assert errors <= _rules(found, Severity.ERROR) <= errors | {"action-role-chaining"}
    assert max(Counter(one.rule for one in found).values(), default=0) <= 1
    dated = [one for one in found if one.rule.startswith(("action", "exposure", "managed"))]
    assert all(re.search(r"\(as of snapshot v\d+, \d{4}-\d\d-\d\d\)", one.message) for one in dated)
    assert {one.line for one in dated} <= {11}


@pytest.mark.parametrize(
    ("name", "expanded", "exposing"),
    [("SecurityAudit", 3_108, 32), ("job-function/ViewOnlyAccess", 1_903, 15), ("ReadOnlyAccess", 7_001, 176)],
)
def test_expansion_agrees_with_the_study(name: str, expanded: int, exposing: int) -> None:
    """AWS's reading policies expand to the figures of the study; our reviewed list knows at least as many exposures."""
    from deputize.iam.actions import expand
    from deputize.iam.exposure import exposure_of
    from deputize.iam.managed import managed_policy

    policy = managed_policy(name)
    assert policy is not None
    actions = {action for pattern in policy.patterns for action in expand(pattern)}
    assert expanded * 0.97 <= len(actions) <= expanded * 1.06
    assert sum(exposure_of(action) is not None for action in actions) >= exposing


def test_policies_that_aws_publishes_have_no_fault() -> None:
    """Not one of the AWS managed policies that moto carries is found to break the grammar."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    policies = json.loads(aws_managed_policies_data)
    assert len(policies) > 1_500
    for name, policy in policies.items():
        document = Document(policy["Document"], {(): Place(name, 1, 1)})
        assert [one for one in document.access_policy.all_faults if one.kind != "number"] == [], name


@pytest.mark.parametrize(
    ("name", "actions", "redundant"),
    [
        (
            "SecurityAudit",
            ["ec2:DescribeTags", "EC2:DescribeV*", "ec2:Get*", "ec2:*"],
            ["ec2:DescribeTags", "EC2:DescribeV*"],
        ),
        # It has these on some resources only.
        ("SecurityAudit", ["apigateway:GET"], []),
        # Its NotAction names them.
        ("PowerUserAccess", ["iam:GetUser", "organizations:List*"], []),
        ("PowerUserAccess", ["iam:ListRoles"], ["iam:ListRoles"]),
    ],
)
def test_redundant_action_is_noted(name: str, actions: list[str], redundant: list[str]) -> None:
    """Only what the managed policy allows on every resource, now and later, makes an own pattern redundant."""
    document = {"Version": "2012-10-17", "Statement": [_allow(*actions)]}
    lines = (
        f"ManagedPolicyArns: ['arn:aws:iam::aws:policy/{name}']",
        f"Policies: [{json.dumps({'PolicyName': 'a', 'PolicyDocument': document})}]",
    )
    messages = [one.message for one in _judged(_role(*lines)) if one.rule == "action-redundant"]
    assert [message.split("'")[1] for message in messages] == redundant


def test_allowed_secret_is_noted_and_no_other_is_allowed_with_it() -> None:
    """A secret that the caller allows, in any case, is a note; the one beside it stays an error."""
    found = {one.rule: one for one in _judged(_policy(_allow("ssm:GetParameter*")), secrets=["SSM:getparameter"])}
    assert found["exposure-secret-allowed"].severity is Severity.NOTE
    assert "ssm:GetParameter (" in found["exposure-secret-allowed"].message
    assert "ssm:GetParameter (" not in found["exposure-secret"].message
    assert "ssm:GetParameters (" in found["exposure-secret"].message


_PASSES = [_allow("iam:PassRole", resource="arn:aws:iam::*:role/app"), _allow("lambda:*", "logs:CreateLogGroup")]


def test_role_of_a_service_may_write() -> None:
    """Roles that no third party enters are judged by syntax, names and what they lead to; those are warnings."""
    text = _policy(*_PASSES[1:], _allow("dynamodb:PutItem", "ssm:GetParameter", "ec2:DescribeInstancez"))
    assert _rules(_judged(text, third_party=False)) == {"action-unknown", "action-escalation"}
    assert _rules(_judged(text, third_party=False), Severity.ERROR) == set()
    bad = _policy({"Effect": "Allow", "Action": "DynamoDB", "Resource": "*"})
    assert "policy-grammar" in _rules(_judged(bad, third_party=False), Severity.ERROR)


def test_passing_one_named_role_is_no_way_for_a_service() -> None:
    """A pipeline that passes one role is not told off; passing any role with a service that runs code is."""
    scoped = [one.message for one in _judged(_policy(*_PASSES), third_party=False)]
    assert not any("iam:PassRole" in one for one in scoped)
    wide = [_allow("iam:PassRole", resource="arn:aws:iam::*:role/*"), _PASSES[1]]
    assert any("iam:PassRole with lambda:" in one.message for one in _judged(_policy(*wide), third_party=False))
    judged = [one for one in _judged(_policy(*_PASSES)) if one.rule == "action-escalation"]
    assert {one.severity for one in judged} == {Severity.ERROR}
    assert any("iam:PassRole with lambda:" in one.message for one in judged)


@pytest.mark.parametrize("way", escalations(), ids=lambda way: "+".join(way.actions))
def test_every_way_is_found_and_needs_all_its_actions(way: Any) -> None:
    """The reviewed ways name actions that AWS has and that do not read; a way is open only with all its actions."""
    rule = "action-role-chaining" if way.chain else "action-escalation"
    found = [one for one in _judged(_policy(_allow(*way.actions))) if one.rule == rule]
    assert any(way.reason in one.message for one in found)
    for missing in way.actions:
        assert way not in ways_of(escalating_actions() - {missing})
    for action in way.actions:
        judged = judge_action(action)
        assert (judged.action, judged.reads) == (action, False)
        assert judged.level
    assert way.source.startswith("https://docs.aws.amazon.com/")
    assert not any(set(other.actions) < set(way.actions) for other in escalations())


def test_control_characters_of_the_file_are_escaped() -> None:
    """An action that would move a terminal's cursor is shown as an escape."""
    found = _judged(_policy(_allow("ec2:\u001b[2J\u202e")))
    assert found
    assert all(one.message.isprintable() for one in found)


_ACTIONS = st.sampled_from(
    [
        "ec2:DescribeTags",
        "ec2:CreateTags",
        "ec2:*Tags",
        "ec2:D*Tags",
        "*",
        "s3:List*",
        "s3:Put*",
        "iam:PassRole",
        "EC2:createtags",
    ]
)
_RESOURCES = st.sampled_from(["*", "arn:aws:s3:::a/*", "arn:aws:ec2:*:*:instance/*"])
_CONDITIONS = st.sampled_from([{}, {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}])
_STATEMENTS = st.builds(
    lambda effect, actions, resource, condition: {
        "Effect": effect,
        "Action": actions,
        "Resource": resource,
        **condition,
    },
    st.sampled_from(["Allow", "Deny"]),
    st.lists(_ACTIONS, min_size=1, max_size=3),
    _RESOURCES,
    _CONDITIONS,
)
_WRITES = ("ec2:CreateTags", "ec2:DeleteTags", "s3:PutObject", "iam:PassRole", "ec2:RunInstances")


@given(st.lists(_STATEMENTS, min_size=1, max_size=4))
def test_what_is_judged_clean_allows_no_write(statements: list[dict[str, Any]]) -> None:
    """No policy without an error lets any write through, on any resource, whether conditions are met or not."""
    if _rules(_judged(_policy(*statements)), Severity.ERROR):
        return
    policy = policy_from_json({"Version": "2012-10-17", "Statement": statements})
    for action in _WRITES:
        for resource in ("*", "arn:aws:s3:::a/b", "arn:aws:ec2:eu-west-1:444455556666:instance/i-1"):
            for secure in ("true", "false"):
                assert evaluate(policy, action, resource, {"aws:SecureTransport": secure}) != "allow"


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["", "*", "Allow", "Deny", "ec2:*", "a", "arn:aws:s3:::a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Version",
                    "Statement",
                    "Effect",
                    "Action",
                    "NotAction",
                    "Resource",
                    "NotResource",
                    "Condition",
                    "Sid",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(_JSON)
def test_no_document_makes_the_rules_raise(value: object) -> None:
    """Whatever JSON stands where a policy should, the rules find something or nothing, and each finding has a place."""
    start = Place("file", 1, 1)
    policy = FoundPolicy("a", Document(value, {(): start}), "alone")
    found = found_of_policy(policy)
    assert all(one.line == 1 for one in found)
    if not isinstance(value, dict) or "Statement" not in value:
        assert "policy-grammar" in _rules(found)
