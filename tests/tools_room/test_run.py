"""Running a user's command: as it is, with the environment given, ended as it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import deputize.tools
from deputize.errors import ServiceError
from deputize.tools import run

_SOURCE = str(Path(deputize.tools.__file__).parents[2])
_PATH = {"PATH": os.environ["PATH"]}


def _code(*command: str) -> int:
    return run(command, _PATH)


def test_no_shell_and_only_the_environment_given(capfd: pytest.CaptureFixture[str]) -> None:
    """Arguments arrive as they are; of our own environment nothing arrives that was not given."""
    show = "import os, sys; print(sys.argv[1:], os.environ.get('GIVEN'), os.environ.get('HOME'))"
    assert run([sys.executable, "-c", show, "$HOME; *", ""], {**_PATH, "GIVEN": "yes"}) == 0
    assert capfd.readouterr().out == "['$HOME; *', ''] yes None\n"


@pytest.mark.parametrize(("command", "code"), [(["exit 3"], 3), (["kill -TERM $$"], 143), (["true"], 0)])
def test_exit_code(command: Sequence[str], code: int) -> None:
    """The command's own, or 128 and its signal."""
    assert _code("sh", "-c", *command) == code


def test_command_that_cannot_be_started(tmp_path: Path) -> None:
    """No such command, or one in no format that the system knows, is told."""
    with pytest.raises(ServiceError, match="is no command on PATH"):
        _code("no-such-command")
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF and nothing")
    broken.chmod(0o755)
    with pytest.raises(ServiceError, match="cannot be started"):
        _code(str(broken))


def test_interrupt_is_the_commands_affair() -> None:
    """Ctrl-C reaches both; what the command makes of it is the result."""
    inner = (
        "import signal, sys, time; signal.signal(2, lambda *_: sys.exit(7)); print('ready', flush=True); time.sleep(30)"
    )
    outer = (
        f"import os, sys; from deputize.tools import run; sys.exit(run([sys.executable, '-c', {inner!r}], os.environ))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", outer],
        env={**os.environ, "PYTHONPATH": _SOURCE},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 7
