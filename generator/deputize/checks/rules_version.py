"""The version of every rule."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from operator import itemgetter


@cache
def rules_version() -> str:
    """A digest of the rules' source and of what they know of AWS: other rules' verdicts are not taken for theirs."""
    digest = hashlib.sha256()
    for package in ("deputize.checks", "deputize.iam"):
        for name, file in sorted(_below(resources.files(package), package), key=itemgetter(0)):
            content = file.read_bytes()
            digest.update(f"{name}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()


def _below(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    """Every file below a folder, by its path."""
    for one in folder.iterdir():
        path = f"{name}/{one.name}"
        if one.is_file():
            yield path, one
        elif one.name != "__pycache__":
            yield from _below(one, path)
