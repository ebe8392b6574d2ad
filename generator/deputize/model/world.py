"""What is judged: the roles and policies of one reading, as plain JSON, each value with its place, unknowns named.

The rooms that judge (trust evaluation, expansion of actions) work on JSON whose texts are known. So a reader puts a
*stand-in* where a text is not known: legal for that place, the same wherever the same unknown stands, and like no other
text of the file. What is proved of a stand-in under StringEquals holds for every value; what else a value may be
(empty, a default that all share) is in its :class:`Unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from deputize.iam.grammar import read_policy
from deputize.iam.policy import Path, Policy, compact_json


class Place(NamedTuple):
    """Where something stands: the file as the caller names it, line and column counted from 1.

    A tuple, which is made in half the time: every scalar of a file has one.
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Origin(StrEnum):
    """Where a text comes from that the file does not hold."""

    PARAMETER = "parameter"
    PSEUDO = "pseudo parameter"
    RESOURCE = "resource"
    IMPORT = "import"
    DYNAMIC = "dynamic reference"
    FUNCTION = "function"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A text that the file does not hold.

    name: as the file has it (`ExternalId`, `AWS::AccountId`). stand_in: the text in its place. default: a parameter's
    own; it stands for the text in no document. admits_empty: whether the parameter's constraints let it be empty.
    no_echo: as declared. allowed: the only texts that it may be, where the file lists them. parameters: on which a
    function's value depends.
    """

    name: str
    origin: Origin
    stand_in: str
    place: Place
    default: str | None = None
    admits_empty: bool = True
    no_echo: bool = False
    allowed: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A policy document: `value` as a JSON parser gives it. As a policy it is read once, by IAM's grammar.

    places: of every element, by its path from the root: of a text the text, of a list or an object its key. keys: of
    every key, by the path of its element.
    """

    value: object
    places: Mapping[Path, Place]
    unknowns: tuple[Unknown, ...] = ()
    keys: Mapping[Path, Place] = field(default_factory=dict)

    @cached_property
    def compact(self) -> str:
        """Its JSON without white space, as IAM counts characters."""
        return compact_json(self.value)

    @cached_property
    def access_policy(self) -> Policy:
        """The access policy that it is, with its faults."""
        return read_policy(self.value, "access", tuple(one.stand_in for one in self.unknowns))

    @cached_property
    def trust_policy(self) -> Policy:
        """The trust policy that it is, with its faults."""
        return read_policy(self.value, "trust")

    def place(self, path: Path) -> Place:
        """Where the element at `path` stands, or the nearest one around it."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path]

    def key(self, path: Path) -> Place:
        """Where the key of the element at `path` stands, or the element itself where it has none."""
        return self.keys.get(path) or self.place(path)


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a role that is no document: a managed policy's ARN, the boundary, a name."""

    value: str
    place: Place


@dataclass(frozen=True, slots=True)
class FoundPolicy:
    """A policy: inline, managed by the file itself, or alone in its file.

    name: as the file calls it: a resource's logical ID, otherwise the policy's own name. role_unknown: it may be given
    to a role of the file, by a name that the file does not hold. policy_name, path: as IAM will know it; None where the
    file does not say, or says it under a condition that nothing else depends on.
    """

    name: str
    document: Document
    delivery: str  # "inline", "managed", "alone"
    role_unknown: bool = False
    policy_name: Text | None = None
    path: Text | None = None


@dataclass(frozen=True, slots=True)
class FoundRole:
    """A role that a file creates or describes, in one branch of its conditions.

    name: logical ID, role name or file. branch: which conditions hold, as `IsProd and not HasBoundary`; empty where
    there are none. own_account: the stand-in, or the ID, of the account that the role is in; None when the file does
    not tell. partition: None when the file does not tell; `aws` then stands in ARNs.
    is_stored: IAM answered that it has it so. arns: each by which policies of
    the file may name the role, the one with its own name and path last. deployed_from: the accounts whose stack sets
    make it: who deploys them there has its account in hand, and is no third party. limit: why its policies are those
    of all branches at once; None where this is one branch.
    """

    name: str
    place: Place
    trust: Document | None
    policies: tuple[FoundPolicy, ...] = ()
    managed: tuple[Text, ...] = ()
    boundary: Text | None = None
    max_session: int | None = None
    own_account: str | None = None
    partition: str | None = None
    branch: str = ""
    unknowns: tuple[Unknown, ...] = ()
    role_name: Text | None = None
    path: Text | None = None
    description: Text | None = None
    tags: tuple[tuple[Text, Text], ...] = ()
    is_stored: bool = False
    arns: tuple[str, ...] = ()
    deployed_from: tuple[str, ...] = ()
    limit: NotUnderstood | None = None

    @property
    def known_name(self) -> str:
        """The name that the file gives it; empty where it gives none, or leaves it open."""
        name = "" if self.role_name is None else self.role_name.value
        return "" if any(one.stand_in in name for one in self.unknowns) else name


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Something in a file that could change the judgement and cannot be read: always an error, never silence."""

    place: Place
    what: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """All roles and policies of one reading.

    A role is there once for each branch of its file's conditions; the account that it is made in is its `own_account`.
    policies: those that no role of the reading is known to have. is_lone_trust: it is one trust policy, of a role that
    nobody knows. has_lone_policies: its policies stand in no template.
    """

    roles: tuple[FoundRole, ...] = ()
    policies: tuple[FoundPolicy, ...] = ()
    is_lone_trust: bool = False
    has_lone_policies: bool = True
