"""A policy document in a template -> JSON with places: functions worked out, then stand-ins put in for unknowns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from deputize.iam.partitions import PARTITIONS
from deputize.iam.policy import Path
from deputize.model.world import Document, Place
from deputize.read.cloudformation.evaluation import Evaluation
from deputize.read.cloudformation.sections import NO_VALUE, intrinsic
from deputize.read.json_text import parse_json
from deputize.read.source import Node, refusal
from deputize.read.symbols import StandIns, is_known, sole_mark
from deputize.read.texts import parsed_text

_ACCOUNT_KEYS = frozenset({"aws:principalaccount", "aws:resourceaccount", "aws:sourceaccount", "kms:calleraccount"})
_ARN_KEYS = frozenset({"aws:principalarn", "aws:sourcearn"})
_ARN = re.compile(r"arn:(aws[a-z-]*):", re.ASCII)
_FIXED = frozenset({"Effect", "Version"})


@dataclass(slots=True)
class Draft:
    """A document whose texts may hold marks."""

    value: object = None
    places: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)


def draft_of(node: Node, evaluation: Evaluation) -> Draft:
    """The document at `node` in the run's branch. Raises InputError for what is not understood."""
    followed = evaluation.followed(node)
    call = intrinsic(followed)
    if call is None and not isinstance(followed.value, str):
        return _DraftBuilder(evaluation, literal=False).draft(followed)
    value = evaluation.value(followed)
    if not isinstance(value, str):
        return Draft(value, {(): followed.place})
    if sole_mark(value) is not None:
        what = f"the policy is not known: it is {evaluation.source.symbols.named(value)}"
        raise refusal(followed.place, what, "give it with --parameter NAME=VALUE")
    evaluation.source.budget.spend(1 + (followed.place.line + len(value)) // 16, followed.place)
    raw = followed if call is None else call[1]
    holder = raw.value[0] if isinstance(raw.value, tuple) and raw.value else raw
    parsed = parsed_text(parse_json, value, holder, evaluation.source.symbols.lines)
    return _DraftBuilder(evaluation, literal=True).draft(parsed)


class _DraftBuilder:
    """literal: the tree was parsed from a text that is worked out already: a function's name in it is a plain key."""

    def __init__(self, evaluation: Evaluation, *, literal: bool) -> None:
        self.evaluation = evaluation
        self.literal = literal
        self.found = Draft()

    def draft(self, node: Node) -> Draft:
        self.found.value = self._value(node, ())
        return self.found

    def _value(self, node: Node, path: Path) -> object:
        if isinstance(node.value, str) and not node.tag:  # most nodes
            self.found.places[path] = node.place
            self.evaluation.source.budget.spend(1, node.place)
            return self.evaluation.scalar(node)
        node = node if self.literal else self.evaluation.followed(node)
        call = None if self.literal else intrinsic(node)
        self.found.places[path] = node.named_at if call is None and not isinstance(node.value, str) else node.place
        if call is not None:
            return self.evaluation.value(node)
        if isinstance(node.value, str):
            return self.evaluation.value(node)
        self.evaluation.source.budget.spend(1, node.place)
        if isinstance(node.value, tuple):
            return self._items(node.value, path)
        return self._entries(node, path)

    def _items(self, nodes: tuple[Node, ...], path: Path) -> list[object]:
        found: list[object] = []
        for one in nodes:
            value = self._value(one, (*path, len(found)))
            if value is not NO_VALUE:
                found.append(value)
        return found

    def _entries(self, node: Node, path: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, one in node.value.items():  # type: ignore[union-attr]  # a mapping: the caller has looked
            inner = (*path, key)
            value = self._value(one, inner)
            if value is not NO_VALUE:
                found[key] = value
                self.found.keys[inner] = one.named_at
        return found


def finished(draft: Draft, stand_ins: StandIns) -> Document:
    """The document with stand-ins for its unknowns. Raises InputError where an unknown may change its form."""
    root = draft.places[()]
    value = draft.value
    if not isinstance(value, dict):
        raise refusal(root, "is no policy document")
    own = stand_ins.apart()
    return Document(_Finish(draft, own).whole(value, ()), draft.places, own.used, draft.keys)


class _Finish:
    """Walks a document by its grammar: what an unknown stands for depends on the element it is in."""

    def __init__(self, draft: Draft, stand_ins: StandIns) -> None:
        self.draft = draft
        self.stand_ins = stand_ins

    def whole(self, value: object, path: Path) -> object:
        """The document, a statement, or anything else that the grammar does not name."""
        if isinstance(value, dict):
            return {self.stand_ins.text(key): self._element(key, one, (*path, key)) for key, one in value.items()}
        if isinstance(value, list):
            return [self.whole(one, (*path, at)) for at, one in enumerate(value)]
        return self.stand_ins.text(value) if isinstance(value, str) else value

    def _element(self, key: str, value: object, path: Path) -> object:
        if key in _FIXED or (key in ("Statement", "Condition", "Principal", "NotPrincipal") and isinstance(value, str)):
            self._check_known(value, path)
        if isinstance(value, dict):
            if key in ("Principal", "NotPrincipal"):
                return {self.stand_ins.text(kind): self._texts(one, _principal(kind)) for kind, one in value.items()}
            if key == "Condition":
                return {self.stand_ins.text(one): self._operator(one, keys) for one, keys in value.items()}
        return self.whole(value, path)

    def _operator(self, operator: str, keys: object) -> object:
        if not isinstance(keys, dict):
            return self._texts(keys, "text")
        return {self.stand_ins.text(key): self._texts(one, _compared(operator, key)) for key, one in keys.items()}

    def _texts(self, value: object, whole: str) -> object:
        if isinstance(value, list):
            return [self._texts(one, whole) for one in value]
        if isinstance(value, dict):
            return {self.stand_ins.text(key): self._texts(one, whole) for key, one in value.items()}
        return self.stand_ins.text(value, whole) if isinstance(value, str) else value

    def _check_known(self, value: object, path: Path) -> None:
        if not isinstance(value, str) or is_known(value):
            return
        place = next(
            self.draft.places[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.draft.places
        )
        name = self.stand_ins.symbols.named(value)
        mend = "give it with --parameter NAME=VALUE" if sole_mark(value) else "write it out"
        raise refusal(place, f"{path[-1]} is not known: it is {name}", mend)


def _principal(kind: str) -> str:
    return {"AWS": "principal", "Federated": "provider"}.get(kind, "text")


def _compared(operator: str, key: str) -> str:
    name = key.lower()
    if name in _ACCOUNT_KEYS:
        return "account"
    return "principal" if name in _ARN_KEYS or "Arn" in operator else "text"


def partition_of(drafts: list[Draft], texts: list[str]) -> str | None:
    """The partition that an ARN in one of these names, the first that is AWS's."""
    for text in (*texts, *(one for draft in drafts for one in _texts(draft.value))):
        found = _ARN.match(text)
        if found is not None and found[1] in PARTITIONS:
            return found[1]
    return None


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting.extend(reversed(one.values()))
        elif isinstance(one, list):
            waiting.extend(reversed(one))
