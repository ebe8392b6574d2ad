"""`deputize lint` on files of any origin, as a process: forms, exit codes, and what it does not load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jsonschema import validate

import deputize.errors
from deputize.checks.catalogue import catalogue

PACKAGE = Path(deputize.errors.__file__).parent
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}]}
ROOT = {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}
WARNED = {"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}}

# What was loaded is read after the command is done.
SCRIPT = """
import runpy, sys
sys.argv = ["deputize", *sys.argv[1:]]
try:
    runpy.run_module("deputize", run_name="__main__", alter_sys=True)
except SystemExit:
    pass
print("loaded:", *sys.modules)
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `deputize lint` with own rules in `tmp_path`."""

    def lint(*arguments: str, code: int = 0, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        environ = {"PATH": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": str(PACKAGE.parent), **more}
        command = (sys.executable, "-m", "deputize", "lint", "--engines=own", *arguments)
        done = subprocess.run(
            command, check=False, cwd=tmp_path, env=environ, input=stdin, capture_output=True, text=True
        )
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done

    return lint


def test_text_and_its_exit_code(tmp_path: Path, run: Run) -> None:
    """A finding is `path:line:column`, its line below it; no colour in a pipe; errors give 4."""
    (tmp_path / "p.json").write_text(json.dumps(POLICY, indent=2), encoding="utf-8")
    done = run("p.json", code=4)
    lines = done.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if " action-not-read " in line)
    assert lines[at].startswith("p.json:6:17: error action-not-read ")
    assert lines[at + 1 : at + 3] == ['    |       "Action": "iam:PutRolePolicy",', f"    | {' ' * 16}^"]
    assert lines[-1].endswith("; 1 judged")
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_on_a_terminal(tmp_path: Path, no_color: str, coloured: bool) -> None:
    """Severities are coloured where people look, unless NO_COLOR says otherwise."""
    (tmp_path / "p.json").write_text(json.dumps(POLICY), encoding="utf-8")
    ours, theirs = os.openpty()
    environ = {"PATH": "", "HOME": str(tmp_path), "PYTHONPATH": str(PACKAGE.parent), "NO_COLOR": no_color}
    command = (sys.executable, "-m", "deputize", "lint", "--engines=own", "p.json")
    done = subprocess.run(command, cwd=tmp_path, env=environ, stdout=theirs, check=False)
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert done.returncode == 4
    assert ("\x1b[31merror\x1b[0m" in shown) is coloured


def test_hostile_names_and_text_are_inert(tmp_path: Path, run: Run) -> None:
    """An escape sequence in a name or a file reaches no terminal and begins no command of a workflow."""
    name = "p\x1b[31m\n::error::.json"
    (tmp_path / name).write_text('{"Statement": {"Effect": "Allow", "Action": "\u202eiam:\u200b*"}}', encoding="utf-8")
    for form in ("text", "github"):
        out = run(name, f"--format={form}", code=4).stdout
        assert all(one.isprintable() or one == "\n" for one in out)
        assert not any(line.startswith("::error::") for line in out.splitlines())


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "github"])
def test_forms_say_the_same(tmp_path: Path, run: Run, form: str) -> None:
    """Each form on standard input: the same rules, the same exit code."""
    out = run("-", "--format", form, code=4, stdin=json.dumps(POLICY)).stdout
    if form == "json":
        found = json.loads(out)
        validate(found, json.loads((PACKAGE / "model/schemas/lint.json").read_text(encoding="utf-8")))
        rules = {one["rule"] for one in found["findings"]}
        assert found["files"] == {"judged": 1, "not_judged": 0, "skipped": 0, "not_followed": 0}
    elif form == "sarif":
        (log,) = json.loads(out)["runs"]
        rules = {one["ruleId"] for one in log["results"]}
        assert log["properties"]["files"]["judged"] == 1
    elif form == "junit":
        rules = {str(one.attrib["type"]) for one in ET.fromstring(out).iter("failure")}
    else:
        rules = {line.split("title=")[1].split(":")[0] for line in out.splitlines() if line.startswith("::error ")}
    assert "action-not-read" in rules


def test_fail_on(tmp_path: Path, run: Run) -> None:
    """Warnings are no errors, unless --fail-on says so."""
    (tmp_path / "p.json").write_text(json.dumps(WARNED), encoding="utf-8")
    assert "0 errors, 1 warning" in run("p.json").stdout
    run("p.json", "--fail-on", "warning", code=4)
    run("p.json", "--fail-on", "never", code=2)


def test_rules_are_listed(run: Run) -> None:
    """--rules needs no path and names every rule, its severity and title."""
    lines = run("--rules").stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [[one.id, one.severity.value] for one in catalogue().values()]
    assert {"external-id-missing", "file-not-understood", "suppression-unused", "trust-anyone"} <= set(catalogue())
    for arguments in (("--rules", "--format", "json"), ("--format=json", "--rules")):
        found = json.loads(run(*arguments).stdout)
        validate(found, json.loads((PACKAGE / "model/schemas/rules.json").read_text(encoding="utf-8")))
        assert [one["id"] for one in found["rules"]] == [*catalogue()]
    assert "--format sarif: is no form of the list of rules" in run("--rules", "--format", "sarif", code=2).stderr


def test_usage(tmp_path: Path, run: Run) -> None:
    """Nothing to judge, and an engine that is none, are usage errors; a missing file is invalid input."""
    assert "PATH...: is missing" in run(code=2).stderr
    assert "--engines checkov: is no engine" in run(".", "--engines", "own,checkov", code=2).stderr
    missing = json.loads(run("nowhere.yaml", "--format", "json", code=3).stdout)
    assert missing["problems"][0]["what"] == "does not exist"


def test_own_rules_load_no_other_engine(tmp_path: Path) -> None:
    """With `--engines own` neither boto3 nor cfn-lint nor terraform's parser is loaded, for a template too."""
    template = '{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}}}'
    (tmp_path / "t.json").write_text(template, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "lint", "--engines", "own", "t.json"],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "deputize.checks.judge" in loaded
    assert loaded & {"boto3", "botocore", "cfnlint", "hcl2", "sqlalchemy"} == set()
