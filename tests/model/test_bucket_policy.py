"""The least bucket policy, and what a bucket's own lacks of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deputize.iam.actions import is_known
from deputize.iam.levels import judge_action
from deputize.iam.partitions import PARTITIONS
from deputize.model.bucket_policy import Lacks, bucket_policy, lacks, object_arn
from deputize.model.bucket_writes import BUCKET_WRITES, OBJECT_WRITES

ACCOUNT = "111122223333"
NAME = f"{'0' * 64}.yaml"
ARN = f"arn:aws:s3:::mine/t/{NAME}"
ALLOW = "an Allow of s3:GetObject for everybody on the template"
TLS = "a Deny of requests without TLS on the template"
OURS = bucket_policy("aws", "mine", "t").to_json()["Statement"]
assert isinstance(OURS, list)
READS, OVER_TLS = OURS
BUCKET = "arn:aws:s3:::mine"
EVERYTHING = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::mine/*"}
WRITES = {**EVERYTHING, "Action": "s3:PutObject"}
SERVICE = {"Effect": "Allow", "Principal": {"Service": "x.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "*"}


def text(*statements: object) -> str:
    """A bucket policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def without_principal(statement: dict[str, Any], **fields: object) -> dict[str, Any]:
    """The statement about somebody else than everybody."""
    return {**{key: value for key, value in statement.items() if key != "Principal"}, **fields}


def judged(policy: str | None, blocks: tuple[str, ...] | None = (), arn: str = ARN) -> Lacks:
    """What the account's bucket lacks for the template."""
    return lacks(arn, ACCOUNT, policy, blocks)


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("prefix", ["", "t", "a/b.c"])
def test_the_least_policy_lacks_nothing(partition: str, prefix: str) -> None:
    """What is told to be put there is judged as complete, for templates there and for nothing else."""
    policy = json.dumps(bucket_policy(partition, "mine", prefix).to_json())
    below = f"{prefix}/" if prefix else ""
    assert judged(policy, arn=object_arn(partition, "mine", below + NAME)) == Lacks((), (), (), ())
    others = (f"{below}x.json", "elsewhere.txt", f"{below}x.yaml", f"{below}0{NAME}", f"{below}deeper/{NAME}")
    for key in others:
        assert judged(policy, arn=object_arn(partition, "mine", key)).missing == (ALLOW, TLS)
    assert ALLOW in judged(policy, arn=object_arn(partition, "other", below + NAME)).missing


