"""Roles that are shut to what a verification tries and open to something else: none of them may be found safe.

Each has the right statement and a second one, without an external ID, that real life meets and no probe does: by
malice, or by a date, an address, MFA. Read or not, with no waiting and with a minute of it (virtual: the test's clock).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from deputize.aws.assume import assume
from deputize.aws.client import Session
from deputize.aws.embedded import EmbeddedAws, create_role
from deputize.aws.verify import Timing
from deputize.jobs.verify.run import VerifyOptions, VerifyRequest, verify_one
from deputize.model.values import Safety, Verdict

ROOT = "arn:aws:iam::111122223333:root"
ID, NOBODYS = "Acme-7d4c0b9e-2f7a-4f0e", "decoy-nobody-has-this"
SELF = ("iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies")
TAG, SOURCE = "sts:TagSession", "sts:SetSourceIdentity"
# What only some requests meet: operator, key, value, and the actions besides sts:AssumeRole that it takes.
KINDS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "session-name": ("StringNotLike", "sts:RoleSessionName", "deputize-verify-*", ()),
    "session-name-of-use": ("StringNotLike", "sts:RoleSessionName", "deputize-*", ()),
    "session-name-chosen": ("StringEquals", "sts:RoleSessionName", "backdoor", ()),
    "date-after": ("DateGreaterThan", "aws:CurrentTime", "2099-06-01T00:00:00Z", ()),
    "date-epoch": ("NumericGreaterThan", "aws:EpochTime", "4085000000", ()),
    "token-issued": ("DateLessThan", "aws:TokenIssueTime", "2001-01-01T00:00:00Z", ()),
    "address": ("NotIpAddress", "aws:SourceIp", "127.0.0.1/32", ()),
    "address-of-vpc": ("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8", ()),
    "vpc": ("StringEquals", "aws:SourceVpc", "vpc-1", ()),
    "vpce": ("StringEquals", "aws:SourceVpce", "vpce-1", ()),
    "request-tag": ("StringEquals", "aws:RequestTag/x", "y", (TAG,)),
    "tag-keys": ("ForAnyValue:StringEquals", "aws:TagKeys", "x", (TAG,)),
    "transitive-tags": ("ForAnyValue:StringEquals", "sts:TransitiveTagKeys", "x", (TAG,)),
    "principal-tag": ("StringEquals", "aws:PrincipalTag/team", "blue", ()),
    "source-identity": ("StringEquals", "sts:SourceIdentity", "bob", (SOURCE,)),
    "source-identity-carried": ("StringEquals", "aws:SourceIdentity", "bob", ()),
    "duration": ("NumericGreaterThan", "sts:DurationSeconds", "3600", ()),
    "duration-of-use": ("NumericGreaterThan", "sts:DurationSeconds", "900", ()),
    "mfa": ("Bool", "aws:MultiFactorAuthPresent", "true", ()),
    "mfa-age": ("NumericLessThan", "aws:MultiFactorAuthAge", "3600", ()),
    "user-agent": ("StringNotLike", "aws:UserAgent", "*deputize*", ()),
    "user-agent-chosen": ("StringLike", "aws:UserAgent", "curl/*", ()),
    "referer": ("StringEquals", "aws:Referer", "https://example.com", ()),
    "plain-http": ("Bool", "aws:SecureTransport", "false", ()),
    "region": ("StringEquals", "aws:RequestedRegion", "eu-west-3", ()),
    "organization": ("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5", ()),
    "user-id": ("StringLike", "aws:userid", "AIDA*", ()),
    "session-policy": ("Null", "sts:Policy", "true", ()),
    "by-a-service": ("Bool", "aws:ViaAWSService", "true", ()),
    "unknown-key": ("StringEquals", "aws:SomethingNew", "x", ()),
}


def policy(name: str | None) -> dict[str, object]:
    """The trust policy with the second statement of that kind; None has none."""
    right = {"Condition": {"StringEquals": {"sts:ExternalId": ID}}, "Action": "sts:AssumeRole"}
    statements = [right]
    if name is not None:
        operator, key, value, more = KINDS[name]
        statements.append({"Condition": {operator: {key: value}}, "Action": ["sts:AssumeRole", *more]})
    common = {"Effect": "Allow", "Principal": {"AWS": ROOT}}
    return {"Version": "2012-10-17", "Statement": [{**common, **one} for one in statements]}


@pytest.fixture(scope="session")
def make(aws: EmbeddedAws, new_account: Callable[[], str]) -> Callable[[str | None, bool], str]:
    """Makes the role of a kind; returns its ARN. readable: whether it may read itself."""
    root = aws.root(new_account())

    @cache
    def role(name: str | None, readable: bool) -> str:
        actions = list(SELF) if readable else ["ec2:DescribeRegions"]
        access = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        trust = policy(name)
        made = f"{name or 'good'}-{'open' if readable else 'blind'}"
        return create_role(root, made, trust, {"Version": "2012-10-17", "Statement": [access]})

    return role


def judged(arn: str, vendor: Session, wait: float) -> Verdict:
    """The verdict, its waiting taken as passed."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    options = VerifyOptions(Timing(wait, lambda: now[0], sleep), write_probe=False)
    return verify_one(VerifyRequest(arn, (ID,), NOBODYS), vendor, options)


@pytest.mark.parametrize("wait", [0, 60])
@pytest.mark.parametrize("readable", [True, False], ids=["readable", "blind"])
@pytest.mark.parametrize("name", KINDS)
def test_none_is_safe(
    name: str,
    readable: bool,
    wait: float,
    make: Callable[[str | None, bool], str],
    vendor_session: Session,
) -> None:
    """Read, its second statement is told; unread, the verdict says that nothing shows what was not tried."""
    verdict = judged(make(name, readable), vendor_session, wait)
    assert verdict.safety in (
        {Safety.UNSETTLED, Safety.VULNERABLE} if readable else {Safety.UNPROVED, Safety.VULNERABLE}
    )
    if verdict.safety is Safety.UNSETTLED:
        assert any("Statement 2" in note for note in verdict.notes), verdict.notes
    if verdict.safety is Safety.UNPROVED:
        (note,) = (one for one in verdict.notes if "may add this statement" in one)
        assert all(action in note for action in SELF)
        assert f'"Resource":"{verdict.role_arn}"' in note
        assert not verdict.role_digest


@pytest.mark.parametrize("wait", [0, 60])
def test_the_good_role_is_safe_only_when_it_was_read(
    wait: float, make: Callable[[str | None, bool], str], vendor_session: Session
) -> None:
    """The same role, read and not."""
    read, blind = (judged(make(None, readable), vendor_session, wait) for readable in (True, False))
    assert (read.safety, read.evidence, bool(read.role_digest)) == (Safety.SAFE, "probes+policy", True)
    assert (blind.safety, blind.evidence, bool(blind.role_digest)) == (Safety.UNPROVED, "probes", False)
    assert {one.got for one in blind.probes if one.expected == "refuse"} == {"refuse"}


def test_who_shuts_out_probes_by_name_lets_use_in_and_is_caught(
    make: Callable[[str | None, bool], str], vendor_session: Session
) -> None:
    """Whoever works without an ID under the name of use gets in; so does the probe that looks like it."""
    arn = make("session-name", False)
    assert isinstance(assume(vendor_session, arn, None, "deputize-assume"), Session)
    verdict = judged(arn, vendor_session, 0)
    assert verdict.safety is Safety.VULNERABLE
    assert {"no-id", "wrong-id"} <= {one.kind for one in verdict.access_paths}
