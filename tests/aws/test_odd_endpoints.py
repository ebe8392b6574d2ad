"""An endpoint that answers as AWS never does: exit 5 and what was odd, in each form, within its time and memory.

The door of the role stands open here, so whatever the endpoint says beside that, `safe` would be wrong.
"""

from __future__ import annotations

import itertools
import json
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import botocore.session
import pytest
from typer.testing import CliRunner, Result

from deputize.aws import verify as probing
from deputize.aws import wire
from deputize.aws.client import Credentials, Session
from deputize.cli.app import app
from deputize.errors import ServiceError
from deputize.model.aws_options import AwsOptions

ROLE = "arn:aws:iam::444455556666:role/collector"
ID = "Acme-7d4c0b9e-2f7a-4f0e"
SECRETS = ("THEIR-SECRET", "THEIR-TOKEN", "OWN-SECRET")
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []}).replace('"', "%22")
INNER = {
    "GetCallerIdentity": "<Arn>arn:aws:iam::111122223333:user/v</Arn><Account>111122223333</Account>",
    "GetRole": f"<Role><Arn>{ROLE}</Arn><RoleId>AROAX</RoleId><AssumeRolePolicyDocument>{TRUST}"
    "</AssumeRolePolicyDocument></Role>",
    "ListRolePolicies": "<PolicyNames><member>inline</member></PolicyNames>",
    "GetRolePolicy": f"<PolicyDocument>{TRUST}</PolicyDocument>",
    "ListAttachedRolePolicies": "<AttachedPolicies/>",
}
Fields = Mapping[str, str]
Answer = tuple[int, Mapping[str, str], bytes]
Server = Callable[[Callable[[Fields], Answer | None]], str]


def wrapped(action: str, inner: str) -> str:
    """An answer in the form of STS and IAM."""
    return f"<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>"


def usual(fields: Fields) -> str:
    """What AWS would answer for a role that lets everybody in."""
    action = fields["Action"]
    if action != "AssumeRole":
        return wrapped(action, INNER.get(action, ""))
    session = f"arn:aws:sts::444455556666:assumed-role/collector/{fields['RoleSessionName']}"
    key = "<AccessKeyId>ASIATHEIRTHEIRTHEIR1</AccessKeyId><SecretAccessKey>THEIR-SECRET</SecretAccessKey>"
    end = "<SessionToken>THEIR-TOKEN</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
    return wrapped(
        action, f"<AssumedRoleUser><Arn>{session}</Arn></AssumedRoleUser><Credentials>{key}{end}</Credentials>"
    )


@contextmanager
def serving(changed: Callable[[Fields], Answer | None]) -> Iterator[str]:
    """The URL of an endpoint that answers as usual, except where `changed` gives another answer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fields = {key: values[0] for key, values in parse_qs(body.decode()).items()}
            status, headers, content = changed(fields) or (200, {}, usual(fields).encode())
            self.send_response(status)
            for name, value in {"Content-Type": "text/xml", "Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """The client has gone, as it should."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


