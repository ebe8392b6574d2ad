"""What is no fault, and the fault beside it that is one: each kind in variants of our own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from deputize.jobs.lint.bundle import LintOptions
from deputize.jobs.lint.run import LintRequest, lint_all
from deputize.model.values import Finding, Severity

VENDOR, OTHER = "111122223333", "444455556666"
ID = {"StringEquals": {"sts:ExternalId": "an-external-id-of-36-characters-abcd"}}


def _found(path: Path, *vendors: str) -> dict[str, Severity]:
    options = LintOptions(engines=("own",))
    report, _ = lint_all(LintRequest((path,), options, expected_vendors=vendors))
    return {one.rule: one.severity for one in sorted(report.findings, key=_weight, reverse=True)}


def _weight(finding: Finding) -> int:
    return list(Severity).index(finding.severity)


def _trust(*statements: Mapping[str, object], **more: str) -> str:
    full = [{"Effect": "Allow", "Action": "sts:AssumeRole", **one} for one in statements]
    return json.dumps({"Version": "2012-10-17", **more, "Statement": full})


def _file(tmp_path: Path, text: str, name: str = "trust.json") -> Path:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


VENDORS = {"Principal": {"AWS": VENDOR}, "Condition": ID}


@pytest.mark.parametrize("more", [{"Version": "2008-10-17"}, {"Version": ""}])
@pytest.mark.parametrize(
    ("condition", "severity"),
    [
        ({}, Severity.NOTE),
        ({"StringLike": {"aws:PrincipalTag/team": "x*"}}, Severity.NOTE),
        ({"StringEquals": {"aws:PrincipalTag/team": "${aws:PrincipalTag/squad}"}}, Severity.ERROR),
    ],
)
def test_the_old_version(
    tmp_path: Path, more: dict[str, str], condition: Mapping[str, object], severity: Severity
) -> None:
    """The language of 2008 is a note where no variable is in the policy, whoever is trusted."""
    text = _trust({"Principal": {"AWS": VENDOR}, "Condition": {**ID, **condition}}, **more)
    text = text.replace('"Version": "", ', "")
    assert _found(_file(tmp_path, text))["policy-version"] is severity


@pytest.mark.parametrize("vendors", [(), (VENDOR,)])
@pytest.mark.parametrize("service", ["ec2.amazonaws.com", "lambda.amazonaws.com", "states.amazonaws.com"])
def test_the_trust_of_a_service_alone(tmp_path: Path, vendors: tuple[str, ...], service: str) -> None:
    """It is judged as in a template, a vendor expected or not; beside the vendor a service is a stranger."""
    alone = {"Principal": {"Service": service}}
    assert Severity.ERROR not in _found(_file(tmp_path, _trust(alone)), *vendors).values()
    beside = _found(_file(tmp_path, _trust(VENDORS, alone)), VENDOR)
    assert beside["trust-principal-unexpected"] is Severity.ERROR


@pytest.mark.parametrize("action", ["sts:SetContext", "sts:TagSession", "STS:setsourceidentity"])
def test_who_only_marks_a_session(tmp_path: Path, action: str) -> None:
    """Nobody assumes the role by it; by a wildcard, or sts:AssumeRole beside it, somebody does."""
    marks = {"Principal": {"AWS": OTHER}, "Action": action}
    assert Severity.ERROR not in _found(_file(tmp_path, _trust(VENDORS, marks)), VENDOR).values()
    assert Severity.ERROR not in _found(_file(tmp_path, _trust(marks))).values()
    for wider in (["sts:AssumeRole", action], "sts:Set*", "sts:*"):
        opened = _found(_file(tmp_path, _trust(VENDORS, {**marks, "Action": wider})), VENDOR)
        assert Severity.ERROR in opened.values(), wider


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}])
def test_the_own_account_by_a_variable(tmp_path: Path, principal: object) -> None:
    """Whoever is in the resource's account is in the role's own; compared loosely, anybody gets in."""
    for operator, rules in (
        ("StringEquals", set()),
        ("StringLike", set()),
        ("StringNotEquals", {"external-id-missing"}),
        ("StringEqualsIfExists", {"external-id-missing"}),
        ("ForAnyValue:StringEquals", {"trust-unproved"}),
    ):
        condition = {operator: {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}
        found = _found(_file(tmp_path, _trust({"Principal": principal, "Condition": condition})))
        errors = {rule for rule, severity in found.items() if severity is Severity.ERROR}
        assert bool(errors) is bool(rules), (operator, errors)


@pytest.mark.parametrize(
    "shape", ["!Ref Vendor", "!Sub 'arn:aws:iam::${Vendor}:root'", "!Sub 'arn:aws:iam::${Vendor}:role/r'"]
)
@pytest.mark.parametrize(
    ("offers", "severity"),
    [
        (f"Default: '{VENDOR}'", Severity.WARNING),
        (f"Default: '{OTHER}'", Severity.ERROR),
        (f"AllowedValues: ['{VENDOR}', '{OTHER}']", Severity.ERROR),
        ("Default: ''", Severity.ERROR),
        ("Default: enter-an-account", Severity.ERROR),
    ],
)
def test_what_a_parameter_offers_for_the_vendor(tmp_path: Path, shape: str, offers: str, severity: Severity) -> None:
    """Only what the file offers can be held against the vendor: him alone is a warning, anybody else an error."""
    text = f"""
