from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event

from deputize.errors import DeputizeError, InputError, ServiceError
from deputize.registry import GrantRequest, Registry, add, add_all, default_location, grants, open_registry
from deputize.registry.migrate import _FOLDER, _KNOWN, HEAD
from deputize.registry.tables import METADATA, VERSION_TABLE


def make(path: Path) -> Path:
    """A registry with one tenant, closed."""
    with open_registry(str(path), who="tester", create=True) as registry:
        add(registry, GrantRequest("a"))
    return path


def said(location: str, **choices: Any) -> tuple[type[DeputizeError], str]:
    """The error of opening and listing, which names the place and mends."""
    with pytest.raises(DeputizeError) as caught, open_registry(location, who="tester", **choices) as registry:
        grants(registry)
    assert caught.value.problems[0].where
    assert "sqlalchemy" not in str(caught.value).lower()
    return type(caught.value), str(caught.value)


def not_a_database(path: Path) -> None:
    """Text."""
    path.write_bytes(b"tenant,external_id\n" * 400)


def damaged(path: Path) -> None:
    """All pages but the first overwritten."""
    data = bytearray(make(path).read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)


def newer(path: Path) -> None:
    """Of a schema that is not known yet."""
    with sqlite3.connect(make(path)) as database:
        database.execute(f"UPDATE {VERSION_TABLE} SET version_num = '0999'")
    database.close()


def another_programs(path: Path) -> None:
    """Tables of somebody else."""
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE bookmarks (id)")
    database.close()


def without_tables(path: Path) -> None:
    """A table dropped."""
    with sqlite3.connect(make(path)) as database:
        database.execute("DROP TABLE deputize_grants")
    database.close()


def folder(path: Path) -> None:
    """A folder in its place."""
    path.mkdir()


def truncated(path: Path) -> None:
    """A registry cut to no bytes."""
    make(path).write_bytes(b"")


def without_any_table(path: Path) -> None:
    """A database in which nothing is."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 1")
    database.close()


def nothing(_: Path) -> None:
    """No file."""


BROKEN: list[tuple[Callable[[Path], None], type[DeputizeError], str]] = [
    (not_a_database, InputError, "is no SQLite database"),
    (damaged, InputError, "is damaged"),
    (newer, InputError, "was made by a newer deputize (schema '0999'"),
    (another_programs, InputError, "is a database, but no registry: it holds table 'bookmarks'"),
    (without_tables, ServiceError, "has lost its tables"),
    (folder, ServiceError, "is a directory"),
    (truncated, InputError, "is empty: what it issued is gone"),
    (without_any_table, InputError, "is empty: what it issued is gone"),
    (nothing, InputError, "does not exist"),
]


@pytest.mark.parametrize(("broken", "kind", "what"), BROKEN, ids=[row[0].__name__ for row in BROKEN])
def test_broken_file(tmp_path: Path, broken: Callable[[Path], None], kind: type[DeputizeError], what: str) -> None:
    """Each is an error that says where, what and how to mend, and is left as it was."""
    path = tmp_path / "registry.db"
    broken(path)
    before = path.read_bytes() if path.is_file() else b""
    found, message = said(str(path))
    assert (found, str(path) in message) == (kind, True)
    assert what in message
    assert "; " in message
    assert (path.read_bytes() if path.is_file() else b"") == before


@pytest.mark.parametrize("broken", [truncated, without_any_table, not_a_database])
def test_broken_file_is_not_made_anew(tmp_path: Path, broken: Callable[[Path], None]) -> None:
    """Who may make a registry makes none out of a file that is there: every ID that was issued would be forgotten."""
    path = tmp_path / "registry.db"
    broken(path)
    before = path.read_bytes()
    assert said(str(path), create=True)[0] is InputError
    assert path.read_bytes() == before


def test_making_leaves_nothing_else(tmp_path: Path) -> None:
    """Beside a registry that was made, and closed, there is no other file."""
    make(tmp_path / "registry.db")
    assert [path.name for path in tmp_path.iterdir()] == ["registry.db"]


@pytest.mark.parametrize(
    "location",
    ["mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "sqlite:///x?mode=memory", "http://x", "://"],
)
def test_location_that_is_none(location: str) -> None:
    """What is neither a file nor PostgreSQL is refused without showing it: it may hold a password."""
    found, message = said(location)
    assert found is InputError
    assert "names neither a file nor a PostgreSQL database" in message
    assert "secret" not in message


def test_locked(tmp_path: Path) -> None:
    """Another process's open write is waited for, and then told; readers go on meanwhile."""
    path = make(tmp_path / "registry.db")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with open_registry(str(path), who="tester", patience=0.1) as registry:
            assert len(grants(registry)) == 1
            with pytest.raises(ServiceError, match="is locked by another process; try again"):
                add(registry, GrantRequest("b"))
    finally:
        other.close()