# Reading AWS's descriptions of its services costs far more than any answer here: one reader for all commands.
_create_loader = cache(botocore.session.create_loader)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for between two attempts, and no description of a service is read twice."""
    monkeypatch.setattr(probing, "_PAUSE", 0.0)
    monkeypatch.setattr(botocore.session, "create_loader", _create_loader)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def run(url: str, *arguments: str) -> Result:
    """Run deputize as the vendor; no credential is in what it says."""
    environment = {"AWS_ACCESS_KEY_ID": "AKIAOWN", "AWS_SECRET_ACCESS_KEY": "OWN-SECRET", "AWS_REGION": "us-east-1"}
    done = CliRunner().invoke(app, [*arguments, "--endpoint-url", url], env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert not any(secret in done.output for secret in (*SECRETS, "ASIA", "AKIA"))
    assert done.exit_code != 1
    return done


def verify(url: str, form: str = "json") -> Result:
    """`deputize verify` of the role, one round."""
    return run(url, "verify", ROLE, "--external-id", ID, "--wait", "0", "--format", form)


def xml(text: str, status: int = 200) -> Callable[[Fields], Answer]:
    """The same answer to everything; `@` stands for the action."""
    return lambda fields: (status, {}, text.replace("@", fields["Action"]).encode())


def edited(old: str, new: str) -> Callable[[Fields], Answer]:
    """The usual answer with one text in place of another."""
    return lambda fields: (200, {}, usual(fields).replace(old, new).encode())


READS = ("GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies")
DENIED = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
DEEP = "<a>" * 50_000 + "</a>" * 50_000
ODD: dict[str, Callable[[Fields], Answer]] = {
    "a login page": lambda _fields: (200, {"Content-Type": "text/html"}, b"<!doctype html><title>Log in</title>"),
    "a page that is XML": xml("<html><head><title>Log in</title></head></html>"),
    "nothing": xml(""),
    "no content": lambda _fields: (204, {"Content-Length": "0"}, b""),
    "another operation's": xml("<ListUsersResponse><ListUsersResult/></ListUsersResponse>"),
    "an error with 200": xml(
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    ),
    "no result": xml("<@Response/>"),
    "an empty result": xml("<@Response><@Result/></@Response>"),
    "two results": lambda fields: (200, {}, usual(fields).replace("Result>", "Result><x/>").encode() * 2),
    "broken off": lambda fields: (200, {}, usual(fields).encode()[:-40]),
    "JSON": lambda _fields: (200, {"Content-Type": "application/json"}, b'{"Account": "111122223333"}'),
    "bytes": lambda _fields: (200, {}, bytes(range(256)) * 4),
    "UTF-16": lambda fields: (200, {}, usual(fields).encode("utf-16")),
    "deep": lambda fields: (200, {}, wrapped(fields["Action"], DEEP).encode()),
    "entities": xml('<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><@Response><@Result>&b;</@Result></@Response>'),
    "a redirect": lambda _fields: (307, {"Location": "http://127.0.0.1:9/"}, b""),
    "a status that is none": lambda _fields: (999, {}, b"?"),
    "an error without an error": xml("<ErrorResponse/>", 400),
    "an error whose parts are elements": xml(
        "<ErrorResponse><Error><Code><a/></Code><Message><b/></Message></Error><Error/></ErrorResponse>", 400
    ),
    "an error that is text": xml("<ErrorResponse><Error>no</Error></ErrorResponse>", 403),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("action", ["GetCallerIdentity", "AssumeRole"])
def test_what_aws_never_answers_is_exit_5(name: str, action: str) -> None:
    """The caller is not known, or the role not reached; either is told in JSON and in text, never as a traceback."""
    with serving(lambda fields: ODD[name](fields) if fields["Action"] == action else None) as url:
        told, said = verify(url), verify(url, "text")
    assert (told.exit_code, said.exit_code) == (5, 5)
    result = json.loads(told.stdout)
    if action == "AssumeRole":
        assert result["verdict"] == "unreachable"
    else:
        assert result["schema"] == "deputize/error/1"
        assert "AWS" in result["problems"][0]["where"]
        assert said.stderr.startswith("error: AWS")


@pytest.mark.parametrize(("name", "action"), list(zip(ODD, itertools.cycle(READS), strict=False)))
def test_a_role_that_is_told_of_oddly_is_not_read(name: str, action: str) -> None:
    """`lint --role-arn` says what it could not read; `verify` still says that the door is open."""
    with serving(lambda fields: ODD[name](fields) if fields["Action"] == action else None) as url:
        verdict, findings = verify(url), run(url, "lint", "--role-arn", ROLE, "--format", "json")
    assert json.loads(verdict.stdout)["verdict"] == "vulnerable"
    assert findings.exit_code == (5 if action == "GetRole" else 4)
    assert f"iam:{action}" in findings.stdout


@pytest.mark.parametrize(
    ("action", "edit", "odd"),
    [
        ("GetCallerIdentity", ("<Account>111122223333</Account>", ""), "has no Account"),
        ("GetCallerIdentity", ("<Account>111122223333", "<Account>12"), "'12', which is no account ID"),
        ("GetCallerIdentity", ("user/v", "user/v&#10;::error::"), "which is no ARN"),
        ("GetCallerIdentity", ("<Arn>", "<Arn/><Arn>"), "has no string where one belongs (arnType)"),
        ("GetCallerIdentity", ("Response>", "Answer>"), "begins with <GetCallerIdentityAnswer>"),
        ("AssumeRole", ("<Expiration>2099", "<Expiration>soon"), "cannot be read"),
        ("AssumeRole", ("<Credentials>", "<Credential>"), "cannot be read"),
        ("AssumeRole", ("Credentials>", "Credential>"), "has no Credentials.AccessKeyId"),
        ("AssumeRole", ("<SessionToken>THEIR-TOKEN</SessionToken>", "<SessionToken/>"), "no Credentials.SessionToken"),
        ("AssumeRole", ("assumed-role/collector", "assumed-role/other"), "the endpoint answered for"),
        ("GetRole", ("<Arn>", "<Arn/><Arn>"), "has no string where one belongs (arnType)"),
        ("GetRole", ("<Role>", "<Role/><Role>"), "has no Role.Arn"),
        ("GetRole", ("<RoleId>", "<Tags><member><Key>a</Key></member></Tags><RoleId>"), "has no Role.Tags.Value"),
        ("GetRole", ("<RoleId>", "<MaxSessionDuration>x</MaxSessionDuration><RoleId>"), "cannot be read"),
        ("GetRole", (TRUST, "%5B" * 100_000), "cannot be read"),
        ("GetRole", (TRUST, "%7B%22a%22"), "could not be read: iam:GetRole: its trust policy is no JSON object"),
        ("ListRolePolicies", ("<PolicyNames><member>inline</member></PolicyNames>", ""), "has no PolicyNames"),
        ("ListRolePolicies", ("</PolicyNames>", "</PolicyNames><IsTruncated>true</IsTruncated>"), "without a marker"),
        ("GetRolePolicy", (f"<PolicyDocument>{TRUST}</PolicyDocument>", ""), "has no PolicyDocument"),
        (
            "ListAttachedRolePolicies",
            ("<AttachedPolicies/>", "<AttachedPolicies><member><PolicyName>x</PolicyName></member></AttachedPolicies>"),
            "has no AttachedPolicies.PolicyArn",
        ),
    ],
)
def test_what_was_odd_is_said(action: str, edit: tuple[str, str], odd: str) -> None:
    """The message names the element; and a role that lets everybody in is never safe."""
    with serving(lambda fields: edited(*edit)(fields) if fields["Action"] == action else None) as url:
        verdict = verify(url)
        told = verdict if action in {"GetCallerIdentity", "AssumeRole"} else run(url, "lint", "--role-arn", ROLE)
    assert json.loads(verdict.stdout).get("verdict") != "safe"
    assert verdict.exit_code in {5, 6}
    assert odd in " ".join(told.output.split())


@pytest.mark.parametrize("same", [True, False])
def test_pages_end(same: bool) -> None:
    """A marker that comes again ends the list, and so does the hundredth page; the gap is told."""
    asked: list[str] = []

    def endless(fields: Fields) -> Answer | None:
        if fields["Action"] != "ListAttachedRolePolicies":
            return None
        asked.append(fields.get("Marker", ""))
        marker = "same" if same else str(len(asked))
        inner = f"<AttachedPolicies/><IsTruncated>true</IsTruncated><Marker>{marker}</Marker>"
        return 200, {}, wrapped(fields["Action"], inner).encode()

    with serving(endless) as url:
        done = run(url, "lint", "--role-arn", ROLE)
    assert len(asked) == (2 if same else 100)
    assert ("a marker came twice" if same else "has more than 100 pages") in " ".join(done.output.split())


def _session(url: str) -> Session:
    return Session(AwsOptions(None, "us-east-1", url), "0.0.0", Credentials("AKIAOWN", "OWN-SECRET"))


@contextmanager
def trickling(pieces: Iterator[bytes], head: bytes) -> Iterator[str]:
    """The URL of an endpoint that sends a head and then piece after piece, until nobody listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.close_connection = True
            try:
                self.wfile.write(head)
                for piece in pieces:
                    self.wfile.write(piece)
            except OSError:
                return

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


