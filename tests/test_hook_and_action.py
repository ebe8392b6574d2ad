"""The pre-commit hook and the GitHub action, run as their users' machines run them."""

from __future__ import annotations

import os
import re
import shlex
import site
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

TEMPLATE = """\
Resources:
  Vendor:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {{AWS: "arn:aws:iam::111122223333:root"}}
            Action: sts:AssumeRole
            Condition: {{{operator}: {{"sts:ExternalId": Acme-7d4c0b9e2f7a4f0e}}}}
"""
GOOD, BAD = (TEMPLATE.format(operator=operator) for operator in ("StringEquals", "StringEqualsIfExists"))


def program(folder: Path, project_root: Path) -> Path:
    """A `deputize` on a PATH of its own, as pip makes it."""
    path = folder / "bin/deputize"
    path.parent.mkdir(parents=True)
    words = (sys.executable, "-P", "-m", "deputize")
    path.write_text(
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(project_root / "generator"))} exec {shlex.join(words)} "$@"\n', "utf-8"
    )
    path.chmod(0o755)
    return path


def repository(folder: Path, **files: str) -> Path:
    """A git repository whose index holds these files."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    for command in (("init", "-q"), ("add", "--all")):
        subprocess.run(["git", *command], cwd=folder, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull})
    return folder


def hook(project_root: Path) -> dict[str, Any]:
    """The one hook."""
    (found,) = yaml.safe_load((project_root / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def commit(project_root: Path, tmp_path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """What pre-commit does: the entry's words, its arguments, then the names of the staged files that it wants."""
    found = hook(project_root)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=folder, check=True, capture_output=True, text=True).stdout
    names = [name for name in listed.split("\0") if name and re.search(found["files"], name)]
    entry = shlex.split(found["entry"])
    environ = {**os.environ, "PATH": f"{program(tmp_path, project_root).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        [*entry, *found["args"], *names], cwd=folder, env=environ, check=False, capture_output=True, text=True
    )


def test_hook_judges_the_templates_of_a_commit(project_root: Path, tmp_path: Path) -> None:
    """A bad role stops the commit, other YAML and JSON do not; a file's name is never an option."""
    files = {"bad.yaml": BAD, "package.json": '{"name": "x"}', "--config=x.yaml": GOOD, "x.yaml": "ignore: []"}
    files |= {"bad.template": BAD, "x.py": "import os", "template.txt": ""}
    done = commit(project_root, tmp_path, repository(tmp_path / "repo", **files))
    assert done.returncode == 4, done.stderr
    assert "bad.yaml:11:25: error external-id-operator" in done.stdout
    assert "bad.template:11:25: error external-id-operator" in done.stdout
    assert "3 judged, 2 skipped" in done.stdout


def test_hook_lets_others_pass(project_root: Path, tmp_path: Path) -> None:
    """A commit without any template passes."""
    done = commit(project_root, tmp_path, repository(tmp_path / "repo", **{"package.json": "{}"}))
    assert done.returncode == 0, done.stdout
    assert hook(project_root)["language"] == "python"


