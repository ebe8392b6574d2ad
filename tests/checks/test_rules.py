from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from deputize.checks.own import RULES, check_role, check_template, rules_version, sample
from deputize.checks.rule import Rule
from deputize.iam.policy import NamedPolicy, Policy
from deputize.model.profiles import load_profile
from deputize.model.values import Finding, Severity


def _ids(findings: tuple[Finding, ...], *severities: Severity) -> list[str]:
    return [finding.rule for finding in findings if finding.severity in (severities or tuple(Severity))]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.id))
def test_rule_is_silent_about_its_good_case(rule: Rule[Any]) -> None:
    """The good case of every rule gives no finding of it."""
    assert list(rule.findings(rule.good(), "here")) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.id))
def test_rule_finds_its_bad_case(rule: Rule[Any]) -> None:
    """The bad case of every rule gives findings with its ID, severity, place and mend."""
    found = list(rule.findings(rule.bad(), "here"))
    assert found
    for finding in found:
        assert (finding.rule, finding.severity, finding.mend) == (rule.id, rule.severity, rule.mend)
        assert finding.where.startswith("here")
        assert finding.message
        assert "  " not in finding.message


def test_rule_ids_are_unique_and_plain() -> None:
    """No two rules share an ID, and each is lower-case words with hyphens."""
    assert max(Counter(rule.id for rule in RULES).values()) == 1
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.id) for rule in RULES)


def test_every_rule_says_why_and_where_it_is_written() -> None:
    """Title, reason and an https reference stand at every rule; what is not a note can be mended."""
    for rule in RULES:
        assert rule.title, rule.id
        assert rule.why.endswith("."), rule.id
        assert rule.reference.startswith("https://"), rule.id
        assert rule.mend or rule.severity is Severity.NOTE, rule.id


def test_sample_role_has_no_finding() -> None:
    """The sample that all cases are made from is right in every way."""
    assert check_role(sample.ROLE, sample.EXPECTED, "role") == ()


def test_role_finding_names_its_place() -> None:
    """A finding of check_role carries the place it was given, then the part of the role."""
    role = replace(sample.ROLE, path="no-slash")
    places = {finding.where for finding in check_role(role, sample.EXPECTED, "a.yaml") if finding.rule == "role-name"}
    assert places == {"a.yaml: path"}


def test_strict_makes_warnings_errors_and_leaves_notes() -> None:
    """With strict a weak external ID is an error; without it a warning; a note stays a note."""
    expected = replace(sample.EXPECTED, external_ids=("12345",))
    role = replace(sample.ROLE, max_session=7200, trust=sample.needs("StringEquals", "12345")().policy)
    loose = check_role(role, expected, "role")
    strict = check_role(role, expected, "role", strict=True)
    assert _ids(loose, Severity.WARNING) == ["external-id-weak"]
    assert _ids(loose, Severity.ERROR) == []
    assert _ids(strict, Severity.ERROR) == ["external-id-weak"]
    assert _ids(strict, Severity.NOTE) == ["role-session-chained"]


@pytest.mark.parametrize(
    ("action", "rule"),
    [
        ("ec2:DescribeInstancez", "access-unknown-action"),
        ("ec3:DescribeInstances", "access-unknown-action"),
        ("ec2:Descrbe*", "access-unknown-action"),
        ("DescribeInstances", "access-unknown-action"),
        ("ec2:TerminateInstances", "access-not-read"),
        ("ec2:*", "access-not-read"),
        ("ec2:*Instances", "access-not-read"),
        ("EC2:terminateinstances", "access-not-read"),
        ("kms:Decrypt", "access-not-read"),
        ("bedrock:InvokeModel", "access-not-read"),
        ("ec2:CreateTags", "access-not-read"),
        ("*", "access-wildcard-service"),
        ("*", "access-not-read"),
        ("e?2:Describe*", "access-wildcard-service"),
        ("secretsmanager:GetSecretValue", "access-secret"),
        ("ssm:Get*", "access-secret"),
        ("ec2:GetPasswordData", "access-secret"),
        ("ecr:GetAuthorizationToken", "access-secret"),
        ("sts:GetSessionToken", "access-secret"),
    ],
)
def test_action_that_must_not_be_is_an_error(action: str, rule: str) -> None:
    """Typos, dead wildcards, writes in any spelling, and reads of secrets are errors of the rule that fits."""
    subject = sample.allows(action)()
    assert rule in _ids(check_role(subject.role, subject.expected, "role"), Severity.ERROR)


def test_long_list_of_actions_is_cut() -> None:
    """A pattern with hundreds of writes names five and counts the others."""
    subject = sample.allows("ec2:*")()
    (found,) = (one for one in check_role(subject.role, subject.expected, "role") if one.rule == "access-not-read")
    assert re.fullmatch(r"allows \d{3} action\(s\) not proved to read: (.+?, ){4}.+ and \d{3} more", found.message)
    assert found.where == "role: policy example-a-company-access, More"


