"""`deputize lint`, from what the command line says to the report: files of any origin, bundles, a live role."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from deputize.checks.details import Details, Located
from deputize.checks.rules.files import NOT_UNDERSTOOD
from deputize.checks.suppress import as_baseline
from deputize.disk import write_file_atomically
from deputize.errors import Problem, UsageError
from deputize.iam import limits
from deputize.jobs.expectations import of_options
from deputize.jobs.lint.across_files import judged_across
from deputize.jobs.lint.bundle import OWN, LintOptions
from deputize.jobs.lint.file import FileReport, Judging
from deputize.jobs.lint.own_accounts import own_accounts
from deputize.jobs.lint.pool import lint_tasks
from deputize.jobs.lint.settings import parameters_of, silenced_by
from deputize.jobs.lint.targets import tasks_of
from deputize.jobs.lint.totals import JUDGED, must_be_judged, run_of
from deputize.model.aws_options import AwsOptions
from deputize.model.display import printable, shown
from deputize.model.external_id import external_id_problem
from deputize.model.values import LintReport


@dataclass(frozen=True, slots=True)
class SuppressionFiles:
    """What is not to be reported, by the files of --config and --baseline; written: the list of what is found now."""

    config: Path | None = None
    baseline: Path | None = None
    written: Path | None = None


@dataclass(frozen=True, slots=True)
class LintRequest:
    """What somebody wants judged, and how; as the options of the command say it.

    own_accounts: accounts, and parameters as FILE:PARAMETER, that are no third party's. aws: for `role_arn`. workers:
    processes at most.
    """

    paths: tuple[Path, ...] = ()
    options: LintOptions = field(default_factory=LintOptions)
    parameters: tuple[str, ...] = ()
    parameters_file: Path | None = None
    expected_vendors: tuple[str, ...] = ()
    expected_ids: tuple[str, ...] = ()
    own_accounts: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    all_roles: bool = False
    exclude: tuple[str, ...] = ()
    skip_unknown: bool = False
    inline: bool = False
    require: tuple[str, ...] = ()
    suppressions: SuppressionFiles = field(default_factory=SuppressionFiles)
    role_arn: str | None = None
    aws: AwsOptions = field(default_factory=AwsOptions)
    workers: int = 1


def lint_all(
    request: LintRequest, on_file: Callable[[FileReport], None] = lambda _: None
) -> tuple[LintReport, Details]:
    """Judge everything that is asked for; on_file: called with each file's report, in order.

    Raises UsageError and InputError for what cannot be judged, ServiceError for a live role that cannot be read and for
    an engine that is required and did not run.
    """
    _check_expected(request)
    silenced = silenced_by(request.suppressions.config, request.suppressions.baseline)
    parameters = parameters_of(request.parameters, request.parameters_file)
    own = own_accounts(request.own_accounts, silenced.config, request.expected_vendors, parameters)
    judging = Judging(
        request.options.engines,
        parameters,
        of_options(
            request.expected_vendors,
            request.expected_ids,
            [action for action, _ in silenced.config.allowed_secrets],
            request.roles,
            all_roles=request.all_roles,
            own_accounts=own.accounts,
        ),
        request.inline,
        own,
    )
    tasks = tasks_of(request.paths, request.exclude, skip_unknown=request.skip_unknown)
    reports = lint_tasks(tasks, request.options, judging, workers=request.workers, told=on_file)
    if OWN in request.options.engines:
        reports = judged_across(tasks, reports, judging)
    if request.role_arn is not None:
        from deputize.jobs.aws_session import aws_session
        from deputize.jobs.lint.live import lint_live_role

        reports.append(lint_live_role(request.role_arn, judging, aws_session(request.aws)))
    if OWN in request.options.engines:
        reports += _missing(request.roles, reports)
        reports += _unused(request, judging.parameters, reports)
        reports += own.unused(reports)
    if JUDGED in request.require:
        reports = [must_be_judged(one) for one in reports]
    report, details = run_of(reports, silenced, tuple(one for one in request.require if one != JUDGED))
    if request.suppressions.written is not None:
        found = json.dumps(as_baseline(report, details), indent=2)
        write_file_atomically(request.suppressions.written, f"{found}\n".encode())
    return report, details


def _missing(roles: tuple[str, ...], reports: list[FileReport]) -> Iterator[FileReport]:
    """A finding for each role that was asked for by name and is nowhere."""
    seen = {line.name.partition(" (")[0] for report in reports for line in report.roles}
    for name in roles:
        if name not in seen:
            where = f"--role {printable(name)}"
            yield _of_option(where, "no such role was found")


def _unused(request: LintRequest, given: Iterable[str], reports: list[FileReport]) -> Iterator[FileReport]:
    """A finding for each value whose parameter no template has; pseudo parameters are every template's."""
    known = {name for report in reports for name in report.parameters}
    options = {one.partition("=")[0] for one in request.parameters}
    for name in given:
        if name not in known and not name.startswith("AWS::"):
            where = f"--parameter{'' if name in options else 's'} {printable(name)}"
            yield _of_option(where, "no template has such a parameter")


def _of_option(where: str, what: str) -> FileReport:
    """What is found of an option that names what is nowhere."""
    found = NOT_UNDERSTOOD.finding(what, where, mend="check its name; capitals count")
    return FileReport(where, (Located(found),), is_option=True)


def _check_expected(request: LintRequest) -> None:
    """Raise UsageError for an option that could never be met, or that nothing would use."""
    problems = [
        Problem("--expect-vendor", f"{shown(one)} is no account ID", "give its 12 digits")
        for one in request.expected_vendors
        if not limits.ACCOUNT_ID.admits(one)
    ]
    faults = (external_id_problem(one) for one in request.expected_ids)
    problems += (Problem("--expect-external-id", fault) for fault in faults if fault)
    if request.role_arn is None:
        problems += (Problem(name, "is for --role-arn", "give it too") for name in request.aws.given())
    if problems:
        raise UsageError(*problems)
