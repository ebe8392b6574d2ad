"""Statements as requests of one kind meet them: whether, in some situation, NEW allows what OLD does not.

Conditions are told apart by the situations of their keys; what is free may be either way, so that a difference which
rests on it is no proof of one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Literal

from deputize.iam.contain.documented import Documented
from deputize.iam.contain.parts import TooManyCellsError
from deputize.iam.contain.situations import Atom, KeyChoice, contexts, situations_of

Layer = Literal["identity", "boundary"]

_MOST = 2**13
"""Combinations of situations that are tried out for one kind of request."""


@dataclass(frozen=True, slots=True)
class StatementCase:
    """A statement of one side, as a request of one kind meets it: it applies where all its atoms hold.

    is_own: it is the Allow of NEW that is asked about.
    """

    new: bool
    layer: Layer
    allows: bool
    atoms: frozenset[Atom]
    is_own: bool


@dataclass(frozen=True, slots=True)
class Bounds:
    """Whether each side has a boundary."""

    old: bool = False
    new: bool = False


def difference(
    cases: Collection[StatementCase], action: Documented, bounds: Bounds
) -> tuple[tuple[tuple[str, str], ...], bool] | None:
    """The context of a request that NEW's own case allows and OLD does not; None where there is none.

    And whether that is sure: nothing that is free decides it. Raises TooManyCellsError.
    """
    found = situations_of((atom for one in cases for atom in one.atoms), action)
    if prod(len(one.options) for one in found.choices) << len(found.free) > _MOST:
        raise TooManyCellsError
    unsure = None
    for picks in product(*(range(len(one.options)) for one in found.choices)):
        settled = _truths(found.choices, picks)
        outcomes = {
            _differs(cases, {**settled, **dict(zip(found.free, truths, strict=True))}, bounds)
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


def _truths(choices: Sequence[KeyChoice], picks: Sequence[int]) -> dict[Atom, bool]:
    return {atom: row[pick] for choice, pick in zip(choices, picks, strict=True) for atom, row in choice.truths.items()}


def _differs(cases: Iterable[StatementCase], truths: Mapping[Atom, bool], bounds: Bounds) -> bool:
    met = [one for one in cases if all(truths[atom] for atom in one.atoms)]
    return (
        any(one.is_own for one in met)
        and _allowed((one for one in met if one.new), is_bounded=bounds.new)
        and not _allowed((one for one in met if not one.new), is_bounded=bounds.old)
    )


def _allowed(cases: Iterable[StatementCase], *, is_bounded: bool) -> bool:
    own = {(one.layer, one.allows) for one in cases}
    if ("identity", False) in own or ("boundary", False) in own:
        return False
    return ("identity", True) in own and (not is_bounded or ("boundary", True) in own)
