"""What a role was and by what it was judged; what is accepted until when: 30 days for whoever was verified before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_GRACE = timedelta(days=30)
_NEW = (
    "role_digest",
    "ask",
    "judged_by",
    "probed_at",
    "judged_anew",
    "judged_digest",
    "failed_since",
    "accepted",
    "accepted_until",
    "accepted_reason",
)


def upgrade() -> None:
    """Add the columns; nobody who was verified before loses anything by what was not kept then."""
    for name in _NEW:
        op.add_column("deputize_grants", sa.Column(name, sa.Text))
    today = datetime.now(UTC)
    until, reason = _stamp(today + _GRACE), f"verified before the upgrade of {today.date().isoformat()}"
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "UPDATE deputize_grants SET accepted = 'upgrade', accepted_until = :until, accepted_reason = :reason"
            " WHERE state = 'verified'"
        ),
        {"until": until, "reason": reason},
    )
    connection.execute(
        sa.text(
            "INSERT INTO deputize_events (at, who, tenant, account_id, what, detail)"
            " SELECT :at, 'upgrade', tenant, account_id, 'probes-accepted', :detail FROM deputize_grants"
            " WHERE state = 'verified' AND evidence = 'probes' ORDER BY id"
        ),
        {"at": _stamp(today), "detail": f"until={until} reason={reason}"},
    )


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
