"""The log: what was done to whom, by whom and when; the database refuses to change or delete a line of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from deputize.registry.database import Registry
from deputize.registry.tables import EVENTS
from deputize.registry.values import Grant, now


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log; at: ISO 8601 in UTC. who: the user of the system, with the AWS caller where one was."""

    at: str
    who: str
    tenant: str
    account_id: str | None
    what: str
    detail: str


def record(tx: Connection, who: str, grant: Grant | None, what: str, detail: str = "") -> None:
    """Write one line, about a grant or about nobody's, in the transaction of what it tells."""
    tenant, account_id = ("", None) if grant is None else (grant.tenant, grant.account_id)
    tx.execute(insert(EVENTS).values(at=now(), who=who, tenant=tenant, account_id=account_id, what=what, detail=detail))


def events(registry: Registry, tenant: str | None = None) -> Iterator[Event]:
    """The log, of one tenant or whole, oldest first."""
    query = select(*(EVENTS.c[name] for name in Event.__dataclass_fields__)).order_by(EVENTS.c.id)
    if tenant is not None:
        query = query.where(EVENTS.c.tenant == tenant)
    with registry.reading() as look:
        rows = look.execute(query).all()
    yield from (Event(*row) for row in rows)
