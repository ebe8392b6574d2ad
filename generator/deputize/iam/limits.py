"""AWS's quotas and patterns: the one table, each line with its source; nothing else in deputize names a number.

[B] is the API's own model as botocore 1.43 ships it, [Q] the IAM quotas page, [C] CloudFormation's quotas page:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
Sizes are characters of compact JSON (IAM does not count white space) unless the line says bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """One quota: bounds are inclusive; `pattern` must match the whole text, ASCII only."""

    name: str
    low: int
    high: int
    unit: str
    source: str
    pattern: re.Pattern[str] | None = None

    def admits(self, text: str) -> bool:
        """Whether `text` has a legal length and legal characters throughout."""
        if not self.low <= len(text) <= self.high:
            return False
        return self.pattern is None or self.pattern.fullmatch(text) is not None


def _ascii(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


ACCOUNT_ID = Limit("account ID", 12, 12, "digits", "[B] organizations AccountId", _ascii(r"\d{12}"))
EXTERNAL_ID = Limit("external ID", 2, 1224, "characters", "[B] sts AssumeRole, [Q]", _ascii(r"[\w+=,.@:/-]+"))
ROLE_NAME = Limit("role name", 1, 64, "characters", "[B] iam CreateRole, [Q]", _ascii(r"[\w+=,.@-]+"))
# Narrower than the role's own pattern: the same path is given to the managed policies, whose API is stricter.
PATH = Limit("path", 1, 512, "characters", "[B] iam CreatePolicy policyPathType", _ascii(r"/([A-Za-z0-9.,+@=_-]+/)*"))
POLICY_NAME = Limit("policy name", 1, 128, "characters", "[B] iam CreatePolicy", _ascii(r"[\w+=,.@-]+"))
DESCRIPTION = Limit(
    "role description",
    0,
    1000,
    "characters",
    "[B] iam CreateRole roleDescriptionType",
    re.compile(r"[\t\n\r\x20-\x7e\xa1-\xff]*"),
)
TRUST_POLICY = Limit("trust policy", 1, 2048, "characters", "[Q] role trust policy length, may be raised")
INLINE_POLICIES = Limit("inline policies of one role, sum", 0, 10240, "characters", "[Q]")
MANAGED_POLICY = Limit("managed policy", 1, 6144, "characters", "[Q], not adjustable")
ATTACHED_POLICIES = Limit("managed policies of one role", 0, 10, "policies", "[Q] default, may be raised")
SESSION_DURATION = Limit("max session duration", 3600, 43200, "seconds", "[B] iam CreateRole")
CHAINED_SESSION = Limit("session of a role that another role assumed", 900, 3600, "seconds", "[Q] role chaining")
SESSION_NAME = Limit("role session name", 2, 64, "characters", "[B] sts AssumeRole", _ascii(r"[\w+=,.@-]+"))
TAGS = Limit("tags of one role", 0, 50, "tags", "[B] iam TagRole, [Q]")
TAG_KEY = Limit("tag key", 1, 128, "characters", "[B] iam tagKeyType (ASCII part)", _ascii(r"[A-Za-z0-9 _.:/=+\-@]+"))
TAG_VALUE = Limit(
    "tag value", 0, 256, "characters", "[B] iam tagValueType (ASCII part)", _ascii(r"[A-Za-z0-9 _.:/=+\-@]*")
)
ROLE_ARN = Limit("role ARN", 20, 2048, "characters", "[B] sts AssumeRole")
STACK_NAME = Limit("stack name", 1, 128, "characters", "[B] cloudformation", _ascii(r"[A-Za-z][-A-Za-z0-9]*"))
TEMPLATE_BODY = Limit("template in a request", 1, 51200, "bytes", "[B] cloudformation TemplateBody, [C]")
# The API takes longer ones; the console, which quick-create links open, does not.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-template.html
TEMPLATE_URL = Limit("template's address", 1, 1024, "characters", "CloudFormation console")
# Dots are legal too; a name with one has no host that S3's certificate covers.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME = Limit("bucket name", 3, 63, "characters", "S3 bucket naming rules", _ascii(r"[a-z0-9][a-z0-9-]*[a-z0-9]"))


def is_path(text: str) -> bool:
    """Whether a role may be made under that path: as `PATH`, and no part of it is `.` or `..`."""
    return PATH.admits(text) and not {".", ".."} & set(text.split("/"))
