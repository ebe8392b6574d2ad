"""IDs are unique by a key that Python folds, since no two databases agree on lower(); indexes for what is looked up."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ISSUED: Final = "deputize_issued_ids"
_COLUMNS: Final = "id, external_id, tenant, weak_reason, issued_at"
_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_BATCH: Final = 10_000


def upgrade() -> None:
    """Give each ID its key, and each look-up its index."""
    if op.get_bind().dialect.name == "postgresql":
        _key_in_place()
    else:
        _key_by_copy()
    op.create_index("deputize_issued_ids_key", _ISSUED, ["external_id_key"], unique=True)
    _partial("deputize_issued_ids_nobodys", _ISSUED, "id", "tenant IS NULL")
    op.create_index("deputize_grants_tenant", "deputize_grants", ["tenant", "account_id", "id"])
    op.create_index("deputize_grants_name", "deputize_grants", ["label"])
    _partial("deputize_sweeps_open", "deputize_sweeps", "endpoint", "ended_at IS NULL")


def _partial(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _key_in_place() -> None:
    op.add_column(_ISSUED, sa.Column("external_id_key", sa.Text))
    # The row's own guard would refuse to give it a key.
    op.execute(f"ALTER TABLE {_ISSUED} DISABLE TRIGGER USER")
    update = sa.text(f"UPDATE {_ISSUED} SET external_id_key = :key WHERE id = :id")  # noqa: S608 - a name of ours
    for batch in _batches(_keys()):
        op.get_bind().execute(update, batch)
    op.execute(f"ALTER TABLE {_ISSUED} ENABLE TRIGGER USER")
    op.alter_column(_ISSUED, "external_id_key", nullable=False)
    op.drop_index("deputize_issued_ids_once", _ISSUED)


def _key_by_copy() -> None:
    # SQLite adds no column that may not be NULL. Dropping the old table drops its index and its triggers.
    op.execute(f"ALTER TABLE {_ISSUED} RENAME TO deputize_issued_old")
    op.create_table(
        _ISSUED,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("external_id_key", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text),
        sa.Column("weak_reason", sa.Text, nullable=False),
        sa.Column("issued_at", sa.Text, nullable=False),
    )
    insert = sa.text(
        f"INSERT INTO {_ISSUED} ({_COLUMNS}, external_id_key) "  # noqa: S608 - names of ours
        f"SELECT {_COLUMNS}, :key FROM deputize_issued_old WHERE id = :id"
    )
    for batch in _batches(_keys("deputize_issued_old")):
        op.get_bind().execute(insert, batch)
    op.execute("DROP TABLE deputize_issued_old")
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {_ISSUED}_no_{change.lower()} BEFORE {change} ON {_ISSUED} "
            f"BEGIN SELECT RAISE(ABORT, '{_ISSUED} is append-only'); END"
        )


def _keys(table: str = _ISSUED) -> Iterator[dict[str, Any]]:
    """Each row's key: the ID in lower case.

    A database whose lower() is not ASCII's (Turkish, Azeri) may have let one ID in twice, in two cases. Both work on,
    since StringEquals tells them apart; the first has the key, the log tells the second's tenant, and a key that no
    ID can be keeps the second where it is.
    """
    seen = set[str]()
    twice = list[str | None]()
    rows = op.get_bind().execute(sa.text(f"SELECT id, external_id, tenant FROM {table} ORDER BY id"))  # noqa: S608
    for number, external_id, tenant in rows.all():
        key = str(external_id).translate(_LOWER)
        if key in seen:
            twice.append(tenant)
            key = f"{key} #{number}"
        seen.add(key)
        yield {"id": number, "key": key}
    for tenant in twice:
        _tell(tenant or "")


def _tell(tenant: str) -> None:
    what = "an external ID of this tenant was issued before in another case; rotate it"
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event = sa.text(
        "INSERT INTO deputize_events (at, who, tenant, what, detail) "
        "VALUES (:at, 'upgrade', :tenant, 'issued-twice', :detail)"
    )
    op.get_bind().execute(event, {"at": at, "tenant": tenant, "detail": what})


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch = list[dict[str, Any]]()
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
