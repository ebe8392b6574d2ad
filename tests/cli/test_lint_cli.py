"""`deputize lint` as a process: what it takes, what each engine did, and its exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

import deputize.errors
from deputize import Bundle, Tenant, Vendor, render
from deputize.bundle import seal
from deputize.model.spec import AccessSpec, VendorAccount
from deputize.model.text import english

PACKAGE = Path(deputize.errors.__file__).parent
VENDOR = Vendor("example", english("Example"), (VendorAccount("aws", "111122223333"),), access=AccessSpec("inventory"))
GOOD, WEAK = Tenant("acme", ("Acme-7d4c0b9e2f7a4f0e",)), Tenant("weak", ("12345",))

# A terraform that would be noticed if anything ran it.
TRAP = "#!/bin/sh\ntouch {mark}\n"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `deputize lint` without terraform on the PATH, or with the folder `path` before the PATH's rest."""
    (tmp_path / "empty").mkdir()

    def lint(*arguments: str | Path, code: int = 0, path: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        environ = {"PATH": path or str(tmp_path / "empty"), "HOME": str(tmp_path), "PYTHONPATH": str(PACKAGE.parent)}
        command = (sys.executable, "-m", "deputize", "lint", *map(str, arguments))
        done = subprocess.run(command, check=False, env={**environ, **more}, capture_output=True, text=True)
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done

    return lint


def _report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    validate(found, json.loads((PACKAGE / "model" / "schemas" / "lint.json").read_text(encoding="utf-8")))
    return found


def _engines(report: dict[str, Any]) -> dict[str, bool]:
    return {engine["name"]: engine["ran"] for engine in report["engines"]}


def test_a_good_bundle(tmp_path: Path, run: Run) -> None:
    """Nothing but notes; the JSON says which engines ran, which did not and why, and is valid by its schema."""
    bundle = render(VENDOR, GOOD).write(tmp_path / "out")
    report = _report(run(bundle, "--format", "json"))
    assert report["summary"]["errors"] == report["summary"]["warnings"] == 0
    assert _engines(report) == {"deputize": True, "cfn-lint": True, "terraform": False, "python-hcl2": True}
    why = next(engine["why"] for engine in report["engines"] if engine["name"] == "terraform")
    assert "not on the PATH" in why
    text = run(bundle).stdout
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\x1b" not in text


def test_many_and_zipped(tmp_path: Path, run: Run) -> None:
    """A folder of bundles and a zip archive are judged as the bundles in them; --strict makes a weak ID an error."""
    for tenant in (GOOD, WEAK):
        render(VENDOR, tenant).write(tmp_path / "out")
    archive = tmp_path / "weak.zip"
    archive.write_bytes(render(VENDOR, WEAK).zip_bytes())
    report = _report(run(tmp_path / "out", archive, "--format", "json"))
    weak = {one["where"] for one in report["findings"] if one["severity"] == "warning"}
    assert {where.removeprefix(f"{tmp_path}/").split("/")[0] for where in weak} == {"out", "weak.zip"}
    assert report["summary"]["errors"] == 0
    strict = _report(run(archive, "--strict", "--format", "json", code=4))
    assert strict["summary"]["errors"] >= 1


def test_a_changed_bundle(tmp_path: Path, run: Run) -> None:
    """A file changed by hand is an error that names the file, and exit 4."""
    bundle = render(VENDOR, GOOD).write(tmp_path / "out")
    (bundle / "README.md").write_text("Trust me.", encoding="utf-8")
    done = run(bundle, code=4)
    assert any("README.md" in line and "bundle-tampered" in line for line in done.stdout.splitlines())


def test_what_somebody_changed_never_reaches_terraform(tmp_path: Path, run: Run) -> None:
    """A bundle whose sums fit but whose bytes are not ours is parsed only: `terraform init` runs what a file names."""
    mark, tools = tmp_path / "it-ran", tmp_path / "tools"
    tools.mkdir()
    (tools / "terraform").write_text(TRAP.format(mark=mark), encoding="utf-8")
    (tools / "terraform").chmod(0o755)
    path = f"{tools}{os.pathsep}/usr/bin{os.pathsep}/bin"
    ours = render(VENDOR, GOOD).files
    manifest = json.loads(ours["manifest.json"])
    del manifest["files"]
    draft = {
        **ours,
        "manifest.json": f"{json.dumps(manifest, indent=2, ensure_ascii=False)}\n".encode(),
        "terraform/main.tf": ours["terraform/main.tf"] + b"\n# and more\n",
    }
    changed = Bundle("acme", seal(draft)).write(tmp_path / "out")
    report = _report(run(changed, "--format", "json", code=4, path=path))
    assert _engines(report) == {"deputize": True, "cfn-lint": True, "terraform": False, "python-hcl2": True}
    assert not mark.exists()
    # The trap works: a bundle of ours is handed to whatever is called terraform.
    run(render(VENDOR, GOOD).write(tmp_path / "ours"), path=path)
    assert mark.exists()


@pytest.mark.parametrize(
    ("engine", "what"),
    [
        ("terraform", "was skipped: "),
        ("tflint", "is no engine; known are cfn-lint, deputize, python-hcl2, terraform, judged\n"),
    ],
)
def test_an_engine_that_must_run(tmp_path: Path, run: Run, engine: str, what: str) -> None:
    """--require fails with exit 5 when the engine did not run or is none."""
    done = run(render(VENDOR, GOOD).write(tmp_path / "out"), "--require", engine, code=5)
    assert done.stderr.startswith(f"error: --require {engine}: {what}")


def test_the_real_terraform(tmp_path: Path, run: Run) -> None:
    """With terraform and a provider mirror at hand, fmt and validate have nothing to say about our bundle."""
    binary, mirror = shutil.which("terraform"), os.environ.get("DEPUTIZE_TF_PLUGIN_DIR")
    if binary is None or mirror is None:
        pytest.skip("terraform with a provider mirror (DEPUTIZE_TF_PLUGIN_DIR) is not there")
    bundle = render(VENDOR, GOOD).write(tmp_path / "out")
    given = ("--require", "terraform", "--plugin-dir", mirror, "--format", "json")
    report = _report(run(bundle, *given, path=str(Path(binary).parent)))
    assert _engines(report)["terraform"]
    assert report["summary"]["errors"] == 0


def test_what_is_no_bundle(tmp_path: Path, run: Run) -> None:
    """A folder without a manifest, and a path that is not there, are invalid input."""
    folder = tmp_path / "folder"
    folder.mkdir()
    assert "is no bundle: it has no manifest.json" in run(folder, code=3).stderr
    missing = json.loads(run(tmp_path / "nowhere", "--format", "json", code=3).stdout)
    assert (missing["schema"], missing["code"]) == ("deputize/error/1", "invalid-input")
