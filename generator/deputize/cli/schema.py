"""`deputize schema`: the JSON Schemas of what deputize reads and prints."""

from __future__ import annotations

from typing import Annotated

import typer


def schema(
    name: Annotated[str | None, typer.Argument(help="Which one. Default: list them.", metavar="NAME")] = None,
) -> None:
    """Print a JSON Schema (draft 2020-12) of an input or a result."""
    from deputize.jobs.schema import schema_list, schema_text

    typer.echo(schema_list() if name is None else schema_text(name), nl=False)
