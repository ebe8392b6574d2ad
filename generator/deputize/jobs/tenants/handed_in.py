"""Roles that tenants handed in, one by one or as a list: each belongs to a grant, or all that is wrong is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deputize.disk import rereadable
from deputize.errors import InputError, Problem
from deputize.iam import limits
from deputize.iam.arn import RoleArn, parse_role_arn
from deputize.jobs.inputs import read_rows
from deputize.model.display import shown
from deputize.model.tenant_rows import Columns, Row
from deputize.registry import Grant, Registry, find, grants

COLUMNS: Final = Columns(("tenant", "role_arn"), ("account_id",))


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A role that a tenant says is its own. account_id: where it has to lie, if the list says so; place: its line."""

    tenant: str
    role_arn: str
    account_id: str = ""
    place: str = ""

    def where(self, option: str, column: str) -> str:
        """Where a problem is: at a column of the list, or at what the command was given."""
        return f"{self.place}: {column}" if self.place else option


def read_handed_in(path: str) -> list[HandedIn | Problem]:
    """What a CSV or JSON-lines file (`-`: standard input) hands in, row by row; what is no row is a Problem.

    Raises InputError for a list that cannot be read.
    """
    name = "standard input" if path == "-" else path
    with rereadable(path) as source:
        return [one if isinstance(one, Problem) else _of_row(one, name) for one in read_rows(source, name, COLUMNS)]


def _of_row(row: Row, name: str) -> HandedIn:
    tenant, arn, account_id = (row.fields.get(column, "") for column in COLUMNS.known)
    return HandedIn(tenant, arn, account_id, f"{name}:{row.line}")


def grants_for(registry: Registry, handed_in: Sequence[HandedIn | Problem]) -> list[tuple[Grant, RoleArn]]:
    """The grant of each role, in the order they were given; a role that is given twice is one.

    An ARN belongs to the tenant's grant for its account, or to the one without an account. Raises InputError with every
    problem: those in the list, ARNs that are none, lie in an account that was not agreed, or are two for one grant.
    """
    roles = [one for one in handed_in if isinstance(one, HandedIn)]
    problems = [one for one in handed_in if isinstance(one, Problem)]
    own = _grants_by_tenant(registry, {one.tenant for one in roles})
    pairs: dict[tuple[int, str], tuple[HandedIn, Grant, RoleArn]] = {}
    for one in roles:
        found = _grant_of(registry, own, one)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            pairs.setdefault((found[0].id, one.role_arn), (one, *found))
    problems += _two_for_one(pairs.values())
    if problems:
        raise InputError(*dict.fromkeys(problems))
    return [(grant, arn) for _, grant, arn in pairs.values()]


def _grants_by_tenant(registry: Registry, tenants: set[str]) -> Mapping[str, list[Grant]]:
    found: dict[str, list[Grant]] = defaultdict(list)
    # Thousands of rows are one question, and one tenant does not read the whole table.
    for grant in grants(registry, tenant=next(iter(tenants)) if len(tenants) == 1 else None):
        found[grant.tenant].append(grant)
    return found


def _grant_of(registry: Registry, own: Mapping[str, list[Grant]], one: HandedIn) -> tuple[Grant, RoleArn] | Problem:
    if one.tenant not in own:
        return _no_tenant(registry, one)
    where = one.where("role ARN", "role_arn")
    arn = parse_role_arn(one.role_arn) if limits.ROLE_ARN.admits(one.role_arn) else None
    if arn is None:
        mend = "give one like arn:aws:iam::444455556666:role/name"
        return Problem(where, f"{shown(one.role_arn, 100)} is no ARN of a role", mend)
    if one.account_id not in ("", arn.account_id):
        what = f"{shown(one.account_id)} is not the account of {arn}"
        return Problem(one.where("account", "account_id"), what, "ask the tenant which is right")
    fitting = [
        grant
        for grant in own[one.tenant]
        if grant.partition == arn.partition and grant.account_id in (None, arn.account_id)
    ]
    if fitting:
        # The grant that was agreed for this account comes before the one that is still open.
        return next((grant for grant in fitting if grant.account_id), fitting[0]), arn
    what = f"account {arn.account_id} in partition {arn.partition} was not agreed with {shown(one.tenant)}"
    return Problem(where, what, f"`deputize tenants add` it with --account-id {arn.account_id}")


def _no_tenant(registry: Registry, one: HandedIn) -> Problem:
    where = one.where("tenant", "tenant")
    if not one.tenant:
        return Problem(where, "is missing", "give the tenant's slug")
    try:
        find(registry, one.tenant)
    except InputError as error:
        told = error.problems[0]
        return Problem(where, told.what, told.mend)
    return Problem(where, f"{shown(one.tenant)} was added just now", "try again")


def _two_for_one(pairs: Iterable[tuple[HandedIn, Grant, RoleArn]]) -> Iterator[Problem]:
    # They are verified side by side, so which of two was stored would be chance.
    first: dict[int, RoleArn] = {}
    for one, grant, arn in pairs:
        if (other := first.setdefault(grant.id, arn)) is not arn:
            what = f"{other} and {arn} are both for {grant}, which has one role"
            yield Problem(one.where("role ARN", "role_arn"), what, "give one of them")
