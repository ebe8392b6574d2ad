from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from deputize.errors import ServiceError
from deputize.tools import Diagnostic, find_terraform, terraform

VERSIONS = b"""terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}
"""
MAIN = b"""variable "role_name" {
  type    = string
  default = "acme"
}

resource "aws_iam_role" "this" {
  name               = var.role_name
  assume_role_policy = "{}"
}
"""
PATH = os.environ.get("PATH", os.defpath)
PLUGINS = os.environ.get("DEPUTIZE_TF_PLUGIN_DIR", "")

needs_terraform = pytest.mark.skipif(find_terraform({"PATH": PATH}) is None, reason="terraform or tofu is not on PATH")
needs_provider = pytest.mark.skipif(not PLUGINS, reason="DEPUTIZE_TF_PLUGIN_DIR names no provider mirror")


def bundle(main: bytes = MAIN) -> dict[str, bytes]:
    """The files of a bundle, those of the other formats included."""
    return {"terraform/versions.tf": VERSIONS, "terraform/main.tf": main, "json/role.json": b"not terraform {"}


def script(folder: Path, name: str, text: str) -> str:
    """An executable that stands in for terraform."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_terraform_is_found_before_tofu_and_by_the_given_path_only(tmp_path: Path) -> None:
    """The PATH that is handed over decides, not the process's own."""
    assert find_terraform({"PATH": str(tmp_path)}) is None
    tofu = script(tmp_path, "tofu", "true")
    assert find_terraform({"PATH": str(tmp_path)}) == tofu
    real = script(tmp_path, "terraform", "true")
    assert find_terraform({"PATH": str(tmp_path)}) == real


def test_no_tool_is_a_reason() -> None:
    """Without terraform nothing is judged, and the result says why."""
    result = terraform(bundle(), environ={"PATH": "/nonexistent"})
    assert (result.formatted, result.validated, result.diagnostics) == (False, False, ())
    assert result.skipped == "neither terraform nor tofu is on PATH"


def test_a_tool_that_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    """A tool that was named and is none stops the run."""
    with pytest.raises(ServiceError, match="none: cannot be started: No such file or directory"):
        terraform(bundle(), environ={}, binary=str(tmp_path / "none"))


def test_the_tool_sees_a_copy_and_no_credential(tmp_path: Path) -> None:
    """Only the terraform folder's files are copied; the environment holds nothing of AWS_*, TF_* or the user's home."""
    record = tmp_path / "record"
    binary = script(
        tmp_path,
        "terraform",
        f'{{ echo "$@"; env; ls -R; pwd; }} >> {record}\n[ $1 != validate ] || echo \'{{"valid": true}}\'',
    )
    environ = {
        "PATH": PATH,
        "HOME": "/home/precious",
        "AWS_SECRET_ACCESS_KEY": "precious",
        "AWS_PROFILE": "precious",
        "TF_CLI_CONFIG_FILE": "precious",
        "TF_VAR_x": "precious",
        "GITHUB_TOKEN": "precious",
        "HTTPS_PROXY": "http://proxy.example:3128",
    }
    result = terraform(bundle(), environ=environ, binary=binary, plugin_dir="/mirror")
    seen = record.read_text()
    assert (result.formatted, result.validated, result.skipped, result.diagnostics) == (True, True, "", ())
    assert "precious" not in seen
    assert "HTTPS_PROXY=http://proxy.example:3128" in seen
    assert "CHECKPOINT_DISABLE=1" in seen
    assert "TF_IN_AUTOMATION=1" in seen
    assert re.findall(r"^TF_\w+", seen, re.MULTILINE) == ["TF_IN_AUTOMATION"] * 4
    assert "main.tf" in seen
    assert "role.json" not in seen
    assert "init -backend=false -input=false -no-color -plugin-dir=/mirror" in seen
    copies = {line for line in seen.splitlines() if line.startswith("/") and line.endswith("/copy")}
    assert len(copies) == 1
    assert not Path(copies.pop()).parent.exists()


