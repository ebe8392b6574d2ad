"""`deputize lint --role-arn`: a live role is judged by the rules for files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from deputize.aws.client import Session
from deputize.aws.live_role import LiveRole
from deputize.errors import InputError, ServiceError
from deputize.jobs.lint.file import Judging
from deputize.jobs.lint.live import lint_live_role
from deputize.model.expectations import Expectation, Expectations, literals
from deputize.model.values import Severity

OWN = Judging(engines=("own",))
AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"
ARN = "arn:aws:iam::444455556666:role/acme-reader"


def trust(operator: str) -> dict[str, Any]:
    """The trust policy of a vendor's role."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": "sts:AssumeRole",
                "Condition": {operator: {"sts:ExternalId": "Acme-7d4c0b9e2f7a4f0e"}},
            }
        ],
    }


def allow(action: str) -> str:
    """An access policy."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_live_role_is_judged_with_all_its_policies(customer: Session) -> None:
    """Trust, inline, managed and AWS's own policies; a finding shows its line of what IAM answered."""
    role = {"RoleName": "acme-reader", "AssumeRolePolicyDocument": json.dumps(trust("StringEqualsIfExists"))}
    arn = customer.call("iam", "create_role", **role)["Role"]["Arn"]
    made = customer.call("iam", "create_policy", PolicyName="more", PolicyDocument=allow("s3:DeleteBucket"))
    for policy in (made["Policy"]["Arn"], AUDIT):
        customer.call("iam", "attach_role_policy", RoleName="acme-reader", PolicyArn=policy)
    inline = {"RoleName": "acme-reader", "PolicyName": "own", "PolicyDocument": allow("ec2:RunInstances")}
    customer.call("iam", "put_role_policy", **inline)
    report = lint_live_role(arn, OWN, customer)
    found = {(one.finding.rule, one.finding.where): one for one in report.found}
    entrance = found["external-id-operator", arn]
    assert "StringEqualsIfExists" in entrance.excerpt
    assert "ec2:RunInstances" in found["action-not-read", arn].finding.message
    assert "s3:DeleteBucket" in found["action-not-read", f"{arn}: policy more"].finding.message
    assert any("SecurityAudit" in one.finding.message for one in report.found)
    assert [(one.name, one.judged) for one in report.roles] == [("acme-reader", True)]


def test_a_role_that_is_asked_about_is_always_judged(customer: Session) -> None:
    """One that trusts its own account without an ID is nobody's business, until a vendor is expected to assume it."""
    own = trust("StringEquals")
    own["Statement"][0] |= {"Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Condition": {}}
    role = {"RoleName": "acme-own", "AssumeRolePolicyDocument": json.dumps(own)}
    arn = customer.call("iam", "create_role", **role)["Role"]["Arn"]
    account = arn.split(":")[4]
    policy = json.dumps(own).replace("444455556666", account)
    customer.call("iam", "update_assume_role_policy", RoleName="acme-own", PolicyDocument=policy)
    report = lint_live_role(arn, OWN, customer)
    assert [(one.name, one.judged) for one in report.roles] == [("acme-own", False)]
    expected = Expectations(Expectation(("111122223333",), external_ids=literals(("Acme-7d4c0b9e2f7a4f0e",))))
    report = lint_live_role(arn, replace(OWN, expected=expected), customer)
    assert [(one.name, one.judged) for one in report.roles] == [("acme-own", True)]
    errors = {one.finding.rule for one in report.found if one.finding.severity is Severity.ERROR}
    assert "trust-principal-unexpected" in errors


def test_what_may_not_be_read_is_an_error(scripted: Callable[..., Session]) -> None:
    """A policy that is refused is a finding; a role that is refused ends the run; no ARN is invalid input."""
    role = {"Path": "/", "RoleName": "acme-reader", "RoleId": "AROA" + "A" * 17, "Arn": ARN}
    answer = {"Role": {**role, "CreateDate": 0, "AssumeRolePolicyDocument": json.dumps(trust("StringEquals"))}}
    session = scripted(
        ("iam", "get_role", answer),
        ("iam", "list_role_policies", "AccessDenied", "no"),
        ("iam", "list_attached_role_policies", {"AttachedPolicies": [], "IsTruncated": False}),
    )
    report = lint_live_role(ARN, OWN, session)
    found = [one.finding for one in report.found if one.finding.severity is not Severity.NOTE]
    assert [(one.rule, one.message) for one in found] == [
        ("file-not-understood", "could not be read: iam:ListRolePolicies (AccessDenied)")
    ]
    refused = scripted(
        ("iam", "get_role", "AccessDenied", "no"),
        ("iam", "list_role_policies", "AccessDenied", "no"),
        ("iam", "list_attached_role_policies", "AccessDenied", "no"),
    )
    with pytest.raises(ServiceError, match="could not be read: iam:GetRole"):
        lint_live_role(ARN, OWN, refused)
    with pytest.raises(InputError, match="is no ARN of a role"):
        lint_live_role("arn:aws:iam::444455556666:user/x", OWN, refused)


@pytest.mark.parametrize("alone", [False, True])
def test_a_deleted_principal_of_a_live_role_is_a_warning(alone: bool, customer: Session) -> None:
    """It harms nobody, and no example says so; where it was the vendor's only one, the vendor is kept out."""
    policy = trust("StringEquals")
    gone = "AROAJQABLZS4A3QDU576Q"
    policy["Statement"][0]["Principal"] = {"AWS": gone if alone else [gone, "arn:aws:iam::111122223333:root"]}
    name = f"stale-{alone}"
    made = customer.call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))
    expected = Expectations(Expectation(("111122223333",), external_ids=literals(("Acme-7d4c0b9e2f7a4f0e",))))
    report = lint_live_role(made["Role"]["Arn"], replace(OWN, expected=expected), customer)
    found = {one.finding.rule: one.finding for one in report.found}
    stale = found["trust-principal-deleted"]
    assert stale.severity is Severity.WARNING
    assert "lets nobody in" in stale.message
    assert "arn:aws" not in stale.message
    errors = {one.finding.rule for one in report.found if one.finding.severity is Severity.ERROR}
    assert errors == ({"trust-vendor-kept-out"} if alone else set())


def test_both_faults_of_one_role_are_told(customer: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of another account, and a trust policy that is no JSON: whoever mends one would meet the other."""
    arn, what = "arn:aws:iam::999988887777:role/Reader", "iam:GetRole: its trust policy is no JSON object"
    monkeypatch.setattr("deputize.jobs.lint.live.read_live_role", lambda *_: LiveRole(arn, "AROA1", unread=(what,)))
    with pytest.raises(ServiceError) as raised:
        lint_live_role(arn, OWN, customer)
    assert [one for one in ("999988887777", customer.caller().account_id, what) if one not in str(raised.value)] == []


def test_a_missing_role_is_told_from_missing_credentials(customer: Session) -> None:
    """A name that is not there, in its own account and where the credentials are of another."""
    account = customer.caller().account_id
    with pytest.raises(ServiceError, match=f"there is no role of that name in account {account}; .*capitals"):
        lint_live_role(f"arn:aws:iam::{account}:role/Reader", OWN, customer)
    with pytest.raises(ServiceError, match=f"is in account 999988887777, and the credentials are of account {account}"):
        lint_live_role("arn:aws:iam::999988887777:role/Reader", OWN, customer)
