"""A role that a format creates, or a vendor asks for: judged like anyone's, with what its vendor expects."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from deputize.checks.made import differences, made_findings
from deputize.checks.opened import role_for
from deputize.checks.tenant import template_size
from deputize.iam.policy import NamedPolicy, Policy, Statement
from deputize.iam.role import IamRole
from deputize.jobs.expectations import expectation_of
from deputize.model.expectations import Expectations
from deputize.model.profiles import load_profile
from deputize.model.spec import Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import Finding, Severity

VENDOR = Vendor("example", english("Example"), (VendorAccount("aws", "111122223333"),))
TENANT = Tenant("a-company", ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",))
ROLE = role_for(VENDOR, TENANT)
MADE = ROLE.resolved()
(ACCESS,) = MADE.policies
READ_SELF, READ_POLICIES, *_ = ACCESS.document.statements


def _found(made: IamRole, *allowed_secrets: str, claimed: bool = False) -> tuple[Finding, ...]:
    expected = replace(expectation_of(ROLE), allowed_secrets=allowed_secrets)
    said = Expectations(claimed=expected, claimant="the manifest") if claimed else Expectations(expected)
    return made_findings(made, said, "role", None)


def _ids(findings: tuple[Finding, ...], *severities: Severity) -> list[str]:
    return [finding.rule for finding in findings if finding.severity in severities]


def _statements(*statements: Statement) -> IamRole:
    return replace(MADE, policies=(NamedPolicy(ACCESS.name, Policy(statements)),))


def _allows(*actions: str) -> IamRole:
    """The role that may read itself, and do these everywhere."""
    return _statements(READ_SELF, READ_POLICIES, Statement("More", "Allow", actions, ("*",)))


def _attaches(*arns: str) -> IamRole:
    """The role that may read itself, with AWS managed policies."""
    return replace(_statements(READ_SELF, READ_POLICIES), managed_arns=arns)


def test_what_a_vendor_asks_for_has_no_error_or_warning() -> None:
    """The role as the model builds it is right in every way, and is the role that was asked for."""
    assert _ids(_found(MADE), Severity.ERROR, Severity.WARNING) == []
    assert list(differences(MADE, ROLE.resolved())) == []


def test_a_made_role_has_no_lines() -> None:
    """A finding carries the name that was given for the role, and no place in a file."""
    places = {(one.where, one.line, one.column) for one in _found(replace(MADE, max_session=3599))}
    assert places == {("role", None, None)}


@pytest.mark.parametrize(
    ("action", "rule"),
    [
        ("ec2:DescribeInstancez", "action-unknown"),
        ("ec3:DescribeInstances", "action-unknown-service"),
        ("ec2:Descrbe*", "action-dead-wildcard"),
        ("DescribeInstances", "policy-grammar"),
        ("ec2:TerminateInstances", "action-not-read"),
        ("ec2:*", "action-not-read"),
        ("ec2:*Instances", "action-not-read"),
        ("EC2:terminateinstances", "action-not-read"),
        ("kms:Decrypt", "action-not-read"),
        ("bedrock:InvokeModel", "action-not-read"),
        ("ec2:CreateTags", "action-not-read"),
        ("*", "action-not-read"),
        ("e?2:Describe*", "action-all-services"),
        ("secretsmanager:GetSecretValue", "exposure-secret"),
        ("ssm:Get*", "exposure-secret"),
        ("ec2:GetPasswordData", "exposure-secret"),
        ("ecr:GetAuthorizationToken", "exposure-secret"),
        ("sts:GetSessionToken", "exposure-secret"),
    ],
)
def test_action_that_must_not_be_is_an_error(action: str, rule: str) -> None:
    """Typos, dead wildcards, writes in any spelling, and reads of secrets are errors of the rule that fits."""
    assert rule in _ids(_found(_allows(action)), Severity.ERROR)


def test_long_list_of_actions_is_cut() -> None:
    """A pattern with hundreds of writes names five and counts the others."""
    (found,) = (one for one in _found(_allows("ec2:*")) if one.rule == "action-not-read")
    five = r"(ec2:\w+ \([A-Z][A-Za-z ]+\), ){4}ec2:\w+ \([A-Z][A-Za-z ]+\)"
    assert re.fullmatch(
        rf"'ec2:\*' on \* allows \d{{3}} actions not proved to read: {five} and \d{{3}} more", found.message
    )


def test_allowed_secret_is_a_note_and_no_other_secret_is_allowed_with_it() -> None:
    """A secret that the vendor allows, in any spelling of case, is a note; the one beside it stays an error."""
    found = _found(_allows("ssm:GetParameter", "ssm:GetParameters"), "SSM:getparameter")
    (secret,) = (one for one in found if one.rule == "exposure-secret")
    (allowed,) = (one for one in found if one.rule == "exposure-secret-allowed")
    assert (secret.severity, allowed.severity) == (Severity.ERROR, Severity.NOTE)
    assert "'ssm:GetParameters'" in secret.message
    assert "'ssm:GetParameter'" in allowed.message


def test_a_secret_that_only_the_manifest_allows_is_a_warning_that_quotes_it() -> None:
    """What is judged cannot pardon itself: its claim makes an error a warning, and says whose word it is."""
    found = _found(_allows("ssm:GetParameter"), "ssm:GetParameter", claimed=True)
    (secret,) = (one for one in found if one.rule == "exposure-secret")
    assert secret.severity is Severity.WARNING
    assert "the manifest" in secret.message


def test_read_only_access_is_refused_as_of_its_snapshot() -> None:
    """AWS's ReadOnlyAccess hands out secrets and more than reads: errors that date the snapshot they rest on."""
    found = _found(_attaches("arn:aws:iam::aws:policy/ReadOnlyAccess"))
    assert {"exposure-secret", "action-not-read"} <= set(_ids(found, Severity.ERROR))
    about = [one for one in found if "ReadOnlyAccess" in one.message]
    assert len(about) > 2
    assert all(re.search(r"\(as of snapshot v\d+, \d{4}-\d\d-\d\d\)", one.message) for one in about)


