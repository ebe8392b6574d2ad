"""A trust in an identity provider that says nothing of whose users: told for each, silent where it says so.

Shared providers: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html lists
which claim IAM asks for. A stranger's user meets every condition that names none of them.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from deputize.checks.file_findings import file_findings
from deputize.iam.trust.providers import providers
from deputize.model.expectations import Expectations
from deputize.model.values import Severity
from deputize.read.any import read_any

OWN = "777788889999"
RULE = "trust-provider-open"
ERROR, WARNING = Severity.ERROR, Severity.WARNING
WEB, BY_SAML = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
GITHUB = "token.actions.githubusercontent.com"
TERRAFORM = "app.terraform.io"
CLUSTER = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
BUILT_IN = ("accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com")
POOL = "eu-west-1:12345678-abcd-4bcd-8bcd-123456789012"


def principal(issuer: str) -> str:
    """The principal of an issuer; `saml` for a SAML provider."""
    sort = "saml-provider/Okta" if issuer == "saml" else f"oidc-provider/{issuer}"
    return issuer if issuer in BUILT_IN else f"arn:aws:iam::{OWN}:{sort}"


def trust(issuer: str, condition: Any = None, *more: Any) -> dict[str, Any]:
    """A policy that trusts the issuer under a condition, with more statements."""
    action = BY_SAML if issuer == "saml" else WEB
    statement = {"Effect": "Allow", "Principal": {"Federated": principal(issuer)}, "Action": action}
    return {
        "Version": "2012-10-17",
        "Statement": [{**statement, **({"Condition": condition} if condition else {})}, *more],
    }


def found_in(policy: Any, **parts: Any) -> list[tuple[str, Severity]]:
    """Errors and warnings about a role of a template with this trust policy."""
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": policy}}
    content = json.dumps({**parts, "Resources": {"Role": role, **parts.get("Resources", {})}})
    told = file_findings(read_any(content.encode(), "t.json", {}), "t.json", Expectations()).findings
    return [(one.rule, one.severity) for one in told if one.severity is not Severity.NOTE]


# Issuer, condition (None is none), and how it is told; None is silence.
CASES: dict[str, tuple[str, Any, Severity | None]] = {
    "GitHub, audience alone": (GITHUB, {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}, ERROR),
    "GitHub, nothing": (GITHUB, None, ERROR),
    "GitHub, anybody's repositories": (GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:*"}}, ERROR),
    "GitHub, a beginning of a name": (GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:octo*"}}, ERROR),
    "GitHub, any organisation": (GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:*/deploy:*"}}, ERROR),
    "GitHub, one of two is open": (GITHUB, {"StringLike": {f"{GITHUB}:sub": ["repo:octo/app:*", "*"]}}, ERROR),
    "GitHub, a branch of anybody": (GITHUB, {"StringLike": {f"{GITHUB}:sub": "*:ref:refs/heads/main"}}, ERROR),
    "GitHub, an environment of anybody": (GITHUB, {"StringEquals": {f"{GITHUB}:sub": "environment:prod"}}, ERROR),
    "GitHub, where it is sent": (GITHUB, {"ForAllValues:StringLike": {f"{GITHUB}:sub": "repo:octo/app:*"}}, ERROR),
    "GitHub, all but one": (GITHUB, {"StringNotLike": {f"{GITHUB}:sub": "repo:evil/*"}}, ERROR),
    "GitHub, a ref of anybody": (GITHUB, {"StringEquals": {f"{GITHUB}:ref": "refs/heads/main"}}, ERROR),
    "GitHub, another's key": (GITHUB, {"StringEquals": {"gitlab.com:sub": "project_path:octo/app:x"}}, ERROR),
    "GitHub, a session's name": (GITHUB, {"StringEquals": {"sts:RoleSessionName": "deploy"}}, ERROR),
    "GitHub, a repository": (GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:octo-org/octo-repo:*"}}, None),
    "GitHub, an organisation": (GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:octo-org/*"}}, None),
    "GitHub, by number": (GITHUB, {"StringEquals": {f"{GITHUB}:repository_id": "123456"}}, None),
    "GitHub, an immutable subject": (GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:octo@1/app@2:*"}}, None),
    "GitHub, key in another case": (GITHUB, {"StringLike": {f"{GITHUB.upper()}:Sub": "repo:octo/app:*"}}, None),
    "GitHub, an owner": (GITHUB, {"StringEquals": {f"{GITHUB}:sub": "repository_owner:octo-org"}}, None),
    "GitHub, from one's network": (GITHUB, {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, None),
    "GitHub, from everywhere": (GITHUB, {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, ERROR),
    "GitLab, nothing": ("gitlab.com", {"StringEquals": {"gitlab.com:aud": "https://gitlab.com"}}, ERROR),
    "GitLab, a project": ("gitlab.com", {"StringLike": {"gitlab.com:sub": "project_path:g/p:ref_type:*"}}, None),
    "Terraform, audience alone": (
        "app.terraform.io",
        {"StringEquals": {"app.terraform.io:aud": "aws.workload.identity"}},
        ERROR,
    ),
    "Terraform, any organisation": (
        "app.terraform.io",
        {"StringLike": {"app.terraform.io:sub": "organization:*"}},
        ERROR,
    ),
    "Terraform, one": (
        "app.terraform.io",
        {"StringLike": {"app.terraform.io:sub": "organization:acme:project:*"}},
        None,
    ),
    "Google, nothing": ("accounts.google.com", None, ERROR),
    "Google, audience": ("accounts.google.com", {"StringEquals": {"accounts.google.com:aud": "123"}}, None),
    "Cognito, signed in": (
        "cognito-identity.amazonaws.com",
        {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}},
        ERROR,
    ),
    "Cognito, any pool of a Region": (
        "cognito-identity.amazonaws.com",
        {"StringLike": {"cognito-identity.amazonaws.com:aud": "eu-west-1:*"}},
        ERROR,
    ),
    "Cognito, a pool": (
        "cognito-identity.amazonaws.com",
        {"StringEquals": {"cognito-identity.amazonaws.com:aud": POOL}},
        None,
    ),
    "Facebook, nothing": ("graph.facebook.com", None, ERROR),
    "Amazon, an app": (
        "www.amazon.com",
        {"StringEquals": {"www.amazon.com:app_id": "amzn1.application-oa2-client.1"}},
        None,
    ),
    "Buildkite, nothing": ("agent.buildkite.com", None, ERROR),
    "CircleCI's own issuer of one organisation": ("oidc.circleci.com/org/1a2b", None, WARNING),
    "EKS, audience alone": (CLUSTER, {"StringEquals": {f"{CLUSTER}:aud": "sts.amazonaws.com"}}, WARNING),
    "EKS, any service account": (CLUSTER, {"StringLike": {f"{CLUSTER}:sub": "system:serviceaccount:*"}}, WARNING),
    "EKS, a namespace": (CLUSTER, {"StringLike": {f"{CLUSTER}:sub": "system:serviceaccount:prod:*"}}, None),
    "another, nothing": ("login.example.com", None, WARNING),
    "another, any": ("login.example.com/x", {"StringLike": {"login.example.com/x:sub": "*"}}, WARNING),
    "another, audience": ("login.example.com/x", {"StringEquals": {"login.example.com/x:aud": "app"}}, None),
    "another, a session tag": ("login.example.com", {"StringEquals": {"aws:RequestTag/team": "ops"}}, None),
    "SAML, nothing": ("saml", None, WARNING),
    "SAML, audience": ("saml", {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}, None),
    "SAML, an issuer": ("saml", {"StringEquals": {"saml:iss": "https://idp.example.com"}}, None),
    "SAML, what it is": ("saml", {"StringEquals": {"SAML:sub_type": "persistent"}}, WARNING),
}


@pytest.mark.parametrize("name", CASES)
def test_a_provider_whose_users_nobody_names_is_told(name: str) -> None:
    """An error where strangers have users there too, a warning where they are one's own; else silence."""
    issuer, condition, severity = CASES[name]
    assert found_in(trust(issuer, condition)) == ([] if severity is None else [(RULE, severity)])


