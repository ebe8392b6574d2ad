from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from deputize.aws.assume import assume
from deputize.aws.changes import Change, planned
from deputize.aws.client import Refusal, Session
from deputize.aws.deploy import DeployedStack, execute
from deputize.aws.stack import Pace, StackEvent, StackRequest, read_stack
from deputize.errors import DiffersError, ServiceError, UsageError

Ask = Callable[..., StackRequest]
EXTERNAL_ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
FAILING = """
  Broken:
    Type: AWS::IAM::Policy
    DependsOn: AccessPolicy1
    Properties:
      PolicyName: broken
      Roles: [no-such-role]
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:ListBucket", Resource: "*"}]}
"""


def _deploy(
    session: Session,
    request: StackRequest,
    pace: Pace,
    *,
    allow_replace: bool = False,
    events: list[StackEvent] | None = None,
) -> DeployedStack:
    seen: list[StackEvent] = [] if events is None else events
    with planned(session, request, pace=pace) as plan:
        return execute(session, plan, allow_replace=allow_replace, on_event=seen.append, pace=pace)


def _unexpected(event: StackEvent) -> None:
    pytest.fail(f"an event where nothing was to happen: {event}")


def _failing(request: StackRequest) -> str:
    return request.template.replace("\nOutputs:", f"{FAILING}Outputs:")


def _change_sets(session: Session, stack: str) -> list[dict[str, Any]]:
    """Those that were not executed: CloudFormation keeps the last executed one for the console."""
    found = session.call("cloudformation", "list_change_sets", StackName=stack)["Summaries"]
    return [summary for summary in found if summary["ExecutionStatus"] != "EXECUTE_COMPLETE"]


def test_a_plan_alone_leaves_nothing(customer: Session, ask: Ask, pace: Pace) -> None:
    """`--plan` on a new stack shows every change and leaves neither stack nor change set."""
    with planned(customer, ask(), pace=pace) as plan:
        assert set(plan.changes) == {
            Change("Add", "Role", "AWS::IAM::Role", ""),
            Change("Add", "AccessPolicy1", "AWS::IAM::ManagedPolicy", ""),
        }
        assert (plan.stack_exists, plan.unchanged, plan.region) == (False, False, "us-east-1")
        assert plan.account_id == customer.caller().account_id
    assert read_stack(customer, "deputize-acme") is None


def test_deploy_creates_the_role(customer: Session, vendor: Session, ask: Ask, pace: Pace) -> None:
    """A deployment returns the ARN of a role that the vendor enters with the right external ID only."""
    deployed = _deploy(customer, ask(), pace)
    account = customer.caller().account_id
    assert deployed.role_arn == f"arn:aws:iam::{account}:role/example-vendor-acme"
    assert (deployed.account_id, deployed.region, deployed.template_sha256) == (account, "us-east-1", "5ee1" * 16)
    inside = assume(vendor, deployed.role_arn, EXTERNAL_ID, "test")
    assert isinstance(inside, Session)
    assert inside.caller().account_id == account
    for wrong in ("another", None):
        refused = assume(vendor, deployed.role_arn, wrong, "test")
        assert isinstance(refused, Refusal)
        assert refused.code == "AccessDenied"


def test_events_come_once_and_in_order(customer: Session, ask: Ask, pace: Pace) -> None:
    """Live events are this operation's, each once, the stack's own first and last."""
    created: list[StackEvent] = []
    _deploy(customer, ask(), pace, events=created)
    assert [(event.logical_id, event.status) for event in created] == [
        ("deputize-acme", "CREATE_IN_PROGRESS"),
        ("Role", "CREATE_IN_PROGRESS"),
        ("Role", "CREATE_COMPLETE"),
        ("AccessPolicy1", "CREATE_IN_PROGRESS"),
        ("AccessPolicy1", "CREATE_COMPLETE"),
        ("deputize-acme", "CREATE_COMPLETE"),
    ]
    updated: list[StackEvent] = []
    _deploy(customer, ask(tags={"team": "finance"}), pace, events=updated)
    assert (updated[0].status, updated[-1].status) == ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE")
    assert not any(event.status.startswith("CREATE") for event in updated)


def test_unchanged_is_a_success(customer: Session, ask: Ask, pace: Pace) -> None:
    """Deploying the same again changes nothing and returns the same ARN."""
    first = _deploy(customer, ask(), pace)
    with planned(customer, ask(), pace=pace) as plan:
        assert plan.unchanged
        assert plan.changes == ()
        again = execute(customer, plan, allow_replace=False, on_event=_unexpected, pace=pace)
    assert again == first
    assert _change_sets(customer, "deputize-acme") == []


