"""The situations of a condition key that conditions can tell apart, each with an example, and what each makes of them.

Two requests in the same situation of every key are the same to every condition. What no example stands for, a set
operator, a policy variable, an operator that is not understood, is free: it may hold or not, whatever else does, and
is equal to nothing but itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self

from deputize.iam.conditions import has_variable, is_met
from deputize.iam.contain.documented import Documented, Presence
from deputize.iam.contain.values import values_told_apart
from deputize.iam.denials import Conditions
from deputize.iam.operators import Truth, parse_operator
from deputize.iam.policy import Condition
from deputize.iam.variables import Found


@dataclass(frozen=True, slots=True)
class Atom:
    """One condition as it is compared. is_free: nothing can be said about when it holds."""

    operator: str
    key: str
    values: tuple[str, ...]
    is_free: bool

    @classmethod
    def of_what(cls, what: str) -> Self:
        """Something else that may hold or not."""
        return cls(what, "", (), is_free=True)


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """A key that varies from request to request. options: its values, None where the request lacks it.

    truths: of each atom, by option. doubtful: the options that AWS's documentation does not say the truths of.
    """

    key: str
    options: tuple[str | None, ...]
    truths: Mapping[Atom, tuple[bool, ...]] = field(hash=False)
    doubtful: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Situations:
    """All that varies: keys, and what is free."""

    choices: tuple[KeyChoice, ...]
    free: tuple[Atom, ...]


def atoms_of(conditions: Conditions, stand_ins: tuple[str, ...]) -> tuple[Atom, ...]:
    """The conditions of a statement as atoms; the order of values, and the case of keys, say nothing."""
    found = [_atom(one, stand_ins, variables=conditions.variables) for one in conditions.all]
    count = Counter((one.operator, one.key) for one in found)
    twice = sorted({key for key, number in count.items() if number > 1})
    # The same key twice, in two spellings: AWS does not say which one counts.
    odd = tuple(
        Atom.of_what(f"twice {key} {sorted(one.values for one in found if (one.operator, one.key) == key)}")
        for key in twice
    )
    return (*(one for one in dict.fromkeys(found) if (one.operator, one.key) not in twice), *odd)


def _atom(condition: Condition, stand_ins: tuple[str, ...], *, variables: bool) -> Atom:
    texts = (condition.key, *condition.values)
    test = parse_operator(condition.operator)
    is_free = (
        test is None
        or bool(test.sets)
        or not condition.values
        or any(variables and has_variable(one) for one in texts)
        or any(unknown in one for unknown in stand_ins for one in texts)
    )
    values = tuple(sorted(set(map(str, condition.values))))
    # With variables or without, the same text is not the same value.
    operator = str(condition.operator) + (" of variables" if is_free and variables else "")
    return Atom(operator, condition.key.lower(), values, is_free)


def situations_of(atoms: Iterable[Atom], action: Documented) -> Situations:
    """What varies as far as these atoms see it, for requests of an action of which that much is documented."""
    by_key: dict[str, list[Atom]] = {}
    free: dict[Atom, None] = {}
    for one in dict.fromkeys(atoms):
        if one.is_free:
            free[one] = None
        else:
            by_key.setdefault(one.key, []).append(one)
    choices = []
    for key, own in sorted(by_key.items()):
        choice, odd = _choice(key, tuple(sorted(own, key=repr)), action.presence(key))
        free |= dict.fromkeys(odd)
        if choice is not None:
            choices.append(choice)
    return Situations(tuple(choices), tuple(free))


@lru_cache(maxsize=8192)
def _choice(key: str, atoms: tuple[Atom, ...], presence: Presence) -> tuple[KeyChoice | None, tuple[Atom, ...]]:
    """The choice for those atoms that examples stand for, and the others."""
    clear: tuple[Atom, ...] = atoms
    odd: tuple[Atom, ...] = ()
    while clear:
        options = _options(key, clear, presence)
        if options is None:
            break
        rows = {one: [_truth(one, value, is_null) for value, is_null in options] for one in clear}
        unsure = tuple(one for one, row in rows.items() if None in row)
        if not unsure:
            truths = {one: tuple(map(bool, row)) for one, row in rows.items()}
            values = tuple(value for value, _ in options)
            doubtful = frozenset(at for at, (_, is_null) in enumerate(options) if is_null is not None)
            return KeyChoice(key, values, truths, doubtful), odd
        odd, clear = (*odd, *unsure), tuple(one for one in clear if one not in unsure)
    return None, atoms


def _options(key: str, atoms: Sequence[Atom], presence: Presence) -> list[tuple[str | None, bool | None]] | None:
    """Values of the key, present ones first; None where there are too many to tell apart.

    Each with whether Null holds for it, where AWS does not say: so with an empty value.
    """
    if presence == "never":
        return [(None, None)]
    is_null = [one.operator == "Null" for one in atoms]
    compared = [(one.operator.removesuffix("IfExists"), value) for one in atoms if one.operator != "Null"
                for value in one.values]  # fmt: skip
    present = values_told_apart(key, compared, may_be_empty=presence == "perhaps")
    if present is None:
        return None
    found: list[tuple[str | None, bool | None]] = []
    for value in sorted(present, key=lambda one: one == ""):
        found += [(value, False), (value, True)] if value == "" and any(is_null) else [(value, None)]
    if presence == "perhaps":
        found.insert(sum(value != "" for value, _ in found), (None, None))
    return found


def _truth(atom: Atom, value: str | None, is_null: bool | None) -> Truth:  # noqa: FBT001
    if is_null is not None and atom.operator == "Null":
        value = None if is_null else "a"
    return is_met(atom.operator, atom.values, () if value is None else (value,), _as_it_is)


def _as_it_is(text: str) -> Found:
    return (text,)


def contexts(choices: Sequence[KeyChoice], picks: Sequence[int]) -> Iterator[tuple[str, str]]:
    """The condition keys of a request, by which option of each choice it has."""
    for choice, pick in zip(choices, picks, strict=True):
        value = choice.options[pick]
        if value is not None:
            yield choice.key, value
