"""The embedded AWS: ministack as a child process on this computer only, enforcing trust policies as AWS does.

It is one program for tests, `deputize local` and `deputize demo`; what it is known to do otherwise than AWS is in
THREATS.md. The process ends with this one, however this one ends.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deputize.aws.client import Credentials, Session
from deputize.errors import Problem, ServiceError
from deputize.model.aws_options import AwsOptions

HOST = "127.0.0.1"
REGION = "us-east-1"
_STARTS = 3  # another program may take the free port before the server does
_PATIENCE = 30.0  # seconds until it must answer; it takes 0.3 on an idle machine
_GRACE = 5.0  # seconds between the request to end and the kill
# The environment is built, not inherited: AWS_* would become a root key of the server, PERSIST_STATE would keep it.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")
_SECRET_OF_ROOT = "test"  # noqa: S105 - what ministack takes for every account's root


@dataclass(frozen=True, slots=True)
class EmbeddedAws:
    """A running embedded AWS; `version` is deputize's, for the user agent of its sessions."""

    endpoint_url: str
    pid: int
    version: str

    def session(self, credentials: Credentials, region: str = REGION) -> Session:
        """A session with these credentials at this server."""
        return Session(AwsOptions(None, region, self.endpoint_url), self.version, credentials)

    def root(self, account_id: str, region: str = REGION) -> Session:
        """A session of the account's root; any 12 digits are an account here."""
        return self.session(root_credentials(account_id), region)


def root_credentials(account_id: str) -> Credentials:
    """The key of an account's root on the embedded AWS, and only there."""
    return Credentials(account_id, _SECRET_OF_ROOT)


@contextmanager
def embedded(state_dir: Path, environ: Mapping[str, str], version: str) -> Iterator[EmbeddedAws]:
    """Run the embedded AWS on a free port until the block is left.

    state_dir: an existing folder for its log and data, removed by whoever made it. environ: the caller's environment,
    of which a few harmless variables are passed on. Raises ServiceError when ministack is missing or does not start.
    """
    if importlib.util.find_spec("ministack") is None:
        mend = "pip install 'deputize[local]'"
        raise ServiceError(Problem("embedded AWS", "ministack is not installed", mend))
    process, port = _start(state_dir, environ)
    try:
        yield EmbeddedAws(f"http://{HOST}:{port}", process.pid, version)
    finally:
        _stop(process)


def create_user(root: Session, name: str, policy: Mapping[str, Any]) -> Credentials:
    """Make an IAM user with one inline policy in the session's account; returns its new access key."""
    root.call("iam", "create_user", UserName=name)
    root.call("iam", "put_user_policy", UserName=name, PolicyName="access", PolicyDocument=json.dumps(policy))
    key = root.call("iam", "create_access_key", UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def create_role(root: Session, name: str, trust: Mapping[str, Any], policy: Mapping[str, Any]) -> str:
    """Make an IAM role with one inline policy in the session's account; returns its ARN."""
    role = root.call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    root.call("iam", "put_role_policy", RoleName=name, PolicyName="access", PolicyDocument=json.dumps(policy))
    return str(role["Arn"])


def create_vendor(aws: EmbeddedAws, account_id: str, role_name: str = "collector") -> Session:
    """Make a vendor's account: user `operator`, and the role it works in, which may assume roles everywhere.

    Returns a session inside that role, as a vendor's program has it.
    """
    root = aws.root(account_id)
    may_assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [may_assume]}
    own_account = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
    }
    role_arn = create_role(root, role_name, {"Version": "2012-10-17", "Statement": [own_account]}, policy)
    operator = aws.session(create_user(root, "operator", policy))
    key = operator.call("sts", "assume_role", RoleArn=role_arn, RoleSessionName="operator")["Credentials"]
    return aws.session(Credentials(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"]))


def _start(state_dir: Path, environ: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], int]:
    log = state_dir / "ministack.log"
    for _ in range(_STARTS):
        port, mark = _free_port(), uuid.uuid4().hex
        process = _launch(state_dir, log, _environment(state_dir, environ, port, mark))
        try:
            if _answers(process, port, mark):
                return process, port
        except BaseException:
            _stop(process)
            raise
        _stop(process)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    said = " ".join(lines[-3:]) or "it said nothing"
    raise ServiceError(Problem("embedded AWS", f"ministack did not start: {said}", f"its log is {log}"))


def _environment(state_dir: Path, environ: Mapping[str, str], port: int, mark: str) -> dict[str, str]:
    folder = str(state_dir)
    return {
        **{name: environ[name] for name in _KEPT if name in environ},
        "AUTH": "true",
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        # Comes back in the health answer: so it is this server that answers, not another one on the same port.
        "MINISTACK_EDITION": mark,
        "LOG_LEVEL": "WARNING",
        "STATE_DIR": folder,
        "S3_DATA_DIR": folder,
        "TMPDIR": folder,
    }


def _launch(state_dir: Path, log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    script = str(Path(__file__).with_name("serve_embedded.py"))
    with log.open("wb") as sink:
        # A session of its own: Ctrl-C in a terminal reaches this process, which then ends the server in order.
        return subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-P", script],
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=state_dir,
            env=dict(environment),
            start_new_session=True,
        )


def _answers(process: subprocess.Popen[bytes], port: int, mark: str) -> bool:
    """Wait until the server answers and enforces policies; False when it ended or never did."""
    give_up = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < give_up:
        health = _health(port)
        if health.get("edition") == mark:
            return health.get("auth") == "enabled"
        time.sleep(0.02)
    return False


def _health(port: int) -> dict[str, Any]:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/_ministack/health")
        answer = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else {}


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
