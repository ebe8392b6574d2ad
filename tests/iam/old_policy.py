"""The strict policy grammar as it was before `iam.grammar`, kept as an oracle of what is accepted.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

VERSION = "2012-10-17"

Effect = Literal["Allow", "Deny"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator and key with the values that satisfy it."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `principals` are AWS principals and only a trust policy has any; it has no `resources`."""

    sid: str | None
    effect: Effect
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The statement as IAM's JSON, keys in the order the documentation writes them."""
        document: dict[str, object] = {} if self.sid is None else {"Sid": self.sid}
        document["Effect"] = self.effect
        if self.principals:
            document["Principal"] = {"AWS": _one_or_list(self.principals)}
        document["Action"] = _one_or_list(self.actions)
        if self.resources:
            document["Resource"] = _one_or_list(self.resources)
        if self.conditions:
            operators: dict[str, dict[str, object]] = {}
            for condition in self.conditions:
                operators.setdefault(condition.operator, {})[condition.key] = _one_or_list(condition.values)
            document["Condition"] = operators
        return document


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document: Version 2012-10-17 and at least one statement."""

    statements: tuple[Statement, ...]

    def to_json(self) -> dict[str, object]:
        """The document as IAM's JSON: Statement is always a list."""
        return {"Version": VERSION, "Statement": [statement.to_json() for statement in self.statements]}

    def compact(self) -> str:
        """The document as compact JSON, the form in which sizes are measured."""
        return compact_json(self.to_json())


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """An access policy with the name it has at the role, inline or customer-managed."""

    name: str
    document: Policy


class NotUnderstoodError(ValueError):
    """A document has an element outside the grammar that :class:`Policy` holds; the message names it."""


_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)  # made once: each policy is measured often


def compact_json(value: object) -> str:
    """JSON without white space; non-ASCII stays as it is, as IAM counts characters."""
    return _COMPACT.encode(value)


def policy_from_json(document: object) -> Policy:
    """Read IAM's JSON into a :class:`Policy`, nothing dropped.

    Accepts Statement and values as one or as a list. Raises NotUnderstoodError for every element that the frozen
    form cannot hold (NotAction, NotPrincipal, Federated ..., another Version): what is not understood is refused.
    """
    fields = _mapping(document, "the policy")
    _only(fields, {"Version", "Statement"}, "the policy")
    if fields.get("Version") != VERSION:
        msg = f"Version is {fields.get('Version')!r}, not {VERSION!r}"
        raise NotUnderstoodError(msg)
    statements = fields.get("Statement")
    many = statements if isinstance(statements, list) else [statements]
    return Policy(tuple(_statement(item, number) for number, item in enumerate(many, 1)))


def _statement(item: object, number: int) -> Statement:
    where = f"statement {number}"
    fields = _mapping(item, where)
    _only(fields, {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}, where)
    effect = fields.get("Effect")
    if effect not in ("Allow", "Deny"):
        msg = f"{where}: Effect is {effect!r}" if isinstance(effect, str) else f"{where}: Effect is {_type(effect)}"
        raise NotUnderstoodError(msg)
    sid = fields.get("Sid")
    if sid is not None and not isinstance(sid, str):
        msg = f"{where}: Sid is {_type(sid)}, not a text"
        raise NotUnderstoodError(msg)
    return Statement(
        sid=sid,
        effect="Allow" if effect == "Allow" else "Deny",
        actions=_texts(fields.get("Action"), f"{where}: Action"),
        resources=_texts(fields["Resource"], f"{where}: Resource") if "Resource" in fields else (),
        principals=_principals(fields["Principal"], where) if "Principal" in fields else (),
        conditions=_conditions(fields["Condition"], where) if "Condition" in fields else (),
    )


def _principals(value: object, where: str) -> tuple[str, ...]:
    if value == "*":
        return ("*",)
    fields = _mapping(value, f"{where}: Principal")
    _only(fields, {"AWS"}, f"{where}: Principal")
    return _texts(fields.get("AWS"), f"{where}: Principal.AWS")


def _conditions(value: object, where: str) -> tuple[Condition, ...]:
    found = []
    if not value:
        msg = f"{where}: Condition is empty"
        raise NotUnderstoodError(msg)
    for operator, keys in _mapping(value, f"{where}: Condition").items():
        if not keys:
            msg = f"{where}: Condition.{operator} is empty"
            raise NotUnderstoodError(msg)
        for key, values in _mapping(keys, f"{where}: Condition.{operator}").items():
            found.append(Condition(operator, key, _texts(values, f"{where}: Condition.{operator}.{key}")))
    return tuple(found)


def _texts(value: object, where: str) -> tuple[str, ...]:
    many = value if isinstance(value, list) else [value]
    odd = [one for one in many if not isinstance(one, str)]
    if odd or not many:
        what = "an empty list" if not many else f"a list with {_type(odd[0])}" if many is value else _type(value)
        msg = f"{where} is {what}, not a text or a list of texts"
        raise NotUnderstoodError(msg)
    return tuple(many)


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        msg = f"{where} is {_type(value)}, not an object"
        raise NotUnderstoodError(msg)
    if not all(isinstance(key, str) for key in value):
        msg = f"{where} has a name that is no text"
        raise NotUnderstoodError(msg)
    return value


def _type(value: object) -> str:
    """The type of what stands in the wrong place; the value itself may be another tenant's external ID."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case Mapping():
            return "an object"
    return "a list" if isinstance(value, list | tuple) else f"of the type {type(value).__name__}"


def _only(fields: Mapping[str, object], known: set[str], where: str) -> None:
    unknown = sorted(fields.keys() - known)
    if unknown:
        msg = f"{where} has {', '.join(unknown)}"
        raise NotUnderstoodError(msg)


def _one_or_list(values: tuple[str, ...]) -> object:
    return values[0] if len(values) == 1 else list(values)
