"""The statements of an access policy of any origin: where each stands, on what it is, and how wide."""

from __future__ import annotations

from collections.abc import Sequence

from deputize.checks.rule import some
from deputize.iam.policy import Statement
from deputize.model.display import printable
from deputize.model.world import Document, Place, Unknown

# What a resource's last part begins with when that is a kind of thing, and not a name as in `my-bucket/*`.
_KINDS = frozenset(
    ("cluster", "db", "function", "group", "instance", "instance-profile", "key", "log-group", "parameter", "policy")
) | frozenset(("project", "repository", "role", "secret", "stack", "stateMachine", "table", "task-definition", "user"))


def place_of(statement: Statement, document: Document) -> Place:
    """Where a statement stands, or its NotAction."""
    return document.key((*statement.path, "NotAction")) if statement.not_action else document.place(statement.path)


def unknown_in(text: str, unknowns: Sequence[Unknown]) -> Unknown | None:
    """What in `text` the file does not hold: the first such thing."""
    return next((one for one in unknowns if one.stand_in in text), None)


def named(text: str, unknowns: Sequence[Unknown]) -> str:
    """`text` for a person: what the file does not hold as `${Name}`."""
    for one in unknowns:
        text = text.replace(one.stand_in, f"${{{one.name}}}")
    return text


def scope_of(statement: Statement, unknowns: Sequence[Unknown]) -> str:
    """On what a statement allows its actions: ` on *`, ` on arn:aws:s3:::bucket/* (under a condition)`."""
    texts = tuple(printable(named(one, unknowns), 120) for one in statement.resources)
    but = "everything but " if statement.not_resource else ""
    return f" on {but}{some(texts, 3)}{' (under a condition)' if statement.conditions else ''}" if texts else ""


def is_wide(statement: Statement) -> bool:
    """Whether the statement is for every resource of some kind in the account, not for named ones."""
    return statement.not_resource or any(_is_wide(one) for one in statement.resources)


def _is_wide(resource: str) -> bool:
    """`*`, `arn:aws:s3:::*`, `arn:aws:iam::*:role/*`: the last part names nothing, or only a kind."""
    last = resource.split(":", 5)[-1]
    kind, separator, name = last.partition("/")
    if not separator:
        kind, separator, name = last.partition(":")
    return last.startswith("*") or (bool(separator) and name.startswith("*") and "arn:" in resource and kind in _KINDS)
