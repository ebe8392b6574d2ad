"""Every exception of deputize, each with its exit code: the one table that README shows and scripts rely on.

Problems with an input are values (:class:`Problem`) until the edge; an exception only stops the run. A subclass
of :class:`DeputizeError` carries all problems of its input at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with an input.

    where: file, line, field or option, as a person would point to it.
    what: what is wrong, with the offending value.
    mend: what to do about it; empty when `what` already says so.
    """

    where: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"; {self.mend}" if self.mend else "")


class DeputizeError(Exception):
    """Base of everything deputize raises on purpose; `exit_code` is the process's."""

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "bug"
    meaning: ClassVar[str] = "a bug in deputize: please report the traceback"

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class UsageError(DeputizeError):
    """The command line itself is wrong: an option missing, or two that exclude each other."""

    exit_code = 2
    code = "usage"
    meaning = "usage: an option or argument is missing, unknown or contradicts another"


class InputError(DeputizeError):
    """vendor.yaml, a tenant, a template or another input is invalid; nothing was written."""

    exit_code = 3
    code = "invalid-input"
    meaning = "invalid input: nothing was written, every problem is listed"


class LintError(DeputizeError):
    """The input is well formed, but lint found errors in it."""

    exit_code = 4
    code = "lint"
    meaning = "lint findings"


class ServiceError(DeputizeError):
    """AWS or a tool refused, failed or could not be reached."""

    exit_code = 5
    code = "service"
    meaning = "AWS or a tool refused, failed or could not be tested"


class ProvedWrongError(DeputizeError):
    """A claim was tested and is false (vulnerable, too wide, tampered) or stays open (unproved, unsettled)."""

    exit_code = 6
    code = "proved-wrong"
    meaning = (
        "not safe: proved wrong (vulnerable, too wide, tampered) or not proved (unproved, unsettled);"
        " the JSON tells which"
    )


class DiffersError(DeputizeError):
    """What is there is not what would be written: stale, edited by hand, drifted."""

    exit_code = 7
    code = "differs"
    meaning = "differs from what is there: stale, drifted, or it would overwrite what is not ours"


OK = 0
INTERRUPTED = 130
BROKEN_PIPE = 141

ERRORS: tuple[type[DeputizeError], ...] = (
    DeputizeError,
    UsageError,
    InputError,
    LintError,
    ServiceError,
    ProvedWrongError,
    DiffersError,
)

EXIT_CODES: dict[int, str] = {
    OK: "ok",
    **{error.exit_code: error.meaning for error in ERRORS},
    INTERRUPTED: "interrupted with Ctrl-C, or the question was answered with no",
    BROKEN_PIPE: "the reader of the output has gone, as after `| head -1`",
}
