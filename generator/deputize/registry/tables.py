"""The registry's tables, as the newest migration leaves them (a test compares); migrations never import this."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, MetaData, Table, Text, text

METADATA: Final = MetaData()
VERSION_TABLE: Final = "deputize_schema"

LIVE: Final = "state <> 'retired'"
_ROLE_LIVE: Final = f"{LIVE} AND role_arn IS NOT NULL"


def _partial(name: str, where: str, *columns: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


def _unique(name: str, where: str, *columns: str) -> Index:
    return _partial(name, where, *columns, unique=True)


GRANTS: Final = Table(
    "deputize_grants",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("partition", Text, nullable=False),
    Column("account_id", Text),
    Column("state", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("other_id", Text),
    Column("rotation", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("role_arn", Text),
    Column("role_account", Text),
    Column("role_name", Text),  # lower case: IAM's role names are unique whatever their case
    Column("role_id", Text),
    Column("access", Text),
    Column("evidence", Text),
    Column("endpoint", Text),
    Column("verified_at", Text),
    Column("checked_at", Text),
    Column("role_digest", Text),
    Column("ask", Text),
    Column("judged_by", Text),
    Column("probed_at", Text),
    Column("judged_anew", Text),
    Column("judged_digest", Text),
    Column("failed_since", Text),
    Column("accepted", Text),
    Column("accepted_until", Text),
    Column("accepted_reason", Text),
    CheckConstraint("state IN ('unverified', 'verified', 'suspended', 'retired')", name="deputize_grants_state"),
    CheckConstraint("rotation IN ('none', 'started', 'switched')", name="deputize_grants_rotation"),
    CheckConstraint("(rotation = 'none') = (other_id IS NULL)", name="deputize_grants_other_id"),
    CheckConstraint(
        "state <> 'verified' OR (role_arn IS NOT NULL AND verified_at IS NOT NULL AND endpoint IS NOT NULL)",
        name="deputize_grants_verified",
    ),
    _unique("deputize_grants_label", LIVE, "label"),
    _unique("deputize_grants_account", f"{LIVE} AND account_id IS NOT NULL", "tenant", "partition", "account_id"),
    _unique("deputize_grants_open", f"{LIVE} AND account_id IS NULL", "tenant"),
    _unique("deputize_grants_role", _ROLE_LIVE, "partition", "role_account", "role_name"),
    _unique("deputize_grants_role_id", f"{LIVE} AND role_id IS NOT NULL", "role_id"),
    Index("deputize_grants_tenant", "tenant", "account_id", "id"),
    Index("deputize_grants_name", "label"),
)

# Never changed and never deleted from: triggers refuse it. tenant NULL: reserved as nobody's.
ISSUED: Final = Table(
    "deputize_issued_ids",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("external_id", Text, nullable=False),
    Column("external_id_key", Text, nullable=False),  # folded here: lower() of a Turkish database is another one
    Column("tenant", Text),
    Column("weak_reason", Text, nullable=False),
    Column("issued_at", Text, nullable=False),
    Index("deputize_issued_ids_key", "external_id_key", unique=True),
    _partial("deputize_issued_ids_nobodys", "tenant IS NULL", "id"),
)

EVENTS: Final = Table(
    "deputize_events",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("account_id", Text),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("deputize_events_tenant", "tenant"),
)

# Runs of `verify --all`; one that never ended is taken up again.
SWEEPS: Final = Table(
    "deputize_sweeps",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("endpoint", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("ended_at", Text),
    _partial("deputize_sweeps_open", "ended_at IS NULL", "endpoint"),
)

# The pace of calls to an endpoint, shared by all processes; moments in microseconds since 1970, share in thousandths.
RATES: Final = Table(
    "deputize_rates",
    METADATA,
    Column("endpoint", Text, primary_key=True),
    Column("free_at", BigInteger, nullable=False),
    Column("share", Integer, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

# Who looks at which grant in a run that several processes share; until: when that ends unless it is renewed.
CLAIMS: Final = Table(
    "deputize_claims",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("sweep_id", Integer, nullable=False),
    Column("grant_id", Integer, nullable=False),
    Column("runner", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
    Index("deputize_claims_once", "sweep_id", "grant_id", unique=True),
    Index("deputize_claims_runner", "runner"),
)
