"""Whose an untagged stack is: made by one click it is its tenant's; what only looks like that is nobody's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from deputize.aws.assume import assume
from deputize.aws.changes import planned
from deputize.aws.client import Refusal, Session
from deputize.aws.deploy import execute
from deputize.aws.destroy import RoleFate, destroy, find
from deputize.aws.owner import check_ours, owner_tags
from deputize.aws.stack import Pace, StackEvent, StackRequest, read_stack
from deputize.errors import ServiceError

Ask = Callable[..., StackRequest]
Make = Callable[..., None]
EXTERNAL_ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
NOT_OURS = (
    "stack deputize-acme: it is not deputize's: it has no tags deputize:tenant and deputize:vendor;"
    " choose another stack name or region"
)


def _quiet(_event: StackEvent) -> None:
    """Say nothing."""


def test_a_one_click_stack_is_updated_and_removed(
    *, customer: Session, vendor: Session, one_click: Make, ask: Ask, pace: Pace
) -> None:
    """Deploying the bundle onto it keeps the role and its name, sets the tags, and destroying removes it."""
    one_click(customer)
    with planned(customer, ask(), pace=pace) as plan:
        assert plan.stack_exists
        assert not any(change.destructive for change in plan.changes)
        deployed = execute(customer, plan, allow_replace=False, on_event=_quiet, pace=pace)
    assert deployed.role_arn == f"arn:aws:iam::{customer.caller().account_id}:role/chosen"
    assert isinstance(assume(vendor, deployed.role_arn, EXTERNAL_ID, "test"), Session)
    assert isinstance(assume(vendor, deployed.role_arn, "another", "test"), Refusal)
    stack = read_stack(customer, "deputize-acme")
    assert stack is not None
    assert (stack.tags["deputize:tenant"], stack.tags["deputize:vendor"]) == ("acme", "example-vendor")
    assert set(stack.parameters) == {"RoleName", "Path", "PermissionsBoundary"}
    found = find(customer, "deputize-acme", tenant="acme", vendor="example-vendor")
    assert destroy(customer, found, on_event=_quiet, pace=pace).role is RoleFate.GONE


def test_a_one_click_stack_is_removed_as_it_is(customer: Session, one_click: Make, pace: Pace) -> None:
    """Destroying needs no deployment before, and finds it by name alone too."""
    one_click(customer)
    found = find(customer, "deputize-acme", tenant=None, vendor=None)
    assert destroy(customer, found, on_event=_quiet, pace=pace).role is RoleFate.GONE
    assert read_stack(customer, "deputize-acme") is None


@pytest.mark.parametrize(
    ("tenant", "vendor", "message"),
    [
        ("bolt", "example-vendor", "its tag deputize:tenant is 'acme', not 'bolt'"),
        ("acme", "other", "its tag deputize:vendor is 'example-vendor', not 'other'"),
    ],
)
def test_another_tenants_one_click_stack_is_refused(
    *, customer: Session, one_click: Make, ask: Ask, pace: Pace, tenant: str, vendor: str, message: str
) -> None:
    """Neither another tenant nor another vendor may update or remove it."""
    one_click(customer)
    with pytest.raises(ServiceError, match=message), planned(customer, ask(tenant=tenant, vendor=vendor), pace=pace):
        pytest.fail("a plan was made")
    with pytest.raises(ServiceError, match=message):
        find(customer, "deputize-acme", tenant=tenant, vendor=vendor)


TOPIC = "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n"
# A policy of the customer's own, on another role, put into a copy of the one-click template.
OWN_POLICY = """Resources:
  ProdPolicy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}
