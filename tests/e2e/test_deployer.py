"""An IAM user who has json/deployer-policy.json and nothing else: all that the README describes, and not more.

Two judges. The bundle with inline policies: the user has exactly that policy on the embedded AWS. The bundle with
managed ones, a path and a boundary needs what the embedded AWS does not look at: there guard.py judges by
`iam.evaluate`. What CloudFormation calls on the user's behalf is judged in tests/model/test_deployer.py: the embedded
AWS never asks.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pytest

from deputize import Tenant, Vendor, render
from deputize.aws.client import Credentials, Refusal, Session
from deputize.aws.embedded import EmbeddedAws, create_user
from deputize.aws.stack import ACTIONS
from deputize.iam.grammar import policy_from_json
from deputize.iam.policy import Policy
from deputize.model.aws_options import AwsOptions
from deputize.model.profiles import AccessStatement
from deputize.model.spec import AccessSpec, RoleSpec, VendorAccount
from deputize.model.text import english

Run = Callable[..., subprocess.CompletedProcess[str]]
CALLS: dict[str, list[str]] = json.loads(
    (Path(__file__).parents[1] / "model" / "deployer-calls.json").read_text(encoding="utf-8")
)
BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
VENDOR = Vendor("example", english("Example"), (VendorAccount("aws", "111122223333"),))
VENDORS = {
    "managed": replace(
        VENDOR,
        role=RoleSpec("Example-{tenant}", "/vendors/", permissions_boundary=BOUNDARY),
        access=AccessSpec("security-audit"),
    ),
    "inline": replace(VENDOR, access=AccessSpec("inventory", delivery="inline")),
}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
ALL = json.dumps(EVERYTHING)
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
TEMPLATE = "Resources: {T: {Type: AWS::SNS::Topic}}"
BY_VENDOR = pytest.mark.parametrize("kind", VENDORS)


class Guard(Protocol):
    """What the fixture gives."""

    url: str
    actions: set[str]
    root: Session | None
    policy: Policy | None


@dataclass(frozen=True)
class Deployer:
    """The user with the deployer policy of one bundle, and the next bundle of the same tenant."""

    account: str
    bundle: Path
    next_bundle: Path
    key: Credentials
    session: Session


@pytest.fixture
def deployer(
    tmp_path: Path, aws: EmbeddedAws, guard: Guard, new_account: Callable[[], str]
) -> Callable[[str], Deployer]:
    """Makes the user."""

    def make(kind: str) -> Deployer:
        account = new_account()
        bundle = render(VENDORS[kind], Tenant("acme", ("Acme-7d4c0b9e2f7a4f0e",))).write(tmp_path / "first")
        more = AccessStatement("More", ("s3:ListAllMyBuckets",), ("*",), english("For the update."))
        changed = replace(
            VENDORS[kind],
            role=replace(VENDORS[kind].role, max_session_duration=7200),
            access=replace(VENDORS[kind].access, statements=(more,)),
        )
        later = render(changed, Tenant("acme", ("Acme-next-9f570a5d8f2f",))).write(tmp_path / "next")
        policy = json.loads((bundle / "json" / "deployer-policy.json").read_text(encoding="utf-8"))
        guard.root, guard.policy = aws.root(account), policy_from_json(policy)
        key = create_user(aws.root(account), "deployer", policy if kind == "inline" else EVERYTHING)
        return Deployer(account, bundle, later, key, Session(AwsOptions(None, "us-east-1", guard.url), "0", key))

    return make


def _ids(session: Session, name: str) -> Any:
    role = session.call("iam", "get_role", RoleName=name)["Role"]
    found = role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"]
    return found[0] if isinstance(found, list) else found


def _roles(root: Session) -> list[str]:
    return [role["RoleName"] for role in root.call("iam", "list_roles")["Roles"]]


def _name(deployer: Deployer) -> str:
    return str(json.loads((deployer.bundle / "json" / "role.json").read_text(encoding="utf-8"))["RoleName"])


@BY_VENDOR
def test_with_deputize(
    *,
    kind: str,
    deployer: Callable[[str], Deployer],
    aws: EmbeddedAws,
    guard: Guard,
    environment: Callable[..., dict[str, str]],
    run_deputize: Run,
) -> None:
    """deploy, update and destroy work, and call no other action than the ones that deputize says it calls."""
    user = deployer(kind)
    environ = environment(guard.url, user.key)
    run_deputize(environ, "deploy", user.bundle, "--yes", "--endpoint-url", guard.url)
    # The embedded AWS takes an inline policy for replaced where AWS updates it: its type has no create-only property.
    more = ("--tag", "team=x", *(("--allow-replace",) if kind == "inline" else ()))
    run_deputize(environ, "deploy", user.next_bundle, "--yes", "--endpoint-url", guard.url, *more)
    assert _ids(aws.root(user.account), _name(user)) == "Acme-next-9f570a5d8f2f"
    run_deputize(environ, "destroy", user.next_bundle, "--yes", "--endpoint-url", guard.url)
    assert _roles(aws.root(user.account)) == []
    assert guard.actions <= ACTIONS


@BY_VENDOR
def test_with_the_aws_cli(
    *,
    kind: str,
    deployer: Callable[[str], Deployer],
    aws: EmbeddedAws,
    guard: Guard,
    environment: Callable[..., dict[str, str]],
    run_readme: Callable[..., str],
) -> None:
    """The README's commands for CloudFormation, from the first to the last, work."""
    user = deployer(kind)
    environ = environment(guard.url, user.key)
    for bundle in (user.bundle, user.next_bundle):
        said = run_readme(environ, bundle, "### 5b. AWS CLI")
        assert said.splitlines()[-1].endswith(f"/{_name(user)}")
    assert _ids(aws.root(user.account), _name(user)) == "Acme-next-9f570a5d8f2f"
    user.session.call("cloudformation", "delete_stack", StackName="example-acme")
    assert _roles(aws.root(user.account)) == []
    assert sorted(guard.actions) == CALLS["aws cloudformation deploy"]


