"""`deputize inspect` and `render --sign`: what is printed where, exit codes, JSON; once against the embedded AWS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from deputize.aws.client import Credentials, Session
from deputize.aws.embedded import embedded
from deputize.cli.app import app
from deputize.errors import DiffersError, InputError, ProvedWrongError, ServiceError, UsageError
from deputize.model.aws_options import AwsOptions
from deputize.model.schemas import load_schema

ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
CUSTOMER = "444455556666"
needs_ssh_keygen = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None and "CI" not in os.environ, reason="ssh-keygen is not on PATH"
)


def run(*arguments: str, **environment: str) -> Any:
    """The result of a command."""
    return CliRunner().invoke(app, arguments, env={"XDG_CACHE_HOME": os.devnull, **environment})


def render(*options: str, tenant: str = "a-company", code: int = 0) -> Any:
    """Render one tenant."""
    result = run("render", "--vendor-account=111122223333", f"--tenant={tenant}", f"--external-id={ID}", *options)
    assert result.exit_code == code, result.output
    return result


def parsed(*options: str, **environment: str) -> tuple[int, Any]:
    """Exit code, and stdout as the JSON document that it must be, checked against the schema that it names."""
    result = run("inspect", *options, "--format=json", **environment)
    document = json.loads(result.stdout)
    jsonschema.validate(document, load_schema(document["schema"].split("/")[1]))
    return result.exit_code, document


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def allowed(folder: Path) -> str:
    """A file that allows the SSH key `key`, which is there too."""
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", "key"), check=True)
    (folder / "allowed").write_text(f"acme@example.com {(folder / 'key.pub').read_text()}")
    return "--allowed-signers=allowed"


def test_a_table_on_stdout() -> None:
    """For whom, from whom, and what an unsigned bundle proves; nothing on stderr."""
    render()
    result = run("inspect", "out/a-company", "--expect-tenant=a-company", f"--expect-external-id={ID}")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = dict(line.strip().split("  ", 1) for line in result.stdout.splitlines()[1:] if "  " in line.strip())
    assert result.stdout.startswith("out/a-company: consistent\n")
    assert lines["for"].strip() == "a-company (a-company), any account of partition aws"
    assert lines["from"].strip() == "Vendor 111122223333 (vendor), account 111122223333"
    assert lines["external ID"].strip() == ID
    assert lines["signature"].strip() == "none"
    assert lines["this proves"].startswith("only that it agrees with itself")
    assert "not who made it" in " ".join(result.stdout.split())


def test_problems_on_stderr_and_exit_6(folder: Path) -> None:
    """Each is a line that says where, what and how to mend; the table is printed all the same."""
    render()
    (folder / "out/a-company/README.md").write_text("Trust me.")
    result = run("inspect", "out/a-company", "--expect-vendor=999999999999")
    assert result.exit_code == ProvedWrongError.exit_code
    assert result.stdout.startswith("out/a-company: WRONG\n")
    assert "do not deploy it" in result.stdout
    mend = "stop, and ask the vendor by a way that you trust"
    assert result.stderr.splitlines() == [
        "error: out/a-company/README.md: was changed after it was made; ask the vendor for the bundle again",
        f"error: --expect-vendor: the bundle lets in account 111122223333, not 999999999999; {mend}",
    ]


def test_json(folder: Path) -> None:
    """The same as data: files with sums and states, problems, and what it proves."""
    render("--zip")
    code, document = parsed("out/a-company.zip")
    assert (code, document["kind"], document["rendered"], document["problems"]) == (0, "zip", "same", [])
    assert document["signature"] == {"state": "none", "signer": None, "key": None}
    assert document["deployed"] is None
    assert "not who made it" in document["proves"]
    assert {file["state"] for file in document["files"]} == {"ok"}
    render()
    (folder / "out/a-company/README.md").unlink()
    code, document = parsed("out/a-company")
    assert (code, document["problems"][0]["what"]) == (ProvedWrongError.exit_code, "is missing")
    assert {"path": "README.md", "sha256": None, "state": "missing"} in document["files"]


def test_what_cannot_be_inspected(folder: Path) -> None:
    """No bundle is invalid input; a damaged zip is proved wrong; options of AWS need --deployed."""
    render("--zip")
    assert parsed("out")[0] == InputError.exit_code
    zipped = folder / "out/a-company.zip"
    zipped.write_bytes(zipped.read_bytes() + b"\n")
    code, document = parsed(str(zipped))
    assert (code, document["code"]) == (ProvedWrongError.exit_code, "proved-wrong")
    result = run("inspect", str(zipped), "--profile=x", "--region=eu-west-1")
    assert result.exit_code == UsageError.exit_code
    assert result.stderr.splitlines() == [
        "error: --profile: is for --deployed; give it too",
        "error: --region: is for --deployed; give it too",
    ]


@needs_ssh_keygen
@pytest.mark.parametrize("options", [(), ("--zip",)], ids=["folder", "zip"])
def test_render_signs_and_inspect_tells_who(folder: Path, allowed: str, options: tuple[str, ...]) -> None:
    """Signed again is unchanged; unsigned keeps it; a change drops it by --force; ssh-keygen alone agrees."""
    bundle = "out/a-company.zip" if options else "out/a-company"

    def outcome(*more: str) -> str:
        (row,) = json.loads(render(*options, *more, "--format=json").stdout)["bundles"]
        return str(row["outcome"])

    assert [outcome("--sign=key"), outcome("--sign=key"), outcome()] == ["created", "unchanged", "unchanged"]
    code, document = parsed(bundle, allowed)
    assert (code, document["signature"]["state"], document["signature"]["signer"]) == (0, "good", "acme@example.com")
    result = run("inspect", bundle, allowed)
    assert result.stdout.startswith(f"{bundle}: signed, and unchanged\n")
    assert "good: acme@example.com, ED25519 SHA256:" in result.stdout
    if not options:
        command = ("ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "acme@example.com", "-n", "deputize-bundle")
        manifest = (folder / bundle / "manifest.json").read_bytes()
        subprocess.run((*command, "-s", f"{bundle}/manifest.json.sig"), input=manifest, check=True, capture_output=True)
        assert render("--check").exit_code == 0
    assert "what would replace it is not" in render(*options, "--name=A", code=DiffersError.exit_code).stderr
    assert outcome("--name=A", "--force") == "replaced"
    code, document = parsed(bundle, allowed)
    assert (code, document["signature"]["state"]) == (ProvedWrongError.exit_code, "none")


@needs_ssh_keygen
def test_a_key_that_does_not_sign_writes_nothing(folder: Path) -> None:
    """The first bundle is signed before anything is in its place; --check has nothing to sign."""
    (folder / "no-key").write_text("no key", encoding="ascii")
    result = render("--sign=no-key", code=ServiceError.exit_code)
    assert "ssh-keygen: does not sign with no-key" in result.stderr
    assert not (folder / "out/a-company").exists()
    result = render("--sign=none", code=InputError.exit_code)
    assert result.stderr == "error: --sign: there is no file 'none'; name the file of an SSH key\n"
    result = render("--sign=none", "--check", code=UsageError.exit_code)
    assert result.stderr == ("error: --check: compares folders, not archives or signatures; leave out --sign\n")


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A customer's environment on the embedded AWS, and its endpoint as `url`."""
    with embedded(tmp_path_factory.mktemp("aws"), os.environ, "0.0.0") as running:
        root: Session = running.root(CUSTOMER)
        assert root.endpoint_url is not None
        keys = {"AWS_ACCESS_KEY_ID": CUSTOMER, "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
        yield {**keys, "url": root.endpoint_url}


def test_deployed_or_not(folder: Path, aws: dict[str, str]) -> None:
    """What differs in the account is told and exits 7; a bundle that is wrong is never compared with an account."""
    place = ("--endpoint-url", aws["url"])
    render()
    code, document = parsed("out/a-company", "--deployed", *place, **aws)
    assert (code, document["problems"]) == (DiffersError.exit_code, [])
    assert (document["deployed"]["role_arn"], document["deployed"]["access_paths"]) == (None, [])
    assert run("deploy", "out/a-company", "--yes", *place, **aws).exit_code == 0
    result = run("inspect", "out/a-company", "--deployed", *place, **aws)
    assert result.exit_code == 0, result.output
    assert f"arn:aws:iam::{CUSTOMER}:role/vendor-a-company in account {CUSTOMER}" in result.stdout
    assert "differences  none" in result.stdout
    result = run("inspect", "out/a-company", "--deployed", *place, "--region=eu-west-1", **aws)
    assert result.exit_code == 0, result.output
    assert "it may be in another region (--region), or the role was made in another way" in " ".join(
        result.stdout.split()
    )
    opened = json.loads((folder / "out/a-company/json/trust-policy.json").read_bytes())
    del opened["Statement"][0]["Condition"]
    session = Session(AwsOptions(None, "us-east-1", aws["url"]), "0", Credentials(CUSTOMER, "test"))
    changed = {"RoleName": "vendor-a-company", "PolicyDocument": json.dumps(opened)}
    session.call("iam", "update_assume_role_policy", **changed)
    code, document = parsed("out/a-company", "--deployed", *place, **aws)
    assert (code, document["problems"]) == (ProvedWrongError.exit_code, [])
    assert document["deployed"]["access_paths"][0]["kind"] == "no-id"
    assert ID not in json.dumps(document["deployed"])
    assert "VULNERABLE" in run("inspect", "out/a-company", "--deployed", *place, **aws).stdout
    (folder / "out/a-company/README.md").unlink()
    code, document = parsed("out/a-company", "--deployed", *place, **aws)
    assert (code, document["deployed"]) == (ProvedWrongError.exit_code, None)
