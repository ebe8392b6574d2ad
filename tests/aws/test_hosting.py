"""A vendor's bucket. The embedded AWS answers for S3; it ignores the expected owner, so the Stubber looks for that."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.stub import Stubber

from deputize.aws.client import Session
from deputize.aws.embedded import EmbeddedAws, create_user
from deputize.aws.hosting import ACTIONS, Bucket, Fetched, Stranger, UploadOutcome, fetch, read_bucket, upload
from deputize.errors import ProvedWrongError, ServiceError
from deputize.iam.partitions import PARTITIONS
from deputize.model.hosting import parse_template_url, template_url

DATA = b"Resources: {}\n"
KEY = "t/x.yaml"


@pytest.fixture
def name(customer: Session) -> str:
    """A versioned bucket of the customer's, in which nothing is."""
    bucket = f"bucket-{customer.caller().account_id}"
    customer.call("s3", "create_bucket", Bucket=bucket)
    enabled = {"Status": "Enabled"}
    customer.call("s3", "put_bucket_versioning", Bucket=bucket, VersioningConfiguration=enabled)
    return bucket


def open_up(session: Session, name: str, **condition: object) -> str:
    """Let everybody read all of the bucket; returns the policy's text."""
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**allow, **condition}]})
    session.call("s3", "delete_public_access_block", Bucket=name)
    session.call("s3", "put_bucket_policy", Bucket=name, Policy=policy)
    return policy


def versions(session: Session, name: str) -> list[dict[str, Any]]:
    """All versions of all objects."""
    found: list[dict[str, Any]] = session.call("s3", "list_object_versions", Bucket=name).get("Versions", [])
    return found


def test_a_new_bucket_is_read(customer: Session, name: str) -> None:
    """Where it is, whether it keeps versions, what blocks the public, and that it has no policy."""
    found = read_bucket(customer, name)
    owner = customer.caller().account_id
    blocks = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    assert found == Bucket(name, owner, "us-east-1", versioned=True, blocks=blocks, policy="")
    policy = open_up(customer, name)
    opened = read_bucket(customer, name)
    assert opened.blocks == ()
    assert json.loads(opened.policy or "") == json.loads(policy)
    suspended = {"Status": "Suspended"}
    customer.call("s3", "put_bucket_versioning", Bucket=name, VersioningConfiguration=suspended)
    assert read_bucket(customer, name).versioned is False


def test_no_bucket_and_another_accounts(aws: EmbeddedAws, customer: Session, name: str) -> None:
    """Both are refused, each by its own words."""
    with pytest.raises(ServiceError) as missing:
        read_bucket(customer, f"{name}-x")
    assert str(missing.value) == (
        f"bucket {name}-x: there is none of that name; "
        "make it, with versioning on, or correct --bucket, --profile and --region"
    )
    with pytest.raises(ServiceError) as foreign:
        read_bucket(aws.root("999988887777"), name)
    assert str(foreign.value) == (
        f"bucket {name}: it is not account 999988887777's, or s3:ListBucket on it is not allowed; "
        "use a bucket of your own, in the account of the credentials"
    )


