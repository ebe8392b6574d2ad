"""What a finding says is true, and names what can be done: by kinds of sentences that once were not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deputize.checks.file_findings import file_findings
from deputize.checks.findings import delivery_findings
from deputize.model.expectations import Expectation, Expectations, literals
from deputize.model.values import Severity
from deputize.read.any import read_any

VENDOR = "111122223333"
ID = "acme-7f3c9b2e-0001-4c1d"
NEEDS_ID = {"StringEquals": {"sts:ExternalId": ID}}
TRUST = {"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": "sts:AssumeRole", "Condition": NEEDS_ID}


def policy(*statements: Any) -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def template(trust: Any, parameters: Any = None, **properties: Any) -> str:
    """A template with a role of this trust."""
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust, **properties}}
    return json.dumps({"Parameters": parameters or {}, "Resources": {"Role": role}}, indent=1)


def messages(text: str, rule: str = "", expectations: Expectations = Expectations()) -> list[str]:  # noqa: B008 - frozen
    """What is said of a file, by rules whose ID begins with `rule`."""
    read = read_any(text.encode(), "t.yaml", {})
    judged = file_findings(read, "t.yaml", expectations).findings
    found = (*judged, *delivery_findings(read, len(text), "t.yaml"))
    said = [one.message for one in found if one.rule.startswith(rule) and one.severity is not Severity.NOTE]
    return [*said, *(one.what for one in read.refused if not rule)]


# AWS's list of names: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ViewOnlyAccess", "job-function/ViewOnlyAccess is one"),
        ("SecurityAudits", "SecurityAudit is one"),
        ("AWSCloudTrailReadOnlyAccess", "AWSCloudTrail_ReadOnlyAccess is one"),
        ("job-function/SecurityAudit", "SecurityAudit is one"),
        ("service-role/AWSLambdaBasicExecutionRoles", "service-role/AWSLambdaBasicExecutionRole is one"),
        ("NothingOfTheKindAtAll", "AWS managed policies of 20"),
    ],
)
def test_a_managed_policy_that_does_not_exist_is_told_so(name: str, said: str) -> None:
    """By AWS's dated list of names, with the nearest; that deputize has no snapshot of it is not the reason."""
    (found,) = messages(
        template(policy(TRUST), ManagedPolicyArns=[f"arn:aws:iam::aws:policy/{name}"]), "managed-unknown"
    )
    assert "is none of the" in found
    assert said in found
    assert "snapshot" not in found


def test_a_managed_policy_without_a_snapshot_exists_all_the_same() -> None:
    """What AWS has and deputize has no text of is told as before; other partitions have lists of their own."""
    for arn in ("arn:aws:iam::aws:policy/AmazonEC2FullAccess", "arn:aws-cn:iam::aws:policy/NothingOfTheKind"):
        (found,) = messages(template(policy(TRUST), ManagedPolicyArns=[arn]), "managed-unknown")
        assert "has no snapshot here" in found


# https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
SSO = f"arn:aws:iam::{VENDOR}:role/AWSReservedSSO_Admin_0123456789abcdef"


@pytest.mark.parametrize(
    ("arn", "told"),
    [
        (SSO, True),
        (SSO.replace("role/", "role/aws-reserved/sso.amazonaws.com/"), False),
        (SSO.replace("role/", "role/aws-reserved/sso.amazonaws.com/eu-west-1/"), False),
        (SSO.replace("role/", "role/*"), False),
        (f"arn:aws:iam::{VENDOR}:role/MyAWSReservedSSO_Admin", False),
    ],
)
def test_a_role_of_identity_center_without_its_path_is_told(arn: str, *, told: bool) -> None:
    """In Principal and in aws:PrincipalArn, whoever expects whom."""
    named = {**TRUST, "Principal": {"AWS": arn}}
    compared = {**TRUST, "Condition": {**NEEDS_ID, "ArnLike": {"aws:PrincipalArn": arn}}}
    for statement in (compared,) if "*" in arn else (named, compared):
        assert len(messages(template(policy(statement)), "trust-sso-path")) == told


# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html: YAML 1.1
YAML = """\
Parameters:
  Vendor: {{Type: String, Default: {default}}}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {{AWS: {account}}}
            Action: sts:AssumeRole
            Condition: {{StringEquals: {{"sts:ExternalId": {id}}}}}
"""
FINE = {"default": "'111122223333'", "account": f"'{VENDOR}'", "id": f"'{ID}'"}


@pytest.mark.parametrize(
    ("changes", "written", "read"),
    [
        ({"account": "011122223333"}, "011122223333", "1229530843"),
        ({"account": "[011122223333]"}, "011122223333", "1229530843"),
        ({"id": "0x1234567890abcdef"}, "0x1234567890abcdef", "1311768467294899695"),
        ({"id": "0123456701234567"}, "0123456701234567", "5744368105847"),
        ({"id": "yes"}, "yes", "true"),
        ({"id": "1_000_000"}, "1_000_000", "1000000"),
        ({"default": "011122223333"}, "011122223333", "1229530843"),
    ],
)
def test_a_number_that_yaml_changes_is_told_as_it_was_written(changes: dict[str, str], written: str, read: str) -> None:
    """Where an account or an external ID stands without quotes, with what becomes of it."""
    (found,) = messages(YAML.format(**{**FINE, **changes}), "policy-unquoted")
    assert found == f"{written} without quotes is read as {read}"


