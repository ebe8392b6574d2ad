"""A vendor's bucket for one-click templates: what it is, one upload that never overwrites, and a stranger's read.

Conditional writes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
Expected owner: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore import UNSIGNED
from botocore.config import Config

from deputize.aws import faults
from deputize.aws.client import Credentials, Refusal, Session
from deputize.errors import Problem, ProvedWrongError, ServiceError
from deputize.model.aws_options import AwsOptions

# What deputize itself asks AWS to publish; `--check` asks as a stranger and needs none of it. HeadBucket is
# s3:ListBucket.
ACTIONS = frozenset(
    {
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketVersioning",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "sts:GetCallerIdentity",
    }
)
# CloudFormation takes no larger template from S3, so whatever is larger is none of ours.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_LARGEST = 1 << 20  # bytes
_ABSENT = ("404", "NoSuchBucket", "NoSuchKey")
_DENIED = ("403", "AccessDenied", "AllAccessDisabled")
_MOVED = "PermanentRedirect"
# Something is there, or was being put there at the same moment.
_TAKEN = ("PreconditionFailed", "412", "ConditionalRequestConflict")


class UploadOutcome(StrEnum):
    """What an upload came to."""

    UPLOADED = "uploaded"
    ALREADY_THERE = "already-there"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of the caller's own; None is what may not be read.

    versioned: whether S3 keeps versions. blocks: the settings of its Block Public Access that are on. policy: its
    policy's text, empty when it has none.
    """

    name: str
    owner: str
    region: str
    versioned: bool | None
    blocks: tuple[str, ...] | None
    policy: str | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a stranger got: the bytes, or None and why, in a few words.

    answered: whether S3 gave an answer at all. mend: what may help where it gave none.
    """

    data: bytes | None
    why: str = ""
    answered: bool = True
    mend: str = ""


class Stranger(Session):
    """Somebody without credentials: nothing is signed, so S3 answers as it answers everybody.

    It asks the very host that a template's address names, and no other that S3 or the user's configuration knows:
    CloudFormation is given that address alone.
    """

    def __init__(self, region: str, endpoint_url: str | None, version: str) -> None:
        # Placeholders, never sent: without them botocore would go and look for credentials.
        super().__init__(AwsOptions(None, region, endpoint_url), version, Credentials("none", "none"))

    def _config(self) -> Config:
        # An endpoint that is chosen stays so; what is set here only says how AWS's own host is named.
        style = {
            "addressing_style": "auto",
            "us_east_1_regional_endpoint": "regional",
            "use_accelerate_endpoint": False,
        }
        plain = Config(signature_version=UNSIGNED, use_dualstack_endpoint=False, use_fips_endpoint=False, s3=style)
        config: Config = super()._config().merge(plain)
        return config

    def client(self, service: str) -> Any:
        """As any session's, but one that stays in its region."""
        client = super().client(service)

        # botocore follows S3 to a bucket's own region, remembers it, and has no setting against that.
        def stay(builtins: dict[str, Any], **_: Any) -> None:
            builtins["AWS::Region"] = self.region

        client.meta.events.register(f"before-endpoint-resolution.{service}", stay, unique_id="deputize-stay")
        return client


def read_bucket(session: Session, name: str) -> Bucket:
    """The bucket of that name in the account of the session.

    Raises ServiceError when there is none, when it is another account's, or when S3 fails.
    """
    owner = session.caller().account_id
    found = session.try_call("s3", "head_bucket", (*_ABSENT, *_DENIED), Bucket=name, ExpectedBucketOwner=owner)
    where = f"bucket {name}"
    if isinstance(found, Refusal) and found.code in _ABSENT:
        mend = "make it, with versioning on, or correct --bucket, --profile and --region"
        raise ServiceError(Problem(where, "there is none of that name", mend))
    if isinstance(found, Refusal):
        what = f"it is not account {owner}'s, or s3:ListBucket on it is not allowed"
        raise ServiceError(Problem(where, what, "use a bucket of your own, in the account of the credentials"))
    region = str(found.get("BucketRegion", ""))
    if not region:
        raise ServiceError(Problem(where, "S3 does not say in which region it is", "check --endpoint-url"))
    return Bucket(
        name=name,
        owner=owner,
        region=faults.clean(region),
        versioned=_versioned(session, name, owner),
        blocks=_blocks(session, name, owner),
        policy=_policy(session, name, owner),
    )


