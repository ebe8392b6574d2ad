"""One run over all roles, shared by processes: each role is one process's, claimed as it comes to it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from deputize.errors import DeputizeError
from deputize.registry import HELD, Claims, Grant, Registry, Sweep

_BATCH: Final = 32  # grants claimed at once, of a long list
_RENEW: Final = HELD / 4  # seconds
_LOOK: Final = 0.5  # seconds between two looks at what others hold


@dataclass(slots=True)
class Share:
    """A process's part of a run. held: what other processes hold, as far as it came to it."""

    claims: Claims
    held: list[Grant] = field(default_factory=list)

    def mine(self, due: Sequence[Grant]) -> Iterator[Grant]:
        """Those that nobody else looks at, claimed as they are asked for."""
        size = max(1, min(_BATCH, len(due) // 16))
        for start in range(0, len(due), size):
            taken = self.claims.take(due[start : start + size])
            self.held += taken.held
            yield from taken.mine

    def left_behind(self, sleep: Callable[[float], None] = time.sleep) -> list[Grant]:
        """What others held and let go without looking at it, as one that was killed; empty when they go on themselves.

        It waits as long as a claim lasts that nobody renews.
        """
        waited, held, self.held = 0.0, self.held, []
        while held:
            look = self.claims.look(held)
            if look.mine:
                return [*look.mine, *look.held]
            if waited > HELD + _LOOK:
                return []
            held = list(look.held)
            sleep(_LOOK)
            waited += _LOOK
        return []


@contextmanager
def shared(registry: Registry, sweep: Sweep) -> Iterator[Share]:
    """A part in a run: claims are renewed while it lasts, and let go when it is interrupted."""
    claims, over = Claims(registry, sweep, uuid.uuid4().hex), threading.Event()

    def renew() -> None:
        while not over.wait(_RENEW):
            # A database that does not answer now may do so in time; if it does not, another process looks again.
            try:
                claims.renew()
            except DeputizeError:
                continue

    keeper = threading.Thread(target=renew, name="deputize-claims", daemon=True)
    keeper.start()
    try:
        yield Share(claims)
    except BaseException:
        over.set()
        keeper.join()
        claims.let_go()
        raise
    finally:
        over.set()
        keeper.join()
