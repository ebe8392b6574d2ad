"""What lies beside a template, or stands in it, has no say in how it is judged: nothing is read, nothing is run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(sys.executable).with_name("deputize")
TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Vendor:
    Type: AWS::IAM::Role
    Properties:
      Rolename: scan
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: "arn:aws:iam::111122223333:root"}
            Action: sts:AssumeRole
"""
SETTINGS = "append_rules: [rules]\nignore_checks: [E, W, I]\nignore_templates: ['**']\ntemplates: [none]\n"
IGNORED = "ignore: [{rule: external-id-missing, reason: Fine.}]\nallow_secrets: []\n"
PLANTED = "open('it-ran', 'w').close()\n"
TRAPS = {
    **dict.fromkeys((".cfnlintrc", ".cfnlintrc.yaml", ".cfnlintrc.yml"), SETTINGS),
    **dict.fromkeys((".deputize.yaml", "deputize.yaml", ".deputize/config.yaml", "lint.yaml"), IGNORED),
    **dict.fromkeys(("rules/planted.py", "conftest.py", "cfnlint.py", "yaml.py", "sitecustomize.py"), PLANTED),
    "setup.cfg": "[cfn-lint]\nignore_checks = E,W\n[tool:cfn-lint]\nignore_checks = E,W\n",
    "tox.ini": "[cfn-lint]\nignore_checks = E,W\n",
    "pyproject.toml": "[tool.cfn-lint]\nignore_checks = ['E']\n[tool.deputize]\nignore = ['external-id-missing']\n",
    ".pre-commit-config.yaml": "repos: [{repo: local, hooks: [{id: x, entry: touch it-ran, language: system}]}]\n",
    ".env": "DEPUTIZE_CONFIG=lint.yaml\nAWS_PROFILE=evil\n",
    ".aws/config": "[default]\ncredential_process = touch it-ran\n",
    "baseline.json": '{"schema": "deputize/lint-baseline/1", "findings": []}',
    "vendor.yaml": "not: a vendor\n",
}
METADATA = """\
Metadata:
  cfn-lint: {config: {ignore_checks: [E, W, I], append_rules: [rules], regions: [nowhere-1]}}
  deputize: {ignore: [{rule: external-id-missing, reason: Fine.}]}
# cfn-lint: ignore
# deputize: ignore external-id-missing it is fine
"""


def _findings(folder: Path, home: Path) -> list[tuple[Any, ...]]:
    command = (SCRIPT, "lint", "t.yaml", "--engines=own,cfn-lint", "--format=json")
    done = subprocess.run(
        command, check=False, cwd=folder, env={"PATH": "", "HOME": str(home)}, capture_output=True, text=True
    )
    assert done.returncode == 4, done.stderr
    found = json.loads(done.stdout)["findings"]
    return sorted((one["rule"], one["severity"], one["message"]) for one in found)


def test_no_trap_has_an_effect(tmp_path: Path) -> None:
    """The same findings with every trap beside the template, in its Metadata and in the home folder, as without."""
    if not SCRIPT.exists():
        pytest.skip("the command is not installed beside this Python")
    plain, trapped = tmp_path / "plain", tmp_path / "trapped"
    for folder, text in ((plain, TEMPLATE), (trapped, METADATA + TEMPLATE)):
        folder.mkdir()
        (folder / "t.yaml").write_text(text, encoding="utf-8")
    for name, text in TRAPS.items():
        path = trapped / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    expected = _findings(plain, tmp_path)
    assert {rule for rule, _, _ in expected} >= {"external-id-missing", "E3002"}
    assert _findings(trapped, trapped) == expected
    assert not [*tmp_path.rglob("it-ran")]
