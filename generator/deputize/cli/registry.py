"""What the registry's commands share: their options, the open registry, and the checker they verify with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from deputize.errors import Problem
    from deputize.jobs.tenants.live import AwsChecker
    from deputize.registry import GrantRequest, Registry

RegistryOption = Annotated[
    str | None,
    typer.Option(
        "--registry",
        envvar="DEPUTIZE_REGISTRY",
        help="The registry: a file, or postgresql://USER@HOST/DATABASE. Default: registry.db in your data folder.",
        metavar="PATH|URL",
    ),
]
AccountOption = Annotated[
    str | None, typer.Option(help="The tenant's AWS account, where it has grants for several.", metavar="ID")
]

TenantArgument = Annotated[str, typer.Argument(help="Slug of the tenant, as a-company.")]


def a_number(value: float) -> float:
    """`value`, unless it is NaN, which lies in every range."""
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        msg = "nan is no number"
        raise typer.BadParameter(msg)
    return value


WaitOption = Annotated[
    float,
    typer.Option(help="Seconds for which each role is tried; IAM settles slowly.", min=0, max=3600, callback=a_number),
]
NeverOption = Annotated[
    list[str] | None, typer.Option("--never-assume", help="An account that is never entered.", metavar="ID")
]
AskedVendorOption = Annotated[
    Path | None,
    typer.Option(
        "--vendor",
        envvar="DEPUTIZE_VENDOR",
        help="The vendor's file: what roles must read, and whose.",
        metavar="FILE",
    ),
]


def location(named: str | None) -> str:
    """The registry that was named, else the user's own."""
    import os

    from deputize.registry import default_location

    return named or default_location(os.environ)


def opened(named: str | None) -> Registry:
    """The registry, open; its log will name the user of the system."""
    from deputize.registry import open_registry

    return open_registry(location(named), who=_user())


def opened_for(named: str | None, asked: Sequence[GrantRequest | Problem]) -> Registry:
    """The registry, open; made where none is, unless what is asked for would be refused."""
    from deputize.jobs.tenants.files import refuse_for_new
    from deputize.registry import is_there, open_registry

    where = location(named)
    if not is_there(where):
        refuse_for_new(asked)
    return open_registry(where, who=_user(), create=True)


def _user() -> str:
    import os
    import pwd

    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid-{number}"


def checker(
    profile: str | None,
    region: str | None,
    endpoint_url: str | None,
    *,
    vendor: Path | None,
    wait: float,
    never: list[str] | None = None,
) -> AwsChecker:
    """Whoever verifies, as these options say."""
    from deputize.aws.client import Session
    from deputize.jobs.tenants.live import AwsChecker
    from deputize.model.aws_options import AwsOptions
    from deputize.version import __version__

    return AwsChecker(Session(AwsOptions(profile, region, endpoint_url), __version__), vendor, wait, tuple(never or ()))
