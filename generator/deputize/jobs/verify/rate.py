"""How fast STS is called: one rate for all calls of all threads, and of all processes that share a pace."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from deputize.errors import InputError, Problem
from deputize.model.pace import CallRate, CallSlots, leased, slowed

DEFAULT: Final = 50.0  # calls a second
_AHEAD: Final = 0.1  # seconds of calls that are leased at once
_LATE: Final = 0.03  # seconds by which a call may miss its moment; after that it takes a later one, so nothing piles up


class PaceKeeper(Protocol):
    """Whoever hands out moments for calls: a process to its threads, a registry to all its processes."""

    def lease(self, count: int, rate: float) -> CallSlots:
        """Moments for `count` calls at `rate` a second, which nobody else gets."""

    def slow(self) -> None:
        """Halve the pace, since AWS throttled."""


@dataclass(slots=True)
class OwnPace:
    """The pace of this process alone."""

    clock: Callable[[], float] = time.monotonic
    _pace: CallRate = field(default_factory=CallRate)

    def lease(self, count: int, rate: float) -> CallSlots:
        """As every keeper does."""
        self._pace, slots = leased(self._pace, self.clock(), count, rate)
        return slots

    def slow(self) -> None:
        """As every keeper does."""
        self._pace = slowed(self._pace, self.clock())


class Rate:
    """At most `rate` calls a second; `take()` before each call, `throttled()` when AWS says that it was too many.

    taken: how many calls were made so far. Raises InputError for a rate that is not above 0.
    """

    def __init__(
        self,
        rate: float = DEFAULT,
        keeper: PaceKeeper | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not rate > 0:
            raise InputError(Problem("--rate", f"{rate:g} calls a second are none", "give a number above 0, as 50"))
        self.rate, self.taken = rate, 0
        self._keeper = keeper or OwnPace(clock)
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next, self._gap, self._left = 0.0, 0.0, 0

    def take(self) -> None:
        """Wait for the moment of one call."""
        with self._lock:
            moment = self._moment()
            self.taken += 1
        if (wait := moment - self._clock()) > 0:
            self._sleep(wait)

    def throttled(self) -> None:
        """AWS refused a call since there were too many: all who share the pace go at half of it."""
        with self._lock:
            self._left = 0
            self._keeper.slow()

    def _moment(self) -> float:
        while self._left and self._next < self._clock() - _LATE:
            self._next += self._gap
            self._left -= 1
        if not self._left:
            count = max(1, int(self.rate * _AHEAD))
            slots = self._keeper.lease(count, self.rate)
            # By the clock after the lease: a database that was slow to answer makes the calls later, never denser.
            self._next, self._gap, self._left = self._clock() + slots.start, slots.gap, slots.count
        moment = self._next
        self._next += self._gap
        self._left -= 1
        return moment