def test_allowed_secret_is_a_note_and_no_other_secret_is_allowed_with_it() -> None:
    """A secret that the vendor allows, in any spelling of case, is a note; the one beside it stays an error."""
    subject = sample.allows("ssm:GetParameter", "ssm:GetParameters", allowed_secrets=("SSM:getparameter",))()
    found = {one.rule: one for one in check_role(subject.role, subject.expected, "role")}
    assert "ssm:GetParameters" in found["access-secret"].message
    assert "ssm:GetParameter " not in found["access-secret"].message
    assert found["access-secret-allowed"].severity is Severity.NOTE
    assert found["access-secret-allowed"].message.endswith("ssm:GetParameter")


def test_read_only_access_is_refused_as_of_its_snapshot() -> None:
    """AWS's ReadOnlyAccess hands out secrets and more than reads: errors that date the snapshot they rest on."""
    subject = sample.attaches("arn:aws:iam::aws:policy/ReadOnlyAccess")()
    found = check_role(subject.role, subject.expected, "role")
    assert "access-secret" in _ids(found, Severity.ERROR)
    about = [one for one in found if "ReadOnlyAccess" in one.where]
    assert about
    assert all(re.search(r" \(as of snapshot v\d+, \d{4}-\d\d-\d\d\)$", one.message) for one in about)


def test_security_audit_is_proved_to_read_but_hands_out_secrets() -> None:
    """AWS's SecurityAudit needs each secret it hands out allowed, as its profile does; all else about it is notes."""
    bare = sample.attaches("arn:aws:iam::aws:policy/SecurityAudit")()
    assert _ids(check_role(bare.role, bare.expected, "role"), Severity.ERROR, Severity.WARNING) == ["access-secret"]
    allowed = tuple(secret.action for secret in load_profile("security-audit").allow_secrets)
    expected = replace(bare.expected, allowed_secrets=allowed)
    found = check_role(bare.role, expected, "role")
    assert _ids(found, Severity.ERROR, Severity.WARNING) == []
    assert _ids(found) == ["access-secret-allowed", "access-exposure", "access-managed-retired"]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"name": "a b"}, "role-name"),
        ({"name": "a\n"}, "role-name"),
        ({"name": "rôle"}, "role-name"),
        ({"path": "/a"}, "role-name"),
        ({"description": "日本"}, "role-name"),
        ({"description": "x" * 1001}, "role-name"),
        ({"max_session": 3599}, "role-session"),
        ({"boundary": "arn:aws:iam::444455556666:role/No"}, "role-boundary"),
        ({"boundary": "arn:aws-cn:iam::444455556666:policy/No"}, "partition"),
        ({"tags": (*sample.ROLE.tags, *((f"k{n}", "v") for n in range(49)))}, "role-tags"),
        ({"tags": (*sample.ROLE.tags, ("k", "v" * 257))}, "role-tags"),
        ({"tags": (("deputize:tenant", "b-company"),)}, "role-tenant"),
        ({"policies": sample.ROLE.policies * 2}, "policy-name"),
        ({"policies": ()}, "access-self-read"),
        ({"policies": (*sample.ROLE.policies, NamedPolicy("empty", Policy(())))}, "access-grammar"),
        ({"managed_arns": ("SecurityAudit",)}, "access-managed-foreign"),
        ({"managed_arns": ("arn:aws:iam::aws:policy/job-function/NoSuch",)}, "access-managed-snapshot"),
    ],
)
def test_role_that_iam_or_we_would_refuse_is_an_error(changes: dict[str, Any], rule: str) -> None:
    """Each field outside AWS's patterns and quotas, or outside our own form, is an error of the rule that fits."""
    found = check_role(replace(sample.ROLE, **changes), sample.EXPECTED, "role")
    assert rule in _ids(found, Severity.ERROR)


@pytest.mark.parametrize(
    "changes",
    [
        {"resources": ("*",)},
        {"resources": (sample.ROLE_ARN, "arn:aws:iam::*:role/other")},
        {"resources": ("arn:aws:iam::*:role/*",)},
        {"actions": ("iam:GetRole",)},
    ],
)
def test_role_that_reads_more_or_less_than_itself_is_an_error(changes: dict[str, Any]) -> None:
    """ReadThisRole is for the role's own ARN, no other and no wildcard, and has all four reads."""
    document = Policy((replace(sample.READ_SELF, **changes), sample.READ))
    role = replace(sample.ROLE, policies=(NamedPolicy("example-a-company-access", document),))
    assert _ids(check_role(role, sample.EXPECTED, "role"), Severity.ERROR) == ["access-self-read"]


def test_own_arn_has_the_account_where_it_is_known() -> None:
    """For a tenant whose account was agreed, the role's own ARN holds that account and no wildcard."""
    expected = replace(sample.EXPECTED, account_id="444455556666")
    assert _ids(check_role(sample.ROLE, expected, "role"), Severity.ERROR) == ["access-self-read"]


def test_template_is_measured_in_bytes() -> None:
    """51,200 bytes pass and one more does not, whatever the number of characters."""
    assert check_template("x" * 51_200, "role.yaml") == ()
    (found,) = check_template("x" * 51_198 + "日", "role.yaml")
    assert (found.rule, found.where) == ("quota-template", "role.yaml: template")
    assert found.message == "has 51,201 bytes; AWS takes 1 to 51,200"


def test_rules_version_is_a_digest() -> None:
    """The version of the rules is the same in one installation and long enough never to be another's."""
    assert re.fullmatch(r"[0-9a-f]{64}", rules_version())
    assert rules_version() == rules_version()
