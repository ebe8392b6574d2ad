"""`deputize demo`: the whole story on the embedded AWS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deputize.cli.boundary import printable
from deputize.cli.options import Format, FormatOption

if TYPE_CHECKING:
    from deputize.jobs.demo import Line


def demo(
    *,
    out: Annotated[Path, typer.Option(help="Folder for company A's bundle.")] = Path("out/demo"),
    form: FormatOption = Format.text,
) -> None:
    """Play company A and its vendor on the embedded AWS; no AWS account is needed."""
    import json
    import os

    from deputize.jobs.demo import run_demo

    told: list[dict[str, str]] = []

    def say(line: Line) -> None:
        if form is Format.json:
            told.append({"step": line.step, "text": line.text})
        else:
            typer.echo(f"{line.step:<10}{printable(line.text)}")

    run_demo(os.environ, out, say)
    if form is Format.json:
        typer.echo(json.dumps({"schema": "deputize/demo/1", "lines": told}, indent=2))
