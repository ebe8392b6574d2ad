"""Each way in of the table is told by its rules, and no way that is none."""

from __future__ import annotations

import pytest

from deputize.jobs.lint.bundle import OWN
from deputize.jobs.lint.file import FileReport, Judging, lint_content
from deputize.model.expectations import Expectation, Expectations, literals
from deputize.model.values import Severity
from ways.cases import CASES, Case
from ways.texts import ID, VENDOR

_EXPECTED = Expectations(Expectation((VENDOR,), external_ids=literals((ID,))))


def linted(case: Case) -> FileReport:
    """The report of our own engine."""
    expected = _EXPECTED if case.vendor else Expectations()
    return lint_content(case.text.encode(), "file.json", Judging((OWN,), expected=expected), named=True)


@pytest.mark.parametrize("name", CASES)
def test_way(name: str) -> None:
    """The errors and warnings are those of the table, and say what they must."""
    case = CASES[name]
    found = [one.finding for one in linted(case).found]
    for severity, rules in ((Severity.ERROR, case.errors), (Severity.WARNING, case.warnings)):
        told = {one.rule for one in found if one.severity is severity}
        assert told == set(rules), "\n".join(f"{one.severity.value} {one.rule} {one.message}" for one in found)
    for part in case.says:
        assert any(part in one.message for one in found), part
    for part in case.silent:
        assert not any(part in one.message for one in found), part
