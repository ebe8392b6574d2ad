"""A user's command inside a tenant's role, on the user's own terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from deputize.errors import Problem, ServiceError
from deputize.model.display import shown


def run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command that the user named, without a shell, on the user's own terminal; returns its exit code.

    environ: all of its environment, PATH included, by which it is found. Ended by a signal: 128 and its number, as a
    shell says it. Ctrl-C is the command's own affair. Raises ServiceError when it cannot be started.
    """
    found = shutil.which(command[0], path=environ.get("PATH", os.defpath))
    if found is None:
        raise ServiceError(Problem(shown(command[0]), "is no command on PATH", "name another, or its whole path"))
    try:
        process = subprocess.Popen((found, *command[1:]), env=environ)
    except OSError as error:
        what = f"cannot be started: {(error.strerror or 'failed').lower()}"
        raise ServiceError(Problem(shown(command[0]), what)) from error
    with process:
        code = _ended(process)
    return code if code >= 0 else 128 - code


def _ended(process: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the terminal told the command too, and it decides what to make of it
