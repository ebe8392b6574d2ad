"""Runs over all grants: one that never came to its end is taken up where it stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import insert, select, update

from deputize.registry.database import Registry
from deputize.registry.tables import SWEEPS
from deputize.registry.values import now, stamp

_STALE: Final = timedelta(hours=24)  # an interrupted run that is older says nothing about today


@dataclass(frozen=True, slots=True)
class Sweep:
    """One run; a grant that was checked since `started_at` is done."""

    id: int
    started_at: str
    resumed: bool


def begin_sweep(registry: Registry, endpoint: str, *, anew: bool = False) -> Sweep:
    """Take up the interrupted run at that endpoint, younger than a day, or begin one; `anew` begins one anyway."""
    since = stamp(datetime.now(UTC) - _STALE)
    left = (SWEEPS.c.ended_at.is_(None), SWEEPS.c.endpoint == endpoint)
    with registry.writing() as tx:
        if not anew:
            query = select(SWEEPS.c.id, SWEEPS.c.started_at).where(*left, SWEEPS.c.started_at >= since)
            row = tx.execute(query.order_by(SWEEPS.c.id.desc()).limit(1)).first()
            if row is not None:
                return Sweep(row.id, row.started_at, resumed=True)
        started = now()
        tx.execute(update(SWEEPS).where(*left).values(ended_at=started))
        made = insert(SWEEPS).values(endpoint=endpoint, started_at=started).returning(SWEEPS.c.id)
        return Sweep(tx.execute(made).scalar_one(), started, resumed=False)


def end_sweep(registry: Registry, sweep: Sweep) -> None:
    """Every grant was looked at."""
    with registry.writing() as tx:
        tx.execute(update(SWEEPS).where(SWEEPS.c.id == sweep.id).values(ended_at=now()))
