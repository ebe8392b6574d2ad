"""The exact answer for requests whose action every statement of both sides sees alike: one that NEW allows and OLD not.

Resources are told apart by the patterns that stand for them; what conditions make of it is told by `cases`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deputize.iam.contain.cases import Bounds, StatementCase, difference
from deputize.iam.contain.documented import NO_RESOURCE, Documented
from deputize.iam.contain.parts import told_apart
from deputize.iam.contain.situations import Atom
from deputize.iam.contain.terms import Term
from deputize.iam.denials import ResourceSet
from deputize.iam.wildcards import resource_matches

Named = tuple[tuple[bool, Term], ...]
"""Terms whose actions hold for an action, each with whether it is NEW's."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A request that NEW allows and OLD does not. is_sure: nothing that is free decides it."""

    resource: str
    context: tuple[tuple[str, str], ...]
    is_sure: bool


def differences(own: Term, named: Named, action: Documented, bounds: Bounds) -> Iterator[Difference]:
    """Requests that the Allow `own` of NEW allows and OLD does not, one for each kind of resource; none is a proof.

    Raises TooManyCellsError where there is too much to tell apart.
    """
    seen: set[frozenset[StatementCase]] = set()
    for resource in resources_of(action, named):
        cases = frozenset(_on(resource, named, own))
        if cases not in seen and any(one.is_own for one in cases):
            seen.add(cases)
            found = difference(cases, action, bounds)
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
        tuple(at for at, (_, term) in enumerate(named) if next(_on(resource, ((True, term),), term), None) is not None)
        for resource in resources_of(action, named)
    )


def _on(resource: str, named: Named, own: Term) -> Iterator[StatementCase]:
    """The terms that hold for a resource; where what is not known leaves that open, that is free."""
    for is_new, term in named:
        is_hit, open_ones = _hit(resource, term.resources)
        if open_ones and not is_hit:
            # NotResource is free as well, and no other way round than Resource.
            what = f"{'not ' if term.resources.negated else ''}on {' '.join(open_ones)}"
            atoms = (*term.atoms, Atom.of_what(what))
            yield StatementCase(is_new, term.layer, term.allows, frozenset(atoms), is_own=term is own)
        elif is_hit is not term.resources.negated:
            yield StatementCase(is_new, term.layer, term.allows, frozenset(term.atoms), is_own=term is own)


def _hit(resource: str, resources: ResourceSet) -> tuple[bool, list[str]]:
    """Whether some pattern stands for a resource, and the patterns of which that is not known."""
    is_hit, open_ones = False, set()
    for pattern in resources.patterns:
        if pattern.is_settled:
            is_hit = is_hit or resource_matches(pattern.widest, resource)
        elif pattern.is_shifting or resource_matches(pattern.widest, resource):
            open_ones.add(pattern.written)
    return is_hit, sorted(open_ones)
