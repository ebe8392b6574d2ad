"""Watching one operation of one stack: its events as they come, each once, oldest first, until it has ended."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from deputize.aws import faults
from deputize.aws.client import Session
from deputize.aws.stack import Pace, Stack, StackEvent, read_stack
from deputize.errors import Problem, ServiceError

OnEvent = Callable[[StackEvent], None]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation on one stack. since: ID of the newest event before it; token: its ClientRequestToken."""

    stack_id: str
    since: str
    token: str


def begin(session: Session, stack_id: str) -> Operation:
    """An operation that is about to start: what is newer than the newest event of now, and has its token, is its."""
    events = session.call("cloudformation", "describe_stack_events", StackName=stack_id)["StackEvents"]
    return Operation(stack_id, str(events[0]["EventId"]) if events else "", f"deputize-{uuid.uuid4().hex}")


def follow(
    session: Session, operation: Operation, *, on_event: OnEvent, pace: Pace
) -> tuple[Stack, tuple[StackEvent, ...]]:
    """Report the operation's events until the stack rests; returns it with all those events, oldest first.

    Raises ServiceError when AWS refuses a look or when the patience of `pace` ends; KeyboardInterrupt passes
    through and leaves the stack to AWS.
    """
    seen: dict[str, StackEvent] = {}
    for _ in pace.turns():
        fresh = _fresh_events(session, operation, seen)
        for event_id, event in reversed(fresh):
            seen[event_id] = event
            on_event(event)
        # The events say that this operation ended; the stack's own state may lag behind them for a moment.
        if any(_ends(event, operation.stack_id) for event in seen.values()):
            stack = read_stack(session, operation.stack_id)
            if stack is not None and not stack.status.endswith("_IN_PROGRESS"):
                return stack, tuple(seen.values())
    what = f"AWS is still at work after {round(pace.interval * pace.looks / 60)} minutes"
    name = operation.stack_id.split("/")[1]  # arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/UUID
    raise ServiceError(Problem(f"stack {name}", what, "look at its events in the console; run this again later"))


def root_failure(events: tuple[StackEvent, ...]) -> str:
    """The first thing that failed of its own, with AWS's reason; empty when no event says."""
    for event in events:
        if event.failed and event.type != "AWS::CloudFormation::Stack":
            return f"{event.logical_id} ({event.type}): {(event.reason or event.status).rstrip('.')}"
    return next((event.reason.rstrip(".") for event in events if event.reason), "")


def _fresh_events(
    session: Session, operation: Operation, seen: Mapping[str, StackEvent]
) -> list[tuple[str, StackEvent]]:
    """Events not yet seen, newest first as AWS lists them, back to where the operation began."""
    fresh: list[tuple[str, StackEvent]] = []
    for page in session.pages("cloudformation", "describe_stack_events", StackName=operation.stack_id):
        for raw in page["StackEvents"]:
            event_id = raw["EventId"]
            if event_id == operation.since:
                return fresh
            # Someone else's operation on the same stack has another token.
            if event_id not in seen and raw.get("ClientRequestToken", operation.token) == operation.token:
                fresh.append((event_id, _event(raw)))
    return fresh


def _event(raw: dict[str, Any]) -> StackEvent:
    return StackEvent(
        time=raw["Timestamp"].astimezone(UTC).isoformat(timespec="seconds"),
        logical_id=faults.clean(raw.get("LogicalResourceId", "")),
        type=faults.clean(raw.get("ResourceType", "")),
        status=faults.clean(raw.get("ResourceStatus", "")),
        reason=faults.clean(raw.get("ResourceStatusReason", "")),
        physical_id=faults.clean(raw.get("PhysicalResourceId", "")),
    )


def _ends(event: StackEvent, stack_id: str) -> bool:
    return event.physical_id == stack_id and event.status.endswith(("_COMPLETE", "_FAILED"))
