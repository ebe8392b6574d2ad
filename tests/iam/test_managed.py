"""Snapshots of AWS managed policies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from deputize.iam import actions, levels
from deputize.iam.managed import ManagedPolicy, managed_policy, read_snapshot, snapshot_names
from deputize.iam.policy import compact_json
from deputize.iam.read_only import is_read_only, managed_names


def _policy(name: str) -> ManagedPolicy:
    found = managed_policy(name)
    assert found is not None
    return found


def _expanded(name: str) -> set[str]:
    return {action for pattern in _policy(name).patterns for action in actions.expand(pattern)}


def _not_read(name: str) -> set[str]:
    return {one.action for pattern in _policy(name).patterns for one in levels.judge(pattern) if not one.reads}


# Shipped so that they can be named and dated when they are found attached; none is proved to read.
NOT_READING = (
    "AWSCloudFormationReadOnlyAccess",
    "AWSLambda_ReadOnlyAccess",
    "AWSSupportAccess",
    "AdministratorAccess",
    "CloudWatchLogsReadOnlyAccess",
    "CloudWatchReadOnlyAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "job-function/Billing",
    "job-function/SupportUser",
)


@pytest.mark.parametrize("name", snapshot_names())
def test_every_snapshot_is_dated_and_understood(name: str) -> None:
    """Each snapshot says which version of which policy it is; all but one hold nothing but plain Allow statements."""
    policy = _policy(name)
    assert policy.name == name
    assert re.fullmatch(r"v\d+", policy.version)
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", policy.date)
    assert policy.understood is (name != "PowerUserAccess")
    assert policy.patterns == tuple(sorted(set(policy.patterns)))


def test_only_what_is_proved_to_read_may_be_attached() -> None:
    """The names that a vendor may attach are those of the snapshots that are proved, and no others."""
    assert tuple(name for name in snapshot_names() if name not in managed_names()) == NOT_READING
    for name in managed_names():
        assert _not_read(name) == set()
        assert _policy(name).understood


def test_a_policy_without_snapshot_is_none() -> None:
    """A name that has no snapshot is not guessed at, nor is it a way to other files."""
    assert managed_policy("AmazonEC2FullAccess") is None
    assert managed_policy("ViewOnlyAccess") is None
    assert managed_policy("../levels") is None


def test_administrator_access_is_every_action() -> None:
    """AdministratorAccess is understood: it is everything, and so not read."""
    policy = _policy("AdministratorAccess")
    assert policy.patterns == ("*",)
    assert {"iam:CreateUser", "s3:DeleteBucket"} <= _not_read("AdministratorAccess")
    assert not is_read_only(policy)


def test_power_user_access_is_not_judged_by_the_actions_it_names() -> None:
    """PowerUserAccess allows what its NotAction leaves, so the actions that it names prove nothing."""
    policy = _policy("PowerUserAccess")
    reading = read_snapshot({**_file("PowerUserAccess"), "document": _without_writes(policy.document)})
    assert not is_read_only(policy)
    assert [one for one in reading.patterns if not levels.judge_action(one).reads] == []
    assert not is_read_only(reading)


def _file(name: str) -> dict[str, object]:
    policy = _policy(name)
    return {"name": policy.name, "version": policy.version, "date": policy.date}


def _without_writes(document: Mapping[str, Any]) -> dict[str, object]:
    """The policy without the writes that it names, which leaves its NotAction."""
    statements = [
        {**one, "Action": [action for action in one["Action"] if levels.judge_action(action).reads]}
        if "Action" in one
        else one
        for one in document["Statement"]
    ]
    return {**document, "Statement": statements}


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
    assert not _snapshot(allow, {"Action": "s3:GetObject", "Resource": "*"}).understood
    assert _snapshot(allow, {"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"}).understood


def test_only_reads_of_named_services_are_proved() -> None:
    """One write, or one pattern that spans services, and the policy is not proved; a read of a secret is a read."""
    for action, proved in (("ec2:Describe*", True), ("ssm:GetParameter", True), ("ec2:*", False), ("e*:GetX", False)):
        allows = {"Effect": "Allow", "Action": ["s3:ListBucket", action], "Resource": "*"}
        assert is_read_only(_snapshot(allows)) is proved, action


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


def test_refresh_takes_what_the_aws_cli_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer of get-policy-version becomes a snapshot, unless what is shipped is newer or another is in force."""
    module = _refresh()
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}]}
    answer = tmp_path / "answer"
    for version, written in (("v10", "v10"), ("v9", "v10")):
        answer.write_text(_answer(version, document, default=True))
        assert module.main([f"IAMReadOnlyAccess={answer}"]) == 0
        snapshot = json.loads((tmp_path / "IAMReadOnlyAccess.json").read_text())
        assert (snapshot["version"], snapshot["date"], snapshot["document"]) == (written, "2026-10-05", document)
    assert module.main([]) == 0
    assert json.loads((tmp_path / "IAMReadOnlyAccess.json").read_text())["version"] == "v10"
    answer.write_text(_answer("v11", document, default=False))
    with pytest.raises(SystemExit, match="v11 is not the default version of IAMReadOnlyAccess"):
        module.main([f"IAMReadOnlyAccess={answer}"])


def _answer(version: str, document: object, *, default: bool) -> str:
    described = {"Document": document, "VersionId": version, "IsDefaultVersion": default}
    return json.dumps({"PolicyVersion": {**described, "CreateDate": "2026-10-05T17:51:00+00:00"}})
