"""`deputize inspect`: is this bundle what the vendor made, and is it what is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deputize.cli.options import EndpointOption, FormatOption, OutputFormat, ProfileOption, RegionOption
from deputize.cli.printing import print_result, say
from deputize.errors import OK


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
    expect_signer: Annotated[
        str | None, typer.Option(help="Which of the allowed signers it should be signed by.", metavar="NAME")
    ] = None,
    deployed: Annotated[
        bool, typer.Option("--deployed", help="Compare with the stack and role in the account of your credentials.")
    ] = False,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
    form: FormatOption = OutputFormat.text,
) -> None:
    """Tell whom a bundle is for and whether anybody changed it; exit 6 when something is wrong with it.

    With --deployed also when the live role lets in whom it should not; exit 7 when the account differs otherwise.
    """
    import os

    from deputize.jobs.inspect.command import InspectRequest, inspect_bundle
    from deputize.jobs.inspect.inspection import BundleExpectations
    from deputize.model.aws_options import AwsOptions

    expected = BundleExpectations(expect_tenant, tuple(expect_external_id or ()), expect_vendor, expect_signer)
    aws = AwsOptions(profile, region, endpoint_url)
    found = inspect_bundle(InspectRequest(bundle, os.environ, expected, allowed_signers, deployed, aws))
    print_result(form, found.as_json(), found.as_lines())
    if form is OutputFormat.text:
        for problem in found.problems:
            say(f"error: {problem}")
    if found.exit_code != OK:
        raise typer.Exit(found.exit_code)
