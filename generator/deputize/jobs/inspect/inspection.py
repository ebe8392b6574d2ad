"""What `inspect` finds: whom a bundle is for, the state of each file, its signature, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deputize.bundle import Manifest
from deputize.errors import Problem
from deputize.model.values import Files


class FileState(StrEnum):
    """What a file is, held against the manifest."""

    OK = "ok"
    CHANGED = "changed"
    MISSING = "missing"
    UNLISTED = "unlisted"
    REFUSED = "refused"


class Rendered(StrEnum):
    """Whether every byte is what this deputize renders for the manifest."""

    SAME = "same"
    DIFFERS = "differs"
    OTHER_VERSION = "other-version"


class Signed(StrEnum):
    """What is known of the signature; UNCHECKED when it is there and nobody said whose keys to trust."""

    NONE = "none"
    GOOD = "good"
    BAD = "bad"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class BundleExpectations:
    """Whom a bundle should be for and from; what is not given is not compared. external_ids: all of them.

    signer: the principal of the allowed signers by whose key it should be signed.
    """

    tenant: str | None = None
    external_ids: tuple[str, ...] = ()
    vendor_account: str | None = None
    signer: str | None = None


@dataclass(frozen=True, slots=True)
class InspectedFile:
    """One file. sha256: of what is there, None where nothing could be read."""

    path: str
    sha256: str | None
    state: FileState


@dataclass(frozen=True, slots=True)
class Signature:
    """What became of the signature. signer: the principal whose key it is, key: type and fingerprint; or empty."""

    state: Signed
    signer: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a bundle is, and everything wrong with it.

    kind: "folder" or "zip". manifest_sha256: of the manifest's bytes, which the signature covers. content: the files
    without the signature.
    """

    path: str
    kind: str
    manifest: Manifest
    manifest_sha256: str
    files: tuple[InspectedFile, ...]
    rendered: Rendered
    signature: Signature
    problems: tuple[Problem, ...]
    content: Files
