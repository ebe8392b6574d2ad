"""Grants: made with an ID of their own, found, listed and retired."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from deputize.errors import DiffersError, InputError, Problem
from deputize.model.display import shown
from deputize.model.external_id import external_id_weaknesses
from deputize.model.spec import Tenant, tenant_problems
from deputize.registry.database import Registry
from deputize.registry.events import record
from deputize.registry.issued import fresh_id, issue
from deputize.registry.tables import GRANTS
from deputize.registry.values import Grant, Rotation, State

_OPEN = "none"
_LIVE = GRANTS.c.state != State.RETIRED
_COLUMNS = tuple(GRANTS.c[name] for name in Grant.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A grant to be made. external_ids: none for a random one; two restore a rotation that was started.

    share: use the ID that the tenant's grant for another account has (AWS advises one per account). weak_reason: why
    an own ID that can be guessed is taken all the same. where: how problems call it.
    """

    tenant: str
    account_id: str | None = None
    external_ids: tuple[str, ...] = ()
    name: str = ""
    locale: str = "en"
    partition: str = "aws"
    share: bool = False
    weak_reason: str = ""
    where: str = "tenants add"


def add(registry: Registry, asked: Asked) -> Grant:
    """Make a grant and issue its ID. Raises InputError with every problem."""
    with registry.writing() as tx:
        return insert_grant(tx, registry.who, asked)


def add_all(registry: Registry, many: Iterable[Asked | Problem]) -> tuple[int, int]:
    """Make, or find unchanged but for name and locale, every grant in one transaction; (made, found) are counted.

    A grant that is there keeps its ID, state and role: an ID that differs is a problem. A Problem among them stands
    for one that could not be read. Raises InputError with the problems of all, and then nothing was changed.
    """
    made, found, problems = 0, 0, list[Problem]()
    with registry.writing() as tx:
        for asked in many:
            if isinstance(asked, Problem):
                problems.append(asked)
                continue
            try:
                if _kept(tx, registry.who, asked):
                    found += 1
                else:
                    insert_grant(tx, registry.who, asked)
                    made += 1
            except InputError as error:
                problems += error.problems
        if problems:
            raise InputError(*problems)
    return made, found


def insert_grant(tx: Connection, who: str, asked: Asked) -> Grant:
    """As `add`, in a transaction that is open."""
    ids = asked.external_ids or ((_shared_id(tx, asked),) if asked.share else (fresh_id(),))
    label = _label(tx, asked)
    tenant = Tenant(label, ids, asked.name, asked.account_id, asked.partition, asked.locale)
    problems = (*tenant_problems(tenant, asked.where), *_weaknesses(asked))
    if problems:
        raise InputError(*problems)
    _refuse_anothers_name(tx, asked, label)
    _refuse_twin(tx, asked, label)
    if not (asked.share and _is_own(tx, asked.tenant, ids)):
        for one in ids:
            issue(tx, asked.tenant, one, where=f"{asked.where}: external_id", weak_reason=asked.weak_reason)
    row = {
        "tenant": asked.tenant,
        "label": label,
        "name": asked.name,
        "locale": asked.locale,
        "partition": asked.partition,
        "account_id": asked.account_id,
        "state": State.UNVERIFIED,
        "external_id": ids[0],
        "other_id": ids[1] if len(ids) > 1 else None,
        "rotation": Rotation.STARTED if len(ids) > 1 else Rotation.NONE,
        "generation": 1,
    }
    number = tx.execute(insert(GRANTS).values(**row).returning(GRANTS.c.id)).scalar_one()
    how = "shared" if asked.share else "given" if asked.external_ids else "random"
    detail = f"id={how}" + (f" weak={asked.weak_reason}" if asked.weak_reason else "")
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
    """The living grant whose bundle has that name: for rendering, never for entering. Raises InputError for none."""
    with registry.reading() as look:
        row = look.execute(select(*_COLUMNS).where(_LIVE, GRANTS.c.label == label)).first()
    if row is None:
        raise _not_there(shown(label))
    return _grant(row)


