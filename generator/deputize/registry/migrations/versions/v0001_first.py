"""The first schema: grants, issued IDs, events, sweeps, and triggers that keep the log append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_LIVE = "state <> 'retired'"
_KEPT = ("deputize_issued_ids", "deputize_events")


def upgrade() -> None:
    """Make everything."""
    _grants()
    op.create_table(
        "deputize_issued_ids",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text),
        sa.Column("weak_reason", sa.Text, nullable=False),
        sa.Column("issued_at", sa.Text, nullable=False),
    )
    op.create_index("deputize_issued_ids_once", "deputize_issued_ids", [sa.text("lower(external_id)")], unique=True)
    op.create_table(
        "deputize_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("deputize_events_tenant", "deputize_events", ["tenant"])
    op.create_table(
        "deputize_sweeps",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text),
    )
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def _grants() -> None:
    op.create_table(
        "deputize_grants",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("tenant", "label", "name", "locale", "partition")),
        sa.Column("account_id", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("other_id", sa.Text),
        sa.Column("rotation", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("role_arn", "role_account", "role_name", "role_id")),
        *(sa.Column(name, sa.Text) for name in ("access", "evidence", "endpoint", "verified_at", "checked_at")),
        sa.CheckConstraint("state IN ('unverified', 'verified', 'suspended', 'retired')", name="deputize_grants_state"),
        sa.CheckConstraint("rotation IN ('none', 'started', 'switched')", name="deputize_grants_rotation"),
        sa.CheckConstraint("(rotation = 'none') = (other_id IS NULL)", name="deputize_grants_other_id"),
        sa.CheckConstraint(
            "state <> 'verified' OR (role_arn IS NOT NULL AND verified_at IS NOT NULL AND endpoint IS NOT NULL)",
            name="deputize_grants_verified",
        ),
    )
    account = ["tenant", "partition", "account_id"]
    _unique("deputize_grants_label", ["label"], _LIVE)
    _unique("deputize_grants_account", account, f"{_LIVE} AND account_id IS NOT NULL")
    _unique("deputize_grants_open", ["tenant"], f"{_LIVE} AND account_id IS NULL")
    role = ["partition", "role_account", "role_name"]
    _unique("deputize_grants_role", role, f"{_LIVE} AND role_arn IS NOT NULL")
    _unique("deputize_grants_role_id", ["role_id"], f"{_LIVE} AND role_id IS NOT NULL")


def _unique(name: str, columns: list[str], where: str) -> None:
    clause = sa.text(where)
    op.create_index(name, "deputize_grants", columns, unique=True, sqlite_where=clause, postgresql_where=clause)


def _sqlite_triggers() -> None:
    for table in _KEPT:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION deputize_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in _KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION deputize_refuse()"
        )
