"""`make quick`: which tests it takes for which change, and what it says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.quick import GOLDEN, changed, main, names, plan

TEXTS = {
    "tests/checks/test_a.py": "from deputize.checks.rule import Rule\n",
    "tests/checks/test_judge.py": "from deputize.checks import judge\n",
    "tests/checks/test_z.py": "from deputize.checks.judge import judge\n",
    "tests/cli/test_deploy_cli.py": "from deputize.cli.app import app\n",
    "tests/cli/test_tenants_cli.py": "from deputize.cli.app import app\n",
    "tests/e2e/test_page.py": "from deputize.formats.page import page\n",
    "tests/formats/test_page.py": "from deputize.formats.page import page\n",
    "tests/model/test_spec.py": "from deputize.model.spec import Tenant\n",
    "tests/test_bad.py": "",
    "tests/test_cases.py": "from golden import CASES\n",
    "tests/test_readme.py": 'project_root / "README.md"\n',
    "tests/tools_room/test_run.py": "",
}


@pytest.mark.parametrize(
    ("path", "tests"),
    [
        ("generator/deputize/checks/judge.py", ["checks/test_judge.py", "checks/test_z.py", "checks/test_a.py"]),
        ("generator/deputize/checks/rules/new.py", ["checks/test_a.py", "checks/test_judge.py", "checks/test_z.py"]),
        ("generator/deputize/tools/command.py", ["tools_room/test_run.py"]),
        ("generator/deputize/cli/tenants.py", ["cli/test_tenants_cli.py", "cli/test_deploy_cli.py"]),
        ("generator/deputize/cli/tenants/rotate.py", ["cli/test_tenants_cli.py", "cli/test_deploy_cli.py"]),
        ("generator/deputize/model/profiles/inventory.yaml", ["model/test_spec.py"]),
        ("tests/e2e/test_page.py", ["e2e/test_page.py"]),
        ("tests/e2e/conftest.py", []),
        ("tests/bad/vendor.yaml", ["test_bad.py"]),
        ("tests/cases/guid/tenant.yaml", ["test_cases.py"]),
        ("tests/golden.py", ["test_cases.py"]),
        ("README.md", ["test_readme.py"]),
        ("LICENSE", []),
    ],
)
def test_the_folder_of_a_change_gives_its_tests(path: str, tests: list[str]) -> None:
    """A room's tests, those first that import the module; a test itself; else the tests that name the file."""
    assert plan([path], TEXTS) == [f"tests/{test}" for test in tests]


def test_a_changed_template_is_seen_in_the_golden_cases() -> None:
    """What is emitted is compared at once, before the rest of the formats' tests."""
    assert plan(["templates/cloudformation/role.yaml.j2"], TEXTS) == [GOLDEN, "tests/formats/test_page.py"]


def test_a_changed_test_comes_first_and_nothing_comes_twice() -> None:
    """What one is working on fails first."""
    found = plan(["generator/deputize/checks/rule.py", "tests/checks/test_z.py", "tests/checks/conftest.py"], TEXTS)
    assert found == [f"tests/checks/test_{name}.py" for name in ("z", "a", "judge")]


def test_every_room_has_tests_for_its_changes(project_root: Path) -> None:
    """No folder of the package, and no template, is without a test file that quick would run."""
    texts = {path.relative_to(project_root).as_posix(): "" for path in (project_root / "tests").rglob("test_*.py")}
    rooms = [path.parent for path in (project_root / "generator/deputize").glob("*/__init__.py")]
    for folder in (*rooms, project_root / "templates"):
        assert plan([f"{folder.relative_to(project_root).as_posix()}/x.txt"], texts), folder


def test_a_module_is_named_where_it_is_imported() -> None:
    """Neither a longer name nor a word in a text counts."""
    path = "generator/deputize/iam/policy.py"
    assert names("import deputize.iam.policy\n", path)
    assert names("from deputize.iam import arn, policy\n", path)
    assert not names("from deputize.iam.policy_text import read\n", path)
    assert not names("from deputize.iam import policy_text\n", path)
    assert not names('"""deputize.iam.policy is read here."""\n', path)


def _git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.com")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small project, committed: one module with one slow and one fast test, and programs that find nothing."""
    files = {
        "generator/deputize/iam/arn.py": "",
        "tests/iam/test_arn.py": (
            "import pytest\n\ndef test_fast(): pass\n\n@pytest.mark.slow\ndef test_slow(): raise ValueError\n"
        ),
        "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "-rs"\nmarkers = ["slow"]\n',
        ".gitignore": "__pycache__\n.pytest_cache\n",
    }
    folder = tmp_path / "project"
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    for name in ("ruff", "mypy", "lint-imports"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\n", encoding="utf-8")
        program.chmod(0o755)
    _git(folder, "init", "-q")
    _git(folder, "add", "-A")
    _git(folder, "commit", "-qm", "All")
    return folder


def test_what_changed_is_not_committed_yet_or_else_the_last_commit(repository: Path) -> None:
    """New, changed and deleted files count, ignored ones do not."""
    assert changed(repository) == [
        ".gitignore",
        "generator/deputize/iam/arn.py",
        "pyproject.toml",
        "tests/iam/test_arn.py",
    ]
    (repository / "new file.md").touch()
    (repository / "pyproject.toml").unlink()
    (repository / "__pycache__").mkdir()
    (repository / "__pycache__/x").touch()
    assert changed(repository) == ["new file.md", "pyproject.toml"]
    _git(repository, "add", "-A")
    _git(repository, "commit", "-qm", "Two")
    assert changed(repository) == ["new file.md", "pyproject.toml"]


def test_slow_tests_are_left_out_and_counted(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A change of the module leaves the slow test to `make test`; a change of the test file runs it, and it fails."""
    (repository / "generator/deputize/iam/arn.py").write_text("X = 1\n", encoding="utf-8")
    assert main(repository, repository.parent / "bin") == 0
    told = capfd.readouterr().out
    assert "slow, `make test` runs it" in told
    assert "1 passed, 1 skipped" in told
    assert "quick: 1 changed, 1 test files, " in told.splitlines()[-1]
    assert told.endswith(": passed\n")
    with (repository / "tests/iam/test_arn.py").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert main(repository, repository.parent / "bin") == 1
    assert capfd.readouterr().out.endswith(": pytest failed\n")


def test_no_test_starts_when_the_time_is_over(
    repository: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not run for want of time is said; the first ones have a few seconds on the busiest machine."""
    monkeypatch.setattr("tools.quick.SECONDS", -1)
    monkeypatch.setattr("tools.quick.AT_LEAST", 1)
    (repository / "tests/iam/test_arn.py").write_text(
        "import time\n\ndef test_first(): time.sleep(1.1)\n\ndef test_second(): pass\n", encoding="utf-8"
    )
    assert main(repository, repository.parent / "bin") == 0
    told = capfd.readouterr().out
    assert "1 passed, 1 skipped" in told
    assert "SKIPPED [1]" in told
    assert "no time left, `make test` runs it" in told


def test_a_check_that_fails_is_named_with_what_it_says(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The output of a check that passes is not shown."""
    (repository.parent / "bin/mypy").write_text("#!/bin/sh\necho arn.py:1: wrong; exit 1\n", encoding="utf-8")
    (repository.parent / "bin/ruff").write_text("#!/bin/sh\necho fine\n", encoding="utf-8")
    (repository / "LICENSE").touch()
    assert main(repository, repository.parent / "bin") == 1
    told = capfd.readouterr().out.splitlines()
    assert told[0] == "arn.py:1: wrong"
    assert told[1].endswith(": mypy failed")
    assert len(told) == 2
