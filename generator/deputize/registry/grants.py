"""Grants: made with an ID of their own, found, listed and retired."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from deputize.errors import DiffersError, InputError, Problem
from deputize.model.display import shown
from deputize.model.external_id import external_id_weaknesses
from deputize.model.grant_request import GrantRequest
from deputize.model.spec import Tenant, tenant_problems
from deputize.registry.database import Registry
from deputize.registry.events import record
from deputize.registry.issued import fresh_id, issue
from deputize.registry.tables import GRANTS
from deputize.registry.values import Grant, Rotation, State

_OPEN = "none"
_LIVE = GRANTS.c.state != State.RETIRED
_COLUMNS = tuple(GRANTS.c[name] for name in Grant.__dataclass_fields__)


def add(registry: Registry, wanted: GrantRequest) -> Grant:
    """Make a grant and issue its ID. Raises InputError with every problem."""
    with registry.writing() as tx:
        return insert_grant(tx, registry.who, wanted)


def add_all(registry: Registry, many: Iterable[GrantRequest | Problem]) -> tuple[int, int]:
    """Make, or find unchanged but for name and locale, every grant in one transaction; (made, found) are counted.

    A grant that is there keeps its ID, state and role: an ID that differs is a problem. A Problem among them stands
    for one that could not be read. Raises InputError with the problems of all, and then nothing was changed.
    """
    made, found, problems = 0, 0, list[Problem]()
    with registry.writing() as tx:
        for wanted in many:
            if isinstance(wanted, Problem):
                problems.append(wanted)
                continue
            try:
                if _kept(tx, registry.who, wanted):
                    found += 1
                else:
                    insert_grant(tx, registry.who, wanted)
                    made += 1
            except InputError as error:
                problems += error.problems
        if problems:
            raise InputError(*problems)
    return made, found


def insert_grant(tx: Connection, who: str, wanted: GrantRequest) -> Grant:
    """As `add`, in a transaction that is open."""
    ids = wanted.external_ids or ((_shared_id(tx, wanted),) if wanted.share else (fresh_id(),))
    label = _label(tx, wanted)
    tenant = Tenant(label, ids, wanted.name, wanted.account_id, wanted.partition, wanted.locale)
    problems = (*tenant_problems(tenant, wanted.where), *_weaknesses(wanted))
    if problems:
        raise InputError(*problems)
    _refuse_anothers_name(tx, wanted, label)
    _refuse_twin(tx, wanted, label)
    if not (wanted.share and _is_own(tx, wanted.tenant, ids)):
        for one in ids:
            issue(tx, wanted.tenant, one, where=f"{wanted.where}: external_id", weak_reason=wanted.weak_reason)
    row = {
        "tenant": wanted.tenant,
        "label": label,
        "name": wanted.name,
        "locale": wanted.locale,
        "partition": wanted.partition,
        "account_id": wanted.account_id,
        "state": State.UNVERIFIED,
        "external_id": ids[0],
        "other_id": ids[1] if len(ids) > 1 else None,
        "rotation": Rotation.STARTED if len(ids) > 1 else Rotation.NONE,
        "generation": 1,
    }
    number = tx.execute(insert(GRANTS).values(**row).returning(GRANTS.c.id)).scalar_one()
    how = "shared" if wanted.share else "given" if wanted.external_ids else "random"
    detail = f"id={how}" + (f" weak={wanted.weak_reason}" if wanted.weak_reason else "")
    grant = by_id(tx, number)
    record(tx, who, grant, "added", detail)
    return grant


def find(registry: Registry, tenant: str, account_id: str | None = None) -> Grant:
    """The living grant of the tenant with that slug, for that account where one is named.

    account_id: "none" for the grant without an agreed account. Raises InputError when there is none, or more than one.
    """
    query = select(*_COLUMNS).where(_LIVE, GRANTS.c.tenant == tenant)
    if account_id is not None:
        query = query.where(GRANTS.c.account_id.is_not_distinct_from(None if account_id == _OPEN else account_id))
    with registry.reading() as look:
        found = [_grant(row) for row in look.execute(query)]
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
        row = look.execute(select(*_COLUMNS).where(_LIVE, GRANTS.c.label == label)).first()
    if row is None:
        raise _not_there(shown(label))
    return _grant(row)


def grants(registry: Registry, *, tenant: str | None = None, retired: bool = False) -> list[Grant]:
    """All grants, or one tenant's, by tenant and account; retired ones only on request."""
    query = select(*_COLUMNS).order_by(GRANTS.c.tenant, GRANTS.c.account_id, GRANTS.c.id)
    if tenant is not None:
        query = query.where(GRANTS.c.tenant == tenant)
    with registry.reading() as look:
        return [_grant(row) for row in look.execute(query if retired else query.where(_LIVE))]


