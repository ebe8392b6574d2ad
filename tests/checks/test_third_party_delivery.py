from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from deputize.checks.access.grants import access_of_policy, access_of_role
from deputize.checks.findings import delivery_findings, policy_findings, role_findings
from deputize.checks.judgement import Judgement, PolicyJudgement, Scope
from deputize.model.values import Finding, Severity
from deputize.model.world import FoundPolicy, FoundRole
from deputize.read.any import read_any

TRUST = """\
Parameters:
  ExternalId:
    Type: String
{parameter}
  Vendor: {{Type: String, Default: '111122223333', AllowedPattern: '^[0-9]{{12}}$'}}
  Unused: {{Type: String, NoEcho: true, AllowedPattern: x}}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Action: sts:AssumeRole
            Principal: {{AWS: 'arn:aws:iam::111122223333:root'}}
            Condition: {{StringEquals: {{'sts:ExternalId': !Ref ExternalId, 'aws:PrincipalAccount': !Ref Vendor}}}}
{role}
"""


def found_of_role(role: FoundRole, *, third_party: bool = True, secrets: Iterable[str] = ()) -> tuple[Finding, ...]:
    """What is wrong with a role's fields, sizes and access; its trust is left aside."""
    judged = Judgement(role, Scope(third_party, "asked for"), None, access_of_role(role, secrets))
    return role_findings([judged], "file")


def found_of_policy(policy: FoundPolicy, *, third_party: bool = True, secrets: Iterable[str] = ()) -> list[Finding]:
    """What is wrong with a policy that no role has; that it is not judged as a third party's is left out."""
    judged = PolicyJudgement(policy, third_party, access_of_policy(policy, secrets))
    return [one for one in policy_findings(judged, "file") if not one.message.endswith("not judged as a third party's")]


def _template(*role: str, parameter: Iterable[str] = ("    AllowedPattern: ^[a-z0-9-]+$",)) -> str:
    return TRUST.format(
        parameter="\n".join(parameter),
        role="\n".join(f"      {line}" for line in role),
    )


def _delivered(text: str) -> list[Finding]:
    """What is found about how a template or policy is delivered."""
    found = read_any(text.encode(), "file", {})
    assert found.refused == ()
    return list(delivery_findings(found, len(text.encode()), "file"))


def _of_role(text: str) -> list[Finding]:
    found = read_any(text.encode(), "file", {})
    assert found.refused == ()
    return [one for role in found.roles for one in found_of_role(role)]


def test_good_template_has_no_finding() -> None:
    """An anchored pattern, echoed parameters, ${AWS::Partition} and the vendor's own ARN are nothing to remark."""
    text = _template("ManagedPolicyArns: [!Sub 'arn:${AWS::Partition}:iam::aws:policy/IAMReadOnlyAccess']")
    assert _delivered(text) == []
    assert _of_role(text) == []


@pytest.mark.parametrize(
    ("lines", "rule", "severity", "line"),
    [
        (("    NoEcho: true", "    AllowedValues: [a1b2]", "    Default: a1b2"), "", None, 0),
        (("    NoEcho: true", "    AllowedPattern: ^[a-z]+$"), "parameter-no-echo", Severity.WARNING, 4),
        (("    NoEcho: 'TRUE'", "    AllowedPattern: ^[a-z]+$"), "parameter-no-echo", Severity.WARNING, 4),
        (("    AllowedPattern: '[a-z]+'",), "parameter-unanchored", Severity.NOTE, 4),
        (("    AllowedPattern: '^[a-z]+'",), "parameter-unanchored", Severity.NOTE, 4),
        (("    MinLength: 2",), "parameter-unconstrained", Severity.NOTE, 2),
    ],
)
def test_parameter_of_the_trust(lines: tuple[str, ...], rule: str, severity: Severity | None, line: int) -> None:
    """Parameters that the trust rests on are looked at, others are not; the finding stands at the attribute."""
    found = _delivered(_template(parameter=lines))
    if severity is None:
        # One allowed value is known, so the trust rests on no parameter.
        assert found == []
        return
    assert [(one.rule, one.severity, one.line) for one in found] == [(rule, severity, line)]
    assert "ExternalId" in found[0].message


@pytest.mark.parametrize(
    ("arn", "hits"),
    [
        ("arn:aws:iam::aws:policy/IAMReadOnlyAccess", True),
        ("!Sub 'arn:aws:iam::${AWS::AccountId}:policy/x'", True),
        ("!Join ['', ['arn:aws:iam::', !Ref 'AWS::AccountId', ':policy/x']]", True),
        ("!Sub 'arn:aws:iam::${Vendor}:policy/x'", True),
        ("arn:aws:iam::444455556666:policy/x", False),
        ("!Sub 'arn:${AWS::Partition}:iam::aws:policy/IAMReadOnlyAccess'", False),
    ],
)
def test_partition_written_out(arn: str, hits: bool) -> None:
    """An ARN without a literal account must leave the partition open, however it is put together."""
    text = _template(f"PermissionsBoundary: {arn}")
    found = [one for one in _delivered(text) if one.rule == "partition-in-template"]
    assert bool(found) is hits
    if found:
        (one,) = found
        assert one.severity is Severity.WARNING
        assert one.line is not None
        assert "arn:aws:iam::" in text.splitlines()[one.line - 1][(one.column or 0) - 1 :]


