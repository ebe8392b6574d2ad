"""cli/deploy.sh and cli/remove.sh by both versions of the aws CLI: the role of the model, and nothing else touched.

The whole story runs as a user who has json/deployer-policy.json and nothing else, with guard.py as the judge. Each
script finds an `aws` first on its PATH that is the real one with the embedded AWS's address, and notes its arguments.
"""

from __future__ import annotations

import json
import os
import pty
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pytest

from deputize import Tenant, Vendor, render
from deputize.aws.assume import assume
from deputize.aws.client import Credentials, Refusal, Session
from deputize.aws.embedded import EmbeddedAws, create_user
from deputize.iam.grammar import policy_from_json
from deputize.iam.policy import Policy
from deputize.iam.role import IamRole
from deputize.model.profiles import AccessStatement
from deputize.model.role import Role, build, with_choices
from deputize.model.slots import slots_of
from deputize.model.spec import AccessSpec, RoleSpec, SessionSpec, VendorAccount
from deputize.model.text import english
from deputize.read import normal_form

VENDOR = Vendor(
    "example",
    english("Example & 'Söhne' $(id)"),
    (VendorAccount("aws", "111122223333", ("arn:aws:iam::111122223333:role/collector",)),),
    role=RoleSpec("Example_{tenant}", "/vendors/", tags=(("cost-centre", "a b=c/d"),), max_session_duration=7200),
    session=SessionSpec(source_identity=True),
    access=AccessSpec("inventory"),
)
LONGEST = ("Az09_+=,.@:/-" * 100)[:1224]
TENANTS = {
    "v1": Tenant("acme", ("file:///etc/passwd", "-abc"), '会社 "A" `id` $(id) \' file://x'),
    "v2": Tenant("acme", ("a,b=c", LONGEST), "http://127.0.0.1/x --profile=x"),
}
PLAIN = Tenant("acme", ("Acme-7d4c0b9e2f7a4f0e",), "Acme")
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
OURS = {"deputize:tenant": "acme", "deputize:vendor": "example"}
CFN = "cloudformation"
OWN_POLICY = """
  ProdPolicy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}

Outputs:
"""
# Read as a list, its one output says that the stack is the other one, and ours.
FORGED = """Resources:
  Topic: {Type: AWS::SNS::Topic}
Outputs:
  Tenant: {Value: "acme|example|1|arn:aws:iam::1:role/x|Example_acme|STACK_ID||.||"}
"""

Done = subprocess.CompletedProcess[str]
Live = Callable[[Session, str], IamRole]


class Guard(Protocol):
    """What the fixture gives."""

    url: str
    actions: set[str]
    refusal: Callable[[str, Mapping[str, str]], str | None]
    root: Session | None
    policy: Policy | None


