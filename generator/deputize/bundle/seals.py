"""Sums of files: write them into the manifest, and say where a bundle no longer agrees with them."""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from deputize.bundle.manifest import Manifest
from deputize.bundle.paths import shown
from deputize.errors import Problem
from deputize.model.format import MANIFEST, SIGNATURE
from deputize.model.values import Files

_END: Final = b"\n}\n"
_LISTED: Final = b'\n  "files":'


def seal(files: Files) -> Files:
    r"""Add the sum of every other file to the manifest; the result is read-only and lists the manifest first.

    The manifest among `files` is JSON text with an indent of 2, without the key "files", that ends in "\n}\n". It
    is spliced as bytes, because this runs once for each of tens of thousands of tenants.
    Raises KeyError without a manifest, ValueError when its text is of another form or the files are signed already:
    all are bugs of the caller.
    """
    manifest = files[MANIFEST]
    if not manifest.endswith(_END) or _LISTED in manifest or SIGNATURE in files:
        msg = "the manifest to seal must be indented JSON without sums, and not signed"
        raise ValueError(msg)
    paths = tuple(files)
    leads, tail = _leads(paths)
    parts = [manifest[: -len(_END)]]
    sealed = {MANIFEST: b""}
    for path, lead in zip(paths, leads, strict=True):
        if path != MANIFEST:
            data = files[path]
            parts += (lead, sha256(data).hexdigest().encode())
            sealed[path] = data
    parts.append(tail)
    sealed[MANIFEST] = b"".join(parts)
    return MappingProxyType(sealed)


@lru_cache(maxsize=256)
def _leads(paths: tuple[str, ...]) -> tuple[tuple[bytes, ...], bytes]:
    """What stands before each path's sum, and what ends the manifest; a few shapes of bundle share them."""
    leads = []
    before = ',\n  "files": {'
    for path in paths:
        leads.append(f'{before}\n    {json.dumps(path)}: "'.encode())
        if path != MANIFEST:
            before = '",'
    end = '"\n  }' if before == '",' else before + "}"
    return tuple(leads), end.encode() + _END


def signed(files: Files, signature: bytes) -> Files:
    """The sealed `files` with a signature over their manifest, which comes last."""
    return MappingProxyType({**files, SIGNATURE: signature})


def unsigned(files: Files) -> Files:
    """The files without their signature, where they have one."""
    if SIGNATURE not in files:
        return files
    return MappingProxyType({path: data for path, data in files.items() if path != SIGNATURE})


def tampered(manifest: Manifest, files: Files) -> tuple[Problem, ...]:
    """Every file that is missing, changed or not listed, judged by the manifest's own sums; sorted by path.

    A signature is set aside: whether it is right only its keys can tell.
    """
    unlisted = files.keys() - manifest.files.keys() - {MANIFEST, SIGNATURE}
    problems = [Problem(shown(path), "is not listed in the manifest") for path in unlisted]
    for path, digest in manifest.files.items():
        if path not in files:
            problems.append(Problem(path, "is missing"))
        elif sha256(files[path]).hexdigest() != digest:
            problems.append(Problem(path, "was changed after it was made"))
    return tuple(sorted(problems))


def compare(old: Files, new: Files) -> tuple[str, ...]:
    """What differs between the files that are there (`old`) and those that would be written (`new`), sorted by path.

    Signatures are set aside.
    """
    old, new = unsigned(old), unsigned(new)
    found = {path: f"{shown(path)}: is there but would not be written" for path in old.keys() - new.keys()}
    found |= {path: f"{shown(path)}: is missing" for path in new.keys() - old.keys()}
    found |= {path: f"{shown(path)}: differs" for path in old.keys() & new.keys() if old[path] != new[path]}
    return tuple(found[path] for path in sorted(found))
