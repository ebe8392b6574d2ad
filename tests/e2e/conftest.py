"""Real engines: the embedded AWS, the aws CLI, Terraform, a browser, and deputize as a process of its own.

Under CI whatever the package index has must be there; Terraform is used where the machine has it with its provider.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

import deputize.errors
from deputize.aws.client import Credentials, Session
from deputize.aws.embedded import EmbeddedAws, create_vendor, embedded, root_credentials
from deputize.iam.role import IamRole
from deputize.read import normal_form
from deputize.read.live import role_from_api

VENDOR_ACCOUNT = "111122223333"
_ACCOUNTS = itertools.count(300_000_000_001)
_SOURCE = str(Path(deputize.errors.__file__).parents[1])
# The first is needed where everything runs as root; the others keep the browser from looking for its maker.
_BROWSER = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Environment = Mapping[str, str]


def _run(command: Sequence[str], environ: Environment, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, check=False, env=dict(environ), cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """The embedded AWS, one for each worker."""
    with embedded(tmp_path_factory.mktemp("aws"), os.environ, "0.0.0") as running:
        yield running


@pytest.fixture(scope="session")
def vendor_session(aws: EmbeddedAws) -> Session:
    """A session in role `collector` of the vendor's account."""
    return create_vendor(aws, VENDOR_ACCOUNT)


@pytest.fixture(scope="session")
def new_account() -> Callable[[], str]:
    """IDs of accounts in which nothing was made yet."""
    return lambda: str(next(_ACCOUNTS))


@pytest.fixture
def environment(tmp_path: Path) -> Callable[[str, Credentials | str], dict[str, str]]:
    """The environment of a child process: an endpoint, and the key of a user or of an account's root; nothing else."""

    def build(endpoint_url: str, who: Credentials | str) -> dict[str, str]:
        key = root_credentials(who) if isinstance(who, str) else who
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
        return {
            **kept,
            "HOME": str(tmp_path),
            "PYTHONPATH": _SOURCE,
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "NO_PROXY": "127.0.0.1",
        }

    return build


@pytest.fixture
def run_deputize(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs deputize as a user does, in an empty folder."""

    def run(environ: Environment, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, "-m", "deputize", *map(str, arguments))
        done = _run(command, environ, tmp_path)
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def aws_cli() -> Path:
    """The folder of the real aws CLI, to be put on a PATH."""
    found = os.environ.get("DEPUTIZE_AWS_CLI")
    if found is None:
        reason = "the aws CLI is not there: DEPUTIZE_AWS_CLI does not name it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return Path(found).parent


@pytest.fixture(scope="session")
def aws_cli_2() -> Path:
    """The folder of version 2 of the aws CLI, which no package index has: Debian's, or any other on the PATH."""
    for folder in os.get_exec_path():
        program = Path(folder) / "aws"
        if os.access(program, os.X_OK) and program.is_file():
            said = subprocess.run([program, "--version"], check=False, capture_output=True, text=True)
            if said.stdout.startswith("aws-cli/2"):
                return Path(folder)
    reason = "version 2 of the aws CLI is not on the PATH"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium, or any other on the PATH; one for each worker, and off the network but for loopback."""
    program = shutil.which("chromium")
    if program is None:
        reason = "chromium is not on the PATH"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=program, args=_BROWSER) as running:
        yield running


@pytest.fixture
def run_readme(aws_cli: Path) -> Callable[..., str]:
    """Runs the shell commands that a bundle's README has under a heading, in the bundle's folder; returns stdout."""

    def run(environ: Environment, bundle: Path, heading: str, *, code: int = 0) -> str:
        text = (bundle / "README.md").read_text(encoding="utf-8")
        _, found, section = text.partition(f"\n{heading}\n")
        assert found, f"README.md has no {heading!r}"
        section = re.split(rf"\n#{{1,{heading.count('#')}}} ", section)[0]
        blocks = [block.split("\n```")[0] for block in section.split("```sh\n")[1:]]
        script = "set -eu -o pipefail\n" + blocks[-1]
        path = {"PATH": f"{aws_cli}{os.pathsep}{environ['PATH']}"}
        done = _run(("bash", "-c", script), {**environ, **path}, bundle)
        assert done.returncode == code, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


@pytest.fixture(scope="session")
def terraform() -> Callable[..., str]:
    """Runs the real terraform with the real provider, from a mirror on this machine; skips where there is none."""
    binary, mirror = shutil.which("terraform"), os.environ.get("DEPUTIZE_TF_PLUGIN_DIR")
    if binary is None or mirror is None:
        pytest.skip("terraform with a provider mirror (DEPUTIZE_TF_PLUGIN_DIR) is not there")

    def run(environ: Environment, folder: Path, *arguments: str, code: int = 0) -> str:
        more = (f"-plugin-dir={mirror}",) if arguments[0] == "init" else ()
        command = (binary, *arguments, "-no-color", *more) if arguments[0] != "output" else (binary, *arguments)
        done = _run(command, environ, folder)
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr if code else done.stdout

    return run


@pytest.fixture(scope="session")
def live_role() -> Callable[[Session, str], IamRole]:
    """All of a role as IAM returns it, in the form in which roles are compared."""

    def read(session: Session, name: str) -> IamRole:
        attached = session.call("iam", "list_attached_role_policies", RoleName=name)
        documents = {}
        for arn in (one["PolicyArn"] for one in attached["AttachedPolicies"]):
            if ":aws:policy/" not in arn:
                version = session.call("iam", "get_policy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
                found = session.call("iam", "get_policy_version", PolicyArn=arn, VersionId=version)
                documents[arn] = found["PolicyVersion"]["Document"]
        names = session.call("iam", "list_role_policies", RoleName=name)["PolicyNames"]
        inline = {
            one: session.call("iam", "get_role_policy", RoleName=name, PolicyName=one)["PolicyDocument"]
            for one in names
        }
        role = session.call("iam", "get_role", RoleName=name)
        return normal_form(role_from_api(role, attached, documents, inline))

    return read


@pytest.fixture
def guard(aws: EmbeddedAws) -> Iterator[Any]:
    """A guard (tests/e2e/guard.py) in front of the embedded AWS."""
    spec = importlib.util.spec_from_file_location("e2e_guard", Path(__file__).with_name("guard.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    with module.guarded(aws.endpoint_url) as running:
        yield running
