"""`deputize deploy` and `deputize destroy` as processes, against the embedded AWS."""

from __future__ import annotations

import itertools
import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from jsonschema import validate

import deputize.errors
from deputize import Tenant, Vendor, render
from deputize.aws.client import Session
from deputize.aws.embedded import EmbeddedAws, embedded
from deputize.bundle import zip_bytes
from deputize.model.schemas import schema_names
from deputize.model.spec import AccessSpec, VendorAccount
from deputize.model.text import english

VENDOR_ACCOUNT = "111122223333"
VENDOR = Vendor("example", english("Example"), (VendorAccount("aws", VENDOR_ACCOUNT),), access=AccessSpec("inventory"))
ACME = Tenant("acme", ("Acme-7d4c0b9e2f7a4f0e",))
NEXT = Tenant("acme", ("Acme-next-9f570a5d8f2f",))
NOWHERE = "http://127.0.0.1:9"
_SOURCE = str(Path(deputize.errors.__file__).parents[1])
_ACCOUNTS = itertools.count(400_000_000_001)

Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """The embedded AWS, one for each worker."""
    with embedded(tmp_path_factory.mktemp("aws"), os.environ, "0.0.0") as running:
        yield running


@dataclass(frozen=True)
class Customer:
    """An account in which nothing was made yet, its root's session, and a folder to work in."""

    account: str
    root: Session
    folder: Path
    endpoint_url: str

    def bundle(self, tenant: Tenant = ACME) -> Path:
        """A bundle in the folder; a later one replaces it."""
        return render(VENDOR, tenant).write(self.folder / tenant.external_ids[0])

    def environment(self) -> dict[str, str]:
        """What a user's shell would have."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
        return {
            **kept,
            "HOME": str(self.folder),
            "PYTHONPATH": _SOURCE,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def command(self, *arguments: object, url: str | None = None) -> list[str]:
        """A command line with the endpoint in it."""
        text = [str(argument) for argument in arguments]
        return [sys.executable, "-m", "deputize", *text, "--endpoint-url", url or self.endpoint_url]

    def run(self, *arguments: object, code: int = 0, url: str | None = None) -> Done:
        """Run deputize without a terminal."""
        done = subprocess.run(
            self.command(*arguments, url=url),
            check=False,
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done

    def roles(self) -> list[str]:
        """Names of the roles in the account."""
        return [role["RoleName"] for role in self.root.call("iam", "list_roles")["Roles"]]

    def stacks(self) -> list[str]:
        """Names of the stacks in the account, shells of change sets included."""
        return [stack["StackName"] for stack in self.root.call("cloudformation", "describe_stacks")["Stacks"]]

    def ids(self, name: str) -> object:
        """The external IDs that a role accepts."""
        role = self.root.call("iam", "get_role", RoleName=name)["Role"]
        return role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"]


@pytest.fixture
def customer(aws: EmbeddedAws, tmp_path: Path) -> Customer:
    """A new customer."""
    account = str(next(_ACCOUNTS))
    return Customer(account, aws.root(account), tmp_path, aws.endpoint_url)


def _json(done: Done) -> dict[str, Any]:
    """The result, valid by the schema that it names."""
    found: dict[str, Any] = json.loads(done.stdout)
    name = str(found["schema"]).split("/")[1]
    assert name in schema_names()
    path = Path(deputize.errors.__file__).parent / "model" / "schemas" / f"{name}.json"
    validate(found, json.loads(path.read_text(encoding="utf-8")))
    return found


def test_the_life_of_a_stack(customer: Customer) -> None:
    """Deploy, deploy again, update and destroy: stdout is the result alone, and what was chosen once is kept."""
    chosen = ("--role-name", "Chosen", "--path", "/theirs/", "--tag", "team=x y")
    first = customer.run("deploy", customer.bundle(), "--yes", "--expect-account", customer.account, *chosen)
    arn = f"arn:aws:iam::{customer.account}:role/theirs/Chosen"
    assert first.stdout == f"{arn}\n"
    head, *events = first.stderr.splitlines()
    assert head == f"create stack example-acme in account {customer.account}, region us-east-1"
    assert any(line.endswith("CREATE_COMPLETE Role (AWS::IAM::Role)") for line in events)
    tags = {tag["Key"]: tag["Value"] for tag in customer.root.call("iam", "list_role_tags", RoleName="Chosen")["Tags"]}
    assert tags["team"] == "x y"
    assert tags["deputize:tenant"] == "acme"

    again = _json(customer.run("deploy", customer.bundle(), "--yes", "--format", "json"))
    assert (again["outcome"], again["role_arn"], again["account_id"]) == ("unchanged", arn, customer.account)

    updated = customer.run("deploy", customer.bundle(NEXT), "--yes")
    assert updated.stdout == f"{arn}\n"
    assert customer.ids("Chosen") in ("Acme-next-9f570a5d8f2f", ["Acme-next-9f570a5d8f2f"])
    assert customer.roles() == ["Chosen"]

    zipped = customer.folder / "acme.zip"
    zipped.write_bytes(zip_bytes("acme", render(VENDOR, NEXT).files))
    gone = _json(customer.run("destroy", zipped, "--yes", "--format", "json"))
    assert (gone["role"], gone["role_arn"]) == ("gone", arn)
    assert customer.roles() == customer.stacks() == []


def test_a_plan_changes_nothing(customer: Customer) -> None:
    """--plan shows the change on stdout and leaves neither a stack nor the shell of one; no --yes is needed."""
    done = customer.run("deploy", customer.bundle(), "--plan")
    assert done.stdout.splitlines() == [
        f"create stack example-acme in account {customer.account}, region us-east-1",
        "  add AccessPolicy1 (AWS::IAM::ManagedPolicy)",
        "  add Role (AWS::IAM::Role)",
    ]
    assert customer.stacks() == customer.roles() == []
    found = _json(customer.run("deploy", customer.bundle(), "--plan", "--format", "json"))
    assert [change["logical_id"] for change in found["changes"]] == ["AccessPolicy1", "Role"]


def test_nobody_to_ask(customer: Customer) -> None:
    """Without --yes and without a terminal nothing is changed, and the usage error says what to do."""
    done = customer.run("deploy", customer.bundle(), code=2)
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    assert last == "error: --yes: is missing, and there is no terminal to ask on; look with --plan, or give --yes"
    assert customer.stacks() == []


@pytest.mark.parametrize(("answer", "code", "stacks"), [("n\n", 130, []), ("y\n", 0, ["example-acme"])])
def test_asking_on_a_terminal(customer: Customer, answer: str, code: int, stacks: list[str]) -> None:
    """On a terminal the change is shown and asked about; only yes goes on."""
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    command = customer.command("deploy", customer.bundle())
    done = subprocess.run(
        command, check=False, env=customer.environment(), stdin=theirs, capture_output=True, text=True
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == code, done.stderr
    assert "Deploy this? [y/N] " in done.stderr
    assert customer.stacks() == stacks


def test_the_wrong_account(customer: Customer) -> None:
    """Another account than the expected or agreed one, or the vendor's, is refused with the whole reason."""
    one = customer.run("deploy", customer.bundle(), "--yes", "--expect-account", "999999999999", code=5)
    assert one.stderr == (
        f"error: AWS account {customer.account}: --expect-account says 999999999999;"
        " choose another --profile, or correct --expect-account\n"
    )
    agreed = customer.bundle(replace(NEXT, account_id="999999999999"))
    two = _json(customer.run("deploy", agreed, "--yes", "--format", "json", code=5))
    assert two["problems"] == [
        {
            "where": f"AWS account {customer.account}",
            "what": "the account of tenant acme is 999999999999",
            "mend": "sign in to the tenant's account: --profile chooses one",
        }
    ]
    vendor = replace(customer, account=VENDOR_ACCOUNT)
    three = vendor.run("deploy", customer.bundle(), "--yes", code=5)
    assert "it is the vendor's own" in three.stderr
    assert customer.stacks() == []


