"""A lint run as JUnit's XML, which CI servers show: one suite for each file, one case for each finding.

The form: https://github.com/testmoapp/junitxml, which writes down what the servers read.
"""

from __future__ import annotations

from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from deputize.checks.details import Details, as_bad, inert, ordered
from deputize.model.values import Finding, LintReport, Severity


def as_junit(report: LintReport, details: Details, fail_on: Severity) -> str:
    """The report as an XML document that ends in a newline.

    A finding as bad as `fail_on` fails its case; a lesser one is told in a case that passes, and a file without any
    finding is a case that passes.
    """
    found = {where: list(them) for where, them in groupby(ordered(report.findings), lambda one: one.where)}
    suites = [_suite(where, found.get(where, []), fail_on) for where in sorted({*details.files, *found})]
    bad = sum(as_bad(one, fail_on) for one in report.findings)
    tests = sum(max(len(found.get(where, [])), 1) for where in {*details.files, *found})
    head = f'<testsuites name="deputize lint" tests="{tests}" failures="{bad}">'
    return "\n".join(('<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>")) + "\n"


def _suite(where: str, findings: list[Finding], fail_on: Severity) -> str:
    bad = sum(as_bad(one, fail_on) for one in findings)
    name = _attribute(where)
    lines = [f'  <testsuite name={name} tests="{max(len(findings), 1)}" failures="{bad}">']
    if not findings:
        lines.append(f'    <testcase classname={name} name="nothing found"/>')
    for one in findings:
        lines += _case(one, failed=as_bad(one, fail_on))
    return "\n".join((*lines, "  </testsuite>"))


def _case(finding: Finding, *, failed: bool) -> list[str]:
    place = ":".join(str(part) for part in (finding.where, finding.line, finding.column) if part is not None)
    told = f"{place}: {finding.severity.value} {finding.message}" + (f"; {finding.mend}" if finding.mend else "")
    line = f" (line {finding.line})" if finding.line is not None else ""
    head = f"    <testcase classname={_attribute(finding.where)} name={_attribute(finding.rule + line)}"
    if failed:
        kind = f"type={_attribute(finding.rule)} message={_attribute(finding.message)}"
        inside = f"      <failure {kind}>{_text(told)}</failure>"
    else:
        inside = f"      <system-out>{_text(told)}</system-out>"
    return [f"{head}>", inside, "    </testcase>"]


def _attribute(text: str) -> str:
    return quoteattr(inert(text))


def _text(text: str) -> str:
    return escape(inert(text))
