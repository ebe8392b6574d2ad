"""The two sides of a comparison of access, and what it may find: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deputize.iam.allowed import IdentityPolicy
from deputize.iam.policy import Statement

Kind = Literal["wider", "later", "undocumented", "untold"]
"""wider: a request that AWS documents. later: of an action that AWS may add, or that the catalogue does not have.
undocumented: only with a resource or condition key that AWS does not document for the action. untold: nothing is
proved, so it counts as wider."""


@dataclass(frozen=True, slots=True)
class Side:
    """All that one role or person has. boundary: its permissions boundary, None where it has none."""

    policies: tuple[IdentityPolicy, ...]
    boundary: IdentityPolicy | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One request. resource: an ARN, or `*` for an action that has none. context: values by condition key."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Widening:
    """What a statement of NEW allows that OLD does not.

    policy: the place of its policy among NEW's. statement: None where it is a policy as a whole. actions: that are
    newly allowed on something, sorted; patterns for what AWS may add later. request: an example, about which
    `evaluate` says that NEW allows it and OLD does not; None where nothing is proved. why: the end of a sentence.
    """

    kind: Kind
    policy: int
    statement: Statement | None
    actions: tuple[str, ...] = ()
    request: Request | None = None
    why: str = ""