def test_a_tampered_bundle(customer: Customer) -> None:
    """A bundle whose template was changed is refused by its sums before anything is asked of AWS."""
    bundle = customer.bundle()
    template = bundle / "cloudformation" / "role.yaml"
    template.write_text(template.read_text(encoding="utf-8").replace(VENDOR_ACCOUNT, "999999999999"), encoding="utf-8")
    done = customer.run("deploy", bundle, "--yes", code=4, url=NOWHERE)
    assert "bundle-tampered" in done.stderr
    assert "cloudformation/role.yaml" in done.stderr
    assert done.stdout == ""


def test_a_choice_that_is_wrong(customer: Customer) -> None:
    """Every wrong choice is told at once, before anything is asked of AWS."""
    wrong = ("--role-name", "a b", "--path", "x", "--permissions-boundary", "y", "--tag", "k=\u00e9")
    done = customer.run("deploy", customer.bundle(), "--yes", *wrong, code=3, url=NOWHERE)
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == [
        "--role-name",
        "--path",
        "--permissions-boundary",
        "--tag",
    ]


def test_destroying_by_name_and_what_is_not_ours(customer: Customer) -> None:
    """A stack of deputize's may be named; one without its tags, or another tenant's, is left alone."""
    customer.run("deploy", customer.bundle(), "--yes")
    body = "Resources: {T: {Type: AWS::SNS::Topic}}"
    customer.root.call("cloudformation", "create_stack", StackName="theirs", TemplateBody=body)
    foreign = customer.run("destroy", "theirs", "--yes", code=5)
    assert foreign.stderr.startswith("error: stack theirs: it is not deputize's")
    tags = [{"Key": "deputize:tenant", "Value": "b-company"}, {"Key": "deputize:vendor", "Value": "example"}]
    customer.root.call("cloudformation", "create_stack", StackName="example-other", TemplateBody=body, Tags=tags)
    another = customer.bundle(replace(NEXT, slug="other"))
    done = customer.run("destroy", another, "--yes", code=5)
    assert "its tag deputize:tenant is 'b-company', not 'other'" in done.stderr
    assert "there is none" in customer.run("destroy", "nowhere", "--yes", code=5).stderr
    assert customer.run("destroy", "example-acme", code=2).stdout == ""
    gone = customer.run("destroy", "example-acme", "--yes")
    assert gone.stdout == f"role arn:aws:iam::{customer.account}:role/example-acme is gone\n"
    assert customer.stacks() == ["theirs", "example-other"]


