"""Executing a plan: the stack is created or updated while its events are told, and a failed creation is removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deputize.aws.changes import Plan, mend_for
from deputize.aws.client import Session
from deputize.aws.destroy import delete_stack
from deputize.aws.events import OnEvent, begin, follow, root_failure
from deputize.aws.stack import Pace, Stack, StackEvent, read_stack
from deputize.errors import DiffersError, Problem, ServiceError

_SUCCEEDED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """The stack as it is now; `outputs` are the template's."""

    role_arn: str
    account_id: str
    stack_id: str
    region: str
    template_sha256: str
    outputs: Mapping[str, str]


def execute(session: Session, plan: Plan, *, allow_replace: bool, on_event: OnEvent, pace: Pace) -> DeployedStack:
    """Do what `plan` says, inside the `with planned(...)` it came from, and return the stack's outputs.

    Raises DiffersError, before anything is done, when a resource would be replaced or removed and `allow_replace`
    does not say that it may; ServiceError, with the failed resource and AWS's reason, when the deployment fails:
    a new stack is then removed again, an existing one is back at what it was. KeyboardInterrupt passes through and
    leaves the stack to AWS.
    """
    if not allow_replace:
        _refuse_destruction(plan)
    if plan.change_set_id is None:
        stack = read_stack(session, plan.stack_id)
        if stack is None:
            raise ServiceError(Problem(f"stack {plan.request.stack_name}", "it was removed meanwhile", "deploy again"))
        return _deployed(plan, stack)
    operation = begin(session, plan.stack_id)
    session.call(
        "cloudformation",
        "execute_change_set",
        StackName=plan.stack_id,
        ChangeSetName=plan.change_set_id,
        ClientRequestToken=operation.token,
    )
    stack, events = follow(session, operation, on_event=on_event, pace=pace)
    if stack.status in _SUCCEEDED:
        return _deployed(plan, stack)
    after = _clear_away(session, stack, on_event, pace) if not plan.stack_exists else _rolled_back(stack)
    raise ServiceError(_failure(plan, stack, events, after))


def _refuse_destruction(plan: Plan) -> None:
    lost = [change for change in plan.changes if change.destructive]
    problems = [
        Problem(
            f"stack {plan.request.stack_name}",
            f"{change.logical_id} ({change.type}) would be {'removed' if change.action == 'Remove' else 'replaced'}",
            "--allow-replace lets it",
        )
        for change in lost
    ]
    if problems:
        raise DiffersError(*problems)


def _clear_away(session: Session, stack: Stack, on_event: OnEvent, pace: Pace) -> str:
    """Remove the stack whose first creation failed; says what became of it."""
    if stack.status == "ROLLBACK_COMPLETE":
        stack, _ = delete_stack(session, stack.id, on_event=on_event, pace=pace)
    if stack.status == "DELETE_COMPLETE":
        return "the new stack was removed again"
    return f"the new stack is left in state {stack.status}: deputize destroy {stack.name} removes it"


def _rolled_back(stack: Stack) -> str:
    if stack.status == "UPDATE_ROLLBACK_COMPLETE":
        return "the stack is back at what it was"
    return f"the stack is left in state {stack.status}"


def _failure(plan: Plan, stack: Stack, events: tuple[StackEvent, ...], after: str) -> Problem:
    cause = root_failure(events) or f"it ended in state {stack.status}"
    mend = mend_for(cause)
    return Problem(f"stack {plan.request.stack_name}", cause, f"{after}; {mend}" if mend else after)


def _deployed(plan: Plan, stack: Stack) -> DeployedStack:
    role_arn = stack.outputs.get("RoleArn")
    if role_arn is None:
        what = "it has no output RoleArn: its template was changed outside deputize"
        raise ServiceError(Problem(f"stack {stack.name}", what, "render the bundle again and deploy that"))
    return DeployedStack(role_arn, plan.account_id, stack.id, plan.region, plan.request.template_sha256, stack.outputs)
