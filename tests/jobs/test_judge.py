"""cfn-lint's verdict on a shape: judged once, remembered, and judged again when the memory is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from deputize.disk import VerdictCache
from deputize.jobs.inputs import vendor_of_account
from deputize.jobs.render import template_cache as judge
from deputize.jobs.render.shapes import Shape, shape_for
from deputize.model.spec import Tenant
from deputize.model.values import Finding, Severity

TENANT = Tenant("a-company", ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",))
FOUND = (Finding("W1", Severity.WARNING, "cloudformation/role.yaml", "odd", engine="cfn-lint", line=3, column=1),)


@pytest.fixture
def shape() -> Shape:
    """An ordinary shape."""
    return shape_for(vendor_of_account("111122223333", "aws"), TENANT)[0]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates that cfn-lint was asked about; its answer is one warning."""
    asked: list[str] = []

    def lint_template(text: str, where: str, region: str) -> tuple[Finding, ...]:
        asked.append(f"{where} {region} {len(text)}")
        return FOUND

    monkeypatch.setattr(judge, "lint_template", lint_template)
    return asked


def test_a_verdict_is_remembered(tmp_path: Path, shape: Shape, runs: list[str]) -> None:
    """The second judgement of a shape comes from the cache, with the same findings."""
    cache = VerdictCache(tmp_path / "cache")
    first = judge.judge_template(shape, cache)
    assert judge.judge_template(shape, cache) == first
    assert first[0] == FOUND
    assert len(runs) == 1


def test_a_damaged_entry_is_ignored(tmp_path: Path, shape: Shape, runs: list[str]) -> None:
    """A cache file that was changed is judged again."""
    cache = VerdictCache(tmp_path / "cache")
    judge.judge_template(shape, cache)
    for entry in (tmp_path / "cache").rglob("*"):
        if entry.is_file():
            entry.write_bytes(entry.read_bytes()[:-1] + b"!")
    assert judge.judge_template(shape, cache)[0] == FOUND
    assert len(runs) == 2


def test_no_cache_judges_every_time(shape: Shape, runs: list[str]) -> None:
    """Without a cache nothing is remembered."""
    judge.judge_template(shape, None)
    judge.judge_template(shape, None)
    assert len(runs) == 2


@pytest.mark.parametrize("part", ["rules_version", "data_version", "cfn_lint_version"])
def test_other_rules_or_data_are_judged_anew(
    part: str, tmp_path: Path, shape: Shape, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key holds the versions of our rules, the engine and the data."""
    cache = VerdictCache(tmp_path / "cache")
    judge.judge_template(shape, cache)
    monkeypatch.setattr(judge, part, lambda: "another")
    judge.judge_template(shape, cache)
    assert len(runs) == 2
