"""The texts that the rules' good and bad cases are made from."""

from __future__ import annotations

from collections.abc import Callable

from deputize.checks.own.subject import Ids

VENDOR_ACCOUNT = "111122223333"
VENDOR_ROOT = f"arn:aws:iam::{VENDOR_ACCOUNT}:root"
EXTERNAL_ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"


def ids(*external_ids: str) -> Callable[[], Ids]:
    """A case: a tenant with these external IDs."""
    return lambda: Ids("a-company", external_ids)