def grants(registry: Registry, *, tenant: str | None = None, retired: bool = False) -> list[Grant]:
    """All grants, or one tenant's, by tenant and account; retired ones only when asked for."""
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


def _label(tx: Connection, asked: Asked) -> str:
    own = (GRANTS.c.tenant == asked.tenant) & (GRANTS.c.label == asked.tenant)
    taken = tx.execute(select(GRANTS.c.id).where(_LIVE, own)).scalar()
    if taken is None or asked.account_id is None:
        return asked.tenant
    return f"{asked.tenant}-{asked.account_id}"


def _refuse_anothers_name(tx: Connection, asked: Asked, label: str) -> None:
    # Retired ones count too: a name never comes to mean another tenant.
    anothers = or_(GRANTS.c.label == asked.tenant, GRANTS.c.tenant == label)
    query = select(GRANTS.c.id).where(GRANTS.c.tenant != asked.tenant, anothers)
    if tx.execute(query).first() is not None:
        what = f"{shown(label)} names another tenant, or did"
        raise InputError(Problem(f"{asked.where}: tenant", what, "choose another slug"))


def _refuse_twin(tx: Connection, asked: Asked, label: str) -> None:
    query = select(*_COLUMNS).where(
        _LIVE,
        or_(
            GRANTS.c.label == label,
            (GRANTS.c.tenant == asked.tenant)
            & (GRANTS.c.partition == asked.partition)
            & GRANTS.c.account_id.is_not_distinct_from(asked.account_id),
        ),
    )
    if (row := tx.execute(query).first()) is not None:
        mend = "name another account with --account-id, or retire that one first"
        raise InputError(Problem(f"{asked.where}: tenant", f"{shown(label)} is there: {_grant(row)}", mend))


def _shared_id(tx: Connection, asked: Asked) -> str:
    query = select(GRANTS.c.external_id).where(_LIVE, GRANTS.c.tenant == asked.tenant).distinct()
    found = list(tx.execute(query).scalars())
    if len(found) == 1:
        return str(found[0])
    what = f"{shown(asked.tenant)} has {len(found)} IDs to share" if found else f"{shown(asked.tenant)} has no ID yet"
    raise InputError(Problem(f"{asked.where}: --share", what, "leave out --share: a new one is issued"))


def _is_own(tx: Connection, tenant: str, ids: tuple[str, ...]) -> bool:
    query = select(GRANTS.c.id).where(_LIVE, GRANTS.c.tenant == tenant, GRANTS.c.external_id == ids[0])
    return len(ids) == 1 and tx.execute(query).first() is not None


def _weaknesses(asked: Asked) -> list[Problem]:
    if asked.weak_reason or not asked.external_ids:
        return []
    mend = "leave it out: a random one is issued; or say why it must be with --allow-weak REASON"
    place = f"{asked.where}: external_id"
    return [
        Problem(place, f"{shown(one)} {weakness}", mend)
        for one in asked.external_ids
        if one
        for weakness in external_id_weaknesses(one, asked.tenant)
    ]


def _kept(tx: Connection, who: str, asked: Asked) -> bool:
    """Whether the grant is there; its name and locale follow what was asked."""
    query = select(*_COLUMNS).where(
        _LIVE,
        GRANTS.c.tenant == asked.tenant,
        GRANTS.c.partition == asked.partition,
        GRANTS.c.account_id.is_not_distinct_from(asked.account_id),
    )
    row = tx.execute(query).first()
    if row is None:
        return False
    grant = _grant(row)
    if asked.external_ids and asked.external_ids != grant.rendered_ids:
        what = f"{shown(asked.tenant)} was issued another ID, which an import never changes"
        raise InputError(Problem(f"{asked.where}: external_id", what, "use `deputize tenants rotate`"))
    if (asked.name, asked.locale) != (grant.name, grant.locale):
        tenant = Tenant(grant.label, grant.rendered_ids, asked.name, grant.account_id, grant.partition, asked.locale)
        if problems := tenant_problems(tenant, asked.where):
            raise InputError(*problems)
        change(tx, grant, name=asked.name, locale=asked.locale)
        record(tx, who, grant, "renamed")
    return True
