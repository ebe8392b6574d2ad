"""What decides whether the vendor gets in is named: key, operator and value, and no external ID."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deputize.jobs.verify.offline import verify_offline
from deputize.jobs.verify.result import as_lines
from deputize.model.values import Safety, Verdict

VENDOR = "111122223333"
ID = "Acme-7d4c0b9e-2f7a-4f0e"
DECIDE: dict[str, tuple[dict[str, Any], Safety, str]] = {
    "MFA": (
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        Safety.UNSETTLED,
        "aws:MultiFactorAuthPresent (Bool 'true')",
    ),
    "an address": (
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        Safety.UNSETTLED,
        "aws:SourceIp (IpAddress '203.0.113.0/24')",
    ),
    "a date": (
        {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
        Safety.UNSETTLED,
        "aws:CurrentTime (DateLessThan '2020-01-01T00:00:00Z')",
    ),
    "a session name": (
        {"StringLike": {"sts:RoleSessionName": ["a-*", "b-*"]}},
        Safety.UNSETTLED,
        "sts:RoleSessionName (StringLike 'a-*', 'b-*')",
    ),
    "another role": (
        {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::999988887777:role/x"}},
        Safety.UNREACHABLE,
        "aws:PrincipalArn (ArnEquals 'arn:aws:iam::999988887777:role/x')",
    ),
    "a service's account": (
        {"StringEquals": {"aws:SourceAccount": VENDOR}},
        Safety.UNREACHABLE,
        f"aws:SourceAccount (StringEquals '{VENDOR}')",
    ),
    "a misspelt key": ({"StringEquals": {"aws:ExternalId": ID}}, Safety.UNSETTLED, "aws:ExternalId (StringEquals)"),
}


def judged(folder: Path, condition: dict[str, Any], external_id: str = ID, principal: str = VENDOR) -> Verdict:
    """The verdict on a policy in a file."""
    keys: dict[str, Any] = {"StringEquals": {"sts:ExternalId": external_id}}
    for operator, values in condition.items():
        keys[operator] = {**keys.get(operator, {}), **values}
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", "Condition": keys}
    path = folder / "trust.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return verify_offline(path, (ID,), VENDOR)


@pytest.mark.parametrize("what", DECIDE)
def test_the_condition_that_decides_is_named(what: str, tmp_path: Path) -> None:
    """By key, operator and value; the first line does not contradict it."""
    condition, safety, said = DECIDE[what]
    verdict = judged(tmp_path, condition)
    assert verdict.safety is safety
    assert f"Statement 1 asks for {said}" in verdict.notes
    lines = "\n".join(as_lines(verdict))
    assert "do not agree yet" not in lines
    assert ID not in lines


def test_a_deny_is_named_as_one(tmp_path: Path) -> None:
    """What keeps the vendor out may be a Deny."""
    allow = {"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": "sts:AssumeRole"}
    right = {**allow, "Condition": {"StringEquals": {"sts:ExternalId": ID}}}
    deny = {**allow, "Effect": "Deny", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}}
    path = tmp_path / "trust.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [right, deny]}))
    verdict = verify_offline(path, (ID,), VENDOR)
    assert "Statement 2 denies it by aws:RequestedRegion (StringNotEquals 'eu-west-1')" in verdict.notes


@pytest.mark.parametrize("spelt", [ID.upper(), ID.lower(), ID.swapcase()])
def test_the_right_id_in_another_case_keeps_the_vendor_out(spelt: str, tmp_path: Path) -> None:
    """Nothing is open: the reason is told, and neither spelling quoted."""
    verdict = judged(tmp_path, {}, spelt)
    assert (verdict.safety, verdict.access_paths) == (Safety.UNREACHABLE, ())
    assert any("in another case" in note for note in verdict.notes)
    assert not any(spelt in line for line in as_lines(verdict))


def test_the_right_id_in_another_case_for_others_is_a_way_in(tmp_path: Path) -> None:
    """A stranger's account is none the less one."""
    verdict = judged(tmp_path, {}, ID.upper(), "999988887777")
    assert verdict.safety is Safety.VULNERABLE


def test_one_reading_does_not_settle_a_unique_id(tmp_path: Path) -> None:
    """Beside the vendor it is unsettled; alone the vendor is kept out."""
    assert judged(tmp_path, {}, principal="AROAJQABLZS4A3QDU576Q").safety is Safety.UNREACHABLE
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": [VENDOR, "AROAJQABLZS4A3QDU576Q"]},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": ID}},
    }
    path = tmp_path / "trust.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    verdict = verify_offline(path, (ID,), VENDOR)
    assert verdict.safety is Safety.UNSETTLED
    assert any("AROAJQABLZS4A3QDU576Q" in note for note in verdict.notes)
