"""Hits that know their place in the file, and the findings that they become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from deputize.checks.rule import Hit, Rule
from deputize.model.values import Finding, Severity
from deputize.model.world import Place

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class HitThere(Hit):
    """A place in a file where a rule is broken; None for the file as a whole.

    claim: what the judged file itself says in its favour: it makes an error a warning, which quotes it.
    """

    place: Place | None = None
    claim: str = ""


def placed(rule: Rule[S], subject: S, file: str, *, eased: bool = False) -> Iterator[Finding]:
    """What the rule has to say about `subject`, which is in `file`; `eased` makes an error a warning."""
    for hit in rule.check(subject):
        place, claim = (hit.place, hit.claim) if isinstance(hit, HitThere) else (None, "")
        severity = Severity.WARNING if (eased or claim) and rule.severity is Severity.ERROR else rule.severity
        what = f"{hit.what} ({claim})" if claim else hit.what
        where, line, column = (file, None, None) if place is None else (place.file, place.line, place.column)
        yield Finding(rule.id, severity, where, what, rule.mend, line=line, column=column)
