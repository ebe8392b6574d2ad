"""`deputize inspect`: is this bundle what the vendor made, and is it what is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deputize.cli.boundary import printable
from deputize.cli.options import EndpointOption, Format, FormatOption, ProfileOption, RegionOption
from deputize.errors import OK, DiffersError, Problem, ProvedWrongError, UsageError

if TYPE_CHECKING:
    from deputize.jobs.inspect.deployed import Deployed
    from deputize.jobs.inspect.inspection import Inspection


def inspect(
    bundle: Annotated[
        Path, typer.Argument(help="A bundle: its folder or its zip archive.", metavar="BUNDLE", show_default=False)
    ],
    *,
    expect_tenant: Annotated[
        str | None, typer.Option(help="Slug of the tenant for whom it should be.", metavar="SLUG")
    ] = None,
    expect_external_id: Annotated[
        list[str] | None,
        typer.Option(help="The external ID that it should ask for; each one during a rotation.", metavar="ID"),
    ] = None,
    expect_vendor: Annotated[
        str | None, typer.Option(help="The AWS account that it should let in.", metavar="ACCOUNT-ID")
    ] = None,
    allowed_signers: Annotated[
        Path | None,
        typer.Option(help="Require a signature by one of these, as ssh-keygen's manual has them.", metavar="FILE"),
    ] = None,
    deployed: Annotated[
        bool, typer.Option("--deployed", help="Compare with the stack and role in the account of your credentials.")
    ] = False,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
    form: FormatOption = Format.text,
) -> None:
    """Tell whom a bundle is for and whether anybody changed it; exit 6 when something is wrong with it.

    With --deployed also when the live role lets in whom it should not; exit 7 when the account differs otherwise.
    """
    import os

    from deputize.jobs.inspect.inspection import Expected
    from deputize.jobs.inspect.run import inspect as look

    place = {"--profile": profile, "--region": region, "--endpoint-url": endpoint_url}
    stray = [option for option, value in place.items() if value is not None and not deployed]
    if stray:
        raise UsageError(*(Problem(option, "is for --deployed", "give it too") for option in stray))
    expected = Expected(expect_tenant, tuple(expect_external_id or ()), expect_vendor)
    found = look(bundle, expected, os.environ, allowed_signers)
    live = _compared(found, profile, region, endpoint_url) if deployed and not found.problems else None
    differences = live.differences if live is not None else ()
    _print(found, live, form)
    if form is Format.text:
        _tell((*found.problems, *differences))
    wrong = found.problems or (live is not None and live.ways_in)
    code = ProvedWrongError.exit_code if wrong else DiffersError.exit_code if differences else OK
    if code != OK:
        raise typer.Exit(code)


def _compared(found: Inspection, profile: str | None, region: str | None, endpoint_url: str | None) -> Deployed:
    from deputize.aws.client import Session
    from deputize.jobs.inspect.deployed import compare_deployed
    from deputize.model.aws_options import AwsOptions
    from deputize.version import __version__

    return compare_deployed(found.content, Session(AwsOptions(profile, region, endpoint_url), __version__))


def _print(found: Inspection, live: Deployed | None, form: Format) -> None:
    from deputize.jobs.inspect.result import as_json, as_lines, deployed_lines

    if form is Format.json:
        import json

        typer.echo(json.dumps(as_json(found, live), indent=2))
        return
    for line in (*as_lines(found), *(deployed_lines(live) if live is not None else ())):
        typer.echo(printable(line))


def _tell(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        typer.echo(f"error: {printable(str(problem))}", err=True)
