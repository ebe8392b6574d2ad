"""The way to a role behind others: what explain draws, the rules that need a judge, and that no world is too large."""

from __future__ import annotations

import json
import time
from pathlib import Path

import jsonschema
import pytest

from deputize.checks.judge import judge
from deputize.jobs.explain.result import as_json
from deputize.jobs.explain.run import explain_content
from deputize.jobs.explain.text import as_markdown, as_text
from deputize.model.expectations import Expectations
from deputize.model.schemas import load_schema
from deputize.read.any import read_any
from deputize.read.world import world_of
from ways.cases import TWO_HOPS
from ways.texts import READS, VENDORS, allow, may, policy, role, sub, template

_WAY = "Last: assumed by Behind, which Door assumes, which account 111122223333 assumes"
_OWN = "444455556666"


def test_explain_draws_the_way() -> None:
    """In the text, in Markdown and in JSON, at the role that it leads to; not at the door, which is named itself."""
    found = explain_content(TWO_HOPS["three hops"].text.encode(), "file.json", {})
    assert _WAY in as_text(found)
    assert "through another role" in as_markdown(found)
    told = as_json(found)
    jsonschema.validate(told, load_schema("explain"))
    chains = {one["name"]: one["chain"] for one in told["roles"]}  # type: ignore[attr-defined]
    assert chains == {
        "Door": "",
        "Behind": "Behind: assumed by Door, which account 111122223333 assumes",
        "Last": _WAY,
    }


def _detail(name: str, *trusted: object, allowed: object = READS) -> dict[str, object]:
    return {
        "RoleName": name,
        "Path": "/",
        "Arn": f"arn:aws:iam::{_OWN}:role/{name}",
        "AssumeRolePolicyDocument": policy(*trusted),  # type: ignore[arg-type]
        "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": policy(allowed)}],  # type: ignore[arg-type]
        "AttachedManagedPolicies": [],
    }


@pytest.mark.parametrize(
    ("principal", "allowed", "is_reached"),
    [
        (f"arn:aws:iam::{_OWN}:role/door", READS, True),
        (f"arn:aws:sts::{_OWN}:assumed-role/door/any", READS, True),
        (_OWN, READS, False),
        (f"arn:aws:iam::{_OWN}:root", may("sts:AssumeRole", f"arn:aws:iam::{_OWN}:role/b*"), True),
        (f"arn:aws:iam::{_OWN}:root", may("sts:AssumeRole", f"arn:aws:iam::{_OWN}:role/other"), False),
        (f"arn:aws:iam::{_OWN}:role/doors", may("sts:*"), False),
        (f"arn:aws:iam::{_OWN}:user/door", may("sts:*"), False),
    ],
)
def test_roles_of_an_account(principal: str, allowed: object, is_reached: bool) -> None:
    """What `aws iam get-account-authorization-details` prints is one world, too."""
    details = [_detail("door", VENDORS, allowed=allowed), _detail("behind", allow({"AWS": principal}))]
    file = read_any(json.dumps({"RoleDetailList": details}).encode(), "details.json", {})
    behind = {one.role.name: one.scope for one in judge(world_of(file), Expectations())}["behind"]
    assert behind.judged is is_reached
    assert bool(behind.chain) is is_reached


def test_thousands_of_roles_that_may_assume_each_other() -> None:
    """A hostile file is no endless work: 300 doors, and 300 roles that none of them may assume by its own policies."""
    root = allow({"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")})
    doors = {f"D{n}": role([VENDORS], may("sts:AssumeRole", f"arn:aws:iam::*:role/x{n}")) for n in range(300)}
    behind = {f"B{n}": role([root], READS, RoleName=f"b{n}") for n in range(300)}
    file = read_any(template({**doors, **behind}).encode(), "file.json", {})
    begin = time.process_time()
    judged = judge(world_of(file), Expectations())
    assert len(judged) == 600
    assert time.process_time() - begin < 120


def test_the_file_of_the_report(tmp_path: Path) -> None:
    """Nothing of a way stands in the findings of a file without one."""
    text = template({"Worker": role([allow({"Service": "ec2.amazonaws.com"})], READS)})
    found = explain_content(text.encode(), str(tmp_path / "file.json"), {})
    assert "through another role" not in as_text(found)
