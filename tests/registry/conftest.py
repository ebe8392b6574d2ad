"""A registry on each engine: SQLite in a file, and a real PostgreSQL that is started here, on a Unix socket only."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deputize.model.values import AccessState, ProbeResult, Safety, Verdict
from deputize.registry import Grant, GrantRequest, Registry, add, open_registry
from deputize.registry.values import now

_DATABASES = itertools.count(1)


def _programs() -> Path | None:
    """The folder of initdb and pg_ctl, which Debian keeps off the PATH."""
    found = [
        path
        for path in (shutil.which("initdb"), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))))
        if path
    ]
    return Path(found[-1]).resolve().parent if found else None


def _owner() -> dict[str, Any]:
    """As whom the server runs: it refuses root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """The folder of a running server's socket; user deputize may do everything."""
    programs = _programs()
    if programs is None:
        reason = "PostgreSQL's initdb is not there"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
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

    control = str(programs / "pg_ctl")
    try:
        run(str(programs / "initdb"), "-D", str(data), "-U", "deputize", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c max_connections=60"
        # Its own output goes to a file, or the server would hold our pipe for ever.
        run(control, "-D", str(data), "-l", str(log), "-w", "-s", "-o", options, "start")
        try:
            yield folder
        finally:
            run(control, "-D", str(data), "-m", "fast", "-s", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_database(postgresql: Path) -> str:
    """The URL of an empty PostgreSQL database."""
    name = f"d{next(_DATABASES)}"
    with psycopg.connect(host=str(postgresql), user="deputize", dbname="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql://deputize@/{name}?host={postgresql}"


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a registry may be made, on each engine."""
    if request.param == "sqlite":
        return str(tmp_path / "data" / "registry.db")
    url: str = request.getfixturevalue("new_database")
    return url


@pytest.fixture
def registry(location: str) -> Iterator[Registry]:
    """A new registry."""
    with open_registry(location, who="tester", create=True) as made:
        yield made


@pytest.fixture
def verdict() -> Callable[..., Verdict]:
    """A safe verdict on a grant's role, with the fields that a test wants otherwise."""

    def make(grant: Grant, **fields: Any) -> Verdict:
        arn = fields.setdefault("role_arn", f"arn:aws:iam::{grant.account_id or '444455556666'}:role/{grant.label}")
        usual: dict[str, Any] = {
            "role_id": f"AROA{arn[-40:].upper()}",
            "external_id": grant.external_id,
            "safety": Safety.SAFE,
            "access": AccessState.OK,
            "evidence": "probes",
            "endpoint": "aws",
            "at": now(),
            "caller": "arn:aws:iam::111122223333:role/collector",
            "probes": (ProbeResult("other", "refuse", "refuse"),),
        }
        return Verdict(**{**usual, **fields})

    return make


@pytest.fixture
def granted(registry: Registry) -> Callable[..., Grant]:
    """Makes a grant."""

    def make(tenant: str, account_id: str | None = None, **fields: Any) -> Grant:
        return add(registry, GrantRequest(tenant, account_id, **fields))

    return make
