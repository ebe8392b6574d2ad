"""What the registry's commands print while roles are checked and after, and the exit code of checks."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from deputize.cli.options import OutputFormat
from deputize.cli.printing import print_result, say
from deputize.errors import OK

if TYPE_CHECKING:
    from deputize.jobs.tenants.commands import Run
    from deputize.jobs.tenants.outcomes import RoleCheck


def print_checks(checks: Sequence[RoleCheck], form: OutputFormat, *, handed_in: bool = False) -> None:
    """What became of each role: on stdout what is verified, on stderr why the others are not; then the exit code.

    handed_in: the tenant sent the role and waits for an answer, so what it may be told is printed too.
    """
    from deputize.jobs.tenants.result import checks_as_json, exit_code

    if form is OutputFormat.json:
        print_result(form, checks_as_json(checks), ())
    else:
        _print_each(checks, form, handed_in=handed_in)
    if (code := exit_code(checks)) != OK:
        raise typer.Exit(code)


def print_run(run: Run, form: OutputFormat) -> None:
    """The same of a run over all roles, with what a person has to decide, and why the run stopped itself if it did."""
    from deputize.jobs.tenants.result import checks_as_json, exit_code

    if form is OutputFormat.json:
        print_result(form, checks_as_json(run.checks, run.stopped), ())
    else:
        _print_each(run.checks, form)
    for line in run.reminders:
        say(f"note: {line}")
    for line in run.lapsing:
        say(f"warning: {line}")
    for problem in () if run.stopped is None or form is OutputFormat.json else run.stopped.problems:
        say(f"error: {problem}")
    if (code := exit_code(run.checks, run.stopped)) != OK:
        raise typer.Exit(code)


def _print_each(checks: Sequence[RoleCheck], form: OutputFormat, *, handed_in: bool = False) -> None:
    from deputize.jobs.tenants.result import counts_as_lines, refused_lines, stored_line

    for one in checks:
        if one.stored:
            print_result(form, {}, [stored_line(one)])
        for line in () if one.stored else refused_lines(one, handed_in=handed_in):
            say(line)
    for line in counts_as_lines(checks) if len(checks) > 1 else ():
        say(line)


class _Progress:
    """A counter on the terminal, none elsewhere, with the rate since it was made and the time that is left."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, done: int, of: int) -> None:
        """Tell that so many of so many roles are done."""
        if not sys.stderr.isatty() or of <= 1:
            return
        each = (time.monotonic() - self._began) / done
        left = f", {1 / max(each, 1e-3):.1f} a second, about {each * (of - done) / 60:.0f} min left"
        text = f"{done} of {of} roles" + (left if done < of else "")
        typer.echo(f"\r{text:<70}" + ("\n" if done == of else ""), err=True, nl=False)


show_progress = _Progress()


def show_resumed(since: str, done: int) -> None:
    """That an interrupted run is taken up, and what it leaves out."""
    what = f"resuming the run of {since}: {done} already checked and left out"
    typer.echo(f"note: {what}; --anew looks at all", err=True)
