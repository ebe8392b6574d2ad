"""How much an endpoint may send, and for how long: an answer has an end, a call has a deadline, and so has one role.

botocore's timeouts are for one read from the socket, so whoever sends a byte every two seconds holds it for ever; and
it reads an answer whole, however long that is.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool, AWSHTTPSConnection, AWSHTTPSConnectionPool

from deputize.aws.faults import OddAnswerError

# IAM's largest answers, a hundred policies on one page, are far below; so is every template that CloudFormation takes.
LARGEST = 16 << 20  # bytes of one answer, its head among them
CALL_SECONDS = 90.0  # for the answer to one call, retries included; signing in before it does not count
ROLE_SECONDS = 300.0  # for all calls about one role, beyond the time for which somebody asked to wait


@dataclass(slots=True)
class _Call:
    """One call that waits for its answer. ends: when, by time.monotonic; odd: what was wrong with the answer."""

    ends: float = math.inf
    odd: str = ""

    def begin(self) -> None:
        """Start the clock, at the first byte that is waited for."""
        if self.ends == math.inf:
            self.ends = min(time.monotonic() + CALL_SECONDS, _ENDS.get())

    def left(self) -> float:
        """Seconds that are left. Raises OddAnswerError when none are, or when the answer was odd before."""
        seconds = self.ends - time.monotonic()
        if not self.odd and seconds <= 0:
            self.odd = "takes too long"
        if self.odd:
            raise OddAnswerError(self.odd)
        return seconds


_CALL: ContextVar[_Call | None] = ContextVar("deputize_call", default=None)
_ENDS: ContextVar[float] = ContextVar("deputize_ends", default=math.inf)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Calls of this thread end, or are not begun, once so many seconds have passed; of two limits the earlier counts.

    What comes too late is a ServiceError, as every fault is.
    """
    token = _ENDS.set(min(_ENDS.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _ENDS.reset(token)


def time_left() -> float:
    """Seconds until the limit of this thread's calls."""
    return _ENDS.get() - time.monotonic()


def not_counted(seconds: float) -> None:
    """Move the limit of this thread's calls: so long the caller waited by its own wish, not for an answer."""
    _ENDS.set(_ENDS.get() + seconds)
    if (call := _CALL.get()) is not None:
        call.ends += seconds


@contextmanager
def one_call() -> Iterator[_Call]:
    """The call that this thread makes inside. Raises OddAnswerError when there is no time for another."""
    call = _Call()
    if time.monotonic() >= _ENDS.get():
        what = "was not waited for: those before had used up the time"
        raise OddAnswerError(what)
    token = _CALL.set(call)
    try:
        yield call
    finally:
        _CALL.reset(token)


class LimitedCore(botocore.session.Session):  # type: ignore[misc] # botocore has no types
    """botocore's session, whose clients, those that fetch its credentials among them, take no answer without end."""

    def create_client(self, *names: Any, **choices: Any) -> Any:
        """As botocore's own."""
        client = super().create_client(*names, **choices)
        # botocore has no public way to say what connections are made of; through proxies it uses these, too.
        client._endpoint.http_session._pool_classes_by_scheme.update(http=_Pool, https=_SecurePool)  # noqa: SLF001
        return client


class _Answer(io.RawIOBase):
    """The bytes of one answer, as they come from the socket."""

    def __init__(self, sock: Any, raw: Any, call: _Call) -> None:
        super().__init__()
        self._sock, self._raw, self._call = sock, raw, call
        self._size = 0

    def readable(self) -> bool:
        """It is for reading alone."""
        return True

    def fileno(self) -> int:
        """The socket's."""
        return int(self._sock.fileno())

    def readinto(self, buffer: Any) -> int | None:
        """Read what has come. Raises OddAnswerError past the time or the size that an answer may take."""
        self._call.begin()
        left, patience = self._call.left(), self._sock.gettimeout()
        self._sock.settimeout(left if patience is None else min(left, patience))
        try:
            count: int | None = self._raw.readinto(buffer)
        except TimeoutError:
            self._call.left()
            raise
        self._size += count or 0
        if self._size > LARGEST:
            self._call.odd = f"is larger than {LARGEST >> 20} MB"
            self._call.left()
        return count

    def close(self) -> None:
        """Let the socket go."""
        self._raw.close()
        super().close()


class _Socket:
    """A socket whose answers are limited; all else it does as the one that it stands for."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock

    def makefile(self, mode: str, buffering: int | None = None) -> Any:
        """Bytes to be read: http.client and botocore ask for nothing else."""
        raw = _Answer(self._sock, self._sock.makefile(mode, 0), _CALL.get() or _Call())
        return raw if buffering == 0 else io.BufferedReader(raw)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _Connection(AWSHTTPConnection):  # type: ignore[misc]
    def connect(self) -> None:
        super().connect()
        self.sock: Any = _Socket(self.sock)


class _SecureConnection(AWSHTTPSConnection):  # type: ignore[misc]
    def connect(self) -> None:
        super().connect()
        self.sock: Any = _Socket(self.sock)


class _Pool(AWSHTTPConnectionPool):  # type: ignore[misc]
    ConnectionCls = _Connection


class _SecurePool(AWSHTTPSConnectionPool):  # type: ignore[misc]
    ConnectionCls = _SecureConnection
