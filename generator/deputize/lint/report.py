"""A lint run as text for people, or as data: the same findings, and what each engine did."""

from __future__ import annotations

from collections.abc import Iterator

from deputize.model.values import EngineReport, Finding, LintReport, Severity

SCHEMA = "deputize/lint/1"
_COLOURS = {Severity.ERROR: "\033[31m", Severity.WARNING: "\033[33m", Severity.NOTE: "\033[36m"}
_RESET = "\033[0m"
_BYTE, _BMP = 0xFF, 0xFFFF


def as_text(report: LintReport, *, colour: bool) -> str:
    """`where:line: severity rule message; mend` for each finding, then the engines and the sum; ends in a newline.

    Characters that a terminal would act on, or not show, are written as escapes.
    """
    lines = [_line(finding, colour=colour) for finding in ordered(report.findings)]
    return "\n".join((*lines, *_engine_lines(report.engines), _sum_line(report))) + "\n"


def as_json(report: LintReport) -> dict[str, object]:
    """The report as a JSON object of schema `deputize/lint/1`."""
    return {
        "schema": SCHEMA,
        "findings": [_finding(finding) for finding in ordered(report.findings)],
        "engines": [
            {"name": engine.name, "version": engine.version, "ran": not engine.skipped, "why": engine.skipped}
            for engine in report.engines
        ],
        "summary": {f"{severity.value}s": count for severity, count in _counts(report).items()},
    }


def ordered(findings: tuple[Finding, ...]) -> list[Finding]:
    """Findings by place, the worst first where places are the same."""
    weight = list(Severity)
    return sorted(
        findings,
        key=lambda one: (one.where, one.line or 0, weight.index(one.severity), one.column or 0, one.rule, one.message),
    )


def inert(text: str) -> str:
    """`text` with every character escaped that is not printable: controls, line breaks, bidi and zero-width marks."""
    return "".join(character if character.isprintable() else _escape(ord(character)) for character in text)


def _escape(code: int) -> str:
    if code <= _BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _BMP else f"\\U{code:08x}"


def _line(finding: Finding, *, colour: bool) -> str:
    place = f"{finding.where}:{finding.line}" if finding.line is not None else finding.where
    severity = finding.severity.value
    shown = f"{_COLOURS[finding.severity]}{severity}{_RESET}" if colour else severity
    mend = f"; {finding.mend}" if finding.mend else ""
    return f"{inert(place)}: {shown} {inert(finding.rule)} {inert(finding.message + mend)}"


def _engine_lines(engines: tuple[EngineReport, ...]) -> Iterator[str]:
    ran = [f"{engine.name} {engine.version}".strip() for engine in engines if not engine.skipped]
    skipped = [f"{engine.name} ({engine.skipped})" for engine in engines if engine.skipped]
    if ran or skipped:
        parts = [f"{word} {', '.join(names)}" for word, names in (("ran", ran), ("skipped", skipped)) if names]
        yield inert(f"engines: {'; '.join(parts)}")


def _sum_line(report: LintReport) -> str:
    return ", ".join(
        f"{count} {severity.value}{'' if count == 1 else 's'}" for severity, count in _counts(report).items()
    )


def _counts(report: LintReport) -> dict[Severity, int]:
    return {severity: sum(one.severity is severity for one in report.findings) for severity in Severity}


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "where": finding.where,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "mend": finding.mend,
        "engine": finding.engine,
    }
