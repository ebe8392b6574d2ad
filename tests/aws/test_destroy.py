from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from deputize.aws.changes import planned
from deputize.aws.client import Refusal, Session
from deputize.aws.deploy import execute
from deputize.aws.destroy import RoleFate, destroy, find
from deputize.aws.stack import ACTIONS, Pace, StackEvent, StackRequest, how_to_go_on, read_stack
from deputize.errors import ServiceError

Ask = Callable[..., StackRequest]
Scripted = Callable[..., Session]
CFN = "cloudformation"
ACCOUNT = "222233334444"
STACK_ID = f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/deputize-acme/1b2c"
NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)


def _deploy(session: Session, request: StackRequest, pace: Pace) -> str:
    with planned(session, request, pace=pace) as plan:
        return execute(session, plan, allow_replace=False, on_event=lambda _event: None, pace=pace).role_arn


def _stack(status: str, **more: Any) -> tuple[Any, ...]:
    tags = [{"Key": "deputize:tenant", "Value": "acme"}, {"Key": "deputize:vendor", "Value": "example-vendor"}]
    stack = {
        "StackName": "deputize-acme",
        "StackId": STACK_ID,
        "StackStatus": status,
        "CreationTime": NOW,
        "Tags": tags,
        "Outputs": [{"OutputKey": "RoleName", "OutputValue": "vendor-acme"}],
        **more,
    }
    return (CFN, "describe_stacks", {"Stacks": [stack]})


def _events(*events: tuple[str, str, str, str]) -> tuple[Any, ...]:
    listed = [
        {
            "StackId": STACK_ID,
            "EventId": str(number),
            "StackName": "deputize-acme",
            "LogicalResourceId": logical,
            "PhysicalResourceId": STACK_ID if kind == "AWS::CloudFormation::Stack" else logical,
            "ResourceType": kind,
            "Timestamp": NOW,
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
        }
        for number, (logical, kind, status, reason) in enumerate(events)
    ]
    return (CFN, "describe_stack_events", {"StackEvents": listed[::-1]})


MADE = ("deputize-acme", "AWS::CloudFormation::Stack", "CREATE_COMPLETE", "")
HELD = (
    ("Role", "AWS::IAM::Role", "DELETE_FAILED", "Cannot delete entity, must detach all policies first."),
    ("deputize-acme", "AWS::CloudFormation::Stack", "DELETE_FAILED", "The following resource(s) failed: [Role]."),
)


