"""A lint run as SARIF 2.1.0, which code scanning reads: https://docs.oasis-open.org/sarif/sarif/v2.1.0/."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from deputize.checks.details import Details, Located, fingerprints, inert, ordered
from deputize.checks.report.text import files_of
from deputize.checks.rule import RuleEntry
from deputize.model.values import EngineReport, Finding, LintReport, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_KINDS = {"config": "external", "baseline": "external", "file": "inSource"}
_SAFE = "/!$&'()*+,;=@~-._"
_OWN = "deputize"


def as_sarif(
    report: LintReport, details: Details, catalogue: Mapping[str, RuleEntry], version: str = ""
) -> dict[str, object]:
    """The report as a SARIF log of one run. catalogue: our own rules by ID. version: deputize's.

    Suppressed findings are in it and say so. A fingerprint stays the same while only the finding's line moves.
    """
    shown = [Located(one, excerpt=details.excerpt(one)) for one in ordered(report.findings)]
    hidden = {one.located: one for one in details.suppressed}
    every = (*shown, *hidden)
    rules = list(dict.fromkeys((one.finding.engine, one.finding.rule) for one in every))
    numbers = {rule: at for at, rule in enumerate(rules)}
    prints = fingerprints(every)
    results = []
    for one in every:
        result = _result(one, numbers[one.finding.engine, one.finding.rule], prints[one.plain])
        if one in hidden:
            by, reason = hidden[one].by, inert(hidden[one].reason)
            result["suppressions"] = [{"kind": _KINDS[by], "justification": reason}]
        results.append(result)
    driver = {
        "name": _OWN,
        "rules": [_rule(engine, rule, catalogue.get(rule)) for engine, rule in rules],
        **({"version": version} if version else {}),
    }
    run = {
        "tool": {
            "driver": driver,
            "extensions": [_extension(one) for one in report.engines if one.name != _OWN and not one.skipped],
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The folder in which deputize was run."}}},
        "results": results,
        "properties": {"files": files_of(details)},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(engine: str, rule: str, entry: RuleEntry | None) -> dict[str, object]:
    if entry is None or engine != _OWN:
        return {"id": rule, "shortDescription": {"text": f"{rule} of {engine}"}}
    return {
        "id": rule,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.why},
        "help": {"text": f"{entry.why} To mend it: {entry.mend}." if entry.mend else entry.why},
        "helpUri": entry.reference,
        "defaultConfiguration": {"level": _LEVELS[entry.severity]},
    }


def _extension(engine: EngineReport) -> dict[str, object]:
    return {"name": engine.name, **({"version": engine.version} if engine.version else {})}


def _result(one: Located, number: int, fingerprint: str) -> dict[str, object]:
    finding = one.finding
    mend = f"; {finding.mend}" if finding.mend else ""
    return {
        "ruleId": finding.rule,
        "ruleIndex": number,
        "level": _LEVELS[finding.severity],
        "message": {"text": inert(finding.message + mend)},
        "locations": [{"physicalLocation": _location(finding, one.excerpt)}],
        "partialFingerprints": {"deputize/v1": fingerprint},
    }


def _location(finding: Finding, excerpt: str) -> dict[str, object]:
    # A finding about a part of a file names it after a colon.
    name, _, _ = finding.where.partition(": ")
    found: dict[str, object] = {"artifactLocation": _artifact(name)}
    if finding.line is not None:
        column = {"startColumn": finding.column} if finding.column is not None else {}
        snippet = {"snippet": {"text": inert(excerpt)}} if excerpt else {}
        found["region"] = {"startLine": finding.line, **column, **snippet}
    return found


def _artifact(name: str) -> dict[str, object]:
    path = quote(name.encode(errors="surrogateescape"), safe=_SAFE)
    if PurePosixPath(name).is_absolute():
        return {"uri": f"file://{path}"}
    return {"uri": path, "uriBaseId": "%SRCROOT%"}
