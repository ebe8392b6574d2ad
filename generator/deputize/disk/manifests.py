"""The manifests of the bundles that lie in one folder, as folders or zips: read once, without their other files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deputize.bundle import MANIFEST, Manifest, first_file, read_manifest
from deputize.disk.os_errors import trouble
from deputize.disk.walking import is_bundle, read_file
from deputize.errors import InputError

_HEAD: Final = 256 << 10  # bytes: a manifest has some 4 KiB, and a zip begins with it
_ZIP: Final = ".zip"


@dataclass(frozen=True, slots=True)
class FoundManifest:
    """The manifest of one bundle. name: of its folder or zip. manifest: None when it cannot be read."""

    name: str
    manifest: Manifest | None


def find_manifests(folder: str) -> Iterator[FoundManifest]:
    """What lies in `folder` and says that it is a bundle, sorted by name; nothing is followed, hidden names are ours.

    A folder that is not there has none. Raises InputError when it cannot be listed.
    """
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        raise trouble(folder, error) from error
    for entry in entries:
        if not entry.name.startswith(".") and (found := _found(entry)) is not None:
            yield found


def _found(entry: os.DirEntry[str]) -> FoundManifest | None:
    if entry.is_dir(follow_symlinks=False):
        return _read(entry.name, f"{entry.path}/{MANIFEST}") if is_bundle(entry.path) else None
    if entry.is_file(follow_symlinks=False) and entry.name.endswith(_ZIP):
        return _zipped(entry)
    return None


def _read(name: str, path: str) -> FoundManifest:
    try:
        data = read_file(path, _HEAD, follow=False)
        return FoundManifest(name, read_manifest({MANIFEST: data or b""}))
    except InputError:
        return FoundManifest(name, None)


def _zipped(entry: os.DirEntry[str]) -> FoundManifest | None:
    try:
        with open(os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123
            first = first_file(file.read(_HEAD))
    except OSError:
        return FoundManifest(entry.name, None)
    if first is None or not first[0].endswith(f"/{MANIFEST}"):
        return None
    try:
        return FoundManifest(entry.name, read_manifest({MANIFEST: first[1]}))
    except InputError:
        return FoundManifest(entry.name, None)
