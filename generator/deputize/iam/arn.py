"""ARNs: built and taken apart in one place.

Format: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from deputize.iam import limits
from deputize.iam.partitions import PARTITIONS

_FIELDS = 6  # of an ARN


@dataclass(frozen=True, slots=True)
class RoleArn:
    """`arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`, taken apart; `path` begins and ends with a slash."""

    partition: str
    account_id: str
    path: str
    name: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:iam::{self.account_id}:role{self.path}{self.name}"


def parse_role_arn(text: str) -> RoleArn | None:
    """The parts of a full role ARN of a known partition, or None when `text` is anything else."""
    partition, account, resource = _iam_parts(text)
    if not limits.ACCOUNT_ID.admits(account) or not resource.startswith("role/"):
        return None
    path, _, name = resource.removeprefix("role").rpartition("/")
    arn = RoleArn(partition, account, f"{path}/", name)
    return arn if limits.PATH.admits(arn.path) and limits.ROLE_NAME.admits(arn.name) else None


@lru_cache(maxsize=256)
def parse_policy_arn(text: str) -> tuple[str, str, str] | None:
    """(partition, account ID or "aws", path and name with its leading slash) of a managed policy's ARN, or None."""
    partition, account, resource = _iam_parts(text)
    if not resource.startswith("policy/") or not (account == "aws" or limits.ACCOUNT_ID.admits(account)):
        return None
    path, _, name = resource.removeprefix("policy").rpartition("/")
    if not limits.PATH.admits(f"{path}/") or not limits.POLICY_NAME.admits(name):
        return None
    return partition, account, f"{path}/{name}"


def completed_arn(text: str) -> str:
    """A resource of an identity policy as AWS completes it: an ARN with fewer than six fields gets `*` for the others.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html#arns-syntax (`arn:aws:sqs` is
    `arn:aws:sqs:*:*:*`). AWS does not do so in policies that are passed with a session.
    """
    fields = text.split(":")
    is_short = 1 < len(fields) < _FIELDS and fields[0] == "arn" and bool(fields[1])
    return ":".join((*fields, *"*" * (_FIELDS - len(fields)))) if is_short else text


def is_aws_managed(text: str) -> bool:
    """Whether it is the ARN of an AWS managed policy; a customer's path may spell `:iam::aws:policy/` too."""
    parsed = parse_policy_arn(text)
    return parsed is not None and parsed[1] == "aws"


def _iam_parts(text: str) -> tuple[str, str, str]:
    """(partition, account, resource) of an IAM ARN in a known partition; three empty texts for anything else."""
    match text.split(":", 5):
        case ["arn", partition, "iam", "", account, resource] if partition in PARTITIONS:
            return partition, account, resource
    return "", "", ""


def account_root(partition: str, account_id: str) -> str:
    """The principal that stands for a whole account."""
    return f"arn:{partition}:iam::{account_id}:root"


def aws_managed_policy(partition: str, path_and_name: str) -> str:
    """The ARN of an AWS managed policy, `path_and_name` as in `SecurityAudit` or `job-function/ViewOnlyAccess`."""
    return f"arn:{partition}:iam::aws:policy/{path_and_name}"
