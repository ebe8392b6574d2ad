"""`deputize demo` as a process, with no way to any other computer."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import validate

import deputize.errors

_SOURCE = str(Path(deputize.errors.__file__).parents[1])
_COLLECTOR = "arn:aws:sts::111122223333:assumed-role/collector/operator"
_SESSION = "arn:aws:sts::444455556666:assumed-role/example-corp-a-company/access-to-A"
_ROLE = "arn:aws:iam::444455556666:role/example-corp-a-company"

# Python loads it at start: every connection and look-up that is not for this computer is noted and fails.
OFFLINE = """
import os, socket

_connect, _lookup = socket.socket.connect, socket.getaddrinfo

def _refuse(where):
    with open({notes!r}, "a", encoding="utf-8") as notes:
        notes.write(str(where) + chr(10))
    raise OSError("no network")

def connect(self, address):
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        _refuse(address)
    return _connect(self, address)

def getaddrinfo(host, *arguments, **options):
    if host not in (None, "127.0.0.1", "::1", "localhost"):
        _refuse(host)
    return _lookup(host, *arguments, **options)

socket.socket.connect, socket.getaddrinfo = connect, getaddrinfo
"""

_MADE = "arn:aws:iam::444455556666:role/made-by-hand"
_INSIDE = r"arn:aws:sts::444455556666:assumed-role/made-by-hand/access-to-user-account"
_THREE = "Instance A, Instance B, Instance C"
_REFUSED = rf"AccessDenied: User: {_COLLECTOR} is not authorized to perform: sts:AssumeRole on resource: {_ROLE}"

# Every step of both stories and what follows them, in their order, with what the calls must have answered.
STEPS = [
    ("1-1", r".*111122223333.*"),
    ("1-2", r".*: made-by-hand"),
    ("1-3", rf".*: {_MADE}"),
    ("1-4", rf".*: {_INSIDE}"),
    ("1-5", rf".*: {_THREE}"),
    ("1-6", r".+"),
    ("1-7", rf".*: {_MADE}"),
    ("1-8", rf".*: {_INSIDE}"),
    ("1-9", rf".*: {_THREE}\W.*"),
    ("2-1", r".*12345.*"),
    ("2-2", r".*deputize, cfn-lint, python-hcl2.*: CREATE_COMPLETE"),
    ("2-3", rf".*: {_ROLE}"),
    ("2-4", rf".*12345.*: {_SESSION}"),
    ("2-5", rf".*: {_THREE}"),
    ("2-6", r".*67890.*"),
    ("2-7", rf".*: {_ROLE}"),
    ("2-8", rf".*67890.*: {_REFUSED}"),
    ("2-9", r".*\((nothing|なし)\).*"),
    ("none", rf".*: {_REFUSED}"),
    ("write", r".*: UnauthorizedOperation"),
    ("register", r".*: safe"),
    ("refuse", r".*: vulnerable"),
]


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str]:
    """An environment in which no other computer can be reached."""
    notes = tmp_path / "notes"
    notes.touch()
    (tmp_path / "sitecustomize.py").write_text(OFFLINE.format(notes=str(notes)), encoding="utf-8")
    (tmp_path / "temporary").mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{_SOURCE}",
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path / "temporary"),
    }


def _demo(folder: Path, environ: dict[str, str], *arguments: str) -> str:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = (sys.executable, "-m", "deputize", "demo", "--out", "demo", *arguments)
    done = subprocess.run(command, check=False, env=environ, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Of processor time: what else runs on this machine does not count.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 90
    return done.stdout


def _in_order(lines: list[tuple[str, str]]) -> None:
    """Every step is there, in its place among the others."""
    assert [step for step, _ in lines] == [step for step, _ in STEPS]
    for (step, said), (_, pattern) in zip(lines, STEPS, strict=True):
        assert re.fullmatch(pattern, said), (step, pattern, said)


def test_the_whole_story_offline_and_again(tmp_path: Path, offline: dict[str, str]) -> None:
    """Every step happens, as text, and again as JSON in Japanese; no other computer is asked, nothing stays behind."""
    text = _demo(tmp_path, offline)
    _in_order([(line[:10].strip(), line[10:]) for line in text.splitlines()])
    told = json.loads(_demo(tmp_path, offline, "--format", "json", "--lang", "ja"))
    schema = Path(deputize.errors.__file__).parent / "model" / "schemas" / "demo.json"
    validate(told, json.loads(schema.read_text(encoding="utf-8")))
    _in_order([(line["step"], line["text"]) for line in told["lines"]])
    assert (tmp_path / "notes").read_text(encoding="utf-8") == ""
    assert list((tmp_path / "temporary").iterdir()) == []
    assert (tmp_path / "demo" / "a-company" / "manifest.json").is_file()


def test_the_watch_over_the_network_works(tmp_path: Path, offline: dict[str, str]) -> None:
    """What the demo's test rests on: an attempt to reach another computer fails and is noted."""
    code = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    done = subprocess.run((sys.executable, "-c", code), check=False, env=offline, capture_output=True, text=True)
    assert "no network" in done.stderr
    assert "192.0.2.1" in (tmp_path / "notes").read_text(encoding="utf-8")
