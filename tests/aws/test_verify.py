"""Probing: what STS is sent, what counts as a refusal, and what is never read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from deputize.aws.client import Credentials, Session
from deputize.aws.embedded import EmbeddedAws, create_role
from deputize.aws.live_role import read_live_role
from deputize.aws.probes import Probe, Round, plan_round
from deputize.aws.refreshing import refreshing
from deputize.aws.verify import Pause, Timing, assume_to_read, endpoint_of, rounds_of
from deputize.errors import ServiceError
from deputize.iam.arn import RoleArn, parse_role_arn
from deputize.model.aws_options import AwsOptions
from deputize.model.role_session import IN_USE, RoleSession
from deputize.model.values import ProbeResult

ARN = "arn:aws:iam::444455556666:role/x/reader"
ROLE = RoleArn("aws", "444455556666", "/x/", "reader")
ID = "Acme-7d4c0b9e"
SIGNED = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token", "amz-sdk-invocation-id", "amz-sdk-request")
DENY_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
NAMES = ("right-first", "random", "none", "other-case", "one-longer", "other", "right-last")
LIKE_USE = ("random", "none", "right-last")
SESSIONS = {name: "deputize-assume" if name in LIKE_USE else f"deputize-verify-{name}" for name in NAMES}


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()

    def __call__(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.slept.append(seconds)


@pytest.fixture
def clock() -> Clock:
    """A clock at nought."""
    return Clock()


def entered(name: str) -> tuple[Any, ...]:
    """STS's answer that lets the probe of that name in; its credentials fail every test that prints them."""
    user = {"AssumedRoleId": "AROAX:x-1234", "Arn": f"arn:aws:sts::444455556666:assumed-role/reader/{name}"}
    key = {"AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "inner-secret", "SessionToken": "inner-token"}
    expiry = {"Expiration": datetime.now(UTC) + timedelta(hours=1)}
    return "sts", "assume_role", {"AssumedRoleUser": user, "Credentials": {**key, **expiry}}


REFUSED = ("sts", "assume_role", "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole")


def one_round(
    session: Session,
    clock: Clock,
    wait: float = 0,
    plan: Callable[[], tuple[Probe, ...]] = lambda: plan_round((ID,), "other-1", "fresh-1"),
) -> list[Round]:
    """The rounds of a session whose answers are given, each after its pause."""
    found = []
    for one in rounds_of(session, ROLE, plan, Timing(wait, clock, clock.sleep)):
        if isinstance(one, Pause):
            clock.sleep(max(0.0, one.until - clock()))
        else:
            found.append(one)
    return found


def test_what_is_sent(scripted: Callable[..., Session], clock: Clock) -> None:
    """A probe may do nothing once inside and tells which it is, or it is what real use sends; none sends no ID."""
    session = scripted(*[entered(SESSIONS[name]) if "right" in name else REFUSED for name in NAMES])
    sent: list[dict[str, Any]] = []
    session.client("sts").meta.events.register(
        "provide-client-params.sts.AssumeRole", lambda params, **_: sent.append(dict(params))
    )
    (only,) = one_round(session, clock)
    assert only.clean
    ids = {
        "right-first": {"ExternalId": ID},
        "random": {"ExternalId": "fresh-1"},
        "none": {},
        "other-case": {"ExternalId": "aCME-7D4C0B9E"},
        "one-longer": {"ExternalId": f"{ID}0"},
        "other": {"ExternalId": "other-1"},
        "right-last": {"ExternalId": ID},
    }
    use = {"RoleSessionName": "deputize-assume", "DurationSeconds": 3600}
    for name, got in zip(NAMES, sent, strict=True):
        harmless = {"RoleSessionName": f"deputize-verify-{name}", "DurationSeconds": 900, "Policy": DENY_ALL}
        assert got == {"RoleArn": ARN, **(use if name in LIKE_USE else harmless), **ids[name]}


def denied(request: Any, status: int) -> AWSResponse:
    """STS's AccessDenied, with a status that STS may never send."""
    said = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    return AWSResponse(request.url, status, {}, SimpleNamespace(stream=lambda **_: iter([said])))


@pytest.mark.parametrize(
    ("status", "got"), [(403, "refuse"), (400, "no-answer"), (401, "no-answer"), (404, "no-answer"), (500, "no-answer")]
)
def test_access_denied_is_a_refusal_only_with_403(
    status: int, got: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS sends no other status with it: another is a proxy or no AWS, and the round does not count."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    own = Session(AwsOptions(region="us-east-1"), "0.0.0", Credentials("AKIAIOSFODNN7EXAMPLE", "the-secret"))
    own.client("sts").meta.events.register("before-send.sts.AssumeRole", lambda request, **_: denied(request, status))
    (only,) = one_round(own, clock)
    assert {one.got for one in only.results} == {got}
    assert only.whole is (got == "refuse")
    if got == "no-answer":
        assert f"HTTP status {status}" in only.results[0].error


def test_probes_like_use_are_byte_for_byte_what_use_sends(clock: Clock) -> None:
    """The right ID at last, and a wrong and a missing one but for the ID: body and headers, user agent too."""
    requests: list[tuple[str, str]] = []

    def keep(request: Any, **_: Any) -> AWSResponse:
        kept = sorted((key, value) for key, value in request.headers.items() if key not in SIGNED)
        requests.append((str(request.body), f"{request.method} {request.url} {kept}"))
        return denied(request, 403)

    own = Session(AwsOptions(region="us-east-1"), "0.0.0", Credentials("AKIAIOSFODNN7EXAMPLE", "the-secret"))
    own.client("sts").meta.events.register("before-send.sts.AssumeRole", keep)
    one_round(own, clock)
    probes = dict(zip(NAMES, requests, strict=True))
    requests.clear()
    with pytest.raises(ServiceError):
        refreshing(own, ROLE, ID, wanted=IN_USE, may_refresh=lambda: None)
    (use,) = requests
    assert probes["right-last"] == use
    for name, sent in (("random", "ExternalId=fresh-1"), ("none", "")):
        fields = [sent if one.startswith("ExternalId=") else one for one in use[0].split("&")]
        assert sorted(probes[name][0].split("&")) == sorted(filter(None, fields))
        assert without_length(probes[name][1]) == without_length(use[1])
    assert probes["right-first"][0] != use[0]


def without_length(headers: str) -> str:
    """Without the length of the body, which differs with the ID."""
    return re.sub(r"\('Content-Length', [^)]*\), ", "", headers)


def test_only_the_reading_session_may_do_anything(scripted: Callable[..., Session], clock: Clock) -> None:
    """It is entered with the right ID and without a session policy."""
    session = scripted(entered("deputize-verify-read"))
    sent: list[dict[str, Any]] = []
    session.client("sts").meta.events.register(
        "provide-client-params.sts.AssumeRole", lambda params, **_: sent.append(dict(params))
    )
    inside = assume_to_read(session, ROLE, ID, Timing(0, clock, clock.sleep))
    assert isinstance(inside, Session)
    assert sent == [
        {"RoleArn": ARN, "RoleSessionName": "deputize-verify-read", "DurationSeconds": 900, "ExternalId": ID}
    ]


class Unread(dict[str, Any]):
    """An answer whose credentials must not be looked at."""

    def __getitem__(self, name: str) -> Any:
        assert name != "Credentials"
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """As a dict's, but not for credentials."""
        assert name != "Credentials"
        return super().get(name, default)


def test_credentials_of_a_probe_are_dropped_unread(scripted: Callable[..., Session], clock: Clock) -> None:
    """A wrong probe that gets in shows itself by the name of its session alone."""
    session = scripted()
    real = Session(AwsOptions(region="us-east-1"), "0.0.0", Credentials("AKIAIOSFODNN7EXAMPLE", "s", "t"))
    real.try_call = lambda *_, **sent: Unread(entered(sent["RoleSessionName"])[2])  # type: ignore[method-assign]
    assert session is not real
    (only,) = one_round(real, clock)
    assert {one.got for one in only.results} == {"allow"}
    assert "inner" not in repr(only)


@pytest.mark.parametrize(
    "code",
    [
        "Throttling",
        "ExpiredToken",
        "RegionDisabledException",
        "ServiceUnavailable",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "MalformedPolicyDocument",
        "PackedPolicyTooLarge",
        "ValidationError",
        "AccessDeniedException",
        "403",
        "",
    ],
)
def test_only_access_denied_is_a_refusal(code: str, scripted: Callable[..., Session], clock: Clock) -> None:
    """Every other code is no answer, after two more attempts; then the rest of the round is not tried."""
    session = scripted(*[("sts", "assume_role", code, "said")] * 3)
    (only,) = one_round(session, clock)
    assert {one.got for one in only.results} == {"no-answer"}
    assert clock.slept == [1.0, 2.0]
    assert only.results[1].error == "not tried: the right ID got no answer"


def test_a_fault_that_passes_is_tried_again(scripted: Callable[..., Session], clock: Clock) -> None:
    """Throttled once, then refused: a refusal."""
    steps = [entered(SESSIONS[name]) if "right" in name else REFUSED for name in NAMES]
    steps.insert(1, ("sts", "assume_role", "Throttling", "Rate exceeded"))
    (only,) = one_round(scripted(*steps), clock)
    assert only.clean


@pytest.mark.parametrize("arn", [None, "", "arn:aws:sts::444455556666:assumed-role/reader/deputize-verify-other"])
def test_an_answer_to_another_question_is_none(arn: str | None, scripted: Callable[..., Session], clock: Clock) -> None:
    """An answer without the session's name, or with another one, lets nobody in."""
    answer = entered("x")[2]
    answer["AssumedRoleUser"]["Arn"] = arn or "none-at-all-but-twenty"
    session = scripted(*[("sts", "assume_role", answer)] * 3)
    result = assume_to_read(session, ROLE, ID, Timing(0, clock, clock.sleep))
    assert isinstance(result, ProbeResult)
    assert result.got == "no-answer"
    assert result.error.endswith("not for arn:aws:sts::444455556666:assumed-role/reader/deputize-verify-read")


@pytest.mark.parametrize(
    ("wait", "starts"),
    [(0, [0]), (5, [0, 5]), (9.9, [0, 9.9]), (10, [0, 10]), (25, [0, 10, 20]), (60, list(range(0, 61, 10)))],
)
def test_rounds_repeat_until_the_wait_ends(
    wait: float, starts: list[float], scripted: Callable[..., Session], clock: Clock
) -> None:
    """Ten seconds apart, or at both ends of a shorter wait; never one that begins after it."""
    session = scripted(*[REFUSED] * 7 * len(starts))
    assert [one.started for one in one_round(session, clock, wait)] == pytest.approx(starts)


def test_a_fresh_id_in_each_round(scripted: Callable[..., Session], clock: Clock) -> None:
    """Each round asks for its plan anew."""
    asked = iter(range(5))

    def plan() -> tuple[Probe, ...]:
        return (Probe("random", "refuse", f"fresh-{next(asked)}"),)

    one_round(scripted(*[REFUSED] * 2), clock, 10, plan)
    assert next(asked) == 2


@pytest.mark.parametrize(
    ("url", "region", "found"),
    [
        (None, "us-east-1", "aws"),
        (None, "cn-north-1", "aws"),
        (None, "us-gov-west-1", "aws"),
        (None, "eusc-de-east-1", "aws"),
        ("https://vpce-1-x.sts.us-east-1.vpce.amazonaws.com", "us-east-1", "aws"),
        ("http://127.0.0.1:4566", "us-east-1", "http://127.0.0.1:4566"),
        ("http://sts.amazonaws.com", "us-east-1", "http://sts.amazonaws.com"),
        ("https://amazonaws.com.evil.example", "us-east-1", "https://amazonaws.com.evil.example"),
        ("https://user:the-secret@evil.example", "us-east-1", "https://evil.example"),
    ],
)
def test_the_endpoint_is_named(url: str | None, region: str, found: str) -> None:
    """AWS's own domains over TLS are AWS; everything else is named, without a password."""
    assert endpoint_of(Session(AwsOptions(None, region, url), "0", Credentials("AKIAIOSFODNN7EXAMPLE", "s"))) == found


def test_an_endpoint_of_the_environment_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_ENDPOINT_URL makes no verdict look like AWS's."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    session = Session(AwsOptions(region="us-east-1"), "0", Credentials("AKIAIOSFODNN7EXAMPLE", "s"))
    assert endpoint_of(session) == "http://127.0.0.1:4566"


TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Condition": {"StringEquals": {"sts:ExternalId": ID}},
        }
    ],
}


