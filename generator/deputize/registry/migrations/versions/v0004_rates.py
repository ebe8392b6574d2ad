"""What processes that verify side by side share: the pace of their calls, and who looks at which grant."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "deputize_rates",
        sa.Column("endpoint", sa.Text, primary_key=True),
        sa.Column("free_at", sa.BigInteger, nullable=False),
        sa.Column("share", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "deputize_claims",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sweep_id", sa.Integer, nullable=False),
        sa.Column("grant_id", sa.Integer, nullable=False),
        sa.Column("runner", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_index("deputize_claims_once", "deputize_claims", ["sweep_id", "grant_id"], unique=True)
    op.create_index("deputize_claims_runner", "deputize_claims", ["runner"])
