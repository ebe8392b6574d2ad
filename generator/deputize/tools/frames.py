"""The helper's side: forks with limits, which answer questions that come as JSON, each with its length before it."""

from __future__ import annotations

import gc
import json
import mmap
import os
import resource
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

MOST_MEMORY: Final = 1 << 30  # bytes of address space
MOST_SECONDS: Final = 15  # of processor time for one answer; the largest template that AWS takes needs half of it
_LENGTH: Final = struct.Struct("!Q")
_LONGEST: Final = 64 << 20  # bytes of a question or an answer


def send(to: socket.socket, message: object) -> None:
    """Send one message. Raises OSError when nobody is there to take it."""
    data = json.dumps(message).encode()
    to.sendall(_LENGTH.pack(len(data)) + data)


def receive(of: socket.socket) -> Any:
    """The next message; None when none comes any more. Raises OSError, and ValueError for what is no message."""
    head = _exactly(of, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > _LONGEST:
        msg = f"a message of {length} bytes"
        raise ValueError(msg)
    data = _exactly(of, length)
    return None if data is None else json.loads(data)


def _exactly(of: socket.socket, count: int) -> bytes | None:
    parts = []
    while count:
        part = of.recv(min(count, 1 << 20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def serve_forks(descriptor: int, hello: dict[str, object], answer: Callable[[Any], object | None]) -> None:
    """Fork for each connection that comes on the socket `descriptor`, until nobody holds its other end.

    hello: what each fork says first; `limited` is added: whether the system enforces the limit of memory. answer: None
    when the limit of memory was met: the fork ends, as it does by the other limit.
    """
    control = socket.socket(fileno=descriptor)
    gc.collect()
    gc.freeze()  # what is shared stays shared
    while True:
        word, descriptors, _, _ = socket.recv_fds(control, 16, 1)
        if not word:
            return
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not os.fork():
            control.close()
            with suppress(BaseException):
                _answer_all(socket.socket(fileno=descriptors[0]), hello, answer)
            os._exit(0)
        for one in descriptors:
            os.close(one)


def _answer_all(asker: socket.socket, hello: dict[str, object], answer: Callable[[Any], object | None]) -> None:
    send(asker, {**hello, "limited": _limit_memory()})
    while (question := receive(asker)) is not None:
        _limit_seconds()
        if (found := answer(question)) is None:
            return
        send(asker, found)


def _limit_memory() -> bool:
    """Whether no more than the limit can be had from now on: some systems take the limit and do not enforce it."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        mmap.mmap(-1, MOST_MEMORY).close()
    except (OSError, ValueError, MemoryError) as error:
        return not isinstance(error, ValueError)
    return False


def _limit_seconds() -> None:
    """Let this process have so many seconds more; the system ends it when they are used up."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + 1 + MOST_SECONDS
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))