def allow(*actions: str) -> dict[str, Any]:
    """A policy."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


@pytest.fixture
def enter(vendor: Session, clock: Clock) -> Callable[[str], Session]:
    """Enters a role of the embedded AWS."""

    def inside(arn: str) -> Session:
        role = parse_role_arn(arn)
        assert role is not None
        found = assume_to_read(vendor, role, ID, Timing(0, clock, clock.sleep))
        assert isinstance(found, Session)
        return found

    return inside


AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"


def test_a_role_reads_itself(customer: Session, enter: Callable[[str], Session]) -> None:
    """Trust policy, inline and managed policies, and its unique ID."""
    own = allow("iam:Get*", "iam:List*")
    arn = create_role(customer, "reader", TRUST, own)
    extra = allow("ec2:DescribeVpcs")
    made = customer.call("iam", "create_policy", PolicyName="more", PolicyDocument=json.dumps(extra))["Policy"]["Arn"]
    for policy in (made, AUDIT):
        customer.call("iam", "attach_role_policy", RoleName="reader", PolicyArn=policy)
    role = parse_role_arn(arn)
    assert role is not None
    live = read_live_role(enter(arn), role)
    assert live.arn == arn
    assert live.role_id.startswith("AROA")
    assert live.trust == TRUST
    assert live.documents.keys() == {"inline policy access", f"policy {made}", f"policy {AUDIT}"}
    assert (live.documents["inline policy access"], live.documents[f"policy {made}"]) == (own, extra)
    assert (live.aws_managed, live.unread) == ((), ())


def test_policies_that_the_role_may_not_read(scripted: Callable[..., Session]) -> None:
    """AWS's own come by name, for their snapshots; another one that cannot be read is told; lists are read whole."""
    made = "arn:aws:iam::444455556666:policy/more"
    pages = (
        {"AttachedPolicies": [{"PolicyName": "more", "PolicyArn": made}], "IsTruncated": True, "Marker": "next"},
        {"AttachedPolicies": [{"PolicyName": "SecurityAudit", "PolicyArn": AUDIT}], "IsTruncated": False},
    )
    denied = ("iam", "get_policy", "AccessDenied", "no")
    session = scripted(
        ("iam", "get_role", "AccessDenied", "no"),
        ("iam", "list_role_policies", {"PolicyNames": []}),
        *(("iam", "list_attached_role_policies", page) for page in pages),
        denied,
        denied,
    )
    live = read_live_role(session, ROLE)
    assert (live.documents, live.aws_managed) == ({}, (AUDIT,))
    assert live.unread == ("iam:GetRole (AccessDenied)", "iam:GetPolicy (AccessDenied)")


