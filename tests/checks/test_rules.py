"""Every rule by its example: a real file that nothing is wrong with, and one edit that this rule alone finds."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

import pytest

from deputize.checks.catalogue import AREAS, area_of, catalogue
from deputize.checks.file_findings import file_findings
from deputize.checks.findings import delivery_findings
from deputize.checks.rule import Example, Rule
from deputize.checks.rules.all import RULES, RuleSet
from deputize.checks.rules.files import FILE_ENTRIES
from deputize.model.expectations import Expectations
from deputize.model.values import Finding, Severity
from deputize.read.any import read_any

EXAMPLES = {rule.id: rule.example for rule in RULES if isinstance(rule.example, Example)}
each_rule = pytest.mark.parametrize("rule", tuple(RULES), ids=lambda rule: str(rule.id))


def findings(text: str, example: Example, rules: RuleSet = RULES) -> list[Finding]:
    """What these rules find in a file with this text; notes that the example cannot avoid are left out."""
    file = read_any(text.encode(), "file", {})
    assert file.refused == ()
    own = file_findings(file, "file", Expectations(example.expected), rules).findings
    found = (*own, *delivery_findings(file, len(text.encode()), "file", rules))
    return [one for one in found if one.severity is not Severity.NOTE or one.rule not in example.notes]


@cache
def whole() -> dict[str, list[Finding]]:
    """What all rules find in the bad text of each."""
    return {name: findings(example.bad, example) for name, example in EXAMPLES.items()}


@each_rule
def test_nothing_is_found_in_the_good_text_of_a_rule(rule: Rule[Any]) -> None:
    """The file that a rule's example edits is right for every rule, not only for this one."""
    example = EXAMPLES[rule.id]
    assert example.text.count(example.old) == 1
    assert findings(example.good, example) == []


@each_rule
def test_rule_alone_finds_its_bad_text(rule: Rule[Any]) -> None:
    """After the edit this rule, and no other, has findings; each says what is wrong at a line of the file."""
    found = whole()[rule.id]
    assert {one.rule for one in found} == {rule.id}
    for one in found:
        assert one.severity in (rule.severity, rule.elsewhere)
        assert (one.where, one.mend) == ("file", rule.mend)
        assert one.message
        assert "  " not in one.message


@each_rule
def test_without_a_rule_its_own_bad_text_passes_and_no_other(rule: Rule[Any]) -> None:
    """A rule taken away is missed by its own example, so it has no twin, and by no other's."""
    rules = RULES.without(rule.id)
    passing = [name for name, example in EXAMPLES.items() if not findings(example.bad, example, rules)]
    assert passing == [rule.id]


def test_every_rule_has_one_id_and_says_why_and_where_it_is_written() -> None:
    """IDs are plain and no two the same; each rule has title, reason and reference; what is no note can be mended."""
    assert max(Counter(rule.id for rule in RULES).values()) == 1
    for rule in RULES:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.id)
        assert rule.title
        assert rule.why.endswith(".")
        assert rule.reference.startswith("https://")
        assert rule.mend or rule.severity is Severity.NOTE


def test_catalogue_holds_every_rule() -> None:
    """What is listed, documented and explained in reports are the rules that judge."""
    assert {rule.id for rule in RULES} <= set(catalogue())


def test_every_id_is_an_area_and_a_fault() -> None:
    """Each rule's ID begins with exactly one of the areas in the table, and no area is empty."""
    ids = [rule.id for rule in (*RULES, *FILE_ENTRIES)]
    assert {len([area for area in AREAS if one.startswith(f"{area}-")]) for one in ids} == {1}
    assert {*AREAS} - {area_of(one) for one in ids} <= {"bundle"}


def test_what_leaves_access_open_is_never_suppressed_by_the_file_itself() -> None:
    """A file that hides what it allows cannot say that this does not count."""
    assert [rule.id for rule in RULES if rule.leaves_open and rule.suppressible is not None] == []
