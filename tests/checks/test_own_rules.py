from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from deputize.checks.own.rule import Rule
from deputize.checks.own.rules import RULES, rules_version
from deputize.model.values import Severity


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.id))
def test_rule_is_silent_about_its_good_case(rule: Rule[Any]) -> None:
    """The good case of every rule gives no finding of it."""
    assert list(rule.findings(rule.good(), "here")) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.id))
def test_rule_finds_its_bad_case(rule: Rule[Any]) -> None:
    """The bad case of every rule gives findings with its ID, severity, place and mend."""
    found = list(rule.findings(rule.bad(), "here"))
    assert found
    for finding in found:
        assert (finding.rule, finding.severity, finding.mend) == (rule.id, rule.severity, rule.mend)
        assert finding.where.startswith("here")
        assert finding.message
        assert "  " not in finding.message


def test_rule_ids_are_unique_and_plain() -> None:
    """No two rules share an ID, and each is lower-case words with hyphens."""
    assert max(Counter(rule.id for rule in RULES).values()) == 1
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.id) for rule in RULES)


def test_every_rule_says_why_and_where_it_is_written() -> None:
    """Title, reason and an https reference stand at every rule; what is not a note can be mended."""
    for rule in RULES:
        assert rule.title, rule.id
        assert rule.why.endswith("."), rule.id
        assert rule.reference.startswith("https://"), rule.id
        assert rule.mend or rule.severity is Severity.NOTE, rule.id


def test_rules_version_is_a_digest() -> None:
    """The version of the rules is the same in one installation and long enough never to be another's."""
    assert re.fullmatch(r"[0-9a-f]{64}", rules_version())
    assert rules_version() == rules_version()
