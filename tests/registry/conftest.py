"""A registry on each engine: SQLite in a file, and a real PostgreSQL that is started here, on a Unix socket only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import postgres
from deputize.model.values import AccessState, ProbeResult, Safety, Verdict
from deputize.registry import Grant, GrantRequest, Registry, add, open_registry
from deputize.registry.values import now


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """The folder of a running server's socket; user deputize may do everything."""
    programs = postgres.programs()
    if programs is None:
        reason = "PostgreSQL's initdb is not there"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with postgres.server(programs) as folder:
        yield folder


@pytest.fixture
def new_database(postgresql: Path) -> str:
    """The URL of an empty PostgreSQL database."""
    return postgres.new_database(postgresql)


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
