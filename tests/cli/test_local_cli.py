"""`deputize local` as a process: what it prints is what is needed to use it, and nothing of it stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import deputize.errors
from deputize.aws.client import Credentials, Session
from deputize.errors import ServiceError
from deputize.model.aws_options import AwsOptions

_SOURCE = str(Path(deputize.errors.__file__).parents[1])


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
    return {**kept, "PYTHONPATH": _SOURCE, "HOME": str(folder), "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_ended(tmp_path: Path, how: signal.Signals) -> None:
    """The exports lead to the account that was asked for; Ctrl-C and SIGTERM end it with exit 0 and leave nothing."""
    command = (sys.executable, "-m", "deputize", "local", "--account", "555566667777")
    with subprocess.Popen(
        command, env=_environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "unset AWS_PROFILE AWS_SESSION_TOKEN\n"
            lines = [process.stdout.readline() for _ in range(5)]
            assert all(line.startswith("export ") for line in lines)
            found = dict(line.removeprefix("export ").rstrip("\n").split("=", 1) for line in lines)
            assert sorted(found) == [
                "AWS_ACCESS_KEY_ID",
                "AWS_DEFAULT_REGION",
                "AWS_ENDPOINT_URL",
                "AWS_REGION",
                "AWS_SECRET_ACCESS_KEY",
            ]
            key = Credentials(found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"])
            session = Session(AwsOptions(None, found["AWS_REGION"], found["AWS_ENDPOINT_URL"]), "0", key)
            assert session.caller().account_id == "555566667777"
        finally:
            process.send_signal(how)
            rest = process.communicate(timeout=20)
    assert process.returncode == 0
    assert rest == ("", "# the embedded AWS runs until Ctrl-C; nothing of it stays\n")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ServiceError, match="could not be reached"):
        session.call("iam", "list_roles")


def test_an_account_that_is_none(tmp_path: Path) -> None:
    """A wrong account is a usage error, before anything is started."""
    command = (sys.executable, "-m", "deputize", "local", "--account", "12345")
    done = subprocess.run(command, check=False, env=_environment(tmp_path), capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: --account: is no AWS account ID; give 12 digits\n"
