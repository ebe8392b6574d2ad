"""One grammar, one answer: what IAM refuses in an access policy it refuses in a trust policy, and both are told alike.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html: a Sid has ASCII letters and
digits, and is unique within its policy. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from deputize.checks.file_findings import file_findings
from deputize.model.expectations import Expectations
from deputize.read.any import read_any

WHO = {"Principal": {"AWS": "arn:aws:iam::111122223333:role/reader"}, "Action": "sts:AssumeRole"}
NEEDS_ID = {"StringEquals": {"sts:ExternalId": "acme-7f3c9b2e-0001-4c1d"}}
WHAT = {"Action": "ec2:DescribeInstances", "Resource": "*"}


def _policy(kind: str, *changes: dict[str, Any]) -> dict[str, Any]:
    plain = {**WHO, "Condition": NEEDS_ID} if kind == "trust" else WHAT
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **plain, **one} for one in changes]}


def _template(access: Any) -> Any:
    trust = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", **WHO, "Condition": NEEDS_ID}}
    policies = [{"PolicyName": "access", "PolicyDocument": access}]
    properties = {"AssumeRolePolicyDocument": trust, "Policies": policies}
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}


def _told(policy: Any, area: str = "policy-") -> list[tuple[str, str]]:
    read = read_any(json.dumps(policy).encode(), "x.json", {})
    found = file_findings(read, "x.json", Expectations()).findings
    # What a trust policy lets in by a fault is told behind the fault.
    return [(one.rule, one.message.partition(": so ")[0]) for one in found if one.rule.startswith(area)]


REFUSED: dict[str, tuple[dict[str, Any], ...]] = {
    "a Sid with a blank": ({"Sid": "Let in"},),
    "a Sid with a hyphen": ({"Sid": "let-in"},),
    "a Sid beyond ASCII": ({"Sid": "Zugänge"},),
    "a Sid that is a number": ({"Sid": 7},),
    "a Sid that is a list": ({"Sid": ["A"]},),
    "a Sid twice": ({"Sid": "One"}, {"Sid": "One"}),
    "a Sid three times": ({"Sid": "One"}, {"Sid": "Two"}, {"Sid": "One"}),
    "an element that is none": ({"Effects": "Allow"},),
    "an operator that is none": ({"Condition": {**NEEDS_ID, "StringEqual": {"aws:RequestedRegion": "x"}}},),
}
FINE: dict[str, tuple[dict[str, Any], ...]] = {
    "an empty Sid": ({"Sid": ""},),
    "empty Sids": ({"Sid": ""}, {"Sid": ""}),
    "Sids that differ in case": ({"Sid": "One"}, {"Sid": "one"}),
    "a long Sid": ({"Sid": "A1" * 40},),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_iam_refuses_is_told_alike_in_both(name: str) -> None:
    """The same rules, with the same words, in the same number."""
    trust, access = (_told(_policy(kind, *REFUSED[name])) for kind in ("trust", "access"))
    assert trust == access != []


@pytest.mark.parametrize("name", FINE)
@pytest.mark.parametrize("kind", ["trust", "access"])
def test_what_iam_takes_is_not_told(kind: str, name: str) -> None:
    """Empty Sids are none, and Sids are told apart by case."""
    assert _told(_policy(kind, *FINE[name])) == []


@pytest.mark.parametrize(
    ("kind", "element"),
    [
        ("trust", {"Resource": "*"}),
        ("trust", {"NotResource": "*"}),
        ("access", {"Principal": "*"}),
        ("access", {"NotPrincipal": {"AWS": "111122223333"}}),
    ],
)
def test_an_element_of_the_other_kind_is_told(kind: str, element: dict[str, Any]) -> None:
    """A trust policy has no resource, and an access policy no principal."""
    policy = _policy(kind, element)
    told = _told(policy if kind == "trust" else _template(policy), "policy-element")
    assert [message for _, message in told if next(iter(element)) in message]


def test_a_sid_is_no_way_in() -> None:
    """A Sid that IAM refuses is told once, and nobody is said to enter by it."""
    assert _told(_policy("trust", {"Sid": "Let in"}), "") == _told(_policy("trust", {"Sid": "Let in"}))
