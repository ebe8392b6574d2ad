"""The embedded AWS for a user: started in a temporary folder, stopped when the block is left."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deputize.aws.embedded import REGION, EmbeddedAws, embedded
from deputize.errors import Problem, UsageError
from deputize.iam import limits
from deputize.version import __version__


@contextmanager
def local_aws(environ: Mapping[str, str]) -> Iterator[EmbeddedAws]:
    """Run the embedded AWS until the block is left; nothing of it stays. Raises ServiceError when it cannot start."""
    with (
        tempfile.TemporaryDirectory(prefix="deputize-aws-") as folder,
        embedded(Path(folder), environ, __version__) as aws,
    ):
        yield aws


@contextmanager
def local_account(environ: Mapping[str, str], account_id: str) -> Iterator[Mapping[str, str]]:
    """As :func:`local_aws`; gives the environment variables with which a shell is in that account.

    Raises UsageError for an account that is none.
    """
    if not limits.ACCOUNT_ID.admits(account_id):
        raise UsageError(Problem("--account", "is no AWS account ID", "give 12 digits"))
    with local_aws(environ) as aws:
        yield {
            "AWS_ENDPOINT_URL": aws.endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": account_id,
            "AWS_SECRET_ACCESS_KEY": "test",
        }
