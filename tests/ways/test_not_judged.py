"""What is not judged is told: in a folder, by name, and as an error where everything must be judged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deputize.checks.report.text import sum_line
from deputize.jobs.lint.bundle import OWN, LintOptions
from deputize.jobs.lint.run import LintRequest, lint_all
from deputize.model.values import Severity
from ways.texts import DOOR, ID, OF_LAMBDA, READS, VENDOR, WRITES, allow, policy, role, template, trust

_OPEN = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
_HCL = """resource "aws_iam_role" "open" {
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = "*" }, Action = "sts:AssumeRole" }]
  })
}
"""
_VALUES = {"assume_role_policy": json.dumps(policy(_OPEN))}
_ADDRESS = {"address": "aws_iam_role.open", "type": "aws_iam_role", "name": "open"}
_PLAN = {
    "format_version": "1.2",
    "planned_values": {"root_module": {"resources": [{**_ADDRESS, "values": _VALUES}]}},
    "resource_changes": [{**_ADDRESS, "change": {"actions": ["create"], "after": _VALUES}}],
}
_PLAIN = json.dumps(_OPEN)
_SAM = {"Transform": "AWS::Serverless-2016-10-31"}


def _function(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {"Handler": "a.b", "Runtime": "python3.13", **properties},
    }


NOT_JUDGED: Mapping[str, tuple[str, str, str]] = {
    "a role in Terraform": ("main.tf", _HCL, "Terraform"),
    "a policy document in Terraform": (
        "data.tf",
        'data "aws_iam_policy_document" "t" {\n  statement {\n    actions = ["sts:AssumeRole"]\n  }\n}\n',
        "Terraform",
    ),
    "Terraform as JSON": (
        "main.tf.json",
        json.dumps({"resource": {"aws_iam_role": {"open": _VALUES}}}),
        "Terraform",
    ),
    "a template of Terraform": ("role.tf.tmpl", _HCL.replace("open", "${name}"), "Terraform"),
    "OpenTofu": ("main.tofu", _HCL, "Terraform"),
    "a plan": ("plan.json", json.dumps(_PLAN), "Terraform"),
    "a plan, indented": ("out.json", json.dumps(_PLAN, indent=2), "Terraform"),
    "a state": (
        "terraform.tfstate",
        json.dumps({"version": 4, "terraform_version": "1.9.0", "resources": [{**_ADDRESS, "instances": []}]}),
        "Terraform",
    ),
    "a nested stack": (
        "nested.json",
        template({"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://x/y.yaml"}}}),
        "nested stack",
    ),
    "a SAM application": (
        "app.json",
        template({"Inner": {"Type": "AWS::Serverless::Application", "Properties": {"Location": "./y.yaml"}}}, **_SAM),
        "nested stack",
    ),
    "a stack set by its URL": (
        "set.json",
        template(
            {
                "Set": {
                    "Type": "AWS::CloudFormation::StackSet",
                    "Properties": {
                        "StackSetName": "s",
                        "PermissionModel": "SELF_MANAGED",
                        "TemplateURL": "https://x/y.yaml",
                    },
                }
            }
        ),
        "stack set",
    ),
    "a SAM policy": (
        "sam.json",
        template({"Fn": _function(Policies=[policy({"Effect": "Allow", "Action": "*", "Resource": "*"})])}, **_SAM),
        "policies that it has",
    ),
    "a module": ("module.json", template({"M": {"Type": "Acme::S3::Bucket::MODULE"}, "Door": DOOR}), "module"),
    "a macro of the own account": (
        "macro.json",
        template({"R": role([OF_LAMBDA], READS)}, Transform="Tagger"),
        "macro",
    ),
}
NO_POLICY: Mapping[str, tuple[str, str, str]] = {
    "a bare statement": ("bare.json", _PLAIN, "sts:AssumeRole"),
    "a bare list of statements": ("list.json", f"[{_PLAIN}]", "sts:AssumeRole"),
    "a policy in somebody's own envelope": (
        "envelope.json",
        json.dumps({"name": "reader", "trust": policy(_OPEN)}),
        "sts:AssumeRole",
    ),
}
NOT_UNDERSTOOD = {
    "a comment in JSON": ("comment.json", f"// who may assume it\n{trust(_OPEN)}"),
    "a comment within": ("within.json", trust(_OPEN).replace("[{", "[ /* all */ {")),
    "single quotes": ("quotes.json", trust(_OPEN).replace('"', "'")),
    "a comma too many": ("comma.json", trust(_OPEN).replace("}]", "},]")),
}
NOBODYS = {
    "Terraform without a role": ("bucket.tf", 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n'),
    "prose about Terraform": ("README.md", f"An example:\n\n```hcl\n{_HCL}```\n"),
    "a lock file": (
        ".terraform.lock.hcl",
        'provider "registry.terraform.io/hashicorp/aws" {\n  version = "6.0.0"\n}\n',
    ),
    "a program": ("test_role.py", f'TEXT = """\n{_HCL}"""\n'),
    "any JSON": ("package.json", json.dumps({"name": "x", "version": "1.0.0"})),
    "a note in JSON": ("notes.json", json.dumps({"text": "roles call sts:AssumeRole"})),
    "a plan without a role": ("plan2.json", json.dumps({"format_version": "1.2", "resource_changes": []})),
}
_BESIDE = (
    "ok.json",
    trust(allow({"AWS": f"arn:aws:iam::{VENDOR}:role/r"}, Condition={"StringEquals": {"sts:ExternalId": ID}})),
)


def _found(path: Path, *require: str) -> list[tuple[Severity, str, str, str]]:
    report, _ = lint_all(LintRequest((path,), LintOptions(engines=(OWN,)), require=require))
    return [(one.severity, one.rule, one.where, one.message) for one in report.findings]


def _folder(folder: Path, *files: tuple[str, str]) -> Path:
    for name, text in (_BESIDE, *files):
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("name", [*NOT_JUDGED, *NO_POLICY])
def test_in_a_folder_it_is_a_warning(name: str, tmp_path: Path) -> None:
    """Beside what is judged, one warning stands at the file and says what it is."""
    file, text, says = {**NOT_JUDGED, **NO_POLICY}[name]
    told = [one for one in _found(_folder(tmp_path, (file, text))) if one[0] is not Severity.NOTE]
    assert [(one[:2], Path(one[2]).name) for one in told] == [((Severity.WARNING, "file-not-judged"), file)]
    assert says in told[0][3]


@pytest.mark.parametrize("name", NOT_JUDGED)
def test_alone_and_by_name_it_is_the_same(name: str, tmp_path: Path) -> None:
    """A folder with nothing else, and the file by its name, give the same warning."""
    file, text, _ = NOT_JUDGED[name]
    (tmp_path / file).write_text(text)
    alone, named = _found(tmp_path), _found(tmp_path / file)
    assert [one[:2] for one in alone if one[0] is not Severity.NOTE] == [(Severity.WARNING, "file-not-judged")]
    assert [one[1:] for one in named] == [one[1:] for one in alone]


@pytest.mark.parametrize("name", [*NOT_JUDGED, *NO_POLICY])
def test_where_all_must_be_judged_it_fails(name: str, tmp_path: Path) -> None:
    """`--require judged` makes the warning an error."""
    file, text, _ = {**NOT_JUDGED, **NO_POLICY}[name]
    told = [one for one in _found(_folder(tmp_path, (file, text)), "judged") if one[0] is Severity.ERROR]
    assert [one[1] for one in told] == ["file-not-judged"]


@pytest.mark.parametrize("name", [one for one in NOT_JUDGED if "Resources" not in NOT_JUDGED[one][1]])
def test_it_is_not_counted_as_judged(name: str, tmp_path: Path) -> None:
    """The last line says how many files nobody judged; a template that leads elsewhere is judged itself."""
    file, text, _ = NOT_JUDGED[name]
    report, details = lint_all(LintRequest((_folder(tmp_path, (file, text)),), LintOptions(engines=(OWN,))))
    assert sum_line(report, details).endswith("; 1 judged, 1 not judged")


@pytest.mark.parametrize("name", NO_POLICY)
def test_by_its_name_it_must_be_a_policy(name: str, tmp_path: Path) -> None:
    """Who gives a file by its name wants it judged: that it cannot be is an error, with what it lacks."""
    file, text, says = NO_POLICY[name]
    (tmp_path / file).write_text(text)
    (told,) = _found(tmp_path / file)
    assert told[:2] == (Severity.ERROR, "file-not-understood")
    assert says in told[3]


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
def test_a_policy_that_cannot_be_parsed_is_an_error(name: str, tmp_path: Path) -> None:
    """A policy that IAM would not parse is no less an error in a folder than by its name."""
    told = [one for one in _found(_folder(tmp_path, NOT_UNDERSTOOD[name])) if one[0] is not Severity.NOTE]
    assert [(one[:2], Path(one[2]).name) for one in told] == [
        ((Severity.ERROR, "file-not-understood"), NOT_UNDERSTOOD[name][0])
    ]


@pytest.mark.parametrize("name", NOBODYS)
def test_what_makes_no_role_is_passed_over(name: str, tmp_path: Path) -> None:
    """No word about a file that makes no role, also where all must be judged."""
    assert not [one for one in _found(_folder(tmp_path, NOBODYS[name]), "judged") if one[0] is not Severity.NOTE]


def test_a_role_judged_whole_passes_where_all_must_be_judged(tmp_path: Path) -> None:
    """Nothing is made an error that is judged."""
    file = tmp_path / "role.json"
    file.write_text(template({"Worker": role([OF_LAMBDA], WRITES)}))
    assert not _found(file, "judged")
