"""What one file of any origin came to: the roles and policies that it asks IAM for, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field

from deputize.errors import InputError
from deputize.model.world import FoundPolicy, FoundRole, NotUnderstood, Place
from deputize.read.source import Node, UnreadError


def not_understood(error: InputError, place: Place) -> NotUnderstood:
    """What a reader refuses, as a value: at the error's own place, or at `place` when it has none."""
    problem = error.problems[0]
    return NotUnderstood(error.place if isinstance(error, UnreadError) else place, problem.what, problem.mend)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """What one file came to.

    kind: `template`, `trust`, `access`, `role`, `bundle`, `terraform`, or `other`: none of them. refused: what could
    not be read. unjudged: what may make or change a role, and nobody looked at it, as a macro. notes: what the file
    is or has that makes no role for a third party, as a bucket's policy.
    is_spent: it comes to more than deputize works out, so that nothing else should try.
    tree: its root as parsed, for what is judged of the text as it stands; None when it could not be parsed.
    embedded: the templates of its stack sets.
    """

    kind: str
    roles: tuple[FoundRole, ...] = ()
    policies: tuple[FoundPolicy, ...] = ()
    refused: tuple[NotUnderstood, ...] = ()
    unjudged: tuple[NotUnderstood, ...] = ()
    notes: tuple[NotUnderstood, ...] = ()
    is_spent: bool = False
    tree: Node | None = field(default=None, compare=False, repr=False)
    embedded: tuple[Node, ...] = field(default=(), compare=False, repr=False)
