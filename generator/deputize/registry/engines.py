"""How either database is spoken to: its connections, and how a transaction begins."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from deputize.errors import InputError, Problem, ServiceError

_CONNECT: Final = 10  # seconds to wait for a server
# How SQLite's names of results begin where it found no room for the index that connections share.
_NO_ROOM: Final = ("SQLITE_FULL", "SQLITE_IOERR")


def sqlite_engine(path: Path, patience: float) -> Engine:
    """The engine of a file that is there; patience: seconds to wait for another process's lock."""
    # mode=rw: a file that has vanished is an error, not a new and empty registry. A path that begins with two slashes
    # would name a host: https://www.sqlite.org/uri.html
    text = str(path)
    named = f"/{text.lstrip('/')}" if text.startswith("/") else text
    address = f"file:{quote(named)}?mode=rw"

    def opened() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=patience, isolation_level=None, check_same_thread=False)

    def connect() -> sqlite3.Connection:
        connection = opened()
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchall()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "").startswith(_NO_ROOM):
                # A full disk: alone, it needs no shared index (https://www.sqlite.org/wal.html#noshm), so that what
                # was stored can still be read.
                connection.close()
                connection = opened()
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        # Whatever cannot be read otherwise is told by the first query. Text of no encoding is told with its row.
        connection.text_factory = _text
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", _begin)
    return engine


def postgresql_engine(url: URL, where: str, patience: float) -> Engine:
    """The engine of a server; raises ServiceError without its driver. patience: seconds to wait for a lock."""
    try:
        engine = create_engine(
            url,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT, "client_encoding": "utf8"},
            # Whatever the database's own default: a later level's snapshot is taken before the writer's turn comes, so
            # that it would judge by what was there before the others.
            isolation_level="READ COMMITTED",
        )
    except ModuleNotFoundError:
        mend = "pip install 'deputize[postgres]'"
        raise ServiceError(Problem(where, "needs psycopg, which is not installed", mend)) from None

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(patience * 1000)}")

    return engine


def refuse_encoding(connection: Connection, where: str) -> None:
    """Raise InputError for a PostgreSQL database that cannot hold every name."""
    if connection.dialect.name != "postgresql":
        return
    driver: Any = connection.connection.driver_connection
    encoding = driver.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        what = f"holds text as {encoding}, which has no room for every tenant's name"
        mend = "make a database with ENCODING 'UTF8' TEMPLATE template0, and `tenants import` what `export` gave"
        raise InputError(Problem(where, what, mend))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail at once instead of waiting for its turn.
    write = connection.get_execution_options().get("deputize_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
