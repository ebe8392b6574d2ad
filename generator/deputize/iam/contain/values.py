"""Values of a condition key, one for each kind that comparisons with it can tell apart."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

from deputize.iam.contain.documented import BOOLEAN
from deputize.iam.operators import OPERATORS, is_number, moment
from deputize.iam.trust.pattern_classes import GRAPHIC, Pattern, exactly, examples, some, wild, wild_arn

_T = TypeVar("_T")

Compared = Sequence[tuple[str, str]]
"""Operators, without IfExists, and the policy's values."""

_ARN_COLONS = 5
# Stands for every character that no value has, where each of ASCII is in one.
_ANOTHER = "\u00ac"


def values_told_apart(key: str, compared: Compared, *, may_be_empty: bool) -> tuple[str, ...] | None:
    """Values of the key; None where there are too many, or they are compared in ways that do not go together."""
    if key in BOOLEAN or {base for base, _ in compared} == {"Bool"}:
        return ("false", "true")
    if not compared:
        return ("a",)
    if all(OPERATORS[base].form != "typed" for base, _ in compared):
        return _texts(compared, least=0 if may_be_empty else 1)
    for name, told_apart in _TYPED:
        if all(name in base for base, _ in compared):
            try:
                return told_apart(dict.fromkeys(value for _, value in compared))
            except (ValueError, OverflowError):
                return None
    return None


def _texts(compared: Compared, least: int) -> tuple[str, ...] | None:
    other = frozenset(char for _, value in compared for char in value if not char.isascii())
    # What AWS folds beyond ASCII is not documented.
    if other and any(base.endswith("IgnoreCase") for base, _ in compared):
        return None
    letters = GRAPHIC | {" ", _ANOTHER} | other
    return examples(some(letters, least), [_pattern(base, value, letters) for base, value in compared])


def _pattern(base: str, value: str, letters: frozenset[str]) -> Pattern:
    form = OPERATORS[base].form
    if form == "ARN" and value.count(":") >= _ARN_COLONS:
        return wild_arn(value, letters)
    return wild(value, letters) if form == "wildcards" else exactly(value, any_case=form == "any case")


def _numbers(values: Iterable[str]) -> tuple[str, ...]:
    bounds = sorted({Fraction(one) for one in values if is_number(one)})
    return tuple(_decimal(one) for one in _around(bounds, Fraction(1)))


def _decimal(number: Fraction) -> str:
    """Halves of decimal fractions are decimal fractions, of one digit more."""
    digits = next(at for at in range(64) if (number * 10**at).denominator == 1)
    text = f"{abs(int(number * 10**digits)):0{digits + 1}}"
    sign = "-" if number < 0 else ""
    return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)


def _dates(values: Iterable[str]) -> tuple[str, ...]:
    bounds = sorted({found.astimezone(UTC) for one in values if (found := moment(one)) is not None})
    points = _around(bounds, timedelta(seconds=1))
    return tuple(one.isoformat().replace("+00:00", "Z") for one in points)


def _around(bounds: list, apart: object) -> list:  # type: ignore[type-arg]
    """Each bound, what is between two of them, and what is beyond the first and the last."""
    if not bounds:
        raise ValueError(bounds)
    between = [low + (high - low) / 2 for low, high in pairwise(bounds)]
    return sorted({bounds[0] - apart, *bounds, *between, bounds[-1] + apart})


def _addresses(values: Iterable[str]) -> tuple[str, ...]:
    """Networks are runs of addresses: the first of each, and the first behind it, stand for all that lies between."""
    networks = list(_valid(lambda one: ipaddress.ip_network(one, strict=False), values))
    found: dict[str, None] = {}
    for make, bits in ((ipaddress.IPv4Address, 32), (ipaddress.IPv6Address, 128)):
        own = [one for one in networks if one.max_prefixlen == bits]
        points = {0, *(int(one[0]) for one in own), *(int(one[-1]) + 1 for one in own)}
        found |= dict.fromkeys(str(make(one)) for one in sorted(points) if one < 2**bits)
    return tuple(found)


def _binaries(values: Iterable[str]) -> tuple[str, ...]:
    known = list(_valid(lambda one: base64.b64decode(one, validate=True), values))
    another = max(known, key=len, default=b"") + b"a"
    return tuple(base64.b64encode(one).decode("ascii") for one in (*known, another))


def _valid(read: Callable[[str], _T], values: Iterable[str]) -> Iterator[_T]:
    for one in values:
        try:
            yield read(one)
        except ValueError:
            continue


_TYPED: tuple[tuple[str, Callable[[Iterable[str]], tuple[str, ...]]], ...] = (
    ("Numeric", _numbers),
    ("Date", _dates),
    ("IpAddress", _addresses),
    ("Binary", _binaries),
)
