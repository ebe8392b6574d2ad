"""Texts of parts between colons, ARNs and actions, told apart by patterns whose wildcards stay within a part."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import lru_cache

from deputize.iam.partitions import PARTITIONS
from deputize.iam.trust.pattern_classes import DIGITS, GRAPHIC, Step, examples, some, wild
from deputize.iam.wildcards import matches

PLACEHOLDER = re.compile(r"\$\{[^{}]*\}|<[^<>]*>", re.ASCII)
_REGION = frozenset(string.ascii_lowercase + string.digits + "-")
_PARTITIONS = ("aws", *sorted(PARTITIONS.keys() - {"aws"}))
# Stands for every character that no pattern names, where each of ASCII is named.
_ANOTHER = "\u00ac"


class TooManyCellsError(Exception):
    """There is too much to tell apart. Never leaves this folder."""


@lru_cache(maxsize=8192)
def told_apart(domain: tuple[str, ...], patterns: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """One text of a domain for each combination of patterns that it can match.

    domain: the parts, with AWS's placeholders or wildcards. patterns: of as many parts. Only the last part of an ARN
    has colons. Part by part: which patterns still match is all that the next one has to know. Raises TooManyCellsError.
    """
    found: dict[frozenset[tuple[str, ...]], str] = {frozenset(patterns): ""}
    for at, part in enumerate(domain):
        further: dict[frozenset[tuple[str, ...]], str] = {}
        for alive, before in found.items():
            own = tuple(sorted({one[at] for one in alive}))
            for text in _texts(part, own, colons=at == _LAST):
                still = frozenset(one for one in alive if matches(one[at], text))
                further.setdefault(still, f"{before}:{text}" if at else text)
        found = further
    return tuple(found.values())


_LAST = 5
"""The last part of an ARN."""


@lru_cache(maxsize=16384)
def _texts(part: str, patterns: tuple[str, ...], *, colons: bool) -> tuple[str, ...]:
    if part == "${Partition}":
        return _PARTITIONS
    if PLACEHOLDER.search(part) is None and "*" not in part and "?" not in part:
        return (part,)
    named = {char for one in patterns for char in one}
    letters = (GRAPHIC | named | {_ANOTHER}) - (set() if colons else {":"})
    found = examples(tuple(_steps(part, letters)), [wild(one, letters) for one in patterns])
    if found is None:
        raise TooManyCellsError
    return found


def _steps(part: str, letters: frozenset[str]) -> Iterator[Step]:
    """A part as AWS documents it: an account's twelve digits, a region's letters, some text for another placeholder."""
    at = 0
    for found in PLACEHOLDER.finditer(part):
        yield from wild(part[at : found.start()], letters)
        at = found.end()
        if found[0] == "${Account}":
            yield from (Step(DIGITS),) * 12
        else:
            yield from some(_REGION if found[0] == "${Region}" else letters)
    # What AWS writes as a star stands for anything.
    yield from wild(part[at:], letters)
