"""Snapshots of AWS managed policies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import util
from pathlib import Path
from types import ModuleType

import pytest

from deputize.iam import actions, levels
from deputize.iam.managed import ManagedPolicy, managed_names, managed_policy, read_snapshot
from deputize.iam.policy import compact_json


def _policy(name: str) -> ManagedPolicy:
    found = managed_policy(name)
    assert found is not None
    return found


def _expanded(name: str) -> set[str]:
    return {action for pattern in _policy(name).patterns for action in actions.expand(pattern)}


def _not_read(name: str) -> set[str]:
    return {one.action for pattern in _policy(name).patterns for one in levels.judge(pattern) if not one.reads}


@pytest.mark.parametrize("name", managed_names())
def test_every_snapshot_is_dated_and_understood(name: str) -> None:
    """Each snapshot says which version of which policy it is, and holds nothing but plain Allow statements."""
    policy = _policy(name)
    assert policy.name == name
    assert re.fullmatch(r"v\d+", policy.version)
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", policy.date)
    assert policy.understood
    assert policy.patterns == tuple(sorted(set(policy.patterns)))


def test_a_policy_without_snapshot_is_none() -> None:
    """A name that has no snapshot is not guessed at, nor is it a way to other files."""
    assert managed_policy("AdministratorAccess") is None
    assert managed_policy("ViewOnlyAccess") is None
    assert managed_policy("../levels") is None


@pytest.mark.parametrize(
    ("name", "version", "size", "patterns", "expanded"),
    [
        ("SecurityAudit", "v94", 39_323, 1_199, 3_108),
        ("job-function/ViewOnlyAccess", "v46", 23_178, 695, 1_903),
        ("AWSBillingReadOnlyAccess", "v28", 2_628, 77, 77),
        ("IAMReadOnlyAccess", "v4", 235, 6, 76),
    ],
)
def test_figures_agree_with_the_study(name: str, version: str, size: int, patterns: int, expanded: int) -> None:
    """Size, patterns and expansion are those found when the libraries were compared; newer data may add actions."""
    policy = _policy(name)
    assert policy.version == version
    assert len(compact_json(dict(policy.document))) == size
    assert len(policy.patterns) == patterns
    assert expanded * 0.97 <= len(_expanded(name)) <= expanded * 1.06


@pytest.mark.parametrize(
    "name",
    [
        "AWSBillingReadOnlyAccess",
        "AWSSavingsPlansReadOnlyAccess",
        "ComputeOptimizerReadOnlyAccess",
        "IAMReadOnlyAccess",
        "SecurityAudit",
        "job-function/ViewOnlyAccess",
    ],
)
def test_reading_policies_are_proved_to_read(name: str) -> None:
    """Every action of AWS's reading policies is proved, by its level or by a reviewed line."""
    assert _not_read(name) == set()


def test_read_only_access_is_not_proved() -> None:
    """ReadOnlyAccess holds actions that do more than read, so it is never proved, whatever its name says."""
    assert {"sqs:ReceiveMessage", "s3express:CreateSession", "cognito-idp:GetTokensFromRefreshToken"} <= _not_read(
        "ReadOnlyAccess"
    )


def test_cloudwatch_read_only_access_is_not_proved() -> None:
    """Nor does CloudWatchReadOnlyAccess only read: it creates deep links, runs a model and stops others' queries."""
    assert _not_read("CloudWatchReadOnlyAccess") == {
        "cloudwatch:CreateOneTimeDeepLinkCode",
        "cloudwatch:GenerateQuery",
        "logs:StopLiveTail",
        "logs:StopQuery",
    }


def _snapshot(*statements: Mapping[str, object]) -> ManagedPolicy:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return read_snapshot({"name": "X", "version": "v1", "date": "2026-01-01", "document": document})


def test_what_cannot_be_proved_is_marked() -> None:
    """NotAction, NotResource and a policy without Allow are kept, and marked as not understood."""
    allow = {"Effect": "Allow", "Action": "ec2:DescribeTags", "Resource": "*"}
    assert _snapshot(allow).understood
    assert not _snapshot(allow, {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}).understood
    assert not _snapshot({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "*"}).understood
    assert not _snapshot({"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}).understood


def test_patterns_are_those_of_allow_statements() -> None:
    """A Deny adds nothing, and one action may stand without its list."""
    policy = _snapshot(
        {"Effect": "Allow", "Action": ["s3:List*", "ec2:DescribeTags"], "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:List*", "Resource": "arn:aws:s3:::x"},
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
    )
    assert policy.patterns == ("ec2:DescribeTags", "s3:List*")


def _refresh() -> ModuleType:
    path = Path(__file__).parents[1] / "tools" / "refresh_managed.py"
    spec = util.spec_from_file_location("refresh_managed", path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_refresh_writes_what_is_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The maintenance script writes files that the package reads, and says which policy it lacks."""
    module = _refresh()
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    assert module.main(["job-function/ViewOnlyAccess", "NoSuchPolicy"]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["job-function+ViewOnlyAccess.json"]
    assert module.main([]) == 0
