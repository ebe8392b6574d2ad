"""The policy: trust policies and access policies of any origin are the same frozen types, and have one JSON form.

`iam.grammar` reads them. What it reads knows where it stands: every text is a :class:`Value` with its path, which is
not compared. What is not in IAM's grammar is a :class:`GrammarFault` of its policy or statement: nothing is dropped in
silence.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, Self

VERSION = "2012-10-17"
OLD_VERSION = "2008-10-17"

Effect = Literal["Allow", "Deny"]
Path = tuple[str | int, ...]
FaultKind = Literal[
    "type", "element", "misplaced", "version", "no-statement", "action", "resource", "sid-type", "sid", "empty",
    "no-condition", "value", "number", "operator",
]  # fmt: skip

_OPAQUE: frozenset[FaultKind] = frozenset(("type", "element", "misplaced", "version", "no-statement", "action"))
_ONLY_ODD: frozenset[FaultKind] = frozenset(("no-statement", "action", "resource", "sid", "operator"))


class NotUnderstoodError(ValueError):
    """A document has an element that :meth:`Policy.strict` refuses; the message names it, and quotes no value."""


class Value(str):
    """One text of a policy that was read. path: from the document's root to where it stands."""

    __slots__ = ("path",)
    path: Path

    def __new__(cls, text: str, path: Path) -> Self:
        """A text that stands at `path`."""
        made = super().__new__(cls, text)
        made.path = path
        return made

    def __getnewargs__(self) -> tuple[str, Path]:  # type: ignore[override]  # str's own knows no path
        return str(self), self.path


def path_of(text: str) -> Path:
    """Where a text of a policy stands; () for one that was made, not read."""
    return text.path if isinstance(text, Value) else ()


@dataclass(frozen=True, slots=True)
class GrammarFault:
    """Something that IAM's grammar does not have, or not in this form.

    message: the end of a sentence about the element at `path`; it quotes no value, which may be an external ID. of_key:
    the element's key is at fault, not what it holds.
    """

    kind: FaultKind
    message: str
    path: Path = field(default=(), compare=False)
    of_key: bool = False

    @property
    def is_opaque(self) -> bool:
        """Whether what has it may mean anything, so that nothing can be said about a request."""
        return self.kind in _OPAQUE

    @property
    def sentence(self) -> str:
        """The whole sentence: `Condition.StringEquals is a text, not an object`."""
        owner = "the statement" if self.path[:1] == ("Statement",) else "the policy"
        return f"{'.'.join(map(str, _inner(self.path))) or owner} {self.message}"

    @property
    def placed(self) -> str:
        """The whole sentence with the statement's number: `statement 1: Action is empty`."""
        if self.path[:1] != ("Statement",):
            return self.sentence
        number = self.path[1] if len(self.path) > 1 and isinstance(self.path[1], int) else 0
        inner = ".".join(map(str, _inner(self.path)))
        return f"statement {number + 1}{f': {inner}' if inner else ''} {self.message}"


def _inner(path: Path) -> Path:
    """The path within the statement or, outside one, within the policy; items of lists are not told apart."""
    inner = path[1:] if path[:1] == ("Statement",) else path
    return tuple(one for one in inner if not isinstance(one, int))


