"""`deputize verify` as a user runs it: results, exit codes, silence without a terminal, and no secret anywhere."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
from typer.testing import CliRunner

from deputize.aws.client import Credentials, Session
from deputize.aws.embedded import EmbeddedAws, create_role, create_user, embedded
from deputize.cli.boundary import Boundary
from deputize.cli.verify import exit_code, verify
from deputize.jobs.api import render
from deputize.model.schemas import load_schema
from deputize.model.spec import AccessSpec, Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import AccessState, Safety, Verdict

VENDOR, CUSTOMER = "111122223333", "444455556666"
ID = "Acme-7d4c0b9e-2f7a-4f0e"
SELF = ("iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies")
ENTRY = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{VENDOR}:root"}}


@dataclass(frozen=True)
class Stage:
    """An embedded AWS with a vendor's key, and roles by name."""

    aws: EmbeddedAws
    key: Credentials
    roles: dict[str, str]


def policy(*statements: object) -> dict[str, Any]:
    """A document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(*actions: str) -> dict[str, Any]:
    """An access policy."""
    return policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"})


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A role for each answer."""
    with_id = {**ENTRY, "Condition": {"StringEquals": {"sts:ExternalId": ID}}}
    made = {"safe": (with_id, SELF), "open": (ENTRY, SELF), "wide": (with_id, (*SELF, "s3:PutObject"))}
    with embedded(tmp_path_factory.mktemp("aws"), os.environ, "0.0.0") as aws:
        root = aws.root(CUSTOMER)
        roles = {name: create_role(root, name, policy(entry), allow(*acts)) for name, (entry, acts) in made.items()}
        yield Stage(aws, create_user(aws.root(VENDOR), "prober", allow("sts:AssumeRole")), roles)


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command as the vendor; gives exit code, stdout and stderr."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", stage.key.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", stage.key.secret_access_key)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", stage.aws.endpoint_url)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    app = typer.Typer(cls=Boundary)
    app.command()(verify)

    @app.command()
    def other() -> None:
        """A second command, so that the first keeps its name."""

    def command(*arguments: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, ["verify", *arguments])
        return done.exit_code, done.stdout, done.stderr

    return command


@pytest.mark.parametrize(
    ("name", "code", "verdict"), [("safe", 0, "safe"), ("open", 6, "vulnerable"), ("wide", 6, "safe")]
)
def test_as_json(name: str, code: int, verdict: str, run: Run, stage: Stage) -> None:
    """One object on stdout, nothing on stderr; the exit code tells what the verdict tells."""
    arn = stage.roles[name]
    got, out, err = run(arn, "--external-id", ID, "--other-id", "decoy-1", "--wait", "0", "--format", "json")
    assert (got, err) == (code, "")
    result = json.loads(out)
    jsonschema.Draft202012Validator(load_schema("verify")).validate(result)
    assert (result["verdict"], result["role_arn"], result["endpoint"]) == (verdict, arn, stage.aws.endpoint_url)
    assert (result["access"] == "too-wide") == (name == "wide")


def test_as_text(run: Run, stage: Stage) -> None:
    """The verdict comes first; every probe, the evidence and each way in follow."""
    code, out, err = run(stage.roles["open"], "--external-id", ID, "--wait", "0", "--no-write-probe")
    assert (code, err) == (6, "")
    lines = out.splitlines()
    assert lines[0] == f"vulnerable: {stage.roles['open']}: somebody gets in who should not: do not store this ARN"
    assert "  probe     none: allow" in lines
    assert "  probe     other: not-applicable (none was given)" in lines
    assert any(line.startswith("  way in    Statement 1 lets the vendor in without an external ID") for line in lines)
    assert any("(not AWS: for tests only)" in line for line in lines)
    assert "  note      no write was tried" in lines


def test_not_there(run: Run, stage: Stage) -> None:
    """A role that nobody may enter: exit 5, and whose it may be."""
    code, out, _ = run(f"{stage.roles['safe']}-gone", "--external-id", ID, "--wait", "0")
    assert code == 5
    assert out.startswith("unreachable: ")
    assert "no role under this ARN" in out


