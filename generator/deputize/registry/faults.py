"""What a database can refuse, as errors that say where, what and how to mend; never SQLAlchemy's own."""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from deputize.errors import DeputizeError, DiffersError, InputError, Problem, ServiceError
from deputize.model.display import printable

_BACKUP: Final = "restore a backup, or name another registry"
# By the start of SQLite's name of the result code: https://www.sqlite.org/rescode.html
_SQLITE: Final[tuple[tuple[str, type[DeputizeError], str, str], ...]] = (
    ("SQLITE_BUSY", ServiceError, "is locked by another process", "try again when that one is done"),
    ("SQLITE_LOCKED", ServiceError, "is locked by another process", "try again when that one is done"),
    ("SQLITE_NOTADB", InputError, "is no SQLite database", "name another one with --registry"),
    ("SQLITE_CORRUPT", InputError, "is damaged", _BACKUP),
    ("SQLITE_CANTOPEN", ServiceError, "is gone or cannot be opened", "check the path and its permissions"),
    ("SQLITE_READONLY", ServiceError, "may not be written", "change its permissions, or name another registry"),
    ("SQLITE_PERM", ServiceError, "may not be opened", "change its permissions, or name another registry"),
    ("SQLITE_FULL", ServiceError, "cannot grow: the disk is full; nothing was changed", "make room and try again"),
    ("SQLITE_IOERR", ServiceError, "cannot be read or written: the disk failed", "check the disk and its space"),
)
# By the start of the SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL: Final = (
    ("55P03", "is locked by another process", "try again when that one is done"),
    ("40", "was changed by another process at the same moment", "try again"),
    ("28", "refuses this user", "check user and password of the URL"),
    ("25006", "may not be written: it is a standby, or set to read only", "name the server that writes"),
    ("42501", "lets this user do too little", "grant it the schema's tables, and CREATE for the first run"),
    ("3D", "does not exist", "create it, or check the URL"),
    ("42P01", "has lost its tables", _BACKUP),
    ("53100", "cannot grow: the disk is full; nothing was changed", "make room and try again"),
)


def translate(error: SQLAlchemyError, where: str) -> DeputizeError:
    """The error that a person is told; `where` names the database without its password."""
    if isinstance(error, NoSuchModuleError):
        return InputError(Problem(where, "is neither SQLite nor PostgreSQL", "name a file or postgresql://..."))
    cause = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(error, IntegrityError):
        # Writers wait for each other, so only one that goes around deputize comes here.
        what = f"refused the change: {_said(cause or error)}"
        return DiffersError(Problem(where, what, "nothing was changed; look with `deputize tenants show`"))
    if isinstance(cause, sqlite3.Error):
        return of_sqlite(cause, where)
    state = getattr(cause, "sqlstate", None) or ""
    for start, what, mend in _POSTGRESQL:
        if state.startswith(start):
            return ServiceError(Problem(where, what, mend))
    return ServiceError(Problem(where, f"does not answer: {_said(cause or error)}", "check the URL and the server"))


def of_sqlite(cause: sqlite3.Error, where: str) -> DeputizeError:
    """As `translate`, for an error that came from the driver itself."""
    name = str(getattr(cause, "sqlite_errorname", ""))
    for start, kind, what, mend in _SQLITE:
        if name.startswith(start):
            return kind(Problem(where, what, mend))
    if "no such table" in str(cause):
        return ServiceError(Problem(where, "has lost its tables", _BACKUP))
    return ServiceError(Problem(where, f"failed: {_said(cause)}", _BACKUP))


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return printable(lines[0], 200) if lines else type(error).__name__
