"""Deployments that fail: each with its exit code and its whole message, nothing left to guess."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from botocore.session import get_session

from deputize.aws.changes import planned
from deputize.aws.client import Session
from deputize.aws.deploy import execute
from deputize.aws.stack import REVIEW, STUCK, UPDATABLE, Pace, StackEvent, StackRequest
from deputize.errors import DeputizeError, ServiceError

Ask = Callable[..., StackRequest]
Scripted = Callable[..., Session]
Step = tuple[Any, ...]

CFN = "cloudformation"
ACCOUNT = "222233334444"
STACK_ID = f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/deputize-acme/1b2c"
SET_ID = f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:changeSet/deputize-0/5d6e"
SET = {"ChangeSetId": SET_ID, "Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE", "Changes": []}
NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
OURS = {"deputize:tenant": "acme", "deputize:vendor": "example-vendor"}


def _caller(account: str = ACCOUNT, partition: str = "aws") -> Step:
    arn = f"arn:{partition}:sts::{account}:assumed-role/Admin/someone"
    return ("sts", "get_caller_identity", {"Account": account, "Arn": arn, "UserId": "AROA:someone"})


def _stack(status: str, outputs: dict[str, str] | None = None) -> Step:
    stack = {
        "StackName": "deputize-acme",
        "StackId": STACK_ID,
        "StackStatus": status,
        "CreationTime": NOW,
        "Tags": [{"Key": key, "Value": value} for key, value in OURS.items()],
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in (outputs or {}).items()],
    }
    return (CFN, "describe_stacks", {"Stacks": [stack]})


def _event(number: int, logical: str, kind: str, status: str, reason: str = "") -> dict[str, Any]:
    return {
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


def _events(*events: dict[str, Any]) -> Step:
    """An answer with these events, given oldest first, listed newest first as AWS does."""
    return (CFN, "describe_stack_events", {"StackEvents": list(reversed(events))})


def _change_set(status: str = "CREATE_COMPLETE", execution: str = "AVAILABLE", reason: str = "") -> Step:
    answer = {**SET, "Status": status, "ExecutionStatus": execution, "StatusReason": reason}
    return (CFN, "describe_change_set", answer)


NO_STACK: Step = (CFN, "describe_stacks", "ValidationError", "Stack with id deputize-acme does not exist")
MADE: Step = (CFN, "create_change_set", {"Id": SET_ID, "StackId": STACK_ID})
EXECUTED: Step = (CFN, "execute_change_set", {})
DROPPED: Step = (CFN, "delete_change_set", {})
DELETED: Step = (CFN, "delete_stack", {})
GONE: Step = (CFN, "describe_change_set", "ChangeSetNotFound", "it is gone")
SHELL = _event(0, "deputize-acme", "AWS::CloudFormation::Stack", "REVIEW_IN_PROGRESS")
TAKEN = (
    "Resource of type 'AWS::IAM::Role' with identifier 'example-vendor-acme' already exists."
    " (RequestToken: 6f5902ac, HandlerErrorCode: AlreadyExists)"
)


def _rolled_back(reason: str) -> tuple[dict[str, Any], ...]:
    return (
        SHELL,
        _event(1, "deputize-acme", "AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS", "User Initiated"),
        _event(2, "Other", "AWS::IAM::ManagedPolicy", "CREATE_FAILED", "Resource creation cancelled"),
        _event(3, "Role", "AWS::IAM::Role", "CREATE_FAILED", reason),
        _event(4, "deputize-acme", "AWS::CloudFormation::Stack", "ROLLBACK_IN_PROGRESS", "failed: [Role]"),
        _event(5, "deputize-acme", "AWS::CloudFormation::Stack", "ROLLBACK_COMPLETE"),
    )


def _failed_creation(reason: str, end: str) -> tuple[Step, ...]:
    rolled = _rolled_back(reason)
    ended = _event(6, "deputize-acme", "AWS::CloudFormation::Stack", end, "something")
    return (
        _caller(),
        NO_STACK,
        MADE,
        _change_set(),
        _events(SHELL),
        EXECUTED,
        _events(*rolled),
        _stack("ROLLBACK_COMPLETE"),
        _events(*rolled),
        DELETED,
        _events(*rolled, ended),
        _stack(end),
        GONE,
    )


def _failed_update(reason: str, end: str) -> tuple[Step, ...]:
    before = _event(0, "deputize-acme", "AWS::CloudFormation::Stack", "CREATE_COMPLETE")
    return (
        _caller(),
        _stack("CREATE_COMPLETE"),
        MADE,
        _change_set(),
        _events(before),
        EXECUTED,
        _events(
            before,
            _event(1, "Role", "AWS::IAM::Role", "UPDATE_FAILED", reason),
            _event(2, "deputize-acme", "AWS::CloudFormation::Stack", end),
        ),
        _stack(end),
        _change_set(execution="EXECUTE_FAILED"),
        DROPPED,
        _stack(end),
    )


DENIED = (
    f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Admin/someone is not authorized to perform: "
    f"cloudformation:CreateChangeSet on resource: {STACK_ID} because no identity-based policy allows the "
    "cloudformation:CreateChangeSet action"
)
FAULTS: dict[str, tuple[tuple[Step, ...], dict[str, Any], str]] = {
    "expired token": (
        (("sts", "get_caller_identity", "ExpiredToken", "The security token included in the request is expired"),),
        {},
        "AWS credentials: they have expired; sign in again (aws sso login, aws login) or export fresh ones",
    ),
    "unknown key, or a region that is not enabled": (
        (("sts", "get_caller_identity", "InvalidClientTokenId", "The security token is invalid."),),
        {},
        (
            "AWS credentials: AWS does not know them in region us-east-1;"
            " check the access key and its session token, and that the account has this region enabled"
        ),
    ),
    "bad secret, whose message repeats the token": (
        (("sts", "get_caller_identity", "SignatureDoesNotMatch", "should have been x-amz-security-token:the-token"),),
        {},
        (
            "AWS credentials: AWS refused the signature made with them;"
            " check the secret access key and this computer's clock"
        ),
    ),
    "region disabled": (
        (("sts", "get_caller_identity", "RegionDisabledException", "STS is not activated in this region"),),
        {},
        (
            "--region: sts is not enabled for this account in region us-east-1;"
            " enable the region in the account, or choose another"
        ),
    ),
    "the vendor's own account": (
        (_caller("111122223333"),),
        {},
        (
            "AWS account 111122223333: it is the vendor's own, and a role there would let the vendor into itself;"
            " sign in to the tenant's account: --profile chooses one"
        ),
    ),
    "not the tenant's account": (
        (_caller(),),
        {"tenant_account": "555566667777"},
        (
            "AWS account 222233334444: the account of tenant acme is 555566667777;"
            " sign in to the tenant's account: --profile chooses one"
        ),
    ),
    "not the expected account": (
        (_caller(),),
        {"expect_account": "555566667777"},
        (
            "AWS account 222233334444: --expect-account says 555566667777;"
            " choose another --profile, or correct --expect-account"
        ),
    ),
    "another partition": (
        (_caller(partition="aws-cn"),),
        {},
        (
            "AWS account 222233334444: it is in partition aws-cn, the bundle is for aws;"
            " sign in to the tenant's account: --profile chooses one"
        ),
    ),
    "a region of another partition": (
        (),
        {"partition": "aws-us-gov"},
        (
            "--region: us-east-1 is in partition aws, the bundle is for aws-us-gov;"
            " choose a region of aws-us-gov, like us-gov-west-1"
        ),
    ),
    "throttled": (
        (_caller(), (CFN, "describe_stacks", "Throttling", "Rate exceeded")),
        {},
        "AWS cloudformation:DescribeStacks: throttled, 2 retries later too; wait a minute and run it again",
    ),
    "access denied": (
        (_caller(), NO_STACK, (CFN, "create_change_set", "AccessDenied", DENIED)),
        {},
        (
            f"AWS cloudformation:CreateChangeSet: access denied: {DENIED};"
            " allow cloudformation:CreateChangeSet for whoever runs this;"
            " the bundle's json/deployer-policy.json lists all that deploying needs"
        ),
    ),
    "quota": (
        (
            _caller(),
            NO_STACK,
            (CFN, "create_change_set", "LimitExceededException", "Limit for stack has been exceeded"),
        ),
        {},
        (
            "AWS cloudformation:CreateChangeSet: a quota of the account is used up: Limit for stack has been exceeded;"
            " have it raised"
        ),
    ),
    "AWS is down": (
        (_caller(), (CFN, "describe_stacks", "ServiceUnavailable", "Service is unavailable")),
        {},
        (
            "AWS cloudformation:DescribeStacks: AWS itself failed: ServiceUnavailable: Service is unavailable;"
            " wait a minute and run it again; health.aws.amazon.com shows outages"
        ),
    ),
    "a code nobody knows": (
        (_caller(), (CFN, "describe_stacks", "Teapot", "short\u202e and \x1b[31mstout AKIAIOSFODNN7EXAMPLE")),
        {},
        "AWS cloudformation:DescribeStacks: Teapot: short and [31mstout [access key]",
    ),
    "the change set is refused before it runs": (
        (
            _caller(),
            NO_STACK,
            MADE,
            _change_set("FAILED", "UNAVAILABLE", "failed: [AWS::EarlyValidation::ResourceExistenceCheck]."),
            _change_set("FAILED", "UNAVAILABLE"),
            DROPPED,
            _stack(REVIEW),
            DELETED,
            NO_STACK,
        ),
        {},
        (
            "stack deputize-acme: CloudFormation could not plan it: failed:"
            " [AWS::EarlyValidation::ResourceExistenceCheck];"
            " choose another --role-name, or the --region in which the role's stack already is"
        ),
    ),
    "role name taken": (
        _failed_creation(TAKEN, "DELETE_COMPLETE"),
        {},
        (
            f"stack deputize-acme: Role (AWS::IAM::Role): {TAKEN}; the new stack was removed again;"
            " choose another --role-name, or the --region in which the role's stack already is"
        ),
    ),
    "role may not be created": (
        _failed_creation("User is not authorized to perform: iam:CreateRole.", "DELETE_FAILED"),
        {},
        (
            "stack deputize-acme: Role (AWS::IAM::Role): User is not authorized to perform: iam:CreateRole;"
            " the new stack is left in state DELETE_FAILED: deputize destroy deputize-acme removes it;"
            " allow it for whoever deploys; the bundle's json/deployer-policy.json lists all that deploying needs"
        ),
    ),
    "rollback that fails too": (
        _failed_update("Boundary does not exist.", "UPDATE_ROLLBACK_FAILED"),
        {},
        (
            "stack deputize-acme: Role (AWS::IAM::Role): Boundary does not exist;"
            " the stack is left in state UPDATE_ROLLBACK_FAILED"
        ),
    ),
    "no role in the outputs": (
        (
            _caller(),
            _stack("CREATE_COMPLETE"),
            MADE,
            _change_set("FAILED", "UNAVAILABLE", "The submitted information didn't contain changes."),
            _stack("CREATE_COMPLETE"),
            _change_set("FAILED", "UNAVAILABLE"),
            DROPPED,
            _stack("CREATE_COMPLETE"),
        ),
        {},
        (
            "stack deputize-acme: it has no output RoleArn: its template was changed outside deputize;"
            " render the bundle again and deploy that"
        ),
    ),
    "AWS never ends": (
        (
            _caller(),
            NO_STACK,
            MADE,
            _change_set(),
            _events(SHELL),
            EXECUTED,
            _events(SHELL),
            _events(SHELL),
            _events(SHELL),
            _change_set(execution="EXECUTE_IN_PROGRESS"),
        ),
        {},
        (
            "stack deputize-acme: AWS is still at work after 3 minutes;"
            " look at its events in the console; run this again later"
        ),
    ),
}


def _deploy(session: Session, request: StackRequest, events: list[StackEvent]) -> None:
    pace = Pace(interval=60, looks=3, sleep=lambda _seconds: None)
    with planned(session, request, pace=pace) as plan:
        execute(session, plan, allow_replace=False, on_event=events.append, pace=pace)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_its_message_and_exit_code(name: str, ask: Ask, scripted: Scripted) -> None:
    """Where, what and how to mend it, exit code 5, and no credential in it; every call AWS was to get, it got."""
    steps, fields, message = FAULTS[name]
    with pytest.raises(DeputizeError) as failed:
        _deploy(scripted(*steps), ask(**fields), [])
    assert str(failed.value) == message
    assert (failed.value.exit_code, failed.value.code) == (5, "service")
    assert not any(secret in message for secret in ("the-secret", "the-token", "AKIA"))


@pytest.mark.parametrize("state", sorted(STUCK))
def test_a_stuck_stack_is_named_and_not_touched(state: str, ask: Ask, scripted: Scripted) -> None:
    """Each state that allows no update stops the deployment with what to do, after two calls that only read."""
    mend = STUCK[state].format(name="deputize-acme")
    with pytest.raises(ServiceError) as failed:
        _deploy(scripted(_caller(), _stack(state)), ask(), [])
    assert str(failed.value) == f"stack deputize-acme: it is in state {state}; {mend}"
    assert "{" not in mend


def test_every_state_of_aws_is_known() -> None:
    """AWS's list of states has none that deputize does not: new ones show when botocore is updated."""
    service: Any = get_session().get_service_model(CFN)
    states = service.shape_for("StackStatus").enum
    assert set(states) == {*UPDATABLE, *STUCK, REVIEW, "DELETE_COMPLETE"}