def test_an_update_keeps_choices_and_tags(customer: Session, ask: Ask, pace: Pace) -> None:
    """What the customer chose once stays until it is chosen anew; new choices and tags are added."""
    _deploy(customer, ask(parameters={"RoleName": "chosen", "Path": "/vendors/"}, tags={"team": "finance"}), pace)
    later = ask(
        template_version=2,
        tags={"cost": "7"},
        parameters={"RoleName": None, "Path": None, "PermissionsBoundary": BOUNDARY},
    )
    deployed = _deploy(customer, later, pace)
    assert deployed.role_arn.endswith(":role/vendors/chosen")
    stack = read_stack(customer, "deputize-acme")
    assert stack is not None
    assert stack.tags == {
        "team": "finance",
        "cost": "7",
        "deputize:tenant": "acme",
        "deputize:vendor": "example-vendor",
        "deputize:template-version": "2",
    }


def test_a_replacement_needs_permission(customer: Session, ask: Ask, pace: Pace) -> None:
    """A change that replaces resources is refused before anything is done, and done with allow_replace."""
    _deploy(customer, ask(), pace)
    renamed = ask(parameters={"RoleName": "renamed", "Path": None, "PermissionsBoundary": None})
    with pytest.raises(DiffersError) as refused:
        _deploy(customer, renamed, pace)
    assert str(refused.value).splitlines() == [
        "stack deputize-acme: AccessPolicy1 (AWS::IAM::ManagedPolicy) would be replaced; --allow-replace lets it",
        "stack deputize-acme: Role (AWS::IAM::Role) would be replaced; --allow-replace lets it",
    ]
    assert _change_sets(customer, "deputize-acme") == []
    assert _deploy(customer, renamed, pace, allow_replace=True).role_arn.endswith(":role/renamed")


def test_a_removal_needs_permission(customer: Session, ask: Ask, pace: Pace) -> None:
    """A template without a resource that is there is refused too."""
    _deploy(customer, ask(), pace)
    template = ask().template
    start, end = template.index("  AccessPolicy1:"), template.index("Outputs:")
    with pytest.raises(DiffersError) as refused:
        _deploy(customer, ask(template=template[:start] + template[end:]), pace)
    assert str(refused.value) == (
        "stack deputize-acme: AccessPolicy1 (AWS::IAM::ManagedPolicy) would be removed; --allow-replace lets it"
    )


def test_a_failed_creation_is_removed(customer: Session, ask: Ask, pace: Pace) -> None:
    """The failed resource and AWS's reason are the message; stack and role are gone."""
    events: list[StackEvent] = []
    with pytest.raises(ServiceError) as failed:
        _deploy(customer, ask(template=_failing(ask())), pace, events=events)
    assert str(failed.value) == (
        "stack deputize-acme: Broken (AWS::IAM::Policy): The role with name no-such-role cannot be found;"
        " the new stack was removed again"
    )
    assert [event.status for event in events if event.logical_id == "deputize-acme"] == [
        "CREATE_IN_PROGRESS",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_COMPLETE",
        "DELETE_IN_PROGRESS",
        "DELETE_COMPLETE",
    ]
    assert read_stack(customer, "deputize-acme") is None
    answer = customer.try_call("iam", "get_role", ("NoSuchEntity",), RoleName="example-vendor-acme")
    assert isinstance(answer, Refusal)


