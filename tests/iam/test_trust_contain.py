"""What one trust policy lets in that another does not: verdicts written by hand, and what must not change one."""

from __future__ import annotations

from typing import Any

import pytest

from deputize.iam.grammar import read_policy
from deputize.iam.policy import Policy
from deputize.iam.trust.contain import TrustWidening, trust_decision, trust_widenings

ACCOUNT = {"AWS": "arn:aws:iam::111111111111:root"}
ROLE = {"AWS": "arn:aws:iam::222222222222:role/path/reader"}
ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-a"}}
NO_ID = {"Null": {"sts:ExternalId": "true"}}
Statement = dict[str, Any]


def trust(*statements: Statement) -> Policy:
    """A trust policy."""
    return read_policy({"Version": "2012-10-17", "Statement": list(statements)}, "trust")


def allow(who: object, ids: object = None, action: object = "sts:AssumeRole", /, **conditions: Any) -> Statement:
    """An Allow that asks for an external ID, and for more."""
    found = {"Effect": "Allow", "Principal": who, "Action": action}
    asked = dict(conditions)
    if ids is not None:
        asked["StringEquals"] = {**asked.get("StringEquals", {}), "sts:ExternalId": ids}
    return {**found, "Condition": asked} if asked else found


def deny(who: object, **conditions: Any) -> Statement:
    """A Deny of every action of STS."""
    return {**allow(who, None, "sts:*", **conditions), "Effect": "Deny"}


def checked(old: Policy, new: Policy) -> tuple[TrustWidening, ...]:
    """The widenings, each example asked about on both sides."""
    found = trust_widenings(old, new)
    for one in found:
        assert (one.request is not None) is (one.kind == "wider")
        if one.request is not None:
            assert trust_decision(new, one.request).outcome == "allow"
            assert trust_decision(old, one.request).outcome in ("implicit-deny", "explicit-deny")
    return found