@pytest.mark.parametrize("attempts", ["1", "3"])
@pytest.mark.parametrize(
    "head",
    [OK + b"Content-Length: 900\r\n\r\n", OK + b"\r\n", OK + b"Transfer-Encoding: chunked\r\n\r\n", OK, b""],
    ids=["body", "no length", "chunked", "head", "status line"],
)
def test_a_byte_now_and_then_does_not_hold_a_call(head: bytes, attempts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One deadline for the whole answer, attempts included, wherever the bytes trickle; the longest gap is 0.02 s."""
    monkeypatch.setattr(wire, "CALL_SECONDS", 0.3)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", attempts)

    def slowly() -> Iterator[bytes]:
        while True:
            time.sleep(0.02)
            yield b"1"

    begun = time.monotonic()
    with trickling(slowly(), head) as url, pytest.raises(ServiceError, match="takes too long"):
        _session(url).caller()
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("head", [OK + b"Content-Length: 629145600\r\n\r\n", OK + b"\r\n", OK + b"X: "])
def test_an_answer_of_600_mb_is_not_taken(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left after 16 MB, and not asked for again; this process grows by far less than what was sent."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    sent: list[int] = []

    def much() -> Iterator[bytes]:
        for _ in range(600):
            sent.append(1)
            yield b"x" * (1 << 20)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with trickling(much(), head) as url, pytest.raises(ServiceError) as failed:
        _session(url).caller()
    assert "600" not in str(failed.value)
    assert len(sent) < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # kilobytes
    if head.endswith(b"\r\n\r\n"):
        assert "its answer to sts:GetCallerIdentity is larger than 16 MB" in str(failed.value)


def test_a_role_has_a_deadline_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that are each in time do not add up without end: the rest of the role is not asked for."""
    asked: list[str] = []

    def many(fields: Fields) -> Answer | None:
        asked.append(fields["Action"])
        if fields["Action"] == "GetRolePolicy":
            time.sleep(0.02)
        if fields["Action"] != "ListRolePolicies":
            return None
        names = "".join(f"<member>p{number}</member>" for number in range(5000))
        return 200, {}, wrapped("ListRolePolicies", f"<PolicyNames>{names}</PolicyNames>").encode()

    monkeypatch.setattr("deputize.jobs.verify.run.ROLE_SECONDS", 3.0)
    with serving(many) as url:
        done = verify(url)
    assert asked.count("GetRolePolicy") < 200
    assert done.exit_code == 6
    assert "those before had used up the time" in " ".join(json.loads(done.stdout)["notes"])


def test_the_next_role_has_its_own_time() -> None:
    """A limit ends with its block; within another one, the shorter counts."""
    with serving(lambda _fields: None) as url:
        with wire.time_limit(0), wire.time_limit(60), pytest.raises(ServiceError, match="not waited for"):
            _session(url).caller()
        assert _session(url).caller().account_id == "111122223333"
