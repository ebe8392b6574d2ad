"""What `deputize lint` makes of files of any origin: what is judged, passed over, suppressed, and in which order."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deputize import Tenant, Vendor, render
from deputize.checks.details import Details
from deputize.errors import InputError, ServiceError, UsageError
from deputize.jobs.lint.bundle import LintOptions
from deputize.jobs.lint.file import Judging
from deputize.jobs.lint.pool import lint_tasks
from deputize.jobs.lint.run import LintRequest, SuppressionFiles, lint_all
from deputize.jobs.lint.targets import tasks_of
from deputize.model.aws_options import AwsOptions
from deputize.model.spec import VendorAccount
from deputize.model.text import english
from deputize.model.values import Finding, LintReport, Severity

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  ExternalId: {Type: String, MinLength: 8, AllowedPattern: "^[A-Za-z0-9-]+$"}
Resources:
  Vendor:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: "arn:aws:iam::111122223333:role/scan"}
            Action: sts:AssumeRole
            Condition: {StringEquals: {"sts:ExternalId": !Ref ExternalId}}
  Function:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
"""
OPEN = TEMPLATE.replace("StringEquals", "StringLike")
PLACE = ("external-id-operator", 14, 25)
OWN = LintOptions(engines=("own",))


def run(*paths: Path, options: LintOptions = OWN, **more: Any) -> tuple[LintReport, Details]:
    """A run of own rules."""
    return lint_all(LintRequest(paths=paths, options=options, **more))


def file(folder: Path, name: str, text: str | bytes) -> Path:
    """A file with this content."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def rules(report: LintReport) -> list[str]:
    """The rules of what was found, errors first."""
    found = sorted(report.findings, key=lambda one: list(Severity).index(one.severity))
    return [one.rule for one in found]


def test_a_template_is_judged_role_by_role(tmp_path: Path) -> None:
    """A finding points to its text, whose line is there; the report says which role was judged, and why."""
    path = file(tmp_path, "t.yaml", OPEN)
    report, details = run(path)
    (found,) = [one for one in report.findings if one.severity is Severity.ERROR]
    assert (found.rule, found.line, found.column) == PLACE
    assert found.where == str(path)
    assert details.excerpt(found) == OPEN.splitlines()[13]
    assert {one.name: one.judged for one in details.roles} == {"Vendor": True, "Function": False}
    assert run(file(tmp_path, "good.yaml", TEMPLATE))[0].findings == ()


def test_one_role_or_all(tmp_path: Path) -> None:
    """--role leaves the others out, --all-roles judges each as a third party's; a role that is nowhere is an error."""
    path = file(tmp_path, "t.yaml", OPEN)
    report, details = run(path, roles=("Function",))
    assert [(one.name, one.judged) for one in details.roles] == [("Function", True)]
    assert "external-id-operator" not in rules(report)
    _, details = run(path, all_roles=True)
    assert all(one.judged for one in details.roles)
    report, details = run(path, roles=("Vendr",))
    assert rules(report) == ["file-not-understood"]
    assert details.files == (str(path),)
    assert report.findings[0].where == "--role Vendr"


def test_a_walk_judges_what_is_meant_and_counts_the_rest(tmp_path: Path) -> None:
    """Other files are skipped, by their content; what claims to be a template and is broken is an error.

    Links are not followed, hidden folders and what is excluded not entered.
    """
    file(tmp_path, "in/deep/t.txt", OPEN)
    file(tmp_path, "in/package.json", '{"name": "x", "resources": []}')
    file(tmp_path, "in/logo.png", b"\x89PNG\r\n\x1a\n\0\0")
    file(tmp_path, "in/broken.yaml", "Resources:\n  A:\n    Type: AWS::IAM::Role\n   x: y\n")
    file(tmp_path, "in/escaped.json", '{"\\u0053tatement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}')
    file(tmp_path, "in/utf16.json", '{"Resources": {"A": {"Type": "AWS::IAM::Role"}}}'.encode("utf-16"))
    file(tmp_path, "in/.git/t.yaml", OPEN)
    file(tmp_path, "in/left/t.yaml", OPEN)
    file(tmp_path, "in/large.json", b" " * ((1 << 20) + 1))
    (tmp_path / "in/link.yaml").symlink_to(tmp_path / "in/deep/t.txt")
    report, details = run(tmp_path / "in", exclude=("left",))
    judged = [Path(one).relative_to(tmp_path / "in").as_posix() for one in details.files]
    assert judged == ["deep/t.txt", "escaped.json"]
    assert (details.unjudged, details.skipped, details.left) == (2, 3, 2)
    by_file: dict[str, set[str]] = {}
    for one in report.findings:
        by_file.setdefault(Path(one.where).name, set()).add(one.rule)
    assert by_file["broken.yaml"] == by_file["utf16.json"] == {"file-not-understood"}
    assert by_file["large.json"] == {"file-too-large"}
    assert "external-id-operator" in by_file["t.txt"]
    assert "action-escalation" in by_file["escaped.json"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.json", '{"a": 1}'), ("x.yaml", "a: 1"), ("x.bin", b"\x89PNG\0\0"), ("empty", b""), ("big", b" " * (1 << 21))],
)
def test_a_named_file_must_be_understood(tmp_path: Path, name: str, content: str | bytes) -> None:
    """What a folder would pass over is an error when given; --skip-unknown passes over it; what is large is told."""
    path = file(tmp_path, name, content)
    report, details = run(path)
    assert rules(report) == ["file-not-understood"]
    assert (details.files, details.unjudged) == ((), 1)
    report, details = run(path, skip_unknown=True)
    assert rules(report) == (["file-too-large"] if name == "big" else [])
    assert (details.files, details.skipped) == ((), 1)


