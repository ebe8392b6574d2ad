"""How fast STS is called: evenly, at half the pace after throttling, and every call of a session counts."""

from __future__ import annotations

from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from deputize.aws.client import Credentials, Session
from deputize.errors import InputError
from deputize.jobs.verify.rate import OwnPace, Rate
from deputize.model.aws_options import AwsOptions
from deputize.model.pace import CallRate, leased, slowed


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The moment."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def moments(rate: Rate, time: Time, seconds: float, *, each: float = 0.0) -> list[float]:
    """When calls were made, one after another for so long, each of which takes so long."""
    begun, found = time.now, []
    while time.now - begun < seconds:
        rate.take()
        found.append(time.now - begun)
        time.now += each
    return found


def most(found: list[float]) -> int:
    """The most calls in any second."""
    return max(sum(start <= one < start + 0.999 for one in found) for start in found)


@pytest.mark.parametrize("wanted", [0.5, 1, 7, 50, 200])
def test_the_rate_is_used_and_never_exceeded(wanted: float) -> None:
    """In any second there are no more calls than asked for; in all of them nearly as many."""
    time = Time()
    rate = Rate(wanted, OwnPace(time), clock=time, sleep=time.sleep)
    found = moments(rate, time, 20)
    assert most(found) <= max(1, wanted * 1.05)
    assert len(found) >= wanted * 20 * 0.95
    assert rate.taken == len(found)


def test_a_pause_is_not_made_up_for() -> None:
    """Moments that nobody used are gone: after a rest there is no burst."""
    time = Time()
    rate = Rate(50, OwnPace(time), clock=time, sleep=time.sleep)
    moments(rate, time, 0.05)
    time.now += 30
    assert most(moments(rate, time, 3)) <= 52


def test_slow_callers_do_not_pile_up() -> None:
    """Where each call takes longer than the gap, they come one after another and no denser later."""
    time = Time()
    rate = Rate(100, OwnPace(time), clock=time, sleep=time.sleep)
    moments(rate, time, 5, each=0.035)
    assert most(moments(rate, time, 3)) <= 105


def test_throttling_halves_and_quiet_brings_it_back() -> None:
    """Calls that are throttled together halve the pace once; after a while without, it is what it was."""
    time = Time()
    rate = Rate(100, OwnPace(time), clock=time, sleep=time.sleep)
    moments(rate, time, 2)
    for _ in range(8):
        rate.throttled()
    assert 45 <= len(moments(rate, time, 1)) <= 52
    time.now += 0.1
    rate.throttled()
    assert 22 <= len(moments(rate, time, 1)) <= 27
    moments(rate, time, 60)
    assert 95 <= len(moments(rate, time, 1)) <= 105


def test_the_pace_never_stops() -> None:
    """However often AWS throttles, calls go on; a clock that was set back does not stop them either."""
    pace = CallRate()
    for number in range(100):
        pace = slowed(pace, float(number * 2))
    assert leased(pace, 300.0, 1, 50)[1].gap <= 1
    assert leased(CallRate(free_at=1e9), 1000.0, 1, 50)[1].start == 0


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_no_rate(rate: float) -> None:
    """What lets no call through is refused."""
    with pytest.raises(InputError, match="--rate"):
        Rate(rate)


class Throttling(BaseHTTPRequestHandler):
    """An STS that throttles the first two requests of each kind and refuses the third."""

    seen: ClassVar[Counter[str]] = Counter()

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.seen["all"] += 1
        code = "Throttling" if self.seen["all"] <= 2 else "AccessDenied"
        content = f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>".encode()
        self.send_response(400 if code == "Throttling" else 403)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_every_request_counts_retries_too() -> None:
    """botocore's own retries wait for the rate, and the throttling that they hide is heard."""

    class Counted:
        taken = throttles = 0

        def take(self) -> None:
            self.taken += 1

        def throttled(self) -> None:
            self.throttles += 1

    limit = Counted()
    with ThreadingHTTPServer(("127.0.0.1", 0), Throttling) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        target = AwsOptions(None, "us-east-1", f"http://127.0.0.1:{server.server_address[1]}")
        session = Session(target, "0", Credentials("AKIAIOSFODNN7EXAMPLE", "s"))
        session.client("sts")
        session.limited_by(limit)
        session.try_call(
            "sts", "assume_role", ("AccessDenied",), RoleArn="arn:aws:iam::1:role/x" * 2, RoleSessionName="x1"
        )
        server.shutdown()
    assert (limit.taken, limit.throttles) == (Throttling.seen["all"], 2) == (3, 2)