def test_a_path_that_leaves_the_copy_is_refused(tmp_path: Path) -> None:
    """Nothing is written outside the copy."""
    with pytest.raises(ValueError, match="leaves its folder"):
        terraform({"terraform/../../x": b""}, environ={}, binary=script(tmp_path, "terraform", "true"))


def test_a_tool_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    """After the time limit the check is skipped with the reason, and no process of it is left."""
    pids = tmp_path / "pids"
    text = f'[ "$1" = fmt ] || exit 0\nsleep 300 &\necho $! $$ > {pids}\nwait'
    result = terraform(bundle(), environ={"PATH": PATH}, binary=script(tmp_path, "terraform", text), limit=1)
    assert result.skipped == "fmt took more than 1 s"
    deadline = time.monotonic() + 10
    while any(alive(int(pid)) for pid in pids.read_text().split()):
        assert time.monotonic() < deadline, "a process is left"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_a_tool_that_says_nothing_sensible_is_an_error(tmp_path: Path) -> None:
    """A failure without a diagnosis is never taken for success."""
    failing = script(tmp_path, "terraform", "[ $1 = validate ] || exit 0\necho oops >&2\nexit 1")
    result = terraform(bundle(), environ={"PATH": PATH}, binary=failing, plugin_dir=str(tmp_path))
    assert result.diagnostics == (Diagnostic("error", "oops"),)
    silent = script(tmp_path, "tofu", "exit 0")
    result = terraform(bundle(), environ={"PATH": PATH}, binary=silent, plugin_dir=str(tmp_path))
    assert result.diagnostics == (Diagnostic("error", "tofu validate gave no result"),)


def test_nothing_is_fetched_without_a_mirror(tmp_path: Path) -> None:
    """Without a provider mirror files are formatted only: init would download the provider on every run."""
    fine = script(tmp_path, "terraform", "[ $1 = init ] && echo fetched > $0.fetched; exit 0")
    result = terraform(bundle(), environ={"PATH": PATH}, binary=fine)
    assert (result.formatted, result.validated) == (True, False)
    assert "mirror" in result.skipped
    assert not Path(f"{fine}.fetched").exists()


@needs_terraform
def test_unformatted_files_are_named(tmp_path: Path) -> None:
    """fmt's complaint is an error that names the file, and without a provider validate is skipped with the reason."""
    files = bundle(MAIN.replace(b"  name  ", b"name"))
    result = terraform(files, environ={"PATH": PATH}, plugin_dir=str(tmp_path))
    assert result.formatted
    assert [(it.severity, it.file) for it in result.diagnostics] == [("error", "main.tf")]
    assert result.diagnostics[0].message.endswith("fmt would")
    assert not result.validated
    assert result.skipped.startswith("init found no provider: Could not retrieve the list of available versions")
    assert "\n" not in result.skipped


@needs_terraform
def test_files_that_do_not_parse_are_an_error_without_a_provider(tmp_path: Path) -> None:
    """Broken HCL is never excused by a missing provider."""
    result = terraform(bundle(b'resource "aws_iam_role" {'), environ={"PATH": PATH}, plugin_dir=str(tmp_path))
    assert "error" in {it.severity for it in result.diagnostics}
    assert ("main.tf", 1) in {(it.file, it.line) for it in result.diagnostics}


@needs_terraform
@needs_provider
def test_a_right_bundle_is_valid() -> None:
    """With a provider mirror both checks run and find nothing; the version is the tool's own."""
    result = terraform(bundle(), environ={"PATH": PATH}, plugin_dir=PLUGINS)
    assert (result.formatted, result.validated, result.skipped, result.diagnostics) == (True, True, "", ())
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", result.version)


@needs_terraform
@needs_provider
def test_what_the_provider_refuses_is_named_with_its_line() -> None:
    """An argument that the provider does not know is an error at its file and line."""
    result = terraform(
        bundle(MAIN.replace(b"assume_role_policy", b"assume_role_polity")), environ={"PATH": PATH}, plugin_dir=PLUGINS
    )
    assert {(it.severity, it.file) for it in result.diagnostics} == {("error", "main.tf")}
    assert 8 in {it.line for it in result.diagnostics}
    assert any("Unsupported argument" in it.message for it in result.diagnostics)