def test_every_provider_of_the_table_is_told_and_has_a_page() -> None:
    """No row is without a case of its own: with no condition each shared one is an error."""
    for one in providers():
        issuer = one.issuer.pattern.replace("\\", "").replace("(vs)?", "").partition("(")[0]
        if one.shared and "(" not in one.issuer.pattern.replace("(vs)?", ""):
            assert found_in(trust(issuer)) == [(RULE, ERROR)], one.name
        assert one.page.startswith("https://docs.aws.amazon.com/")


def test_the_finding_names_the_provider_its_key_and_the_page() -> None:
    """Whoever reads it knows what to compare with what."""
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust(GITHUB)}}
    read = read_any(json.dumps({"Resources": {"Role": role}}, indent=1).encode(), "t.json", {})
    (found,) = [one for one in file_findings(read, "t.json", Expectations()).findings if one.rule == RULE]
    assert "GitHub Actions" in found.message
    assert f"{GITHUB}:sub" in found.message
    assert "repo:ORGANIZATION/REPOSITORY:*" in found.message
    assert "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html" in found.message
    assert found.line is not None


DENY = {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}


@pytest.mark.parametrize(
    ("deny", "told"),
    [
        ({"StringNotLike": {f"{GITHUB}:sub": "repo:octo/app:*"}}, False),
        ({"StringNotLikeIfExists": {f"{GITHUB}:sub": "repo:octo/app:*"}}, False),
        ({"StringNotLike": {f"{GITHUB}:sub": "*"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "repo:evil/*"}}, True),
        ({"StringNotLike": {f"{GITHUB}:sub": "repo:octo/app:*"}, "Bool": {"aws:SecureTransport": "true"}}, True),
    ],
)
def test_a_deny_for_everybody_else_says_it_too(deny: Any, *, told: bool) -> None:
    """What a Deny lets past is all that is left of the Allow."""
    wanted = [(RULE, ERROR)] if told else []
    assert found_in(trust(GITHUB, None, {**DENY, "Condition": deny})) == wanted


