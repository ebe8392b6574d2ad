"""The values that rooms hand each other: files, findings and engine reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# Relative path with forward slashes -> content. Iteration order is the order in which a bundle lists them.
Files = Mapping[str, bytes]


class Severity(StrEnum):
    """How bad a finding is; the order of definition is the order of weight."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing lint has to say.

    rule: the rule's ID (`trust-external-id`, or an engine's own such as `E3530`).
    where: file, and line where known, or the part of the model.
    """

    rule: str
    severity: Severity
    where: str
    message: str
    mend: str = ""
    engine: str = "deputize"
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class EngineReport:
    """Whether an engine judged the input: `skipped` is the reason, empty when it ran."""

    name: str
    version: str = ""
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class LintReport:
    """All findings of a run, with what each engine did."""

    findings: tuple[Finding, ...]
    engines: tuple[EngineReport, ...]

    @property
    def failed(self) -> bool:
        """Whether any finding is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)
