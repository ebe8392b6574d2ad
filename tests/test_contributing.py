"""CONTRIBUTING.md and the head of CHANGELOG.md say what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deputize.iam.policy import Statement

# Paths in the text that are relative to the package, and made by commands.
ELSEWHERE = ("out/", "checks/", "model/", "<")
GLOSSARY_LINES = 25


@pytest.fixture(scope="module")
def text(project_root: Path) -> str:
    """CONTRIBUTING.md."""
    return (project_root / "CONTRIBUTING.md").read_text(encoding="utf-8")


def _section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_make_target_is_told(project_root: Path, text: str) -> None:
    """What `make` can do stands in the commands, and nothing that it cannot."""
    makefile = (project_root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()) == targets
    assert set(re.findall(r"`make ([a-z]+)`", _section(text, "The fast loop"))) == targets


def test_the_fast_loop_comes_first(text: str) -> None:
    """A newcomer reads how to try a change before anything else."""
    first, second = re.findall(r"^## (.*)$", text, re.MULTILINE)[:2]
    assert (first, second) == ("The fast loop", "What is generated")
    assert _section(text, "The fast loop").index("make quick") < _section(text, "The fast loop").index("make test")


def test_every_path_that_is_named_exists(project_root: Path, text: str) -> None:
    """A file or folder in backticks is there; `*` and `<name>` stand for some."""
    paths = [path for path in re.findall(r"`([\w./*<>-]+/[\w./*<>-]*)`", text) if not path.startswith(ELSEWHERE)]
    assert len(paths) > 30
    for path in paths:
        pattern = re.sub(r"<\w+>", "*", path).rstrip("/")
        assert any(project_root.glob(pattern)), path


def test_threats_names_tests_that_are_there(project_root: Path) -> None:
    """THREATS names the test of each claim by its file: each is there, and holds a test, or a proof."""
    threats, tests = (project_root / "THREATS.md").read_text(encoding="utf-8"), project_root / "tests"
    named = set(re.findall(r"`(?:tests/)?((?:[a-z0-9_]+/)*(?:test_)?[a-z0-9_]+\.py)`", threats)) - {
        "aws/serve_embedded.py"
    }
    assert len(named) > 30
    for name in sorted(named):
        found = [tests / name] if "/" in name else list(tests.rglob(name))
        assert [
            one for one in found if re.search(r"^def test_|^@proof", one.read_text(encoding="utf-8"), re.MULTILINE)
        ], name
    folders = set(re.findall(r"`(tests(?:/[a-z0-9_]+)*)`", threats))
    assert [one for one in folders if not (project_root / one).is_dir()] == []


def test_every_generated_file_is_told(project_root: Path, text: str) -> None:
    """Each test file that `--update-golden` rewrites something with stands in the table."""
    rewrite = {
        path.relative_to(project_root).as_posix()
        for path in (project_root / "tests").rglob("test_*.py")
        if re.search(r"^    if update_golden:\n(?!.*skip)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert "tests/test_cases.py" in rewrite
    told = set(re.findall(r"`(tests/[\w/]+\.py)`", _section(text, "What is generated")))
    assert rewrite <= told


def test_the_glossary_is_short(text: str) -> None:
    """At most 25 lines, one for each word, in no words of AWS's."""
    lines = [line for line in _section(text, "Words of our own").splitlines() if line.startswith("- ")]
    assert 0 < len(lines) <= GLOSSARY_LINES
    words = [word for line in lines for word in re.findall(r"\*\*(.*?)\*\*", line)[0].split(", ")]
    assert len(words) == len(set(words)) >= len(lines)
    assert not set(words) & {"principal", "statement", *Statement.__dataclass_fields__}


def test_changelog_says_what_is_public(project_root: Path) -> None:
    """Whoever builds on deputize reads what stays, before the first version."""
    head = (project_root / "CHANGELOG.md").read_text(encoding="utf-8").partition("\n## ")[0]
    for word in ("command line", "exit codes", "schemas", "ids of lint rules", "`deputize.__all__`", "Not public"):
        assert word in head, word
