"""`deputize init`: a commented vendor.yaml to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init(
    *,
    name: Annotated[str | None, typer.Option(help="Your name, as customers see it.")] = None,
    account: Annotated[str | None, typer.Option(help="Your AWS account.", metavar="ID")] = None,
    slug: Annotated[str, typer.Option(help="Short ASCII name. Default: made from the name.")] = "",
    partition: Annotated[str, typer.Option(help="Partition of that account.")] = "aws",
    role: Annotated[
        list[str] | None,
        typer.Option(help="Your role that assumes theirs: name or ARN; may be repeated. Default: SLUG-collector."),
    ] = None,
    out: Annotated[Path, typer.Option(help="File to write.", metavar="FILE")] = Path("vendor.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a vendor.yaml in which every option is explained; stdout: its path."""
    from deputize.errors import Problem, UsageError
    from deputize.jobs.init import init_vendor

    if name is None or account is None:
        needed = (("--name", name, "your name, as customers see it"), ("--account", account, "your AWS account ID"))
        raise UsageError(*(Problem(one, "is missing", f"give {what}") for one, given, what in needed if given is None))
    typer.echo(
        str(init_vendor(out, name, account, slug=slug, partition=partition, roles=tuple(role or ()), force=force))
    )
