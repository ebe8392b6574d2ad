"""Runs over all grants: one that never came to its end is taken up where it stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, select, update

from deputize.registry.database import Registry
from deputize.registry.rows import in_the_future, moment_of
from deputize.registry.tables import CLAIMS, SWEEPS
from deputize.registry.values import Grant, now

_STALE: Final = timedelta(hours=24)  # an interrupted run that is older says nothing about today


@dataclass(frozen=True, slots=True)
class Sweep:
    """One run; a grant that was checked since `started_at` is done."""

    id: int
    started_at: str
    resumed: bool

    def did(self, grant: Grant) -> bool:
        """Whether this run, begun before and taken up, has looked at the grant; a moment yet to come shows nothing."""
        if not self.resumed or grant.checked_at is None:
            return False
        checked = datetime.fromisoformat(grant.checked_at)
        return datetime.fromisoformat(self.started_at) <= checked and not in_the_future(checked)


def begin_sweep(registry: Registry, endpoint: str, *, anew: bool = False) -> Sweep:
    """Take up the interrupted run at that endpoint, younger than a day, or begin one; `anew` begins one anyway.

    One that began later than now (a clock was wrong) is not taken up. Raises InputError for one that began at no
    moment, unless `anew`.
    """
    left = (SWEEPS.c.ended_at.is_(None), SWEEPS.c.endpoint == endpoint)
    with registry.writing() as tx:
        query = select(SWEEPS.c.id, SWEEPS.c.started_at).where(*left).order_by(SWEEPS.c.id.desc())
        for number, started_at in () if anew else tx.execute(query).all():
            moment = moment_of("deputize_sweeps", number, "started_at", started_at)
            if not in_the_future(moment) and datetime.now(UTC) - moment <= _STALE:
                return Sweep(number, started_at, resumed=True)
        started = now()
        tx.execute(update(SWEEPS).where(*left).values(ended_at=started))
        made = insert(SWEEPS).values(endpoint=endpoint, started_at=started).returning(SWEEPS.c.id)
        return Sweep(tx.execute(made).scalar_one(), started, resumed=False)


def end_sweep(registry: Registry, sweep: Sweep) -> None:
    """Every grant was looked at."""
    with registry.writing() as tx:
        tx.execute(update(SWEEPS).where(SWEEPS.c.id == sweep.id).values(ended_at=now()))
        tx.execute(delete(CLAIMS).where(CLAIMS.c.sweep_id == sweep.id))
