"""`deputize demo`: both stories of the confused deputy on the embedded AWS."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deputize.cli.boundary import printable
from deputize.cli.options import FormatOption, OutputFormat

if TYPE_CHECKING:
    from deputize.jobs.demo.run import Line


class Lang(StrEnum):
    """In which language the stories are told."""

    en = "en"
    ja = "ja"


def demo(
    *,
    lang: Annotated[Lang, typer.Option(help="In which language to tell it.")] = Lang.en,
    out: Annotated[Path, typer.Option(help="Folder for company A's bundle.")] = Path("out/demo"),
    form: FormatOption = OutputFormat.text,
) -> None:
    """Play company A, company X and their vendor on the embedded AWS; no AWS account is needed."""
    import json
    import os

    from deputize.jobs.demo.run import run_demo

    lines: list[dict[str, str]] = []

    def say(line: Line) -> None:
        if form is OutputFormat.json:
            lines.append({"step": line.step, "text": line.text})
        else:
            typer.echo(f"{line.step:<10}{printable(line.text)}")

    run_demo(os.environ, out, lang.value, say)
    if form is OutputFormat.json:
        typer.echo(json.dumps({"schema": "deputize/demo/1", "lines": lines}, indent=2, ensure_ascii=False))
