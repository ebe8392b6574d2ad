"""Which combinations of wildcard patterns a text can match: each that occurs, with one of its shortest examples.

Two texts that match the same patterns are the same to a policy that has no others. So the examples stand for all texts,
and what holds for each of them holds for every text. Found by running all patterns side by side over the alphabet
that tells them apart.
"""

from __future__ import annotations

import string
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deputize.iam.operators import read_plain

_ASCII = frozenset(map(chr, range(0x20, 0x7F)))
DIGITS = frozenset(string.digits)
NAME = frozenset(string.ascii_letters + string.digits + "_+=,.@-")
GRAPHIC = _ASCII - {" "}
NOT_COLON = _ASCII - {":"}
NOT_SLASH = _ASCII - {"/"}
# More than a policy that AWS stores needs; beyond it the answer is that nothing can be said.
_MOST_STATES = 6_000


@dataclass(frozen=True, slots=True)
class Step:
    """One character of a set, or any number of them."""

    characters: frozenset[str]
    many: bool = False


Pattern = tuple[Step, ...]


def exactly(text: str, *, any_case: bool = False) -> Pattern:
    """`text` itself."""
    return tuple(
        Step(frozenset((one.lower(), one.upper())) if any_case else frozenset(one)) for one in read_plain(text)
    )


def wild(text: str, within: frozenset[str] = _ASCII) -> Pattern:
    """`text` with `*` and `?` standing for characters `within`."""
    return tuple(Step(within, one == "*") if one in "*?" else Step(frozenset(read_plain(one))) for one in text)


def wild_arn(text: str, within: frozenset[str] = _ASCII) -> Pattern:
    """An ARN whose wildcards do not reach over the first five colons; `text` has these colons."""
    *parts, resource = text.split(":", 5)
    head = [step for part in parts for step in (*wild(part, within - {":"}), Step(frozenset(":")))]
    return (*head, *wild(resource, within))


def some(characters: frozenset[str], least: int = 1) -> Pattern:
    """At least so many of these characters."""
    return (*(Step(characters),) * least, Step(characters, many=True))


def examples(domain: Pattern, patterns: Iterable[Pattern], longest: int = 2048) -> tuple[str, ...] | None:
    """One text of `domain` for each combination of `patterns` that its texts match; None when there are too many."""
    machines = [_Machine(domain), *map(_Machine, dict.fromkeys(patterns))]
    alphabet = _alphabet(machines)
    start = tuple(machine.start for machine in machines)
    reached = {start: ""}
    found: dict[tuple[bool, ...], str] = {}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        text = reached[state]
        accepted = tuple(machine.accepts(one) for machine, one in zip(machines, state, strict=True))
        if accepted[0]:
            found.setdefault(accepted, text)
        for character in alphabet if len(text) < longest else ():
            if not machines[0].after(state[0], character):
                continue
            after = tuple(machine.after(one, character) for machine, one in zip(machines, state, strict=True))
            if after not in reached:
                reached[after] = text + character
                waiting.append(after)
        if len(reached) > _MOST_STATES:
            return None
    return tuple(found.values())


class _Machine:
    """A pattern as the set of its positions that a text may have reached, one bit each."""

    def __init__(self, steps: Pattern) -> None:
        self.steps = steps
        self._last = 1 << len(steps)
        self._many = sum(1 << at for at, step in enumerate(steps) if step.many)
        self._fits: dict[str, int] = {}
        self.start = self._rest(1)

    def accepts(self, state: int) -> bool:
        return bool(state & self._last)

    def after(self, state: int, character: str) -> int:
        if state == 0:
            return 0
        fits = self._fits.get(character)
        if fits is None:
            fits = sum(1 << at for at, step in enumerate(self.steps) if character in step.characters)
            self._fits[character] = fits
        here = state & fits
        return self._rest((here & ~self._many) << 1 | (here & self._many))

    def _rest(self, state: int) -> int:
        """`state` with the positions that lie behind steps which may be skipped."""
        while (wider := state | (state & self._many) << 1) != state:
            state = wider
        return state


def _alphabet(machines: Sequence[_Machine]) -> tuple[str, ...]:
    """One character for each combination of the patterns' sets; letters and digits before signs.

    The zero comes last of the digits: no account's number is all zeros, and examples are shown to people.
    """
    sets = {step.characters for machine in machines for step in machine.steps}
    universe = frozenset().union(*(step.characters for step in machines[0].steps))
    order = sorted(universe, key=lambda one: (not one.isalnum(), one.isdigit(), one == "0", one.isupper(), one))
    chosen: dict[frozenset[frozenset[str]], str] = {}
    for character in order:
        chosen.setdefault(frozenset(one for one in sets if character in one), character)
    return tuple(chosen.values())