def test_a_parameter_in_the_subject_is_the_customers_own_choice() -> None:
    """`repo:${Org}/${Repo}:*` names somebody; what a parameter's default leaves open is told."""
    subject = {"Fn::Sub": "repo:${Org}/${Repo}:*"}
    chosen = {"Org": {"Type": "String"}, "Repo": {"Type": "String", "Default": "*"}}
    assert found_in(trust(GITHUB, {"StringLike": {f"{GITHUB}:sub": subject}}), Parameters=chosen) == []
    opened = {"Org": {"Type": "String", "Default": "*"}, "Repo": {"Type": "String"}}
    found = found_in(trust(GITHUB, {"StringLike": {f"{GITHUB}:sub": subject}}), Parameters=opened)
    assert found == [(RULE, ERROR)]


def test_a_provider_that_the_template_makes_is_known_by_its_url() -> None:
    """Its Url says who it is, and nothing is invented."""
    made = {"Type": "AWS::IAM::OIDCProvider", "Properties": {"Url": f"https://{GITHUB}"}}
    policy = trust(GITHUB)
    policy["Statement"][0]["Principal"] = {"Federated": {"Ref": "Maker"}}
    assert found_in(policy, Resources={"Maker": made}) == [(RULE, ERROR)]
    policy["Statement"][0]["Condition"] = {"StringLike": {f"{GITHUB}:sub": "repo:octo/app:*"}}
    assert found_in(policy, Resources={"Maker": made}) == []


def test_a_provider_that_somebody_chooses_is_known_by_the_keys() -> None:
    """Whose users enter is told by the condition keys, whatever parameter names the provider."""
    chosen = {"Chosen": {"Type": "String"}}
    policy = trust(GITHUB, {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}})
    policy["Statement"][0]["Principal"] = {"Federated": {"Ref": "Chosen"}}
    assert (RULE, ERROR) in found_in(policy, Parameters=chosen)
    policy["Statement"][0]["Condition"]["StringLike"] = {f"{GITHUB}:sub": "repo:octo/app:*"}
    assert [rule for rule, _ in found_in(policy, Parameters=chosen)] == ["trust-provider-unproved"]


def test_a_role_that_strangers_enter_is_judged_as_theirs() -> None:
    """Whoever at GitHub assumes a role gets what it may do: a third party's role."""
    access = {"PolicyName": "x", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "*"}]}}  # fmt: skip
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust(GITHUB), "Policies": [access]}}
    told = file_findings(
        read_any(json.dumps({"Resources": {"R": role}}).encode(), "t.json", {}), "t.json", Expectations()
    )
    assert "action-not-read" in [one.rule for one in told.findings]
    assert [one.why for one in told.roles] == ["trusts everybody at GitHub Actions"]
