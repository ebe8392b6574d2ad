"""How calls are spread over time, whoever makes them: evenly, slower after throttling, and back again when it is quiet.

Pure: a pace is a value, which a process keeps in memory or processes share in a database.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

_HALF: Final = 0.5
_LEAST: Final = 0.02  # of the rate: it is never slowed further
_ONE_BURST: Final = 1.0  # seconds: calls under way together that are throttled together slow it once
_QUIET: Final = 5.0  # seconds without throttling after which it is quickened
_QUICKEN: Final = 1.25


@dataclass(frozen=True, slots=True)
class CallRate:
    """Where calls stand. free_at: the first moment that nobody has, in seconds by the clock of whoever keeps it.

    share: of the rate that is used, 1 unless AWS throttled. changed_at: when the share was last changed.
    """

    free_at: float = 0.0
    share: float = 1.0
    changed_at: float = 0.0


@dataclass(frozen=True, slots=True)
class CallSlots:
    """Moments for calls, one each. start: seconds from now to the first; gap: seconds between two; count: how many."""

    start: float
    gap: float
    count: int


def leased(pace: CallRate, now: float, count: int, rate: float) -> tuple[CallRate, CallSlots]:
    """`count` moments that nobody else gets, at `rate` calls a second or what is left of that after throttling."""
    if pace.share < 1 and now - pace.changed_at >= _QUIET:
        pace = replace(pace, share=min(1.0, pace.share * _QUICKEN), changed_at=now)
    gap = 1 / (rate * pace.share)
    # A clock that was set back leaves no moment far ahead.
    start = now if pace.free_at > now + 3600 else max(now, pace.free_at)
    return replace(pace, free_at=start + gap * count), CallSlots(start - now, gap, count)


def slowed(pace: CallRate, now: float) -> CallRate:
    """The pace after AWS throttled a call: half of it."""
    if pace.share < 1 and 0 <= now - pace.changed_at < _ONE_BURST:
        return pace
    return replace(pace, share=max(_LEAST, pace.share * _HALF), changed_at=now)
