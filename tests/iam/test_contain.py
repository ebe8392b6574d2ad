"""What one side's policies allow that another's do not: verdicts written by hand, and what must not change one."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from deputize.iam.allowed import IdentityPolicy, attached_policy
from deputize.iam.contain.sides import Side, Widening
from deputize.iam.contain.widenings import decision, widenings
from deputize.iam.grammar import read_policy

Statement = dict[str, Any]
OBJECTS = "arn:aws:s3:::data/*"


def side(*statements: Statement, boundary: Statement | None = None, stand_ins: tuple[str, ...] = ()) -> Side:
    """One policy, and perhaps a boundary of one statement."""
    limit = None if boundary is None else _policy((boundary,), stand_ins)
    return Side((_policy(statements, stand_ins),), limit)


def _policy(statements: tuple[Statement, ...], stand_ins: tuple[str, ...]) -> IdentityPolicy:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return IdentityPolicy("p", read_policy(document, "access", stand_ins), stand_ins)


def allow(action: object, resource: object = "*", /, **conditions: Any) -> Statement:
    """An Allow."""
    found = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**found, "Condition": conditions} if conditions else found


def deny(action: object, resource: object = "*", /, **conditions: Any) -> Statement:
    """A Deny."""
    return {**allow(action, resource, **conditions), "Effect": "Deny"}


def checked(old: Side, new: Side) -> tuple[Widening, ...]:
    """The widenings, each example asked about on both sides."""
    found = widenings(old, new)
    for one in found:
        assert one.request is not None or one.kind in ("untold", "undocumented")
        if one.request is not None:
            assert decision(new, one.request) == "allow"
            assert decision(old, one.request) in ("implicit-deny", "explicit-deny")
    return found


def kinds(old: Side, new: Side) -> set[str]:
    """Of the widenings."""
    return {one.kind for one in checked(old, new)}


TAG = "aws:PrincipalTag/team"
WIDER: dict[str, tuple[Side, Side, set[str]]] = {
    "an action": (side(allow("s3:GetObject")), side(allow(["s3:GetObject", "s3:PutObject"])), {"wider"}),
    "a pattern for a list": (
        side(allow("ec2:DescribeInstances")), side(allow("ec2:Describe*")), {"wider", "later"},
    ),
    "a resource": (side(allow("s3:GetObject", OBJECTS)), side(allow("s3:GetObject", "arn:aws:s3:::d*")), {"wider"}),
    "an account of a region": (
        side(allow("sqs:SendMessage", "arn:aws:sqs:*:111122223333:a")),
        side(allow("sqs:SendMessage", "arn:aws:sqs:*:*:a")), {"wider"},
    ),
    "a condition that is gone": (
        side(allow("s3:GetObject", StringEquals={TAG: "a"})), side(allow("s3:GetObject")), {"wider"},
    ),
    "a value": (
        side(allow("s3:GetObject", StringEquals={TAG: "a"})),
        side(allow("s3:GetObject", StringEquals={TAG: ["a", "b"]})), {"wider"},
    ),
    "an empty value": (
        side(allow("s3:GetObject", StringLike={TAG: "?*"})), side(allow("s3:GetObject", StringLike={TAG: "*"})),
        {"wider"},
    ),
    "one second": (
        side(allow("s3:GetObject", DateLessThan={"aws:CurrentTime": "2026-01-01T00:00:00Z"})),
        side(allow("s3:GetObject", DateLessThanEquals={"aws:CurrentTime": "2026-01-01T00:00:00Z"})), {"wider"},
    ),
    "one address": (
        side(allow("s3:GetObject", IpAddress={"aws:SourceIp": "10.0.0.0/31"})),
        side(allow("s3:GetObject", IpAddress={"aws:SourceIp": ["10.0.0.0/31", "10.0.0.2"]})), {"wider"},
    ),
    "a number between two": (
        side(allow("s3:ListBucket", "arn:aws:s3:::b", NumericEquals={"s3:max-keys": ["1", "2"]})),
        side(allow("s3:ListBucket", "arn:aws:s3:::b", NumericLessThanEquals={"s3:max-keys": "2"},
                   NumericGreaterThanEquals={"s3:max-keys": "1"})), {"wider"},
    ),
    "IfExists": (
        side(allow("s3:GetObject", StringEquals={TAG: "a"})),
        side(allow("s3:GetObject", StringEqualsIfExists={TAG: "a"})), {"wider"},
    ),
    "a Deny that is gone": (
        side(allow("s3:*"), deny("s3:PutObject", OBJECTS)), side(allow("s3:*")), {"wider"},
    ),
    "an exception to a Deny": (
        side(allow("s3:*"), deny("s3:Put*")),
        side(allow("s3:*"), {"Effect": "Deny", "Action": "s3:Put*", "NotResource": OBJECTS}),
        {"wider", "undocumented", "later"},
    ),
    "a shorter NotAction": (
        side({"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}),
        side({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), {"wider", "later"},
    ),
    "no boundary": (side(allow("s3:*"), boundary=allow("s3:Get*")), side(allow("s3:*")), {"wider", "later"}),
    "a wider boundary": (
        side(allow("s3:GetObject", "*"), boundary=allow("s3:*", OBJECTS)),
        side(allow("s3:GetObject", "*"), boundary=allow("s3:*")), {"wider"},
    ),
    "a text beyond ASCII": (
        side(allow("s3:GetObject", "arn:aws:s3:::d/\u00e9*")), side(allow("s3:GetObject", "arn:aws:s3:::d/*")),
        {"wider"},
    ),
    "an action that the catalogue does not have": (
        side(allow("s3:GetObject")), side(allow(["s3:GetObject", "s3:GetTomorrow"])), {"later"},
    ),
    "a Deny of an action to come": (
        side(allow("s3:Get*"), deny("s3:GetTomorrow")), side(allow("s3:Get*")), {"later"},
    ),
    "only names to come": (
        side(allow([f"sqs:{one}" for one in ("*a*", "*e*", "*i*", "*o*", "*u*")])), side(allow("sqs:*")), {"later"},
    ),
    "a resource that the action never has": (
        side(allow("s3:GetObject", OBJECTS)),
        side(allow("s3:GetObject", [OBJECTS, "arn:aws:iam::111122223333:role/a"])), {"undocumented"},
    ),
    "a key that the action never has": (
        side(allow("ec2:DescribeInstances", StringNotEqualsIfExists={"s3:prefix": "a"})),
        side(allow("ec2:DescribeInstances")), {"undocumented"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), WIDER.values(), ids=WIDER)
def test_each_way_to_allow_more_is_told_with_a_request(old: Side, new: Side, expected: set[str]) -> None:
    """By its kind; the other way round nothing more is allowed."""
    assert kinds(old, new) == expected
    assert checked(new, old) == ()


def test_what_both_have_more_is_told_both_ways() -> None:
    """Neither is within the other."""
    one, other = side(allow("s3:GetObject", "arn:aws:s3:::a*")), side(allow("s3:GetObject", "arn:aws:s3:::*b"))
    assert kinds(one, other) == kinds(other, one) == {"wider"}


READ = allow(["s3:GetObject", "s3:ListBucket"], [OBJECTS, "arn:aws:s3:::data"], StringEquals={TAG: ["a", "b"]})
ALIKE: dict[str, tuple[Side, Side]] = {
    "the same": (side(READ), side(READ)),
    "another order": (side(READ, allow("ec2:*")), side(allow("ec2:*"), {
        **READ, "Action": ["s3:ListBucket", "s3:GetObject"], "Condition": {"StringEquals": {TAG: ["b", "a"]}}})),
    "a list or one": (side(allow("s3:GetObject", OBJECTS)), side(allow(["s3:GetObject"], [OBJECTS]))),
    "other capitals": (side(READ), side({
        **READ, "Action": ["S3:getobject", "s3:LISTBUCKET"],
        "Condition": {"StringEquals": {"AWS:principaltag/TEAM": ["a", "b"]}}})),
    "a Sid": (side(READ), side({**READ, "Sid": "Read"})),
    "by action": (side(READ), side(*({**READ, "Action": one} for one in READ["Action"]))),
    "by resource": (side(READ), side(*({**READ, "Resource": one} for one in READ["Resource"]))),
    "by value": (side(READ), side(*({**READ, "Condition": {"StringEquals": {TAG: one}}} for one in "ab"))),
    "two policies": (side(READ, allow("ec2:*")), Side((*side(READ).policies, *side(allow("ec2:*")).policies))),
    "two halves of a key": (
        side(allow("s3:GetObject")),
        side(allow("s3:GetObject", Null={TAG: "true"}), allow("s3:GetObject", Null={TAG: "false"})),
    ),
    "two halves of time": (
        side(allow("s3:GetObject")),
        side(allow("s3:GetObject", DateLessThan={"aws:CurrentTime": "2026-01-01T00:00:00Z"}),
             allow("s3:GetObject", DateGreaterThanEquals={"aws:CurrentTime": "2026"})),
    ),
    "a variable, the same": (
        side(allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}/*")),
        side(allow("s3:getobject", ["arn:aws:s3:::home/${aws:username}/*"])),
    ),
    "a set operator, the same": (
        side(allow("s3:*", **{"ForAllValues:StringLike": {"aws:TagKeys": ["a*", "b"]}})),
        side(allow("s3:*", **{"ForAllValues:StringLike": {"AWS:tagkeys": ["b", "a*"]}})),
    ),
    "an unknown value, the same": (
        side(allow("s3:*", "arn:aws:s3:::zz0001/*"), stand_ins=("zz0001",)),
        side(allow("s3:*", "arn:aws:s3:::zz0001/*"), stand_ins=("zz0001",)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE)
def test_what_says_the_same_is_no_change(one: Side, other: Side) -> None:
    """Neither way round."""
    assert widenings(one, other) == widenings(other, one) == ()


NOISE = 1.8
GARBLED = {**allow("s3:*"), "Effect": "Perhaps"}
UNTOLD: dict[str, tuple[Side, Side]] = {
    "a variable": (
        side(allow("s3:GetObject", "arn:aws:s3:::home/a/*")),
        side(allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}/*")),
    ),
    "a variable elsewhere, of which evaluate does not say that it is elsewhere": (
        side(allow("s3:GetObject", "arn:aws:s3:::${aws:username}")),
        side(allow("s3:GetObject", OBJECTS)),
    ),
    "a set operator": (
        side(allow("s3:GetObject", **{"ForAllValues:StringEquals": {"aws:TagKeys": "a"}})),
        side(allow("s3:GetObject", **{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}})),
    ),
    "an operator that nobody knows": (side(allow("ec2:*")), side(allow("s3:GetObject", StringIs={TAG: "a"}))),
    "an unknown value": (
        side(allow("s3:GetObject", StringNotEquals={TAG: "zz0001"}), stand_ins=("zz0001",)),
        side(allow("s3:GetObject", StringEquals={TAG: "a"})),
    ),
    "an unknown bucket": (
        side(allow("s3:GetObject", "arn:aws:s3:::zz0001/*"), stand_ins=("zz0001",)),
        side(allow("s3:GetObject", OBJECTS)),
    ),
    "a policy that was not read": (side(READ), Side((*side(READ).policies, IdentityPolicy("other", None)))),
    "a statement that is not understood": (side(READ), side(READ, GARBLED)),
    "a boundary that was not read": (Side(side(READ).policies, IdentityPolicy("b", None)), side(READ)),
    "more under a boundary that was not read": (
        Side(side(READ).policies, IdentityPolicy("b", None)),
        Side(side(READ, allow("s3:PutObject")).policies, IdentityPolicy("b", None)),
    ),
    "a Deny less beside a policy that was not read": (
        Side((*side(READ, deny("s3:Put*")).policies, IdentityPolicy("other", None))),
        Side((*side(READ).policies, IdentityPolicy("other", None))),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), UNTOLD.values(), ids=UNTOLD)
def test_what_is_not_proved_is_said(old: Side, new: Side) -> None:
    """Untold, with the reason, and never a request."""
    found = checked(old, new)
    assert {one.kind for one in found} == {"untold"}
    assert all("nothing is proved" in one.why and one.request is None for one in found)


def test_what_nobody_read_on_both_sides_alike_is_no_change() -> None:
    """The same name is the same policy."""
    unread = IdentityPolicy("arn:aws:iam::111122223333:policy/a", None)
    one = Side((*side(READ).policies, unread), unread)
    assert widenings(one, Side((unread, *side(READ).policies), unread)) == ()


@pytest.mark.parametrize(
    "more", [deny("s3:*"), deny("*", OBJECTS), {**deny("s3:*"), "Condition": {"StringIs": {"k": "x"}}}]
)
def test_another_deny_is_never_wider(more: Statement) -> None:
    """Whatever it says."""
    assert widenings(side(READ), side(READ, more)) == ()


@pytest.mark.parametrize("more", [allow("s3:*"), GARBLED, allow("s3:*", "arn:aws:s3:::${aws:username}")])
def test_another_allow_is_never_narrower(more: Statement) -> None:
    """Nothing of what was is gone."""
    assert widenings(side(READ, more) if more is not GARBLED else side(READ), side(READ)) == ()
    assert widenings(side(READ, more), side(READ, more)) == () or more is GARBLED


def test_one_widening_for_each_statement_and_kind() -> None:
    """The actions are listed; the place is that of NEW's statement."""
    found = checked(side(allow("s3:GetObject")), side(allow("ec2:*"), allow(["s3:GetObject", "s3:GetObjectAcl"])))
    assert [(one.kind, one.statement.index if one.statement else None) for one in found] == [
        ("wider", 0), ("later", 0), ("wider", 1),
    ]  # fmt: skip
    assert found[2].actions == ("s3:GetObjectAcl",)
    assert found[1].actions == ("ec2:*",)
    assert len(found[0].actions) > 500


