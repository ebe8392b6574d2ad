"""What stands between deputize and the embedded AWS: every call is numbered and noted, and may be answered otherwise.

The signature covers the headers, so they go on as they came, Host among them.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

_OWN_HEADERS = frozenset({"content-length", "transfer-encoding", "connection", "date", "server"})


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `headers` without those of the connection."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Call:
    """One call: its number from 0, its action as in `iam:GetRole` or `s3:PUT`, and its fields."""

    number: int
    action: str
    fields: Mapping[str, str]


# What becomes of a call: an answer, the given function's being the real one; None cuts the connection.
Change = Callable[[Call, Callable[[], Answer]], Answer | None]


def untouched(_call: Call, forward: Callable[[], Answer]) -> Answer:
    """As the embedded AWS answers."""
    return forward()


@dataclass
class Relay:
    """The relay at `url`: `change` says what becomes of each call, `calls` are those since `start`."""

    url: str
    change: Change = untouched
    calls: list[tuple[Call, Answer | None]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)
    _next: int = 0

    def start(self, change: Change = untouched) -> None:
        """Forget the calls so far, and begin with 0 again."""
        with self._lock:
            self.change, self.calls, self._next = change, [], 0

    def number(self) -> int:
        """The next call's number."""
        with self._lock:
            self._next += 1
            return self._next - 1

    @property
    def actions(self) -> list[str]:
        """The actions of all calls, in order."""
        return [call.action for call, _ in self.calls]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    relay: Relay
    target: str

    def handle_error(self, *_: Any) -> None:
        """Whoever asked has gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _relay(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        relay = self.server.relay
        service = self.headers.get("Authorization", "///s3").split("/")[3]
        fields: dict[str, str] = {}
        if "urlencoded" in self.headers.get("Content-Type", ""):
            fields = {key: values[0] for key, values in parse_qs(content.decode()).items()}
        call = Call(relay.number(), f"{service}:{fields.get('Action', self.command)}", fields)
        answer = relay.change(call, lambda: self._forward(content))
        relay.calls.append((call, answer))
        if answer is None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def do_GET(self) -> None:
        self._relay()

    def do_POST(self) -> None:
        self._relay()

    def do_PUT(self) -> None:
        self._relay()

    def do_HEAD(self) -> None:
        self._relay()

    def _forward(self, content: bytes) -> Answer:
        upstream = HTTPConnection(self.server.target, timeout=60)
        upstream.request(self.command, self.path, content, dict(self.headers.items()))
        got = upstream.getresponse()
        headers = {name: value for name, value in got.headers.items() if name.lower() not in _OWN_HEADERS}
        answer = Answer(got.status, headers, got.read())
        upstream.close()
        return answer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def relaying(endpoint_url: str) -> Iterator[Relay]:
    """A relay in front of `endpoint_url`."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.target = urlsplit(endpoint_url).netloc
        server.relay = Relay(f"http://127.0.0.1:{server.server_address[1]}")
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.relay
        server.shutdown()