@BY_VENDOR
def test_with_json(
    *,
    kind: str,
    deployer: Callable[[str], Deployer],
    aws: EmbeddedAws,
    guard: Guard,
    environment: Callable[..., dict[str, str]],
    run_readme: Callable[..., str],
) -> None:
    """The README's commands for JSON, from the first to the last, work."""
    user = deployer(kind)
    environ = environment(guard.url, user.key)
    run_readme(environ, user.bundle, "### 5d. JSON, aws CLI")
    run_readme(environ, user.next_bundle, "## 11. Update")
    assert _ids(aws.root(user.account), _name(user)) == "Acme-next-9f570a5d8f2f"
    for arn in _own_policies(aws.root(user.account)):
        user.session.call("iam", "delete_policy_version", PolicyArn=arn, VersionId="v1")
    run_readme(environ, user.next_bundle, "## 12. Cut off and remove")
    assert _roles(aws.root(user.account)) == []
    assert sorted(guard.actions) == CALLS[f"json {kind}"]


def _own_policies(root: Session) -> list[str]:
    return [policy["Arn"] for policy in root.call("iam", "list_policies", Scope="Local")["Policies"]]


@BY_VENDOR
def test_with_terraform(
    *,
    kind: str,
    deployer: Callable[[str], Deployer],
    aws: EmbeddedAws,
    guard: Guard,
    environment: Callable[..., dict[str, str]],
    terraform: Callable[..., str],
) -> None:
    """terraform apply, an update and destroy work, and call what tests/model/test_deployer.py has judged."""
    user = deployer(kind)
    environ = environment(guard.url, user.key)
    folder = user.bundle / "terraform"
    terraform(environ, folder, "init", "-input=false")
    terraform(environ, folder, "apply", "-input=false", "-auto-approve")
    shutil.copytree(user.next_bundle / "terraform", folder, dirs_exist_ok=True)
    terraform(environ, folder, "apply", "-input=false", "-auto-approve", "-var", 'tags={ team = "x" }')
    assert _ids(aws.root(user.account), _name(user)) == "Acme-next-9f570a5d8f2f"
    terraform(environ, folder, "destroy", "-input=false", "-auto-approve")
    assert _roles(aws.root(user.account)) == []
    assert sorted(guard.actions) == CALLS[f"terraform {kind}"]