@pytest.mark.parametrize(
    ("policy", "missing"),
    [
        ("", (ALLOW, TLS)),
        (text(READS), (TLS,)),
        (text(OVER_TLS), (ALLOW,)),
        (text(READS, OVER_TLS, SERVICE), ()),
        (text(SERVICE), (ALLOW, TLS)),
        (text(without_principal(READS, Principal={"AWS": "arn:aws:iam::444455556666:root"}), OVER_TLS), (ALLOW,)),
        (text({**READS, "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}, OVER_TLS), (ALLOW,)),
        (text(READS, OVER_TLS, {**EVERYTHING, "Effect": "Deny"}), (ALLOW,)),
    ],
)
def test_what_is_missing_is_named(policy: str, missing: tuple[str, ...]) -> None:
    """Each statement that everybody's read over TLS needs; statements about others do not matter."""
    found = judged(policy)
    assert (found.missing, found.unknown, found.writable) == (missing, (), ())


@pytest.mark.parametrize(
    ("policy", "unknown", "writable"),
    [
        (None, "its policy, and so who else may write there (s3:GetBucketPolicy was denied)", False),
        ("{", "its policy (no JSON)", True),
        ("[]", "its policy (the policy is a list, not an object)", True),
        ("[" * 100_000, "its policy (no JSON)", True),
        (text(without_principal(READS, NotPrincipal="*")), "its policy (statement 1 has NotPrincipal)", False),
        (text({**EVERYTHING, "Principal": {"AWS": "*", "Service": "x"}}), "statement 1: Principal has Service", True),
    ],
)
def test_what_is_not_understood_is_unknown(policy: str | None, unknown: str, writable: bool) -> None:
    """It is neither there nor missing; that it keeps anybody from writing is not proved by it."""
    found = judged(policy)
    assert (found.missing, bool(found.writable)) == ((), writable)
    assert unknown in found.unknown[0]


def test_conditions_that_are_not_understood_are_unknown() -> None:
    """An operator that nobody knows decides nothing."""
    odd = {**READS, "Condition": {"Moon": {"aws:Phase": "full"}}}
    assert judged(text(odd, OVER_TLS)).unknown == (f"{ALLOW} (the policy's conditions are not understood)",)


def test_everybody_may_not_write() -> None:
    """A policy that lets everybody replace a template is seen, also where only plain HTTP would do it."""
    plain = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    assert judged(text(EVERYTHING)).writable == OBJECT_WRITES
    assert judged(text({**EVERYTHING, **plain})).writable == OBJECT_WRITES
    assert not judged(text({**EVERYTHING, **plain}, OVER_TLS)).writable
    assert judged(text({**EVERYTHING, "Resource": BUCKET})).writable == BUCKET_WRITES
    assert not judged(text({**EVERYTHING, "Resource": f"{BUCKET}/uploads/*"})).writable
    assert not judged(text({**EVERYTHING, "Action": ["s3:Get*", "s3:List*"], "Resource": "*"})).writable


@pytest.mark.parametrize("action", [*OBJECT_WRITES, *BUCKET_WRITES])
def test_each_way_to_change_what_customers_get_is_seen(action: str) -> None:
    """By its name or a pattern of it; AWS has an action of that name, and it is no read."""
    assert is_known(action)
    assert not judge_action(action).reads
    for pattern in (action, action.replace("s3:", "S3:"), f"{action[:-1]}?"):
        assert judged(text(READS, OVER_TLS, {**WRITES, "Action": pattern, "Resource": "*"})).writable == (action,)


@pytest.mark.parametrize(
    "statement",
    [
        {**WRITES, "Condition": {"StringLike": {"aws:UserAgent": "*"}}},
        {**WRITES, "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}},
        {**WRITES, "Condition": {"Moon": {"aws:Phase": "full"}}},
        {**WRITES, "Condition": {"Bool": {"aws:SecureTransport": True}}},
        {**WRITES, "Resource": "arn:aws:s3:::${aws:PrincipalTag/bucket}/*"},
        {**WRITES, "Principal": {"AWS": ["*"], "Service": "x.amazonaws.com"}},
        {**WRITES, "Principal": {"Federated": "*"}},
        {**WRITES, "Principal": {"AWS": "arn:aws:iam::*:root"}},
        {**WRITES, "Principal": {"AWS": {"*": 1}}},
        {**WRITES, "Sid": 1},
        without_principal(WRITES, NotPrincipal={"AWS": "arn:aws:iam::444455556666:root"}),
        {key: value for key, value in {**WRITES, "NotAction": "s3:DeleteBucket"}.items() if key != "Action"},
        {key: value for key, value in {**WRITES, "NotResource": f"{BUCKET}/q/*"}.items() if key != "Resource"},
        {**WRITES, "Action": {"s3:GetObject": 1}},
        {**WRITES, "Effect": "allow"},
        "everybody",
    ],
    ids=str,
)
def test_a_doubt_about_writing_counts_against_the_policy(statement: object) -> None:
    """A condition that whoever asks may meet, or what is not understood, closes nothing; a sure Deny does."""
    assert "s3:PutObject" in judged(text(READS, OVER_TLS, statement)).writable
    sure = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:Put*", "Resource": [BUCKET, f"{BUCKET}/*"]}
    assert "s3:PutObject" not in judged(text(READS, OVER_TLS, statement, sure)).writable


@pytest.mark.parametrize(
    "deny",
    [
        {"NotPrincipal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "s3:*", "Resource": "*"},
        {"Principal": "*", "NotAction": "s3:GetObject", "Resource": f"{BUCKET}/private/*"},
        {"Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "s3:*", "Resource": "*"},
        {"Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:UserAgent": "true"}}},
        {"Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}/*"},
        {"Principal": "*", "Action": "s3:*", "Resource": f"{BUCKET}/private/*"},
    ],
    ids=str,
)
def test_a_deny_that_may_be_escaped_excuses_no_allow(deny: dict[str, object]) -> None:
    """Each statement is judged by itself: one that is not understood hides no other."""
    assert judged(text(READS, OVER_TLS, WRITES, {"Effect": "Deny", **deny})).writable == ("s3:PutObject",)


def test_who_else_is_named_as_a_writer() -> None:
    """Accounts, services and others that the policy lets change what is there, but for the bucket's own account."""
    own = ["111122223333", "arn:aws:iam::111122223333:role/publisher"]
    others = ["arn:aws:iam::444455556666:role/x", "777788889999"]
    named = {**WRITES, "Principal": {"AWS": [*own, *others], "CanonicalUser": "c0ffee"}}
    reader = {**named, "Action": "s3:GetObject", "Principal": {"AWS": "222233334444"}}
    found = judged(text(READS, OVER_TLS, named, reader, SERVICE))
    assert (found.writable, found.writers) == ((), (*others, "c0ffee", "x.amazonaws.com"))
    assert judged(text(READS, OVER_TLS, named, {**WRITES, "Effect": "Deny"})).writers == ()


def test_block_public_access() -> None:
    """Only the two settings that bear on bucket policies matter, and a denied read is said to be one."""
    policy = text(READS, OVER_TLS)
    on = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    both = "Block Public Access of this bucket with BlockPublicPolicy and RestrictPublicBuckets off"
    assert judged(policy, on).missing == (both,)
    assert judged(policy, on[:2]) == Lacks((), (), (), ())
    denied = "its Block Public Access settings (s3:GetBucketPublicAccessBlock was denied)"
    assert judged(policy, None) == Lacks((), (denied,), (), ())
