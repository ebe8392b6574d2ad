"""What a deployment would change: refuses what must not be touched, then asks CloudFormation for a change set.

Change sets: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from deputize.aws import faults
from deputize.aws.client import CallerIdentity, Refusal, Session
from deputize.aws.owner import check_ours, owner_tags
from deputize.aws.stack import (
    OWN_TAGS,
    REVIEW,
    STUCK,
    TENANT_TAG,
    UPDATABLE,
    VENDOR_TAG,
    VERSION_TAG,
    Pace,
    Stack,
    StackRequest,
    is_id_of,
    read_stack,
)
from deputize.errors import InputError, Problem, ServiceError, UsageError
from deputize.iam import limits
from deputize.iam.arn import parse_policy_arn
from deputize.iam.partitions import PARTITIONS
from deputize.model.format import DEPLOYER_POLICY

# The words by which the AWS CLI, too, tells an empty change set from a failed one.
_EMPTY = ("didn't contain changes", "No updates are to be performed")
_NAME_TAKEN = ("already exists", "ResourceExistenceCheck")


@dataclass(frozen=True, slots=True)
class Change:
    """One resource that would change; `replacement` is AWS's True, False or Conditional, or empty."""

    action: str
    logical_id: str
    type: str
    replacement: str

    @property
    def destructive(self) -> bool:
        """Whether the resource would or might go away, replaced or for good."""
        return self.action in {"Remove", "Dynamic"} or self.replacement in {"True", "Conditional"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What `execute` would do. change_set_id: None when nothing would change.

    stack_exists: whether the stack was there before, and not only as the shell of a change set.
    """

    request: StackRequest
    account_id: str
    region: str
    stack_id: str
    stack_exists: bool
    change_set_id: str | None
    changes: tuple[Change, ...]

    @property
    def unchanged(self) -> bool:
        """Whether the stack already is as asked."""
        return self.change_set_id is None


@contextmanager
def planned(session: Session, request: StackRequest, *, pace: Pace) -> Iterator[Plan]:
    """The plan for `request`, refused before any change when it must not be: then ServiceError.

    On leaving, a change set that was not executed is removed, and so is the shell of a stack it was made for.
    """
    check_region(session, request.partition)
    tags = _stack_tags(request, {})
    caller = session.caller()
    check_caller(caller, request)
    check_boundary(request.parameters.get("PermissionsBoundary"), caller.account_id)
    existing = read_stack(session, request.stack_name)
    if existing is not None:
        check_stack(session, existing, request)
        tags = _stack_tags(request, existing.tags)
    creates = existing is None or existing.status == REVIEW
    stack_id, change_set_id = _create_change_set(session, request, tags, None if creates else existing)
    try:
        changes = _wait_for_changes(session, request.stack_name, change_set_id, pace)
        unchanged = changes is None
        yield Plan(
            request=request,
            account_id=caller.account_id,
            region=session.region,
            stack_id=stack_id,
            stack_exists=not creates,
            change_set_id=None if unchanged else change_set_id,
            changes=changes or (),
        )
    except BaseException:
        # What went wrong is what is told, even when cleaning up fails for the same reason.
        with suppress(ServiceError):
            _discard(session, stack_id, change_set_id, pace)
        raise
    _discard(session, stack_id, change_set_id, pace)


def check_region(session: Session, partition: str) -> None:
    """Raise ServiceError when the session's region is known to lie in another partition."""
    for other in PARTITIONS.values():
        if other.id != partition and other.has_region(session.region):
            what = f"{session.region} is in partition {other.id}, the bundle is for {partition}"
            home = PARTITIONS[partition].home_region
            raise ServiceError(Problem("--region", what, f"choose a region of {partition}, like {home}"))


def check_caller(caller: CallerIdentity, request: StackRequest) -> None:
    """Raise ServiceError when the caller's account is not one that this tenant's role may be made in."""
    if request.expect_account is not None and caller.account_id != request.expect_account:
        what = f"--expect-account says {request.expect_account}"
        mend = "choose another --profile, or correct --expect-account"
        raise ServiceError(Problem(f"AWS account {caller.account_id}", what, mend))
    check_account(
        caller,
        partition=request.partition,
        vendor_account=request.vendor_account,
        tenant=request.tenant,
        tenant_account=request.tenant_account,
    )


def check_boundary(boundary: str | None, account_id: str) -> None:
    """Raise InputError for a permissions boundary that is neither of that account nor AWS's own: IAM refuses it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    parsed = parse_policy_arn(boundary) if boundary else None
    if parsed is not None and parsed[1] not in (account_id, "aws"):
        what = f"the policy is in account {parsed[1]}, the role will be in {account_id}"
        mend = "give a policy of that account, or one of AWS's own"
        raise InputError(Problem("--permissions-boundary", what, mend))


def check_account(
    caller: CallerIdentity, *, partition: str, vendor_account: str, tenant: str, tenant_account: str | None
) -> None:
    """Raise ServiceError when the caller's account cannot be the tenant's: tenant_account is None where any may be."""
    where = f"AWS account {caller.account_id}"
    mend = "sign in to the tenant's account: --profile chooses one"
    if caller.partition != partition:
        what = f"it is in partition {caller.partition}, the bundle is for {partition}"
        raise ServiceError(Problem(where, what, mend))
    if caller.account_id == vendor_account:
        what = "it is the vendor's own, and a role there would let the vendor into itself"
        raise ServiceError(Problem(where, what, mend))
    if tenant_account is not None and caller.account_id != tenant_account:
        what = f"the account of tenant {tenant} is {tenant_account}"
        raise ServiceError(Problem(where, what, mend))


def check_stack(session: Session, stack: Stack, request: StackRequest) -> None:
    """Raise ServiceError when the stack is another's, or in a state in which it cannot be changed."""
    check_ours(stack.name, owner_tags(session, stack), request.tenant, request.vendor)
    if stack.status not in UPDATABLE and stack.status != REVIEW:
        mend = STUCK.get(stack.status, "look at it in the CloudFormation console").format(name=stack.name)
        raise ServiceError(Problem(f"stack {stack.name}", f"it is in state {stack.status}", mend))


def _stack_tags(request: StackRequest, before: Mapping[str, str]) -> dict[str, str]:
    """The stack's tags: the ones it has, then the customer's, then ours."""
    for key in request.tags:
        if key.lower().startswith(("deputize:", "aws:")):
            owner = key.split(":", 1)[0].lower()
            raise UsageError(Problem("--tag", f"'{faults.clean(key)}' is one of {owner}'s own keys", "choose another"))
    kept = {key: value for key, value in before.items() if not key.startswith("aws:") and key not in OWN_TAGS}
    ours = {TENANT_TAG: request.tenant, VENDOR_TAG: request.vendor, VERSION_TAG: str(request.template_version)}
    tags = {**kept, **request.tags, **ours}
    if len(tags) > limits.TAGS.high:
        what = f"the stack would have {len(tags)} tags with deputize's {len(ours)}, AWS takes {limits.TAGS.high}"
        raise UsageError(Problem("--tag", what, "give fewer"))
    return tags


def _parameters(request: StackRequest, existing: Stack | None) -> list[dict[str, Any]]:
    """The parameters of a request: a choice not given keeps the stack's value, or takes the template's default."""
    chosen: list[dict[str, Any]] = []
    for name, value in request.parameters.items():
        if value is not None:
            chosen.append({"ParameterKey": name, "ParameterValue": value})
        elif existing is not None and name in existing.parameters:
            chosen.append({"ParameterKey": name, "UsePreviousValue": True})
    return chosen


def _create_change_set(
    session: Session, request: StackRequest, tags: Mapping[str, str], existing: Stack | None
) -> tuple[str, str]:
    """The IDs of the stack and of its new change set."""
    name = f"deputize-{uuid.uuid4().hex}"
    answer = session.try_call(
        "cloudformation",
        "create_change_set",
        ("ValidationError",),
        StackName=request.stack_name,
        ChangeSetName=name,
        ChangeSetType="CREATE" if existing is None else "UPDATE",
        Description=f"deputize: tenant {request.tenant}, template version {request.template_version}",
        TemplateBody=request.template,
        Parameters=_parameters(request, existing),
        Capabilities=["CAPABILITY_NAMED_IAM" if request.needs_named_iam else "CAPABILITY_IAM"],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    if isinstance(answer, Refusal):
        mend = "correct the choice it names" if "Parameter" in answer.message else ""
        raise ServiceError(Problem(f"stack {request.stack_name}", answer.message, mend))
    if not is_id_of(answer["StackId"], request.stack_name):
        raise _of_another(request.stack_name, "stack")
    return answer["StackId"], answer["Id"]


def _of_another(stack_name: str, thing: str) -> ServiceError:
    what = f"CloudFormation answered for another {thing}"
    return ServiceError(Problem(f"stack {stack_name}", what, "check --endpoint-url, and any proxy on the way"))


def _wait_for_changes(session: Session, stack_name: str, change_set_id: str, pace: Pace) -> tuple[Change, ...] | None:
    """All changes of the set once it is ready; None when there are none to make. Raises ServiceError."""
    # With the stack named, it is what the caller's policy is asked about; a change set's own ARN does not name it.
    named = {"StackName": stack_name, "ChangeSetName": change_set_id}
    for _ in pace.turns():
        pages = list(session.pages("cloudformation", "describe_change_set", **named))
        # What is shown is what is executed, by this ID.
        if any(page["ChangeSetId"] != change_set_id for page in pages):
            raise _of_another(stack_name, "change set")
        status, reason = pages[0]["Status"], faults.clean(pages[0].get("StatusReason") or "")
        if status == "CREATE_COMPLETE":
            return tuple(_change(raw["ResourceChange"]) for page in pages for raw in page.get("Changes", ()))
        if status == "FAILED":
            if any(words in reason for words in _EMPTY):
                return None
            what = f"CloudFormation could not plan it: {reason.rstrip('.')}"
            raise ServiceError(Problem(f"stack {stack_name}", what, mend_for(reason)))
    what = "CloudFormation's change set is not ready"
    raise ServiceError(Problem(f"stack {stack_name}", what, "run this again later"))


def mend_for(reason: str) -> str:
    """What to do about AWS's reason for a failed resource, where that is known."""
    if any(words in reason for words in _NAME_TAKEN):
        return "choose another --role-name, or the --region in which the role's stack already is"
    if "not authorized to perform" in reason:
        return f"allow it for whoever deploys; the bundle's {DEPLOYER_POLICY} lists all that deploying needs"
    return ""


def _change(raw: Mapping[str, Any]) -> Change:
    return Change(raw["Action"], raw["LogicalResourceId"], raw["ResourceType"], raw.get("Replacement", ""))


def _discard(session: Session, stack_id: str, change_set_id: str, pace: Pace) -> None:
    """Remove a change set that was not executed, and the shell of the stack it was made for."""
    gone = ("ChangeSetNotFound", "ChangeSetNotFoundException", "ValidationError", "InvalidChangeSetStatus")
    named = {"StackName": stack_id, "ChangeSetName": change_set_id}
    answer = session.try_call("cloudformation", "describe_change_set", gone, **named)
    if isinstance(answer, Refusal) or answer["ExecutionStatus"] in {"EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE"}:
        return
    session.try_call("cloudformation", "delete_change_set", gone, **named)
    shell = read_stack(session, stack_id)
    if shell is None or shell.status != REVIEW:
        return
    session.call("cloudformation", "delete_stack", StackName=stack_id)
    # Until the shell is gone, the next deployment would find a stack in DELETE_IN_PROGRESS.
    for _ in pace.turns():
        left = read_stack(session, stack_id)
        if left is None or left.status not in {REVIEW, "DELETE_IN_PROGRESS"}:
            return
