"""How a command talks while AWS is changed: lines on stderr, and a question that only `--yes` answers elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from deputize.cli.printing import say
from deputize.errors import Problem, UsageError

if TYPE_CHECKING:
    from deputize.jobs.talk import Talk


def talk(*, yes: bool) -> Talk:
    """To a person on the terminal; `yes`: who has agreed already."""
    from deputize.jobs.talk import Talk

    return Talk(say, lambda question, mend: yes or agrees(question, mend))


def agrees(question: str, mend: str) -> bool:
    """Whether a person agrees. Raises UsageError where nobody can be asked."""
    if not sys.stdin.isatty():
        raise UsageError(Problem("--yes", "is missing, and there is no terminal to ask on", mend))
    typer.echo(f"{question} [y/N] ", err=True, nl=False)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
