"""Actions of a statement in groups: those that every term of both sides, and AWS's documentation, sees alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deputize.iam.actions import expand
from deputize.iam.contain.cells import Named, kinds_of
from deputize.iam.contain.documented import documented
from deputize.iam.contain.terms import Term


def near(own: Term, patterns: Sequence[str], terms: Named) -> Named:
    """The terms that may apply to a request that patterns of a statement are about, on its resources."""
    return tuple(
        (is_new, one)
        for is_new, one in terms
        if one is own or (not all(map(one.is_apart_from, patterns)) and not one.resources.is_apart_from(own.resources))
    )


def by_names(own: Term, patterns: Sequence[str], terms: Named) -> Iterator[tuple[Named, tuple[str, ...]]]:
    """The catalogue's actions that patterns of a statement stand for, by the terms that name them."""
    found: dict[tuple[bool, ...], list[str]] = {}
    for action in _actions(own, patterns):
        found.setdefault(tuple(one.names(action) for _, one in terms), []).append(action)
    for names, actions in found.items():
        yield tuple(one for one, is_named in zip(terms, names, strict=True) if is_named), tuple(actions)


def by_documentation(named: Named, actions: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The same actions, by the kinds of resources and the condition keys that are documented for them."""
    keys = {atom.key for _, term in named for atom in term.atoms if atom.key}
    is_any = all(one.is_everything for _, term in named for one in term.resources.patterns)
    found: dict[object, list[str]] = {}
    for action in actions:
        known = documented(action)
        carried = tuple(key for key in keys if known.may_carry(key))
        found.setdefault((carried, None if is_any else kinds_of(known, named)), []).append(action)
    yield from map(tuple, found.values())


def _actions(own: Term, patterns: Sequence[str]) -> tuple[str, ...]:
    if own.statement.not_action:
        return tuple(action for action in expand("*") if own.names(action))
    return tuple(dict.fromkeys(action for pattern in patterns for action in expand(pattern)))
