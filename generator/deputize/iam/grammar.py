"""IAM's policy grammar: any JSON -> a :class:`Policy`, every value with its path, every fault with its reason.

Nothing is raised for what a document holds: what is not understood is a fault of its policy or statement.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from deputize.iam.arn import completed_arn
from deputize.iam.json_values import is_number, items_at, text_of, type_of
from deputize.iam.operators import parse_operator
from deputize.iam.policy import (
    OLD_VERSION,
    VERSION,
    Condition,
    Effect,
    FaultKind,
    GrammarFault,
    Path,
    Policy,
    Principal,
    Statement,
    Value,
)
from deputize.iam.spelling import meant, operator_meant

PolicyKind = Literal["trust", "access", "any"]
"""What a policy belongs to: a role's trust, an identity or a permissions boundary, or nobody says."""

_POLICY = ("Version", "Id", "Statement")
_WHO, _WHAT, _ON = ("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")
_STATEMENT = ("Sid", "Effect", *_WHO, *_WHAT, *_ON, "Condition")
_EFFECTS: Mapping[str, Effect] = {"Allow": "Allow", "Deny": "Deny"}
_PRINCIPAL_TYPES = ("AWS", "Federated", "Service")
_TEXTS = "not a text or a list of texts"
_SID = re.compile(r"[A-Za-z0-9]*", re.ASCII)
_ARN = re.compile(r"arn:[^:]+:[^:]*:[^:]*:[^:]*:.*|\*", re.ASCII | re.DOTALL)
_ACTION = re.compile(r"\*|[^:\s]+:[^:\s]+", re.ASCII)


def read_policy(document: object, kind: PolicyKind = "any", stand_ins: Sequence[str] = ()) -> Policy:
    """The policy in `document`: JSON text, what a JSON parser made of it, or a policy that was read already.

    stand_ins: texts in place of what the document does not hold; where one stands, the form of an action or resource of
    an access policy, or of a Sid, is not judged. Never raises.
    """
    if isinstance(document, Policy):
        return document
    if isinstance(document, str):
        found = _parsed(document)
        if isinstance(found, GrammarFault):
            return Policy((), None, faults=(found,))
        document = found
    if not isinstance(document, Mapping):
        return Policy((), None, faults=(GrammarFault("type", f"is {type_of(document)}, not an object"),))
    return _Reader(kind, stand_ins).policy(document)


def policy_from_json(document: object) -> Policy:
    """IAM's JSON as a Policy in the form that deputize writes. Raises NotUnderstoodError for everything else."""
    if isinstance(document, str):
        return Policy((), faults=(GrammarFault("type", "is a text, not an object"),)).strict()
    return read_policy(document).strict()


def _parsed(text: str) -> object:
    twice = False

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal twice
        fields = dict(pairs)
        twice = twice or len(fields) < len(pairs)
        return fields

    try:
        found = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return GrammarFault("type", "is not JSON")
    # Which of the two AWS would take is not documented.
    return GrammarFault("element", "has an element twice") if twice else found


