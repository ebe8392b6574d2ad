"""Grants: found, listed, changed and retired."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, text, update

from deputize.errors import DiffersError, InputError, Problem
from deputize.model.display import shown
from deputize.registry.database import Registry
from deputize.registry.events import record
from deputize.registry.rows import grants_of
from deputize.registry.tables import GRANTS, LIVE
from deputize.registry.values import Grant, Rotation, State

_OPEN = "none"
# Written out: no engine takes a partial index for a condition whose value it is told later.
LIVING = text(LIVE)
COLUMNS = tuple(GRANTS.c[name] for name in Grant.__dataclass_fields__)


def find(registry: Registry, tenant: str, account_id: str | None = None) -> Grant:
    """The living grant of the tenant with that slug, for that account where one is named.

    account_id: "none" for the grant without an agreed account. Raises InputError when there is none, or more than one.
    """
    query = select(*COLUMNS).where(LIVING, GRANTS.c.tenant == tenant)
    if account_id is not None:
        query = query.where(GRANTS.c.account_id.is_not_distinct_from(None if account_id == _OPEN else account_id))
    with registry.reading() as look:
        found = grants_of(look.execute(query))
    if not found:
        raise _not_there(shown(tenant) + (f" with account {shown(account_id)}" if account_id is not None else ""))
    if len(found) > 1:
        accounts = ", ".join(sorted(grant.account_id or _OPEN for grant in found))
        what = f"{shown(tenant)} has {len(found)} grants (accounts: {accounts})"
        raise InputError(Problem("tenant", what, "name one with --account-id"))
    return found[0]


def find_label(registry: Registry, label: str) -> Grant:
    """The living grant whose bundle has that name: for rendering, never for assuming it. Raises InputError for none."""
    with registry.reading() as look:
        return labelled(look, label)


def labelled(connection: Connection, label: str) -> Grant:
    """As `find_label`, in a transaction that is open."""
    found = grants_of(connection.execute(select(*COLUMNS).where(LIVING, GRANTS.c.label == label)))
    if not found:
        raise _not_there(shown(label))
    return found[0]


def grants(registry: Registry, *, tenant: str | None = None, retired: bool = False) -> list[Grant]:
    """All grants, or one tenant's, by tenant and account; retired ones only on request."""
    query = select(*COLUMNS).order_by(GRANTS.c.tenant, GRANTS.c.account_id, GRANTS.c.id)
    if tenant is not None:
        query = query.where(GRANTS.c.tenant == tenant)
    with registry.reading() as look:
        return grants_of(look.execute(query if retired else query.where(LIVING)))


def retire(registry: Registry, grant: Grant) -> Grant:
    """End a grant: nothing is rendered, assumed or verified for it any more, and its ID is never issued again."""
    with registry.writing() as tx:
        unchanged(tx, grant)
        change(tx, grant, state=State.RETIRED, rotation=Rotation.NONE, other_id=None)
        record(tx, registry.who, grant, "retired")
        return by_id(tx, grant.id)


def by_id(tx: Connection, number: int) -> Grant:
    """The grant of that row. Raises DiffersError when it is there no more."""
    found = grants_of(tx.execute(select(*COLUMNS).where(GRANTS.c.id == number)))
    if not found:
        what = "was taken out of the table by hand; nothing was stored"
        raise DiffersError(Problem(f"registry: deputize_grants, row {number}", what, "restore a backup"))
    return found[0]


def change(tx: Connection, grant: Grant, **values: Any) -> None:
    """Set columns of the grant's row."""
    tx.execute(update(GRANTS).where(GRANTS.c.id == grant.id).values(**values))


def unchanged(tx: Connection, grant: Grant) -> None:
    """Raises DiffersError when the grant's IDs, state or role are not what they were when it was read."""
    current = by_id(tx, grant.id)
    for what in ("generation", "state", "role_arn", "account_id"):
        if getattr(current, what) != getattr(grant, what):
            fault = f"was changed meanwhile ({what.replace('_', ' ')}); nothing was stored"
            raise DiffersError(Problem(str(grant), fault, "look with `deputize tenants show`, then try again"))


def _not_there(which: str) -> InputError:
    return InputError(Problem("tenant", f"{which} is not in the registry", "look with `deputize tenants list`"))