def _held(*answers: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
    return (
        _stack("CREATE_COMPLETE"),
        _events(MADE),
        (CFN, "delete_stack", {}),
        _events(MADE, *HELD),
        _stack("DELETE_FAILED"),
        *answers,
    )


def test_destroy_says_that_the_role_is_gone(customer: Session, ask: Ask, pace: Pace) -> None:
    """Stack and role are deleted, events are told, and IAM confirms it."""
    role_arn = _deploy(customer, ask(), pace)
    stack = find(customer, "deputize-acme", tenant="acme", vendor="example-vendor")
    events: list[StackEvent] = []
    destroyed = destroy(customer, stack, on_event=events.append, pace=pace)
    assert (destroyed.role, destroyed.role_arn, destroyed.role_name) == (
        RoleFate.GONE,
        role_arn,
        "example-vendor-acme",
    )
    assert (destroyed.account_id, destroyed.region) == (customer.caller().account_id, "us-east-1")
    assert events[-1].status == "DELETE_COMPLETE"
    assert read_stack(customer, "deputize-acme") is None
    assert isinstance(customer.try_call("iam", "get_role", ("NoSuchEntity",), RoleName="example-vendor-acme"), Refusal)


def test_a_role_that_is_still_there_is_said_to_be(customer: Session, ask: Ask, pace: Pace) -> None:
    """When a role of that name outlives its stack, the result says so."""
    template = ask().template.replace("Type: AWS::IAM::Role\n", "Type: AWS::IAM::Role\n    DeletionPolicy: Retain\n")
    _deploy(customer, ask(template=template), pace)
    stack = find(customer, "deputize-acme", tenant=None, vendor=None)
    assert destroy(customer, stack, on_event=lambda _event: None, pace=pace).role is RoleFate.THERE


def test_a_failed_creation_of_before_can_be_destroyed(customer: Session, ask: Ask, pace: Pace) -> None:
    """A stack in ROLLBACK_COMPLETE, which deploy points to destroy for, is removed."""
    document = {"Version": "2012-10-17", "Statement": []}
    properties = {"PolicyName": "p", "Roles": ["no-such-role"], "PolicyDocument": document}
    bad = json.dumps({"Resources": {"P": {"Type": "AWS::IAM::Policy", "Properties": properties}}})
    tags = [{"Key": "deputize:tenant", "Value": "acme"}, {"Key": "deputize:vendor", "Value": "example-vendor"}]
    customer.call(
        CFN, "create_stack", StackName="deputize-acme", TemplateBody=bad, Tags=tags, Capabilities=["CAPABILITY_IAM"]
    )
    while (stack := read_stack(customer, "deputize-acme")) is None or stack.status != "ROLLBACK_COMPLETE":
        pace.sleep(pace.interval)
    with pytest.raises(ServiceError) as refused:
        _deploy(customer, ask(), pace)
    assert str(refused.value) == (
        "stack deputize-acme: it is in state ROLLBACK_COMPLETE;"
        " nothing in it can be updated: deputize destroy deputize-acme, then deploy again"
    )
    found = find(customer, "deputize-acme", tenant="acme", vendor="example-vendor")
    assert destroy(customer, found, on_event=lambda _event: None, pace=pace).role is RoleFate.GONE
    assert _deploy(customer, ask(), pace).endswith(":role/example-vendor-acme")


def test_only_our_own_stack_is_found(customer: Session, ask: Ask, pace: Pace) -> None:
    """Another tenant's stack and one that does not exist are refused, and stay as they are."""
    _deploy(customer, ask(), pace)
    with pytest.raises(ServiceError) as other:
        find(customer, "deputize-acme", tenant="bolt", vendor="example-vendor")
    assert str(other.value) == (
        "stack deputize-acme: its tag deputize:tenant is 'acme', not 'bolt'; choose another stack name or region"
    )
    with pytest.raises(ServiceError) as missing:
        find(customer, "deputize-bolt", tenant=None, vendor=None)
    assert str(missing.value) == (
        f"stack deputize-bolt: there is none in account {customer.caller().account_id}, region us-east-1;"
        " check its name, --profile and --region"
    )
    assert read_stack(customer, "deputize-acme") is not None


def test_a_protected_stack_is_refused(customer: Session, ask: Ask, pace: Pace) -> None:
    """Termination protection is the customer's word: it is named, not lifted."""
    _deploy(customer, ask(), pace)
    customer.call(CFN, "update_termination_protection", StackName="deputize-acme", EnableTerminationProtection=True)
    with pytest.raises(ServiceError) as refused:
        find(customer, "deputize-acme", tenant="acme", vendor=None)
    assert str(refused.value) == (
        "stack deputize-acme: it is protected against deletion;"
        " whoever protected it must lift that: aws cloudformation update-termination-protection"
    )


def test_a_busy_stack_is_refused(scripted: Scripted) -> None:
    """A stack on which AWS is at work is named, not touched."""
    with pytest.raises(ServiceError) as refused:
        find(scripted(_stack("UPDATE_IN_PROGRESS")), "deputize-acme", tenant="acme", vendor=None)
    assert str(refused.value) == (
        "stack deputize-acme: it is in state UPDATE_IN_PROGRESS; wait until that has ended, then run this again"
    )


AUDIT = {"PolicyName": "SecurityAudit", "PolicyArn": "arn:aws:iam::aws:policy/SecurityAudit"}


@pytest.mark.parametrize(
    ("answers", "mend"),
    [
        (
            (
                ("iam", "list_attached_role_policies", {"AttachedPolicies": [AUDIT]}),
                ("iam", "list_instance_profiles_for_role", "AccessDenied", "no"),
            ),
            f"take {AUDIT['PolicyArn']} off role vendor-acme, then deputize destroy deputize-acme again",
        ),
        (
            (
                ("iam", "list_attached_role_policies", {"AttachedPolicies": []}),
                ("iam", "list_instance_profiles_for_role", {"InstanceProfiles": []}),
            ),
            "mend that, then deputize destroy deputize-acme again",
        ),
    ],
    ids=["a policy attached by hand", "something else"],
)
def test_what_holds_the_role_is_named(
    scripted: Scripted, pace: Pace, answers: tuple[tuple[Any, ...], ...], mend: str
) -> None:
    """When AWS cannot delete the role, its reason and what others put on the role are the message."""
    session = scripted(*_held(*answers))
    stack = find(session, "deputize-acme", tenant="acme", vendor="example-vendor")
    with pytest.raises(ServiceError) as failed:
        destroy(session, stack, on_event=lambda _event: None, pace=pace)
    assert str(failed.value) == (
        f"stack deputize-acme: Role (AWS::IAM::Role): Cannot delete entity, must detach all policies first; {mend}"
    )


def test_a_role_that_may_not_be_asked_for_is_unchecked(scripted: Scripted, pace: Pace) -> None:
    """Without iam:GetRole the stack is gone all the same, and the result does not claim more than it knows."""
    session = scripted(
        _stack("CREATE_COMPLETE"),
        _events(MADE),
        (CFN, "delete_stack", {}),
        _events(MADE, ("deputize-acme", "AWS::CloudFormation::Stack", "DELETE_COMPLETE", "")),
        _stack("DELETE_COMPLETE"),
        ("sts", "get_caller_identity", {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/x", "UserId": "x"}),
        ("iam", "get_role", "AccessDenied", "no"),
    )
    stack = find(session, "deputize-acme", tenant="acme", vendor=None)
    assert destroy(session, stack, on_event=lambda _event: None, pace=pace).role is RoleFate.UNCHECKED


def test_an_interrupted_user_is_told_how_to_go_on() -> None:
    """The words for Ctrl-C name the stack, the region and the command that watches it."""
    assert how_to_go_on("deputize-acme", "eu-west-1") == (
        "AWS goes on with stack deputize-acme by itself; watch it with: aws cloudformation describe-stack-events"
        " --stack-name deputize-acme --region eu-west-1; then run the same command again"
    )


def test_nothing_else_is_asked_of_aws(
    *,
    customer: Session,
    one_click: Callable[..., None],
    ask: Ask,
    pace: Pace,
    scripted: Scripted,
    killed_plan: Callable[[Session, StackRequest], None],
) -> None:
    """Deploying, reusing a shell or a one-click stack, and destroying a held role need exactly the ACTIONS."""
    asked: set[str] = set()

    def note(model: Any, **_more: Any) -> None:
        asked.add(f"{model.service_model.service_name}:{model.name}")

    held = scripted(
        *_held(
            ("iam", "list_attached_role_policies", {"AttachedPolicies": [AUDIT]}),
            ("iam", "list_instance_profiles_for_role", {"InstanceProfiles": []}),
        )
    )
    for session in (customer, held):
        for service in ("cloudformation", "iam", "sts"):
            session.client(service).meta.events.register("before-parameter-build", note)
    killed_plan(customer, ask())
    _deploy(customer, ask(), pace)
    stack = find(customer, "deputize-acme", tenant="acme", vendor="example-vendor")
    destroy(customer, stack, on_event=lambda _event: None, pace=pace)
    with pytest.raises(ServiceError):
        destroy(held, find(held, "deputize-acme", tenant=None, vendor=None), on_event=lambda _event: None, pace=pace)
    with planned(customer, ask(), pace=pace):
        pass
    one_click(customer)
    find(customer, "deputize-acme", tenant="acme", vendor="example-vendor")
    asked.discard("cloudformation:CreateStack")
    assert asked == ACTIONS
