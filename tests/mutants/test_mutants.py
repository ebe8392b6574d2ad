"""The mutants of the judge: that each can still be made. Whether each is killed, `make mutants` tries."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from mutants.run import PACKAGE, ROOT, Mutant, read_mutants

MUTANTS = read_mutants()
JUDGE = ("checks/", "iam/", "read/world.py")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_it_applies(mutant: Mutant) -> None:
    """Its old text stands once in a file of the judge, and with the new one that is Python still."""
    assert mutant.file.startswith(JUDGE)
    ast.parse(mutant.of((ROOT / PACKAGE / mutant.file).read_text(encoding="utf-8")))


def test_there_are_forty() -> None:
    """Each has a name of its own, and says what would be let through."""
    assert len(MUTANTS) >= 40
    assert Counter(one.name for one in MUTANTS).most_common(1)[0][1] == 1
    assert all(one.lets_through for one in MUTANTS)


def test_one_that_does_not_apply_is_told() -> None:
    """A text that is gone, or stands twice, is an error rather than a mutant that changes nothing."""
    mutant = Mutant("a-name", "iam/policy.py", "old", "new", "nothing")
    for text in ("", "old old"):
        with pytest.raises(ValueError, match="a-name: 'old' stands"):
            mutant.of(text)
