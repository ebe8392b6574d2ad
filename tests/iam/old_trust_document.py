"""The reader of trust policies as it was before `iam.grammar`, kept as an oracle of what is understood.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from deputize.iam.policy import VERSION

_NO_VARIABLES = (None, "2008-10-17")
_ELEMENTS = frozenset(("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"))
_PRINCIPAL_TYPES = frozenset(("AWS", "Federated", "Service"))


@dataclass(frozen=True, slots=True)
class Clause:
    """One operator and key with its values; without values when they are none that IAM documents."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrustStatement:
    """One statement.

    effect: None when it is neither Allow nor Deny. principals: (type, value); Principal "*" is ("*", "*").
    others, other_actions: it says NotPrincipal, NotAction. trouble: what is not understood, in words; the statement may
    then mean anything.
    """

    effect: str | None
    principals: tuple[tuple[str, str], ...] = ()
    others: bool = False
    actions: tuple[str, ...] = ()
    other_actions: bool = False
    clauses: tuple[Clause, ...] = ()
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """A policy. variables: its Version has policy variables. trouble: why nothing can be said about it."""

    statements: tuple[TrustStatement, ...] = ()
    variables: bool = False
    trouble: str | None = None


class _OddError(ValueError):
    """Something that the grammar does not have; the message says what."""


def read_trust(policy: Mapping[str, object] | str) -> TrustPolicy:
    """The trust policy in `policy`: JSON text, or what a JSON parser made of it. Never raises."""
    try:
        fields = _object(_parsed(policy) if isinstance(policy, str) else policy, "the policy")
        _known(fields, frozenset(("Version", "Id", "Statement")), "the policy")
        version = fields.get("Version")
        if version != VERSION and version not in _NO_VARIABLES:
            return TrustPolicy(trouble="its Version is none that AWS documents")
        statements = fields.get("Statement")
        many = statements if isinstance(statements, list | tuple) else [statements]
        if not many or statements is None:
            return TrustPolicy(trouble="it has no Statement")
    except _OddError as odd:
        return TrustPolicy(trouble=str(odd))
    return TrustPolicy(tuple(_statement(one) for one in many), variables=version == VERSION)


def _parsed(text: str) -> object:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            # Which of the two AWS would take is not documented.
            msg = "an element stands there twice"
            raise _OddError(msg)
        return fields

    try:
        return json.loads(text, object_pairs_hook=once)
    except _OddError:
        raise
    except (ValueError, RecursionError):
        msg = "it is not JSON"
        raise _OddError(msg) from None


def _statement(value: object) -> TrustStatement:
    effect = value.get("Effect") if isinstance(value, Mapping) else None
    known_effect = effect if isinstance(effect, str) and effect in ("Allow", "Deny") else None
    try:
        fields = _object(value, "the statement")
        _known(fields, _ELEMENTS, "the statement")
        if known_effect is None:
            return TrustStatement(None, trouble="its Effect is neither Allow nor Deny")
        who, what = _one_of(fields, "Principal", "NotPrincipal"), _one_of(fields, "Action", "NotAction")
        return TrustStatement(
            known_effect,
            principals=_principals(fields[who]),
            others=who == "NotPrincipal",
            actions=_actions(fields[what]),
            other_actions=what == "NotAction",
            clauses=tuple(_clauses(fields.get("Condition", {}))),
        )
    except _OddError as odd:
        return TrustStatement(known_effect, trouble=str(odd))


def _one_of(fields: Mapping[str, object], one: str, other: str) -> str:
    if (one in fields) == (other in fields):
        msg = f"it needs either {one} or {other}"
        raise _OddError(msg)
    return one if one in fields else other


def _principals(value: object) -> tuple[tuple[str, str], ...]:
    if value == "*":
        return (("*", "*"),)
    fields = _object(value, "Principal")
    _known(fields, _PRINCIPAL_TYPES, "Principal")
    found = tuple((kind, one) for kind, names in fields.items() for one in _texts(names, "Principal"))
    if not found:
        msg = "its Principal names nobody"
        raise _OddError(msg)
    return found


def _actions(value: object) -> tuple[str, ...]:
    actions = _texts(value, "Action")
    if any("${" in one or (":" not in one and one != "*") for one in actions):
        msg = "an Action names no service"
        raise _OddError(msg)
    return actions


def _clauses(value: object) -> Iterable[Clause]:
    for operator, keys in _object(value, "Condition").items():
        if not _object(keys, "Condition"):
            yield Clause(operator, "", ())
        for key, values in _object(keys, "Condition").items():
            yield Clause(operator, key, _values(values))


def _values(value: object) -> tuple[str, ...]:
    many = value if isinstance(value, list | tuple) else [value]
    texts = tuple(_text(one) for one in many)
    return () if None in texts else tuple(one for one in texts if one is not None)


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    return value if isinstance(value, str) else None


def _texts(value: object, where: str) -> tuple[str, ...]:
    many = value if isinstance(value, list | tuple) else [value]
    texts = tuple(one for one in many if isinstance(one, str))
    if not texts or len(texts) < len(many):
        msg = f"{where} holds something that is no text"
        raise _OddError(msg)
    return texts


def _object(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        msg = f"{where} is no JSON object"
        raise _OddError(msg)
    return value


def _known(fields: Mapping[str, object], known: frozenset[str], where: str) -> None:
    if not fields.keys() <= known:
        msg = f"{where} has an element that a trust policy does not have"
        raise _OddError(msg)
