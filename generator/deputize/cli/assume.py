"""`deputize assume`: a command inside a tenant's role, with the ID that the registry issued and no other."""

from __future__ import annotations

from typing import Annotated

import typer

from deputize.cli.options import EndpointOption, ProfileOption, RegionOption
from deputize.cli.registry import AccountOption, RegistryOption, not_nan, user_registry


def assume(
    tenant: Annotated[str, typer.Argument(help="Slug of the tenant.")],
    command: Annotated[list[str], typer.Argument(help="Program and arguments, after --; no shell.")],
    *,
    account_id: AccountOption = None,
    max_age: Annotated[
        float,
        typer.Option(
            help="Days since the role was last proved safe, at most.",
            metavar="DAYS",
            min=0,
            max=3650,
            callback=not_nan,
        ),
    ] = 7.0,
    registry: RegistryOption = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
) -> None:
    """Run a command inside a tenant's verified role; the exit code is the command's."""
    import os
    from datetime import timedelta

    from deputize.jobs.assume.run import run_inside
    from deputize.model.aws_options import AwsOptions

    code = run_inside(
        tenant,
        command,
        registry=user_registry(registry),
        aws=AwsOptions(profile, region, endpoint_url),
        environ=os.environ,
        account_id=account_id,
        max_age=timedelta(days=max_age),
    )
    raise typer.Exit(code)
