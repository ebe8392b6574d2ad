"""Put the reports on files together: what counts, what was silenced, which engines ran."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from deputize.checks.details import Details, Located, fingerprints
from deputize.checks.rules.files import NOT_JUDGED
from deputize.checks.suppress import Baseline, Config, suppress
from deputize.errors import Problem, ServiceError
from deputize.jobs.lint.file import NO_TEMPLATE, FileReport
from deputize.model.values import EngineReport, LintReport, Severity


@dataclass(frozen=True, slots=True)
class Silenced:
    """What the caller does not want to hear of again."""

    config: Config = field(default_factory=Config)
    baseline: Baseline = field(default_factory=Baseline)


JUDGED = "judged"
"""What `--require` calls the judgement of everything, beside the engines."""


def must_be_judged(report: FileReport) -> FileReport:
    """The report, each warning that something was not judged an error."""
    return replace(report, found=tuple(map(_as_error, report.found)))


def _as_error(one: Located) -> Located:
    finding = one.finding
    if finding.rule != NOT_JUDGED.id or finding.severity is not Severity.WARNING:
        return one
    return replace(one, finding=replace(finding, severity=Severity.ERROR))


def run_of(reports: list[FileReport], silenced: Silenced, require: tuple[str, ...]) -> tuple[LintReport, Details]:
    """Everything that was found, less what was silenced, with what a report says beside it.

    Raises ServiceError when an engine in `require` did not run.
    """
    engines = _merged(engine for report in reports for engine in report.engines)
    _check_required(engines, require)
    files = tuple(one.where for one in reports if not (one.unjudged or one.skipped or one.left or one.is_option))
    found = tuple(one for report in reports for one in report.found)
    names = {*files, *(one.finding.where.partition(": ")[0] for one in found)}
    inside = tuple(one for report in reports for one in report.suppressed)
    every = (*found, *(one.located for one in inside))
    counting, hidden = suppress(found, fingerprints(every), silenced.config, silenced.baseline, names)
    excerpts = {(one.finding.where, one.finding.line or 0): one.excerpt for one in every if one.excerpt}
    details = Details(
        excerpts,
        tuple(line for report in reports for line in report.roles),
        (*inside, *hidden),
        files,
        sum(report.unjudged for report in reports),
        sum(report.skipped for report in reports),
        sum(report.left for report in reports),
        tuple(line for report in reports for line in report.waived),
    )
    return LintReport(tuple(one.finding for one in counting), engines), details


def _merged(engines: Iterable[EngineReport]) -> tuple[EngineReport, ...]:
    """Each engine's report once; that there was nothing for it in some files is told only when there was nowhere."""
    found = dict.fromkeys(engines)
    busy = {one.name for one in found if one.skipped != NO_TEMPLATE}
    return tuple(one for one in found if one.skipped != NO_TEMPLATE or one.name not in busy)


def _check_required(engines: tuple[EngineReport, ...], require: tuple[str, ...]) -> None:
    missing = [engine for engine in engines if engine.name in require and engine.skipped]
    unknown = [name for name in require if name not in {engine.name for engine in engines}]
    if missing or unknown:
        known = ", ".join(sorted({engine.name for engine in engines}))
        skipped = (Problem(f"--require {one.name}", f"was skipped: {one.skipped}") for one in missing)
        strange = (Problem(f"--require {name}", "is no engine", f"known are {known}, {JUDGED}") for name in unknown)
        raise ServiceError(*skipped, *strange)