@dataclass(frozen=True)
class Scripts:
    """Runs a bundle's scripts with one version of the aws CLI."""

    folder: Path
    program: Path
    environment: Callable[..., dict[str, str]]

    def environ(self, endpoint_url: str, who: Credentials | str, **more: str) -> dict[str, str]:
        """The environment, with the folder that holds the noting `aws` first on the PATH."""
        place = self.folder / "bin"
        place.mkdir(exist_ok=True)
        text = (
            f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{self.log}"\nexec "{self.program}" --endpoint-url={endpoint_url} "$@"\n'
        )
        (place / "aws").write_text(text, encoding="utf-8")
        (place / "aws").chmod(0o755)
        own = self.environment(endpoint_url, who)
        # Not every version 2 reads AWS_ENDPOINT_URL; version 1 reads no AWS_REGION; the locale says nothing of UTF-8.
        del own["AWS_ENDPOINT_URL"], own["AWS_DEFAULT_REGION"], own["AWS_PAGER"]
        self.scratch.mkdir(exist_ok=True)
        fixed = {"LC_ALL": "C", "TMPDIR": str(self.scratch), "PATH": f"{place}{os.pathsep}{own['PATH']}"}
        return {**own, **fixed, **more}

    @property
    def scratch(self) -> Path:
        """Where the scripts make their temporary folders."""
        return self.folder / "it's temporary"

    @property
    def log(self) -> Path:
        """Every argument that the aws CLI was given, one a line."""
        return self.folder / "arguments"

    def run(self, environ: Mapping[str, str], bundle: Path, script: str, *arguments: str | Path, code: int = 0) -> Done:
        """Run one script from a folder that is not the bundle's."""
        done = subprocess.run(
            ["bash", bundle / "cli" / script, *arguments],
            check=False,
            env=dict(environ),
            cwd=self.folder,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done


@pytest.fixture(params=["v1", "v2"])
def version(request: pytest.FixtureRequest) -> str:
    """A major version of the aws CLI."""
    return str(request.param)


def _scripts(request: pytest.FixtureRequest, version: str) -> Scripts:
    folder = request.getfixturevalue("aws_cli" if version == "v1" else "aws_cli_2")
    tmp_path = request.getfixturevalue("tmp_path")
    return Scripts(tmp_path, folder / "aws", request.getfixturevalue("environment"))


@pytest.fixture
def scripts(request: pytest.FixtureRequest) -> Scripts:
    """By version 1, which is the quicker one, where the version makes no difference."""
    return _scripts(request, "v1")


def _role(vendor: Vendor, tenant: Tenant) -> Role:
    return build(vendor, slots_of(vendor, tenant))


def _written(tmp_path: Path, vendor: Vendor, tenant: Tenant, name: str = "bundle") -> Path:
    """The bundle, in a folder whose name is none for a shell nor for the aws CLI to read."""
    return render(vendor, tenant).write(tmp_path / f'{name} it\'s $HOME "~" *')


def _stack(session: Session, name: str = "example-acme") -> Any:
    answer = session.try_call(CFN, "describe_stacks", ("ValidationError",), StackName=name)
    return None if isinstance(answer, Refusal) else answer["Stacks"][0]


def _create(
    session: Session, template: str, tags: Mapping[str, str], name: str = "example-acme", **parameters: str
) -> None:
    session.call(
        CFN,
        "create_stack",
        StackName=name,
        TemplateBody=template,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )
    while (stack := _stack(session, name)) is not None and stack["StackStatus"].endswith("_IN_PROGRESS"):
        time.sleep(0.02)


def test_the_story(
    *,
    version: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    aws: EmbeddedAws,
    guard: Guard,
    vendor_session: Session,
    new_account: Callable[[], str],
    live_role: Live,
) -> None:
    """A deployer makes the role of the model, again, and removes it, again; hostile IDs reach AWS in files only."""
    scripts, tenant, account = _scripts(request, version), TENANTS[version], new_account()
    root, bundle = aws.root(account), _written(tmp_path, VENDOR, tenant)
    before = {path: path.stat().st_mtime_ns for path in bundle.rglob("*")}
    guard.root = root
    guard.policy = policy_from_json(json.loads((bundle / "json" / "deployer-policy.json").read_text(encoding="utf-8")))
    environ = scripts.environ(guard.url, create_user(root, "deployer", EVERYTHING))

    first = scripts.run(environ, bundle, "deploy.sh", "--yes")
    wanted = normal_form(_role(VENDOR, tenant).resolved())
    role_arn = f"arn:aws:iam::{account}:role/vendors/Example_acme"
    assert first.stdout == f"{role_arn}\n"
    assert f"stack example-acme in account {account}, region us-east-1:" in first.stderr
    assert f"tenant acme ({tenant.name})" in first.stderr
    assert live_role(root, "Example_acme") == wanted
    stack = _stack(root)
    assert stack is not None
    assert {tag["Key"]: tag["Value"] for tag in stack["Tags"]}.items() >= OURS.items()
    for external_id in tenant.external_ids:
        assert isinstance(assume(vendor_session, role_arn, external_id, "probe"), Session)
    for wrong in ("another", None):
        answer = assume(vendor_session, role_arn, wrong, "probe")
        assert isinstance(answer, Refusal)
        assert answer.code == "AccessDenied"

    again = scripts.run(environ, bundle, "deploy.sh", "--yes")
    assert (again.stdout, "nothing to change" in again.stderr) == (first.stdout, True)
    statuses = [
        one["ExecutionStatus"] for one in root.call(CFN, "list_change_sets", StackName="example-acme")["Summaries"]
    ]
    assert statuses == ["EXECUTE_COMPLETE"], "the empty change set was left"

    removed = scripts.run(environ, bundle, "remove.sh", "--yes")
    assert removed.stdout == ""
    assert "up to 120 minutes" in removed.stderr
    assert isinstance(root.try_call("iam", "get_role", ("NoSuchEntity",), RoleName="Example_acme"), Refusal)
    gone = scripts.run(environ, bundle, "remove.sh", "--yes")
    assert (gone.stdout, "nothing to remove" in gone.stderr) == ("", True)

    arguments = scripts.log.read_text(encoding="utf-8")
    assert not any(text in arguments for text in (*tenant.external_ids, tenant.name, "Example_acme"))
    assert {path: path.stat().st_mtime_ns for path in bundle.rglob("*")} == before
    assert list(scripts.scratch.iterdir()) == []


def test_choices_are_kept_until_others_are_given(
    *, scripts: Scripts, tmp_path: Path, aws: EmbeddedAws, new_account: Callable[[], str], live_role: Live
) -> None:
    """A one-click stack gets the new role under its name and path, and our tags; another name needs the word for it."""
    more = AccessStatement("Prices", ("pricing:GetProducts",), ("*",), english("Prices."))
    asks = AccessSpec("inventory", statements=(more,))
    account, later = new_account(), replace(VENDOR, role=replace(VENDOR.role, max_session_duration=3600), access=asks)
    root, template = aws.root(account), render(VENDOR, PLAIN).files["cloudformation/role.yaml"].decode()
    _create(root, template, {"team": "x y"}, RoleName="a,b=c", Path="/file/")
    environ, bundle = scripts.environ(aws.endpoint_url, account), _written(tmp_path, later, PLAIN)
    choices = tmp_path / "file: my choices.json"
    choices.write_text(
        json.dumps([{"ParameterKey": "RoleName", "ParameterValue": "-=,@x"}], indent=1), encoding="utf-8"
    )
    runs: tuple[tuple[str, tuple[str | Path, ...]], ...] = (
        ("a,b=c", ("--yes",)),
        ("-=,@x", (choices, "--yes", "--allow-replace")),
    )
    for name, arguments in runs:
        if arguments[0] == choices:
            done = scripts.run(environ, bundle, "deploy.sh", choices, "--yes", code=7)
            assert "Modify Role (AWS::IAM::Role) - replaces or removes what is there" in done.stderr
        done = scripts.run(environ, bundle, "deploy.sh", *arguments)
        told = "permission comes: pricing:GetProducts\n" if name == "a,b=c" else "permissions: none comes, none goes\n"
        assert told in done.stderr
        assert "permission goes" not in done.stderr
        assert "who may enter: as before\n" in done.stderr
        assert done.stdout == f"arn:aws:iam::{account}:role/file/{name}\n"
        wanted = with_choices(_role(later, PLAIN).iam, {"role_name": name, "path": "/file/"})
        assert replace(live_role(root, name), tags=()) == replace(normal_form(wanted), tags=())
        stack = _stack(root)
        assert stack is not None
        tags = {tag["Key"]: tag["Value"] for tag in stack["Tags"]}
        assert tags == {"team": "x y", **OURS, "deputize:template-version": tags["deputize:template-version"]}


# What is refused without AWS being asked: environment, arguments, exit code, words.
UNASKED: dict[str, tuple[dict[str, str], tuple[str, ...], int, str]] = {
    "nobody to ask": ({}, (), 2, "--yes: is missing"),
    "no such option": ({}, ("--force",), 2, "--force: there is no such option"),
    "no such file": ({}, ("--yes", "nowhere.json"), 3, "nowhere.json: cannot be read; name a file that is there"),
    "no list": ({}, ("--yes", "/dev/null"), 3, "/dev/null: is no list"),
    "no region": ({"AWS_REGION": ""}, ("--yes",), 5, "AWS region: none is chosen"),
    "foreign region": ({"AWS_REGION": "cn-north-1"}, ("--yes",), 5, "cn-north-1 is in another partition"),
}


@pytest.mark.parametrize("why", UNASKED)
def test_refused_before_aws_is_asked(why: str, scripts: Scripts, tmp_path: Path) -> None:
    """A wrong call ends with the code that deputize has for it, and one line that says why."""
    more, arguments, code, words = UNASKED[why]
    environ = scripts.environ("http://127.0.0.1:9", "300000000000", **more)
    done = scripts.run(environ, _written(tmp_path, VENDOR, PLAIN), "deploy.sh", *arguments, code=code)
    assert done.stdout == ""
    assert words in done.stderr.splitlines()[-1]
    assert not scripts.log.exists() or "sts" not in scripts.log.read_text(encoding="utf-8").split()


def test_the_wrong_account_is_refused(
    *, scripts: Scripts, tmp_path: Path, aws: EmbeddedAws, new_account: Callable[[], str]
) -> None:
    """The vendor's own, another than the agreed one, and one of another partition; nothing is made there."""
    account = new_account()
    gov = replace(VENDOR, accounts=(VendorAccount("aws-us-gov", "111122223333"),))
    agreed = replace(PLAIN, account_id="999988887777")
    cases = (
        (VENDOR, PLAIN, "111122223333", "us-east-1", "it is the vendor's own"),
        (VENDOR, agreed, account, "us-east-1", "the bundle is for account 999988887777"),
        (gov, replace(PLAIN, partition="aws-us-gov"), account, "us-gov-west-1", "it is not in partition aws-us-gov"),
    )
    for number, (vendor, tenant, who, region, words) in enumerate(cases):
        environ = scripts.environ(aws.endpoint_url, who, AWS_REGION=region)
        bundle = _written(tmp_path, vendor, tenant, str(number))
        done = scripts.run(environ, bundle, "deploy.sh", "--yes", code=5)
        assert done.stdout == ""
        assert words in done.stderr
    assert _stack(aws.root(account)) is None


def test_a_foreign_stack_is_refused(
    *, scripts: Scripts, tmp_path: Path, aws: EmbeddedAws, new_account: Callable[[], str]
) -> None:
    """Another tenant's, tags and outputs that run together, what only looks like one click: left as they are."""
    bundle = _written(tmp_path, VENDOR, PLAIN)
    template = (bundle / "cloudformation" / "role.yaml").read_text(encoding="utf-8")
    topic = template.replace("\nOutputs:\n", "\n  Topic:\n    Type: AWS::SNS::Topic\n\nOutputs:\n")
    cases = {
        "other": ("remove.sh", template, {**OURS, "deputize:tenant": "acme-2"}),
        "shifted": ("deploy.sh", template, {"deputize:tenant": "acme|example|x", "deputize:vendor": "."}),
        "alike": ("deploy.sh", topic, {}),
        "own policy": ("remove.sh", template.replace("\nOutputs:\n", OWN_POLICY), {}),
        "forged": ("remove.sh", FORGED, {}),
    }
    for script, text, tags in cases.values():
        account = new_account()
        root, environ = aws.root(account), scripts.environ(aws.endpoint_url, account)
        if text == FORGED:
            _create(root, template, {}, "genuine")
            text = text.replace("STACK_ID", str(_stack(root, "genuine")["StackId"]))  # noqa: PLW2901
        _create(root, text, tags)
        before = _stack(root), _stack(root, "genuine")
        done = scripts.run(environ, bundle, script, "--yes", code=5)
        assert (done.stdout, "which was not made for tenant acme" in done.stderr) == ("", True)
        assert (_stack(root), _stack(root, "genuine")) == before


def test_a_stack_that_takes_the_place_of_ours_is_left(
    *, scripts: Scripts, tmp_path: Path, aws: EmbeddedAws, guard: Guard, new_account: Callable[[], str]
) -> None:
    """What is changed is the stack that was judged, not the one that has its name when the change is planned."""
    bundle, account = _written(tmp_path, VENDOR, PLAIN), new_account()
    root, foreign = aws.root(account), "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n"
    _create(root, (bundle / "cloudformation" / "role.yaml").read_text(encoding="utf-8"), OURS)

    def swap(action: str, _fields: Mapping[str, str]) -> None:
        if action == f"{CFN}:CreateChangeSet":
            root.call(CFN, "delete_stack", StackName="example-acme")
            while _stack(root) is not None:
                time.sleep(0.02)
            _create(root, foreign, {})

    guard.refusal = swap
    done = scripts.run(scripts.environ(guard.url, account), bundle, "deploy.sh", "--yes", "--allow-replace", code=5)
    assert "does not exist" in done.stderr
    assert root.call(CFN, "list_change_sets", StackName="example-acme")["Summaries"] == []


def _under_review(session: Session, template: str, tags: Mapping[str, str]) -> None:
    session.call(
        CFN,
        "create_change_set",
        StackName="example-acme",
        ChangeSetName="left",
        ChangeSetType="CREATE",
        TemplateBody=template,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )


def test_the_shell_of_anothers_stack_is_left(
    *, scripts: Scripts, tmp_path: Path, aws: EmbeddedAws, new_account: Callable[[], str]
) -> None:
    """What a killed deployment left is another vendor's by its change set's tags: it is refused."""
    bundle, account = _written(tmp_path, VENDOR, PLAIN), new_account()
    template = (bundle / "cloudformation" / "role.yaml").read_text(encoding="utf-8")
    _under_review(aws.root(account), template, {**OURS, "deputize:vendor": "another"})
    done = scripts.run(scripts.environ(aws.endpoint_url, account), bundle, "deploy.sh", "--yes", code=5)
    assert "which was not made for tenant acme" in done.stderr
    assert _stack(aws.root(account)) is not None


def test_a_failed_creation_is_cleared_away(
    *, scripts: Scripts, tmp_path: Path, aws: EmbeddedAws, new_account: Callable[[], str]
) -> None:
    """A stack that failed before is deleted first; when this one fails too, AWS's reason is told and it is removed."""
    bundle, account = _written(tmp_path, VENDOR, PLAIN), new_account()
    path, root = bundle / "cloudformation" / "role.yaml", aws.root(account)
    bad = (
        "\n  Bad:\n    Type: AWS::IAM::Policy\n    Properties:\n      PolicyName: p\n      Roles: [no-such-role]\n"
        "      PolicyDocument: {Version: '2012-10-17', Statement: []}\n\nOutputs:\n"
    )
    path.write_text(path.read_text(encoding="utf-8").replace("\nOutputs:\n", bad), encoding="utf-8")
    _create(root, path.read_text(encoding="utf-8"), OURS)
    stack = _stack(root)
    assert stack is not None
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    done = scripts.run(scripts.environ(aws.endpoint_url, account), bundle, "deploy.sh", "--yes", code=5)
    assert done.stdout == ""
    assert "its creation failed before (state ROLLBACK_COMPLETE); it is deleted first" in done.stderr
    assert "error: Bad: " in done.stderr
    assert done.stderr.endswith("the creation failed; the new stack was removed again\n")
    assert _stack(root) is None


def test_what_holds_the_role_is_named(
    *, scripts: Scripts, tmp_path: Path, aws: EmbeddedAws, new_account: Callable[[], str]
) -> None:
    """When the removal fails, AWS's reason is told and what was put on the role by hand; a role that stays is an error.

    The embedded AWS deletes a role whatever is attached to it: here the role is retained, and a network in use fails.
    """
    bundle, account = _written(tmp_path, VENDOR, PLAIN), new_account()
    root, environ = aws.root(account), scripts.environ(aws.endpoint_url, account)
    template = (bundle / "cloudformation" / "role.yaml").read_text(encoding="utf-8")
    template = template.replace("    Type: AWS::IAM::Role\n", "    Type: AWS::IAM::Role\n    DeletionPolicy: Retain\n")
    network = "\n  Net:\n    Type: AWS::EC2::VPC\n    Properties: {CidrBlock: 10.0.0.0/16}\n\nOutputs:\n"
    _create(root, template.replace("\nOutputs:\n", network), OURS)
    by_hand = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    root.call("iam", "attach_role_policy", RoleName="Example_acme", PolicyArn=by_hand)
    resources = root.call(CFN, "describe_stack_resources", StackName="example-acme")["StackResources"]
    vpc = next(one["PhysicalResourceId"] for one in resources if one["LogicalResourceId"] == "Net")
    subnet = root.call("ec2", "create_subnet", VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    done = scripts.run(environ, bundle, "remove.sh", "--yes", code=5)
    assert "error: Net: " in done.stderr
    held = done.stderr.partition("take it off by hand, then run this again:\n")[2]
    assert f"  {by_hand}\n" in held
    root.call("ec2", "delete_subnet", SubnetId=subnet)
    done = scripts.run(environ, bundle, "remove.sh", "--yes", code=5)
    assert f"it is gone, but a role of that name is still in account {account}" in done.stderr
    assert _stack(root) is None
    # Without a stack, too, it does not say that all is well.
    done = scripts.run(environ, bundle, "remove.sh", "--yes", code=5)
    assert f"role of tenant acme: it is still in account {account}" in done.stderr


def test_no_changes_nothing(
    *, scripts: Scripts, tmp_path: Path, aws: EmbeddedAws, new_account: Callable[[], str]
) -> None:
    """On a terminal the change is shown and asked for; after `n` not even the shell of a stack is left.

    Nor is the one that a killed deployment left, which is ours by its change set's tags.
    """
    bundle, account = _written(tmp_path, VENDOR, PLAIN), new_account()
    _under_review(aws.root(account), (bundle / "cloudformation" / "role.yaml").read_text(encoding="utf-8"), OURS)
    main, other = pty.openpty()
    try:
        os.write(main, b"n\n")
        done = subprocess.run(
            ["bash", bundle / "cli" / "deploy.sh"],
            check=False,
            env=scripts.environ(aws.endpoint_url, account),
            stdin=other,
            capture_output=True,
            text=True,
        )
    finally:
        os.close(main)
        os.close(other)
    assert (done.returncode, done.stdout) == (130, "")
    assert "Add Role (AWS::IAM::Role)\nDeploy this? [y/N] nothing was changed\n" in done.stderr
    assert _stack(aws.root(account)) is None
