"""Is it an answer that AWS gives: its first element, what deputize reads of it, and whether its pages end.

botocore takes what it finds: it enforces no required element, and any XML at all for an operation without a result.
Answers: each operation's page in its service's API reference, as
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deputize.aws.faults import OddAnswerError, clean

MOST_PAGES = 100
_MARK = re.compile(rb"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*<([A-Za-z][\w.:-]*)", re.ASCII | re.DOTALL)
_PEEKED = 4096  # bytes of an answer in which its first element must begin
_FIRST_ERROR = 300  # HTTP status; from there on an answer is an error, or no answer

# What deputize reads of an answer, by IAM action: a path of elements, [] for each member of a list. What is not named
# here may be missing.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "cloudformation:CreateChangeSet": ("Id", "StackId"),
    "cloudformation:DeleteChangeSet": (),
    "cloudformation:DeleteStack": (),
    "cloudformation:DescribeChangeSet": (
        "ChangeSetId",
        "Status",
        "ExecutionStatus",
        "Changes[].ResourceChange.Action",
        "Changes[].ResourceChange.LogicalResourceId",
        "Changes[].ResourceChange.ResourceType",
        "Tags[].Key",
        "Tags[].Value",
    ),
    "cloudformation:DescribeStackEvents": ("StackEvents", "StackEvents[].EventId", "StackEvents[].Timestamp"),
    "cloudformation:DescribeStackResources": (
        "StackResources",
        "StackResources[].LogicalResourceId",
        "StackResources[].ResourceType",
    ),
    "cloudformation:DescribeStacks": (
        "Stacks",
        "Stacks[].StackName",
        "Stacks[].StackId",
        "Stacks[].StackStatus",
        "Stacks[].Tags[].Key",
        "Stacks[].Tags[].Value",
        "Stacks[].Parameters[].ParameterKey",
        "Stacks[].Outputs[].OutputKey",
        "Stacks[].Outputs[].OutputValue",
    ),
    "cloudformation:ExecuteChangeSet": (),
    "cloudformation:GetTemplate": ("TemplateBody",),
    "cloudformation:ListChangeSets": ("Summaries", "Summaries[].ChangeSetId"),
    "iam:GetPolicy": ("Policy.DefaultVersionId",),
    "iam:GetPolicyVersion": ("PolicyVersion.Document",),
    "iam:GetRole": (
        "Role.Arn",
        "Role.Tags[].Key",
        "Role.Tags[].Value",
        "Role.PermissionsBoundary?.PermissionsBoundaryArn",
    ),
    "iam:GetRolePolicy": ("PolicyDocument",),
    "iam:ListAttachedRolePolicies": ("AttachedPolicies", "AttachedPolicies[].PolicyArn"),
    "iam:ListInstanceProfilesForRole": ("InstanceProfiles", "InstanceProfiles[].InstanceProfileName"),
    "iam:ListRolePolicies": ("PolicyNames",),
    "s3:GetBucketPolicy": ("Policy",),
    "s3:GetBucketVersioning": (),
    "s3:GetObject": ("Body",),
    "s3:GetPublicAccessBlock": ("PublicAccessBlockConfiguration",),
    "s3:HeadBucket": (),
    "s3:PutObject": ("ETag",),
    "sts:AssumeRole": (
        "Credentials.AccessKeyId",
        "Credentials.SecretAccessKey",
        "Credentials.SessionToken",
        "Credentials.Expiration",
    ),
    "sts:GetCallerIdentity": ("Account", "Arn"),
}
_MAY_BE_EMPTY = frozenset({"Value", "OutputValue", "TemplateBody"})  # texts

_TYPES: Mapping[str, type] = {"structure": dict, "list": list, "string": str}
# Texts that botocore gives parsed when they are JSON: policies and templates.
_DECODED = frozenset({"policyDocumentType", "TemplateBody"})

# The first element where the API's model does not name it.
_ROOTS = {
    "GetBucketVersioning": "VersioningConfiguration",
    "GetPublicAccessBlock": "PublicAccessBlockConfiguration",
}


def check_first_element(operation_model: Any, response_dict: Mapping[str, Any], **_more: Any) -> None:
    """Raise OddAnswerError when a success begins with another element than the operation's: botocore's `before-parse`.

    A login page, and an error that comes with status 200, would otherwise be a success of an operation that answers
    nothing.
    """
    name = operation_model.name
    if response_dict["status_code"] >= _FIRST_ERROR:
        return
    speaks = operation_model.service_model.resolved_protocol
    wanted = f"{name}Response" if speaks in {"query", "ec2"} else _ROOTS.get(name)
    if wanted is None:
        return
    body = response_dict["body"]
    found = _MARK.match(body[:_PEEKED]) if isinstance(body, bytes) else None
    got = found[1].decode().rpartition(":")[2] if found is not None else ""
    if got != wanted:
        raise OddAnswerError(f"begins with <{clean(got)}>, not with <{wanted}>" if got else "is no XML")


def check_needed(action: str, answer: Mapping[str, Any]) -> None:
    """Raise OddAnswerError naming the first element that deputize reads of such an answer and that is not there."""
    for path in NEEDED.get(action, ()):
        if any(_is_missing(value, path) for value in _values(answer, path.split("."))):
            what = f"has no {path.replace('?', '').replace('[]', '')}"
            raise OddAnswerError(what)


def check_types(shape: Any, answer: Any) -> None:
    """Raise OddAnswerError for a text, list or structure of botocore's model `shape` that is something else.

    Where AWS has one element and several came, botocore leaves a list of raw ones in the place of the text.
    """
    if shape is None:
        return
    kind = shape.type_name
    if not isinstance(answer, _TYPES.get(kind, object)) and shape.name not in _DECODED:
        what = f"has no {kind} where one belongs ({shape.name})"
        raise OddAnswerError(what)
    if kind == "structure":
        for name, value in answer.items():
            check_types(shape.members.get(name), value)
    elif kind == "list":
        for value in answer:
            check_types(shape.member, value)


def next_token(answer: Mapping[str, Any], seen: set[str]) -> dict[str, str]:
    """The parameter that asks for the next page, empty after the last; `seen` holds the markers of those before.

    Raises OddAnswerError for pages that do not end: a marker that is missing or came before, more than 100 of them.
    """
    name = "Marker" if answer.get("IsTruncated") else "NextToken"
    value = answer.get(name)
    if not value:
        if name == "Marker":
            what = "says that there is more, without a marker"
            raise OddAnswerError(what)
        return {}
    if not isinstance(value, str) or value in seen:
        what = "has pages without end: a marker came twice"
        raise OddAnswerError(what)
    seen.add(value)
    if len(seen) >= MOST_PAGES:
        what = f"has more than {MOST_PAGES} pages"
        raise OddAnswerError(what)
    return {name: value}


def _values(found: Any, path: list[str]) -> Iterator[Any]:
    """What stands at a path, None where something is missing. A list, or an element with `?`, may be missing."""
    for at, step in enumerate(path):
        name = step.rstrip("[]?")
        inner = found.get(name) if isinstance(found, Mapping) else None
        if inner is None and step.endswith(("[]", "?")):
            return
        if step.endswith("[]"):
            for one in inner if isinstance(inner, list) else [None]:
                yield from _values(one, path[at + 1 :]) if path[at + 1 :] else (one,)
            return
        found = inner
    yield found


def _is_missing(value: Any, path: str) -> bool:
    return value is None or (value == "" and path.rpartition(".")[2] not in _MAY_BE_EMPTY)
