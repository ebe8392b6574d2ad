"""`deputize lint`: is the text right."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deputize.cli.boundary import FORMAT_KEY
from deputize.cli.options import EndpointOption, ProfileOption, RegionOption, StrictOption, remember_format
from deputize.errors import LintError, Problem, UsageError

if TYPE_CHECKING:
    from deputize.jobs.lint.file import FileReport


class Engine(StrEnum):
    """Who judges."""

    own = "own"
    cfn_lint = "cfn-lint"
    terraform = "terraform"


class LintFormat(StrEnum):
    """The form of the report on stdout."""

    text = "text"
    json = "json"
    sarif = "sarif"
    junit = "junit"
    github = "github"


class FailOn(StrEnum):
    """From which severity on a finding fails the run."""

    error = "error"
    warning = "warning"
    note = "note"


def _engines(value: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(value.split(",")))
    strange = [one for one in found if one not in list(Engine)]
    if strange:
        raise UsageError(Problem(f"--engines {strange[0]}", "is no engine", f"known are {', '.join(Engine)}"))
    return found


def _list_rules(ctx: typer.Context, value: bool) -> None:
    # Not eager: what --format says is known by now, wherever it stands.
    if not value:
        return
    from deputize.jobs.lint.report import rules_text

    form = ctx.meta[FORMAT_KEY]
    if form not in (LintFormat.text, LintFormat.json):
        raise UsageError(Problem(f"--format {form}", "is no form of the list of rules", "use text or json"))
    typer.echo(rules_text("json" if form == LintFormat.json else "text"), nl=False)
    raise typer.Exit


def lint(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Templates, policies, bundles, folders of these; - is standard input.",
            metavar="PATH...",
            show_default=False,
        ),
    ] = None,
    *,
    parameter: Annotated[
        list[str] | None, typer.Option(help="The value of a template's parameter.", metavar="NAME=VALUE")
    ] = None,
    parameters: Annotated[
        Path | None, typer.Option(help="Values of parameters, as the AWS CLI takes them in JSON.", metavar="FILE")
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option(help="Judge this role only, as one for third parties.", metavar="LOGICAL-ID")
    ] = None,
    all_roles: Annotated[bool, typer.Option("--all-roles", help="Judge each role as one for third parties.")] = False,
    role_arn: Annotated[
        str | None, typer.Option(help="Judge a live role, with your AWS credentials.", metavar="ARN")
    ] = None,
    expect_vendor: Annotated[
        list[str] | None,
        typer.Option(help="The only AWS account that may assume the role; may be repeated.", metavar="ID"),
    ] = None,
    expect_external_id: Annotated[
        list[str] | None, typer.Option(help="The only external ID that may let in; may be repeated.", metavar="ID")
    ] = None,
    own_account: Annotated[
        list[str] | None,
        typer.Option(
            help="An account of your own, or a file's parameter that is one; may be repeated.",
            metavar="ID|FILE:PARAMETER",
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Leave out what matches in folders.", metavar="GLOB")
    ] = None,
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Pass over given files that are no template or policy.")
    ] = False,
    engines: Annotated[
        str, typer.Option(help=f"Who judges, some of {','.join(Engine)}.", metavar="ENGINE,...")
    ] = ",".join(Engine),
    require: Annotated[
        list[str] | None,
        typer.Option(
            help="Fail when this engine did not run, or what makes roles was not `judged`; may repeat.",
            metavar="ENGINE",
        ),
    ] = None,
    plugin_dir: Annotated[
        Path | None, typer.Option(envvar="DEPUTIZE_TF_PLUGIN_DIR", help="A provider mirror for terraform.")
    ] = None,
    strict: StrictOption = False,
    config: Annotated[
        Path | None, typer.Option(help="What not to report, with reasons; never looked for.", metavar="FILE")
    ] = None,
    baseline: Annotated[Path | None, typer.Option(help="Report only what is not in this list.", metavar="FILE")] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(help="Write the list of what is found now.", metavar="FILE")
    ] = None,
    allow_inline_suppressions: Annotated[
        bool,
        typer.Option("--allow-inline-suppressions", help="Let a file say what not to report about itself."),
    ] = False,
    fail_on: Annotated[FailOn, typer.Option(help="Exit 4 for a finding as bad as this.")] = FailOn.error,
    rules: Annotated[  # noqa: ARG001 - its callback has listed them
        bool, typer.Option("--rules", callback=_list_rules, help="List the rules and exit.")
    ] = False,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
    form: Annotated[
        LintFormat,
        typer.Option("--format", help="Form of the report on stdout.", callback=remember_format, is_eager=True),
    ] = LintFormat.text,
) -> None:
    """Judge templates, policies, live roles and bundles of any origin; exit 4 when there are errors."""
    import os
    import sys

    from deputize.jobs.lint.bundle import LintOptions
    from deputize.jobs.lint.report import failed, report_text
    from deputize.jobs.lint.run import LintRequest, SuppressionFiles, lint_all
    from deputize.model.aws_options import AwsOptions
    from deputize.model.values import Severity

    if not paths and role_arn is None:
        raise UsageError(Problem("PATH...", "is missing", "give a file, a folder, - or --role-arn"))
    mirror = None if plugin_dir is None else str(plugin_dir)
    request = LintRequest(
        paths=tuple(paths or ()),
        options=LintOptions(strict, dict(os.environ), mirror, _engines(engines)),
        parameters=tuple(parameter or ()),
        parameters_file=parameters,
        expected_vendors=tuple(expect_vendor or ()),
        expected_ids=tuple(expect_external_id or ()),
        own_accounts=tuple(own_account or ()),
        roles=tuple(role or ()),
        all_roles=all_roles,
        exclude=tuple(exclude or ()),
        skip_unknown=skip_unknown,
        inline=allow_inline_suppressions,
        require=tuple(require or ()),
        suppressions=SuppressionFiles(config, baseline, write_baseline),
        role_arn=role_arn,
        aws=AwsOptions(profile, region, endpoint_url),
        workers=os.cpu_count() or 1,
    )
    progress = _LintProgress()
    try:
        report, details = lint_all(request, progress.show)
    finally:
        progress.clear()
    worst = Severity(fail_on.value)
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    typer.echo(report_text(report, details, form.value, fail_on=worst, colour=colour), nl=False)
    if failed(report, worst):
        raise typer.Exit(LintError.exit_code)


class _LintProgress:
    """One line on a terminal, rewritten as files are judged, from the second second on; nothing elsewhere."""

    def __init__(self) -> None:
        import sys
        import time

        self._now = time.monotonic
        self._next = time.monotonic() + 1
        self._live = sys.stderr.isatty()
        self._count = 0

    def show(self, _: FileReport) -> None:
        self._count += 1
        if self._live and self._now() >= self._next:
            self._next = self._now() + 0.2
            typer.echo(f"\r\033[K{self._count} files", err=True, nl=False)

    def clear(self) -> None:
        if self._live and self._count:
            typer.echo("\r\033[K", err=True, nl=False)
