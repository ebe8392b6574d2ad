"""Every command that talks to AWS, ready to be run in this process against the embedded AWS behind a relay."""

from __future__ import annotations

import atexit
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from typer.testing import CliRunner, Result

from deputize import Tenant, render
from deputize.aws import verify as probing
from deputize.aws.client import Credentials
from deputize.aws.embedded import EmbeddedAws, create_role, create_user, embedded, root_credentials
from deputize.cli.app import app
from deputize.jobs.inputs import load_vendor
from prove.relay import Relay, relaying

VENDOR, CUSTOMER, WATCHED = "111122223333", "444455556666", "444455557777"
TENANT, ID = "acme", "Acme-7d4c0b9e-2f7a-4f0e"
_VENDOR_FILE = f"""\
vendor: {{name: Example}}
accounts:
  aws: {{id: "{VENDOR}"}}
access: {{profile: inventory}}
"""
_SELF = ("iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies")
_ENTRY = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{VENDOR}:root"}}
_EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::templates/*"}
_ACCOUNTS = itertools.count(600_000_000_001)
_RUNS = itertools.count(1)


def _policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _with(*external_ids: str) -> dict[str, Any]:
    return {**_ENTRY, "Condition": {"StringEquals": {"sts:ExternalId": list(external_ids)}}}


def _allow(*actions: str) -> dict[str, Any]:
    return _policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"})


@dataclass(frozen=True)
class Command:
    """One way to run deputize. prepared: run before, past the relay.

    account: whose root runs it, empty for a new account each time, None for the vendor's user.
    """

    arguments: tuple[str, ...]
    prepared: tuple[str, ...] = ()
    account: str | None = None


@dataclass(frozen=True)
class Turn:
    """One run of a command: a name of its own, its arguments, whose credentials it has and of which account."""

    label: str
    arguments: tuple[str, ...]
    key: Credentials
    account: str


@dataclass
class Stage:
    """The embedded AWS, the relay before it, a folder with bundle, vendor.yaml and registries, and what secrets are."""

    aws: EmbeddedAws
    relay: Relay
    folder: Path
    vendor: Credentials
    roles: Mapping[str, str]
    commands: Mapping[str, Command] = field(default_factory=dict)

    def run(self, name: str) -> Result:
        """Run a command behind the relay, in a new account where it needs one, on a registry of its own."""
        turn = self.turn(name)
        registry = self.folder / f"{turn.label}.db"
        kind = "held" if name in {"tenants verify", "rotate", "assume"} else "new"
        shutil.copy(self.folder / f"{kind}.db", registry)
        try:
            return self.deputize(turn.arguments, self.relay.url, turn.key, registry)
        finally:
            for path in self.folder.glob(f"{turn.label}.db*"):
                path.unlink()

    def turn(self, name: str) -> Turn:
        """What a command is run with this time; what has to be there is there."""
        command, label = self.commands[name], f"run-{next(_RUNS)}"
        account = str(next(_ACCOUNTS)) if command.account == "" else command.account
        key = self.vendor if account is None else root_credentials(account)
        if command.prepared:
            done = self.deputize(command.prepared, self.aws.endpoint_url, key)
            assert done.exit_code == 0, done.output
        return Turn(label, tuple(one.replace("{run}", label) for one in command.arguments), key, account or VENDOR)

    def deputize(self, arguments: tuple[str, ...], url: str, key: Credentials, registry: Path | None = None) -> Result:
        """Run deputize in this process."""
        return CliRunner().invoke(app, list(arguments), env=self.environment(url, key, registry))

    def environment(self, url: str, key: Credentials, registry: Path | None = None) -> dict[str, str]:
        """What deputize finds in its environment."""
        return {
            "AWS_ACCESS_KEY_ID": key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "DEPUTIZE_VENDOR": str(self.folder / "vendor.yaml"),
            "DEPUTIZE_REGISTRY": str(registry or self.folder / "none.db"),
            "NO_PROXY": "127.0.0.1",
        }


@cache
def stage() -> Stage:
    """The stage of this process: made once, gone when the process ends."""
    stack = ExitStack()
    atexit.register(stack.close)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="deputize-prove-")))
    (folder / "aws").mkdir()
    (folder / "vendor.yaml").write_text(_VENDOR_FILE, encoding="utf-8")
    aws = stack.enter_context(embedded(folder / "aws", os.environ, "0.0.0"))
    relay = stack.enter_context(relaying(aws.endpoint_url))
    probing._PAUSE = 0.0
    # The descriptions of services are read once, not for every run.
    botocore.session.create_loader = cache(botocore.session.create_loader)
    root = aws.root(CUSTOMER)
    reads = _allow(*_SELF, "ec2:DescribeRegions")
    trusted = {"good": _with(ID), "held": _with(ID), "open": _ENTRY}
    roles = {name: create_role(root, name, _policy(entry), reads) for name, entry in trusted.items()}
    render(load_vendor(folder / "vendor.yaml"), Tenant(TENANT, (ID,))).write(folder / "bundle")
    key = create_user(aws.root(VENDOR), "prober", _allow("sts:*", "s3:*"))
    made = Stage(aws, relay, folder, key, roles)
    made.commands = _commands(made)
    _prepare(made)
    return made


def _commands(made: Stage) -> dict[str, Command]:
    bundle, good, opened = str(made.folder / "bundle" / TENANT), made.roles["good"], made.roles["open"]
    told = ("--format", "json")
    return {
        "verify": Command(("verify", opened, "--external-id", ID, "--wait", "0", *told)),
        "verify good": Command(("verify", good, "--external-id", ID, "--wait", "0", *told)),
        "verify text": Command(("verify", opened, "--external-id", ID, "--wait", "0")),
        "lint": Command(("lint", "--role-arn", opened, *told), account=CUSTOMER),
        "inspect": Command(("inspect", bundle, "--deployed", *told), account=WATCHED),
        "deploy": Command(("deploy", bundle, "--yes", *told), account=""),
        "plan": Command(("deploy", bundle, "--plan", *told), account=""),
        "destroy": Command(("destroy", bundle, "--yes", *told), ("deploy", bundle, "--yes"), account=""),
        "publish": Command(("publish", "--bucket", "templates", "--prefix", "{run}", "--yes", *told)),
        "register": Command(("tenants", "register", TENANT, opened, "--wait", "0", *told)),
        "tenants verify": Command(("tenants", "verify", TENANT, "--wait", "0", *told)),
        "rotate": Command(("tenants", "rotate", "switch", TENANT, "--wait", "0", *told)),
        "assume": Command(("assume", TENANT, "--", "true")),
    }


def _prepare(made: Stage) -> None:
    """What the commands find: a deployed stack, a bucket, and two registries, the second with a rotation begun."""
    url, new, held = made.aws.endpoint_url, made.folder / "new.db", made.folder / "held.db"
    root = made.aws.root(VENDOR)
    root.call("s3", "create_bucket", Bucket="templates")
    root.call("s3", "put_bucket_versioning", Bucket="templates", VersioningConfiguration={"Status": "Enabled"})
    root.call("s3", "delete_public_access_block", Bucket="templates")
    root.call("s3", "put_bucket_policy", Bucket="templates", Policy=json.dumps(_policy(_EVERYBODY)))
    add = ("tenants", "add", TENANT, "--external-id", ID)
    register = ("tenants", "register", TENANT, made.roles["held"], "--wait", "0")
    steps = [
        made.deputize(("deploy", str(made.folder / "bundle" / TENANT), "--yes"), url, root_credentials(WATCHED)),
        made.deputize(add, url, made.vendor, new),
        made.deputize(add, url, made.vendor, held),
        made.deputize(register, made.relay.url, made.vendor, held),
        made.deputize(("tenants", "rotate", "start", TENANT), url, made.vendor, held),
        made.deputize(("tenants", "show", TENANT, "--format", "json"), url, made.vendor, held),
    ]
    for step in steps:
        assert step.exit_code == 0, step.output
    both = _policy(_with(ID, json.loads(steps[-1].stdout)["grants"][0]["other_id"]))
    made.aws.root(CUSTOMER).call("iam", "update_assume_role_policy", RoleName="held", PolicyDocument=json.dumps(both))
