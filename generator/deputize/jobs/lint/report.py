"""The report of a lint run, and the list of the rules, as the text of each form."""

from __future__ import annotations

import json
from typing import Literal

from deputize.checks.catalogue import as_json as rules_as_json
from deputize.checks.catalogue import catalogue, listing
from deputize.checks.details import Details, failing
from deputize.checks.report.github import as_github
from deputize.checks.report.junit import as_junit
from deputize.checks.report.sarif import as_sarif
from deputize.checks.report.text import as_json, as_text
from deputize.model.values import LintReport, Severity
from deputize.version import __version__

ReportForm = Literal["text", "json", "sarif", "junit", "github"]


def report_text(report: LintReport, details: Details, form: ReportForm, *, fail_on: Severity, colour: bool) -> str:
    """The report, ending in a newline where it has any line. colour: for a terminal; of the form `text` alone."""
    match form:
        case "json":
            return f"{json.dumps(as_json(report, details), indent=2)}\n"
        case "sarif":
            return f"{json.dumps(as_sarif(report, details, catalogue(), __version__), indent=2)}\n"
        case "junit":
            return as_junit(report, details, fail_on)
        case "github":
            return as_github(report, details)
        case "text":
            return as_text(report, details, colour=colour)


def rules_text(form: Literal["text", "json"]) -> str:
    """The list of the rules, ending in a newline."""
    return listing() if form == "text" else f"{json.dumps(rules_as_json(), indent=2)}\n"


def failed(report: LintReport, fail_on: Severity) -> bool:
    """Whether a finding is as bad as `fail_on`, or worse."""
    return failing(report, fail_on)
