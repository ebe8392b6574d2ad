"""What is asked of the old code and of the new, and what an answer is: plain values, so that neither owns them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple, TypeAlias

NOWHERE = (0, 0)


class Found(NamedTuple):
    """A finding. subject: the role or policy, or in a bundle the part. place: (line, column), 0 where there is none."""

    rule: str
    severity: str
    subject: str
    file: str
    place: tuple[int, int]

    def __str__(self) -> str:
        at = "" if self.place == NOWHERE else f":{self.place[0]}:{self.place[1]}"
        return f"{self.rule} {self.severity} {self.subject or '-'} {self.file}{at}"


@dataclass(frozen=True, slots=True)
class Expected:
    """What the caller says about the roles. secrets: reads of secrets that are allowed."""

    vendors: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    all_roles: bool = False


@dataclass(frozen=True, slots=True)
class FileQuestion:
    """Lint one file, named by somebody. must_find: an old rule whose bad case it is, empty for any other."""

    id: str
    where: str
    content: bytes
    expected: Expected = field(default_factory=Expected)
    parameters: Mapping[str, str] = field(default_factory=dict)
    must_find: str = ""

    @property
    def digest(self) -> str:
        """Of what is asked, short."""
        return sha256(repr((self.where, self.content, self.expected, dict(self.parameters))).encode()).hexdigest()[:6]


@dataclass(frozen=True, slots=True)
class BundleQuestion:
    """Lint a bundle, and verify it offline.

    vendor, options: it is rendered from these. edits: (path, old text, new text); with no old text the whole file is
    replaced. resealed: whether the sums are made to fit.
    """

    id: str
    vendor: str
    options: Mapping[str, tuple[str, ...]]
    edits: tuple[tuple[str, str, str], ...] = ()
    resealed: bool = False


@dataclass(frozen=True, slots=True)
class RoleQuestion:
    """Verify a role by its policies alone.

    vendor_roles: the only ones of the vendor that may assume it; empty trusts the account. policies: by name. managed:
    ARNs of AWS managed policies.
    """

    id: str
    trust: str
    ids: tuple[str, ...]
    vendor: str
    vendor_roles: tuple[str, ...] = ()
    policies: Mapping[str, Any] = field(default_factory=dict)
    managed: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Of what is asked, short."""
        asked = (self.trust, self.ids, self.vendor, self.vendor_roles, self.policies, self.managed, self.secrets)
        return sha256(repr(asked).encode()).hexdigest()[:6]


@dataclass(frozen=True, slots=True)
class Linted:
    """The answer about a file. roles: (name, whether it was judged as one for third parties), in order of name."""

    found: frozenset[Found]
    roles: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """The answer about a role. kinds: of the access paths that should not be there, in order. stored: by `register`.

    safety is an error's class where the question is refused. hands_out: whether it reads secrets that are not allowed.
    """

    safety: str
    access: str
    kinds: tuple[str, ...] = ()
    stored: bool = False
    hands_out: bool = False


Question: TypeAlias = FileQuestion | BundleQuestion | RoleQuestion


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer about a bundle: both."""

    linted: Linted
    verified: Verified


Answer: TypeAlias = Linted | Verified | Judged


def collapsed(question: FileQuestion, answer: Linted) -> Linted:
    """The answer; of a malformed file that is large without subjects and places, of which there are thousands."""
    if not is_large(question):
        return answer
    return Linted(frozenset(Found(one.rule, one.severity, "", one.file, NOWHERE) for one in answer.found))


def is_large(question: FileQuestion) -> bool:
    """Whether it is one of the malformed files that are made large."""
    return question.id.startswith("malformed/20000/")