Parameters: {{Vendor: {{Type: String, {offers}}}}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{{Effect: Allow, Principal: {{AWS: {shape}}}, Action: 'sts:AssumeRole', Condition: {ID}}}]
"""
    found = _found(_file(tmp_path, text, "role.yaml"), VENDOR)
    worst = min(found.values(), key=list(Severity).index)
    assert worst is severity, found
    assert ("trust-account-unproved" in found) is (severity is Severity.WARNING)


def test_without_the_id_the_default_helps_nobody(tmp_path: Path) -> None:
    """That the default is the vendor's account excuses no missing external ID."""
    text = f"""
Parameters: {{Vendor: {{Type: String, Default: '{VENDOR}'}}}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{{Effect: Allow, Principal: {{AWS: !Ref Vendor}}, Action: 'sts:AssumeRole'}}]
"""
    assert _found(_file(tmp_path, text, "role.yaml"), VENDOR)["external-id-missing"] is Severity.ERROR


WIDE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
WRITES = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
MALFORMED = {"Version": "2012-10-17", "Statement": [{"Effect": "allow", "Action": "s3:GetObject", "Resource": "*"}]}


@pytest.mark.parametrize(
    ("policy", "named", "walked"),
    [
        (WIDE, Severity.ERROR, Severity.WARNING),
        (WRITES, Severity.ERROR, Severity.NOTE),
        (MALFORMED, Severity.ERROR, Severity.ERROR),
        ({"PolicyName": "p", "PolicyDocument": WRITES}, Severity.ERROR, Severity.NOTE),
    ],
)
def test_a_policy_in_a_folder(tmp_path: Path, policy: object, named: Severity, walked: Severity) -> None:
    """Nobody knows whose it is: its form is judged, what it leads to is a warning; by name, or with a vendor, all."""
    file = _file(tmp_path, json.dumps(policy), "policy.json")

    def worst(*asked: object) -> Severity:
        return min(_found(*asked).values(), key=list(Severity).index)  # type: ignore[arg-type]

    assert worst(file) is named
    assert worst(tmp_path) is walked
    assert worst(tmp_path, VENDOR) is named


@pytest.mark.parametrize("action", ["sts:AssumeRole", ["s3:*", "sts:*"], "*"])
def test_a_resource_control_policy_is_no_trust(tmp_path: Path, action: object) -> None:
    """What only denies on resources lets nobody in; with an Allow it is a trust policy with a Resource too much."""
    deny = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"}
    _file(tmp_path, _trust(VENDORS), "trust.json")
    assert Severity.ERROR not in _found(_file(tmp_path, _trust(deny, deny), "rcp.json").parent).values()
    allow = {"Principal": {"AWS": VENDOR}, "Resource": "*", "Condition": ID}
    assert _found(_file(tmp_path, _trust(deny, allow)))["policy-element"] is Severity.ERROR
