"""Role chaining from file to file of one folder: who comes through another file's role, and who does not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deputize.jobs.lint.bundle import LintOptions
from deputize.jobs.lint.run import LintRequest, lint_all
from deputize.model.values import Severity
from ways.texts import ADMIN, READS, ROOT, VENDORS, WRITES, allow, may, role, sub, template

DOOR = role([VENDORS], READS, RoleName="Door")


def named(name: str) -> dict[str, str]:
    """The role of that name in the account of the stack."""
    return {"AWS": sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{name}")}  # type: ignore[dict-item]


BEHIND = role([allow(named("Door"))], WRITES, RoleName="Behind")


def errors(folder: Path, files: Mapping[str, str], **how: Any) -> list[tuple[str, str]]:
    """(File, message) of every error in a folder with these files."""
    for name, text in files.items():
        (folder / name).write_text(text)
    report, _ = lint_all(LintRequest((folder,), LintOptions(engines=("own",)), **how))
    return [(Path(one.where).name, one.message) for one in report.findings if one.severity is Severity.ERROR]


@pytest.mark.parametrize("names", [("a.json", "b.json"), ("b.json", "a.json")])
def test_a_role_behind_another_file_s(tmp_path: Path, names: tuple[str, str]) -> None:
    """It is told where it stands, with the file that leads to it, whichever is read first; the door is in order."""
    door, behind = names
    ((where, message),) = errors(tmp_path, {door: template({"D": DOOR}), behind: template({"B": BEHIND})})
    assert where == behind
    assert "ec2:CreateSnapshot" in message
    assert f"(B: assumed by D of {door}, which account 111122223333 assumes)" in message


def test_three_files(tmp_path: Path) -> None:
    """Whoever is reached leads on; each file is judged by its own account, whatever stands for it."""
    middle = role([allow(named("Door"))], READS, RoleName="Middle")
    last = role([allow(named("Middle"))], ADMIN, RoleName="Last")
    files = {"1": template({"L": last}), "2": template({"M": middle}), "3": template({"D": DOOR})}
    found = errors(tmp_path, {f"{name}.json": text for name, text in files.items()})
    assert {where for where, _ in found} == {"1.json"}
    assert all("(L: assumed by M of " in message and "which D of " in message for _, message in found)


def test_the_whole_account_and_a_role_that_the_door_names(tmp_path: Path) -> None:
    """The name stands in the door's own policy; that is told too, where it stands."""
    door = role(
        [VENDORS], READS, may("sts:AssumeRole", sub("arn:${AWS::Partition}:iam::*:role/Behind")), RoleName="Door"
    )
    behind = role([allow({"AWS": ROOT})], WRITES, RoleName="Behind")
    found = errors(tmp_path, {"a.json": template({"D": door}), "b.json": template({"B": behind})})
    assert [where for where, _ in found] == ["a.json", "b.json"]


def test_a_door_that_has_no_name(tmp_path: Path) -> None:
    """What it may assume is named in its own policy, so its own name does not matter."""
    door = role([VENDORS], READS, may("sts:AssumeRole", sub("arn:${AWS::Partition}:iam::*:role/Behind")))
    behind = role([allow({"AWS": ROOT})], WRITES, RoleName="Behind")
    found = errors(tmp_path, {"a.json": template({"D": door}), "b.json": template({"B": behind})})
    assert [where for where, _ in found] == ["a.json", "b.json"]


def test_parameters_of_two_files_are_not_one(tmp_path: Path) -> None:
    """Each file has a first parameter, and neither knows what the other one is: the door has another path, perhaps."""
    parameters = {"Parameters": {"Who": {"Type": "String"}}}
    other = {"Parameters": {"Whose": {"Type": "String"}}}
    door = role([VENDORS], READS, RoleName="Door", Description={"Ref": "Who"}, Path={"Fn::Sub": "/${Who}/"})
    by_path = {"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${Whose}/Door")}
    behind = role([allow(by_path)], WRITES, RoleName="Behind")
    files = {"a.json": template({"D": door}, **parameters), "b.json": template({"B": behind}, **other)}
    assert errors(tmp_path, files) == []


@pytest.mark.parametrize(
    ("door", "behind"),
    [
        pytest.param(DOOR, role([allow(named("Other"))], WRITES, RoleName="Behind"), id="another name"),
        pytest.param(role([VENDORS], READS), BEHIND, id="a name that the stack makes up"),
        pytest.param(role([allow({"AWS": ROOT})], READS, RoleName="Door"), BEHIND, id="no third party"),
        pytest.param(
            DOOR, role([allow({"AWS": ROOT})], WRITES, RoleName="Behind"), id="the account, and no sts:AssumeRole"
        ),
        pytest.param(
            DOOR,
            role([allow({"AWS": "arn:aws:iam::444455556666:role/Door"})], WRITES, RoleName="Behind"),
            id="another account's",
        ),
    ],
)
def test_no_way(door: dict[str, Any], behind: dict[str, Any], tmp_path: Path) -> None:
    """Nothing is told of a role that nobody comes to."""
    found = errors(tmp_path, {"a.json": template({"D": door}), "b.json": template({"B": behind})})
    assert [message for where, message in found if where == "b.json" and "assumed by" in message] == []


def test_only_tied_files_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of files that have nothing to do with each other is read once."""
    from deputize.jobs.lint import across_files

    monkeypatch.setattr(across_files, "read_any", None)
    many = {
        f"{at}.json": json.dumps(json.loads(template({"D": {**DOOR}})) | {"Description": f"{at}"}) for at in range(3)
    }
    many = {name: text.replace('"Door"', f'"Door{name[0]}"') for name, text in many.items()}
    assert errors(tmp_path, many) == []
