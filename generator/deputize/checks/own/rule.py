"""A rule about our own bundle's role, with cases that make its subject; it goes when those rules do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from deputize.checks.rule import RuleEntry, some
from deputize.model.values import Finding, Severity

__all__ = ["Hit", "Rule", "some"]

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a rule is broken; `where` is the part of the subject, empty for all of it."""

    what: str
    where: str = ""


Check = Callable[[S], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class Rule(RuleEntry, Generic[S]):
    """One rule about a subject of type S. good, bad: make a subject that it is silent about, and one that it finds."""

    good: Callable[[], S]
    bad: Callable[[], S]
    check: Check[S]

    def findings(self, subject: S, where: str, *, strict: bool = False) -> Iterator[Finding]:
        """What the rule has to say about `subject`, which is at `where`; with `strict` a warning is an error."""
        severity = Severity.ERROR if strict and self.severity is Severity.WARNING else self.severity
        for hit in self.check(subject):
            place = ": ".join(part for part in (where, hit.where) if part)
            yield Finding(self.id, severity, place, hit.what, self.mend)
