"""What is looked at before a registry is used: whose the file is, what the database can hold, what a kill has left."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

import deputize.errors
import postgres
from deputize.errors import InputError, ServiceError
from deputize.registry import GrantRequest, add, find, grants, open_registry

SOURCE = str(Path(deputize.errors.__file__).parents[1])
REPEATABLE = ("repeatable read", "serializable")


def made(path: Path) -> Path:
    """A registry with one tenant, closed."""
    with open_registry(str(path), who="tester", create=True) as registry:
        add(registry, GrantRequest("a"))
    return path


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602, 0o660, 0o777])
def test_a_file_that_others_may_write(tmp_path: Path, mode: int) -> None:
    """It is refused with its mode and the mend, for readers and makers, and opened once it is mended."""
    path = made(tmp_path / "registry.db")
    path.chmod(mode)
    for create in (False, True):
        with pytest.raises(InputError, match=rf"written by other users \(mode {mode:04o}\).*; .*chmod 600"):
            open_registry(str(path), who="tester", create=create)
    path.chmod(0o600)
    with open_registry(str(path), who="tester") as registry:
        assert find(registry, "a").tenant == "a"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o700])
def test_a_file_that_others_may_only_read(tmp_path: Path, mode: int) -> None:
    """It is used: whoever reads it makes nothing verified."""
    path = made(tmp_path / "registry.db")
    path.chmod(mode)
    open_registry(str(path), who="tester").close()


FOLDERS = [(0o777, False), (0o703, False), (0o1777, True), (0o775, True), (0o755, True)]


@pytest.mark.parametrize(("mode", "taken"), FOLDERS)
def test_a_folder_that_everybody_may_write(tmp_path: Path, *, mode: int, taken: bool) -> None:
    """Who may replace the file need not write it; in a folder like /tmp nobody may."""
    folder = tmp_path / "data"
    made(folder / "registry.db")
    folder.chmod(mode)
    link = tmp_path / "link.db"
    link.symlink_to(folder / "registry.db")
    for path in (folder / "registry.db", link):
        if taken:
            open_registry(str(path), who="tester").close()
        else:
            with pytest.raises(InputError, match=r"folder that everybody may write.*; `chmod o-w`"):
                open_registry(str(path), who="tester")
    folder.chmod(0o700)


def test_what_a_killed_creation_left(tmp_path: Path) -> None:
    """Its files are removed by the next that may make one; what is young, another's or no such name stays."""
    old = [f".registry.db.a1b2c3_d{end}" for end in ("", "-wal", "-shm", "-journal")]
    kept = [".registry.db.a1b2c3_d.bak", ".registry.db.short", "other.db.a1b2c3_d", ".registry.db.A1B2C3_D"]
    young, folder, link = ".registry.db.zzzzzzzz", ".registry.db.yyyyyyyy", ".registry.db.xxxxxxxx"
    for name in (*old, *kept, young):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / folder).mkdir()
    (tmp_path / link).symlink_to(tmp_path / kept[0])
    with pytest.MonkeyPatch.context() as later:
        now = time.time()
        later.setattr("deputize.registry.sqlite_file.time.time", lambda: now + 1000)
        os.utime(tmp_path / young, (now + 900, now + 900))
        made(tmp_path / "registry.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, young, folder, link, "registry.db"])


@pytest.mark.parametrize("start", ["//", "///", "sqlite:////", "sqlite://///"])
def test_a_path_with_two_slashes(tmp_path: Path, start: str) -> None:
    """It is the same file as with one."""
    path = made(tmp_path / "a b%#?.db" if "://" not in start else tmp_path / "x.db")
    with open_registry(start + str(path).lstrip("/"), who="tester") as registry:
        assert find(registry, "a").tenant == "a"


FULL = """
import resource, sys
from deputize.errors import ServiceError
from deputize.registry import GrantRequest, add, find, grants, open_registry
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
with open_registry(sys.argv[1], who="tester") as registry:
    print(len(grants(registry)), find(registry, "a").state)
    try:
        add(registry, GrantRequest("b", name="x" * 150))
    except ServiceError as error:
        print(error)
"""


def test_a_full_disk_lets_everything_be_read(tmp_path: Path) -> None:
    """Where no file can grow, not even SQLite's shared index: grants are listed, and a change is refused."""
    path = made(tmp_path / "registry.db")
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", FULL, str(path)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCE},
    )
    lines = told.stdout.splitlines()
    assert lines[0] == "1 unverified"
    assert "check the disk" in lines[1]
    with open_registry(str(path), who="tester") as registry:
        assert [grant.tenant for grant in grants(registry)] == ["a"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_JP"])
def test_a_database_that_cannot_hold_every_name(postgresql: Path, encoding: str) -> None:
    """It is refused when it is opened, before it is made a registry, with the way to make another."""
    location = postgres.new_database(postgresql, f"TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
    with pytest.raises(InputError, match=f"holds text as {encoding}.*; make a database with ENCODING 'UTF8'"):
        open_registry(location, who="tester", create=True)
    with psycopg.connect(location) as look:
        assert look.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'deputize%'").fetchone() == (0,)


def test_a_clients_own_encoding_has_no_say(new_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name beyond Latin-1 is stored, whatever the environment says that this terminal speaks."""
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    with open_registry(new_database, who="tester") as registry:
        assert add(registry, GrantRequest("a", name="株式会社テスト")).name == "株式会社テスト"


@pytest.mark.parametrize("level", REPEATABLE)
def test_a_databases_own_isolation_has_no_say(postgresql: Path, level: str) -> None:
    """Whoever waited for its turn sees what was stored meanwhile, and says what it is."""
    location = postgres.new_database(postgresql, "", f"default_transaction_isolation = '{level}'")
    with open_registry(location, who="first") as first, open_registry(location, who="second") as second:
        for registry in (first, second):
            with registry.reading() as look:
                found = look.exec_driver_sql("SHOW transaction_isolation").scalar()
                assert found == "read committed"
        add(first, GrantRequest("a"))
        with pytest.raises(InputError, match="is there"):
            add(second, GrantRequest("a"))


def test_a_database_that_is_only_read(postgresql: Path) -> None:
    """A registry on a standby is listed; a change says that it may not be written."""
    location = postgres.new_database(postgresql)
    with open_registry(location, who="tester") as registry:
        add(registry, GrantRequest("a"))
    name = location.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(location, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    with open_registry(location, who="tester") as registry:
        assert [grant.tenant for grant in grants(registry)] == ["a"]
        with pytest.raises(ServiceError, match=r"may not be written: .*standby"):
            add(registry, GrantRequest("b"))


@pytest.mark.parametrize("rows", ["", "('0001'), ('0002')", "('x')", "('None')"])
def test_a_schema_table_that_does_not_tell(location: str, rows: str) -> None:
    """It is told as what it is, and not as a newer deputize's."""
    with open_registry(location, who="tester", create=True) as registry, registry.writing() as tx:
        tx.exec_driver_sql("DELETE FROM deputize_schema")
        if rows:
            tx.exec_driver_sql(f"INSERT INTO deputize_schema VALUES {rows}")
    with pytest.raises(InputError, match=r"does not say which schema it has.*; restore a backup"):
        open_registry(location, who="tester")
