"""The answers of the code before "judge once" (answers.json.xz), held against those of today.

`DEPUTIZE_FROZEN_SHARE=1` asks all of the generated questions; without it every 20th is asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from frozen import adapter
from frozen.compare import (
    EVERY,
    Difference,
    Listed,
    answer,
    compare,
    differences,
    read_rules,
    told,
    wrong_entries,
)
from frozen.questions import FileQuestion, Found, Linted, RoleQuestion, Verified
from frozen.store import Frozen, dump, load

FILE = FileQuestion("made/1", "trust.json", b"{}")
FOUND = Found("trust-anyone", "error", "trust", "trust.json", (3, 5))
OLD = Linted(frozenset({FOUND}), (("trust", True),))
ROLE = RoleQuestion("role/1", "{}", ("an-id",), "111122223333")
VERDICT = Verified("safe", "ok", ("no-id",), stored=True)


@pytest.mark.slow
def test_the_answers_are_the_old_ones() -> None:
    """Whatever the new code says otherwise stands in the written list, and the list has nothing that is not so."""
    found = compare(int(os.environ.get("DEPUTIZE_FROZEN_SHARE", EVERY)))
    assert not found.unlisted, told(found)
    assert not found.wrong, told(found)
    assert found.asked > 1500


def test_every_old_rule_has_its_place() -> None:
    """Each rule of the frozen answers is in the table, and goes to rules that there are, or nowhere with a reason."""
    frozen, rules = load(), read_rules()
    old = {one.rule for _, answer in frozen.made if isinstance(answer, Linted) for one in answer.found}
    old |= {one.must_find for one, _ in frozen.asked if isinstance(one, FileQuestion) and one.must_find}
    assert old <= rules.keys()
    for before, now in rules.items():
        reason = now.partition("none:")[2].strip()
        assert {*now.split()} <= adapter.rule_ids() or reason, before


@pytest.mark.parametrize(
    ("new", "kind"),
    [
        ({FOUND._replace(severity="warning")}, "severity"),
        ({FOUND._replace(place=(4, 5))}, "place"),
        ({FOUND._replace(subject="other")}, "gone new"),
        (set(), "gone"),
        ({FOUND, FOUND._replace(rule="trust-actions")}, "new"),
    ],
)
def test_a_finding_that_is_otherwise_is_told(new: set[Found], kind: str) -> None:
    """A severity, a place, a subject that is not as it was, a finding lost or won: each is a difference of its kind."""
    found = [*differences(FILE, OLD, replace(OLD, found=frozenset(new)), {})]
    assert [one.kind for one in found] == kind.split()
    assert all("trust-a" in one.what for one in found)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"safety": "vulnerable"}, "safety"),
        ({"access": "too-wide"}, "access"),
        ({"kinds": ()}, "kinds"),
        ({"stored": False}, "stored"),
        ({"hands_out": True}, "hands_out"),
    ],
)
def test_a_verdict_that_is_otherwise_is_told(changes: dict[str, object], kind: str) -> None:
    """Each part of a verdict, and what would be stored, is compared by itself."""
    (found,) = differences(ROLE, VERDICT, replace(VERDICT, **changes), {})  # type: ignore[arg-type]
    assert found.kind == kind


def test_a_rule_may_move_or_end() -> None:
    """The table turns an old ID into the new one; an old rule that ended is no longer asked for."""
    moved = replace(OLD, found=frozenset({FOUND._replace(rule="principal-anyone")}))
    assert not [*differences(FILE, OLD, moved, {"trust-anyone": "principal-anyone"})]
    assert not [*differences(FILE, OLD, replace(OLD, found=frozenset()), {"trust-anyone": "none: it never was one"})]


def test_the_bad_case_of_a_twin_is_found_by_the_rule_that_took_its_place() -> None:
    """Once an own rule goes over into another, that one must find the bad case it had."""
    question = replace(FILE, must_find="trust-wildcard-principal")
    assert not [*differences(question, OLD, OLD, {"trust-wildcard-principal": "trust-anyone"})]
    (found,) = differences(question, OLD, OLD, {"trust-wildcard-principal": "trust-actions"})
    assert found.kind == "twin"


def test_a_role_that_is_passed_over_is_told() -> None:
    """Whether a role was judged is part of the answer."""
    (found,) = differences(FILE, OLD, replace(OLD, roles=(("trust", False),)), {})
    assert found == Difference("roles", "made/1", "trust judged > trust passed over")


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        (Listed("gone", "made/* trust-anyone *", "made/1", "why"), False),
        (Listed("gone", "made/? trust-anyone *", "made/1", "why"), True),
        (Listed("new", "made/* trust-anyone *", "made/1", "why"), True),
        (Listed("gone", "*", "made/1", "why", at_most=0), True),
    ],
)
def test_an_entry_must_match_what_it_says(entry: Listed, wrong: bool) -> None:
    """An entry that matches no difference, or more than it says, is wrong."""
    found = [*differences(FILE, OLD, replace(OLD, found=frozenset()), {})]
    assert bool([*wrong_entries([entry], found)]) is wrong


def test_a_mutated_severity_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One rule made a warning in the code is told for the files that it was an error in, and nothing else is."""
    asked = [(one, old) for one, old in load().asked if one.id.startswith("rule/trust-a")]
    lint: Callable[[FileQuestion], Linted] = adapter.lint_file

    def milder(question: FileQuestion) -> Linted:
        new = lint(question)
        found = (one._replace(severity="warning") if one.rule == "trust-anyone" else one for one in new.found)
        return replace(new, found=frozenset(found))

    def told_now() -> set[Difference]:
        return {found for one, old in asked for found in differences(one, old, answer(one), read_rules())}

    before = told_now()
    monkeypatch.setattr(adapter, "lint_file", milder)
    found = told_now() - before
    assert {one.kind for one in found} == {"severity"}
    assert {one.what.split()[0] for one in found} == {"trust-anyone"}


def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    """What is dumped is loaded, bytes that are no text among it."""
    question = replace(FILE, content=b"\xff\x00")
    frozen = Frozen("a", ((question, OLD), (ROLE, VERDICT)), (("d", OLD),), (("e", VERDICT),), {"x": ("f", OLD)}, ())
    dump(frozen, tmp_path / "file")
    assert load(tmp_path / "file") == frozen
