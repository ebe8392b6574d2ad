"""terraform (or OpenTofu) on bundles we made: `fmt -check` and `validate`, on a copy, in an environment of its own.

A bundle that somebody else may have changed never comes here: `terraform init` runs what a configuration names.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from deputize.errors import Problem, ServiceError
from deputize.model.format import MODULE_FOLDER
from deputize.model.values import Files

TIME_LIMIT: Final = 180.0  # seconds for one process; validate takes 3, and a minute on a machine that is busy
_NAMES: Final = ("terraform", "tofu")
# Handed on by name, so that no credential and no setting of the user's own terraform (AWS_*, TF_*) reaches a provider.
_KEPT: Final = (
    "PATH",
    "LANG",
    "LC_ALL",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
# What init says when the provider is out of reach, in terraform 1.3 to 1.11 and OpenTofu: nothing about the files.
_NO_PROVIDER: Final = re.compile(
    r"Failed to query available provider packages|Failed to install provider|Failed to resolve provider packages"
    r"|Registry service unreachable|Invalid provider registry host",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing the tool has to say; file is relative to the bundle's terraform folder, line counts from 1."""

    severity: str
    message: str
    file: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the tool made of a bundle.

    formatted, validated: whether that check ran at all. skipped: why one did not; empty when both did.
    """

    name: str
    version: str = ""
    formatted: bool = False
    validated: bool = False
    skipped: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class _TerraformRun:
    """Where and how the tool is run."""

    binary: str
    folder: str
    environ: Mapping[str, str]
    limit: float


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a process ended; code is None when it ran out of time."""

    code: int | None
    out: str
    err: str


def find_terraform(environ: Mapping[str, str]) -> str | None:
    """The absolute path of terraform, or else tofu, on the PATH that `environ` gives; None without either."""
    path = environ.get("PATH", os.defpath)
    found = next((hit for name in _NAMES if (hit := shutil.which(name, path=path))), None)
    return None if found is None else str(Path(found).absolute())


def terraform(
    files: Files,
    *,
    environ: Mapping[str, str],
    plugin_dir: str | None = None,
    binary: str | None = None,
    limit: float = TIME_LIMIT,
) -> ToolResult:
    """Judge the `terraform/` files of a bundle of ours with `fmt -check` and `validate`.

    environ: where PATH and proxies are taken from, nothing else. plugin_dir: a provider mirror; without one nothing is
    validated, because init would fetch the whole provider each time. binary: the tool to run, else the one on PATH.
    limit: seconds for each process. No tool, no provider or no time is a reason in `skipped`, not an error. Raises
    ServiceError when the tool cannot be started.
    """
    found = binary or find_terraform(environ)
    if found is None:
        return ToolResult(_NAMES[0], skipped="neither terraform nor tofu is on PATH")
    with tempfile.TemporaryDirectory(prefix="deputize-") as scratch:
        home = Path(scratch, "home")
        copy = Path(scratch, "copy")
        home.mkdir()
        _copy(files, copy)
        run = _TerraformRun(found, str(copy), _environment(environ, str(home)), limit)
        result = _formatted(run, ToolResult(Path(found).name, _version(run)))
        if result.skipped:
            return result
        if plugin_dir is None:
            return replace(result, skipped="formatted only: validate needs a provider mirror (--plugin-dir)")
        return _validated(run, result, plugin_dir)


def _copy(files: Files, folder: Path) -> None:
    folder.mkdir()
    for path, data in files.items():
        if path.startswith(MODULE_FOLDER):
            target = folder / path.removeprefix(MODULE_FOLDER)
            if not target.resolve().is_relative_to(folder.resolve()):
                msg = f"{path!r} leaves its folder"
                raise ValueError(msg)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


def _environment(environ: Mapping[str, str], home: str) -> Mapping[str, str]:
    kept = {name: environ[name] for name in _KEPT if name in environ}
    return kept | {"HOME": home, "TMPDIR": home, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}


def _version(run: _TerraformRun) -> str:
    version = _json(_call(run, "version", "-json").out).get("terraform_version")
    return version if isinstance(version, str) else ""


def _formatted(run: _TerraformRun, result: ToolResult) -> ToolResult:
    # Not -diff: it needs a program of that name, and fails in the same way as files that do not parse.
    ended = _call(run, "fmt", "-check", "-recursive", "-no-color")
    if ended.code is None:
        return replace(result, skipped=f"fmt took more than {run.limit:g} s")
    what = f"is not formatted as {result.name} fmt would"
    found = [Diagnostic("error", what, file) for file in ended.out.splitlines()]
    if ended.code and not found:
        found = [Diagnostic("error", f"{result.name} fmt failed: {_paragraph(ended.err)}")]
    return replace(result, formatted=True, diagnostics=tuple(found))


def _validated(run: _TerraformRun, result: ToolResult, plugin_dir: str) -> ToolResult:
    # Mocks are read from Terraform 1.7 and OpenTofu 1.8 on; older ones fail at init over tests that they cannot read.
    shutil.rmtree(Path(run.folder, "tests"), ignore_errors=True)
    init = _call(run, "init", "-backend=false", "-input=false", "-no-color", f"-plugin-dir={plugin_dir}")
    if init.code is None:
        return replace(result, skipped=f"init took more than {run.limit:g} s")
    if init.code and _NO_PROVIDER.search(init.err):
        return replace(result, skipped=f"init found no provider: {_paragraph(init.err)}")
    ended = _call(run, "validate", "-json", "-no-color")
    if ended.code is None:
        return replace(result, skipped=f"validate took more than {run.limit:g} s")
    report = _json(ended.out)
    found = tuple(_diagnostics(report))
    if not found and (init.code or ended.code or report.get("valid") is not True):
        said = _paragraph(init.err) or _paragraph(ended.err)
        found = (Diagnostic("error", said or f"{result.name} validate gave no result"),)
    return replace(result, validated=True, diagnostics=result.diagnostics + found)


def _diagnostics(report: Mapping[str, Any]) -> Iterator[Diagnostic]:
    for item in report.get("diagnostics", ()):
        place = item.get("range") or {}
        message = ": ".join(text for text in (item.get("summary", ""), item.get("detail", "")) if text)
        line = place.get("start", {}).get("line")
        yield Diagnostic(item.get("severity", "error"), " ".join(message.split()), place.get("filename", ""), line)


def _json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _paragraph(text: str) -> str:
    """What an error says, without its frame and heading: the second paragraph, or else the first, on one line."""
    paragraphs = [" ".join(part.split()) for part in text.strip("╷│╵ \n").split("\n\n")]
    return next((part for part in paragraphs[1:] if part), paragraphs[0])


def _call(run: _TerraformRun, *arguments: str) -> _Ended:
    """Run the tool to its end or the time limit, and leave nothing running: providers are processes of their own."""
    try:
        process = subprocess.Popen(
            (run.binary, *arguments),
            cwd=run.folder,
            env=run.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        problem = Problem(run.binary, f"cannot be started: {error.strerror}", "name another one or leave it out")
        raise ServiceError(problem) from error
    with process:
        try:
            out, err = process.communicate(timeout=run.limit)
        except subprocess.TimeoutExpired:
            return _Ended(None, "", "")
        finally:
            # Only while its leader is not reaped: afterwards the number may be somebody else's.
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    return _Ended(process.returncode, out, err)
