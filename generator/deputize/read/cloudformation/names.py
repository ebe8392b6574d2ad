"""What the names of roles come to at one look, before any branch is taken, and whether two may be the same."""

from __future__ import annotations

from deputize.errors import InputError
from deputize.read.cloudformation.branches import Facts, ImpossibleError, UndecidedError
from deputize.read.cloudformation.scope import Scope, Source
from deputize.read.source import Node
from deputize.read.symbols import is_known


def names_at(source: Source, node: Node) -> tuple[str, ...] | None:
    """Every name at `node` in lower case, as IAM compares them; None where a condition decides or one is no text."""
    try:
        return tuple(text.lower() for text, _ in Scope(source, Facts()).texts(node))
    except (ImpossibleError, InputError, UndecidedError):
        return None


def may_equal(one: str, other: str) -> bool:
    """Whether two texts may be the same for some values of the unknowns in them. Proves no more than their ends do."""
    start = _shared(one, other)
    one, other = one[start:], other[start:]
    end = _shared(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    if not one or not other:
        return not any(map(is_known, one + other))  # an unknown may be empty
    return not any(is_known(one[at]) and is_known(other[at]) for at in (0, -1))


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
