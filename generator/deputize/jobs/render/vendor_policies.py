"""What the vendor's own role should be allowed, as files beside the bundles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from deputize.disk import read_bytes, write_file_atomically
from deputize.errors import DiffersError, Problem
from deputize.iam.grammar import policy_from_json
from deputize.iam.policy import Policy
from deputize.jobs.render.run import RenderOptions
from deputize.model.assume_policy import assume_policy, is_assume_policy, own_account
from deputize.model.spec import Vendor

_ANOTHERS = "name another folder with --out, or use --force"


def assume_policies(vendor: Vendor, options: RenderOptions) -> dict[Path, bytes]:
    """What the vendor's own role should be allowed, as OUT/vendor/assume-policy.json, where that is not there yet.

    A vendor with accounts in several partitions has a file for each. Raises DiffersError for a file that is there and
    is not one of ours, or another vendor's, unless `force`, and for one that differs under `check`.
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
        if there not in (None, data) and not options.force and (problem := _kept(path, there, vendor, options)):
            raise DiffersError(problem)
        if there != data and not options.check:
            wanted[path] = data
    return wanted


def _kept(path: Path, there: bytes, vendor: Vendor, options: RenderOptions) -> Problem | None:
    """Why the file that is there stays; None when it is this vendor's."""
    policy = _policy(there)
    if policy is None or not is_assume_policy(policy):
        return Problem(str(path), "is there and was not made by deputize", "move it away, or use --force")
    account = own_account(policy)
    if account not in {one.id for one in vendor.accounts}:
        own = ", ".join(one.id for one in vendor.accounts)
        what = f"is of a vendor in account {account}, not of vendor {vendor.slug} in account {own}"
        return Problem(str(path), what, _ANOTHERS)
    others = sorted(slug for slug, owner in options.there.vendors if owner == account) if options.there else []
    if others and vendor.slug not in others:
        return Problem(str(path), f"is of vendor {', '.join(others)}, not of vendor {vendor.slug}", _ANOTHERS)
    return None


def write_assume_policies(wanted: Mapping[Path, bytes]) -> None:
    """Write what :func:`assume_policies` gave: once the bundles are there."""
    for path, data in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file_atomically(path, data)


def _policy(data: bytes) -> Policy | None:
    try:
        return policy_from_json(json.loads(data))
    except ValueError:
        return None
