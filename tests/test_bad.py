"""Invalid inputs, and the exact problems that each must give: tests/bad/*.yaml, through the real command line.

A row: `vendor` (text of vendor.yaml; null: no such file), `files` (name -> text or !!binary), `stdin`, `args` of
`deputize render`, `exit`, `stdout` and `stderr`. `«1225*x»` stands for 1,225 times x, `«profiles»` for their names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from deputize.cli.app import app
from deputize.model.display import display_problem
from deputize.model.profiles import profile_names

TABLES = Path(__file__).parent / "bad"
DEFAULTS: dict[str, Any] = {
    "vendor": "vendor:\n  name: Example Costs\naccounts:\n  aws:\n    id: 111122223333\n",
    "args": ["--tenant", "a-company", "--external-id", "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"],
    "files": {},
    "stdin": None,
    "stdout": "",
}
ROWS = {
    f"{table.stem}/{name}": {**DEFAULTS, **row}
    for table in sorted(TABLES.glob("*.yaml"))
    for name, row in yaml.safe_load(table.read_text(encoding="utf-8")).items()
}


def _long(text: str) -> str:
    text = text.replace("«profiles»", ", ".join(profile_names()))
    return re.sub(r"«(\d+)\*(.)»", lambda match: match[2] * int(match[1]), text)


def _lay_out(row: Mapping[str, Any], folder: Path) -> dict[str, bytes]:
    texts = {**({} if row["vendor"] is None else {"vendor.yaml": row["vendor"]}), **row["files"]}
    files = {name: text if isinstance(text, bytes) else _long(text).encode() for name, text in texts.items()}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return files


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A user's cache folder for all rows: none of them is about it."""
    return str(tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_input_gives_exactly_its_problems(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: str
) -> None:
    """All problems of an input come at once, with its exit code, without a traceback, and nothing is written."""
    row = ROWS[name]
    files = _lay_out(row, tmp_path)
    monkeypatch.chdir(tmp_path)
    arguments = ["render", *map(_long, row["args"])]
    result = CliRunner().invoke(app, arguments, input=row["stdin"], env={"XDG_CACHE_HOME": cache})
    assert isinstance(result.exception, SystemExit), result.exception
    # What a valid vendor is told about itself is no part of the problem.
    said = "".join(line for line in result.stderr.splitlines(keepends=True) if not line.startswith("note: "))
    assert (result.exit_code, result.stdout, said) == (row["exit"], row["stdout"], _long(row["stderr"]))
    there = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*")}
    assert there == files


def test_there_are_enough_bad_inputs() -> None:
    """The tables hold no fewer rows than the issue asks for, and no two of them give the same input."""
    assert len(ROWS) >= 40
    inputs = {repr([row[key] for key in ("vendor", "files", "stdin", "args")]) for row in ROWS.values()}
    assert len(inputs) == len(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_a_message_drives_no_terminal(name: str) -> None:
    """Every line of an expected message may be shown as it is: the hostile part of an input is escaped in it."""
    for line in ROWS[name]["stderr"].splitlines():
        assert display_problem(line[:200].strip()) is None
        assert line.isprintable()
