"""Everything that can go wrong between deputize and STS: a verdict may be missing then, but it is never a wrong one."""

from __future__ import annotations

import itertools
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deputize.aws.client import Credentials, Session
from deputize.aws.embedded import EmbeddedAws, create_role, create_user
from deputize.aws.verify import Timing
from deputize.jobs.verify.run import VerifyOptions, VerifyRequest, verify_one
from deputize.model.aws_options import AwsOptions
from deputize.model.values import Safety, Verdict

VENDOR, ID = "111122224444", "Acme-7d4c0b9e-2f7a-4f0e"
SELF = ["iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"]
Answer = tuple[int, str, bytes]


def fault(status: int, code: str) -> Answer:
    """An error as STS words it."""
    text = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>No.</Message></Error></ErrorResponse>"
    return status, "text/xml", text.encode()


ANSWERS: dict[str, Answer] = {
    "throttle": fault(400, "Throttling"),
    "outage": fault(503, "ServiceUnavailable"),
    "expire": fault(403, "ExpiredToken"),
    "unknown-key": fault(403, "InvalidClientTokenId"),
    "region-off": fault(403, "RegionDisabledException"),
    "forbidden-page": (403, "text/html", b"<html><body>AccessDenied by your company's proxy</body></html>"),
    "login-page": (200, "text/html", b"<!doctype html><title>Log in</title>"),
    "empty": (200, "text/xml", b"<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"),
}
FAULTS = (*ANSWERS, "reset", "delay", "replay-allow", "replay-refuse", "cut")


