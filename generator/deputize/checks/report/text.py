"""A lint run as text for people, or as data: the same findings, and what each engine did."""

from __future__ import annotations

from collections.abc import Iterator

from deputize.checks.details import Details, RoleLine, WaivedLine, counts, inert, ordered
from deputize.checks.excerpt import excerpt_lines
from deputize.model.values import EngineReport, Finding, LintReport, Severity

SCHEMA = "deputize/lint/1"
NOTHING = Details()
_COLOURS = {Severity.ERROR: "\033[31m", Severity.WARNING: "\033[33m", Severity.NOTE: "\033[36m"}
_RESET = "\033[0m"


def as_text(report: LintReport, details: Details = NOTHING, *, colour: bool) -> str:
    """`where:line:column: severity rule message; mend` for each finding, and under it the line with its spot marked.

    Then the roles, the engines, what was waived and the sum; ends in a newline. Characters that a terminal would act
    on, or not show, are written as escapes.
    """
    lines = [line for one in ordered(report.findings) for line in _finding_lines(one, details, colour=colour)]
    told = (*map(_role_line, details.roles), *_engine_lines(report.engines))
    ends = (*told, *map(_waived_line, details.waived), sum_line(report, details))
    return "\n".join((*lines, *ends)) + "\n"


def as_json(report: LintReport, details: Details = NOTHING) -> dict[str, object]:
    """The report as a JSON object of schema `deputize/lint/1`."""
    return {
        "schema": SCHEMA,
        "findings": [_finding(finding) for finding in ordered(report.findings)],
        "suppressed": [
            {"finding": _finding(one.located.finding), "by": one.by, "reason": one.reason} for one in details.suppressed
        ],
        "roles": [
            {"where": one.where, "name": one.name, "judged": one.judged, "why": one.why} for one in details.roles
        ],
        "waived": [
            {"where": one.where, "line": one.line, "role": one.role, "what": one.what, "by": one.by}
            for one in details.waived
        ],
        "engines": [
            {"name": engine.name, "version": engine.version, "ran": not engine.skipped, "why": engine.skipped}
            for engine in report.engines
        ],
        "files": files_of(details),
        "summary": {f"{severity.value}s": count for severity, count in counts(report.findings).items()},
    }


def files_of(details: Details) -> dict[str, int]:
    """How many files were judged, and how many were not, by why."""
    return {
        "judged": len(details.files),
        "not_judged": details.unjudged,
        "skipped": details.skipped,
        "not_followed": details.left,
    }


def sum_line(report: LintReport, details: Details = NOTHING) -> str:
    """The last line: how many findings, and of what."""
    found = ", ".join(
        f"{count} {severity.value}{'' if count == 1 else 's'}" for severity, count in counts(report.findings).items()
    )
    parts = [found]
    if details.suppressed:
        parts.append(f"{len(details.suppressed)} suppressed")
    if any(files_of(details).values()):
        unjudged = f", {details.unjudged} not judged" if details.unjudged else ""
        skipped = f", {details.skipped} skipped (no template or policy)" if details.skipped else ""
        left = f", {details.left} not followed (hidden folders, links)" if details.left else ""
        parts.append(f"{len(details.files)} judged{unjudged}{skipped}{left}")
    return "; ".join(parts)


def _finding_lines(finding: Finding, details: Details, *, colour: bool) -> Iterator[str]:
    place = ":".join(str(part) for part in (finding.where, finding.line, finding.column) if part is not None)
    severity = finding.severity.value
    shown = f"{_COLOURS[finding.severity]}{severity}{_RESET}" if colour else severity
    mend = f"; {finding.mend}" if finding.mend else ""
    yield f"{inert(place)}: {shown} {inert(finding.rule)} {inert(finding.message + mend)}"
    yield from excerpt_lines(details.excerpt(finding), finding.column)


def _role_line(role: RoleLine) -> str:
    return inert(f"{role.where}: role {role.name}: {'judged' if role.judged else 'not judged'}: {role.why}")


def _waived_line(one: WaivedLine) -> str:
    return inert(f"{one.where}:{one.line}: waived: role {one.role} {one.what}: no third party by {one.by}")


def _engine_lines(engines: tuple[EngineReport, ...]) -> Iterator[str]:
    ran = [f"{engine.name} {engine.version}".strip() for engine in engines if not engine.skipped]
    skipped = [f"{engine.name} ({engine.skipped})" for engine in engines if engine.skipped]
    if ran or skipped:
        parts = [f"{word} {', '.join(names)}" for word, names in (("ran", ran), ("skipped", skipped)) if names]
        yield inert(f"engines: {'; '.join(parts)}")


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
        **({"actions": list(finding.actions)} if finding.actions else {}),
    }