class _Reader:
    """Reads one policy of a kind. faults: those of what is being read."""

    def __init__(self, kind: PolicyKind, stand_ins: Sequence[str]) -> None:
        self.kind = kind
        self.stand_ins = stand_ins
        self.faults: list[GrammarFault] = []

    def policy(self, fields: Mapping[object, object]) -> Policy:
        self._elements(fields, _POLICY, ())
        version = fields.get("Version")
        if version not in (None, VERSION, OLD_VERSION):
            self._fault("version", "is none that AWS documents", ("Version",))
        found = fields.get("Statement")
        many = list(items_at(found, ("Statement",)))
        if not many:
            self._fault("type" if found is None else "no-statement", "has no Statement", ())
        own = self._taken()
        statements = _with_repeated_sids(self._statement(one, path, at) for at, (path, one) in enumerate(many))
        return Policy(
            statements,
            None if version is None else Value(_key(version), ("Version",)),
            None if "Id" not in fields else Value(_key(fields["Id"]), ("Id",)),
            own,
        )

    def _statement(self, value: object, path: Path, index: int) -> Statement:
        if not isinstance(value, Mapping):
            self._fault("type", f"is {type_of(value)}, not an object", path)
            return Statement(None, None, faults=self._taken(), index=index, path=path)
        self._elements(value, _STATEMENT, path)
        effect = _EFFECTS.get(_key(value.get("Effect")))
        if "Effect" not in value:
            self._fault("type", "has no Effect", path)
        elif effect is None:
            self._fault("type", "is neither Allow nor Deny", (*path, "Effect"))
        who, what, on = (self._chosen(value, pair, path) for pair in (_WHO, _WHAT, _ON))
        return Statement(
            sid=self._sid(value, path),
            effect=effect,
            actions=tuple(self._texts(value, what, path)),
            resources=tuple(self._texts(value, on, path)),
            principals=tuple(self._principals(value.get(who), (*path, who))) if who in value else (),
            conditions=tuple(self._conditions(value["Condition"], (*path, "Condition")))
            if "Condition" in value
            else (),
            not_principal=who == "NotPrincipal",
            not_action=what == "NotAction",
            not_resource=on == "NotResource",
            faults=self._taken(),
            index=index,
            path=path,
        )

    def _chosen(self, fields: Mapping[object, object], pair: tuple[str, str], path: Path) -> str:
        """Which of an element and its opposite the statement has; it must have just one where its kind has any."""
        plain, negated = pair
        if plain in fields and negated in fields:
            self._fault("type", f"has both {plain} and {negated}", path)
        elif plain not in fields and negated not in fields and self._is_needed(plain):
            self._fault("type", f"has neither {plain} nor {negated}", path)
        return negated if plain not in fields and negated in fields else plain

    def _is_needed(self, element: str) -> bool:
        return {"Principal": self.kind == "trust", "Resource": self.kind == "access"}.get(element, True)

    def _elements(self, fields: Mapping[object, object], known: tuple[str, ...], path: Path) -> None:
        owner = "statement" if path else "policy"
        for key in fields:
            at = (*path, str(key))
            if not isinstance(key, str):
                self._fault("element", "is a name that is no text", at, of_key=True)
            elif key not in known:
                self._fault("element", f"is no element of a {owner}{meant(key, known)}", at, of_key=True)
            elif (self.kind, key) in _MISPLACED:
                self._fault("misplaced", _MISPLACED[self.kind, key], at, of_key=True)

    def _sid(self, fields: Mapping[object, object], path: Path) -> str | None:
        sid, at = fields.get("Sid"), (*path, "Sid")
        if sid is None:
            return None
        if not isinstance(sid, str):
            self._fault("sid-type", f"is {type_of(sid)}, not a text", at)
            return None
        if not _SID.fullmatch(sid) and not self._has_stand_in(sid):
            self._fault("sid", "has more than letters and digits", at)
        return Value(sid, at)

    def _texts(self, fields: Mapping[object, object], element: str, path: Path) -> Iterator[Value]:
        if element not in fields:
            return
        at = (*path, element)
        value = fields[element]
        self._only_texts(value, at)
        for where, one in items_at(value, at):
            if isinstance(one, str):
                whole = completed_arn(one) if element in _ON and self.kind == "access" else one
                self._form(element, whole, where)
                yield Value(whole, where)

    def _form(self, element: str, text: str, at: Path) -> None:
        """Fault an action that names no service, or a resource that is no ARN."""
        if element in _WHAT:
            is_trusts = self.kind == "trust" and ("${" in text or (":" not in text and text != "*"))
            is_access = self.kind == "access" and not _ACTION.fullmatch(text) and not self._has_stand_in(text)
            if is_trusts or is_access:
                self._fault("action", "is no action: service:Name", at)
        elif self.kind == "access" and not _ARN.fullmatch(text) and not self._has_stand_in(text):
            self._fault("resource", "is no ARN and not *", at)

    def _only_texts(self, value: object, at: Path) -> None:
        many = [one for _, one in items_at(value, at)] if isinstance(value, list | tuple) else [value]
        odd = next((one for one in many if not isinstance(one, str)), None)
        if not many:
            self._fault("type", f"is an empty list, {_TEXTS}", at)
        elif not all(isinstance(one, str) for one in many):
            what = f"a list with {type_of(odd)}" if isinstance(value, list | tuple) else type_of(value)
            self._fault("type", f"is {what}, {_TEXTS}", at)

    def _principals(self, value: object, at: Path) -> Iterator[Principal]:
        if isinstance(value, str):
            if value != "*":
                self._fault("type", "is a text, not an object", at)
            yield Principal("*", Value(value, at))
        elif isinstance(value, Mapping) and value:
            for kind, names in value.items():
                yield from self._of_kind(str(kind), names, (*at, str(kind)))
        else:
            self._fault("type", "names nobody" if value == {} else f"is {type_of(value)}, not an object", at)

    def _of_kind(self, kind: str, names: object, at: Path) -> Iterator[Principal]:
        if kind not in _PRINCIPAL_TYPES:
            self._fault("element", "is no type of principal", at, of_key=True)
        self._only_texts(names, at)
        for where, one in items_at(names, at):
            if isinstance(one, str) or is_number(one):
                yield Principal(kind, Value(text_of(one), where))

    def _conditions(self, value: object, at: Path) -> Iterator[Condition]:
        if not isinstance(value, Mapping):
            self._fault("type", f"is {type_of(value)}, not an object" if value else "is empty", at)
            return
        if not value:
            self._fault("no-condition", "is empty", at)
        for operator, keys in value.items():
            where = (*at, str(operator))
            if parse_operator(str(operator)) is None:
                self._fault("operator", f"is no condition operator{operator_meant(str(operator))}", where, of_key=True)
            if isinstance(keys, Mapping) and keys:
                yield from self._keys(Value(str(operator), where), keys, where)
            elif isinstance(keys, Mapping):
                self._fault("empty", "compares no key", where, of_key=True)
                yield Condition(Value(str(operator), where), "", ())
            else:
                self._fault("type", f"is {type_of(keys)}, not an object" if keys else "is empty", where)

    def _keys(self, operator: Value, keys: Mapping[object, object], at: Path) -> Iterator[Condition]:
        if not all(isinstance(key, str) for key in keys):
            self._fault("type", "has a name that is no text", at)
        for key, values in keys.items():
            where = (*at, str(key))
            yield Condition(operator, Value(str(key), where), self._values(values, where))

    def _values(self, value: object, at: Path) -> tuple[Value, ...]:
        many = list(items_at(value, at)) if isinstance(value, list | tuple) else [(at, value)]
        odd = next((one for _, one in many if not isinstance(one, str)), None)
        whole = all(isinstance(one, str) or is_number(one) for _, one in many)
        if not many:
            self._fault("value", f"is an empty list, {_TEXTS}", at)
        elif not all(isinstance(one, str) for _, one in many):
            what = f"a list with {type_of(odd)}" if isinstance(value, list | tuple) else type_of(value)
            self._fault("number" if whole else "value", f"is {what}, {_TEXTS}", at)
        return tuple(Value(text_of(one), where) for where, one in many) if whole else ()

    def _has_stand_in(self, text: str) -> bool:
        return any(one in text for one in self.stand_ins)

    def _fault(self, kind: FaultKind, message: str, path: Path, *, of_key: bool = False) -> None:
        self.faults.append(GrammarFault(kind, message, path, of_key))

    def _taken(self) -> tuple[GrammarFault, ...]:
        found, self.faults = tuple(self.faults), []
        return found


_MISPLACED: Mapping[tuple[PolicyKind, str], str] = {
    **{("trust", one): "does not belong in a trust policy, which is about its own role" for one in _ON},
    **{("access", one): "belongs to the policy of a resource or of a role's trust only" for one in _WHO},
}


def _key(value: object) -> str:
    return value if isinstance(value, str) else ""


def _with_repeated_sids(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """The statements, each whose Sid an earlier one has with that fault."""
    seen: set[str] = set()
    found: list[Statement] = []
    for statement in statements:
        repeats = bool(statement.sid) and statement.sid in seen
        fault = GrammarFault("sid", "is that of another statement too", (*statement.path, "Sid"))
        found.append(replace(statement, faults=(*statement.faults, fault)) if repeats else statement)
        seen.add(statement.sid or "")
    return tuple(found)