@dataclass
class Proxy:
    """What stands between: `plan` says for each AssumeRole, by its number and session name, what happens to it."""

    url: str = ""
    plan: Callable[[int, str], str] = lambda _number, _name: ""
    numbers: Iterator[int] = field(default_factory=itertools.count)
    seen: dict[str, Answer] = field(default_factory=dict)

    def answer(self, planned: str, fields: Mapping[str, str], forward: Callable[[], Answer]) -> Answer:
        """What is answered to one request when that is planned for it."""
        if planned in ANSWERS:
            return ANSWERS[planned]
        if planned == "delay":
            time.sleep(0.02)
        answer = forward()
        kind = {200: "replay-allow", 403: "replay-refuse"}.get(answer[0], "")
        if fields.get("Action") == "AssumeRole" and planned != kind:
            self.seen.setdefault(kind, answer)
        if planned == "cut":
            return answer[0], answer[1], answer[2][: len(answer[2]) // 2]
        return self.seen.get(planned, answer)

    def mend(self) -> None:
        """Let everything pass again."""
        self.plan, self.numbers, self.seen = (lambda _number, _name: ""), itertools.count(), {}


@contextmanager
def proxied(endpoint_url: str) -> Iterator[Proxy]:
    """A proxy before `endpoint_url` that does as its plan says."""
    proxy = Proxy()
    target = urlsplit(endpoint_url).netloc

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fields = {key: values[0] for key, values in parse_qs(body.decode()).items()}
            planned = ""
            if fields.get("Action") == "AssumeRole":
                planned = proxy.plan(next(proxy.numbers), fields["RoleSessionName"])
            if planned == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                return
            self._answer(*proxy.answer(planned, fields, lambda: self._forward(body)))

        def _forward(self, body: bytes) -> Answer:
            upstream = HTTPConnection(target, timeout=60)
            upstream.request("POST", self.path, body, dict(self.headers.items()))
            got = upstream.getresponse()
            answer = got.status, str(got.headers["Content-Type"]), got.read()
            upstream.close()
            return answer

        def _answer(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield proxy
        server.shutdown()


@dataclass(frozen=True)
class Stage:
    """The proxy, the vendor's session behind it, and two roles: one right, one that lets everybody of the vendor in."""

    proxy: Proxy
    vendor: Session
    good: str
    bare: str

    def verdict(self, role_arn: str, plan: Callable[[int, str], str], wait: float = 10) -> Verdict:
        """What verify finds while the plan holds; time passes only by sleeping."""
        self.proxy.mend()
        self.proxy.plan = plan
        now = [0.0]

        def sleep(seconds: float) -> None:
            now[0] += seconds

        options = VerifyOptions(Timing(wait, lambda: now[0], sleep), write_probe=False)
        return verify_one(VerifyRequest(role_arn, (ID,), "decoy-nobody-has-this"), self.vendor, options)


@pytest.fixture(scope="module")
def stage(aws: EmbeddedAws, new_account: Callable[[], str]) -> Iterator[Stage]:
    """Both roles, and a way to them that can fail; botocore itself does not try again, so that each fault arrives.

    Workers take tests from one another, so a module's stage may be set more than once: its names are new each time.
    """
    account = new_account()
    root = aws.root(account)
    may_assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    key = create_user(aws.root(VENDOR), f"prober-{account}", {"Version": "2012-10-17", "Statement": [may_assume]})
    entry = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{VENDOR}:root"}}
    with_id = {**entry, "Condition": {"StringEquals": {"sts:ExternalId": ID}}}
    reads = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": SELF, "Resource": "*"}]}
    arns = [
        create_role(root, name, {"Version": "2012-10-17", "Statement": [statement]}, reads)
        for name, statement in (("good", with_id), ("bare", entry))
    ]
    with pytest.MonkeyPatch.context() as patch, proxied(aws.endpoint_url) as proxy:
        patch.setenv("AWS_MAX_ATTEMPTS", "1")
        yield Stage(proxy, session_at(proxy.url, key), *arns)


def session_at(url: str, key: Credentials) -> Session:
    """The vendor's session through the proxy."""
    return Session(AwsOptions(None, "us-east-1", url), "0.0.0", key)


# Which AssumeRole calls are hit: by number, and by session name.
PLACES: dict[str, Callable[[int, str], bool]] = {
    "every call": lambda _number, _name: True,
    "every other call": lambda number, _name: number % 2 == 1,
    "the right ID, first": lambda _number, name: name.endswith("right-first"),
    "the right ID, last": lambda _number, name: name.endswith("right-last"),
    "wrong IDs": lambda _number, name: "right" not in name and "read" not in name,
    "reading": lambda _number, name: name.endswith("read"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_makes_a_wrong_verdict(name: str, place: str, stage: Stage) -> None:
    """The right role is never called vulnerable, and the open one never safe."""

    def plan(number: int, session: str) -> str:
        return name if PLACES[place](number, session) else ""

    assert stage.verdict(stage.good, plan).safety is not Safety.VULNERABLE
    assert stage.verdict(stage.bare, plan).safety is not Safety.SAFE


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.lists(st.sampled_from(("", "", "", *FAULTS)), min_size=1, max_size=30))
def test_no_mixture_of_faults_does_either(faults: list[str], stage: Stage) -> None:
    """Whatever happens to whichever call, in any order."""

    def plan(number: int, _session: str) -> str:
        return faults[number % len(faults)]

    assert stage.verdict(stage.good, plan).safety is not Safety.VULNERABLE
    assert stage.verdict(stage.bare, plan).safety is not Safety.SAFE


def test_without_faults_the_verdicts_are_right(stage: Stage) -> None:
    """The proxy itself changes nothing."""
    assert stage.verdict(stage.good, lambda _number, _name: "").safety is Safety.SAFE
    assert stage.verdict(stage.bare, lambda _number, _name: "").safety is Safety.VULNERABLE


@pytest.mark.parametrize("name", [*ANSWERS, "reset", "cut"])
def test_a_role_that_is_never_answered_for_is_unreachable(name: str, stage: Stage) -> None:
    """No answer is no refusal: unreachable, with the fault named."""
    verdict = stage.verdict(stage.good, lambda _number, _name: name)
    assert verdict.safety is Safety.UNREACHABLE
    assert {one.got for one in verdict.probes} <= {"no-answer", "not-applicable"}
    assert any("no answer is no refusal" in note for note in verdict.notes)


@pytest.mark.parametrize("name", ["throttle", "reset", "outage", "delay"])
def test_a_fault_that_passes_is_waited_out(name: str, stage: Stage) -> None:
    """One fault in three calls costs attempts, not the verdict."""
    verdict = stage.verdict(stage.good, lambda number, _name: name if number % 3 == 0 else "")
    assert verdict.safety is Safety.SAFE


def test_an_expired_token_half_way_is_no_refusal(stage: Stage) -> None:
    """The first round is clean, then the credentials expire: not proved safe, and nobody is accused."""
    verdict = stage.verdict(stage.good, lambda number, _name: "expire" if number >= 9 else "")
    assert verdict.safety is Safety.UNSETTLED
    assert any("rounds do not count" in note for note in verdict.notes)
    assert any("they have expired" in note for note in verdict.notes)


def test_a_fault_after_two_clean_rounds_takes_nothing_back(stage: Stage) -> None:
    """The last two whole rounds count and are shown; the policy was not read any more, so it is not safe."""
    verdict = stage.verdict(stage.good, lambda number, _name: "expire" if number >= 14 else "", wait=20)
    assert (verdict.safety, verdict.evidence) == (Safety.UNSETTLED, "probes")
    assert {one.got for one in verdict.probes} == {"allow", "refuse"}
    assert "1 of 3 rounds do not count: a fault kept a probe without an answer" in verdict.notes


def test_an_answer_for_another_probe_is_none(stage: Stage) -> None:
    """A cache that gives the right probe's answer to a wrong one: the session's name gives it away."""
    verdict = stage.verdict(stage.good, lambda _number, name: "replay-allow" if name.endswith("longer") else "")
    assert verdict.safety is Safety.UNSETTLED
    (longer,) = (one for one in verdict.probes if one.name == "one-longer")
    assert longer.got == "no-answer"
    assert re.match("the endpoint answered for .*right-first, not for .*longer", longer.error)


def test_refusals_that_a_proxy_made_up_do_not_hide_what_the_policy_says(stage: Stage) -> None:
    """Every wrong probe is answered with an old refusal, and the open role is called vulnerable all the same."""
    stage.verdict(stage.good, lambda _number, _name: "")
    refusal = stage.proxy.seen["replay-refuse"]

    def plan(_number: int, name: str) -> str:
        stage.proxy.seen["replay-refuse"] = refusal
        return "replay-refuse" if PLACES["wrong IDs"](0, name) else ""

    verdict = stage.verdict(stage.bare, plan)
    assert {one.got for one in verdict.probes if one.expected == "refuse"} == {"refuse"}
    assert verdict.safety is Safety.VULNERABLE
    assert verdict.evidence == "probes+policy"
