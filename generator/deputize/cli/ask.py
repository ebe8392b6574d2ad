"""Asking before AWS is changed: on a terminal a question, elsewhere only `--yes` will do."""

from __future__ import annotations

import sys

import typer

from deputize.errors import Problem, UsageError


def may_go_on(question: str, *, yes: bool, mend: str) -> bool:
    """Whether to go on. Raises UsageError where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(Problem("--yes", "is missing, and there is no terminal to ask on", mend))
    typer.echo(f"{question} [y/N] ", err=True, nl=False)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
