"""The log: what was done to whom, by whom and when; the database refuses to change or delete a line of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from deputize.registry.database import Registry
from deputize.registry.rows import text_of
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


_NAMES: Final = tuple(Event.__dataclass_fields__)


def record(tx: Connection, who: str, grant: Grant | None, what: str, detail: str = "") -> None:
    """Write one line, about a grant or about nobody's, in the transaction of what it tells."""
    tx.execute(insert(EVENTS).values(event_row(who, grant, what, detail, now())))


def event_row(who: str, grant: Grant | None, what: str, detail: str, at: str) -> dict[str, Any]:
    """The row of one line, about that moment."""
    tenant, account_id = ("", None) if grant is None else (grant.tenant, grant.account_id)
    return {"at": at, "who": who, "tenant": tenant, "account_id": account_id, "what": what, "detail": detail}


def events(registry: Registry, tenant: str | None = None) -> Iterator[Event]:
    """The log, of one tenant or whole, oldest first. Raises InputError for a line that was made odd."""
    query = select(EVENTS.c.id, *(EVENTS.c[name] for name in _NAMES)).order_by(EVENTS.c.id)
    if tenant is not None:
        query = query.where(EVENTS.c.tenant == tenant)
    with registry.reading() as look:
        rows = look.execute(query).all()
    yield from (_event(*row) for row in rows)


def _event(number: int, *values: object) -> Event:
    """Raises InputError for a row that holds what is no text."""
    given = dict(zip(_NAMES, values, strict=True))
    account_id = given.pop("account_id")
    texts = {name: text_of("deputize_events", number, name, value) for name, value in given.items()}
    known = None if account_id is None else text_of("deputize_events", number, "account_id", account_id)
    return Event(**texts, account_id=known)