def test_security_audit_is_proved_to_read_but_hands_out_secrets() -> None:
    """AWS's SecurityAudit needs each secret it hands out allowed, as its profile does; it has no other error."""
    bare = _attaches("arn:aws:iam::aws:policy/SecurityAudit")
    assert _ids(_found(bare), Severity.ERROR) == ["exposure-secret"]
    allowed = tuple(secret.action for secret in load_profile("security-audit").allow_secrets)
    found = _found(bare, *allowed)
    assert _ids(found, Severity.ERROR) == []
    assert {"exposure-secret-allowed", "exposure-config", "managed-retired"} <= set(_ids(found, Severity.NOTE))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"name": "a b"}, "role-name"),
        ({"name": "a\n"}, "role-name"),
        ({"name": "rôle"}, "role-name"),
        ({"path": "/a"}, "role-name"),
        ({"path": "no-slash"}, "role-name"),
        ({"description": "日本"}, "role-description"),
        ({"description": "x" * 1001}, "role-description"),
        ({"max_session": 3599}, "role-session"),
        ({"max_session": 43201}, "role-session"),
        ({"boundary": "arn:aws:iam::444455556666:role/No"}, "managed-malformed"),
        ({"tags": (*MADE.tags, *((f"k{n}", "v") for n in range(49)))}, "role-tags"),
        ({"tags": (*MADE.tags, ("k", "v" * 257))}, "role-tags"),
        ({"policies": MADE.policies * 2}, "role-policy-name"),
        ({"policies": (*MADE.policies, NamedPolicy("empty", Policy(())))}, "policy-grammar"),
        ({"managed_arns": ("SecurityAudit",)}, "managed-malformed"),
        ({"managed_arns": ("arn:aws:iam::aws:policy/job-function/NoSuch",)}, "managed-unknown"),
        ({"managed_arns": ("arn:aws:iam::444455556666:policy/Theirs",)}, "managed-elsewhere"),
        ({"managed_arns": tuple(f"arn:aws:iam::aws:policy/{n}" for n in range(11))}, "quota-attached-policies"),
    ],
)
def test_role_that_iam_would_refuse_is_an_error(changes: dict[str, Any], rule: str) -> None:
    """Each field outside AWS's patterns and quotas is an error of the rule that fits, and another role than asked."""
    made = replace(MADE, **changes)
    assert rule in _ids(_found(made), Severity.ERROR)
    assert list(differences(made, ROLE.resolved()))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "other"}, ["name"]),
        ({"boundary": "arn:aws-cn:iam::444455556666:policy/No"}, ["the permissions boundary"]),
        ({"tags": (("deputize:tenant", "b-company"),)}, ["tags"]),
        ({"managed_arns": ("arn:aws-cn:iam::aws:policy/SecurityAudit",)}, ["the attached managed policies"]),
        ({"policies": ()}, ["the access policies"]),
        ({"trust": Policy(()), "max_session": 7200}, ["the maximum session duration", "the trust policy"]),
        ({"delivery": "inline"}, ["delivery"]),
    ],
)
def test_what_differs_from_what_was_asked_for_is_told_field_by_field(changes: dict[str, Any], words: list[str]) -> None:
    """A field that is another than the vendor asks for is named, also where it harms nobody."""
    assert list(differences(replace(MADE, **changes), ROLE.resolved())) == words


@pytest.mark.parametrize(
    "changes",
    [
        {"resources": ("*",)},
        {"resources": (*READ_SELF.resources, "arn:aws:iam::*:role/other")},
        {"resources": ("arn:aws:iam::*:role/*",)},
        {"actions": ("iam:GetRole",)},
    ],
)
def test_role_that_reads_more_or_less_than_itself_is_another_role(changes: dict[str, Any]) -> None:
    """ReadThisRole is for the role's own ARN, no other and no wildcard, and has all of its reads."""
    (document,) = MADE.policies
    changed = Policy((replace(READ_SELF, **changes), *document.document.statements[1:]))
    made = replace(MADE, policies=(NamedPolicy(document.name, changed),))
    assert list(differences(made, ROLE.resolved())) == ["the access policies"]


def test_own_arn_has_the_account_where_it_is_known() -> None:
    """For a tenant whose account was agreed, a role that reads itself in any account is another than was asked for."""
    agreed = role_for(VENDOR, replace(TENANT, account_id="444455556666"))
    assert list(differences(MADE, agreed.resolved())) == ["the access policies"]


def test_template_is_measured_in_bytes() -> None:
    """51,200 bytes pass and one more does not, whatever the number of characters."""
    assert list(template_size(51_200, "role.yaml")) == []
    (found,) = template_size(len(f"{'x' * 51_198}日".encode()), "role.yaml")
    assert (found.rule, found.severity, found.where) == ("template-size", Severity.ERROR, "role.yaml")
    assert found.message == "has 51,201 bytes; AWS takes 1 to 51,200"