"""
LOOK_ALIKES = {
    "no output Vendor": [("\n  Vendor: {Value: example-vendor}", "")],
    "no output Tenant": [("\n  Tenant: {Value: !Ref Tenant}", "")],
    "no output TemplateVersion": [('  TemplateVersion:\n    Value: "1"', "")],
    "output of another tenant than its role's": [("{Value: !Ref Tenant}", "{Value: bolt}")],
    "role without a tag": [("\n        - {Key: deputize:vendor, Value: example-vendor}", "")],
    "output of another role": [("  RoleName:\n    Value: !Ref Role", "  RoleName:\n    Value: another")],
    "something else beside the role": [("Resources:\n", TOPIC)],
    "something else under a policy's name": [("Resources:\n", TOPIC.replace("Topic:", "AccessPolicy2:", 1))],
    "a policy of the customer's own": [("Resources:\n", OWN_POLICY)],
    "a policy numbered otherwise": [("Resources:\n", OWN_POLICY.replace("ProdPolicy", "AccessPolicy02"))],
    "role under another name": [("\n  Role:\n", "\n  Reader:\n"), ("!Ref Role\n", "!Ref Reader\n"),
                                ("[!Ref Role]", "[!Ref Reader]"), ("!GetAtt Role.Arn", "!GetAtt Reader.Arn")],
}  # fmt: skip


@pytest.mark.parametrize("changes", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_nobodys(
    *, customer: Session, one_click: Make, ask: Ask, pace: Pace, changes: list[tuple[str, str]]
) -> None:
    """A stack in which anything is otherwise than one click makes it is neither updated nor removed."""
    one_click(customer, *changes)
    with pytest.raises(ServiceError) as refused, planned(customer, ask(), pace=pace):
        pytest.fail("a plan was made")
    assert str(refused.value) == NOT_OURS
    with pytest.raises(ServiceError) as kept:
        find(customer, "deputize-acme", tenant=None, vendor=None)
    assert str(kept.value) == NOT_OURS


def test_a_stack_with_half_of_the_tags_is_nobodys(customer: Session, one_click: Make) -> None:
    """Where a stack has one of deputize's tags, its tags alone count."""
    one_click(customer)
    stack = read_stack(customer, "deputize-acme")
    assert stack is not None
    assert owner_tags(customer, stack)["deputize:tenant"] == "acme"
    half = [{"Key": "deputize:vendor", "Value": "example-vendor"}]
    given = [{"ParameterKey": name, "UsePreviousValue": True} for name in stack.parameters]
    asked = {"StackName": stack.name, "UsePreviousTemplate": True, "Parameters": given, "Tags": half}
    customer.call("cloudformation", "update_stack", **asked, Capabilities=["CAPABILITY_NAMED_IAM"])
    customer.client("cloudformation").get_waiter("stack_update_complete").wait(
        StackName=stack.name, WaiterConfig={"Delay": 0.05}
    )
    tagged = read_stack(customer, "deputize-acme")
    assert tagged is not None
    with pytest.raises(ServiceError, match="it is not deputize's"):
        check_ours(tagged.name, owner_tags(customer, tagged), "acme", "example-vendor")


def test_a_one_click_stack_whose_role_is_gone_is_nobodys(customer: Session, one_click: Make) -> None:
    """Without the role nothing proves whose the stack is, so it is left to whoever made it."""
    one_click(customer)
    account = customer.caller().account_id
    arn = f"arn:aws:iam::{account}:policy/chosen-access"
    customer.call("iam", "detach_role_policy", RoleName="chosen", PolicyArn=arn)
    customer.call("iam", "delete_role", RoleName="chosen")
    with pytest.raises(ServiceError, match="it is not deputize's"):
        find(customer, "deputize-acme", tenant="acme", vendor="example-vendor")


REVIEWED = (
    ({"deputize:tenant": "acme", "deputize:vendor": "example-vendor"}, True),
    ({"deputize:tenant": "bolt", "deputize:vendor": "example-vendor"}, False),
    ({"owner": "somebody"}, False),
)


@pytest.mark.parametrize(("first", "ours"), REVIEWED)
def test_every_change_set_of_a_stack_under_review_counts(
    *, customer: Session, ask: Ask, killed_plan: Callable[..., None], first: dict[str, str], ours: bool
) -> None:
    """A stack that is not there yet is deputize's only when all that might be made of it is."""
    customer.call(
        "cloudformation",
        "create_change_set",
        StackName="deputize-acme",
        ChangeSetName="first",
        ChangeSetType="CREATE",
        TemplateBody=TOPIC,
        Tags=[{"Key": key, "Value": value} for key, value in first.items()],
    )
    killed_plan(customer, ask())
    if ours:
        find(customer, "deputize-acme", tenant="acme", vendor="example-vendor")
        return
    with pytest.raises(ServiceError) as refused:
        find(customer, "deputize-acme", tenant="acme", vendor="example-vendor")
    assert str(refused.value) == NOT_OURS


def test_a_nested_stack_is_its_parents(scripted: Callable[..., Session], ask: Ask, pace: Pace) -> None:
    """Neither updated nor removed, even with our tags, which a parent hands down. No engine here tells ParentId."""
    parent = "arn:aws:cloudformation:us-east-1:444455556666:stack/parent/2f7a4f0e"
    found = {
        "StackName": "parent-Nested-1",
        "StackId": parent.replace("parent/", "parent-Nested-1/"),
        "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
        "StackStatus": "CREATE_COMPLETE",
        "ParentId": parent,
        "Tags": [{"Key": "deputize:tenant", "Value": "acme"}, {"Key": "deputize:vendor", "Value": "example-vendor"}],
    }
    who = {"Account": "444455556666", "Arn": "arn:aws:iam::444455556666:root", "UserId": "AIDA"}
    look = ("cloudformation", "describe_stacks", {"Stacks": [found]})
    said = f"stack parent-Nested-1: it belongs to stack {parent}; change that one"
    with pytest.raises(ServiceError) as kept:
        find(scripted(look), "parent-Nested-1", tenant=None, vendor=None)
    session = scripted(("sts", "get_caller_identity", who), look)
    with pytest.raises(ServiceError) as refused, planned(session, ask(stack_name="parent-Nested-1"), pace=pace):
        pytest.fail("a plan was made")
    assert {str(kept.value), str(refused.value)} == {said}
