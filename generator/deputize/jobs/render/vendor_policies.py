"""What the vendor's own role should be allowed, as files beside the bundles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from deputize.disk import read_bytes, write_file_atomically
from deputize.errors import DiffersError, Problem
from deputize.iam.grammar import policy_from_json
from deputize.jobs.render.run import RenderOptions
from deputize.model.assume_policy import SIDS, assume_policy
from deputize.model.spec import Vendor


def assume_policies(vendor: Vendor, options: RenderOptions) -> dict[Path, bytes]:
    """What the vendor's own role should be allowed, as OUT/vendor/assume-policy.json, where that is not there yet.

    A vendor with accounts in several partitions has a file for each. Raises DiffersError for a file that is there and
    is not one of ours, unless `force`, and for one that differs under `check`.
    """
    wanted = {}
    for number, account in enumerate(vendor.accounts):
        name = "assume-policy.json" if number == 0 else f"assume-policy.{account.partition}.json"
        path = options.out / "vendor" / name
        data = f"{json.dumps(assume_policy(vendor, account).to_json(), indent=2)}\n".encode()
        if path.is_symlink() or path.parent.is_symlink():
            raise DiffersError(Problem(str(path), "is reached through a symbolic link", "remove the link"))
        there = read_bytes(path) if path.exists() else None
        if there is not None and there != data and options.check:
            raise DiffersError(Problem(str(path), "differs"))
        if there is not None and not options.force and not _is_assume_policy(there):
            what, mend = "is there and was not made by deputize", "move it away, or use --force"
            raise DiffersError(Problem(str(path), what, mend))
        if there != data and not options.check:
            wanted[path] = data
    return wanted


def write_assume_policies(wanted: Mapping[Path, bytes]) -> None:
    """Write what :func:`assume_policies` gave: once the bundles are there."""
    for path, data in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file_atomically(path, data)


def _is_assume_policy(data: bytes) -> bool:
    try:
        return tuple(one.sid for one in policy_from_json(json.loads(data)).statements) == SIDS
    except ValueError:
        return False