@pytest.fixture
def stuck(aws: EmbeddedAws) -> Iterator[str]:
    """The URL of an AWS that never answers DescribeStacks once a change set was executed."""
    target = urlsplit(aws.endpoint_url).netloc
    executed, ended = threading.Event(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            action = parse_qs(body.decode())["Action"][0]
            if action == "DescribeStacks" and executed.is_set():
                ended.wait(60)
                return
            upstream = HTTPConnection(target, timeout=60)
            upstream.request("POST", self.path, body, dict(self.headers.items()))
            answer = upstream.getresponse()
            content = answer.read()
            upstream.close()
            if action == "ExecuteChangeSet":
                executed.set()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        ended.set()
        server.shutdown()


@pytest.mark.parametrize("form", ["text", "json"])
def test_ctrl_c(customer: Customer, stuck: str, form: str) -> None:
    """Ctrl-C while AWS works leaves the stack to AWS and says how to go on; the same command then gives the ARN."""
    command = customer.command("deploy", customer.bundle(), "--yes", "--format", form, url=stuck)
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=customer.environment(), cwd=customer.folder, **pipes) as process:
        told = []
        for line in process.stderr or ():
            told.append(line)
            if "CREATE_IN_PROGRESS" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=30)
    assert process.returncode == 130, told
    assert rest[0] == ""
    stderr = "".join(told) + rest[1]
    assert (
        "AWS goes on with stack example-acme by itself; watch it with: aws cloudformation describe-stack-events"
        " --stack-name example-acme --region us-east-1; then run the same command again\n" in stderr
    )
    assert "Traceback" not in stderr
    assert customer.run("deploy", customer.bundle(), "--yes").stdout == (
        f"arn:aws:iam::{customer.account}:role/example-acme\n"
    )
