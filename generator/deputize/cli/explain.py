"""`deputize explain`: what a role can do, and who may assume it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deputize.cli.options import remember_format


class ExplainFormat(StrEnum):
    """The form of the explanation on stdout."""

    text = "text"
    markdown = "markdown"
    json = "json"


def explain(
    path: Annotated[
        Path,
        typer.Argument(
            help="A bundle, a template, a policy or an answer of `aws iam`; - is standard input.",
            metavar="BUNDLE|FILE|-",
            show_default=False,
        ),
    ],
    *,
    role: Annotated[str | None, typer.Option(help="Tell of this role only.", metavar="LOGICAL-ID")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option(help="The value of a template's parameter.", metavar="NAME=VALUE")
    ] = None,
    form: Annotated[
        ExplainFormat,
        typer.Option("--format", help="Form of the explanation on stdout.", callback=remember_format, is_eager=True),
    ] = ExplainFormat.text,
) -> None:
    """Tell who may assume a role and what it may do then; nothing is judged."""
    from deputize.jobs.explain.run import explain as told_of
    from deputize.jobs.lint.settings import parameters_of

    found = told_of(path, parameters_of(parameter or (), None), role)
    if form is ExplainFormat.json:
        import json

        from deputize.jobs.explain.result import as_json

        typer.echo(json.dumps(as_json(found), indent=2))
        return
    from deputize.jobs.explain.text import as_markdown, as_text

    typer.echo(as_markdown(found) if form is ExplainFormat.markdown else as_text(found), nl=False)