def test_with_a_bundle(run: Run, stage: Stage, tmp_path: Path) -> None:
    """It knows the ID and what to read; a role that lacks reads is partial, and that is no failure."""
    vendor = Vendor("v", english("V"), (VendorAccount("aws", VENDOR),), access=AccessSpec(profile="inventory"))
    folder = render(vendor, Tenant("a-company", (ID,), account_id=CUSTOMER)).write(tmp_path)
    code, out, _ = run(stage.roles["safe"], "--bundle", str(folder), "--wait", "0", "--format", "json")
    result = json.loads(out)
    assert (code, result["verdict"], result["access"]) == (0, "safe", "partial")
    assert "lambda:ListFunctions" in result["missing"]
    assert not any(action.startswith("ce:") for action in result["missing"])


def test_offline(run: Run, tmp_path: Path) -> None:
    """A file is judged without AWS, and needs no ARN."""
    path = tmp_path / "trust.json"
    path.write_text(json.dumps(policy(ENTRY)))
    code, out, err = run("--offline", str(path), "--external-id", ID, "--vendor-account", VENDOR, "--format", "json")
    assert (code, err) == (6, "")
    assert (json.loads(out)["evidence"], json.loads(out)["caller"]) == ("policy", None)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "error: ROLE_ARN: is missing; give the ARN that the customer gave you\n"),
        (("reader", "--external-id", ID), 3, "is no ARN of a role"),
        ((f"arn:aws:iam::{CUSTOMER}:role/x",), 3, "error: --external-id: is missing; give the tenant's own\n"),
        ((f"arn:aws:iam::{VENDOR}:role/x", "--external-id", ID), 3, f"account {VENDOR} is the vendor's own"),
        (("--offline", "nowhere.json", "--vendor-account", VENDOR, "--external-id", ID), 3, "nowhere.json"),
    ],
)
def test_errors(arguments: tuple[str, ...], code: int, message: str, run: Run) -> None:
    """What is wrong with the call, on stderr, with its exit code."""
    got, out, err = run(*arguments)
    assert (got, out) == (code, "")
    assert message in err


@pytest.mark.parametrize(
    ("safety", "access", "code"),
    [
        (Safety.SAFE, AccessState.OK, 0),
        (Safety.SAFE, AccessState.PARTIAL, 0),
        (Safety.SAFE, AccessState.UNKNOWN, 0),
        (Safety.SAFE, AccessState.TOO_WIDE, 6),
        (Safety.VULNERABLE, AccessState.OK, 6),
        (Safety.UNSETTLED, AccessState.OK, 6),
        (Safety.UNREACHABLE, AccessState.UNKNOWN, 5),
    ],
)
def test_exit_codes(safety: Safety, access: AccessState, code: int) -> None:
    """Each pair of answers and its code."""
    verdict = Verdict("", "", ID, safety, access, "probes", "aws", "", "")
    assert exit_code(verdict) == code


def test_progress_is_for_terminals(run: Run, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a line counts the rounds and is wiped at the end; elsewhere stderr stays empty."""
    monkeypatch.setattr("deputize.cli.verify._is_terminal", lambda: True)
    _, out, err = run(stage.roles["safe"], "--external-id", ID, "--wait", "0.05", "--no-write-probe")
    assert "round 1 after 0 of 0.05 s: clean" in err
    assert err.endswith("\r")
    assert "round" not in out.partition("\n")[0]


class Noted:
    """Every credential that STS or a user handed out while it looked."""

    def __init__(self) -> None:
        self.secrets: set[str] = set()

    def __call__(self, parsed: dict[str, Any], **_: Any) -> None:
        """Note those of one answer."""
        key = parsed.get("Credentials", {})
        self.secrets |= {key[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken") if name in key}


def test_nothing_prints_a_credential(
    run: Run,
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    """Neither the result nor the talk nor the logs hold a credential that was used or handed out, in any form."""
    noted, make = Noted(), Session.client

    def watched(self: Session, service: str) -> Any:
        client = make(self, service)
        client.meta.events.register("after-call.sts.AssumeRole", noted, unique_id="noted")
        return client

    monkeypatch.setattr(Session, "client", watched)
    printed: list[str] = []
    # botocore's own debug log does print credentials; what is looked at is what deputize makes it say.
    with caplog.at_level(logging.INFO):
        for arn in (*stage.roles.values(), f"{stage.roles['safe']}-gone"):
            for form in ("text", "json"):
                printed += run(arn, "--external-id", ID, "--wait", "0", "--format", form)[1:]
    assert len(noted.secrets) >= 3 * 8
    text = "\n".join((*printed, caplog.text))
    secrets = noted.secrets | {stage.key.access_key_id, stage.key.secret_access_key}
    assert not [secret for secret in secrets if secret in text]
    assert not list(tmp_path.iterdir())
