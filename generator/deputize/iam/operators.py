"""Condition operators: how each compares one value of a policy with one value of a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from deputize.iam.wildcards import arn_matches, matches

Truth = bool | None
SetOperator = Literal["", "ForAllValues", "ForAnyValue"]
Form = Literal["same", "any case", "wildcards", "ARN", "typed"]

_ARN_COLONS = 5
_IF_EXISTS = "IfExists"
# A `*` or `?` that a policy variable put there is that character. Policy documents are Latin-1, so these are free:
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html (AssumeRolePolicyDocument)
_PLAIN = {ord("*"): "\ue000", ord("?"): "\ue001"}
_WILD = {ord("\ue000"): "*", ord("\ue001"): "?"}

_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?", re.ASCII)
_EPOCH = re.compile(r"\d{6,11}", re.ASCII)
# https://www.w3.org/TR/NOTE-datetime: a time has a zone.
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6})\d*)?)?(Z|[+-]\d\d:\d\d))?)?)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Operator:
    """compare: (policy's value, request's value), None when one of them is not of the operator's type.

    form: how the policy's value is read: as a text, whose wildcards may count, or as a number, date, address ...
    negated: the condition is met when no value of the policy compares. variables: whether AWS replaces policy
    variables in its values; the documentation's two pages differ for Bool, so that one counts as not.
    """

    compare: Callable[[str, str], Truth]
    form: Form = "typed"
    negated: bool = False
    variables: bool = False


@dataclass(frozen=True, slots=True)
class Test:
    """A condition operator as written: its set operator, its base, and whether IfExists was added.

    base: None for `Null`, which compares nothing.
    """

    sets: SetOperator
    base: Operator | None
    if_exists: bool


@lru_cache(maxsize=256)
def parse_operator(text: str) -> Test | None:
    """The operator that `text` names, or None: AWS knows no other and does not say that case is ignored."""
    prefix, colon, rest = text.partition(":")
    sets: SetOperator = ""
    if colon:
        if prefix not in ("ForAllValues", "ForAnyValue"):
            return None
        sets = "ForAllValues" if prefix == "ForAllValues" else "ForAnyValue"
    else:
        rest = prefix
    if rest == "Null":
        # Neither IfExists nor a set operator goes with Null.
        return None if sets else Test("", None, if_exists=False)
    base = OPERATORS.get(rest.removesuffix(_IF_EXISTS))
    return None if base is None else Test(sets, base, rest.endswith(_IF_EXISTS))


def plain(text: str) -> str:
    """`text` with its `*` and `?` standing for themselves where :data:`OPERATORS` compares wildcards."""
    return text.translate(_PLAIN)


def read_plain(text: str) -> str:
    """What :func:`plain` made, as it was."""
    return text.translate(_WILD)


def _same(wanted: str, value: str) -> Truth:
    return read_plain(wanted) == value


def _same_ignoring_case(wanted: str, value: str) -> Truth:
    return read_plain(wanted).lower() == value.lower()


def _like(wanted: str, value: str) -> Truth:
    return matches(wanted, plain(value))


def _arn(wanted: str, value: str) -> Truth:
    # What AWS makes of a pattern without the six parts is not documented.
    return arn_matches(wanted, plain(value)) if wanted.count(":") >= _ARN_COLONS else None


def _numeric(relation: Callable[[Any, Any], bool]) -> Callable[[str, str], Truth]:
    def compare(wanted: str, value: str) -> Truth:
        if not (is_number(wanted) and is_number(value)):
            return None
        return relation(Decimal(value), Decimal(wanted))

    return compare


def is_number(text: str) -> bool:
    """Whether a value of a numeric condition, or of a request's key, is a number."""
    return _NUMBER.fullmatch(text) is not None


def _dated(relation: Callable[[Any, Any], bool]) -> Callable[[str, str], Truth]:
    def compare(wanted: str, value: str) -> Truth:
        limit, then = moment(wanted), moment(value)
        return None if limit is None or then is None else relation(then, limit)

    return compare


def moment(text: str) -> datetime | None:
    """The moment that a date of a policy or request is, in seconds or as ISO 8601 has it; None when it is no date."""
    try:
        if _EPOCH.fullmatch(text):
            return datetime.fromtimestamp(int(text), UTC)
        found = _DATE.fullmatch(text)
        if found is None:
            return None
        year, month, day, hour, minute, second, fraction, zone = found.groups()
        return datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "").ljust(6, "0")),
            _zone(zone),
        )
    except (ValueError, OverflowError):
        return None


def _zone(text: str | None) -> timezone:
    if text is None or text == "Z":
        return UTC
    sign = -1 if text.startswith("-") else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[4:6])))


def _bool(wanted: str, value: str) -> Truth:
    known = ("true", "false")
    return wanted.lower() == value.lower() if wanted.lower() in known and value.lower() in known else None


def _binary(wanted: str, value: str) -> Truth:
    try:
        return base64.b64decode(wanted, validate=True) == base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None


def _ip(wanted: str, value: str) -> Truth:
    try:
        network, address = ipaddress.ip_network(wanted, strict=False), ipaddress.ip_address(value)
    except ValueError:
        return None
    return address in network


OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator(_same, "same", variables=True),
    "StringNotEquals": Operator(_same, "same", negated=True, variables=True),
    "StringEqualsIgnoreCase": Operator(_same_ignoring_case, "any case", variables=True),
    "StringNotEqualsIgnoreCase": Operator(_same_ignoring_case, "any case", negated=True, variables=True),
    "StringLike": Operator(_like, "wildcards", variables=True),
    "StringNotLike": Operator(_like, "wildcards", negated=True, variables=True),
    "NumericEquals": Operator(_numeric(operator.eq)),
    "NumericNotEquals": Operator(_numeric(operator.eq), negated=True),
    "NumericLessThan": Operator(_numeric(operator.lt)),
    "NumericLessThanEquals": Operator(_numeric(operator.le)),
    "NumericGreaterThan": Operator(_numeric(operator.gt)),
    "NumericGreaterThanEquals": Operator(_numeric(operator.ge)),
    "DateEquals": Operator(_dated(operator.eq)),
    "DateNotEquals": Operator(_dated(operator.eq), negated=True),
    "DateLessThan": Operator(_dated(operator.lt)),
    "DateLessThanEquals": Operator(_dated(operator.le)),
    "DateGreaterThan": Operator(_dated(operator.gt)),
    "DateGreaterThanEquals": Operator(_dated(operator.ge)),
    "Bool": Operator(_bool),
    "BinaryEquals": Operator(_binary),
    "IpAddress": Operator(_ip),
    "NotIpAddress": Operator(_ip, negated=True),
    "ArnEquals": Operator(_arn, "ARN", variables=True),
    "ArnLike": Operator(_arn, "ARN", variables=True),
    "ArnNotEquals": Operator(_arn, "ARN", negated=True, variables=True),
    "ArnNotLike": Operator(_arn, "ARN", negated=True, variables=True),
}
