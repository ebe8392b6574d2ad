"""An access policy of any origin as the rules see it: each statement and action with its place.

What is not well formed is left out here and told by access_grammar.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deputize.checks.rule import some
from deputize.model.display import printable
from deputize.read.found import Document, Path, Unknown
from deputize.read.source import Place

# What a resource's last part begins with when that is a kind of thing, and not a name as in `my-bucket/*`.
_KINDS = frozenset(
    ("cluster", "db", "function", "group", "instance", "instance-profile", "key", "log-group", "parameter", "policy")
) | frozenset(("project", "repository", "role", "secret", "stack", "stateMachine", "table", "task-definition", "user"))


@dataclass(frozen=True, slots=True)
class Said:
    """One text of a policy."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Stated:
    """One statement. others, other_resources: it says NotAction, NotResource. conditional: it has a Condition."""

    effect: str
    actions: tuple[Said, ...]
    resources: tuple[Said, ...]
    place: Place
    others: bool = False
    other_resources: bool = False
    conditional: bool = False
    sid: str = ""


def statements_of(document: Document) -> tuple[Stated, ...]:
    """The statements of the policy, as far as each is one."""
    return tuple(_stated(one, path, document) for path, one in elements_of(document) if isinstance(one, Mapping))


def unknown_in(text: str, unknowns: Sequence[Unknown]) -> Unknown | None:
    """What in `text` the file does not hold: the first such thing."""
    return next((one for one in unknowns if one.stand_in in text), None)


def named(text: str, unknowns: Sequence[Unknown]) -> str:
    """`text` for a person: what the file does not hold as `${Name}`."""
    for one in unknowns:
        text = text.replace(one.stand_in, f"${{{one.name}}}")
    return text


def elements_of(document: Document) -> Iterator[tuple[Path, object]]:
    """What stands where a statement should, with its path, whether there is one or a list."""
    fields = document.value if isinstance(document.value, Mapping) else {}
    found = fields.get("Statement")
    if isinstance(found, list):
        yield from ((("Statement", at), one) for at, one in enumerate(found))
    elif found is not None:
        yield ("Statement",), found


def _stated(fields: Mapping[str, object], path: Path, document: Document) -> Stated:
    others = "NotAction" in fields and "Action" not in fields
    other_resources = "NotResource" in fields and "Resource" not in fields
    effect = fields.get("Effect")
    return Stated(
        effect if isinstance(effect, str) else "",
        tuple(_said(fields, "NotAction" if others else "Action", path, document)),
        tuple(_said(fields, "NotResource" if other_resources else "Resource", path, document)),
        document.key((*path, "NotAction")) if others else document.place(path),
        others,
        other_resources,
        bool(fields.get("Condition")),
        sid if isinstance(sid := fields.get("Sid"), str) else "",
    )


def _said(fields: Mapping[str, object], key: str, path: Path, document: Document) -> Iterator[Said]:
    for at, one in each_of(fields.get(key), (*path, key)):
        if isinstance(one, str):
            yield Said(one, document.place(at))


def each_of(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    """What stands at `path`, item by item with its path where it is a list."""
    if isinstance(value, list):
        yield from (((*path, at), one) for at, one in enumerate(value))
    elif value is not None:
        yield path, value


def scope_of(statement: Stated, unknowns: Sequence[Unknown]) -> str:
    """On what a statement allows its actions: ` on *`, ` on arn:aws:s3:::bucket/* (under a condition)`."""
    texts = tuple(printable(named(one.text, unknowns), 120) for one in statement.resources)
    but = "everything but " if statement.other_resources else ""
    return f" on {but}{some(texts, 3)}{' (under a condition)' if statement.conditional else ''}" if texts else ""


def is_wide(statement: Stated) -> bool:
    """Whether the statement is for every resource of some kind in the account, not for named ones."""
    return statement.other_resources or any(_is_wide(one.text) for one in statement.resources)


def _is_wide(resource: str) -> bool:
    """`*`, `arn:aws:s3:::*`, `arn:aws:iam::*:role/*`: the last part names nothing, or only a kind."""
    last = resource.split(":", 5)[-1]
    kind, separator, name = last.partition("/")
    if not separator:
        kind, separator, name = last.partition(":")
    return last.startswith("*") or (bool(separator) and name.startswith("*") and "arn:" in resource and kind in _KINDS)