def test_our_actions_are_enough_and_reads_may_be_denied(aws: EmbeddedAws, customer: Session, name: str) -> None:
    """A user with ACTIONS publishes; one with the least of them does too, and knows less."""

    def user(called: str, actions: frozenset[str]) -> Session:
        allow = {"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
        return aws.session(create_user(customer, called, {"Version": "2012-10-17", "Statement": [allow]}))

    full = user("full", ACTIONS)
    bucket = read_bucket(full, name)
    assert None not in (bucket.versioned, bucket.blocks, bucket.policy)
    assert upload(full, bucket, KEY, DATA) is UploadOutcome.UPLOADED
    assert upload(full, bucket, KEY, DATA) is UploadOutcome.ALREADY_THERE
    least = user("least", frozenset({"s3:ListBucket", "s3:PutObject", "sts:GetCallerIdentity"}))
    bucket = read_bucket(least, name)
    assert (bucket.versioned, bucket.blocks, bucket.policy) == (None, None, None)
    assert upload(least, bucket, "t/y.yaml", DATA) is UploadOutcome.UPLOADED
    with pytest.raises(ServiceError, match="s3:GetObject"):
        upload(least, bucket, "t/y.yaml", DATA)


def test_nothing_is_overwritten(customer: Session, name: str) -> None:
    """The object is there once, as S3 encrypts it by itself; other bytes in its place are proof of a wrong."""
    bucket = read_bucket(customer, name)
    assert upload(customer, bucket, KEY, DATA) is UploadOutcome.UPLOADED
    assert upload(customer, bucket, KEY, DATA) is UploadOutcome.ALREADY_THERE
    assert len(versions(customer, name)) == 1
    found = customer.call("s3", "head_object", Bucket=name, Key=KEY, ChecksumMode="ENABLED")
    assert (found["ServerSideEncryption"], found["ContentType"]) == ("AES256", "application/yaml")
    assert found["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(DATA).digest()).decode()
    for other in (b"", DATA[:-1], DATA + b" ", b"x" * (1 << 20) + b"x"):
        customer.call("s3", "put_object", Bucket=name, Key=KEY, Body=other)
        before = versions(customer, name)
        with pytest.raises(ProvedWrongError) as wrong:
            upload(customer, bucket, KEY, DATA)
        assert str(wrong.value).startswith(f"s3://{name}/{KEY}: other bytes than the template's are there")
        assert versions(customer, name) == before


def test_a_stranger_gets_what_everybody_gets(aws: EmbeddedAws, customer: Session, name: str) -> None:
    """Refused while the bucket is closed; the bytes once it is open; refused again over a line without TLS."""
    stranger = Stranger("us-east-1", aws.endpoint_url, "0.0.0")
    upload(customer, read_bucket(customer, name), KEY, DATA)
    assert fetch(stranger, name, KEY) == Fetched(None, "AccessDenied")
    open_up(customer, name)
    assert fetch(stranger, name, KEY) == Fetched(DATA)
    assert fetch(stranger, name, "t/none.yaml").data is None
    assert fetch(stranger, f"{name}-x", KEY) == Fetched(None, "NoSuchBucket")
    open_up(customer, name, Condition={"Bool": {"aws:SecureTransport": "true"}})
    assert fetch(stranger, name, KEY) == Fetched(None, "AccessDenied")


class _Handler(BaseHTTPRequestHandler):
    """Notes what is asked, and breaks off in the middle of an answer."""

    asked: list[dict[str, str]]

    def do_GET(self) -> None:
        """Promise a hundred bytes, give three."""
        self.asked.append({key.lower(): value for key, value in self.headers.items()})
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"abc")

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def broken() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The URL of a server that breaks off, and what it was asked."""
    asked: list[dict[str, str]] = []
    handler = type("Handler", (_Handler,), {"asked": asked})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()
        thread.join()


def test_a_stranger_shows_no_credentials(
    broken: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is signed, whatever the environment holds; an answer that breaks off is none."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
    url, asked = broken
    got = fetch(Stranger("us-east-1", url, "0.0.0"), "mine", KEY)
    assert got.data is None
    assert got.why.startswith("AWS endpoint of s3 in us-east-1: ")
    assert asked
    for headers in asked:
        assert "authorization" not in headers
        assert "x-amz-security-token" not in headers
        assert not any("AKIA" in value or "none" in value for value in headers.values())


class _Body(BytesIO):
    """The body of an answer as botocore reads it."""

    def stream(self, **_: object) -> Iterator[bytes]:
        """All of it."""
        yield self.read()


def _answering(stranger: Stranger, home: str) -> list[str]:
    """Answer in S3's place, on whose hosts no test may call, as for a bucket in region `home`; the addresses asked."""
    asked: list[str] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        asked.append(request.url)
        if f".{home}." in request.url:
            return AWSResponse(request.url, 200, {"Content-Length": str(len(DATA))}, _Body(DATA))
        moved = b"<Error><Code>PermanentRedirect</Code><Message>Ask there.</Message></Error>"
        return AWSResponse(request.url, 301, {"x-amz-bucket-region": home}, _Body(moved))

    stranger.client("s3").meta.events.register("before-send.s3", answer)
    return asked


@pytest.mark.parametrize("partition", PARTITIONS)
def test_a_stranger_asks_the_address_of_the_link(
    partition: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letter for letter, whatever the user's own configuration makes of S3's hosts."""
    config = tmp_path / "config"
    config.write_text(
        "[default]\nuse_dualstack_endpoint = true\nuse_fips_endpoint = true\n"
        "s3 =\n  addressing_style = path\n  use_accelerate_endpoint = true\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "legacy")
    for region in {PARTITIONS[partition].regions[0], "us-east-1" if partition == "aws" else ""} - {""}:
        url = template_url(partition, "mine", region, "t", "0" * 64)
        at = parse_template_url(url)
        assert at is not None
        stranger = Stranger(region, None, "0.0.0")
        asked = _answering(stranger, region)
        assert fetch(stranger, at.bucket, at.key) == Fetched(DATA)
        assert asked == [url]


def test_a_stranger_is_not_sent_to_another_region() -> None:
    """What a redirect leads to is not what the link's address holds: CloudFormation is given that address alone."""
    for region in ("us-west-2", "us-east-1"):
        stranger = Stranger(region, None, "0.0.0")
        asked = _answering(stranger, "eu-west-1")
        host = f"mine.s3.{region}.amazonaws.com"
        for _ in range(2):  # botocore remembers where it was sent
            assert fetch(stranger, "mine", KEY) == Fetched(None, "it is in another region")
        assert set(asked) == {f"https://{host}/{KEY}"}


def _stubbed(session: Session) -> Stubber:
    return Stubber(session.client("s3"))


OWNER = {"Bucket": "mine", "ExpectedBucketOwner": "111122223333"}
IDENTITY = {"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/x", "UserId": "x"}


def test_every_call_names_the_owner_it_expects(scripted: Any) -> None:
    """So that a bucket which changed hands is never written to, nor believed."""
    session = scripted(("sts", "get_caller_identity", IDENTITY))
    with _stubbed(session) as stub:
        stub.add_response("head_bucket", {"BucketRegion": "eu-west-1"}, OWNER)
        stub.add_response("get_bucket_versioning", {"Status": "Enabled"}, OWNER)
        stub.add_client_error("get_public_access_block", "NoSuchPublicAccessBlockConfiguration", expected_params=OWNER)
        stub.add_client_error("get_bucket_policy", "NoSuchBucketPolicy", expected_params=OWNER)
        bucket = read_bucket(session, "mine")
        assert bucket == Bucket("mine", "111122223333", "eu-west-1", versioned=True, blocks=(), policy="")
        put = {
            **OWNER,
            "Key": KEY,
            "Body": DATA,
            "IfNoneMatch": "*",
            "ChecksumSHA256": base64.b64encode(hashlib.sha256(DATA).digest()).decode(),
            "ServerSideEncryption": "AES256",
            "ContentType": "application/yaml",
        }
        stub.add_client_error("put_object", "PreconditionFailed", http_status_code=412, expected_params=put)
        stub.add_client_error("get_object", "NoSuchKey", expected_params={**OWNER, "Key": KEY})
        with pytest.raises(ServiceError, match="somebody else is writing there"):
            upload(session, bucket, KEY, DATA)
        stub.assert_no_pending_responses()


def test_a_bucket_without_a_region_is_refused(scripted: Any) -> None:
    """An endpoint that is not S3's cannot be put into links."""
    session = scripted(("sts", "get_caller_identity", IDENTITY), ("s3", "head_bucket", {}))
    with pytest.raises(ServiceError, match="does not say in which region"):
        read_bucket(session, "mine")


def test_two_uploads_at_once(scripted: Any) -> None:
    """S3's word for a write that met another is looked into as one that came late."""
    bucket = Bucket("mine", "111122223333", "us-east-1", versioned=True, blocks=(), policy="")
    session = scripted(
        ("s3", "put_object", "ConditionalRequestConflict", "at the same time"),
        ("s3", "get_object", "NoSuchKey", "none"),
    )
    with pytest.raises(ServiceError, match="run this again"):
        upload(session, bucket, KEY, DATA)