def _forbidden(kind: str, own: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    yield "iam", "create_role", {"RoleName": "other", "AssumeRolePolicyDocument": TRUST}
    yield "iam", "update_assume_role_policy", {"RoleName": "admin", "PolicyDocument": TRUST}
    yield "iam", "get_role", {"RoleName": "admin"}
    yield "iam", "delete_role", {"RoleName": "admin"}
    yield "iam", "attach_role_policy", {"RoleName": "admin", "PolicyArn": ADMIN}
    yield "iam", "attach_role_policy", {"RoleName": own, "PolicyArn": ADMIN}
    if kind == "managed":
        yield "iam", "create_role", {"RoleName": own, "AssumeRolePolicyDocument": TRUST}
        yield "iam", "put_role_policy", {"RoleName": own, "PolicyName": "x", "PolicyDocument": ALL}
    yield "iam", "put_role_policy", {"RoleName": "admin", "PolicyName": "x", "PolicyDocument": ALL}
    yield "iam", "put_role_permissions_boundary", {"RoleName": own, "PermissionsBoundary": ADMIN}
    yield "iam", "delete_role_permissions_boundary", {"RoleName": own}
    yield "iam", "create_policy", {"PolicyName": "other", "PolicyDocument": ALL}
    yield "iam", "create_user", {"UserName": "mallory"}
    yield "iam", "create_access_key", {"UserName": "deployer"}
    yield "iam", "put_user_policy", {"UserName": "deployer", "PolicyName": "x", "PolicyDocument": ALL}
    yield "iam", "attach_user_policy", {"UserName": "deployer", "PolicyArn": ADMIN}
    yield "cloudformation", "create_stack", {"StackName": "other", "TemplateBody": TEMPLATE}
    yield "cloudformation", "delete_stack", {"StackName": "theirs"}
    yield "cloudformation", "describe_stacks", {"StackName": "theirs"}
    yield "sts", "assume_role", {"RoleArn": f"arn:aws:iam::111122223333:role/{own}", "RoleSessionName": "me"}


@contextmanager
def _theirs(root: Session) -> Iterator[None]:
    """Others' things in the account, which must be there unchanged afterwards."""
    root.call("iam", "create_role", RoleName="admin", AssumeRolePolicyDocument=TRUST)
    root.call("cloudformation", "create_stack", StackName="theirs", TemplateBody=TEMPLATE)
    yield
    assert root.call("cloudformation", "describe_stacks", StackName="theirs")["Stacks"][0]["StackStatus"]
    assert root.call("iam", "list_attached_role_policies", RoleName="admin")["AttachedPolicies"] == []


@BY_VENDOR
def test_nothing_else(kind: str, deployer: Callable[[str], Deployer], aws: EmbeddedAws) -> None:
    """Other roles, stacks, policies and users, wider policies and another boundary are all refused."""
    user = deployer(kind)
    with _theirs(aws.root(user.account)):
        for service, operation, parameters in _forbidden(kind, _name(user)):
            answer = user.session.try_call(service, operation, ("AccessDenied", "AccessDeniedException"), **parameters)
            assert isinstance(answer, Refusal), f"{service} {operation} {parameters}"


def test_the_boundary_is_a_must(deployer: Callable[[str], Deployer]) -> None:
    """The role is made with the vendor's boundary and with no other, which then cannot be taken off again."""
    user = deployer("managed")
    given = {"RoleName": _name(user), "Path": "/vendors/", "AssumeRolePolicyDocument": TRUST}
    for wrong in ({}, {"PermissionsBoundary": ADMIN}):
        assert isinstance(user.session.try_call("iam", "create_role", ("AccessDenied",), **given, **wrong), Refusal)
    user.session.call("iam", "create_role", **given, PermissionsBoundary=BOUNDARY)
    user.session.call("iam", "put_role_permissions_boundary", RoleName=_name(user), PermissionsBoundary=BOUNDARY)
