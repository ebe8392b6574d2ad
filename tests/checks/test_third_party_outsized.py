"""What is too much to be judged is an error, and what stands beside it is judged."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deputize.checks.file_findings import file_findings
from deputize.model.expectations import Expectations
from deputize.model.values import Severity
from deputize.read.any import read_any

READS: dict[str, Any] = {"Effect": "Allow", "Action": "ec2:DescribeTags", "Resource": "*"}
TRUST: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"}},
}


def _policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _rules(value: object) -> list[str]:
    found = file_findings(read_any(json.dumps(value).encode(), "x.json", {}), "x.json", Expectations()).findings
    assert all(one.line == 1 for one in found)
    return sorted({one.rule for one in found if one.severity is Severity.ERROR})


SPANNING = {**READS, "Action": [f"*:DescribeTag{'?' * number}" for number in range(21)]}
BUT = {"Effect": "Deny", "NotAction": "ec2:*", "Resource": "*"}


@pytest.mark.parametrize(
    "value",
    [
        _policy(*[{**READS, "Sid": f"S{number}"} for number in range(200)]),
        _policy(SPANNING),
        _policy(*[BUT] * 21),
        _policy(*[{**READS, "Action": "*"}] * 21),
    ],
)
def test_access_that_is_too_much_is_an_error(value: dict[str, Any]) -> None:
    """A policy larger than IAM takes, and one that spans all services again and again, are not judged but refused."""
    assert _rules(value) == ["file-not-understood", "policy-grammar"]


@pytest.mark.parametrize(
    "value", [_policy(*[{**READS, "Sid": f"S{number}"} for number in range(100)]), _policy(*[BUT] * 20)]
)
def test_access_that_is_not_too_much_is_judged(value: dict[str, Any]) -> None:
    """Up to IAM's quota, and with a few elements that span services, nothing is in the way."""
    assert _rules(value) == []


def test_a_large_trust_is_an_error_and_its_role_a_third_partys() -> None:
    """A trust policy many times larger than IAM takes is refused; what the role may do is judged all the same."""
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": _policy(*[TRUST] * 300),
            "Policies": [{"PolicyName": "a", "PolicyDocument": _policy({**READS, "Action": "iam:DeleteRole"})}],
        },
    }
    assert _rules({"Resources": {"Role": role}}) == ["action-not-read", "file-not-understood", "policy-grammar"]


def test_an_id_that_nobody_can_send_is_illegal_as_a_pattern_too() -> None:
    """A pattern with a character that STS takes in no external ID is no proof of anything but a mistake."""
    pattern = {**TRUST, "Condition": {"StringLike": {"sts:ExternalId": "acme\u200b-*"}}}
    assert "external-id-illegal" in _rules(_policy(pattern))
