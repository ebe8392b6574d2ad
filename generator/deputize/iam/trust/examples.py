"""Values of a condition key, one of every kind that a policy's conditions on it tell apart.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import chain, combinations, pairwise

from deputize.iam.conditions import has_variable
from deputize.iam.operators import moment, parse_operator
from deputize.iam.policy import Condition
from deputize.iam.trust import pattern_classes as classes

EVERY_REQUEST = frozenset(
    (
        "aws:currenttime",
        "aws:epochtime",
        "aws:requestedregion",
        "aws:securetransport",
        "aws:useragent",
        "aws:userid",
        "sts:rolesessionname",
    )
)
"""Keys that every request for sts:AssumeRole has, in lower case."""

_ARN_COLONS = 5
_MOST_IN_A_SET = 5
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Examples:
    """Values of one key, () for none. are_all: every value of a request compares as one of them does."""

    values: tuple[tuple[str, ...], ...]
    are_all: bool = True


def examples_of(key: str, conditions: Sequence[Condition]) -> Examples:
    """Values of `key`, in lower case, for the conditions on it."""
    absent = () if key in EVERY_REQUEST else ((),)
    if key == "aws:securetransport":  # https://docs.aws.amazon.com/general/latest/gr/sts.html
        return Examples((("true",),))
    texts = [(_kind(one), text) for one in conditions for text in one.values]
    kinds = {kind for kind, _ in texts}
    told = _told_apart(conditions)
    typed = chain.from_iterable(_typed(key, kind, texts) for kind in sorted(kinds))
    listed = list(dict.fromkeys((*_literals(conditions), *(told or ()), *typed))) or ["any"]
    # What is compared in two ways, or by a variable, has more kinds of values than are told here.
    is_one_kind = len(kinds - {"null"}) <= 1
    are_all = is_one_kind and told is not None and not any(map(_is_open, conditions))
    if any((test := parse_operator(one.operator)) is not None and test.sets for one in conditions):
        some = listed[:_MOST_IN_A_SET]
        sizes = range(1, len(some) + 1)
        sets = [one for size in sizes for one in combinations(some, size)]
        return Examples((*absent, *sets, tuple(listed)), are_all and len(listed) <= _MOST_IN_A_SET)
    return Examples((*absent, *((one,) for one in listed)), are_all)


def _kind(condition: Condition) -> str:
    """How the values are read: as a number, date, truth, address; empty for texts."""
    name = condition.operator.rpartition(":")[2].removesuffix("IfExists").removeprefix("Not")
    kinds = ("Numeric", "Date", "Bool", "Binary", "IpAddress", "Null")
    return next((one.lower() for one in kinds if name.startswith(one)), "")


def _is_open(condition: Condition) -> bool:
    """Whether no examples can be told for what it compares."""
    test = parse_operator(condition.operator)
    odd = any(has_variable(text) or not classes.GRAPHIC.issuperset(text) for text in condition.values)
    return test is None or not condition.values or _kind(condition) == "binary" or odd


def _literals(conditions: Iterable[Condition]) -> Iterator[str]:
    """The texts as they stand, each a value that its condition takes."""
    for one in conditions:
        yield from (text.replace("*", "x").replace("?", "x") for text in one.values if _kind(one) == "")


def _told_apart(conditions: Iterable[Condition]) -> tuple[str, ...] | None:
    """One text for each combination of the texts that are compared; None when there are too many."""
    compared = [(one, text) for one in conditions if _kind(one) == "" for text in one.values]
    patterns = [pattern for one, text in compared for pattern in _as_text(one, text)]
    return classes.examples(classes.some(classes.GRAPHIC), patterns, 256) if patterns else ()


def _as_text(condition: Condition, text: str) -> Iterator[classes.Pattern]:
    test = parse_operator(condition.operator)
    match None if test is None or test.base is None else test.base.form:
        case "same":
            yield classes.exactly(text)
        case "any case":
            yield classes.exactly(text, any_case=True)
        case "wildcards":
            yield classes.wild(text)
        case "ARN" if text.count(":") >= _ARN_COLONS:
            yield classes.wild_arn(text)


def _typed(key: str, kind: str, texts: Iterable[tuple[str, str]]) -> Iterator[str]:
    own = [text for one, text in texts if one == kind]
    if kind == "bool":
        yield from ("true", "false")
    elif kind == "null":
        yield "any"
    elif kind == "date":
        yield from _dates(own, as_seconds=key == "aws:epochtime")
    elif kind == "numeric":
        yield from _numbers(own)
    elif kind == "ipaddress":
        yield from _addresses(own)


def _dates(texts: Iterable[str], *, as_seconds: bool) -> Iterator[str]:
    limits = sorted({found for text in texts if (found := moment(text)) is not None})
    day = timedelta(days=1)
    between = [first + (second - first) / 2 for first, second in pairwise(limits)]
    edges = [limits[0] - day, limits[-1] + day] if limits else [datetime(2000, 1, 1, tzinfo=UTC)]
    for one in sorted((*limits, *between, *edges)):
        yield str(int(one.timestamp())) if as_seconds else f"{one.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _numbers(texts: Iterable[str]) -> Iterator[str]:
    limits = sorted({found for text in texts if (found := _number(text)) is not None})
    between = [(first + second) / 2 for first, second in pairwise(limits)]
    edges = [limits[0] - 1, limits[-1] + 1] if limits else [Decimal(0)]
    yield from (f"{one:f}" for one in sorted((*limits, *between, *edges)))


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and found.adjusted() < 40 else None  # noqa: PLR2004 -- digits that are compared


def _addresses(texts: Iterable[str]) -> Iterator[str]:
    for network in (found for text in texts if (found := _network(text)) is not None):
        yield str(network.network_address)
        if int(network.broadcast_address) + 1 < 2**network.max_prefixlen:
            yield str(network.broadcast_address + 1)
    yield from ("0.0.0.0", "::")  # noqa: S104 -- the first of all addresses, nothing is bound to it


def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
