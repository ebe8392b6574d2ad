"""The only user files: inputs with a size cap; a folder or zip written whole or not at all; the verdict cache.

What "whole or not at all" rests on: everything is made in a working folder beside its target and comes to its place by
one rename; a run that dies leaves its working folder, and the next run in the same place restores or removes what is
in it. It holds for a process that is killed. Nothing is flushed to the medium before the rename, which would cost 13
times as much: after a power cut a bundle may be torn, and its manifest says so.
"""

from __future__ import annotations

from deputize.disk.cache import VerdictCache, user_cache_dir
from deputize.disk.manifests import FoundManifest, find_manifests
from deputize.disk.reading import (
    check_bundle,
    read_bytes,
    read_folder,
    read_text,
    rereadable,
    stream_lines,
    survey_folder,
)
from deputize.disk.writing import BundleWriter, WriteOutcome, write_bundle, write_file_atomically

__all__ = [
    "BundleWriter",
    "FoundManifest",
    "VerdictCache",
    "WriteOutcome",
    "check_bundle",
    "find_manifests",
    "read_bytes",
    "read_folder",
    "read_text",
    "rereadable",
    "stream_lines",
    "survey_folder",
    "user_cache_dir",
    "write_bundle",
    "write_file_atomically",
]
