"""Stacks as deputize sees them: what is asked for, what is there, and in which state it may be touched.

States: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deputize.aws.client import Refusal, Session
from deputize.aws.wire import ROLE_SECONDS
from deputize.errors import Problem, ServiceError

TENANT_TAG = "deputize:tenant"
VENDOR_TAG = "deputize:vendor"
VERSION_TAG = "deputize:template-version"
OWN_TAGS = (TENANT_TAG, VENDOR_TAG, VERSION_TAG)

# What deputize itself asks AWS to deploy and to destroy; whoever runs it needs these, and IAM's for the resources.
ACTIONS = frozenset(
    {
        "cloudformation:CreateChangeSet",
        "cloudformation:DeleteChangeSet",
        "cloudformation:DeleteStack",
        "cloudformation:DescribeChangeSet",
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStackResources",
        "cloudformation:DescribeStacks",
        "cloudformation:ExecuteChangeSet",
        "cloudformation:ListChangeSets",
        "iam:GetRole",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "sts:GetCallerIdentity",
    }
)

DENIED = ("AccessDenied", "AccessDeniedException")
REVIEW = "REVIEW_IN_PROGRESS"  # the shell that a change set makes for a stack that is not there yet
UPDATABLE = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}
)
# Why a stack in any other state is left alone, and what to do; {name} is the stack's.
_RUNNING = "wait until that has ended, then run this again"
_DESTROY = "nothing in it can be updated: deputize destroy {name}, then deploy again"
_CONSOLE = "repair it in the CloudFormation console, then run this again"
STUCK: dict[str, str] = {
    **dict.fromkeys(
        (
            "CREATE_IN_PROGRESS",
            "ROLLBACK_IN_PROGRESS",
            "DELETE_IN_PROGRESS",
            "UPDATE_IN_PROGRESS",
            "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "IMPORT_IN_PROGRESS",
            "IMPORT_ROLLBACK_IN_PROGRESS",
        ),
        _RUNNING,
    ),
    **dict.fromkeys(("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"), _DESTROY),
    "DELETE_FAILED": "its removal was held up: deputize destroy {name} tries again and says what holds it",
    "UPDATE_FAILED": _CONSOLE,
    "UPDATE_ROLLBACK_FAILED": "aws cloudformation continue-update-rollback --stack-name {name}, then run this again",
    "IMPORT_ROLLBACK_FAILED": _CONSOLE,
}


@dataclass(frozen=True, slots=True)
class Pace:
    """How patiently AWS is watched: seconds between two looks, how many looks, and how to sleep."""

    interval: float = 1.5
    looks: int = 2400
    sleep: Callable[[float], None] = time.sleep

    def turns(self) -> Iterator[int]:
        """The number of each look when it is due; fewer where AWS takes its time for every answer."""
        ends = time.monotonic() + self.interval * self.looks + ROLE_SECONDS
        for look in range(self.looks):
            if look:
                self.sleep(self.interval)
            if time.monotonic() > ends:
                return
            yield look


@dataclass(frozen=True, slots=True)
class StackRequest:
    """One tenant's stack as it is to be.

    tenant, vendor: slugs, for the tags. tenant_account: the account agreed with the tenant, or None.
    expect_account: what the user said the account is, or None. tags: the customer's own.
    parameters: every parameter of the template; None keeps the stack's value, or takes the template's default.
    """

    stack_name: str
    template: str
    template_sha256: str
    tenant: str
    vendor: str
    partition: str
    vendor_account: str
    tenant_account: str | None
    template_version: int
    tags: Mapping[str, str]
    parameters: Mapping[str, str | None]
    needs_named_iam: bool
    expect_account: str | None = None


@dataclass(frozen=True, slots=True)
class StackEvent:
    """One event of a stack, in AWS's words made harmless; `time` is ISO 8601 in UTC."""

    time: str
    logical_id: str
    type: str
    status: str
    reason: str
    physical_id: str

    @property
    def failed(self) -> bool:
        """Whether something failed of its own, not because another failed first."""
        return self.status.endswith("_FAILED") and "cancelled" not in self.reason


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that is there.

    parameters: those of its template, with their values. parent_id: of the stack that made this one, or
    empty.
    """

    name: str
    id: str
    status: str
    tags: Mapping[str, str]
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    protected: bool
    parent_id: str


def read_stack(session: Session, name_or_id: str) -> Stack | None:
    """The stack of that name or ID in the session's region, or None. Raises ServiceError."""
    answer = session.try_call("cloudformation", "describe_stacks", ("ValidationError",), StackName=name_or_id)
    return _stack(name_or_id, answer)


def try_read_stack(session: Session, name: str) -> Stack | Refusal | None:
    """As `read_stack`, but AWS's AccessDenied is a value."""
    expected = (*DENIED, "ValidationError")
    answer = session.try_call("cloudformation", "describe_stacks", expected, StackName=name)
    return answer if isinstance(answer, Refusal) and answer.code in DENIED else _stack(name, answer)


def _stack(name: str, answer: dict[str, Any] | Refusal) -> Stack | None:
    if isinstance(answer, Refusal):
        # CloudFormation has no code of its own for a stack that is not there.
        if "does not exist" in answer.message:
            return None
        raise ServiceError(Problem(f"stack {name}", answer.message))
    found = next((one for one in answer["Stacks"] if name in (one["StackName"], one["StackId"])), None)
    if found is None or not is_id_of(found["StackId"], found["StackName"]):
        what = "CloudFormation answered for another one"
        raise ServiceError(Problem(f"stack {name}", what, "check --endpoint-url, and any proxy on the way"))
    return Stack(
        name=found["StackName"],
        id=found["StackId"],
        status=found["StackStatus"],
        tags={tag["Key"]: tag["Value"] for tag in found.get("Tags", ())},
        parameters={one["ParameterKey"]: one.get("ParameterValue", "") for one in found.get("Parameters", ())},
        outputs={output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())},
        protected=bool(found.get("EnableTerminationProtection")),
        parent_id=found.get("ParentId", ""),
    )


def is_id_of(stack_id: str, stack_name: str) -> bool:
    """Whether that is the ID of a stack of that name: arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/UUID."""
    return stack_id.startswith("arn:") and stack_id.rpartition(":")[2].startswith(f"stack/{stack_name}/")


def how_to_go_on(stack_name: str, region: str) -> str:
    """What to tell a user who stopped watching: AWS goes on by itself."""
    watch = f"aws cloudformation describe-stack-events --stack-name {stack_name} --region {region}"
    return f"AWS goes on with stack {stack_name} by itself; watch it with: {watch}; then run the same command again"
