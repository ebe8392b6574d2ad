"""The command line's table: every command by its name."""

from __future__ import annotations

from typing import Annotated

import typer

from deputize.cli.assume import assume
from deputize.cli.boundary import Boundary
from deputize.cli.demo import demo
from deputize.cli.deploy import deploy, destroy
from deputize.cli.explain import explain
from deputize.cli.init import init
from deputize.cli.inspect import inspect
from deputize.cli.lint import lint
from deputize.cli.local import local
from deputize.cli.publish import publish
from deputize.cli.render import render
from deputize.cli.schema import schema
from deputize.cli.tenants import app as tenants
from deputize.cli.verify import verify

app = typer.Typer(
    name="deputize",
    cls=Boundary,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Ask for access to a customer's AWS account with a role that is right, in every format, and proved.",
)


def _version(value: bool) -> None:
    if value:
        from deputize.version import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


app.command()(init)
app.command()(schema)
app.command()(render)
app.command()(lint)
app.command()(explain)
app.command()(inspect)
app.command()(publish)
app.command()(deploy)
app.command()(destroy)
app.command()(verify)
app.add_typer(tenants, name="tenants")
app.command()(assume)
app.command()(local)
app.command()(demo)
