"""Removing a tenant's stack, and saying whether the role is gone or what holds it.

A role that others attached policies to is not deleted:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deputize.aws import faults
from deputize.aws.client import Refusal, Session
from deputize.aws.events import OnEvent, begin, follow, root_failure
from deputize.aws.owner import check_ours, owner_tags
from deputize.aws.stack import REVIEW, STUCK, Pace, Stack, StackEvent, read_stack
from deputize.errors import Problem, ServiceError


class RoleFate(StrEnum):
    """What IAM says about the role once its stack is gone; UNCHECKED when it may not be asked."""

    GONE = "gone"
    THERE = "there"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Destroyed:
    """A stack that is gone. role_name: empty when the stack never had one; sessions made before outlast the role."""

    stack_id: str
    account_id: str
    region: str
    role_name: str
    role_arn: str
    role: RoleFate


def find(session: Session, stack_name: str, *, tenant: str | None, vendor: str | None) -> Stack:
    """The stack to destroy, nothing changed yet: deputize's own, of that tenant and vendor (None: of any).

    Raises ServiceError when there is none, when it is another's, busy, or protected against deletion.
    """
    where = f"stack {stack_name}"
    stack = read_stack(session, stack_name)
    if stack is None:
        what = f"there is none in account {session.caller().account_id}, region {session.region}"
        raise ServiceError(Problem(where, what, "check its name, --profile and --region"))
    check_ours(stack.name, owner_tags(session, stack), tenant, vendor)
    if stack.status.endswith("_IN_PROGRESS") and stack.status != REVIEW:
        raise ServiceError(Problem(where, f"it is in state {stack.status}", STUCK.get(stack.status, "")))
    if stack.protected:
        mend = "whoever protected it must lift that: aws cloudformation update-termination-protection"
        raise ServiceError(Problem(where, "it is protected against deletion", mend))
    return stack


def destroy(session: Session, stack: Stack, *, on_event: OnEvent, pace: Pace) -> Destroyed:
    """Delete the stack that `find` found, and look whether its role is gone.

    Raises ServiceError, naming what holds the role, when AWS could not delete all of it.
    """
    role_name = stack.outputs.get("RoleName", "")
    ended, events = delete_stack(session, stack.id, on_event=on_event, pace=pace)
    if ended.status != "DELETE_COMPLETE":
        raise ServiceError(_held(session, stack, ended, events))
    return Destroyed(
        stack_id=stack.id,
        account_id=session.caller().account_id,
        region=session.region,
        role_name=role_name,
        role_arn=stack.outputs.get("RoleArn", ""),
        role=_fate(session, role_name) if role_name else RoleFate.GONE,
    )


def delete_stack(
    session: Session, stack_id: str, *, on_event: OnEvent, pace: Pace
) -> tuple[Stack, tuple[StackEvent, ...]]:
    """Delete a stack and watch until that has ended, either way; returns it with the deletion's events."""
    operation = begin(session, stack_id)
    session.call("cloudformation", "delete_stack", StackName=stack_id, ClientRequestToken=operation.token)
    return follow(session, operation, on_event=on_event, pace=pace)


def _fate(session: Session, role_name: str) -> RoleFate:
    expected = ("NoSuchEntity", "AccessDenied", "AccessDeniedException")
    answer = session.try_call("iam", "get_role", expected, RoleName=role_name)
    if not isinstance(answer, Refusal):
        return RoleFate.THERE
    return RoleFate.GONE if answer.code == "NoSuchEntity" else RoleFate.UNCHECKED


def _held(session: Session, stack: Stack, ended: Stack, events: tuple[StackEvent, ...]) -> Problem:
    what = root_failure(events) or f"it ended in state {ended.status}"
    role_name = stack.outputs.get("RoleName", "")
    holders = _holders(session, role_name) if role_name else []
    again = f"then deputize destroy {stack.name} again"
    mend = f"take {', '.join(holders)} off role {role_name}, {again}" if holders else f"mend that, {again}"
    return Problem(f"stack {stack.name}", what, mend)


def _holders(session: Session, role_name: str) -> list[str]:
    """What is still on the role once CloudFormation took its own things off: put there by hand."""
    asked = (
        ("list_attached_role_policies", "AttachedPolicies", "PolicyArn"),
        ("list_instance_profiles_for_role", "InstanceProfiles", "InstanceProfileName"),
    )
    held: list[str] = []
    for operation, members, name in asked:
        expected = ("NoSuchEntity", "AccessDenied", "AccessDeniedException")
        answer = session.try_call("iam", operation, expected, RoleName=role_name)
        if not isinstance(answer, Refusal):
            held += [faults.clean(member[name]) for member in answer[members]]
    return held
