from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from deputize.checks.findings import trust_findings
from deputize.checks.trust.attribution import judge_trust
from deputize.checks.trust.case import RoleTrust
from deputize.iam.policy import Path
from deputize.iam.trust import evaluate_trust
from deputize.model.values import Severity
from deputize.model.world import Document, Place

OWN, VENDOR, OTHER, STRANGER = "777788889999", "111122223333", "444455556666", "222233334444"
ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
SECOND = "0f5e3c55-64c1-4d53-8a0d-3a1b7f0f0a02"
ROLE = f"arn:aws:iam::{VENDOR}:role/app/scan"
SERVICE, PROVIDER = "lambda.amazonaws.com", f"arn:aws:iam::{OWN}:saml-provider/Okta"
ACTIONS = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
# One that nobody meant to let in has all that a request can have: second factor, address, tags, an organisation.
CONTEXT = {
    "aws:MultiFactorAuthPresent": "true",
    "aws:SourceIp": "203.0.113.7",
    "aws:PrincipalOrgID": "o-strangers0",
    "aws:PrincipalOrgPaths": ["o-strangers0/r-ab12/"],
    "aws:ResourceOrgID": "o-owners0000",
    "aws:PrincipalTag/tenant": SECOND,
    "SAML:aud": "https://signin.aws.amazon.com/saml",
}
IDS = (None, ID, SECOND, ID.upper(), ID[:-1], f"{ID}0", "*", "anything-else")


def document(value: Any) -> Document:
    """A policy whose elements stand one on each line, in order."""
    return Document(value, {path: Place("trust.json", line, 1) for line, path in enumerate(_paths(value), 1)})


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _paths(one, (*path, key))


def _often(good: Any, *others: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([*[good] * (2 * len(others)), *others])


PRINCIPALS = _often(
    {"AWS": f"arn:aws:iam::{VENDOR}:root"},
    "*",
    {"AWS": "*"},
    {"AWS": VENDOR},
    {"AWS": ROLE},
    {"AWS": [VENDOR, f"arn:aws:iam::{OTHER}:root"]},
    {"AWS": [f"arn:aws:iam::{OWN}:root", VENDOR]},
    {"AWS": f"arn:aws:iam::{OWN}:root"},
    {"AWS": VENDOR, "Service": SERVICE},
    {"Service": SERVICE},
    {"Federated": PROVIDER},
    {"AWS": "arn:aws:iam::1111222233:root"},
)
WHAT = _often(
    "sts:AssumeRole", "sts:*", "*", ["sts:AssumeRole", "sts:TagSession"], "sts:TagSession", ACTIONS[2], "sts:A*"
)
OPERATORS = _often(
    "StringEquals",
    "StringEqualsIfExists",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotEquals",
    "ForAllValues:StringEquals",
    "ForAnyValue:StringEquals",
    "ForAnyValue:StringLike",
    "StringEqual",
)
KEYS = _often("sts:ExternalId", "sts:externalID", "aws:ExternalId", "sts:ExternlId")
VALUES = _often(ID, SECOND, [ID, SECOND], [ID], "*", f"{ID[:8]}*", ID.upper(), "${aws:PrincipalTag/tenant}")
MORE = st.sampled_from(
    [
        {},
        {},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"Null": {"sts:ExternalId": "false"}},
        {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{VENDOR}:role/*"}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:*"}},
        {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:*"}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-owners0000"}},
        {"ForAnyValue:StringEquals": {"aws:PrincipalOrgID": "o-owners0000"}},
        {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-owners0000/*"}},
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*"}},
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-owners0000/*"}},
        {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-owners0000"}},
        {"StringNotEqualsIgnoreCase": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}},
    ]
)


@st.composite
def _statements(draw: st.DrawFn) -> dict[str, Any]:
    effect = draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"]))
    who = "NotPrincipal" if draw(st.integers(0, 14)) == 0 else "Principal"
    condition: dict[str, Any] = dict(draw(MORE))
    if draw(st.integers(0, 4)):
        condition.setdefault(draw(OPERATORS), {draw(KEYS): draw(VALUES)})
    made = {"Effect": effect, who: draw(PRINCIPALS), "Action": draw(WHAT)}
    return {**made, "Condition": condition} if condition else made


POLICIES = st.builds(
    lambda statements, version: {"Version": version, "Statement": statements},
    st.lists(_statements(), min_size=1, max_size=3),
    _often("2012-10-17", "2008-10-17"),
)


def _enters(policy: dict[str, Any], principal: str, external_id: str | None, action: str) -> bool:
    return (
        evaluate_trust(policy, principal=principal, external_id=external_id, action=action, context=CONTEXT).outcome
        == "allow"
    )


def _callers(account: str) -> tuple[str, ...]:
    return (
        f"arn:aws:iam::{account}:root",
        f"arn:aws:iam::{account}:user/Ann",
        f"arn:aws:iam::{account}:role/app/scan",
        f"arn:aws:iam::{account}:role/other",
    )


def _is_clean(policy: dict[str, Any], own: str | None) -> bool:
    found = trust_findings(judge_trust(RoleTrust(document(policy), own)), "trust.json", third_party=True)
    return all(one.severity is not Severity.ERROR for one in found)


@given(policy=POLICIES, own=st.sampled_from([OWN, None]))
@settings(max_examples=100)
def test_nobody_enters_by_a_clean_policy_but_a_named_account_with_its_one_id(
    policy: dict[str, Any], own: str | None
) -> None:
    """Where no error is found, an account enters by sts:AssumeRole alone, named, and with one external ID only."""
    if not _is_clean(policy, own):
        return
    text = repr([one for one in policy["Statement"] if one["Effect"] == "Allow"])
    for account in (VENDOR, OTHER, STRANGER, *([OWN] if own is None else [])):
        entered = {one for one in IDS for who in _callers(account) if _enters(policy, who, one, "sts:AssumeRole")}
        assert None not in entered
        assert len(entered) <= 1
        assert not entered or account in text
    for who in (f"{SERVICE}", "ec2.amazonaws.com", PROVIDER, "accounts.google.com"):
        assert who in text or not any(_enters(policy, who, None, action) for action in ACTIONS)


@given(policy=POLICIES)
@settings(max_examples=25)
def test_renaming_changes_no_answer(policy: dict[str, Any]) -> None:
    """The same policy about another account and another external ID has the same findings, at the same places."""
    text = json.dumps(policy)
    renamed = json.loads(text.replace(VENDOR, "555566667777").replace(ID, "e1d2c3b4-0000-4000-8000-00000000000a"))

    def found(one: dict[str, Any]) -> list[tuple[str, int | None]]:
        findings = trust_findings(judge_trust(RoleTrust(document(one), OWN)), "trust.json", third_party=True)
        return [(finding.rule, finding.line) for finding in findings]

    assert found(renamed) == found(policy)