def test_a_first_creation_that_fails_tells_its_events_once(ask: Ask, scripted: Scripted) -> None:
    """Events of before are not told, those of creation and removal are, each once."""
    events: list[StackEvent] = []
    with pytest.raises(ServiceError):
        _deploy(scripted(*_failed_creation(TAKEN, "DELETE_COMPLETE")), ask(), events)
    assert [event.status for event in events] == [
        "CREATE_IN_PROGRESS",
        "CREATE_FAILED",
        "CREATE_FAILED",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_COMPLETE",
        "DELETE_COMPLETE",
    ]
    assert events[0].time == "2026-11-21T12:00:00+00:00"


def test_changes_are_read_to_the_last_page(ask: Ask, scripted: Scripted) -> None:
    """A change on a later page counts: a removal there is refused like any."""
    removed = {"Action": "Remove", "LogicalResourceId": "AccessPolicy2", "ResourceType": "AWS::IAM::ManagedPolicy"}
    modified = {
        "Action": "Modify",
        "LogicalResourceId": "Role",
        "ResourceType": "AWS::IAM::Role",
        "Replacement": "False",
    }

    def page(change: dict[str, str], **more: str) -> Step:
        changes = [{"Type": "Resource", "ResourceChange": change}]
        return (CFN, "describe_change_set", {**SET, "Changes": changes, **more})

    steps = (
        _caller(),
        _stack("UPDATE_COMPLETE"),
        MADE,
        page(modified, NextToken="more"),
        page(removed),
        _change_set(),
        DROPPED,
        _stack("UPDATE_COMPLETE"),
    )
    with pytest.raises(DeputizeError) as failed:
        _deploy(scripted(*steps), ask(), [])
    assert failed.value.exit_code == 7
    assert str(failed.value) == (
        "stack deputize-acme: AccessPolicy2 (AWS::IAM::ManagedPolicy) would be removed; --allow-replace lets it"
    )


