"""A registry's schema: made where there is none, brought up to date where it is old, refused where it is not ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, MetaData, Table, inspect, select
from sqlalchemy.schema import Column
from sqlalchemy.types import String

from deputize.errors import InputError, Problem
from deputize.model.display import shown
from deputize.registry.tables import VERSION_TABLE

# The newest migration; a test compares it with the folder's.
HEAD: Final = "0004"
_KNOWN: Final = ("0001", "0002", "0003", "0004")
_IS_REVISION: Final = re.compile(r"[0-9]{4}", re.ASCII)
_FOLDER: Final = Path(__file__).parent / "migrations"
_VERSIONS: Final = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32)))


def revision(connection: Connection, where: str) -> str | None:
    """The migration that the database stands at, None when it is empty.

    Raises InputError for a database of another program, or of a newer deputize.
    """
    names = set(inspect(connection).get_table_names())
    if VERSION_TABLE in names:
        rows = connection.execute(select(_VERSIONS.c.version_num)).scalars().all()
        found = rows[0] if len(rows) == 1 else None
        if found in _KNOWN:
            return str(found)
        if found is None or not _IS_REVISION.fullmatch(str(found)):
            what = (
                f"does not say which schema it has: table {VERSION_TABLE} has {len(rows)} rows, not one with a number"
            )
            raise InputError(Problem(where, what, "restore a backup, or name another registry"))
        what = f"was made by a newer deputize (schema {shown(str(found))}, this one knows {HEAD})"
        raise InputError(Problem(where, what, "upgrade deputize, or name another registry"))
    # A PostgreSQL database may well be shared, a file is one program's.
    ours = {name for name in names if name.startswith("deputize_")}
    if ours or (names and connection.dialect.name == "sqlite"):
        what = f"is a database, but no registry: it holds table {shown(min(ours or names))}"
        raise InputError(Problem(where, what, "name another one with --registry"))
    return None


def upgrade(connection: Connection) -> None:
    """Bring the schema to HEAD inside the connection's own transaction."""
    # Loaded only here: it takes a quarter of a second, and hardly any run needs it.
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    # Alembic's ini values are templates.
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)

    def steps(found: Any, _: Any) -> list[Any]:
        return script._upgrade_revs(HEAD, found)  # noqa: SLF001 - as alembic's own command does

    with EnvironmentContext(config, script, fn=steps, destination_rev=HEAD) as environment:
        environment.configure(connection=connection, version_table=VERSION_TABLE)
        environment.run_migrations()
