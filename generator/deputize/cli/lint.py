"""`deputize lint`: is the text right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deputize.cli.options import Format, FormatOption, StrictOption

_FINDINGS = 4


def lint(
    paths: Annotated[
        list[Path], typer.Argument(help="Bundles: folders, zip archives, or a folder of bundles.", metavar="PATH...")
    ],
    *,
    strict: StrictOption = False,
    require: Annotated[
        list[str] | None, typer.Option(help="Fail when this engine did not run; may be repeated.", metavar="ENGINE")
    ] = None,
    plugin_dir: Annotated[
        Path | None, typer.Option(envvar="DEPUTIZE_TF_PLUGIN_DIR", help="A provider mirror for terraform.")
    ] = None,
    form: FormatOption = Format.text,
) -> None:
    """Judge bundles with every engine at hand; exit 4 when there are errors."""
    import json
    import os
    import sys

    from deputize.jobs.lint import LintOptions, lint_paths
    from deputize.lint.report import as_json, as_text

    mirror = None if plugin_dir is None else str(plugin_dir)
    report = lint_paths(tuple(paths), LintOptions(strict, os.environ, mirror, tuple(require or ())))
    if form is Format.json:
        typer.echo(json.dumps(as_json(report), indent=2))
    else:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        typer.echo(as_text(report, colour=colour), nl=False)
    if report.failed:
        raise typer.Exit(_FINDINGS)
