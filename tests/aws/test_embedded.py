from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deputize.aws import embedded as module
from deputize.aws.assume import assume
from deputize.aws.client import Credentials, Refusal, Session
from deputize.aws.embedded import EmbeddedAws, create_role, create_user, embedded
from deputize.errors import ServiceError

VENDOR = "111122223333"


def _trust(principal: str, conditions: Mapping[str, Any]) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
        "Condition": conditions,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _allow(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z (zombie)" not in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")


@pytest.mark.parametrize(
    ("principal", "named", "inside"),
    [
        ("root", "role/collector", True),
        ("root", "role/another", False),
        ("root", None, True),
        ("role/collector", None, True),
        ("role/another", None, False),
    ],
)
def test_a_role_of_the_vendor_is_known_by_its_role(
    customer: Session, vendor: Session, principal: str, named: str | None, inside: bool
) -> None:
    """aws:PrincipalArn and Principal mean the role of an assumed role, as in AWS, and the external ID decides."""
    conditions: dict[str, Any] = {"StringEquals": {"sts:ExternalId": "right"}}
    if named is not None:
        conditions["ArnEquals"] = {"aws:PrincipalArn": f"arn:aws:iam::{VENDOR}:{named}"}
    trust = _trust(f"arn:aws:iam::{VENDOR}:{principal}", conditions)
    role_arn = create_role(customer, "entered", trust, _allow("ec2:DescribeInstances"))
    assert isinstance(assume(vendor, role_arn, "right", "test"), Session) is inside
    for wrong in ("wrong", None):
        refused = assume(vendor, role_arn, wrong, "test")
        assert isinstance(refused, Refusal)
        assert refused.code == "AccessDenied"


def test_what_is_not_allowed_is_refused(aws: EmbeddedAws, customer: Session) -> None:
    """Identity policies are enforced: a user does what its policy allows and nothing else."""
    user = aws.session(create_user(customer, "reader", _allow("ec2:DescribeInstances")))
    assert user.call("ec2", "describe_instances")["Reservations"] == []
    with pytest.raises(ServiceError, match="ec2:DescribeVpcs: access denied"):
        user.call("ec2", "describe_vpcs")


def test_an_expired_or_wrong_key_is_no_refusal(aws: EmbeddedAws, vendor: Session) -> None:
    """Only AccessDenied is a refusal: a key nobody knows stops with an error instead."""
    stranger = aws.session(Credentials("AKIAIOSFODNN7EXAMPLE", "nothing"))
    with pytest.raises(ServiceError, match="AWS does not know them"):
        assume(stranger, f"arn:aws:iam::{VENDOR}:role/collector", "x" * 10, "test")


def test_it_listens_here_only_and_takes_no_key_of_the_environment(tmp_path: Path) -> None:
    """It is on the loopback address; AWS_* and the server's own switches do not reach it."""
    hostile = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "root",
        "AUTH": "false",
    }
    with embedded(tmp_path, hostile, "0.0.0") as aws:
        assert aws.endpoint_url.startswith("http://127.0.0.1:")
        environment = Path(f"/proc/{aws.pid}/environ").read_bytes().split(b"\0")
        assert not [line for line in environment if line.startswith(b"AWS_")]
        assert b"AUTH=true" in environment
    assert not _alive(aws.pid)


def test_it_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """Even kill -9 of the parent leaves no server behind."""
    program = """
        import os, pathlib, sys, time
        from deputize.aws.embedded import embedded
        with embedded(pathlib.Path(sys.argv[1]), os.environ, "0.0.0") as aws:
            print(aws.pid, flush=True)
            time.sleep(60)
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert _alive(pid)
        parent.send_signal(signal.SIGKILL)
    give_up = time.monotonic() + 20
    while _alive(pid) and time.monotonic() < give_up:
        time.sleep(0.02)
    assert not _alive(pid)


def test_a_port_that_is_taken_is_not_believed(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another server's answer on the chosen port is not taken for ours; the next free port is."""
    free = module._free_port
    ports = iter([int(aws.endpoint_url.rsplit(":", 1)[1])])
    monkeypatch.setattr(module, "_free_port", lambda: next(ports, None) or free())
    with embedded(tmp_path, os.environ, "0.0.0") as other:
        assert other.endpoint_url != aws.endpoint_url
        assert other.root("222233334444").caller().account_id == "222233334444"


def test_a_server_that_does_not_start_says_why(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The error carries the server's last words and where its log is."""
    taken = int(aws.endpoint_url.rsplit(":", 1)[1])
    monkeypatch.setattr(module, "_free_port", lambda: taken)
    with pytest.raises(ServiceError) as failed, embedded(tmp_path, os.environ, "0.0.0"):
        pytest.fail("it started")
    assert str(failed.value).startswith(
        f"embedded AWS: ministack did not start: ERROR: 127.0.0.1:{taken} is already in use."
    )
    assert str(failed.value).endswith(f"; its log is {tmp_path / 'ministack.log'}")


def test_without_ministack_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The one command that mends it is in the message."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ServiceError) as failed, embedded(tmp_path, os.environ, "0.0.0"):
        pytest.fail("it started")
    assert str(failed.value) == "embedded AWS: ministack is not installed; pip install 'deputize[local]'"