ONE = trust(allow(ACCOUNT, "id-a"))
WIDER = {
    "the ID is dropped": (ONE, trust(allow(ACCOUNT)), ("account", "111111111111"), {"none", "other"}),
    "a second ID": (ONE, trust(allow(ACCOUNT, ["id-a", "id-b"])), ("account", "111111111111"), {"listed"}),
    "a pattern for the ID": (
        ONE, trust(allow(ACCOUNT, StringLike={"sts:ExternalId": "id-*"})), ("account", "111111111111"), {"other"},
    ),
    "the ID in any case": (
        ONE, trust(allow(ACCOUNT, StringEqualsIgnoreCase={"sts:ExternalId": "id-a"})),
        ("account", "111111111111"), {"other"},
    ),
    "the ID only where there is one": (
        ONE, trust(allow(ACCOUNT, StringEqualsIfExists={"sts:ExternalId": "id-a"})),
        ("account", "111111111111"), {"none"},
    ),
    "a second vendor": (
        ONE, trust(allow(ACCOUNT, "id-a"), allow(ROLE, "id-a")), ("role", ROLE["AWS"]), {"listed"},
    ),
    "a role becomes its account": (
        trust(allow(ROLE, "id-a")), trust(allow({"AWS": "222222222222"}, "id-a")), ("account", "222222222222"),
        {"listed"},
    ),
    "anyone": (ONE, trust(allow("*", "id-a")), ("anyone", ""), {"listed"}),
    "sessions may be tagged": (
        ONE, trust(allow(ACCOUNT, "id-a", ["sts:AssumeRole", "sts:TagSession"])), ("account", "111111111111"),
        {"listed"},
    ),
    "the organization is dropped": (
        trust(allow(ACCOUNT, "id-a", **ORG)), ONE, ("account", "111111111111"), {"listed"},
    ),
    "a larger network": (
        trust(allow(ACCOUNT, "id-a", IpAddress={"aws:SourceIp": "10.0.0.0/8"})),
        trust(allow(ACCOUNT, "id-a", IpAddress={"aws:SourceIp": "10.0.0.0/7"})), ("account", "111111111111"),
        {"listed"},
    ),
    "a later date": (
        trust(allow(ACCOUNT, "id-a", DateLessThan={"aws:CurrentTime": "2026-01-01T00:00:00Z"})),
        trust(allow(ACCOUNT, "id-a", DateLessThan={"aws:CurrentTime": "2026-01-01T00:00:01Z"})),
        ("account", "111111111111"), {"listed"},
    ),
    "a Deny is gone": (
        trust(allow(ACCOUNT), deny("*", **NO_ID)), trust(allow(ACCOUNT)), ("account", "111111111111"), {"none"},
    ),
    "a service": (
        ONE, trust(allow(ACCOUNT, "id-a"), allow({"Service": "ec2.amazonaws.com"})), ("service", "ec2.amazonaws.com"),
        {"none"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "who", "sends"), WIDER.values(), ids=WIDER)
def test_each_way_to_let_more_in_is_told_with_a_request(
    old: Policy, new: Policy, who: tuple[str, str], sends: set[str]
) -> None:
    """Who, and which ID, as NEW names them; the other way round nobody more gets in."""
    found = checked(old, new)
    assert {(one.kind, one.who) for one in found} == {("wider", who)}
    assert {one.sends for one in found} == sends
    assert checked(new, old) == ()


ALIKE = {
    "a list of one": (ONE, trust(allow(ACCOUNT, ["id-a"], ["sts:AssumeRole"]))),
    "another order": (trust(allow(ACCOUNT, ["x1", "x2"])), trust(allow(ACCOUNT, ["x2", "x1"]))),
    "two statements": (trust(allow(ACCOUNT, ["x1", "x2"])), trust(allow(ACCOUNT, "x2"), allow(ACCOUNT, "x1"))),
    "other capitals": (ONE, trust({**allow(ACCOUNT), "Action": "STS:assumerole",
                                   "Condition": {"StringEquals": {"STS:externalid": "id-a"}}})),
    "a Sid": (ONE, trust({**allow(ACCOUNT, "id-a"), "Sid": "Vendor"})),
    "an account or its root": (ONE, trust(allow({"AWS": "111111111111"}, "id-a"))),
    "a Deny of those without an ID": (ONE, trust(allow(ACCOUNT, "id-a"), deny("*", **NO_ID))),
    "two principals or two statements": (
        trust(allow({"AWS": [ACCOUNT["AWS"], ROLE["AWS"]]}, "id-a")),
        trust(allow(ROLE, "id-a"), allow(ACCOUNT, "id-a")),
    ),
    "an unknown operator, the same": (trust(allow(ACCOUNT, StringIs={"aws:k": "x"})),
                                      trust(allow(ACCOUNT, StringIs={"aws:K": ["x"]}))),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE)
def test_what_says_the_same_is_no_change(one: Policy, other: Policy) -> None:
    """Neither way round."""
    assert trust_widenings(one, other) == trust_widenings(other, one) == ()


UNTOLD = {
    "an operator that nobody knows": (ONE, trust(allow(ACCOUNT, StringIs={"aws:k": "x"}))),
    "a set operator that is gone": (
        trust(allow(ACCOUNT, "id-a", **{"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": "o/r"}})), ONE,
    ),
    "a variable in the ID": (ONE, trust(allow(ACCOUNT, "${aws:username}"))),
    "a principal with a wildcard": (ONE, trust(allow({"AWS": "arn:aws:iam::222222222222:role/x*"}, "id-a"))),
    "no policy": (ONE, read_policy("{", "trust")),
    "a policy that was none": (read_policy("{", "trust"), ONE),
    "a statement of a wrong type": (ONE, trust({**allow(ACCOUNT, "id-a"), "Condition": "x"})),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), UNTOLD.values(), ids=UNTOLD)
def test_what_is_not_proved_is_said(old: Policy, new: Policy) -> None:
    """Untold, with the reason."""
    found = checked(old, new)
    assert "untold" in {one.kind for one in found}
    assert all(one.why.endswith("nothing is proved") for one in found if one.kind == "untold")


def test_no_reason_quotes_an_external_id() -> None:
    """The ID is named by its place among those that NEW lists."""
    (one,) = checked(ONE, trust(allow(ACCOUNT, ["id-a", "secret-id"])))
    assert (one.sends, one.id_place) == ("listed", 1)
    assert "secret-id" not in repr((one.who, one.why, one.actions, one.statements))
