"""What `deputize render` prints while its job works: results on stdout, the talk on stderr."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer

from deputize.cli.boundary import print_error, printable
from deputize.cli.options import OutputFormat
from deputize.errors import InputError, Problem

if TYPE_CHECKING:
    from deputize.jobs.render.run import Written
    from deputize.model.values import Finding

_MOST_FINDINGS = 20
_QUIET_SECONDS = 1.0


class RenderOutput:
    """Prints bundles as they come (text), or one JSON object at the end; findings go to stderr, each once."""

    def __init__(self, schema: str, form: OutputFormat, *, many: bool) -> None:
        self._schema = schema
        self._json = form is OutputFormat.json
        self._progress = many and sys.stderr.isatty()
        self._rows: list[dict[str, str]] = []
        self._findings: list[Finding] = []
        self._refused: tuple[Problem, ...] = ()
        self._count = 0
        self._more = 0
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()
        if self._more:
            typer.echo(f"... and {self._more} more warnings and notes", err=True)
        if self._json and error is None:
            told = {"bundles": self._rows, "findings": [asdict(finding) for finding in self._findings]}
            problems = [{"where": one.where, "what": one.what, "mend": one.mend} for one in self._refused]
            typer.echo(json.dumps({"schema": self._schema, **told, "problems": problems}, indent=2))
        elif error is None:
            print_error(InputError(*self._refused), as_json=False)
        if error is None and self._refused:
            raise typer.Exit(InputError.exit_code)

    def refused(self, problems: tuple[Problem, ...]) -> None:
        """Take the problems of tenants that were left out; they are told at the end, and the run exits with 3."""
        self._refused = problems

    def note(self, text: str) -> None:
        """Say something on stderr, on a line of its own."""
        self._clear()
        typer.echo(printable(f"note: {text}"), err=True)

    def say(self, what: Finding | Written) -> None:
        """Take one thing the job says."""
        from deputize.model.values import Finding

        if isinstance(what, Finding):
            self._finding(what)
        else:
            self._written(what)

    def _clear(self) -> None:
        if self._progress and self._count:
            typer.echo("\r\033[K", err=True, nl=False)

    def _written(self, written: Written) -> None:
        self._count += 1
        if self._json:
            self._rows.append({"tenant": written.tenant, "path": str(written.path), "outcome": written.outcome})
        else:
            typer.echo(str(written.path))
        if self._progress and self._count % 100 == 0 and time.monotonic() - self._started > _QUIET_SECONDS:
            typer.echo(f"\r{self._count} bundles", err=True, nl=False)

    def _finding(self, finding: Finding) -> None:
        if self._json:
            self._findings.append(finding)
        elif len(self._findings) < _MOST_FINDINGS:
            mend = f"; {finding.mend}" if finding.mend else ""
            line = f"{finding.severity}: {finding.where}: {finding.message} [{finding.rule}]{mend}"
            typer.echo(printable(line), err=True)
            self._findings.append(finding)
        else:
            self._more += 1
