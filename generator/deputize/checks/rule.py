"""A rule: what it looks for, why, how to mend it, and a text that one edit makes wrong, which proves that it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from deputize.iam.limits import Limit
from deputize.model.expectations import Expectation
from deputize.model.values import Finding, Severity
from deputize.model.world import Place

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a rule is broken.

    place: in a file, or the name of what it is in; None is the file as a whole. severity, mend: None is the rule's own.
    claim: what the judged file itself says in its favour: it makes an error a warning, which quotes it. actions: all
    that it is about, where the message names the first alone.
    """

    message: str
    place: Place | str | None = None
    severity: Severity | None = None
    claim: str = ""
    mend: str | None = None
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A file that no rule has an error, a warning or a note about, and the edit after which one rule has.

    text: the file's content, read by the reader of files of any origin. old: stands in it once; new: what the edit puts
    there. expected: what the caller expects of both. notes: ids of rules whose notes are unavoidable in both.
    """

    text: str
    old: str
    new: str
    expected: Expectation = field(default_factory=Expectation)
    notes: tuple[str, ...] = ()

    @property
    def good(self) -> str:
        """The content before the edit."""
        return self.text

    @property
    def bad(self) -> str:
        """The content after the edit."""
        return self.text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class BundleExample:
    """An edit of one file of a rendered bundle, which no rule finds anything in before.

    path: of the file. old, new: what is replaced throughout by what; an empty `old` is the whole file. sealed: whether
    the manifest's sums are made to fit after the edit. has_manifest: without one the bundle is wrong before the edit.
    """

    path: str
    old: str
    new: str
    sealed: bool = True
    has_manifest: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEntry:
    """One rule for people. why: what goes wrong without it. reference: the page that says so.

    suppressible: the worst severity at which a judged file may say that its finding does not count; None is none.
    """

    id: str
    severity: Severity
    title: str
    why: str
    mend: str
    reference: str
    suppressible: Severity | None = Severity.ERROR

    def finding(
        self,
        message: str,
        where: str | Place,
        *,
        mend: str | None = None,
        severity: Severity | None = None,
        actions: tuple[str, ...] = (),
    ) -> Finding:
        """A finding of this rule at a place in a file, or about all that `where` names."""
        file, line, column = (where, None, None) if isinstance(where, str) else where
        return Finding(
            self.id,
            severity or self.severity,
            file,
            message,
            self.mend if mend is None else mend,
            line=line,
            column=column,
            actions=actions,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(RuleEntry, Generic[S]):
    """One rule about a subject of type S.

    severity: in roles and policies that third parties get. elsewhere: in others; None does not ask there.
    leaves_open: what it finds leaves open what a role may do, so that its known actions are no more than a part.
    """

    check: Callable[[S], Iterator[Hit]]
    example: Example | BundleExample
    elsewhere: Severity | None = None
    leaves_open: bool = False


def findings_of(rule: Rule[S], subject: S, file: str, *, third_party: bool = True) -> Iterator[Finding]:
    """What the rule has to say about `subject`, which is in `file`. third_party: whether a third party gets it."""
    severity = rule.severity if third_party else rule.elsewhere
    if severity is not None:
        for hit in rule.check(subject):
            found = hit.severity or severity
            if hit.claim and found is Severity.ERROR:
                found = Severity.WARNING
            message = f"{hit.message} ({hit.claim})" if hit.claim else hit.message
            yield rule.finding(message, hit.place or file, mend=hit.mend, severity=found, actions=hit.actions)


def over(limit: Limit, size: int) -> str | None:
    """Why `size` is outside the limit, or None when it is not."""
    if limit.low <= size <= limit.high:
        return None
    return f"has {size:,} {limit.unit}; AWS takes {limit.low:,} to {limit.high:,}"


def some(many: Sequence[T], shown: int = 5, told: Callable[[T], str] = str) -> str:
    """`a, b, c` or, when there are many, `a, b, c, d, e and 7 more`; each as it is `told`."""
    more = len(many) - shown
    return ", ".join(map(told, many[:shown])) + (f" and {more} more" if more > 0 else "")
