"""Read a file that somebody named, which may be a pipe, without waiting for a writer who never comes."""

from __future__ import annotations

import os
import select
import stat
from typing import Final

from deputize.bundle import shown
from deputize.errors import InputError, Problem

_WAIT: Final = 2000  # milliseconds for somebody to open the other end of a pipe


def read_input(path: str, most: int) -> bytes:
    """The first `most` bytes of the file; of a pipe as they come, as long as somebody holds its other end open.

    Raises OSError as `open` does, InputError for a named pipe into which nobody writes: `open` would wait for ever.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        head = _first_of_pipe(descriptor, path) if stat.S_ISFIFO(os.fstat(descriptor).st_mode) else b""
        os.set_blocking(descriptor, True)
        return head + file.read(most - len(head))


def _first_of_pipe(pipe: int, path: str) -> bytes:
    """Nothing, or a byte that came just now; an empty pipe tells only by being read whether it has a writer."""
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    if poll.poll(_WAIT):
        return b""
    try:
        head = os.read(pipe, 1)
    except BlockingIOError:
        return b""
    if not head:
        raise InputError(Problem(shown(path), "is a pipe into which nobody writes", "name a file"))
    return head