def test_events_of_another_operation_are_not_told(ask: Ask, scripted: Scripted) -> None:
    """Events are read over all pages, and those with another ClientRequestToken are someone else's."""
    theirs = {**_event(1, "Role", "AWS::IAM::Role", "UPDATE_FAILED", "theirs"), "ClientRequestToken": "Console-1"}
    end = _event(2, "deputize-acme", "AWS::CloudFormation::Stack", "CREATE_COMPLETE")
    first, second = _events(end), _events(SHELL, theirs)
    first[2]["NextToken"] = "more"
    steps = (
        _caller(),
        NO_STACK,
        MADE,
        _change_set(),
        _events(SHELL),
        EXECUTED,
        first,
        second,
        _stack("CREATE_COMPLETE", {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}),
        GONE,
    )
    events: list[StackEvent] = []
    _deploy(scripted(*steps), ask(), events)
    assert [event.status for event in events] == ["CREATE_COMPLETE"]


@pytest.mark.parametrize(("tenant", "ours"), [("acme", True), ("bolt", False)])
def test_a_shell_without_tags_is_judged_by_its_change_sets(
    ask: Ask, scripted: Scripted, tenant: str, ours: bool
) -> None:
    """A stack under review has no tags of its own yet: those that its change sets carry say whose it is."""
    shell = _stack(REVIEW)
    shell[2]["Stacks"][0]["Tags"] = []
    tags = [{"Key": "deputize:tenant", "Value": tenant}, {"Key": "deputize:vendor", "Value": "example-vendor"}]
    looked: tuple[Step, ...] = (
        _caller(),
        shell,
        (CFN, "list_change_sets", {"Summaries": [{"ChangeSetId": SET_ID}]}),
        (CFN, "describe_change_set", {**SET, "Tags": tags}),
    )
    with pytest.raises(ServiceError) as failed:
        _deploy(scripted(*looked, *(((CFN, "create_change_set", "Teapot", "went on"),) if ours else ())), ask(), [])
    expected = (
        "AWS cloudformation:CreateChangeSet: Teapot: went on"
        if ours
        else "stack deputize-acme: its tag deputize:tenant is 'bolt', not 'acme'; choose another stack name or region"
    )
    assert str(failed.value) == expected