def test_a_failed_update_stays_rolled_back(customer: Session, ask: Ask, pace: Pace) -> None:
    """The stack is back at what it was, and can be deployed again."""
    first = _deploy(customer, ask(), pace)
    with pytest.raises(ServiceError) as failed:
        _deploy(customer, ask(template=_failing(ask())), pace)
    assert str(failed.value) == (
        "stack deputize-acme: Broken (AWS::IAM::Policy): The role with name no-such-role cannot be found;"
        " the stack is back at what it was"
    )
    stack = read_stack(customer, "deputize-acme")
    assert stack is not None
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert _change_sets(customer, "deputize-acme") == []
    assert _deploy(customer, ask(), pace).role_arn == first.role_arn


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (
            [],
            (
                "stack deputize-acme: it is not deputize's: it has no tags deputize:tenant and deputize:vendor;"
                " choose another stack name or region"
            ),
        ),
        (
            [{"Key": "deputize:tenant", "Value": "bolt"}, {"Key": "deputize:vendor", "Value": "example-vendor"}],
            "stack deputize-acme: its tag deputize:tenant is 'bolt', not 'acme'; choose another stack name or region",
        ),
        (
            [{"Key": "deputize:tenant", "Value": "acme"}, {"Key": "deputize:vendor", "Value": "other"}],
            (
                "stack deputize-acme: its tag deputize:vendor is 'other', not 'example-vendor';"
                " choose another stack name or region"
            ),
        ),
    ],
    ids=["no tags", "another tenant", "another vendor"],
)
def test_a_stack_of_others_is_not_touched(
    customer: Session, ask: Ask, pace: Pace, tags: list[dict[str, str]], message: str
) -> None:
    """A stack whose tags do not name deputize, this tenant and this vendor is refused and left as it is."""
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    customer.call("cloudformation", "create_stack", StackName="deputize-acme", TemplateBody=template, Tags=tags)
    customer.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="deputize-acme", WaiterConfig={"Delay": 0.05}
    )
    before = customer.call("cloudformation", "describe_stack_events", StackName="deputize-acme")["StackEvents"]
    with pytest.raises(ServiceError) as refused:
        _deploy(customer, ask(), pace)
    assert str(refused.value) == message
    after = customer.call("cloudformation", "describe_stack_events", StackName="deputize-acme")["StackEvents"]
    assert after == before
    assert _change_sets(customer, "deputize-acme") == []


def test_a_shell_of_our_own_is_used_again(
    customer: Session, ask: Ask, pace: Pace, killed_plan: Callable[[Session, StackRequest], None]
) -> None:
    """A stack under review that a killed `--plan` of the same tenant left behind does not stop a deployment."""
    killed_plan(customer, ask())
    shell = read_stack(customer, "deputize-acme")
    assert shell is not None
    assert shell.status == "REVIEW_IN_PROGRESS"
    with pytest.raises(ServiceError, match="its tag deputize:tenant is 'acme', not 'bolt'"):
        _deploy(customer, ask(tenant="bolt"), pace)
    assert _deploy(customer, ask(), pace).role_arn.endswith("example-vendor-acme")


def test_a_capability_is_given_only_when_needed(customer: Session, ask: Ask, pace: Pace) -> None:
    """Without needs_named_iam, a template that names its role is refused by CloudFormation itself."""
    with pytest.raises(ServiceError, match="CAPABILITY_NAMED_IAM"):
        _deploy(customer, ask(needs_named_iam=False), pace)
    assert read_stack(customer, "deputize-acme") is None


def test_a_choice_that_the_template_forbids_is_refused(customer: Session, ask: Ask, pace: Pace) -> None:
    """A role name outside the template's pattern is refused in CloudFormation's words, and no shell stays."""
    with pytest.raises(ServiceError) as refused:
        _deploy(customer, ask(parameters={"RoleName": "a b", "Path": None, "PermissionsBoundary": None}), pace)
    assert str(refused.value) == (
        "stack deputize-acme: Parameter 'RoleName' must match pattern ^[\\w+=,.@-]{1,64}$; correct the choice it names"
    )
    assert read_stack(customer, "deputize-acme") is None


def test_our_tags_are_not_the_customers_to_choose(customer: Session, ask: Ask, pace: Pace) -> None:
    """A tag under deputize: or aws: is refused before any change."""
    with pytest.raises(UsageError) as refused:
        _deploy(customer, ask(tags={"deputize:tenant": "bolt"}), pace)
    assert str(refused.value) == "--tag: 'deputize:tenant' is one of deputize's own keys; choose another"
    assert read_stack(customer, "deputize-acme") is None


def test_ctrl_c_leaves_the_stack_to_aws(customer: Session, ask: Ask, pace: Pace) -> None:
    """An interrupt passes through, the deployment goes on, and the same command then finds nothing to do."""

    def interrupt(_event: StackEvent) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), planned(customer, ask(), pace=pace) as plan:
        execute(customer, plan, allow_replace=False, on_event=interrupt, pace=pace)
    customer.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="deputize-acme", WaiterConfig={"Delay": 0.05}
    )
    with planned(customer, ask(), pace=pace) as plan:
        assert plan.unchanged


def test_ctrl_c_before_the_execution_leaves_nothing(customer: Session, ask: Ask, pace: Pace) -> None:
    """An interrupt at the question removes the change set and its shell."""
    with pytest.raises(KeyboardInterrupt), planned(customer, ask(), pace=pace):
        raise KeyboardInterrupt
    assert read_stack(customer, "deputize-acme") is None
