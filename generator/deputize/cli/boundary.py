"""The one place where an error becomes a message and an exit code, for the real process and for the test runner."""

from __future__ import annotations

import errno
import json
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from deputize.errors import BROKEN_PIPE, INTERRUPTED, DeputizeError, ServiceError

FORMAT_KEY = "deputize.format"


class Boundary(TyperGroup):
    """A command group that ends every run with an exit code from the table in errors.py."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a DeputizeError is told in the form that `--format` asks for."""
        try:
            return super().invoke(ctx)
        except DeputizeError as error:
            print_error(error, as_json=ctx.meta.get(FORMAT_KEY) == "json")
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output has gone; point stdout at nothing so that Python's own flush stays silent.
            sys.stdout = open("/dev/null", "w", encoding="utf-8")  # noqa: PTH123, SIM115
            raise typer.Exit(BROKEN_PIPE) from None
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EIO) or error.filename is not None:
                raise
            # Standard output is full or gone; Python's own flush at the end must not fail once more.
            sys.stdout = open("/dev/null", "w", encoding="utf-8")  # noqa: PTH123, SIM115
            typer.echo(f"error: standard output: cannot be written: {error.strerror}", err=True)
            raise typer.Exit(ServiceError.exit_code) from None


def print_error(error: DeputizeError, *, as_json: bool) -> None:
    """Print every problem of an error: lines on stderr, or one JSON object on stdout."""
    if as_json:
        problems = [{"where": one.where, "what": one.what, "mend": one.mend} for one in error.problems]
        typer.echo(json.dumps({"schema": "deputize/error/1", "code": error.code, "problems": problems}, indent=2))
        return
    for problem in error.problems:
        typer.echo(f"error: {printable(str(problem))}", err=True)


def printable(text: str) -> str:
    """`text` with control characters as escapes: outside text never drives the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
