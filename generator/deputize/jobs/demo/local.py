"""The embedded AWS for a user: started in a temporary folder, stopped when the block is left."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deputize.aws.embedded import EmbeddedAws, embedded
from deputize.version import __version__


@contextmanager
def local_aws(environ: Mapping[str, str]) -> Iterator[EmbeddedAws]:
    """Run the embedded AWS until the block is left; nothing of it stays. Raises ServiceError when it cannot start."""
    with (
        tempfile.TemporaryDirectory(prefix="deputize-aws-") as folder,
        embedded(Path(folder), environ, __version__) as aws,
    ):
        yield aws
