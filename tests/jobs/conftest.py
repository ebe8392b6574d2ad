"""The embedded AWS for tests of jobs, and the vendor in it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from deputize.aws.client import Session
from deputize.aws.embedded import EmbeddedAws, create_vendor, embedded

VENDOR = "111122223333"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """The embedded AWS."""
    with embedded(tmp_path_factory.mktemp("aws"), os.environ, "0.0.0") as running:
        yield running


@pytest.fixture(scope="module")
def vendor(aws: EmbeddedAws) -> Session:
    """A session in the vendor's role `collector`."""
    return create_vendor(aws, VENDOR)