def test_vanished(tmp_path: Path) -> None:
    """A file that goes away while it is open is an error and is not made anew, empty."""
    path = make(tmp_path / "registry.db")
    with open_registry(str(path), who="tester", create=True) as registry:
        path.unlink()
        with pytest.raises(ServiceError, match="is gone or cannot be opened"):
            grants(registry)
        with pytest.raises(ServiceError, match="is gone or cannot be opened"):
            add(registry, GrantRequest("b"))
    assert not path.exists()


def test_disk_full(tmp_path: Path) -> None:
    """A file that cannot grow: nothing of the change is kept."""
    path = make(tmp_path / "registry.db")
    with open_registry(str(path), who="tester") as registry:

        def no_more(connection: Any, _: Any) -> None:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")

        event.listen(registry._engine, "connect", no_more)
        rows = [GrantRequest(f"tenant-{number}", name="x" * 150) for number in range(200)]
        with pytest.raises(ServiceError, match="the disk is full; nothing was changed"):
            add_all(registry, rows)
        event.remove(registry._engine, "connect", no_more)
        assert [grant.tenant for grant in grants(registry)] == ["a"]


def test_file_is_the_owners_alone(tmp_path: Path) -> None:
    """0600 in a folder of 0700, also beside a loose umask, and SQLite's own files with it."""
    before = os.umask(0)
    try:
        with open_registry(str(tmp_path / "deep" / "registry.db"), who="tester", create=True) as registry:
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "deep").iterdir()}
            with registry.reading():
                modes |= {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "deep").iterdir()}
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700


def test_default_location() -> None:
    """The user's data folder, as XDG has it."""
    assert default_location({"XDG_DATA_HOME": "/data", "HOME": "/home/u"}) == "/data/deputize/registry.db"
    assert default_location({"XDG_DATA_HOME": "data", "HOME": "/home/u"}) == "/home/u/.local/share/deputize/registry.db"


def test_tables_are_what_migrations_make(registry: Registry) -> None:
    """The newest migration is HEAD, and the queries' tables have the columns and indexes that it leaves."""
    assert ScriptDirectory(str(_FOLDER)).get_heads() == [HEAD]
    assert HEAD in _KNOWN
    with registry.reading() as look:
        opts = {"version_table": VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(look, opts=opts)
        assert compare_metadata(context, METADATA) == []


END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = current_database()
"""


def test_postgresql_that_is_not_there(postgresql: Path) -> None:
    """No server and no such database are told, without the password."""
    found, message = said("postgresql://deputize:secret@/d?host=/nonexistent")
    assert found is ServiceError
    assert "does not answer" in message
    assert "secret" not in message
    assert "does not exist" in said(f"postgresql://deputize@/nothing?host={postgresql}")[1]


def test_postgresql_session_ended(new_database: str) -> None:
    """A session that was ended while it rested is made anew; one in the middle of a change is an error."""
    with open_registry(new_database, who="tester") as registry, psycopg.connect(new_database, autocommit=True) as admin:
        add(registry, GrantRequest("a"))
        admin.execute(END_OTHERS)
        assert len(grants(registry)) == 1

        def end(_: Any, __: Any, statement: str, *___: Any) -> None:
            if statement.startswith("INSERT INTO deputize_events"):
                admin.execute(END_OTHERS)

        event.listen(registry._engine, "before_cursor_execute", end)
        with pytest.raises(ServiceError, match="does not answer"):
            add_all(registry, [GrantRequest("b"), GrantRequest("c")])
        event.remove(registry._engine, "before_cursor_execute", end)
        assert len(grants(registry)) == 1


def test_postgresql_locked(new_database: str) -> None:
    """Another process's open write is waited for, and then told."""
    with open_registry(new_database, who="tester", patience=0.2) as registry, registry.writing():
        other = open_registry(new_database, who="tester", patience=0.2)
        with other, pytest.raises(ServiceError, match="is locked by another process"):
            add(other, GrantRequest("b"))


def test_postgresql_schema(new_database: str) -> None:
    """Lost tables, a newer schema and tables of ours without a version are told."""
    open_registry(new_database, who="tester").close()
    with psycopg.connect(new_database, autocommit=True) as admin:
        admin.execute("DROP TABLE deputize_grants")
        assert "has lost its tables" in said(new_database)[1]
        admin.execute(f"UPDATE {VERSION_TABLE} SET version_num = '0999'".encode())
        assert "newer deputize" in said(new_database)[1]
        admin.execute(f"DROP TABLE {VERSION_TABLE}".encode())
        assert "is a database, but no registry" in said(new_database)[1]
