"""Tenants from rows (CSV, JSON lines): each checked for itself and against all before it, problems by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from deputize.errors import Problem
from deputize.model.display import shown
from deputize.model.spec import Tenant, tenant_problems


@dataclass(frozen=True, slots=True)
class Columns:
    """What a list may hold. required: the columns that a CSV must have."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """All of them, in their order."""
        return *self.required, *self.optional


TENANTS = Columns(("tenant", "external_id"), ("name", "account_id", "partition", "locale"))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of input with its fields; `external_ids` are two during a rotation (JSON lines only).

    In a list that has no such column they are one empty ID.
    """

    line: int
    fields: Mapping[str, str]
    external_ids: tuple[str, ...]


@dataclass(slots=True)
class SeenTenants:
    """Slugs and external IDs that earlier rows took, each with its line; IDs ignore case."""

    slugs: dict[str, int] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    def problems(self, tenant: Tenant, line: int, where: str) -> Iterator[Problem]:
        """What `tenant` repeats of an earlier row; remembers it for the rows to come."""
        first = self.slugs.setdefault(tenant.slug, line)
        if first != line:
            yield Problem(f"{where}: tenant", f"{shown(tenant.slug)} is also in line {first}", "each tenant once")
        for external_id in tenant.external_ids:
            first = self.ids.setdefault(external_id.lower(), line)
            if first != line:
                what = f"{shown(external_id)} is also in line {first} (ignoring case)"
                yield Problem(f"{where}: external_id", what, "issue every tenant an ID of its own")


def tenant_from_row(row: Row) -> Tenant:
    """The tenant that a row describes; an empty field counts as not given."""
    given = {name: value for name, value in row.fields.items() if value != ""}
    return Tenant(
        slug=given.get("tenant", ""),
        external_ids=row.external_ids,
        name=given.get("name", ""),
        account_id=given.get("account_id"),
        partition=given.get("partition", "aws"),
        locale=given.get("locale", "en"),
    )


def column_problems(header: Iterable[str], where: str, columns: Columns = TENANTS) -> Iterator[Problem]:
    """Columns that are missing, unknown or there twice."""
    names = list(header)
    for name in columns.required:
        if name not in names:
            yield Problem(where, f"column {name} is missing", f"needed are {', '.join(columns.required)}")
    for name in dict.fromkeys(names):
        if name not in columns.known:
            yield Problem(where, f"column {shown(name)} is unknown", f"known are {', '.join(columns.known)}")
        elif names.count(name) > 1:
            yield Problem(where, f"column {name} is there twice", "remove one")


def check_row(row: Row, seen: SeenTenants, where: str) -> tuple[Tenant, tuple[Problem, ...]]:
    """The row's tenant, and everything wrong with it."""
    place = f"{where}:{row.line}"
    tenant = tenant_from_row(row)
    problems = (*tenant_problems(tenant, place), *seen.problems(tenant, row.line, place))
    return tenant, problems
