"""The table of numbered kinds: each has its files and tests, and these are there."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

TESTS = Path(__file__).parents[1]
KINDS: dict[str, dict[str, Any]] = yaml.safe_load((TESTS / "answers/kinds.yaml").read_text(encoding="utf-8"))
NUMBERED = (
    *(f"F{number}" for number in range(1, 19)),
    *("K1", "K6c", "K8", "K10", "K12", "K13", "A2", "A8"),
    *(f"opinion {number}" for number in range(1, 5)),
)


@cache
def _answered() -> frozenset[str]:
    table = yaml.safe_load((TESTS / "answers/answers.yaml").read_text(encoding="utf-8"))
    return frozenset(one["file"] for one in table["answers"])


@cache
def _tests_of(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(one.name for one in tree.body if isinstance(one, ast.FunctionDef))


def test_every_numbered_kind_is_in_the_table() -> None:
    """None is forgotten, and none is told without a file or a test."""
    assert tuple(KINDS) == NUMBERED
    assert [name for name, one in KINDS.items() if not (one.get("files") or one.get("tests"))] == []
    assert all(set(one) <= {"what", "files", "tests"} and one["what"] for one in KINDS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_what_shows_a_kind_is_there(kind: str) -> None:
    """Each file has a right answer in the table; each test is one."""
    one = KINDS[kind]
    assert [file for file in one.get("files", ()) if not (TESTS / "answers/files" / file).exists()] == []
    assert [file for file in one.get("files", ()) if not _is_answered(file)] == []
    for file, _, name in (test.partition("::") for test in one.get("tests", ())):
        assert name in _tests_of(file), f"{file} has no {name}"


def _is_answered(file: str) -> bool:
    return file in _answered() or any(one.startswith(f"{file}/") for one in _answered())


def test_readme_says_that_deputies_of_services_are_not_judged(project_root: Path) -> None:
    """What the product's name makes people expect, and it does not do, is said."""
    text = " ".join((project_root / "README.md").read_text(encoding="utf-8").split())
    assert (
        "`aws:SourceArn` and `aws:SourceAccount` in the role's trust). A role that trusts a service gets no finding"
        in text
    )
