"""The pace of calls to an endpoint, shared by all processes of one registry, by the database's clock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from deputize.model.pace import CallRate, CallSlots, leased, slowed
from deputize.registry.database import Registry
from deputize.registry.tables import RATES

_MICRO: Final = 1_000_000
_MILLE: Final = 1000


@dataclass(frozen=True, slots=True)
class SharedPace:
    """The pace at one endpoint ("aws", or a URL), kept by the registry."""

    registry: Registry
    endpoint: str

    def lease(self, count: int, rate: float) -> CallSlots:
        """Moments for `count` calls at `rate` a second, which no other process gets."""
        with self.registry.writing() as tx:
            now = clock(tx)
            pace, slots = leased(self._pace(tx), now, count, rate)
            self._keep(tx, pace)
        return slots

    def slow(self) -> None:
        """Halve the pace of all processes."""
        with self.registry.writing() as tx:
            self._keep(tx, slowed(self._pace(tx), clock(tx)))

    def _pace(self, tx: Connection) -> CallRate:
        query = select(RATES.c.free_at, RATES.c.share, RATES.c.changed_at).where(RATES.c.endpoint == self.endpoint)
        row = tx.execute(query).first()
        if row is None:
            tx.execute(insert(RATES).values(endpoint=self.endpoint, free_at=0, share=_MILLE, changed_at=0))
            return CallRate()
        # Whatever somebody wrote there by hand, it is a pace.
        share = min(max(row.share, 1), _MILLE)
        return CallRate(row.free_at / _MICRO, share / _MILLE, row.changed_at / _MICRO)

    def _keep(self, tx: Connection, pace: CallRate) -> None:
        values = {
            "free_at": round(pace.free_at * _MICRO),
            "share": max(1, round(pace.share * _MILLE)),
            "changed_at": round(pace.changed_at * _MICRO),
        }
        tx.execute(update(RATES).where(RATES.c.endpoint == self.endpoint).values(**values))


def clock(tx: Connection) -> float:
    """Seconds since 1970 by the one clock that all processes of the registry share."""
    if tx.dialect.name == "postgresql":
        return float(tx.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())
    return time.time()
