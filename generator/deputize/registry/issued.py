"""Issuing external IDs: random, once each for ever, and the same whatever their case."""

from __future__ import annotations

import string
import uuid
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from deputize.errors import InputError, Problem
from deputize.model.display import shown
from deputize.model.external_id import external_id_problem
from deputize.registry.database import Registry
from deputize.registry.events import record
from deputize.registry.rows import odd, text_of
from deputize.registry.tables import ISSUED
from deputize.registry.values import now

_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def key_of(external_id: str) -> str:
    """By what an ID is unique: itself in ASCII's lower case, whatever the database thinks of I and i."""
    return external_id.lower() if external_id.isascii() else external_id.translate(_LOWER)


def fresh_id() -> str:
    """A random GUID, as AWS advises: 122 random bits."""
    return str(uuid.uuid4())


def is_issued(tx: Connection, external_id: str) -> bool:
    """Whether this ID, or one that differs only in case, was ever issued to anyone."""
    query = select(ISSUED.c.id).where(ISSUED.c.external_id_key == key_of(external_id))
    return tx.execute(query).first() is not None


def issue(tx: Connection, tenant: str | None, external_id: str, *, where: str, weak_reason: str = "") -> None:
    """Remember the ID as issued, for ever. Raises InputError when it was before, without saying to whom."""
    if is_issued(tx, external_id):
        raise InputError(already_issued(external_id, where))
    tx.execute(insert(ISSUED).values(issued_row(tenant, external_id, weak_reason, now())))


def already_issued(external_id: str, where: str) -> Problem:
    """That it was issued before; never to whom."""
    what = f"{shown(external_id)} was issued before (IDs that differ only in case are the same)"
    return Problem(where, what, "leave it out: a random one is issued")


def issued_row(tenant: str | None, external_id: str, weak_reason: str, at: str) -> dict[str, Any]:
    """The row that remembers an ID as issued at that moment."""
    key = key_of(external_id)
    row = {"external_id": external_id, "external_id_key": key, "tenant": tenant, "weak_reason": weak_reason}
    return {**row, "issued_at": at}


def decoy(registry: Registry) -> str:
    """An ID that is reserved as nobody's: what a role must refuse, and no tenant's is given away by the test."""
    with registry.reading() as look:
        found = _reserved(look)
    if found is None:
        with registry.writing() as tx:
            found = _reserved(tx)
            if found is None:
                found = fresh_id()
                issue(tx, None, found, where="decoy")
                record(tx, registry.who, None, "decoy-reserved")
    return found


def _reserved(connection: Connection) -> str | None:
    query = select(ISSUED.c.id, ISSUED.c.external_id).where(ISSUED.c.tenant.is_(None)).order_by(ISSUED.c.id).limit(1)
    row = connection.execute(query).first()
    if row is None:
        return None
    found = text_of("deputize_issued_ids", row.id, "external_id", row.external_id)
    if (what := external_id_problem(found)) is not None:
        raise InputError(odd("deputize_issued_ids", row.id, "external_id", found, what))
    return found