def retire(registry: Registry, grant: Grant) -> Grant:
    """End a grant: nothing is rendered, assumed or verified for it any more, and its ID is never issued again."""
    with registry.writing() as tx:
        unchanged(tx, grant)
        change(tx, grant, state=State.RETIRED, rotation=Rotation.NONE, other_id=None)
        record(tx, registry.who, grant, "retired")
        return by_id(tx, grant.id)


def by_id(tx: Connection, number: int) -> Grant:
    """The grant of that row."""
    return _grant(tx.execute(select(*_COLUMNS).where(GRANTS.c.id == number)).one())


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


def _grant(row: Row[Any]) -> Grant:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return Grant(**{**values, "state": State(values["state"]), "rotation": Rotation(values["rotation"])})


def _not_there(which: str) -> InputError:
    return InputError(Problem("tenant", f"{which} is not in the registry", "look with `deputize tenants list`"))


def _label(tx: Connection, wanted: GrantRequest) -> str:
    own = (GRANTS.c.tenant == wanted.tenant) & (GRANTS.c.label == wanted.tenant)
    taken = tx.execute(select(GRANTS.c.id).where(_LIVE, own)).scalar()
    if taken is None or wanted.account_id is None:
        return wanted.tenant
    return f"{wanted.tenant}-{wanted.account_id}"


def _refuse_anothers_name(tx: Connection, wanted: GrantRequest, label: str) -> None:
    # Retired ones count too: a name never comes to mean another tenant.
    anothers = or_(GRANTS.c.label == wanted.tenant, GRANTS.c.tenant == label)
    query = select(GRANTS.c.id).where(GRANTS.c.tenant != wanted.tenant, anothers)
    if tx.execute(query).first() is not None:
        what = f"{shown(label)} names another tenant, or did"
        raise InputError(Problem(f"{wanted.where}: tenant", what, "choose another slug"))


def _refuse_twin(tx: Connection, wanted: GrantRequest, label: str) -> None:
    query = select(*_COLUMNS).where(
        _LIVE,
        or_(
            GRANTS.c.label == label,
            (GRANTS.c.tenant == wanted.tenant)
            & (GRANTS.c.partition == wanted.partition)
            & GRANTS.c.account_id.is_not_distinct_from(wanted.account_id),
        ),
    )
    if (row := tx.execute(query).first()) is not None:
        mend = "name another account with --account-id, or retire that one first"
        raise InputError(Problem(f"{wanted.where}: tenant", f"{shown(label)} is there: {_grant(row)}", mend))


def _shared_id(tx: Connection, wanted: GrantRequest) -> str:
    query = select(GRANTS.c.external_id).where(_LIVE, GRANTS.c.tenant == wanted.tenant).distinct()
    found = list(tx.execute(query).scalars())
    if len(found) == 1:
        return str(found[0])
    what = f"{shown(wanted.tenant)} has {len(found)} IDs to share" if found else f"{shown(wanted.tenant)} has no ID yet"
    raise InputError(Problem(f"{wanted.where}: --share", what, "leave out --share: a new one is issued"))


def _is_own(tx: Connection, tenant: str, ids: tuple[str, ...]) -> bool:
    query = select(GRANTS.c.id).where(_LIVE, GRANTS.c.tenant == tenant, GRANTS.c.external_id == ids[0])
    return len(ids) == 1 and tx.execute(query).first() is not None


def _weaknesses(wanted: GrantRequest) -> list[Problem]:
    if wanted.weak_reason or not wanted.external_ids:
        return []
    mend = "leave it out: a random one is issued; or say why it must be with --allow-weak REASON"
    place = f"{wanted.where}: external_id"
    return [
        Problem(place, f"{shown(one)} {weakness}", mend)
        for one in wanted.external_ids
        if one
        for weakness in external_id_weaknesses(one, wanted.tenant)
    ]


def _kept(tx: Connection, who: str, wanted: GrantRequest) -> bool:
    """Whether the grant is there; its name and locale follow what is wanted."""
    query = select(*_COLUMNS).where(
        _LIVE,
        GRANTS.c.tenant == wanted.tenant,
        GRANTS.c.partition == wanted.partition,
        GRANTS.c.account_id.is_not_distinct_from(wanted.account_id),
    )
    row = tx.execute(query).first()
    if row is None:
        return False
    grant = _grant(row)
    if wanted.external_ids and wanted.external_ids != grant.rendered_ids:
        what = f"{shown(wanted.tenant)} was issued another ID, which an import never changes"
        raise InputError(Problem(f"{wanted.where}: external_id", what, "use `deputize tenants rotate`"))
    if (wanted.name, wanted.locale) != (grant.name, grant.locale):
        tenant = Tenant(grant.label, grant.rendered_ids, wanted.name, grant.account_id, grant.partition, wanted.locale)
        if problems := tenant_problems(tenant, wanted.where):
            raise InputError(*problems)
        change(tx, grant, name=wanted.name, locale=wanted.locale)
        record(tx, who, grant, "renamed")
    return True
