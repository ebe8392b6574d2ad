"""Opening a registry, and its two kinds of transaction: many that read, one at a time that writes."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from deputize.errors import InputError, Problem, ServiceError
from deputize.model.display import shown
from deputize.registry.faults import of_sqlite, translate
from deputize.registry.migrate import HEAD, revision, upgrade

PATIENCE: Final = 30.0  # seconds to wait for another process's transaction
_CONNECT: Final = 10  # seconds to wait for a server
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
        return _prepared(_postgresql(url, who, patience), patience, new=True)
    path = Path(url.database or "")
    where = f"registry {shown(str(path), 200)}"
    _look_at(path, where, patience, create=create)
    return _prepared(_sqlite(path, where, who, patience), patience)


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


def _look_at(path: Path, where: str, patience: float, *, create: bool) -> None:
    """Make the file if it is not there and may be made; raise for one that cannot be opened or is empty."""
    try:
        if create and not os.path.lexists(path):
            _make(path, where, patience)
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        size = os.fstat(file).st_size
        os.close(file)
    except FileNotFoundError:
        mend = "`deputize tenants add` makes one; or name another with --registry"
        raise InputError(Problem(where, "does not exist", mend)) from None
    except OSError as error:
        what = f"cannot be opened: {(error.strerror or 'failed').lower()}"
        raise ServiceError(Problem(where, what, "check the path and its permissions")) from None
    if size == 0:
        # Before SQLite sees it: that would throw away a -wal file which may still hold what was issued.
        raise _empty(where)


def _empty(where: str) -> InputError:
    mend = "restore a backup; remove the file only if it never was a registry"
    return InputError(Problem(where, "is empty: what it issued is gone", mend))


def _make(path: Path, where: str, patience: float) -> None:
    """Make a registry under another name and give it its own when it is whole: nobody ever sees an empty one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # 0600; SQLite gives its -wal and -shm files the same mode.
    file, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(file)
    try:
        _prepared(_sqlite(Path(name), where, "", patience), patience, new=True).close()
        # Unlike a rename this never replaces the one that another process made meanwhile.
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)  # noqa: PTH108 - what mkstemp gives is a text


def _sqlite(path: Path, where: str, who: str, patience: float) -> Registry:
    # mode=rw: a file that has vanished is an error, not a new and empty registry.
    address = f"file:{quote(str(path))}?mode=rw"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=patience, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", _begin)
    return Registry(engine, where, who)


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail at once instead of waiting for its turn.
    write = connection.get_execution_options().get("deputize_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _postgresql(url: URL, who: str, patience: float) -> Registry:
    where = f"registry {url.set(drivername='postgresql').render_as_string(hide_password=True)}"
    try:
        engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT})
    except ModuleNotFoundError:
        mend = "pip install 'deputize[postgres]'"
        raise ServiceError(Problem(where, "needs psycopg, which is not installed", mend)) from None

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(patience * 1000)}")

    return Registry(engine, where, who)


def _prepare(registry: Registry, patience: float, *, new: bool) -> None:
    with registry.reading() as look:
        found = revision(look, registry.where)
        file = look.dialect.name == "sqlite"
    if found == HEAD:
        return
    if found is None and not new:
        raise _empty(registry.where)
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
