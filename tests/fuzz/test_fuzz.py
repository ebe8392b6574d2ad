"""A share of `make fuzz` in every run; and that it tells what is broken."""

from __future__ import annotations

from collections import Counter

import pytest

from fuzz import run
from fuzz.mutants import corpus, mutant

SHARE = 400


@pytest.mark.slow
def test_whatever_a_file_holds_there_is_an_answer() -> None:
    """No traceback and no endless work; and the files are such that all three answers are given."""
    kinds: Counter[str] = Counter()
    assert [*run.fuzz(11, range(SHARE), kinds)] == []
    assert kinds.total() == SHARE
    assert min(kinds[one] for one in ("judged", "not understood", "skipped")) > SHARE // 50


def test_a_broken_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What raises is told with its number, by which it can be made again, and so is what takes too long."""

    def broken(name: str, content: bytes, number: int) -> str:
        raise LookupError((name, len(content), number))

    monkeypatch.setattr(run, "_asked", broken)
    (found,) = run.fuzz(11, range(7, 8), Counter())
    assert (found.number, found.name) == (7, mutant(11, 7)[0])
    assert "LookupError" in found.why
    monkeypatch.setattr(run, "_asked", lambda *_: "judged")
    monkeypatch.setattr(run, "MOST_SECONDS", -1.0)
    assert [one.why.startswith("took") for one in run.fuzz(11, range(1), Counter())] == [True]


def test_the_same_number_makes_the_same_file() -> None:
    """So that what was found can be mended; another number or seed makes another."""
    assert len(corpus()) > 100
    made = [mutant(11, number) for number in range(40)]
    assert made == [mutant(11, number) for number in range(40)]
    assert len({*made, *(mutant(12, number) for number in range(40))}) > 60
