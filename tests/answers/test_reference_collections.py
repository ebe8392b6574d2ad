"""No error in what AWS's reference collections hold, and one once a vendor gets in without an external ID."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from answers.reference_collections import CONSTRUCTS, KINDS
from deputize.jobs.lint.bundle import LintOptions
from deputize.jobs.lint.run import LintRequest, lint_all
from deputize.model.values import Severity

CASES = [(kind, construct) for kind in KINDS for construct in CONSTRUCTS]


def _errors(tmp_path: Path, kind: str, construct: str, *, planted: bool) -> dict[str, str]:
    file = tmp_path / "template.json"
    template = CONSTRUCTS[construct](KINDS[kind], planted=planted)
    file.write_text(json.dumps(template, indent=1), encoding="utf-8")
    own = (f"{file}:SomeAccountId",) if KINDS[kind].own else ()
    report, _ = lint_all(LintRequest((file,), LintOptions(engines=("own",)), own_accounts=own))
    return {one.rule: one.message for one in report.findings if one.severity is Severity.ERROR}


def test_there_are_as_many_as_are_promised() -> None:
    """At least 24 kinds in 5 constructs each."""
    assert len(KINDS) >= 24
    assert len(CONSTRUCTS) >= 5


@pytest.mark.parametrize(("kind", "construct"), CASES)
def test_no_error(tmp_path: Path, kind: str, construct: str) -> None:
    """Roles of services, of one's own accounts and of AWS's own tools have no error, however they are written."""
    assert _errors(tmp_path, kind, construct, planted=False) == {}


@pytest.mark.parametrize(("kind", "construct"), CASES)
def test_a_planted_vendor_is_an_error(tmp_path: Path, kind: str, construct: str) -> None:
    """The same role, which a vendor assumes without an external ID besides."""
    errors = _errors(tmp_path, kind, construct, planted=True)
    assert {"external-id-missing", "external-id-skipped"} & errors.keys(), errors
