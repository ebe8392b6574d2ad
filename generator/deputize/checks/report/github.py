"""A lint run as the commands by which a GitHub workflow shows annotations at the lines of a change.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from deputize.checks.details import Details, inert, ordered
from deputize.checks.report.text import sum_line
from deputize.model.values import Finding, LintReport, Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
# The runner undoes exactly these. The rest that does not print is escaped before, as elsewhere.
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def as_github(report: LintReport, details: Details) -> str:
    """One command for each finding, then the sum; ends in a newline. Nothing in a finding can end its command."""
    return "\n".join((*map(_command, ordered(report.findings)), sum_line(report, details))) + "\n"


def _command(finding: Finding) -> str:
    name, _, _ = finding.where.partition(": ")
    properties = {"file": name, "line": finding.line, "col": finding.column, "title": finding.rule}
    given = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None)
    mend = f"; {finding.mend}" if finding.mend else ""
    return f"::{_COMMANDS[finding.severity]} {given}::{_inert(finding.message + mend).translate(_DATA)}"


def _property(text: str) -> str:
    return _inert(text).translate(_PROPERTY)


def _inert(text: str) -> str:
    """What does not print as an escape; line ends stay, for the runner's own form of them."""
    return "".join(part if part in "\r\n" else inert(part) for part in text)
