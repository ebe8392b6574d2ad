"""What the registry's commands share: their options, which registry is meant, and how roles are verified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from deputize.jobs.tenants.commands import CheckOptions
    from deputize.jobs.user_registry import UserRegistry
    from deputize.model.values import Acceptance

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

WeakOption = Annotated[
    str, typer.Option("--allow-weak", help="Take an ID that can be guessed; say why.", metavar="REASON")
]
ShareOption = Annotated[
    bool, typer.Option("--share", help="Use the ID of the tenant's other account (AWS advises one for each).")
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", help="A list of many: tenant, role_arn[, account_id]; - for stdin.", metavar="FILE"),
]


def not_nan(value: float) -> float:
    """`value`, unless it is NaN, which lies in every range."""
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        msg = "nan is no number"
        raise typer.BadParameter(msg)
    return value


WaitOption = Annotated[
    float,
    typer.Option(help="Seconds for which each role is tried; IAM settles slowly.", min=0, max=3600, callback=not_nan),
]
RateOption = Annotated[
    float,
    typer.Option(
        help="Calls to STS in a second, of all processes of this registry together; throttling halves it.",
        min=0.01,
        max=10_000,
        callback=not_nan,
    ),
]
NeverOption = Annotated[
    list[str] | None, typer.Option("--never-assume", help="An account whose roles are never assumed.", metavar="ID")
]
ExpectedVendorOption = Annotated[
    Path | None,
    typer.Option(
        "--vendor",
        envvar="DEPUTIZE_VENDOR",
        help="The vendor's file: what roles must read, and whose.",
        metavar="FILE",
    ),
]

AcceptProbesOption = Annotated[
    str | None,
    typer.Option(
        "--accept-probes-only",
        help="Take a role that does not let itself be read, on probes alone, for a time; say why.",
        metavar="REASON",
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", help="Last day for that, UTC; at most 90 days ahead, as without it.", metavar="DATE"),
]


def accepted_probes(reason: str | None, until: str | None) -> Acceptance | None:
    """What --accept-probes-only and --until say. Raises UsageError for the second alone, InputError."""
    from deputize.errors import Problem, UsageError
    from deputize.jobs.tenants.acceptances import PROBES_DAYS, acceptance

    if reason is not None:
        return acceptance(reason, until, PROBES_DAYS, "--accept-probes-only")
    if until is not None:
        raise UsageError(Problem("--until", "is the date of --accept-probes-only, which is not given"))
    return None


def user_registry(named: str | None) -> UserRegistry:
    """The registry that was named, else the user's own; its log will name the user of the system."""
    import os

    from deputize.jobs.user_registry import UserRegistry

    return UserRegistry.of(named, os.environ, _user())


def _user() -> str:
    import os
    import pwd

    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid-{number}"


def check_options(
    profile: str | None,
    region: str | None,
    endpoint_url: str | None,
    *,
    vendor: Path | None,
    wait: float,
    never: list[str] | None = None,
    rate: float = 50.0,
) -> CheckOptions:
    """How roles are verified, as these options say."""
    from deputize.jobs.tenants.commands import CheckOptions
    from deputize.model.aws_options import AwsOptions

    return CheckOptions(AwsOptions(profile, region, endpoint_url), vendor, wait, tuple(never or ()), rate)
