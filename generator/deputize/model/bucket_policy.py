"""Who may read the bucket of one-click templates: the least bucket policy, and what a bucket's own lacks of it.

CloudFormation fetches a template as whoever makes the stack, and nobody knows beforehand in which account that is; so
everybody may read, over TLS, and nobody else may write.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stacks-quick-create-links.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from deputize.iam.evaluate import Decision, evaluate
from deputize.iam.grammar import policy_from_json
from deputize.iam.policy import VERSION, Condition, NotUnderstoodError, Policy, Statement, aws_principals
from deputize.model.bucket_writes import BUCKET_WRITES, OBJECT_WRITES, writes

SIDS = ("EverybodyReadsTemplates", "OnlyOverTls")
READ = "s3:GetObject"
# The settings of Block Public Access that keep such a policy from being put, and from working where it stands:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
BLOCKING = ("BlockPublicPolicy", "RestrictPublicBuckets")
# A template's own name: the 64 digits of its SHA-256. `*` would open what else is a .yaml, at any depth.
_NAME = f"{'?' * 64}.yaml"
_TLS = "aws:SecureTransport"
_EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class Lacks:
    """What keeps customers from reading a template, and who else may change what they read.

    missing: what is known to be missing. unknown: what could not be read or understood. writable: the actions that
    everybody may do to the template or its bucket, or may for all that is understood. writers: who else is named for
    such an action, the bucket's own account apart.
    """

    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    writable: tuple[str, ...]
    writers: tuple[str, ...]


def bucket_policy(partition: str, bucket: str, prefix: str) -> Policy:
    """The policy to put on `bucket`: everybody reads the templates under `prefix`, nobody without TLS."""
    templates = (f"{object_arn(partition, bucket, prefix)}/{_NAME}",)
    plain = Condition("Bool", _TLS, ("false",))
    return Policy(
        (
            Statement(SIDS[0], "Allow", (READ,), templates, aws_principals(_EVERYBODY)),
            Statement(SIDS[1], "Deny", ("s3:*",), templates, aws_principals(_EVERYBODY), (plain,)),
        )
    )


def object_arn(partition: str, bucket: str, key: str) -> str:
    """The ARN of an object, or of the bucket itself for an empty key."""
    return f"arn:{partition}:s3:::{bucket}/{key}" if key else f"arn:{partition}:s3:::{bucket}"


def lacks(arn: str, account_id: str, policy: str | None, blocks: tuple[str, ...] | None) -> Lacks:
    """What a bucket lacks for everybody to read the object `arn`, and for nobody else to change it.

    account_id: the bucket's owner. policy: the bucket policy's text, empty for none. blocks: the settings of the
    bucket's Block Public Access that are on. None is what may not be read. Settings of the account or its organization
    count too, and nobody here sees them; nor are access control lists read.
    """
    missing, unknown = _blocked(blocks)
    if policy is None:
        what = "its policy, and so who else may write there (s3:GetBucketPolicy was denied)"
        return Lacks(missing, (*unknown, what), (), ())
    try:
        document = json.loads(policy) if policy else {"Version": VERSION, "Statement": []}
    except (ValueError, RecursionError):
        return Lacks(missing, (*unknown, "its policy (no JSON)"), OBJECT_WRITES + BUCKET_WRITES, ())
    unread, unclear = _unread(arn, document)
    found = writes(arn, account_id, document)
    return Lacks(missing + unread, unknown + unclear, found.everybody, found.others)


def _blocked(blocks: tuple[str, ...] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if blocks is None:
        return (), ("its Block Public Access settings (s3:GetBucketPublicAccessBlock was denied)",)
    on = [setting for setting in BLOCKING if setting in blocks]
    return (f"Block Public Access of this bucket with {' and '.join(on)} off",) if on else (), ()


def _unread(arn: str, document: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is missing for everybody to read the object over TLS alone, and what of that is not understood."""
    try:
        of_everybody = _of_everybody(document)
    except NotUnderstoodError as error:
        return (), (f"its policy ({error})",)

    def said(tls: str) -> Decision:
        return evaluate(of_everybody, READ, arn, {_TLS: tls})

    wanted = (
        (said("true"), "allow", f"an Allow of {READ} for everybody on the template"),
        (said("false"), "explicit-deny", "a Deny of requests without TLS on the template"),
    )
    missing = tuple(line for found, right, line in wanted if found not in (right, "unknown"))
    unclear = "(the policy's conditions are not understood)"
    return missing, tuple(f"{line} {unclear}" for found, _, line in wanted if found == "unknown")


def _of_everybody(document: object) -> Policy:
    """The statements of a bucket policy that are about everybody, as an identity policy of whoever that is."""
    if not isinstance(document, dict):
        return policy_from_json(document)
    said = document.get("Statement")
    kept = [one for one in (said if isinstance(said, list) else [said]) if not _of_others(one)]
    if not kept:
        return Policy(())
    statements = policy_from_json({**document, "Statement": kept}).statements
    return Policy(tuple(replace(one, principals=()) for one in statements))


def _of_others(statement: object) -> bool:
    """Whether a statement names whom it is about: a service, or accounts and roles."""
    principal = statement.get("Principal") if isinstance(statement, dict) else None
    if not isinstance(principal, dict):
        return False
    named = principal.get("AWS", ())
    return _EVERYBODY not in (named if isinstance(named, list) else (named,))