def test_a_bucket_policy_is_told_apart(tmp_path: Path) -> None:
    """Given by name, the error says what it is."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    report, _ = run(file(tmp_path, "b.json", json.dumps({"Version": "2012-10-17", "Statement": [statement]})))
    (found,) = report.findings
    assert found.rule == "file-not-understood"
    assert "of a bucket" in found.message


def test_a_folder_without_anything_to_judge_is_refused(tmp_path: Path) -> None:
    """It is never taken for one in which all is well; the other paths do not help it."""
    good = file(tmp_path, "good.yaml", TEMPLATE)
    idle = file(tmp_path, "idle/x.json", "{}").parent
    for paths in ((idle,), (good, idle)):
        with pytest.raises(InputError, match=r"idle': is no bundle: it has no manifest\.json"):
            run(*paths)
    with pytest.raises(InputError) as caught:
        run(tmp_path / "a", tmp_path / "b")
    assert [one.what for one in caught.value.problems] == ["does not exist"] * 2


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is a named file called stdin."""
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(OPEN.encode())))
    report, _ = run(Path("-"))
    assert ("stdin", *PLACE) in {(one.where, one.rule, one.line, one.column) for one in report.findings}


def test_a_parameter_that_nothing_has_is_told(tmp_path: Path) -> None:
    """A name that no template has decides nothing: misspelt, it would be taken for one that does."""
    path = file(tmp_path, "t.yaml", TEMPLATE)
    values = file(tmp_path, "p.json", '{"Other": "x", "ExternalId": "acme-1234", "AWS::Region": "us-east-1"}')
    report, _ = run(path, parameters=("Externalid=acme-1234",), parameters_file=values)
    assert [(one.rule, one.where) for one in report.findings if one.where.startswith("--")] == [
        ("file-not-understood", "--parameters Other"),
        ("file-not-understood", "--parameter Externalid"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '# \U000f0001\n"Resources":\n  R:\n    Type: AWS::IAM::Role\n',
        "# \U000f0001\n{Resources: {R: {Type: AWS::IAM::Role}}}\n",
        '// x\n{"Resources":{"R":{"Type":"AWS::IAM::Role"}}}',
        'a: 1\n---\n{"Resources": {"R": {"Type": "AWS::IAM::Role"}}}\n',
    ],
)
def test_a_template_that_is_refused_is_never_passed_over(tmp_path: Path, text: str) -> None:
    """Neither in a folder nor by the hook, whatever the style in which its keys are written."""
    path = file(tmp_path, "in/t.yaml", text)
    assert rules(run(path.parent)[0]) == rules(run(path, skip_unknown=True)[0]) == ["file-not-understood"]


