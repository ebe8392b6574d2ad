"""One table of files that nobody here wrote, and what is an error in each: `answers.yaml`, held against the command."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from deputize.cli.app import app

HERE = Path(__file__).parent
TABLE: dict[str, Any] = yaml.safe_load((HERE / "answers.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Row:
    """One file, how lint is asked about it, and the rules whose findings are errors."""

    file: str
    errors: frozenset[str]
    options: tuple[str, ...] = ()


def _rows() -> list[Any]:
    found = []
    for one in TABLE["answers"]:
        options = tuple(one.get("options", "").replace("FILE", one["file"]).split())
        row = Row(one["file"], frozenset(one["errors"]), options)
        marks = [pytest.mark.xfail(strict=True, reason=one["open"])] if "open" in one else []
        found.append(pytest.param(row, id=" ".join((row.file, *options)), marks=marks))
    return found


@pytest.mark.parametrize("row", _rows())
def test_what_is_an_error(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    """The errors of each file are those of the table, and the exit code goes by them."""
    monkeypatch.chdir(HERE / "files")
    options = row.options if "--engines" in row.options else (*row.options, "--engines", "own")
    run = CliRunner().invoke(app, ["lint", row.file, *options, "--format", "json"])
    assert run.exit_code == (4 if row.errors else 0), run.output
    errors = {one["rule"] for one in json.loads(run.stdout)["findings"] if one["severity"] == "error"}
    assert errors == row.errors


def test_the_table_is_whole() -> None:
    """Each file has an answer, each answer its page, and no page is left over."""
    files = {one.relative_to(HERE / "files").as_posix() for one in (HERE / "files").rglob("*") if one.is_file()}
    rows = TABLE["answers"]
    named = [one["file"] for one in rows]
    assert all(any(file == one or file.startswith(f"{one}/") for one in named) for file in files)
    assert {one["page"] for one in rows} == TABLE["pages"].keys()
