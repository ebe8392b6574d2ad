"""Opening a registry, and its two kinds of transaction: many that read, one at a time that writes."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import URL, Connection, Engine, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from deputize.errors import InputError, Problem
from deputize.model.display import shown
from deputize.registry.engines import postgresql_engine, refuse_encoding, sqlite_engine
from deputize.registry.faults import of_sqlite, translate
from deputize.registry.migrate import HEAD, revision, upgrade
from deputize.registry.sqlite_file import empty, look_at

PATIENCE: Final = 30.0  # seconds to wait for another process's transaction
_WRITE_LOCK: Final = 0x6465707574697A65  # "deputize": one number in PostgreSQL's space of advisory locks
_POSTGRESQL: Final = ("postgresql", "postgres", "postgresql+psycopg")


class Registry:
    """An open registry, shared between threads; `where` names it without its password, the event log names `who`."""

    def __init__(self, engine: Engine, where: str, who: str) -> None:
        self._engine = engine
        self.where = where
        self.who = who

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent look. Raises ServiceError or InputError for what the database refuses."""
        with self._faults(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that nobody else writes beside; kept whole, or undone by any exception.

        So what it has looked up still holds when it writes, on both engines; the unique indexes are a second wall.
        """
        writer = self._engine.execution_options(deputize_write=True)
        with self._faults(), writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITE_LOCK})
            yield connection

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise translate(error, self.where) from None


def default_location(environ: Mapping[str, str]) -> str:
    """The path of the registry that nobody named: registry.db in the user's data folder.

    https://specifications.freedesktop.org/basedir-spec/latest/: a relative XDG_DATA_HOME is ignored.
    """
    base = environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(base):  # noqa: PTH117 - an empty text is no path
        base = str(Path(environ.get("HOME") or "/nonexistent", ".local", "share"))
    return str(Path(base, "deputize", "registry.db"))


def open_registry(location: str, *, who: str, create: bool = False, patience: float = PATIENCE) -> Registry:
    """Open the registry at a path, or at a sqlite:// or postgresql:// URL; an older one gets the newest schema.

    create: make the file (0600) where none is; one that is empty is refused, since a truncated registry must not
    forget what it issued. patience: seconds to wait for another process's lock.
    Raises InputError for what is no registry or a newer deputize's, ServiceError for a database that does not answer.
    """
    url = _url(location)
    if url.drivername != "sqlite":
        where = f"registry {url.set(drivername='postgresql').render_as_string(hide_password=True)}"
        engine = postgresql_engine(url, where, patience)
        return _prepared(Registry(engine, where, who), patience, new=True)
    path = Path(url.database or "")
    where = f"registry {shown(str(path), 200)}"

    def make(empty_file: Path) -> None:
        registry = Registry(sqlite_engine(empty_file, patience), where, "")
        _prepared(registry, patience, new=True).close()

    look_at(path, where, make if create else None)
    return _prepared(Registry(sqlite_engine(path, patience), where, who), patience)


def is_there(location: str) -> bool:
    """Whether a registry need not be made there first; a server's counts as there. Raises InputError as opening."""
    url = _url(location)
    return url.drivername != "sqlite" or os.path.lexists(url.database or "")


def _prepared(registry: Registry, patience: float, *, new: bool = False) -> Registry:
    try:
        _prepare(registry, patience, new=new)
    except BaseException:
        registry.close()
        raise
    return registry


def _url(location: str) -> URL:
    try:
        url = make_url(location) if "://" in location else URL.create("sqlite", database=location)
    except (ArgumentError, ValueError):
        url = URL.create("unknown")
    if url.drivername in _POSTGRESQL:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername != "sqlite" or not url.database or url.database == ":memory:" or url.query:
        # The text itself is not shown: a URL may hold a password.
        mend = "give a path, sqlite:///PATH or postgresql://USER@HOST/DATABASE"
        raise InputError(Problem("--registry", "names neither a file nor a PostgreSQL database", mend))
    return url


def _prepare(registry: Registry, patience: float, *, new: bool) -> None:
    with registry.reading() as look:
        refuse_encoding(look, registry.where)
        found = revision(look, registry.where)
        file = look.dialect.name == "sqlite"
    if found == HEAD:
        return
    if found is None and not new:
        raise empty(registry.where)
    if file:
        _write_ahead(registry, patience)
    with registry.writing() as change:
        # Another process may have been quicker.
        if revision(change, registry.where) != HEAD:
            upgrade(change)


def _write_ahead(registry: Registry, patience: float) -> None:
    """Let readers and the writer not wait for each other; SQLite does not wait for a turn to change this by itself."""
    give_up = time.monotonic() + patience
    while True:
        with registry._faults():  # noqa: SLF001 - the same module
            connection = registry._engine.raw_connection()  # noqa: SLF001 - outside any transaction
            try:
                connection.cursor().execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if time.monotonic() > give_up:
                    raise of_sqlite(error, registry.where) from None
            finally:
                connection.close()
        time.sleep(0.02)
