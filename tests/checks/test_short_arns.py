"""Shortened ARNs mean what AWS completes them to, by its page reference-arns.html of the IAM User Guide.

"When you specify an incomplete ARN (one with fewer than the standard six fields) in an identity-based policy, AWS
automatically completes the ARN by adding wildcard characters (*) to all missing fields."
"""

from __future__ import annotations

import json

import pytest

from deputize.checks.file_findings import file_findings
from deputize.iam.grammar import read_policy
from deputize.model.expectations import Expectations
from deputize.model.values import Severity
from deputize.read.any import read_any

COMPLETED = {
    "arn:aws:logs:*:*": "arn:aws:logs:*:*:*",
    "arn:aws:logs:*": "arn:aws:logs:*:*:*",
    "arn:aws:sqs": "arn:aws:sqs:*:*:*",
    "arn:aws-cn:s3": "arn:aws-cn:s3:*:*:*",
    "arn:aws:iam::111122223333": "arn:aws:iam::111122223333:*",
    "arn:aws:sns:us-east-1": "arn:aws:sns:us-east-1:*:*",
    "arn:aws": "arn:aws:*:*:*:*",
    "arn:aws:s3:::bucket/*": "arn:aws:s3:::bucket/*",
    "arn:aws:logs:*:*:log-group:x:*": "arn:aws:logs:*:*:log-group:x:*",
    "*": "*",
}
REFUSED = ("logs:*", "bucket", "arn", "arn:", "", "ARN:aws:s3:::bucket", "arn::s3:::bucket", "**")


def _policy(action: str, resource: str) -> dict[str, object]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": statement}


def _told(action: str, resource: str) -> list[tuple[str, str]]:
    read = read_any(json.dumps(_policy(action, resource)).encode(), "x.json", {})
    found = file_findings(read, "x.json", Expectations()).findings
    return [(one.rule, one.message) for one in found if one.severity is not Severity.NOTE]


@pytest.mark.parametrize("short", COMPLETED)
def test_a_shortened_arn_is_read_as_aws_completes_it(short: str) -> None:
    """The statement holds the ARN that AWS makes of it, and nothing is at fault."""
    (statement,) = read_policy(_policy("logs:DescribeLogGroups", short), "access").statements
    assert statement.resources == (COMPLETED[short],)
    assert statement.faults == ()
    assert _told("logs:DescribeLogGroups", short) == []


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_arn_stays_a_fault(text: str) -> None:
    """A service or name alone, and what is spelt otherwise, is refused by IAM."""
    assert [rule for rule, _ in _told("logs:DescribeLogGroups", text)] == ["policy-grammar"]


def test_a_shortened_arn_is_as_wide_as_it_is_completed() -> None:
    """A read of data on all of a service is told as on every resource, by the completed ARN."""
    (found,) = _told("s3:GetObject", "arn:aws:s3")
    assert found[0] == "exposure-data"
    assert "arn:aws:s3:*:*:*" in found[1]
