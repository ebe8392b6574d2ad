"""What a bundle is once its files are there: sealed with a manifest, read back, compared, packed; all of it pure.

The manifest says whom a bundle is for and what each file's bytes were, so a bundle can be judged without the tool
that made it, and replaced only where nobody has changed it. It is no signature: who can change a file can change
the manifest too. So a vendor may put one beside it, made with an SSH key over the manifest's bytes.
"""

from __future__ import annotations

from deputize.bundle.archive import unzip, zip_bytes
from deputize.bundle.directory import first_file, looks_zipped
from deputize.bundle.issued import Issued, issued, signature_lost, taken_back
from deputize.bundle.manifest import SCHEMA, Manifest, read_manifest
from deputize.bundle.paths import path_fault, shown
from deputize.bundle.seals import compare, seal, signed, tampered, unsigned
from deputize.model.format import MANIFEST, SIGNATURE

__all__ = [
    "MANIFEST",
    "SCHEMA",
    "SIGNATURE",
    "Issued",
    "Manifest",
    "compare",
    "first_file",
    "issued",
    "looks_zipped",
    "path_fault",
    "read_manifest",
    "seal",
    "shown",
    "signature_lost",
    "signed",
    "taken_back",
    "tampered",
    "unsigned",
    "unzip",
    "zip_bytes",
]
