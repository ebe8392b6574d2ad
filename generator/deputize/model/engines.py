"""What another engine says of a file, before it becomes findings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EngineMatch:
    """One place that an engine's rule is about; line and column are counted from 1."""

    rule: str
    message: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class EngineResult:
    """All matches of a run. failure: why it came to none; empty when it did.

    unfinished: why the engine was ended, or not run, by a limit of ours: no fault of the file.
    """

    matches: tuple[EngineMatch, ...] = ()
    failure: str = ""
    unfinished: str = ""
    mend: str = ""