def test_parameters_decide(tmp_path: Path) -> None:
    """--parameter wins over --parameters, which takes every form that CloudFormation's tools take."""
    account = TEMPLATE.replace("Resources:", "  Who: {Type: String}\nResources:", 1).replace(
        '"arn:aws:iam::111122223333:role/scan"', "!Ref Who"
    )
    path = file(tmp_path, "t.yaml", account)
    expected: dict[str, Any] = {"expected_vendors": ("111122223333",)}
    assert "trust-account-unproved" in rules(run(path)[0])
    assert "trust-principal-unexpected" in rules(run(path, **expected)[0])
    assert rules(run(path, parameters=("Who=111122223333",), **expected)[0]) == ["trust-whole-account"]
    forms: list[Any] = [
        {"Who": "111122223333"},
        {"Parameters": {"Who": "111122223333"}},
        [{"ParameterKey": "Who", "ParameterValue": "111122223333"}],
        ["Who=111122223333"],
    ]
    for form in forms:
        values = file(tmp_path, "p.json", json.dumps(form))
        assert rules(run(path, parameters_file=values, **expected)[0]) == ["trust-whole-account"]
    assert "trust-principal-unexpected" in rules(
        run(path, parameters_file=values, parameters=("Who=999988887777",), **expected)[0]
    )
    for wrong in ("{", '{"Who": [1]}', '[{"ParameterKey": "Who", "UsePreviousValue": true}]', "1"):
        with pytest.raises(InputError):
            run(path, parameters_file=file(tmp_path, "p.json", wrong))
    with pytest.raises(UsageError):
        run(path, parameters=("Who",))


def test_who_is_expected(tmp_path: Path) -> None:
    """Another vendor than the expected is an error, in a template and in a bundle; nonsense is a usage error."""
    vendor = Vendor("example", english("Example"), (VendorAccount("aws", "111122223333"),))
    bundle = render(vendor, Tenant("acme", ("Acme-7d4c0b9e2f7a4f0e",))).write(tmp_path / "out")
    template = file(tmp_path, "t.yaml", TEMPLATE)
    for path in (bundle, template):
        assert "trust-principal-unexpected" not in rules(run(path, expected_vendors=("111122223333",))[0])
        assert "trust-principal-unexpected" in rules(run(path, expected_vendors=("999988887777",))[0])
    assert "external-id-unexpected" not in rules(run(bundle, expected_ids=("Acme-7d4c0b9e2f7a4f0e",))[0])
    report, _ = run(bundle, expected_ids=("Other-7d4c0b9e2f7a4f0e",))
    assert "external-id-unexpected" in rules(report)
    assert not any("Acme-7d" in one.message for one in report.findings)
    for wrong in ({"expected_vendors": ("1",)}, {"expected_ids": ("x",)}, {"aws": AwsOptions(region="eu-west-1")}):
        with pytest.raises(UsageError):
            run(template, **wrong)


def test_suppression_is_the_callers(tmp_path: Path) -> None:
    """A file has no say unless the caller gives it one, and never about trust; --config and --baseline hide all."""
    said = OPEN.replace("StringLike", "StringLike").replace(
        "          - Effect: Allow\n",
        "          # deputize: ignore external-id-operator it is fine\n          - Effect: Allow\n",
        1,
    )
    path = file(tmp_path, "t.yaml", said)
    file(tmp_path, ".deputize.yaml", "ignore: [{rule: external-id-operator, reason: Not asked.}]")
    assert rules(run(path)[0]) == ["external-id-operator"]
    assert rules(run(path, inline=True)[0]) == ["external-id-operator", "suppression-unused"]
    config = file(
        tmp_path,
        "c/lint.yaml",
        f"ignore: [{{rule: external-id-operator, path: '{path}', role: Vendor, reason: Known.}}]",
    )
    report, details = run(path, suppressions=SuppressionFiles(config))
    assert rules(report) == []
    assert [one.by for one in details.suppressed] == ["config"]
    kept = tmp_path / "known.json"
    run(path, suppressions=SuppressionFiles(written=kept))
    report, details = run(path, suppressions=SuppressionFiles(baseline=kept))
    assert rules(report) == []
    assert [one.by for one in details.suppressed] == ["baseline"]
    file(tmp_path, "t.yaml", TEMPLATE)
    assert rules(run(path, suppressions=SuppressionFiles(config, kept))[0]) == ["suppression-unused"] * 2


def test_allowed_secrets_are_notes(tmp_path: Path) -> None:
    """A read of secrets that the configuration allows with a reason is no error."""
    policy = {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "arn:aws:ssm:*:*:parameter/app/*"}
    path = file(tmp_path, "p.json", json.dumps({"Version": "2012-10-17", "Statement": [policy]}))
    assert "exposure-secret" in rules(run(path)[0])
    config = file(tmp_path, "c.yaml", "allow_secrets: [{action: 'ssm:GetParameter', reason: One setting.}]")
    found = rules(run(path, suppressions=SuppressionFiles(config))[0])
    assert "exposure-secret" not in found
    assert "exposure-secret-allowed" in found


