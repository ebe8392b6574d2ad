"""Who may change a hosted template by its bucket's policy: every doubt counts against the policy.

A write has another context than anybody can foresee: whoever asks chooses his user agent, his headers and often his
network. So a condition never closes an Allow here, and never opens a Deny; only a request with or without TLS is told
apart. What is not understood is taken as wide as it could be.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

from deputize.iam.evaluate import evaluate
from deputize.iam.grammar import policy_from_json
from deputize.iam.policy import VERSION, NotUnderstoodError, Policy, Statement

# What changes what customers get, or who may change it: on the object, and on its bucket.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
OBJECT_WRITES = (
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:ReplicateObject",
    "s3:ReplicateDelete",
    "s3:ObjectOwnerOverrideToBucketOwner",
)
BUCKET_WRITES = (
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
    "s3:DeleteBucket",
)
_TLS = "aws:SecureTransport"
_EVERYBODY = "*"
_ACCOUNT = 4  # place of the account in an ARN


@dataclass(frozen=True, slots=True)
class Writes:
    """everybody: the actions of which it is not proved that everybody is kept from them. others: who else is named."""

    everybody: tuple[str, ...]
    others: tuple[str, ...]


def writes(arn: str, account_id: str, document: object) -> Writes:
    """Who else than account `account_id` may change the object `arn`, or its bucket, by the bucket policy `document`.

    document: the policy as parsed JSON, of whatever form.
    """
    said = document.get("Statement") if isinstance(document, dict) else None
    items = said if isinstance(said, list) else [said]
    denied = Policy(tuple(found for one in items if (found := _sure_deny(one)) is not None))
    everybody: set[str] = set()
    others: dict[str, None] = {}
    for item in items:
        if isinstance(item, dict) and item.get("Effect") == "Deny":
            continue
        open_to = _open(_widest(item), denied, arn)
        named = _named(item)
        if named is None:
            everybody |= open_to
        elif open_to:
            others |= dict.fromkeys(one for one in named if _account(one) != account_id)
    return Writes(tuple(one for one in OBJECT_WRITES + BUCKET_WRITES if one in everybody), tuple(others))


def _open(allow: Statement, denied: Policy, arn: str) -> frozenset[str]:
    """The actions that the statement may allow and nothing surely denies."""
    bucket = arn.partition("/")[0]
    tried = (*((action, arn) for action in OBJECT_WRITES), *((action, bucket) for action in BUCKET_WRITES))
    return frozenset(
        action
        for (action, on), tls in product(tried, ("true", "false"))
        if evaluate(Policy((allow,)), action, on, {_TLS: tls}) != "implicit-deny"
        and evaluate(denied, action, on, {_TLS: tls}) != "explicit-deny"
    )


def _widest(item: object) -> Statement:
    """The most that a statement which is no Deny may allow, to whomever it is about."""
    fields: Mapping[str, object] = item if isinstance(item, dict) else {}
    # Without these, as beside NotAction and NotResource, every action and resource is meant.
    plain = {"Effect": "Allow", **{key: fields.get(key, "*") for key in ("Action", "Resource")}}
    for full in ({**plain, "Condition": fields.get("Condition")}, plain):
        found = _parsed(full)
        if found is not None:
            return replace(found, conditions=tuple(one for one in found.conditions if _of_tls(one.key)))
    return Statement(None, "Allow", ("*",), ("*",))


def _sure_deny(item: object) -> Statement | None:
    """The statement, where it is a Deny for everybody that no choice of the asker's escapes but TLS."""
    found = _parsed(item)
    if found is None or found.effect != "Deny" or not any(one.is_anyone for one in found.principals):
        return None
    return replace(found, principals=()) if all(_of_tls(one.key) for one in found.conditions) else None


def _parsed(item: object) -> Statement | None:
    try:
        return policy_from_json({"Version": VERSION, "Statement": [item]}).statements[0]
    except NotUnderstoodError:
        return None


def _of_tls(key: str) -> bool:
    return key.lower() == _TLS.lower()


def _named(item: object) -> tuple[str, ...] | None:
    """Whom a statement names; None where that is, or may be, everybody."""
    principal = item.get("Principal") if isinstance(item, dict) else None
    if not isinstance(principal, dict):
        return None
    named = [one for said in principal.values() for one in (said if isinstance(said, list) else [said])]
    if not all(isinstance(one, str) and _EVERYBODY not in one for one in named):
        return None
    return tuple(named)


def _account(principal: str) -> str:
    """The account of an AWS principal; anybody else as he is named."""
    parts = principal.split(":")
    return parts[_ACCOUNT] if len(parts) > _ACCOUNT else principal
