"""The exact answer for requests whose action every statement of both sides sees alike: one that NEW allows and OLD not.

Resources are told apart by the patterns that stand for them, conditions by the situations of their keys; what is free
may be either way, so that a difference which rests on it is no proof of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from deputize.iam.contain.documented import NO_RESOURCE, Documented
from deputize.iam.contain.parts import TooManyError, told_apart
from deputize.iam.contain.situations import Atom, Choice, contexts, situations_of
from deputize.iam.contain.terms import Term
from deputize.iam.denials import ResourceSet
from deputize.iam.wildcards import resource_matches

_MOST = 2**13
"""Combinations of situations that are tried out for one kind of request."""

Named = tuple[tuple[bool, Term], ...]
"""Terms whose actions hold for an action, each with whether it is NEW's."""


@dataclass(frozen=True, slots=True)
class Case:
    """A term of one side, as a request of one kind meets it. atoms: that must hold for it to apply."""

    new: bool
    term: Term
    atoms: tuple[Atom, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A request that NEW allows and OLD does not. is_sure: nothing that is free decides it."""

    resource: str
    context: tuple[tuple[str, str], ...]
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Bounds:
    """Whether each side has a boundary."""

    old: bool
    new: bool


def differences(own: Term, named: Named, action: Documented, bounds: Bounds) -> Iterator[Difference]:
    """Requests that the Allow `own` of NEW allows and OLD does not, one for each kind of resource; none is a proof.

    Raises TooManyError where there is too much to tell apart.
    """
    seen: set[object] = set()
    for resource in resources_of(action, named):
        cases = tuple(_on(resource, named))
        met = tuple((one.term, one.atoms) for one in cases)
        if met not in seen and any(one.term is own for one in cases):
            seen.add(met)
            found = _difference(own, cases, action, bounds)
            if found is not None:
                yield Difference(resource, *found)


def resources_of(action: Documented, named: Named) -> Iterator[str]:
    """One resource for each combination of the terms' patterns that the action's resources can match."""
    whole = {one.whole for _, term in named for one in term.resources.patterns if not one.is_everything}
    patterns = tuple(tuple(one.split(":", 5)) for one in sorted(whole))
    for domain in action.domains:
        if domain == NO_RESOURCE:
            yield NO_RESOURCE
        else:
            yield from told_apart(tuple(domain.split(":", 5)), patterns)


def kinds_of(action: Documented, named: Named) -> frozenset[tuple[int, ...]]:
    """What the terms see of the resources of an action: for each kind, which of them hold, or may hold, for it."""
    return frozenset(
        tuple(at for at, (_, term) in enumerate(named) if next(_on(resource, ((True, term),)), None) is not None)
        for resource in resources_of(action, named)
    )


def _on(resource: str, named: Named) -> Iterator[Case]:
    """The terms that hold for a resource; where what is not known leaves that open, that is free."""
    for is_new, term in named:
        is_hit, open_ones = _hit(resource, term.resources)
        if open_ones and not is_hit:
            # NotResource is free as well, and no other way round than Resource.
            what = f"{'not ' if term.resources.negated else ''}on {' '.join(open_ones)}"
            yield Case(is_new, term, (*term.atoms, Atom.of_what(what)))
        elif is_hit is not term.resources.negated:
            yield Case(is_new, term, term.atoms)


def _hit(resource: str, resources: ResourceSet) -> tuple[bool, list[str]]:
    """Whether some pattern stands for a resource, and the patterns of which that is not known."""
    is_hit, open_ones = False, set()
    for pattern in resources.patterns:
        if pattern.is_settled:
            is_hit = is_hit or resource_matches(pattern.widest, resource)
        elif pattern.is_shifting or resource_matches(pattern.widest, resource):
            open_ones.add(pattern.written)
    return is_hit, sorted(open_ones)


def _difference(
    own: Term, cases: Sequence[Case], action: Documented, bounds: Bounds
) -> tuple[tuple[tuple[str, str], ...], bool] | None:
    """The context of a request that makes the difference, one that is sure where there is any; None where none does."""
    found = situations_of((atom for one in cases for atom in one.atoms), action)
    if prod(len(one.options) for one in found.choices) << len(found.free) > _MOST:
        raise TooManyError
    unsure = None
    for picks in product(*(range(len(one.options)) for one in found.choices)):
        settled = _truths(found.choices, picks)
        outcomes = {
            _differs(own, cases, {**settled, **dict(zip(found.free, truths, strict=True))}, bounds)
            for truths in product((True, False), repeat=len(found.free))
        }
        if True not in outcomes:
            continue
        context = tuple(contexts(found.choices, picks))
        is_doubtful = any(pick in one.doubtful for one, pick in zip(found.choices, picks, strict=True))
        if outcomes == {True} and not is_doubtful:
            return context, True
        unsure = unsure or (context, False)
    return unsure


def _truths(choices: Sequence[Choice], picks: Sequence[int]) -> dict[Atom, bool]:
    return {atom: row[pick] for choice, pick in zip(choices, picks, strict=True) for atom, row in choice.truths.items()}


def _differs(own: Term, cases: Sequence[Case], truths: Mapping[Atom, bool], bounds: Bounds) -> bool:
    met = [one for one in cases if all(truths[atom] for atom in one.atoms)]
    return (
        any(one.term is own for one in met)
        and _allowed((one.term for one in met if one.new), is_bounded=bounds.new)
        and not _allowed((one.term for one in met if not one.new), is_bounded=bounds.old)
    )


def _allowed(terms: Iterable[Term], *, is_bounded: bool) -> bool:
    own = {(one.layer, one.allows) for one in terms}
    if ("identity", False) in own or ("boundary", False) in own:
        return False
    return ("identity", True) in own and (not is_bounded or ("boundary", True) in own)
