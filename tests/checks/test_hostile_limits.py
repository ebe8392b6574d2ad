"""Hostile files, each judged by a child of its own: our engine answers each, in little memory.

How long it takes is measured by `make prove` (`tests/prove/proofs/hostile_files.py`), never here: a busy machine would
be told as a fault. What ends a child here is that it does not end by itself.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MEGABYTES = 200
ENDLESS = 60  # seconds of the processor; the limit that is measured is 2
CHILD = """\
import re, sys
from deputize.jobs.lint.file import Judging, lint_content

with open(sys.argv[1], "rb") as file:
    report = lint_content(file.read(), "hostile", Judging(engines=("own",)), named=True)
# The peak of this program alone: what getrusage tells begins with the parent's.
print(int(re.search("VmHWM: *\\t* *([0-9]+)", open("/proc/self/status").read())[1]) / 1024, len(report.found))
"""
OPEN_DOOR = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}


def _role(name: object = "r", *statements: object) -> dict[str, object]:
    trust = {"Version": "2012-10-17", "Statement": statements or [OPEN_DOOR]}
    return {"Type": "AWS::IAM::Role", "Properties": {"RoleName": name, "AssumeRolePolicyDocument": trust}}


def _template(*roles: object, **sections: object) -> str:
    return json.dumps({**sections, "Resources": {f"R{number}": role for number, role in enumerate(roles)}})


def _choices(levels: int, width: int) -> str:
    """A value with 2^levels or more branches, cut at a megabyte as a hostile file may be."""
    value: object = "v"
    for level in range(levels):
        value = {"Fn::If": [f"C{level}", *[value] * width]}
    conditions = {f"C{level}": {"Fn::Equals": [{"Ref": f"P{level}"}, "1"]} for level in range(levels)}
    return _template(_role(value), Conditions=conditions)[:1_040_000]


def _doubled(levels: int) -> str:
    text: object = "abcdefghij"
    for _ in range(levels):
        text = {"Fn::Sub": ["${A}${A}", {"A": text}]}
    return _template(_role(text))


HOSTILE: dict[str, Callable[[], str]] = {
    "branches, cut": lambda: _choices(18, 2),
    "branches of three, cut": lambda: _choices(11, 3),
    "branches, whole": lambda: _choices(14, 2),
    "4,000 open roles": lambda: _template(*[_role()] * 4000),
    "4,000 open roles, other names": lambda: _template(*(_role(f"r{number}") for number in range(4000))),
    "a role with 5,000 open statements": lambda: _template(_role("r", *[OPEN_DOOR] * 5000)),
    "doubled 30 times": lambda: _doubled(30),
    "wide": lambda: _template(_role({"Fn::Sub": ["${A}" * 20_000, {"A": "x" * 50_000}]})),
    "100,001 values in an object": lambda: '{"Resources": {"R": [' + "1," * 100_001 + "1]}}",
    "deep": lambda: '{"Resources":' * 20_000 + "1" + "}" * 20_000,
    "a number of 900,000 digits": lambda: '{"Version": "2012-10-17", "Statement": [{"x": ' + "9" * 900_000 + "}]}",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_our_engine_stays_within_its_limits(kind: str, tmp_path: Path) -> None:
    """It says something of the file, and needs little memory."""
    path = tmp_path / "hostile.json"
    path.write_text(HOSTILE[kind](), encoding="utf-8")
    assert path.stat().st_size <= 1 << 20
    command = (sys.executable, "-c", CHILD, path)
    done = subprocess.run(command, check=True, capture_output=True, text=True, preexec_fn=_limited)
    megabytes, found = map(float, done.stdout.split())
    assert found >= 1
    assert megabytes <= MEGABYTES


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (ENDLESS, ENDLESS))
