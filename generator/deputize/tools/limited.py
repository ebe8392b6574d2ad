"""A helper process for third-party code on outside text: made ready once, then answered by forks with hard limits.

The helper prepares itself (imports, rules) and only waits. Each process of ours that asks gets a fork of it, which
answers one question after another under RLIMIT_AS and RLIMIT_CPU; one that its limit ends is replaced by the next fork,
at the price of a fork. Neither has a signal handler, so threads may ask, one at a time. Both end when nobody is left
who could ask. https://man7.org/linux/man-pages/man2/setrlimit.2.html
"""

from __future__ import annotations

import atexit
import json
import os
import select
import socket
import subprocess
import sys
from contextlib import suppress
from threading import Lock
from typing import Any, Final

from deputize.tools.frames import receive, send

ANSWER_SECONDS: Final = 300.0  # by the clock, on a machine that is busy: the processor's time has a limit of its own
_READY_SECONDS: Final = 120.0
_END_SECONDS: Final = 5.0
# What an interpreter may need to start; no credentials.
_KEPT: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
_BOOT: Final = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from {0} import serve; serve(int(sys.argv[2]))"


class NotStartedError(Exception):
    """The helper does not run here: its message says why."""


class EndedError(Exception):
    """The answer did not come: the process that worked on it was ended by a limit."""


class Helper:
    """One helper of this program. module: has `serve(descriptor)`, which runs `frames.serve_forks` in the helper.

    environ: where the interpreter's own settings are taken from, when it is started by the first question.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._fork: socket.socket | None = None
        self.hello: dict[str, Any] = {}
        os.register_at_fork(after_in_child=self._in_child)
        atexit.register(self.close)

    def ask(self, question: object) -> Any:
        """The answer of a limited process. Raises NotStartedError, EndedError."""
        with self._lock:
            fork = self._connected()
            try:
                send(fork, question)
                answer = receive(fork)
            except (OSError, ValueError):
                answer = None
            if answer is None:
                self._leave_fork()
                raise EndedError
            return answer

    def ready(self) -> dict[str, Any]:
        """What the helper says of itself, started if it was not. Raises NotStartedError."""
        with self._lock:
            self._connected()
            return self.hello

    def close(self) -> None:
        """End the helper, and wait for it."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        self._leave_fork()
        if self._control is not None:
            self._control.close()
        process, self._control, self._process = self._process, None, None
        if process is not None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)

    def _connected(self) -> socket.socket:
        if self._fork is not None and select.select([self._fork], [], [], 0)[0]:
            self._leave_fork()  # it says something unasked: it has ended
        if self._fork is None:
            try:
                self._fork = self._forked()
            except OSError:
                self._end()  # somebody ended the helper: once more from the beginning
                try:
                    self._fork = self._forked()
                except OSError as error:
                    self._end()
                    raise NotStartedError(error.strerror or "its process ended at once") from error
        return self._fork

    def _forked(self) -> socket.socket:
        """A connection to a new fork. Raises OSError when the helper has ended or does not start."""
        if self._control is None:
            self._control = self._start()
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"fork"], [theirs.fileno()])
            ours.settimeout(_READY_SECONDS)
            hello = receive(ours)
            ours.settimeout(ANSWER_SECONDS)
        except BaseException:
            ours.close()
            raise
        if hello is None:
            ours.close()
            raise ConnectionResetError
        self.hello = hello
        return ours

    def _start(self) -> socket.socket:
        if not sys.executable:
            raise NotStartedError("this Python does not know its own program")  # noqa: EM101, TRY003
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            boot = (_BOOT.format(self._module), json.dumps(sys.path), str(theirs.fileno()))
            self._process = subprocess.Popen(
                (sys.executable, "-I", "-c", *boot),
                # Only these are handed on, and no credential.
                env={name: os.environ[name] for name in _KEPT if name in os.environ},  # noqa: TID251
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C is for the process that waits
            )
        return ours

    def _leave_fork(self) -> None:
        fork, self._fork = self._fork, None
        if fork is not None:
            fork.close()

    def _in_child(self) -> None:
        """A fork of this program asks a fork of its own, made by the helper that is there."""
        self._lock = Lock()
        self._leave_fork()
        if self._process is not None:
            self._process.returncode = 0  # not this process's child: it is not waited for here