def test_processes_change_nothing(tmp_path: Path) -> None:
    """Many files on two cores, cfn-lint too: the same report, in the same order, as one after the other."""
    for number in range(9):
        file(tmp_path, f"in/{number}.yaml", (OPEN if number % 3 else TEMPLATE).replace("Function:", f"Fn{number}:"))
    file(tmp_path, "in/9.json", "{}")
    options = LintOptions(engines=("own", "cfn-lint"))
    alone, together = (run(tmp_path / "in", options=options, workers=workers) for workers in (1, 2))
    assert together == alone
    assert [one.name for one in alone[0].engines if not one.skipped] == ["deputize", "cfn-lint"]
    assert len(alone[1].files) == 9


def test_a_bundle_that_cannot_be_read_ends_the_run(tmp_path: Path) -> None:
    """From another process, too, the error comes with its problem."""
    for number in range(220):
        file(tmp_path, f"in/{number:03}.json", '{"Resources": {}}')
    file(tmp_path, "in/x/manifest.json", '{"schema": "deputize/manifest/1"}')
    (tmp_path / "in/x/link").symlink_to(tmp_path)
    with pytest.raises(InputError) as caught:
        run(tmp_path / "in", workers=2)
    assert [one.what for one in caught.value.problems] == ["is a symbolic link"]


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    """As when it has gone since the folder was searched: the others are judged all the same."""
    file(tmp_path, "a.yaml", TEMPLATE)
    file(tmp_path, "b.yaml", OPEN)
    tasks = tasks_of([tmp_path])
    (tmp_path / "a.yaml").unlink()
    gone, there = lint_tasks(tasks, OWN, Judging(engines=("own",)))
    assert [one.finding.message for one in gone.found] == ["does not exist"]
    assert [one.finding.rule for one in there.found] == ["external-id-operator"]


def test_engines(tmp_path: Path) -> None:
    """cfn-lint judges templates and nothing else; an engine that is required and had nothing to judge is an error."""
    wrong = TEMPLATE.replace("Type: AWS::IAM::Role", "Type: AWS::IAM::Rolle", 1)
    report, _ = run(file(tmp_path, "t.yaml", wrong), options=LintOptions(engines=("cfn-lint",)))
    assert any(one.engine == "cfn-lint" and one.line == 6 for one in report.findings)
    assert not any(one.engine == "deputize" and one.rule != "file-not-understood" for one in report.findings)
    policy = file(
        tmp_path, "p.json", '{"Statement": {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}}'
    )
    with pytest.raises(ServiceError, match="there was no template"):
        run(policy, options=LintOptions(engines=("own", "cfn-lint")), require=("cfn-lint",))
    with pytest.raises(ServiceError, match="it was not asked for"):
        run(policy, require=("cfn-lint",))


TRAPS = {
    "Metadata of the template": "Metadata: {cfn-lint: {config: {ignore_checks: [E, W]}}}\n",
    "a comment": "# cfn-lint: ignore-checks E3001,W1\n",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_what_is_judged_steers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trap: str) -> None:
    """Neither what a template says about its checks, nor configuration beside it, nor a rule folder, has an effect."""
    mark = tmp_path / "it-ran"
    file(tmp_path, "in/rules/evil.py", f"open({str(mark)!r}, 'w')\n")
    file(tmp_path, "in/.cfnlintrc", "append_rules: [rules]\nignore_checks: [E, W]\n")
    file(tmp_path, "in/.cfnlintrc.yaml", "append_rules: [rules]\nignore_checks: [E, W]\n")
    wrong = OPEN.replace("Type: AWS::IAM::Role", "Type: AWS::IAM::Rolle", 1).replace("Function:", "Vendor2:", 1)
    path = file(tmp_path, "in/t.yaml", TRAPS[trap] + wrong)
    monkeypatch.chdir(tmp_path / "in")
    report, _ = run(path, options=LintOptions(engines=("own", "cfn-lint")))
    assert any(one.engine == "cfn-lint" and one.severity is Severity.ERROR for one in report.findings)
    assert not mark.exists()


def test_findings_are_told_once(tmp_path: Path) -> None:
    """A path that is given twice is judged once."""
    path = file(tmp_path, "t.yaml", OPEN)
    report, details = run(path, path)
    assert len(details.files) == 1
    assert len(set(report.findings)) == len(report.findings)
    assert all(isinstance(one, Finding) for one in report.findings)
