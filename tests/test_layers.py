"""The house's walls: imports run one way, and each fault that the contracts exist for is caught by them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

# name, module or package under deputize, what is appended to it, what import-linter must answer
FAULTS = [
    ("a bag of helpers", "utils", "X = 1\n", "deputize.utils"),
    ("a room above", "iam/arn", "import deputize.model\n", "deputize.iam is not allowed to import deputize.model"),
    ("a sibling", "formats", "import deputize.read\n", "deputize.formats is not allowed to import deputize.read"),
    (
        "the lowest room reaching the highest",
        "errors",
        "import deputize.cli\n",
        "is not allowed to import deputize.cli",
    ),
    ("through the public API", "iam/arn", "import deputize\n", "is not allowed to import deputize."),
    (
        "a circle of readers for types alone",
        "read/cloudformation/sections",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import deputize.read.cloudformation.resolver\n",
        ".sections -> .resolver",
    ),
    ("AWS in the model", "model/role", "import boto3\n", "deputize.model is not allowed to import boto3"),
    ("AWS inside a function", "checks", "def f():\n    import botocore.client\n", "import botocore"),
    ("a process", "formats", "import subprocess\n", "deputize.formats is not allowed to import subprocess"),
    ("the network", "read", "from socket import socket\n", "deputize.read is not allowed to import socket"),
    ("a database", "bundle", "import sqlalchemy\n", "deputize.bundle is not allowed to import sqlalchemy"),
    ("the terminal", "checks", "import typer\n", "deputize.checks is not allowed to import typer"),
    ("AWS beside its door", "jobs", "import boto3\n", "deputize.jobs is not allowed to import boto3"),
    ("a database beside its door", "jobs", "import sqlalchemy\n", "deputize.jobs is not allowed to import sqlalchemy"),
    (
        "AWS in the registry",
        "registry",
        "import deputize.aws\n",
        "deputize.registry is not allowed to import deputize.aws",
    ),
    (
        "a command that does a job's work",
        "cli/tenants",
        "def f():\n    from deputize.registry import retire\n",
        "deputize.cli is not allowed to import deputize.registry",
    ),
    (
        "a type from behind the jobs",
        "cli/verify",
        "if TYPE_CHECKING:\n    from deputize.aws.probes import Round\n",
        "deputize.cli is not allowed to import deputize.aws",
    ),
    ("the terminal beside its door", "jobs", "import typer\n", "deputize.jobs is not allowed to import typer"),
]


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--no-logo"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "generator"), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def _copy(project_root: Path, target: Path) -> Path:
    shutil.copy(project_root / "pyproject.toml", target)
    package = target / "generator" / "deputize"
    shutil.copytree(project_root / "generator" / "deputize", package, ignore=shutil.ignore_patterns("__pycache__"))
    return package


def test_contracts_are_kept(project_root: Path) -> None:
    """The package as it is breaks no contract."""
    done = _lint(project_root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "text", "answer"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_planted_fault_is_caught(project_root: Path, tmp_path: Path, module: str, text: str, answer: str) -> None:
    """A copy of the package with one wrong import fails, and the answer names it."""
    path = _copy(project_root, tmp_path) / module
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    with source.open("a", encoding="utf-8") as file:
        file.write(f"\n{text}")
    done = _lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert answer in " ".join(done.stdout.split())
