"""Option types that several commands share: one spelling and one meaning everywhere."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from deputize.cli.boundary import FORMAT_KEY


class OutputFormat(StrEnum):
    """The form of a result on stdout."""

    text = "text"
    json = "json"


AnyFormat = TypeVar("AnyFormat", bound=StrEnum)


def remember_format(ctx: typer.Context, value: AnyFormat) -> AnyFormat:
    """Let the error boundary know the form before the command's own body runs."""
    ctx.meta[FORMAT_KEY] = value.value
    return value


FormatOption = Annotated[
    OutputFormat,
    typer.Option("--format", help="Form of the result on stdout.", callback=remember_format, is_eager=True),
]
VendorOption = Annotated[
    Path | None,
    typer.Option(
        "--vendor", envvar="DEPUTIZE_VENDOR", help="The vendor's file. Default: ./vendor.yaml", metavar="FILE"
    ),
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Treat a weak external ID as an error.")]
NoCacheOption = Annotated[bool, typer.Option("--no-cache", help="Judge again, without the cached verdicts.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before changing AWS.")]
ProfileOption = Annotated[str | None, typer.Option("--profile", help="AWS profile, as for the AWS CLI.")]
RegionOption = Annotated[str | None, typer.Option("--region", help="AWS region, as for the AWS CLI.")]
EndpointOption = Annotated[
    str | None, typer.Option("--endpoint-url", help="Another endpoint, as the embedded AWS.", metavar="URL")
]