def test_a_role_that_may_not_read_itself(customer: Session, enter: Callable[[str], Session]) -> None:
    """What was refused is named, and nothing is raised."""
    arn = create_role(customer, "blind", TRUST, allow("ec2:DescribeRegions"))
    role = parse_role_arn(arn)
    assert role is not None
    live = read_live_role(enter(arn), role)
    assert (live.trust, live.documents, live.role_id) == (None, {}, "")
    assert live.unread == (
        "iam:GetRole (AccessDenied)",
        "iam:ListRolePolicies (AccessDenied)",
        "iam:ListAttachedRolePolicies (AccessDenied)",
    )


def test_a_session_refreshes_itself(aws: EmbeddedAws, customer: Session, vendor: Session) -> None:
    """It is entered at once, again when it nears its end, and not once more when that is forbidden."""
    arn = create_role(customer, "long-stay", TRUST, allow("ec2:DescribeRegions"))
    role = parse_role_arn(arn)
    assert role is not None
    asked: list[int] = []

    def may_refresh() -> None:
        asked.append(1)
        if len(asked) > 2:
            raise RuntimeError

    boto = refreshing(vendor, role, ID, wanted=RoleSession("long-stay", 900), may_refresh=may_refresh)
    # STS's answers are good for 15 minutes, which botocore takes for nearly over: each use may renew them.
    who = boto.client("sts").get_caller_identity()["Arn"]
    assert who == f"arn:aws:sts::{customer.caller().account_id}:assumed-role/long-stay/long-stay"
    assert boto.client("ec2").describe_regions()["Regions"]
    credentials = boto.get_credentials()

    def use_late() -> None:
        credentials._expiry_time = datetime.now(UTC) + timedelta(seconds=5)
        boto.client("sts").get_caller_identity()

    while len(asked) < 2:
        use_late()
    with pytest.raises(RuntimeError):
        use_late()


def test_a_session_into_a_closed_role_says_so_at_once(customer: Session, vendor: Session) -> None:
    """The fault comes from making it, not from the first use."""
    role = RoleArn("aws", customer.caller().account_id, "/", "not-there")
    with pytest.raises(ServiceError, match="AWS sts:AssumeRole: access denied"):
        refreshing(vendor, role, ID, wanted=RoleSession("long-stay", 900), may_refresh=lambda: None)