def upload(session: Session, bucket: Bucket, key: str, data: bytes) -> UploadOutcome:
    """Put `data` there unless something is; the same bytes being there already is a success.

    Raises ProvedWrongError when other bytes are there, ServiceError when S3 refuses or fails.
    """
    put = session.try_call(
        "s3",
        "put_object",
        _TAKEN,
        Bucket=bucket.name,
        Key=key,
        Body=data,
        IfNoneMatch="*",
        ChecksumSHA256=base64.b64encode(hashlib.sha256(data).digest()).decode(),
        ExpectedBucketOwner=bucket.owner,
        ServerSideEncryption="AES256",
        ContentType="application/yaml",
    )
    if not isinstance(put, Refusal):
        return UploadOutcome.UPLOADED
    found = session.try_call("s3", "get_object", _ABSENT, Bucket=bucket.name, Key=key, ExpectedBucketOwner=bucket.owner)
    where = f"s3://{bucket.name}/{key}"
    if isinstance(found, Refusal):
        raise ServiceError(Problem(where, "somebody else is writing there at this moment", "run this again"))
    if _body(session, found) != data:
        what = "other bytes than the template's are there, under its digest"
        versions = f"`aws s3api list-object-versions --bucket {bucket.name} --prefix {key}`"
        each = f"`aws s3api delete-object --bucket {bucket.name} --key {key} --version-id ID`"
        mend = f"find out who put them there, remove every version ({versions}, {each}), then publish again"
        raise ProvedWrongError(Problem(where, what, mend))
    return UploadOutcome.ALREADY_THERE


def fetch(stranger: Stranger, bucket: str, key: str) -> Fetched:
    """What everybody gets who asks for that object. Nothing is raised: no answer is an answer."""
    try:
        found = stranger.try_call("s3", "get_object", (*_ABSENT, *_DENIED, _MOVED), Bucket=bucket, Key=key)
        if isinstance(found, Refusal):
            return Fetched(None, "it is in another region" if found.code == _MOVED else found.code)
        return Fetched(_body(stranger, found))
    except ServiceError as error:
        problem = error.problems[0]
        return Fetched(None, f"{problem.where}: {problem.what}", answered=False, mend=problem.mend)


def _body(session: Session, answer: dict[str, Any]) -> bytes:
    """The object's bytes; of one that is too large to be a template, only so many that this can be seen."""
    data = b""
    try:
        # botocore sees that an answer broke off, or has a wrong checksum, only in the read after the last byte.
        while len(data) <= _LARGEST and (chunk := answer["Body"].read(_LARGEST)):
            data += chunk
    except faults.FAULTS as error:
        raise faults.translate(error, faults.Call("s3", "GetObject", session.region)) from None
    finally:
        answer["Body"].close()
    return data


def _versioned(session: Session, name: str, owner: str) -> bool | None:
    answer = session.try_call("s3", "get_bucket_versioning", _DENIED, Bucket=name, ExpectedBucketOwner=owner)
    return None if isinstance(answer, Refusal) else answer.get("Status") == "Enabled"


def _blocks(session: Session, name: str, owner: str) -> tuple[str, ...] | None:
    none = "NoSuchPublicAccessBlockConfiguration"
    expected = (none, *_DENIED)
    answer = session.try_call("s3", "get_public_access_block", expected, Bucket=name, ExpectedBucketOwner=owner)
    if isinstance(answer, Refusal):
        return () if answer.code == none else None
    return tuple(setting for setting, on in answer["PublicAccessBlockConfiguration"].items() if on)


def _policy(session: Session, name: str, owner: str) -> str | None:
    none = "NoSuchBucketPolicy"
    answer = session.try_call("s3", "get_bucket_policy", (none, *_DENIED), Bucket=name, ExpectedBucketOwner=owner)
    if isinstance(answer, Refusal):
        return "" if answer.code == none else None
    return str(answer["Policy"])
