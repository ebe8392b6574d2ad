"""`deputize explain` as a process: forms, exit codes, standard input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import deputize.errors

PACKAGE = Path(deputize.errors.__file__).parent
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]})


def run(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """`deputize explain` in a process of its own."""
    environ = {"HOME": str(folder), "PYTHONPATH": str(PACKAGE.parent)}
    command = (sys.executable, "-m", "deputize", "explain", *arguments)
    return subprocess.run(command, check=False, cwd=folder, env=environ, input=stdin, capture_output=True, text=True)


def test_explain_judges_nothing(tmp_path: Path) -> None:
    """The worst policy is told with exit 0, in each form, and nothing is said on stderr."""
    begins = {"text": "stdin: an access policy\n", "markdown": "# stdin: an access policy\n", "json": "{\n"}
    for form, begin in begins.items():
        done = run(tmp_path, "-", "--format", form, stdin=POLICY)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(begin)
        assert "iam:CreateUser" in done.stdout.replace("\\", "") or form != "json"


def test_what_cannot_be_explained(tmp_path: Path) -> None:
    """A file that is not there, or is none of these, is invalid input; in JSON with --format json."""
    assert run(tmp_path, "nowhere.yaml").returncode == 3
    done = run(tmp_path, "-", "--format=json", stdin="hello: world")
    assert done.returncode == 3
    assert json.loads(done.stdout)["schema"] == "deputize/error/1"
    assert run(tmp_path, "-", "--parameter", "x", stdin=POLICY).returncode == 2
    missing = run(tmp_path, "-", "--role", "R", stdin=POLICY)
    assert "--role R: there is no such role; there is none" in missing.stderr
