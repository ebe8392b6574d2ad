from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deputize.aws import faults
from deputize.aws.client import CallerIdentity, Credentials, Refusal, Session
from deputize.aws.embedded import EmbeddedAws
from deputize.errors import ServiceError
from deputize.model.aws_options import AwsOptions

KEY = Credentials("AKIAIOSFODNN7EXAMPLE", "the-secret", "the-token")


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this computer on which nothing listens, and nothing else can begin to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def web_page() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The URL of a server that answers everything with a web page, and the headers it was sent."""
    sent: list[dict[str, str]] = []

    class Page(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(dict(self.headers))
            body = b"<!doctype html><title>Log in</title>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", sent
        server.shutdown()
        thread.join()


def _fault(target: AwsOptions, credentials: Credentials | None = KEY) -> str:
    with pytest.raises(ServiceError) as failed:
        Session(target, "0.0.0", credentials).caller()
    message = str(failed.value)
    assert not any(secret in message for secret in ("the-secret", "the-token", "AKIA"))
    return message


def test_no_credentials() -> None:
    """Nothing configured: the message says what to set."""
    assert _fault(AwsOptions(region="us-east-1"), None) == (
        "AWS credentials: there are none;"
        " give --profile, sign in (aws sso login, aws login) or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
    )


def test_half_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """An access key without its secret is named as that."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    assert _fault(AwsOptions(region="us-east-1"), None) == (
        "AWS credentials: they lack AWS_SECRET_ACCESS_KEY; set all parts of the key"
    )


def test_no_region() -> None:
    """No option, variable or profile names a region."""
    message = "--region: no region is set; give --region, set AWS_REGION or a region in the profile"
    assert _fault(AwsOptions()) == message


def test_a_region_that_is_none() -> None:
    """A region's name that could become part of a host name is refused."""
    assert _fault(AwsOptions(region="us-east-1.evil.example/")) == (
        "--region: 'us-east-1.evil.example/' is not a region's name; give one like us-east-1"
    )


@pytest.mark.parametrize("by_option", [True, False])
def test_an_unknown_profile(monkeypatch: pytest.MonkeyPatch, by_option: bool) -> None:
    """A profile that is not configured is named, from the option and from the environment."""
    if not by_option:
        monkeypatch.setenv("AWS_PROFILE", "nowhere")
    assert _fault(AwsOptions(profile="nowhere" if by_option else None, region="us-east-1"), None) == (
        "--profile: 'nowhere' is not in the AWS configuration; aws configure list-profiles shows them"
    )


def test_a_broken_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A configuration file that does not parse is named."""
    (tmp_path / "config").write_text("[profile\nnonsense")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert _fault(AwsOptions(region="us-east-1")) == (
        f"AWS configuration: Unable to parse config file: {tmp_path / 'config'};"
        " correct the file that AWS_CONFIG_FILE names, or ~/.aws"
    )


def test_a_credential_process_that_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its own words, which may hold anything, are not repeated."""
    (tmp_path / "config").write_text("[default]\ncredential_process = sh -c 'echo the-secret >&2; exit 1'\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert _fault(AwsOptions(region="us-east-1"), None) == (
        "AWS credentials: they could not be fetched (custom-process);"
        " sign in again (aws sso login, aws login) or export fresh ones"
    )


def test_an_endpoint_that_is_none() -> None:
    """An endpoint without a scheme is refused with an example."""
    assert _fault(AwsOptions(region="us-east-1", endpoint_url="127.0.0.1")) == (
        "--endpoint-url: Invalid endpoint: 127.0.0.1; give one like http://127.0.0.1:4566"
    )


