"""How much faster eight threads verify than one, against a local STS whose every answer takes 50 ms."""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from deputize.aws.client import Credentials, Session
from deputize.aws.verify import Timing
from deputize.jobs.verify.breadth import verify_many
from deputize.jobs.verify.rate import Rate
from deputize.jobs.verify.run import VerifyOptions, VerifyRequest
from deputize.model.aws_options import AwsOptions
from deputize.model.values import Safety, Verdict

DELAY = 0.05  # seconds
TENANTS = 16
ROUNDS = 3
THREADS = 8
BULK_THREADS = 32  # enough for 200 calls a second of 50 ms each
RATE = 200.0
ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


class Sts(BaseHTTPRequestHandler):
    """Lets the right ID in and refuses everything else; IAM may not be read."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer after the delay."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        time.sleep(DELAY)
        status, content = answer(fields)
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


def answer(fields: dict[str, str]) -> tuple[int, bytes]:
    """What STS would say."""
    if fields["Action"] == "GetCallerIdentity":
        inner = "<Arn>arn:aws:iam::111122223333:user/x</Arn><UserId>x</UserId><Account>111122223333</Account>"
    elif fields["Action"] == "AssumeRole" and fields.get("ExternalId") == ID:
        name, account = fields["RoleArn"].rpartition("/")[2], fields["RoleArn"].split(":")[4]
        user = f"arn:aws:sts::{account}:assumed-role/{name}/{fields['RoleSessionName']}"
        inner = (
            "<Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
            "<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
            f"<AssumedRoleUser><AssumedRoleId>AROAX:x</AssumedRoleId><Arn>{user}</Arn></AssumedRoleUser>"
        )
    else:
        error = "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>"
        return 403, f"<ErrorResponse>{error}</ErrorResponse>".encode()
    action = fields["Action"]
    text = f'<{action}Response xmlns="{_NAMESPACE}"><{action}Result>{inner}</{action}Result></{action}Response>'
    return 200, text.encode()


def _serve(pipe: Any) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Sts) as server:
        pipe.send(server.server_address[1])
        server.serve_forever()


@contextmanager
def stub() -> Iterator[str]:
    """The URL of the stub, in a process of its own so that it takes no time from the threads that are measured."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def seconds(session: Session, threads: int) -> float:
    """How long it takes to verify all tenants, one round each."""
    requests = [VerifyRequest(f"arn:aws:iam::{200_000_000_000 + number}:role/x", (ID,)) for number in range(TENANTS)]
    started = time.perf_counter()
    options = VerifyOptions(Timing(0), write_probe=False)
    results = [result for _, result in verify_many(requests, session, options, workers=threads)]
    taken = time.perf_counter() - started
    assert all(isinstance(one, Verdict) and one.safety is Safety.SAFE for one in results)
    return taken


def bulk(url: str, count: int, pipe: Any) -> None:
    """Verify so many roles as a run over all does, at 200 calls a second: seconds over calls / rate, ms, peak in KB."""
    session = Session(AwsOptions(None, "us-east-1", url), "0.0.0", Credentials("AKIAIOSFODNN7EXAMPLE", "s"))
    rate = Rate(RATE)
    session.limited_by(rate)
    asks = (
        VerifyRequest(f"arn:aws:iam::{200_000_000_000 + number}:role/x", (ID,), patient=False)
        for number in range(count)
    )
    started, used = time.perf_counter(), time.process_time()
    options = VerifyOptions(Timing(0), write_probe=False, early=True)
    for _, result in verify_many(asks, session, options, workers=BULK_THREADS):
        assert isinstance(result, Verdict)
        assert result.safety is not Safety.UNREACHABLE
    taken = time.perf_counter() - started
    spent = (time.process_time() - used) / count * 1000
    pipe.send((taken / (rate.taken / RATE), spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def _in_process(url: str, count: int) -> tuple[float, float, float]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=bulk, args=(url, count, theirs))
    process.start()
    found: tuple[float, float, float] = ours.recv()
    process.join()
    return found


def bulk_figures() -> dict[str, float]:
    """How near a run comes to the floor that the rate sets, its processor time for a role, and its memory.

    One round each, since the pause of 10 s between two is no work: 9 calls to STS and those to IAM.
    """
    with stub() as url:
        few, many = _in_process(url, 300), _in_process(url, 3000)
    return {"verify_300_vs_floor": few[0], "verify_cpu_ms": few[1], "verify_rss_3000_vs_300": many[2] / few[2]}


def figures() -> dict[str, float]:
    """`verify_8_threads_speedup`: one thread's time over eight threads', taken in turn, the median; 5 is wanted."""
    with stub() as url:
        session = Session(AwsOptions(None, "us-east-1", url), "0.0.0", Credentials("AKIAIOSFODNN7EXAMPLE", "s"))
        seconds(session, THREADS)
        pairs = [(seconds(session, 1), seconds(session, THREADS)) for _ in range(ROUNDS)]
    return {
        "verify_8_threads_speedup": statistics.median(one / many for one, many in pairs),
        "verify_8_threads_per_s": TENANTS / statistics.median(many for _, many in pairs),
        **bulk_figures(),
    }


if __name__ == "__main__":
    print(figures())
