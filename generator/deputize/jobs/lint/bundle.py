"""Judge a bundle with every engine at hand: own rules and read-back, cfn-lint, terraform or a parse of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from deputize.bundle import MANIFEST, read_manifest, unzip
from deputize.checks.bundles import bundle_findings
from deputize.checks.hcl import parse_hcl
from deputize.checks.hcl import version as hcl_version
from deputize.checks.opened import open_bundle, open_manifest
from deputize.disk import read_bytes, read_folder
from deputize.errors import InputError, Problem
from deputize.jobs.expectations import with_claims
from deputize.jobs.lint.cfn_lint import lint_template, region_for
from deputize.jobs.lint.cfn_lint import version as cfn_lint_version
from deputize.model.display import shown
from deputize.model.expectations import Expectations
from deputize.model.format import MODULE_FOLDER, TEMPLATE
from deputize.model.values import EngineReport, Files, Finding, LintReport, Severity
from deputize.tools import find_terraform, terraform

ARCHIVE_CAP = 8 << 20
OWN, CFN_LINT, TERRAFORM = "own", "cfn-lint", "terraform"
ENGINES = (OWN, CFN_LINT, TERRAFORM)
NOT_ASKED = "it was not asked for"
_NOTHING = Expectations()


@dataclass(frozen=True, slots=True)
class LintOptions:
    """How to judge. environ: where to find terraform; none leaves it out. plugin_dir: a provider mirror for it.

    engines: which are asked. strict: weak external IDs are errors.
    """

    strict: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)
    plugin_dir: str | None = None
    engines: tuple[str, ...] = ENGINES


def bundles_at(path: Path) -> list[tuple[Path, Files]]:
    """The bundles a path names: itself, or those in the folder. Raises InputError when there is none."""
    if path.suffix == ".zip" and path.is_file():
        return [(path, unzip(read_bytes(path, cap=ARCHIVE_CAP), shown(str(path)))[1])]
    if path.is_dir() and not (path / MANIFEST).exists():
        inside = sorted(child for child in path.iterdir() if (child / MANIFEST).is_file())
        if not inside:
            what, mend = f"is no bundle: it has no {MANIFEST}", "give a folder that `deputize render` wrote"
            raise InputError(Problem(shown(str(path)), what, mend))
        return [(child, read_folder(child)) for child in inside]
    return [(path, read_folder(path))]


def lint_bundle(files: Files, *, strict: bool = False, expectations: Expectations = _NOTHING) -> tuple[Finding, ...]:
    """What our own rules say of a bundle; with `strict` warnings are errors. Nothing is raised for what is wrong.

    expectations: the caller's; what the manifest says is only its claim.
    """
    opened = open_bundle(files)
    return bundle_findings(opened, with_claims(expectations, opened), strict=strict)


def lint_files(
    files: Files, options: LintOptions, where: str = "", expectations: Expectations = _NOTHING
) -> LintReport:
    """Judge one bundle's files; each finding's place is prefixed with `where`. expectations: the caller's."""
    is_asked = OWN in options.engines
    own = lint_bundle(files, strict=options.strict, expectations=expectations) if is_asked else ()
    cfn, judged = _cfn_lint(files, options)
    hcl, engines = _terraform(files, options)
    findings = (_at(where, finding) for finding in (*own, *cfn, *hcl))
    ours = EngineReport("deputize", skipped="" if is_asked else NOT_ASKED)
    return LintReport(tuple(findings), (ours, judged, *engines))


def _cfn_lint(files: Files, options: LintOptions) -> tuple[tuple[Finding, ...], EngineReport]:
    if CFN_LINT not in options.engines:
        return (), EngineReport(CFN_LINT, skipped=NOT_ASKED)
    region, _ = region_for(_partition(files))
    template = files.get(TEMPLATE, b"").decode(errors="replace")
    found = lint_template(template, TEMPLATE, region) if TEMPLATE in files else ()
    return found, EngineReport(CFN_LINT, cfn_lint_version())


def _partition(files: Files) -> str:
    try:
        return read_manifest(files).partition
    except InputError:
        return "aws"  # the manifest's fault is a finding of our own; the template is judged all the same


def _terraform(files: Files, options: LintOptions) -> tuple[tuple[Finding, ...], tuple[EngineReport, ...]]:
    """terraform's word on the module, and the parse's where terraform has not validated it."""
    if TERRAFORM not in options.engines:
        return (), (EngineReport(TERRAFORM, skipped=NOT_ASKED),)
    found, report = _judged_by_terraform(files, options)
    if not report.skipped:
        return found, (report,)
    return (*found, *parse_hcl(files)), (report, EngineReport("python-hcl2", hcl_version()))


def _judged_by_terraform(files: Files, options: LintOptions) -> tuple[tuple[Finding, ...], EngineReport]:
    binary = find_terraform(options.environ) if options.environ else None
    if binary is None:
        return (), EngineReport(TERRAFORM, skipped="it is not on the PATH" if options.environ else NOT_ASKED)
    if not open_manifest(files).is_our_render:
        return (), EngineReport(TERRAFORM, skipped="it runs only on files exactly as deputize renders them")
    result = terraform(files, binary=binary, plugin_dir=options.plugin_dir, environ=options.environ)
    found = tuple(
        Finding(
            rule=result.name,
            severity=Severity.ERROR if one.severity == "error" else Severity.WARNING,
            where=f"{MODULE_FOLDER}{one.file}",
            message=one.message,
            engine=result.name,
            line=one.line,
        )
        for one in result.diagnostics
    )
    return found, EngineReport(result.name, result.version, result.skipped)


def _at(where: str, finding: Finding) -> Finding:
    return replace(finding, where=f"{where}{finding.where}")