def test_an_endpoint_that_is_not_there(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that could not be reached is named, without the user and password in it."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    url = f"http://user:the-secret@127.0.0.1:{closed_port}/"
    assert _fault(AwsOptions(region="us-east-1", endpoint_url=url)) == (
        f"AWS endpoint of sts in us-east-1: it could not be reached: http://127.0.0.1:{closed_port}/;"
        " check the network, --region and --endpoint-url"
    )


def test_a_proxy_that_is_not_there(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy is named, not AWS."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("HTTP_PROXY", f"http://user:the-secret@127.0.0.1:{closed_port}")
    message = _fault(AwsOptions(region="us-east-1", endpoint_url="http://sts.invalid"))
    assert message.startswith("AWS endpoint of sts in us-east-1: the proxy could not be reached: http://")
    assert message.endswith("; check HTTPS_PROXY, HTTP_PROXY and NO_PROXY")


def test_an_endpoint_that_is_not_aws(web_page: tuple[str, list[dict[str, str]]]) -> None:
    """A web page where AWS should be is said to be no AWS, and no proxy is used to reach this computer."""
    url, sent = web_page
    assert _fault(AwsOptions(region="us-east-1", endpoint_url=url)) == (
        "AWS endpoint of sts in us-east-1: it does not answer as AWS does:"
        " its answer to sts:GetCallerIdentity is no XML; check --endpoint-url, and any proxy on the way"
    )
    assert "deputize/0.0.0" in sent[0]["User-Agent"]


@pytest.mark.parametrize("proxied", [True, False])
def test_the_caller(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, closed_port: int, proxied: bool) -> None:
    """Account, ARN and partition come from STS; a proxy of the environment does not stand before this computer."""
    if proxied:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
    caller = aws.root("222233334444").caller()
    assert caller == CallerIdentity("222233334444", "arn:aws:iam::222233334444:root", "aws")


@pytest.mark.parametrize(
    ("target", "environment", "region"),
    [
        (AwsOptions(region="eu-west-1"), {"AWS_REGION": "us-east-2"}, "eu-west-1"),
        (AwsOptions(), {"AWS_REGION": "us-east-2", "AWS_DEFAULT_REGION": "us-west-1"}, "us-east-2"),
        (AwsOptions(), {"AWS_DEFAULT_REGION": "us-west-1"}, "us-west-1"),
        (AwsOptions(profile="far"), {}, "ap-northeast-1"),
        (AwsOptions(), {"AWS_PROFILE": "far"}, "ap-northeast-1"),
    ],
)
def test_the_region_is_chosen_as_the_aws_cli_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, target: AwsOptions, environment: dict[str, str], region: str
) -> None:
    """Option, then AWS_REGION, then AWS_DEFAULT_REGION, then the profile."""
    (tmp_path / "config").write_text("[profile far]\nregion = ap-northeast-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Session(target, "0.0.0").region == region


def test_retries_are_the_standard_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard retries unless the environment chooses otherwise."""
    assert Session(AwsOptions(region="us-east-1"), "0.0.0", KEY).client("sts").meta.config.retries["mode"] == "standard"
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    assert Session(AwsOptions(region="us-east-1"), "0.0.0", KEY).client("sts").meta.config.retries["mode"] == "adaptive"


def test_clients_are_shared_between_threads() -> None:
    """Eight threads that ask for the same client at once get one and the same."""
    session = Session(AwsOptions(region="us-east-1"), "0.0.0", KEY)
    with ThreadPoolExecutor(8) as pool:
        clients = list(pool.map(lambda _number: session.client("sts"), range(8)))
    assert all(client is clients[0] for client in clients)


def test_credentials_do_not_show() -> None:
    """The secret and the token are in no repr."""
    assert repr(KEY) == "Credentials(access_key_id='AKIAIOSFODNN7EXAMPLE')"
    assert "the-secret" not in repr(Session(AwsOptions(region="us-east-1"), "0.0.0", KEY))


def test_sessions_of_other_credentials_share_all_but_who_they_are() -> None:
    """What costs time to set up is made once; the key, the clients and the caller are each session's own."""
    outer = Session(AwsOptions(None, "eu-west-1", "http://127.0.0.1:1"), "0.0.0", KEY)
    keys = [Credentials(f"AKIAIOSFODNN7EXAMPL{number}", f"secret-{number}", f"token-{number}") for number in range(8)]
    outer.client("sts")

    def used(key: Credentials) -> tuple[Credentials, str, str]:
        client = outer.acting_as(key).client("sts")
        sent = client._request_signer._credentials.get_frozen_credentials()
        return (
            Credentials(sent.access_key, sent.secret_key, sent.token),
            client.meta.region_name,
            client.meta.endpoint_url,
        )

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(used, keys))
    assert found == [(key, "eu-west-1", "http://127.0.0.1:1") for key in keys]
    assert used(KEY)[0] == KEY
    assert outer.client("sts")._request_signer._credentials.access_key == KEY.access_key_id
    assert outer.acting_as(keys[0])._core is outer._core


def test_calls_inside_a_role_keep_the_limit(web_page: tuple[str, list[dict[str, str]]]) -> None:
    """A limit holds for the calls to STS of every session that came of the one it was set on, before or after."""
    url, sent = web_page
    outer = Session(AwsOptions(None, "us-east-1", url), "0.0.0", KEY)
    taken: list[int] = []

    class Limit:
        def take(self) -> None:
            taken.append(len(sent))

        def throttled(self) -> None:
            """Not here."""

    before = outer.acting_as(KEY)
    outer.limited_by(Limit())
    for session in (before, outer.acting_as(KEY)):
        with pytest.raises(ServiceError):
            session.caller()
    assert taken == [0, 1]


def test_an_expected_code_is_a_value(scripted: Callable[..., Session]) -> None:
    """Only the codes that were named are values; any other is an exception."""
    session = scripted(("iam", "get_role", "NoSuchEntity", "none"), ("iam", "get_role", "Throttling", "slow"))
    assert session.try_call("iam", "get_role", ("NoSuchEntity",), RoleName="x") == Refusal("NoSuchEntity", "none")
    with pytest.raises(ServiceError):
        session.try_call("iam", "get_role", ("NoSuchEntity",), RoleName="x")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\tand \x1b[31mred", "two lines and [31mred"),
        ("see https://user:pw@example.com/x", "see https://example.com/x"),
        ("key ASIAIOSFODNN7EXAMPLE is bad", "key [access key] is bad"),
        ("\u202egnirts\u200b", "gnirts"),
        ("x" * 1001, "x" * 1000 + "..."),
    ],
)
def test_foreign_text_is_harmless(text: str, shown: str) -> None:
    """Control and bidi characters, credentials and overlong text do not pass."""
    assert faults.clean(text) == shown
