"""Making grants: what the registry holds about the requests is loaded, they are judged, and the result is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import MISSING, fields
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from deputize.errors import Problem
from deputize.model.grant_request import GrantRequest
from deputize.registry.database import Registry
from deputize.registry.events import event_row
from deputize.registry.grants import COLUMNS, labelled
from deputize.registry.issued import issued_row, key_of
from deputize.registry.known import ImportPlan, KnownGrants, names_of, plan
from deputize.registry.rows import grants_of
from deputize.registry.tables import EVENTS, GRANTS, ISSUED
from deputize.registry.values import Grant, now

_BATCH: Final = 500  # values in one IN (...): either engine takes more, and gains nothing by it
_STORED: Final = tuple(one.name for one in fields(Grant) if one.name != "id" and one.default is MISSING)


def add(registry: Registry, wanted: GrantRequest) -> Grant:
    """Make a grant and issue its ID. Raises InputError with every problem."""
    with registry.writing() as tx:
        coming = plan(_known(tx, [wanted]), [wanted], keep=False)
        _store(tx, registry.who, coming)
        return labelled(tx, coming.made[0][1].label)


def add_all(
    registry: Registry, many: Iterable[GrantRequest | Problem], planned: ImportPlan | None = None
) -> tuple[int, int]:
    """Make, or find unchanged but for name and locale, every grant in one transaction; (made, found) are counted.

    A grant that is there keeps its ID, state and role: an ID that differs is a problem. A Problem among them stands
    for one that could not be read. planned: what they come to at a new registry, which is taken while it is one.
    Raises InputError with the problems of all, and then nothing was changed.
    """
    listed = list(many)
    with registry.writing() as tx:
        if planned is not None and _is_new(tx):
            coming = planned
        else:
            coming = plan(_known(tx, [one for one in listed if not isinstance(one, Problem)]), listed, keep=True)
        _store(tx, registry.who, coming)
    return len(coming.made), coming.found


def plan_for_new(many: Iterable[GrantRequest | Problem]) -> ImportPlan:
    """What they come to at a new registry. Raises as `add_all` would, so that none has to be made to find out."""
    return plan(KnownGrants(), many, keep=True)


def _is_new(tx: Connection) -> bool:
    return all(tx.execute(select(table.c.id).limit(1)).first() is None for table in (GRANTS, ISSUED))


def _known(tx: Connection, many: Sequence[GrantRequest]) -> KnownGrants:
    """All that the registry holds under the names and IDs of these requests."""
    names = tuple(dict.fromkeys(name for one in many for name in names_of(one)))
    keys = tuple(dict.fromkeys(key_of(one) for wanted in many for one in wanted.external_ids))
    rows = {row.id: row for column in (GRANTS.c.tenant, GRANTS.c.label) for row in _rows(tx, column, names)}
    # In the order in which they were made, so that of several the same one is named each time.
    known = KnownGrants()
    known.add(grants_of(rows[number] for number in sorted(rows)))
    for batch in _batches(keys):
        query = select(ISSUED.c.external_id_key).where(ISSUED.c.external_id_key.in_(batch))
        known.issued.update(tx.execute(query).scalars())
    return known


def _rows(tx: Connection, column: Any, names: Sequence[str]) -> Iterator[Any]:
    for batch in _batches(names):
        yield from tx.execute(select(*COLUMNS).where(column.in_(batch)))


def _batches(values: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(values)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _store(tx: Connection, who: str, coming: ImportPlan) -> None:
    """Write it, table by table; the unique indexes are a second wall."""
    at = now()
    rows = [{name: getattr(grant, name) for name in _STORED} for _, grant, _ in coming.made]
    _insert(tx, GRANTS, rows)
    issued = [
        issued_row(grant.tenant, one, wanted.weak_reason, at) for wanted, grant, ids in coming.made for one in ids
    ]
    _insert(tx, ISSUED, issued)
    rename = update(GRANTS).where(GRANTS.c.id == bindparam("row")).values(name=bindparam("to"), locale=bindparam("in"))
    if coming.renamed:
        tx.execute(rename, [{"row": grant.id, "to": to.name, "in": to.locale} for to, grant in coming.renamed])
    added = [event_row(who, grant, "added", _how(wanted), at) for wanted, grant, _ in coming.made]
    _insert(tx, EVENTS, [*added, *(event_row(who, grant, "renamed", "", at) for _, grant in coming.renamed)])


def _insert(tx: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows of the same columns. The driver gets them as they are: SQLAlchemy looks at each value of each."""
    if not rows:
        return
    made = insert(table).compile(tx.engine, column_keys=list(rows[0]))
    order = getattr(made, "positiontup", None)  # of PostgreSQL's driver there is none: it takes names
    tx.exec_driver_sql(made.string, rows if order is None else [tuple(map(row.__getitem__, order)) for row in rows])


def _how(wanted: GrantRequest) -> str:
    how = "shared" if wanted.share else "given" if wanted.external_ids else "random"
    return f"id={how}" + (f" weak={wanted.weak_reason}" if wanted.weak_reason else "")