def test_partition_in_a_plain_policy_is_a_note() -> None:
    """JSON cannot leave the partition open, so it is noted once, at the first ARN."""
    statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::b"]}
    (found,) = _delivered(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert (found.rule, found.severity) == ("partition-in-policy", Severity.NOTE)
    assert found.message.endswith("'arn:aws:s3:::a', and 1 more")


def test_large_template_is_a_warning() -> None:
    """One byte more than a request takes is said, without a place, for it is about the file."""
    text = _template()
    fill = 51_200 - len(text.encode()) - 2
    assert _delivered(f"{text}# {'x' * fill}") == []
    (found,) = _delivered(f"{text}# {'x' * fill}x")
    assert (found.rule, found.severity, found.where, found.line) == (
        "template-size",
        Severity.WARNING,
        "file",
        None,
    )


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        (("RoleName: a reader",), "role-name"),
        (("RoleName: !Sub 'a ${Unused}'",), "role-name"),
        ((f"RoleName: !Sub '{'x' * 65}${{Unused}}'",), "role-name"),
        (("Path: no-slash",), "role-name"),
        (("Description: 費用",), "role-description"),
        (("MaxSessionDuration: 43201",), "role-session"),
        (("MaxSessionDuration: 900",), "role-session"),
        (("Tags: [{Key: 'aws:x', Value: y}]",), "role-tags"),
        (("Tags: [{Key: a, Value: y}, {Key: A, Value: z}]",), "role-tags"),
        (("Tags: [{Key: 'a<b', Value: y}]",), "role-tags"),
        (("ManagedPolicyArns: [SecurityAudit]",), "managed-malformed"),
        (("PermissionsBoundary: arn:aws:iam::444455556666:role/x",), "managed-malformed"),
        (
            (f"ManagedPolicyArns: [{', '.join(f'arn:aws:iam::aws:policy/P{n}' for n in range(11))}]",),
            "quota-attached-policies",
        ),
    ],
)
def test_field_that_iam_refuses_is_an_error(lines: tuple[str, ...], rule: str) -> None:
    """Names, path, description, session, tags and ARNs outside AWS's patterns and quotas are errors with a place."""
    found = [one for one in _of_role(_template(*lines)) if one.rule == rule]
    assert [one.severity for one in found] == [Severity.ERROR]
    assert found[0].line is not None


@pytest.mark.parametrize(
    "lines",
    [
        ("RoleName: !Sub 'reader-${Unused}'",),
        ("RoleName: !Ref Unused",),
        ("Path: !Sub '/vendors/${Unused}/'",),
        ("Path: !Ref Unused",),
        ("Path: /a!b/",),
        ("Description: !Sub 'for ${Unused}'",),
        ("MaxSessionDuration: 43200",),
        ("Tags: [{Key: 費用, Value: 部門 1}, {Key: Vendor, Value: !Ref Unused}]",),
        ("ManagedPolicyArns: [!Ref Unused]",),
    ],
)
def test_field_that_iam_may_take_is_no_quota_finding(lines: tuple[str, ...]) -> None:
    """What IAM takes, or would take for some value of a parameter, is not refused."""
    assert [one for one in _of_role(_template(*lines)) if one.rule.startswith("quota")] == []


def _large(size: int, resource: str) -> str:
    """A template whose role has one policy of about `size` characters, delivered by `resource`."""
    actions = [f"ec2:DescribeTags{number:06d}" for number in range(size // 25)]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    properties = {"PolicyDocument": document, "Roles": [{"Ref": "Role"}]}
    if resource == "AWS::IAM::Policy":
        properties["PolicyName"] = "a"
    return _template() + json.dumps({"Policy": {"Type": resource, "Properties": properties}})[1:-1].join(("  ", "\n"))


@pytest.mark.parametrize(
    ("size", "resource", "rule"),
    [
        (6_000, "AWS::IAM::ManagedPolicy", None),
        (6_400, "AWS::IAM::ManagedPolicy", "quota-managed-policy"),
        (6_400, "AWS::IAM::Policy", None),
        (10_500, "AWS::IAM::Policy", "quota-inline-policies"),
    ],
)
def test_policy_is_measured_by_its_way(size: int, resource: str, rule: str | None) -> None:
    """6,144 characters for a managed policy, 10,240 for the inline ones together, wherever the template has them."""
    found = {one.rule for one in _of_role(_large(size, resource)) if one.rule.startswith("quota")}
    assert found == ({rule} if rule else set())


def test_trust_is_measured_with_unknowns_empty() -> None:
    """A trust policy that is too long whatever its parameters are is an error; one that may fit is none."""
    ids = [f"customer-{number:04d}" for number in range(130)]
    text = _template().replace("!Ref ExternalId", f"[{', '.join(ids)}, !Ref ExternalId]")
    (found,) = [one for one in _of_role(text) if one.rule.startswith("quota")]
    assert (found.rule, found.severity) == ("quota-trust-policy", Severity.ERROR)
    assert found.message.startswith("has at least 2,")
    fits = text.replace(", ".join(ids), ", ".join(ids[:100]))
    assert [one for one in _of_role(fits) if one.rule.startswith("quota")] == []
    many = ", ".join(f"!Sub 'n{number}-${{ExternalId}}'" for number in range(110))
    assert [
        one for one in _of_role(_template().replace("!Ref ExternalId", f"[{many}]")) if one.rule.startswith("quota")
    ] == []


def test_policy_alone_is_measured_as_a_managed_one() -> None:
    """A policy in a file of its own that fits no managed policy is a warning that says what it still fits."""
    for count, words in ((6_200, "as a managed policy"), (10_300, "as a managed policy and not as an inline one")):
        actions = [f"ec2:Describe{'x' * 80}{number:04d}" for number in range(count // 97)]
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        file = read_any(json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode(), "file", {})
        (policy,) = file.policies
        findings = found_of_policy(policy)
        (found,) = [one for one in findings if one.rule.startswith("quota")]
        assert found.severity is Severity.WARNING
        assert found.message.endswith(words)
