"""`deputize verify`: who can assume the live role; progress on stderr, the verdict on stdout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deputize.cli.options import EndpointOption, FormatOption, OutputFormat, ProfileOption, RegionOption
from deputize.cli.printing import print_result
from deputize.cli.registry import NeverOption
from deputize.errors import OK, ProvedWrongError, ServiceError

if TYPE_CHECKING:
    from deputize.model.values import Verdict


def verify(
    role_arn: Annotated[
        str | None,
        typer.Argument(help="The role's ARN, as the customer gave it.", metavar="ROLE_ARN", show_default=False),
    ] = None,
    *,
    external_id: Annotated[
        list[str] | None,
        typer.Option(
            help="The tenant's external ID; the second of a rotation may follow. A bundle knows it.", metavar="ID"
        ),
    ] = None,
    other_id: Annotated[
        str | None,
        typer.Option(
            help="One more ID that must be refused: a decoy that you issued to nobody. Never a real tenant's.",
            metavar="ID",
        ),
    ] = None,
    wait: Annotated[float, typer.Option(min=0, max=3600, help="Seconds for which to repeat.", metavar="S")] = 60.0,
    bundle: Annotated[
        Path | None, typer.Option(help="The tenant's bundle: who may assume the role and read what.", metavar="DIR")
    ] = None,
    vendor: Annotated[
        Path | None, typer.Option(help="The vendor's file, in place of a bundle.", metavar="FILE")
    ] = None,
    access: Annotated[Path | None, typer.Option(help="An access.json, in place of a bundle.", metavar="FILE")] = None,
    write_probe: Annotated[
        bool, typer.Option("--write-probe/--no-write-probe", help="Try one write, as a DryRun.")
    ] = True,
    offline: Annotated[
        Path | None,
        typer.Option(help="Judge a trust policy, get-role's output or a bundle without AWS.", metavar="PATH"),
    ] = None,
    vendor_account: Annotated[
        str | None, typer.Option(help="Whose account may assume it. Default: the caller's.", metavar="ID")
    ] = None,
    never_assume: NeverOption = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
    form: FormatOption = OutputFormat.text,
) -> None:
    """Try a role with the right external ID, wrong ones and none, and judge its policies; exit 6 when one gets in."""
    from deputize.errors import Problem, UsageError
    from deputize.jobs.verify.offline import verify_offline
    from deputize.jobs.verify.result import as_json, as_lines

    ids = tuple(external_id or ())
    if offline is not None:
        verdict = verify_offline(offline, ids, vendor_account, role_arn)
    elif role_arn is None:
        raise UsageError(Problem("ROLE_ARN", "is missing", "give the ARN that the customer gave you"))
    else:
        from deputize.jobs.verify.command import round_state, verify_with_files
        from deputize.jobs.verify.expectations import ExpectationFiles
        from deputize.model.aws_options import AwsOptions

        progress = _VerifyProgress(wait)
        try:
            verdict = verify_with_files(
                role_arn,
                ids,
                files=ExpectationFiles(bundle, vendor, access),
                vendor_account=vendor_account,
                other_id=other_id,
                wait=wait,
                write_probe=write_probe,
                never_assume_accounts=tuple(never_assume or ()),
                aws=AwsOptions(profile, region, endpoint_url),
                on_round=lambda one: progress.show(one.started, round_state(one)),
            )
        finally:
            progress.clear()
    print_result(form, as_json(verdict), as_lines(verdict))
    code = exit_code(verdict)
    if code != OK:
        raise typer.Exit(code)


def exit_code(verdict: Verdict) -> int:
    """0 for safe and not too wide, 5 for unreachable, else 6."""
    from deputize.model.values import AccessState, Safety

    if verdict.safety is Safety.UNREACHABLE:
        return ServiceError.exit_code
    if verdict.safety is Safety.SAFE and verdict.access is not AccessState.TOO_WIDE:
        return OK
    return ProvedWrongError.exit_code


def _is_terminal() -> bool:
    import sys

    return sys.stderr.isatty()


class _VerifyProgress:
    """One line on a terminal, rewritten after each round; nothing elsewhere."""

    def __init__(self, wait: float) -> None:
        self._wait = wait
        self._rounds = 0
        self._live = _is_terminal()

    def show(self, started: float, state: str) -> None:
        self._rounds += 1
        if self._live:
            line = f"round {self._rounds} after {started:.0f} of {self._wait:g} s: {state}"
            typer.echo(f"\r\033[K{line}", err=True, nl=False)

    def clear(self) -> None:
        if self._live and self._rounds:
            typer.echo("\r\033[K", err=True, nl=False)
