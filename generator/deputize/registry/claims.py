"""Who looks at which grant in a run that several processes share: each grant is one process's until that lets it go.

A process renews what it holds while it lives; what one held that was killed is free again after a while.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from deputize.registry.database import Registry
from deputize.registry.rates import clock
from deputize.registry.sweeps import Sweep
from deputize.registry.tables import CLAIMS, GRANTS
from deputize.registry.values import Grant

HELD: Final = 20.0  # seconds for which a claim lasts; it is renewed much more often
_MICRO: Final = 1_000_000
_DAY: Final = 86_400.0
_TO_THE_END: Final = _DAY * 2  # longer than a run is taken up


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of asking for grants. mine: whose claim is this process's now. held: those that another has."""

    mine: tuple[Grant, ...]
    held: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class Claims:
    """What one process holds of a run. runner: a name that no other process has."""

    registry: Registry
    sweep: Sweep
    runner: str

    def take(self, wanted: Sequence[Grant]) -> Taken:
        """Claim those that nobody holds and nobody has looked at since they were read."""
        with self.registry.writing() as tx:
            now = int(clock(tx) * _MICRO)
            tx.execute(delete(CLAIMS).where(*self._on(wanted), CLAIMS.c.until < now))
            found = self._look(tx, wanted)
            claim = {"sweep_id": self.sweep.id, "runner": self.runner, "until": now + int(HELD * _MICRO)}
            if found.mine:
                tx.execute(insert(CLAIMS), [{**claim, "grant_id": one.id} for one in found.mine])
        return found

    def look(self, wanted: Sequence[Grant]) -> Taken:
        """What `take` would claim."""
        with self.registry.reading() as look:
            return self._look(look, wanted)

    def _on(self, wanted: Sequence[Grant]) -> tuple[ColumnElement[bool], ...]:
        return CLAIMS.c.sweep_id == self.sweep.id, CLAIMS.c.grant_id.in_([one.id for one in wanted])

    def _look(self, tx: Connection, wanted: Sequence[Grant]) -> Taken:
        query = select(CLAIMS.c.grant_id).where(*self._on(wanted), CLAIMS.c.until >= int(clock(tx) * _MICRO))
        held = set(tx.execute(query).scalars())
        rows = tx.execute(
            select(GRANTS.c.id, GRANTS.c.checked_at).where(GRANTS.c.id.in_([one.id for one in wanted]))
        ).all()
        checked = {row.id: row.checked_at for row in rows}
        free = tuple(one for one in wanted if one.id not in held and checked.get(one.id) == one.checked_at)
        return Taken(free, tuple(one for one in wanted if one.id in held))

    def renew(self) -> None:
        """Hold everything longer."""
        self._until(HELD)

    def keep(self) -> None:
        """Hold everything until the run ends: it was looked at, whatever came of it."""
        self._until(_TO_THE_END)

    def let_go(self) -> None:
        """Hold nothing any more: whoever takes the run up looks at what was not stored."""
        with self.registry.writing() as tx:
            tx.execute(delete(CLAIMS).where(CLAIMS.c.runner == self.runner))

    def others(self) -> bool:
        """Whether another process that lives is not done with what it holds."""
        with self.registry.reading() as look:
            now = int(clock(look) * _MICRO)
            query = select(CLAIMS.c.id).where(
                CLAIMS.c.sweep_id == self.sweep.id,
                CLAIMS.c.runner != self.runner,
                CLAIMS.c.until >= now,
                CLAIMS.c.until < now + int(_DAY * _MICRO),
            )
            return look.execute(query.limit(1)).first() is not None

    def _until(self, seconds: float) -> None:
        with self.registry.writing() as tx:
            until = int((clock(tx) + seconds) * _MICRO)
            # What is held longer already stays so: a renewal that comes after `keep` must not undo it.
            shorter = (CLAIMS.c.runner == self.runner, CLAIMS.c.until < until)
            tx.execute(update(CLAIMS).where(*shorter).values(until=until))
