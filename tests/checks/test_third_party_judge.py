"""Which policies of a file are judged as a third party's, and what is said of those that are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deputize.checks.file_findings import file_findings
from deputize.checks.rules_version import rules_version
from deputize.model.expectations import Expectations
from deputize.model.values import Finding, Severity
from deputize.read.any import read_any

POLICY = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}}


def _judged(document: object, options: Expectations) -> tuple[Finding, ...]:
    file = read_any(json.dumps(document).encode(), "file", {})
    assert file.refused == ()
    return file_findings(file, "file", options).findings


def _template(**attached: object) -> object:
    policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": POLICY, **attached}}
    return {"Resources": {"Writer": policy}}


@pytest.mark.parametrize("attached", [{}, {"Roles": ["of-another-stack"]}, {"Users": ["someone"]}])
def test_policy_of_a_template_without_its_role_is_told_and_not_proved_to_read(attached: dict[str, object]) -> None:
    """A template's policy that none of its roles has is a note; with all roles asked for it must only read."""
    (found,) = _judged(_template(**attached), Expectations())
    assert (found.rule, found.severity) == ("file-not-judged", Severity.NOTE)
    assert "'Writer'" in found.message
    assert {one.rule for one in _judged(_template(**attached), Expectations(all_roles=True))} == {"action-not-read"}


def test_policy_alone_is_judged_as_a_third_partys() -> None:
    """Of a policy alone in its file nobody says who gets it, so it must only read."""
    assert {one.rule for one in _judged(POLICY, Expectations())} == {"action-not-read"}


def test_rules_version_covers_every_rule_and_their_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed file of the rules, in a folder below too, or of what they know of AWS is another version."""
    for package, name in (("deputize.checks", "judge.py"), ("deputize.iam", "data/levels.yaml")):
        file = tmp_path / package / name
        file.parent.mkdir(parents=True)
        file.write_text("before", encoding="utf-8")
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path / package)
    versions = {rules_version.__wrapped__()}
    for file in sorted(one for one in tmp_path.rglob("*") if one.is_file()):
        file.write_text("after", encoding="utf-8")
        versions.add(rules_version.__wrapped__())
    assert len(versions) == 3
