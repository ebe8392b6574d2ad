"""A rule of our own: what it looks for, why, how to mend it, and a good and a bad case that prove it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from deputize.model.values import Finding, Severity

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a rule is broken; `where` is the part of the subject, empty for all of it."""

    what: str
    where: str = ""


Check = Callable[[S], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class Rule(Generic[S]):
    """One rule about a subject of type S.

    why: what goes wrong without it. reference: the page that says so. good, bad: make a subject that the rule is silent
    about, and one that it finds; a test runs both.
    """

    id: str
    severity: Severity
    title: str
    why: str
    mend: str
    reference: str
    good: Callable[[], S]
    bad: Callable[[], S]
    check: Check[S]

    def findings(self, subject: S, where: str, *, strict: bool = False) -> Iterator[Finding]:
        """What the rule has to say about `subject`, which is at `where`; with `strict` a warning is an error."""
        severity = Severity.ERROR if strict and self.severity is Severity.WARNING else self.severity
        for hit in self.check(subject):
            place = ": ".join(part for part in (where, hit.where) if part)
            yield Finding(self.id, severity, place, hit.what, self.mend)


def some(names: list[str] | tuple[str, ...], shown: int = 5) -> str:
    """`a, b, c` or, when there are many, `a, b, c, d, e and 7 more`."""
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")
