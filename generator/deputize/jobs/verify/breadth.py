"""Verifying many roles breadth-first: each takes its next step when it is due, and no thread waits for a role.

Roles are taken from the source while fewer than a window's worth are under way, so a list of any length costs the same
memory; within the window all are at the same phase, and those that were taken first are done first.
"""

from __future__ import annotations

import heapq
import random
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Final

from deputize.aws.client import Session
from deputize.aws.verify import Pause, Timing
from deputize.aws.wire import ROLE_SECONDS, time_left, time_limit
from deputize.errors import DeputizeError
from deputize.jobs.verify.steps import Steps, VerifyOptions, VerifyRequest, verify_steps
from deputize.model.values import Verdict

WINDOW: Final = 512  # roles under way: at 200 calls a second a full round over them takes longer than their pause
_QUEUED: Final = 2  # steps handed to the pool for each thread
_JITTER: Final = 0.5  # seconds by which a pause may grow, so that roles do not come due together

Checked = tuple[VerifyRequest, Verdict | DeputizeError]


def verify_many(
    requests: Iterable[VerifyRequest], session: Session, options: VerifyOptions | None = None, *, workers: int = 8
) -> Generator[Checked, None, None]:
    """Verify many roles with one session, its clients shared by `workers` threads; each result as soon as it is there.

    A role that cannot be verified gives its error. Leaving the loop early stops the waiting of those under way.
    """
    chosen = options or VerifyOptions()
    stopped = threading.Event()
    if chosen.timing.sleep is time.sleep:
        chosen = replace(chosen, timing=replace(chosen.timing, sleep=lambda seconds: _pause(stopped, seconds)))
    pool = ThreadPoolExecutor(workers, "deputize-verify")
    begun = (_Role(one, verify_steps(one, session, chosen)) for one in requests)
    try:
        yield from _Breadth(begun, pool, chosen.timing, workers * _QUEUED).results()
    finally:
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass(slots=True)
class _Role:
    """A role under way. left: seconds that its calls may still take, all steps together."""

    request: VerifyRequest
    steps: Steps
    left: float = ROLE_SECONDS

    def step(self) -> Pause | Verdict | DeputizeError:
        """Take one step: what came of it, a Pause when it is not over."""
        try:
            with time_limit(self.left):
                try:
                    return next(self.steps)
                finally:
                    self.left = time_left()
        except StopIteration as done:
            verdict: Verdict = done.value
            return verdict
        except DeputizeError as error:
            return error


@dataclass(slots=True)
class _Breadth:
    """The roles under way: some of them with a thread, the others by the moment at which they are due."""

    source: Iterator[_Role]
    pool: ThreadPoolExecutor
    timing: Timing
    busy: int
    waiting: list[tuple[float, int, _Role]] = field(default_factory=list)
    running: dict[Future[Pause | Verdict | DeputizeError], _Role] = field(default_factory=dict)
    turns: int = 0

    def results(self) -> Iterator[Checked]:
        """Each role's verdict or error, as soon as it is there."""
        while True:
            while len(self.running) < self.busy and (role := self._next()) is not None:
                self.running[self.pool.submit(role.step)] = role
            if self.running:
                yield from self._ended()
            elif self.waiting:
                self.timing.sleep(max(0.0, self.waiting[0][0] - self.timing.clock()))
            else:
                return

    def _next(self) -> _Role | None:
        """A new role while there is room in the window; else the one that is due longest, if any is."""
        if len(self.waiting) + len(self.running) < WINDOW and (role := next(self.source, None)) is not None:
            return role
        if self.waiting and self.waiting[0][0] <= self.timing.clock():
            return heapq.heappop(self.waiting)[2]
        return None

    def _ended(self) -> Iterator[Checked]:
        ahead = self.waiting[0][0] - self.timing.clock() if self.waiting and len(self.running) < self.busy else None
        for future in wait(self.running, max(ahead, 0.0) if ahead is not None else None, FIRST_COMPLETED).done:
            role, found = self.running.pop(future), future.result()
            if isinstance(found, Pause):
                self.turns += 1
                # Of those that are due at once, the order in which they came; a real pause grows a little.
                more = random.random() * _JITTER if found.until > self.timing.clock() else 0.0  # noqa: S311 - no secret
                heapq.heappush(self.waiting, (found.until + more, self.turns, role))
            else:
                yield role.request, found


class _StoppedError(Exception):
    """Nobody waits for this verdict any more."""


def _pause(stopped: threading.Event, seconds: float) -> None:
    if stopped.wait(seconds):
        raise _StoppedError
