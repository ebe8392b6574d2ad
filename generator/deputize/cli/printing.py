"""What every command prints alike: a result in the form that was asked for on stdout, the talk on stderr."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import typer

from deputize.cli.boundary import printable
from deputize.cli.options import OutputFormat


def print_result(form: OutputFormat, result: Mapping[str, object], lines: Iterable[str]) -> None:
    """Print a result as one JSON object, or as its lines."""
    if form is OutputFormat.json:
        typer.echo(json.dumps(result, indent=2))
        return
    for line in lines:
        typer.echo(printable(line))


def say(line: str) -> None:
    """Say one line on stderr."""
    typer.echo(printable(line), err=True)
