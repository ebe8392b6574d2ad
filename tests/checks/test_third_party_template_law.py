"""A template that is judged clean lets in nobody else, whatever its parameters are."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from deputize.checks.file_findings import file_findings
from deputize.iam.trust import evaluate_trust
from deputize.model.expectations import Expectations
from deputize.model.values import Severity
from deputize.read.any import read_any

OWN, VENDOR, OTHER, STRANGER = "777788889999", "111122223333", "444455556666", "222233334444"
IDS = ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11", "0f5e3c55-64c1-4d53-8a0d-3a1b7f0f0a02", "*", "7d4c*", "", "prod")
SENT = (None, *(one for one in IDS if one), "anything-else")
# (What a parameter is like, which of IDS it takes)
KINDS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "any": ({"Type": "String"}, IDS),
    "some": ({"Type": "String", "MinLength": 8}, IDS[:2]),
    "pattern": ({"Type": "String", "AllowedPattern": "^[a-z0-9-]{8,}$"}, IDS[:2]),
    "wide": ({"Type": "String", "AllowedPattern": "^[a-z0-9*-]+$"}, (*IDS[:4], IDS[5])),
    "one": ({"Type": "String", "AllowedValues": [IDS[0]]}, IDS[:1]),
    "shared": ({"Type": "String", "MinLength": 8, "Default": IDS[1]}, IDS[:2]),
    "empty": ({"Type": "String", "Default": ""}, IDS),
}
REF = {"Ref": "ExternalId"}
NO_VALUE = {"Ref": "AWS::NoValue"}
VALUES = st.sampled_from(
    [
        REF,
        REF,
        {"Fn::Sub": "${ExternalId}"},
        {"Fn::Sub": "acme-${ExternalId}"},
        {"Fn::Join": ["", [REF]]},
        [REF],
        IDS[0],
        {"Fn::If": ["IsProd", REF, IDS[1]]},
        {"Fn::Select": [0, {"Fn::Split": [",", REF]}]},
    ]
)
PRINCIPALS = st.sampled_from(
    [
        {"AWS": VENDOR},
        {"AWS": f"arn:aws:iam::{VENDOR}:root"},
        {"AWS": {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::{VENDOR}:root"}},
        {"AWS": {"Fn::Sub": "arn:aws:iam::${Account}:root"}},
        {"AWS": [VENDOR, {"Ref": "AWS::AccountId"}]},
        "*",
        {"AWS": {"Fn::If": ["IsProd", VENDOR, OTHER]}},
        {"AWS": {"Fn::Select": [1, [OTHER, VENDOR]]}},
    ]
)
OPERATORS = st.sampled_from(["StringEquals"] * 6 + ["StringLike", "StringEqualsIfExists", "ForAllValues:StringEquals"])


@st.composite
def _templates(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    kind = draw(st.sampled_from([*KINDS]))
    condition: Any = {draw(OPERATORS): {"sts:ExternalId": draw(VALUES)}}
    wrapped = draw(st.sampled_from(["", "", "", "HasId", "IsProd"]))
    statement = {"Effect": "Allow", "Principal": draw(PRINCIPALS), "Action": "sts:AssumeRole", "Condition": condition}
    if wrapped:
        statement["Condition"] = {"Fn::If": [wrapped, condition, draw(st.sampled_from([NO_VALUE, condition]))]}
    role = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    template = {
        "Parameters": {"ExternalId": KINDS[kind][0], "Account": {"Type": "String"}, "Stage": {"Type": "String"}},
        "Conditions": {
            "HasId": {"Fn::Not": [{"Fn::Equals": [REF, ""]}]},
            "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        },
        "Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}},
    }
    return template, kind


def _is_clean(content: bytes) -> bool:
    found = file_findings(read_any(content, "t.json", {}), "t.json", Expectations()).findings
    return all(one.severity is Severity.NOTE for one in found)


def _entered(content: bytes, choices: dict[str, str]) -> set[tuple[str, str | None]]:
    """Which account enters with which external ID once every parameter has a value."""
    (role,) = read_any(content, "t.json", {**choices, "AWS::AccountId": OWN, "AWS::Partition": "aws"}).roles
    assert role.trust is not None
    assert isinstance(role.trust.value, dict)
    policy = role.trust.value
    return {
        (account, sent)
        for account in (VENDOR, OTHER, STRANGER)
        for sent in SENT
        for who in (f"arn:aws:iam::{account}:root", f"arn:aws:iam::{account}:role/scan")
        if evaluate_trust(policy, principal=who, external_id=sent).outcome == "allow"
    }


@given(made=_templates())
@settings(max_examples=150)
def test_nobody_enters_by_a_clean_template_but_a_named_account_with_the_id_that_was_chosen(
    made: tuple[dict[str, Any], str],
) -> None:
    """For every value that a parameter takes, and in every branch: an account that the file names, one external ID."""
    template, kind = made
    content = json.dumps(template).encode()
    clean = _is_clean(content)
    for chosen in KINDS[kind][1] if clean else ():
        for stage in ("prod", "test"):
            entered = _entered(content, {"ExternalId": chosen, "Account": STRANGER, "Stage": stage})
            assert {account for account, _ in entered} <= {VENDOR, OTHER}
            assert len({sent for _, sent in entered}) <= 1
            assert None not in {sent for _, sent in entered}


def test_the_law_was_tried_on_clean_templates() -> None:
    """The same generator makes clean templates often enough to prove something; a law about nothing proves nothing."""
    found: Counter[bool] = Counter()

    @given(made=_templates())
    @settings(max_examples=60)
    def count(made: tuple[dict[str, Any], str]) -> None:
        found[_is_clean(json.dumps(made[0]).encode())] += 1

    count()
    assert found[True] >= 5
    assert found[False] >= 5
