"""What a report says beside the findings: the lines they point to, which roles were judged, and what was suppressed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from deputize.model.values import Finding, LintReport, Severity

_BYTE, _BMP = 0xFF, 0xFFFF


@dataclass(frozen=True, slots=True)
class Located:
    """A finding with the role that it is about and the line that it points to, both empty where there is none."""

    finding: Finding
    role: str = ""
    excerpt: str = ""

    @property
    def plain(self) -> Located:
        """The finding and its line alone, by which it is known again."""
        return Located(self.finding, excerpt=self.excerpt)


@dataclass(frozen=True, slots=True)
class RoleLine:
    """Whether the rules for roles that a third party may assume judged this one, and why."""

    where: str
    name: str
    judged: bool
    why: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that does not count. by: `config`, `baseline` or `file`, which said so. reason: as it was given."""

    located: Located
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class WaivedLine:
    """Somebody whom a role trusts and who is not judged as a third party. by: the option or line that says so."""

    where: str
    line: int
    role: str
    what: str
    by: str


@dataclass(frozen=True, slots=True)
class Details:
    """Everything of a run that is no finding.

    excerpts: the lines that findings point to, by file and number.
    files: every judged file by name, those without a finding too. unjudged: files of which nothing was judged, and a
    finding of each says why. skipped: files in folders that are no template or policy. left: hidden folders, links and
    the like in folders, which nobody followed. waived: who is trusted and is not judged as a third party.
    """

    excerpts: Mapping[tuple[str, int], str] = field(default_factory=dict)
    roles: tuple[RoleLine, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    files: tuple[str, ...] = ()
    unjudged: int = 0
    skipped: int = 0
    left: int = 0
    waived: tuple[WaivedLine, ...] = ()

    def excerpt(self, finding: Finding) -> str:
        """The line that a finding points to, empty where it is not known."""
        return self.excerpts.get((finding.where, finding.line or 0), "")


def ordered(findings: tuple[Finding, ...]) -> list[Finding]:
    """Findings by place, the worst first where places are the same."""
    return sorted(findings, key=_place)


def counts(findings: tuple[Finding, ...]) -> dict[Severity, int]:
    """How many there are of each severity."""
    found = Counter(one.severity for one in findings)
    return {severity: found[severity] for severity in Severity}


def failing(report: LintReport, fail_on: Severity) -> bool:
    """Whether any finding is as bad as `fail_on`, or worse."""
    return any(as_bad(one, fail_on) for one in report.findings)


def as_bad(finding: Finding, fail_on: Severity) -> bool:
    """Whether a finding is as bad as `fail_on`, or worse."""
    weight = list(Severity)
    return weight.index(finding.severity) <= weight.index(fail_on)


def fingerprints(found: Iterable[Located]) -> dict[Located, str]:
    """A digest of each finding (plain) that stays the same while only its line moves.

    Equal findings are told apart by their order. It covers rule, file, message and the text of the line: who hides a
    finding by it hides nothing else.
    """
    seen: Counter[str] = Counter()
    prints = {}
    for one in sorted({each.plain for each in found}, key=lambda each: _place(each.finding)):
        said = (one.finding.rule, one.finding.where, one.finding.message, one.excerpt.strip())
        key = json.dumps(said)
        prints[one] = hashlib.sha256(json.dumps((*said, seen[key])).encode()).hexdigest()
        seen[key] += 1
    return prints


def inert(text: str) -> str:
    """`text` with every character escaped that is not printable: controls, line breaks, bidi and zero-width marks."""
    return text if text.isprintable() else "".join(_inert(text))


def _inert(text: str) -> Iterator[str]:
    for character in text:
        yield character if character.isprintable() else _escape(ord(character))


def _escape(code: int) -> str:
    if code <= _BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _BMP else f"\\U{code:08x}"


def _place(one: Finding) -> tuple[str, int, int, int, str, str]:
    weight = list(Severity)
    return one.where, one.line or 0, weight.index(one.severity), one.column or 0, one.rule, one.message