def action(project_root: Path) -> dict[str, Any]:
    """The action's metadata."""
    found = yaml.safe_load((project_root / "action.yml").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def step(project_root: Path, number: int, folder: Path, temp: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """A step as the runner does it: `env` filled in, `run` given to bash."""
    found = action(project_root)
    given = {name: spec["default"] for name, spec in found["inputs"].items()} | inputs
    words = {f"${{{{ inputs.{name} }}}}": value for name, value in given.items()}
    words |= {"${{ github.action_path }}": str(project_root), "${{ runner.temp }}": str(temp)}
    one = found["runs"]["steps"][number]
    environ = dict(os.environ)
    for name, value in one["env"].items():
        for word, text in words.items():
            value = value.replace(word, text)  # noqa: PLW2901 - each word in turn
        environ[name] = value
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", one["run"]]
    return subprocess.run(command, cwd=folder, env=environ, check=False, capture_output=True, text=True)


def test_no_input_is_part_of_a_script(project_root: Path) -> None:
    """Inputs reach the shell in variables only, and each is used; every step names its shell."""
    found = action(project_root)
    assert found["runs"]["using"] == "composite"
    steps = found["runs"]["steps"]
    assert all("${{" not in one["run"] and one["shell"] == "bash" for one in steps)
    used = "".join(value for one in steps for value in one["env"].values())
    assert all(f"${{{{ inputs.{name} }}}}" in used for name in found["inputs"])


def test_action_annotates(project_root: Path, tmp_path: Path) -> None:
    """Annotations and exit 4 for a bad template; a report in a file; hostile inputs are names of files that are not."""
    temp, folder = tmp_path / "temp", tmp_path / "work"
    folder.mkdir()
    program(temp / "deputize", project_root)
    (folder / "bad one.yaml").write_text(BAD, encoding="utf-8")
    (folder / "good.yaml").write_text(GOOD, encoding="utf-8")
    given = {"engines": "own"}
    done = step(project_root, 1, folder, temp, **given)
    assert done.returncode == 4, done.stderr
    assert "::error file=bad one.yaml,line=11,col=25,title=external-id-operator::" in done.stdout
    done = step(project_root, 1, folder, temp, **given, paths="good.yaml\n", format="sarif", output="report.sarif")
    assert (done.returncode, done.stdout) == (0, "")
    assert '"version": "2.1.0"' in (folder / "report.sarif").read_text("utf-8")
    vendors = {"paths": "good.yaml", "expect-vendor": "999988887777\n999988886666\n"}
    assert "trust-principal-unexpected" in step(project_root, 1, folder, temp, **given, **vendors).stdout
    hostile = {"paths": "$(touch pwned)\n`touch pwned`; touch pwned\n--rules", "exclude": '"; touch pwned #'}
    assert step(project_root, 1, folder, temp, **given, **hostile).returncode == 3
    assert not (folder / "pwned").exists()


def git(folder: Path, *command: str) -> None:
    """A git command as somebody."""
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    subprocess.run(("git", *who, *command), cwd=folder, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull})


IGNORE = "ignore:\n- {{path: '{path}', rule: external-id-operator, reason: 'known, {path}'}}\n"


@pytest.mark.parametrize("spelling", ["relative", "absolute"])
@pytest.mark.parametrize("base", ["none", "other", "same"])
def test_a_pull_request_does_not_pardon_itself(
    project_root: Path, tmp_path: Path, base: str, spelling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The base branch's config counts, and lines that only the head has are shown; a push takes the file as it is."""
    temp, origin, folder = tmp_path / "temp", tmp_path / "origin", tmp_path / "work"
    program(temp / "deputize", project_root)
    head = IGNORE.format(path="bad.yaml") + "# ##[error]oops é\n"
    there = {"none": {}, "other": {"ignore.yaml": IGNORE.format(path="x.yaml")}, "same": {"ignore.yaml": head}}[base]
    repository(origin, **{"bad.yaml": BAD, "x.yaml": BAD, **there})
    git(origin, "checkout", "-q", "-b", "release/1")
    git(origin, "commit", "-q", "-m", "base")
    git(tmp_path, "clone", "-q", str(origin), "work")
    (folder / "ignore.yaml").write_text(head, encoding="utf-8")
    given = {"engines": "own", "paths": "bad.yaml\n", "config": "ignore.yaml"}
    if base == "other":
        given["paths"] += "x.yaml\n"
    if spelling == "absolute":
        given["config"] = str(folder / "ignore.yaml")
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    assert step(project_root, 1, folder, temp, **given).returncode == (4 if base == "other" else 0)
    monkeypatch.setenv("GITHUB_BASE_REF", "release/1")
    done = step(project_root, 1, folder, temp, **given)
    assert done.returncode == (0 if base == "same" else 4), done.stderr
    assert ("file=bad.yaml,line=11" in done.stdout) == (base != "same")
    assert "file=x.yaml,line=11" not in done.stdout
    proposed = [line for line in done.stderr.splitlines() if line.startswith("proposed, and silences nothing: ")]
    assert bool(proposed) == (base != "same")
    assert base == "same" or "bad.yaml" in "".join(proposed)
    assert "##[" not in done.stderr
    assert "é" not in done.stderr


def test_a_base_that_cannot_be_read_stops(project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a missing branch nor a missing repository makes the head's own file count; one of the workflow's does."""
    temp, folder = tmp_path / "temp", tmp_path / "work"
    program(temp / "deputize", project_root)
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder.mkdir()
    (folder / "bad.yaml").write_text(BAD, encoding="utf-8")
    for place in (folder, tmp_path):
        (place / "ignore.yaml").write_text(IGNORE.format(path="bad.yaml"), encoding="utf-8")
    given = {"engines": "own", "paths": "bad.yaml", "config": "ignore.yaml"}
    assert step(project_root, 1, folder, temp, **given).returncode == 5
    git(folder, "init", "-q")
    assert step(project_root, 1, folder, temp, **given).returncode == 5
    own = {**given, "config": str(tmp_path / "ignore.yaml")}
    assert step(project_root, 1, folder, temp, **own).returncode == 0


def test_action_installs_itself(project_root: Path, tmp_path: Path) -> None:
    """The first step makes an environment and installs this checkout in it; here without the network."""
    pytest.importorskip("hatchling")
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    shared = os.pathsep.join(one for one in site.getsitepackages() if Path(one).is_dir())
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**offline, "PYTHONPATH": shared, "PIP_CONFIG_FILE": os.devnull}.items():
            patch.setenv(name, value)
        done = step(project_root, 0, tmp_path, tmp_path / "temp", python=sys.executable)
        assert done.returncode == 0, done.stdout + done.stderr
        place = tmp_path / "temp/deputize"
        asked = subprocess.run(
            [place / "bin/deputize", "--version"], cwd=tmp_path, check=False, capture_output=True, text=True
        )
    assert asked.returncode == 0, asked.stderr
    assert list(place.glob("lib/python*/site-packages/deputize/templates"))
