"""The embedded AWS for tests of jobs, and the vendor in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deputize.aws.client import Session
from deputize.aws.embedded import EmbeddedAws, create_vendor, embedded
from deputize.registry import Registry, open_registry

VENDOR = "111122223333"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """The embedded AWS."""
    with embedded(tmp_path_factory.mktemp("aws"), os.environ, "0.0.0") as running:
        yield running


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a new registry: making one takes as long as many uses of it."""
    path = tmp_path_factory.mktemp("registry") / "registry.db"
    with open_registry(str(path), who="tester", create=True):
        pass
    return path.read_bytes()


@pytest.fixture
def registry(tmp_path: Path, empty_registry: bytes) -> Iterator[Registry]:
    """A new registry, at `tmp_path`/registry.db."""
    path = tmp_path / "registry.db"
    path.touch(0o600)
    path.write_bytes(empty_registry)
    with open_registry(str(path), who="tester") as opened:
        yield opened


@pytest.fixture(scope="module")
def vendor(aws: EmbeddedAws) -> Session:
    """A session in the vendor's role `collector`."""
    return create_vendor(aws, VENDOR)
