"""A real PostgreSQL, started in a temporary folder, on a Unix socket only; one that runs already is left alone."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

_DATABASES = itertools.count(1)


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, which Debian keeps off the PATH; None where there is no PostgreSQL."""
    found = [
        path
        for path in (shutil.which("initdb"), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))))
        if path
    ]
    return Path(found[-1]).resolve().parent if found else None


@contextmanager
def server(at: Path) -> Iterator[Path]:
    """The folder of a running server's socket; user deputize may do everything. at: the folder of its programs."""
    # Not pytest's own folder: the server's user could not enter it, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="deputize-pg-"))
    owner = _owner()
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    data, log = folder / "data", folder / "log"

    def run(*command: str) -> None:
        environ = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
        done = subprocess.run(
            command, check=False, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **owner
        )
        assert done.returncode == 0, done.stdout.decode() + (log.read_text() if log.exists() else "")

    control = str(at / "pg_ctl")
    try:
        run(str(at / "initdb"), "-D", str(data), "-U", "deputize", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c max_connections=60"
        # Its own output goes to a file, or the server would hold our pipe for ever.
        run(control, "-D", str(data), "-l", str(log), "-w", "-s", "-o", options, "start")
        try:
            yield folder
        finally:
            run(control, "-D", str(data), "-m", "fast", "-s", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(at: Path, how: str = "", *settings: str) -> str:
    """The URL of an empty database of the server whose socket lies in `at`, made as CREATE DATABASE's words say.

    settings: what `ALTER DATABASE ... SET` is to set in it.
    """
    name = f"d{os.getpid()}x{next(_DATABASES)}"
    with psycopg.connect(host=str(at), user="deputize", dbname="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} {how}".encode())
        for setting in settings:
            admin.execute(f"ALTER DATABASE {name} SET {setting}".encode())
    return f"postgresql://deputize@/{name}?host={at}"


def _owner() -> dict[str, Any]:
    """As whom the server runs: it refuses root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