def test_an_edit_of_a_large_managed_policy_is_soon_compared() -> None:
    """SecurityAudit, without twelve of its actions."""
    whole = attached_policy("arn:aws:iam::aws:policy/SecurityAudit")
    assert whole.snapshot is not None
    document = json.loads(json.dumps(dict(whole.snapshot.document)))
    gone = document["Statement"][0]["Action"][100:112]
    document["Statement"][0]["Action"] = [one for one in document["Statement"][0]["Action"] if one not in gone]
    edited = IdentityPolicy("edited", read_policy(document, "access"))
    start = time.process_time()
    assert kinds(Side((edited,)), Side((whole,))) <= {"wider", "later"}
    assert widenings(Side((whole,)), Side((edited,))) == ()
    assert time.process_time() - start < 30


def test_time_grows_with_statements_and_not_with_their_square() -> None:
    """Each doubling of the statements, every fourth changed, takes less than two and a half times as long."""

    def sides(number: int) -> tuple[Side, Side]:
        statements = [allow(["s3:GetObject", "s3:List*"], f"arn:aws:s3:::b{at}/*") for at in range(number)]
        changed = [{**one, "Resource": f"arn:aws:s3:::c{at}/*"} if at % 4 == 0 else one
                   for at, one in enumerate(statements)]  # fmt: skip
        return side(*statements), side(*changed)

    def seconds(number: int) -> float:
        old, new = sides(number)
        start = time.process_time()
        assert widenings(old, new)
        return time.process_time() - start

    seconds(60)
    assert min(seconds(60) for _ in range(5)) / min(seconds(15) for _ in range(5)) < 2.5**2 * NOISE
