"""`deputize render --tenants` killed with SIGKILL: every folder is old, new or absent, and a rerun makes it all good.

Starting Python anew for each of the fifty runs would take minutes; so one process loads deputize, and each run is a
fork of it, a process of its own that executes the whole command and is killed from outside. It writes its lines into a
pipe that holds few of them, and dies while it is at work on what comes next.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import deputize.errors
from deputize import Tenant, Vendor, render
from deputize.bundle import read_manifest, tampered
from deputize.disk import read_folder
from deputize.jobs.inputs import vendor_of_account
from deputize.model.values import Files

pytestmark = pytest.mark.slow

TENANTS = 200
FOLDERS = 5
# After how many lines of output the runs in one folder are killed: some get further than the one before, some less far.
LINES = (0, 60, 20, 140, 80, 180, 100, 40, 160, 120)
# Beside the bundles, what the vendor's own role should be allowed.
VENDORS_OWN = "vendor"
VENDOR_ACCOUNT = "111122223333"
SOURCE = str(Path(deputize.errors.__file__).parents[1])

# For each line on stdin "folder tenants lines": a fork that renders, killed once it has said so many lines.
PARENT = """
import contextlib, fcntl, io, os, random, signal, sys, time
from deputize.cli.app import app

def render(folder, tenants):
    arguments = ["render", "--vendor-account", "111122223333", "--tenants", tenants, "--out", folder]
    app(arguments, standalone_mode=False)

with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    render(*sys.argv[1:3])
print("ready", flush=True)
chance = random.Random(20261121)
for line in sys.stdin:
    folder, tenants, lines = line.split()
    reads, writes = os.pipe()
    fcntl.fcntl(writes, 1031, 4096)  # F_SETPIPE_SZ: a page
    child = os.fork()
    if child == 0:
        os.dup2(writes, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.close(reads)
        render(folder, tenants)
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads, "rb", buffering=0) as said:
        for _ in range(int(lines)):
            while said.read(1) not in (b"\\n", b""):
                pass
        time.sleep(chance.random() * 0.02)
        os.kill(child, signal.SIGKILL)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def _vendor() -> Vendor:
    return vendor_of_account(VENDOR_ACCOUNT, "aws")


def _tenants(version: int) -> list[Tenant]:
    return [
        Tenant(f"tenant-{number:03}", (f"id-of-tenant-{number:03}-0f57c1e2",), f"Company {version}")
        for number in range(TENANTS)
    ]


def _listed(folder: Path, version: int) -> Path:
    path = folder / f"tenants-{version}.csv"
    rows = [f"{tenant.slug},{tenant.external_ids[0]},{tenant.name}" for tenant in _tenants(version)]
    path.write_text("\n".join(["tenant,external_id,name", *rows, ""]), encoding="utf-8")
    return path


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder on a memory file system where there is one."""
    shm = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=shm if os.access(shm, os.W_OK) else None) as folder:
        yield Path(folder)


def _environment(home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
    return {**kept, "PYTHONPATH": SOURCE, "HOME": str(home)}


def _whole(folder: Path, wanted: Mapping[str, tuple[Files, Files]]) -> dict[str, int]:
    """The version of each bundle in a folder; anything that is neither of the two fails."""
    found = {}
    for path in folder.iterdir() if folder.exists() else ():
        if path.name == VENDORS_OWN:
            for own in path.glob("[!.]*"):
                json.loads(own.read_bytes())
            continue
        if path.name not in wanted:
            assert path.name.startswith("."), f"{path.name} is no working folder"
            continue
        files = read_folder(path)
        assert tampered(read_manifest(files), files) == ()
        assert files in wanted[path.name]
        found[path.name] = wanted[path.name].index(files)
    return found


def test_killed_at_fifty_points(memory: Path) -> None:
    """After each kill every bundle is one of the two versions, whole; then a run completes and leaves nothing else."""
    wanted = {
        old.slug: (render(_vendor(), old).files, render(_vendor(), new).files)
        for old, new in zip(_tenants(0), _tenants(1), strict=True)
    }
    lists = [_listed(memory, version) for version in (0, 1)]
    environ = _environment(memory / "home")
    command = (sys.executable, "-c", PARENT, str(memory / "warm"), str(lists[0]))
    mixed = partial = 0
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        for folder, (run, lines) in itertools.product(range(FOLDERS), enumerate(LINES)):
            # A long path, so that few lines fill the pipe.
            out = memory / ("x" * 200) / str(folder)
            parent.stdin.write(f"{out} {lists[run % 2]} {lines}\n")
            parent.stdin.flush()
            assert parent.stdout.readline() == "-9\n"
            found = _whole(out, wanted)
            mixed += len(set(found.values())) == len(lists)
            partial += 0 < len(found) < TENANTS
            if run == len(LINES) - 1:
                _completes(out, lists[run % 2], environ)
                assert _whole(out, wanted) == dict.fromkeys(wanted, run % 2)
                assert sorted(path.name for path in out.iterdir()) == sorted({*wanted, VENDORS_OWN})
                assert [path.name for path in (out / VENDORS_OWN).iterdir()] == ["assume-policy.json"]
        parent.stdin.close()
    # The points were where they should be: in the middle of a first run, and in the middle of an update.
    assert mixed >= len(LINES)
    assert partial >= len(LINES)


def _completes(out: Path, tenants: Path, environ: Mapping[str, str]) -> None:
    arguments = ("--vendor-account", VENDOR_ACCOUNT, "--tenants", str(tenants), "--out", str(out))
    command = (sys.executable, "-m", "deputize", "render", *arguments)
    done = subprocess.run(command, check=False, env=dict(environ), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == TENANTS