@dataclass(frozen=True, slots=True)
class Principal:
    """One principal. kind: AWS, Federated or Service; `*` for a Principal that is a text and not an object."""

    kind: str
    text: str

    @property
    def path(self) -> Path:
        """Where it stands."""
        return path_of(self.text)

    @property
    def is_anyone(self) -> bool:
        """Whether it is everybody: Principal "*", or that for AWS."""
        return self.kind in ("*", "AWS") and self.text == "*"


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator and key with the values that satisfy it; without values where they are none that IAM documents."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. Only a trust policy, or that of a resource, has principals; a trust policy has no resources.

    effect: None when it is neither Allow nor Deny. not_principal, not_action, not_resource: it has NotPrincipal,
    NotAction, NotResource, whose values stand in `principals`, `actions`, `resources`. index: its place among the
    statements, from 0.
    """

    sid: str | None
    effect: Effect | None
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    principals: tuple[Principal, ...] = ()
    conditions: tuple[Condition, ...] = ()
    not_principal: bool = False
    not_action: bool = False
    not_resource: bool = False
    faults: tuple[GrammarFault, ...] = ()
    index: int = field(default=0, compare=False)
    path: Path = field(default=(), compare=False)

    @property
    def is_opaque(self) -> bool:
        """Whether it is not understood, so that it may mean anything."""
        return any(fault.is_opaque for fault in self.faults)

    @property
    def has_clear_actions(self) -> bool:
        """Whether only whom it is about, or under what condition, is not understood, and not which actions."""
        about = {"Principal", "NotPrincipal", "Condition"}
        faults = (one.path[len(self.path) : len(self.path) + 1] for one in self.faults if one.is_opaque)
        return bool(self.actions) and all(one and one[0] in about for one in faults)

    def to_json(self) -> dict[str, object]:
        """The statement as IAM's JSON, keys in the order the documentation writes them."""
        document: dict[str, object] = {} if self.sid is None else {"Sid": self.sid}
        if self.effect is not None:
            document["Effect"] = self.effect
        if self.principals:
            document["NotPrincipal" if self.not_principal else "Principal"] = _principals_json(self.principals)
        document["NotAction" if self.not_action else "Action"] = _one_or_list(self.actions)
        if self.resources:
            document["NotResource" if self.not_resource else "Resource"] = _one_or_list(self.resources)
        if self.conditions:
            operators: dict[str, dict[str, object]] = {}
            for condition in self.conditions:
                operators.setdefault(condition.operator, {})[condition.key] = _one_or_list(condition.values)
            document["Condition"] = operators
        return document


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document. faults: those of its own, not of its statements. identifier: its Id."""

    statements: tuple[Statement, ...]
    version: str | None = VERSION
    identifier: str | None = None
    faults: tuple[GrammarFault, ...] = ()

    @property
    def has_variables(self) -> bool:
        """Whether AWS replaces policy variables in it."""
        return self.version == VERSION

    @property
    def clear_statements(self) -> Iterator[Statement]:
        """The statements that are understood: what an opaque one says tells nothing apart."""
        return (one for one in self.statements if not one.is_opaque)

    @property
    def opaque_fault(self) -> GrammarFault | None:
        """Why nothing at all can be said about it; None when something can."""
        return next((fault for fault in self.faults if fault.is_opaque), None)

    @property
    def all_faults(self) -> Iterator[GrammarFault]:
        """Its own faults, then those of each statement."""
        yield from self.faults
        for statement in self.statements:
            yield from statement.faults

    @property
    def is_understood(self) -> bool:
        """Whether neither it nor any of its statements may mean anything."""
        return not any(fault.is_opaque for fault in self.all_faults)

    def to_json(self) -> dict[str, object]:
        """The document as IAM's JSON: Statement is always a list."""
        head: dict[str, object] = {} if self.version is None else {"Version": self.version}
        if self.identifier is not None:
            head["Id"] = self.identifier
        return {**head, "Statement": [statement.to_json() for statement in self.statements]}

    def compact(self) -> str:
        """The document as compact JSON, the form in which sizes are measured."""
        return compact_json(self.to_json())

    def strict(self) -> Policy:
        """The policy without faults, if it is in the form that deputize writes. Raises NotUnderstoodError for the rest.

        That form has Version 2012-10-17, no Id, texts for values, and neither NotPrincipal, NotAction nor NotResource;
        its principals are AWS's. Whether IAM has its operators, and takes its Sids and ARNs, is no matter of form.
        """
        refused = next(self._refused(), None)
        if refused is not None:
            raise NotUnderstoodError(refused)
        if not any(True for _ in self.all_faults):
            return self
        return replace(self, faults=(), statements=tuple(replace(one, faults=()) for one in self.statements))

    def _refused(self) -> Iterator[str]:
        yield from (fault.placed for fault in self.faults if fault.kind not in (*_ONLY_ODD, "version"))
        if self.identifier is not None:
            yield "the policy has Id"
        if self.version != VERSION:
            yield f"Version is {str(self.version) if self.version else None!r}, not {VERSION!r}"
        for number, one in enumerate(self.statements, 1):
            negated = (
                (one.not_principal, "NotPrincipal"),
                (one.not_action, "NotAction"),
                (one.not_resource, "NotResource"),
            )
            yield from (f"statement {number} has {name}" for is_so, name in negated if is_so)
            yield from (fault.placed for fault in one.faults if fault.kind not in _ONLY_ODD)
            odd = sorted({who.kind for who in one.principals} - {"AWS", "*"})
            if odd:
                yield f"statement {number}: Principal has {', '.join(odd)}"


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """An access policy with the name it has at the role, inline or customer-managed."""

    name: str
    document: Policy


def aws_principals(*texts: str) -> tuple[Principal, ...]:
    """AWS principals: ARNs and account IDs."""
    return tuple(Principal("AWS", text) for text in texts)


_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)  # made once: each policy is measured often


def compact_json(value: object) -> str:
    """JSON without white space; non-ASCII stays as it is, as IAM counts characters."""
    return _COMPACT.encode(value)


def _principals_json(principals: tuple[Principal, ...]) -> object:
    if [one.kind for one in principals] == ["*"]:
        return principals[0].text
    kinds = dict.fromkeys(one.kind for one in principals)
    return {kind: _one_or_list(tuple(one.text for one in principals if one.kind == kind)) for kind in kinds}


def _one_or_list(values: tuple[str, ...]) -> object:
    return values[0] if len(values) == 1 else list(values)
