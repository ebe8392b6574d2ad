"""Many roles at once: absent ones cost one call, no thread waits for a role, and a run is shared by processes."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from benchmarks.verify import ID, answer
from deputize.aws.client import Credentials, Session
from deputize.aws.verify import Timing
from deputize.jobs.verify.breadth import verify_many
from deputize.jobs.verify.rate import OwnPace, Rate
from deputize.jobs.verify.run import VerifyOptions, VerifyRequest
from deputize.model.aws_options import AwsOptions
from deputize.model.values import Safety, Verdict

ABSENT = 900_000_000_000  # accounts from here on have no role


class Stub(ThreadingHTTPServer):
    """An STS that throttles above `most` calls a second; calls: account -> when it was asked about its role."""

    def __init__(self, most: float = 1e9) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.most, self.lock = most, threading.Lock()
        self.calls: dict[int, list[float]] = defaultdict(list)
        self.lately: list[float] = []
        self.throttled = 0

    def say(self, fields: dict[str, str]) -> tuple[int, bytes]:
        """STS's answer."""
        with self.lock:
            moment = time.monotonic()
            self.lately = [one for one in self.lately if one > moment - 1]
            if len(self.lately) >= self.most:
                self.throttled += 1
                return 400, b"<ErrorResponse><Error><Code>Throttling</Code><Message>x</Message></Error></ErrorResponse>"
            self.lately.append(moment)
            account = int(fields["RoleArn"].split(":")[4]) if "RoleArn" in fields else 0
            self.calls[account].append(moment)
        return answer({**fields, "ExternalId": "-"} if account >= ABSENT else fields)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Stub

    def do_POST(self) -> None:
        """Answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        status, content = self.server.say({name: values[0] for name, values in parse_qs(body).items()})
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served(most: float = 1e9) -> Iterator[tuple[Stub, Session]]:
    """The stub, and a session at it."""
    with Stub(most) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        target = AwsOptions(None, "us-east-1", f"http://127.0.0.1:{server.server_address[1]}")
        yield server, Session(target, "0", Credentials("AKIAIOSFODNN7EXAMPLE", "s"))
        server.shutdown()


def requests(there: int, absent: int, *, patient: bool = False) -> Iterator[VerifyRequest]:
    """Questions about so many roles."""
    for account in (*range(200_000_000_000, 200_000_000_000 + there), *range(ABSENT, ABSENT + absent)):
        yield VerifyRequest(f"arn:aws:iam::{account}:role/x", (ID,), "other-id", patient=patient)


def test_absent_roles_cost_one_call_and_no_thread_waits() -> None:
    """Two threads do twelve roles side by side in one waiting time, each with two full rounds 10 s apart."""
    options = VerifyOptions(Timing(60), write_probe=False, early=True)
    began = time.monotonic()
    with served() as (server, session):
        found = {one.role_arn: result for one, result in verify_many(requests(12, 5), session, options, workers=2)}
    taken = time.monotonic() - began
    assert 10 <= taken < 55  # a minute is what six after another take
    for arn, verdict in found.items():
        assert isinstance(verdict, Verdict)
        account = int(arn.split(":")[4])
        calls = server.calls[account]
        if account >= ABSENT:
            assert verdict.safety is Safety.UNREACHABLE
            assert len(calls) == 1
            assert "the right external ID alone was tried, once" in verdict.notes
        else:
            # The stub lets no policy be read.
            assert verdict.safety is Safety.UNPROVED
            assert len(calls) == 1 + 7 + 7 + 1
            assert calls[8] - calls[1] >= 10


def test_whoever_is_waited_for_gets_the_whole_time() -> None:
    """A role alone that refuses the right ID is tried with all probes, until the waiting time ends."""
    with served() as (server, session):
        options = VerifyOptions(Timing(0), write_probe=False, early=True)
        ((_, verdict),) = verify_many(requests(0, 1, patient=True), session, options)
    assert isinstance(verdict, Verdict)
    assert verdict.safety is Safety.UNREACHABLE
    assert len(server.calls[ABSENT]) == 7


@pytest.mark.slow
def test_throttling_makes_no_verdict_wrong() -> None:
    """Above what STS allows calls get fewer; roles that are there are found to be there all the same."""
    with served(most=40) as (server, session):
        session.limited_by(Rate(80, OwnPace()))
        options = VerifyOptions(Timing(0), write_probe=False, early=True)
        found = [result for _, result in verify_many(requests(30, 10), session, options)]
    assert server.throttled
    safeties = [one.safety for one in found if isinstance(one, Verdict)]
    assert safeties.count(Safety.UNREACHABLE) == 10
    assert len(safeties) == 40