@pytest.mark.parametrize(
    "changes", [{}, {"account": VENDOR}, {"id": "acme-0123"}, {"id": "'0123456701234567'"}, {"default": "yes"}]
)
def test_a_number_that_yaml_keeps_is_not_told(changes: dict[str, str]) -> None:
    """Digits that stay as they are, quotes, and parameters that are no account or ID."""
    assert messages(YAML.format(**{**FINE, **changes}), "policy-unquoted") == []


LIST = {"Accounts": {"Type": "String"}}
SPLIT = {"Fn::Split": [",", {"Ref": "Accounts"}]}


@pytest.mark.parametrize(
    "principal",
    [
        SPLIT,
        {"Fn::Select": ["0", SPLIT]},
        {"Fn::Select": [{"Ref": "At"}, {"Ref": "Many"}]},
        {"Fn::Join": ["", [{"Fn::Select": ["0", SPLIT]}]]},
    ],
)
def test_a_function_of_a_parameter_is_decided_by_the_parameter(principal: Any) -> None:
    """What the parameter inside comes to decides it: no sentence says that nothing does."""
    parameters = {**LIST, "Many": {"Type": "CommaDelimitedList"}, "At": {"Type": "String"}}
    found = messages(template(policy({**TRUST, "Principal": {"AWS": principal}}), parameters))
    assert [one for one in found if "nothing in this file decides it" in one] == []
    assert [one for one in found if "--parameter" in one]


@pytest.mark.parametrize("action", ["s3:*", "ec2:DescribeInstances", ["s3:GetObject", "logs:*"]])
def test_a_statement_whose_actions_let_nobody_in_is_no_way_in(action: Any) -> None:
    """It is not understood, and that is told; nobody is said to enter by it."""
    odd = {"Effect": "Allow", "Principal": VENDOR, "Action": action}
    found = messages(template(policy(TRUST, odd)))
    assert [one for one in found if "Principal is a text" in one]
    assert [one for one in found if "may be able to assume" in one] == []


def test_an_example_is_one_that_the_parameter_may_be() -> None:
    """Where a parameter is a principal, whoever it names gets in, and not the root user that it may never be."""
    pattern = {"Vendors": {"Type": "CommaDelimitedList", "AllowedPattern": "arn:aws:iam::[0-9]{12}:role/.*"}}
    open_ones = {**TRUST, "Principal": {"AWS": {"Ref": "Vendors"}}, "Condition": {}}
    open_ones.pop("Condition")
    found = messages(template(policy(open_ones), pattern), "external-id-missing")
    assert found
    assert [one for one in found if ":root" in one] == []


def test_a_macro_among_the_policies_is_named() -> None:
    """What fills a policy in is a macro, and not a policy without a document."""
    macro = {"Fn::Transform": {"Name": "Standards", "Parameters": {}}}
    found = messages(template(policy(TRUST), Policies=[macro]))
    assert [one for one in found if "PolicyDocument" in one] == []
    assert [one for one in found if "Fn::Transform" in one]


ROLE = "arn:aws:iam::444455556666:role/reader"


@pytest.mark.parametrize(
    ("resource", "named"), [(ROLE, True), ([ROLE, ROLE + "2"], True), ("*", False), (ROLE + "*", True)]
)
def test_roles_that_are_named_are_not_to_be_named_again(resource: Any, *, named: bool) -> None:
    """Chaining into one role is told as that, and the mend is one that mends."""
    access = policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource})
    text = json.dumps(access)
    found = file_findings(read_any(text.encode(), "t.json", {}), "t.json", Expectations()).findings
    (chain,) = [one for one in found if one.rule == "action-role-chaining"]
    assert ("every role" not in chain.message) is named
    assert "name the roles in Resource" not in chain.mend


def test_not_principal_names_who_is_kept_out() -> None:
    """Nobody is said to be trusted whom NotPrincipal names."""
    text = template(
        policy({**{k: v for k, v in TRUST.items() if k != "Principal"}, "NotPrincipal": {"AWS": "999988887777"}})
    )
    expected = Expectations(Expectation(vendor_accounts=(VENDOR,)))
    assert [one for one in messages(text, "", expected) if "trusts account 999988887777" in one] == []
    assert messages(text, "trust-not-principal", expected)


def test_what_our_own_deny_leaves_open_is_no_statement_of_the_file() -> None:
    """Everybody but an account that somebody chooses, without an ID: told, where the file's own account is left out."""
    chosen = {"AWS": {"Fn::Sub": "arn:aws:iam::${VendorAccount}:root"}}
    anyone_else = {"Effect": "Allow", "NotPrincipal": chosen, "Action": "*"}
    text = template(policy(anyone_else, {**TRUST, "Principal": chosen}), {"VendorAccount": {"Type": "String"}})
    given = Expectation(vendor_accounts=(VENDOR,), external_ids=literals((ID,)))
    assert messages(text, "trust-not-principal", Expectations(given))
