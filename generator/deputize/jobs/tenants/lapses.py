"""How many verified grants `assume` will refuse soon, because nothing has renewed them: told before it happens."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from deputize.registry import Grant, State
from deputize.registry.values import MAX_AGE

SOON: Final = timedelta(days=5)
_MEND: Final = "`assume` refuses them {then}; `deputize tenants verify --all` renews what it can, and says why not"


def lapses(grants: Sequence[Grant], *, left: Collection[int] = ()) -> Iterator[str]:
    """A line for the grants that have lapsed, and one for those that will.

    left: ids of those that a run looked at, or should have, and did not renew: told from the first day, the others in
    the last five.
    """
    moment, verified = datetime.now(UTC), [one for one in grants if one.state is State.VERIFIED and one.verified_at]
    ends = {one.id: datetime.fromisoformat(one.verified_at or "") + MAX_AGE for one in verified}
    gone = [number for number, end in ends.items() if end <= moment]
    soon = [number for number, end in ends.items() if moment < end and (number in left or end <= moment + SOON)]
    if gone:
        yield f"{_counted(gone, 'has', 'have')} lapsed, unrenewed for {MAX_AGE.days} days: {_MEND.format(then='now')}"
    if soon:
        last, first = max(ends[one] for one in soon), min(ends[one] for one in soon)
        days = -((moment - last) // timedelta(days=1))
        within = f"within {days} day{'s' if days > 1 else ''}, the first at {first.isoformat(timespec='minutes')}"
        yield f"{_counted(soon, 'lapses', 'lapse')} {within}: {_MEND.format(then='then')}"


def _counted(numbers: Sequence[int], one: str, many: str) -> str:
    return f"{len(numbers)} verified grant {one}" if len(numbers) == 1 else f"{len(numbers)} verified grants {many}"
