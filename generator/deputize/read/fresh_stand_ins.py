"""Roles of different files side by side: stand-ins that mean the same in all of them.

Each reader takes stand-ins that its own file does not have; the other file may have them, as another unknown or as a
text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import count

from deputize.model.world import Document, FoundRole, Text, Unknown
from deputize.read.symbols import free_word

_DIGITS = re.compile(r"[0-9]{12}", re.ASCII)
_PROVIDER = "oidc-provider/"


class FreshStandIns:
    """Stand-ins that none of some roles has as a text: one for each unknown, by its origin and name."""

    def __init__(self, roles: Iterable[FoundRole]) -> None:
        text = "\n".join(one for role in roles for one in _texts(role))
        taken = set(_DIGITS.findall(text))
        self._word = free_word(text)
        self._accounts = (one for number in count(1) if (one := f"{number:012d}") not in taken)
        self._known: dict[tuple[object, ...], tuple[str, str]] = {}

    def of(self, one: Unknown) -> str:
        """In the form of the stand-in that it had: an account, an ARN, or a word."""
        key = one.origin, one.name, one.parameters
        if key not in self._known:
            self._known[key] = next(self._accounts), f"{self._word}{len(self._known) + 1:04d}"
        account, word = self._known[key]
        if not _DIGITS.search(one.stand_in):
            return word
        before, provider, _ = one.stand_in.partition(_PROVIDER)
        return _DIGITS.sub(account, before) + (f"{provider}{word}" if provider else "")


def with_fresh_stand_ins(role: FoundRole, fresh: FreshStandIns) -> FoundRole:
    """The same role, each unknown in it with the stand-in that `fresh` has for it."""
    names = {one.stand_in: fresh.of(one) for one in unknowns_of(role)}
    if not names:
        return role
    pattern = re.compile("|".join(re.escape(one) for one in sorted(names, key=len, reverse=True)))

    def other(text: str) -> str:
        return pattern.sub(lambda found: names[found[0]], text)

    def unknowns(many: tuple[Unknown, ...]) -> tuple[Unknown, ...]:
        return tuple(replace(one, stand_in=names[one.stand_in]) for one in many)

    def document(one: Document) -> Document:
        return replace(one, value=_mapped(one.value, other), unknowns=unknowns(one.unknowns))

    def text(one: Text | None) -> Text | None:
        return None if one is None else replace(one, value=other(one.value))

    return replace(
        role,
        trust=None if role.trust is None else document(role.trust),
        policies=tuple(replace(one, document=document(one.document)) for one in role.policies),
        managed=tuple(replace(one, value=other(one.value)) for one in role.managed),
        boundary=text(role.boundary),
        role_name=text(role.role_name),
        path=text(role.path),
        own_account=None if role.own_account is None else other(role.own_account),
        arns=tuple(map(other, role.arns)),
        unknowns=unknowns(role.unknowns),
    )


def _mapped(value: object, other: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return other(value)
    if isinstance(value, list):
        return [_mapped(one, other) for one in value]
    # A key stays: its place is found by it.
    return {key: _mapped(one, other) for key, one in value.items()} if isinstance(value, dict) else value


def unknowns_of(role: FoundRole) -> Iterator[Unknown]:
    """All unknowns of a role, those of its documents too; some more than once."""
    yield from role.unknowns
    for document in _documents(role):
        yield from document.unknowns


def _documents(role: FoundRole) -> Iterator[Document]:
    if role.trust is not None:
        yield role.trust
    yield from (one.document for one in role.policies)


def _texts(role: FoundRole) -> Iterator[str]:
    yield from (one.compact for one in _documents(role))
    texts = (*role.managed, role.boundary, role.role_name, role.path)
    yield from (one.value for one in texts if one is not None)
    yield from role.arns
