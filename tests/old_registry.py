"""A registry as the first schema had it, with grants that were verified then."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deputize.registry import open_registry
from roles import ago

_ROW = (
    "INSERT INTO deputize_grants (id, tenant, label, name, locale, partition, account_id, state, external_id, rotation,"
    " generation, role_arn, role_account, role_name, role_id, access, evidence, endpoint, verified_at, checked_at)"
    " VALUES (:id, :tenant, :tenant, '', 'en', 'aws', :account, :state, :external_id, 'none', 1, :arn, :account, :role,"
    " :role_id, 'ok', :evidence, :endpoint, :at, :at)"
)
_ID = "INSERT INTO deputize_issued_ids (external_id, tenant, weak_reason, issued_at) VALUES (?, ?, '', ?)"


def make_old_registry(path: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Make it, with a grant of each row: tenant, external_id, arn, role_id, evidence and, other than usual, more."""
    Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with pytest.MonkeyPatch.context() as old:
        for module in ("database", "migrate"):
            old.setattr(f"deputize.registry.{module}.HEAD", "0001")
        open_registry(path, who="old", create=True).close()
    with closing(sqlite3.connect(path)) as file, file:
        for number, given in enumerate(rows, 1):
            account, role = given["arn"].split(":")[4], given["arn"].rpartition("/")[2]
            usual = {"id": number, "account": account, "role": role, "state": "verified", "endpoint": "aws"}
            row = {**usual, "at": ago(3), **given}
            file.execute(_ROW, row)
            file.execute(_ID, (row["external_id"], row["tenant"], row["at"]))
