from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import deputize.errors
from deputize.bundle import read_manifest, tampered
from deputize.disk import BundleWriter, WriteOutcome, read_folder, write_bundle
from deputize.disk.staging import recover
from deputize.model.values import Files

Make = Callable[..., Files]

TENANTS = [f"tenant-{number}" for number in range(200)]
SOURCE = str(Path(deputize.errors.__file__).parents[1])

# Writes a version of every tenant, and kills itself before or after the n-th system call that changes the disk.
WORKER = """
import os, signal, sys
sys.path[:0] = sys.argv[1:3]
from conftest import bundle
from deputize.disk import BundleWriter

parent, version, when, count = sys.argv[3], *map(int, sys.argv[4:])
calls = 0

def counted(real):
    def call(*args, **kwargs):
        global calls
        calls += 1
        if calls == when and when % 2:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **kwargs)
        if calls == when:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call

for name in ("mkdir", "write", "rename", "unlink", "rmdir"):
    setattr(os, name, counted(getattr(os, name)))
with BundleWriter(parent) as writer:
    for number in range(count):
        writer.write(f"tenant-{number}", bundle(version, f"tenant-{number}"))
print(calls)
"""


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder on a memory file system where there is one: disks that are emptied and filled again become very slow."""
    shm = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=shm if os.access(shm, os.W_OK) else None) as folder:
        yield Path(folder)


def worker(parent: Path, version: int, when: int, count: int = len(TENANTS)) -> subprocess.Popen[str]:
    """A process that writes `count` tenants and dies at its `when`-th call; 0 is never."""
    arguments = (SOURCE, str(Path(__file__).parent), str(parent), str(version), str(when), str(count))
    return subprocess.Popen((sys.executable, "-c", WORKER, *arguments), stdout=subprocess.PIPE, text=True)


def end(process: subprocess.Popen[str]) -> None:
    """Wait for a worker; one that hangs is a failure."""
    try:
        process.communicate(timeout=60)
    finally:
        process.kill()


def version_of(folder: Path) -> int | None:
    """The version of a whole bundle, None where there is none; anything half fails."""
    if not os.path.lexists(folder):
        return None
    files = read_folder(folder)
    manifest = read_manifest(files)
    assert tampered(manifest, files) == ()
    return manifest.template_version


def names(parent: Path) -> list[str]:
    """Everything in a folder, working folders too."""
    return sorted(path.name for path in parent.iterdir())


def workplaces(parent: Path) -> list[str]:
    """The working folders only."""
    return [name for name in names(parent) if name.startswith(".deputize-")]


@pytest.mark.parametrize("part", range(5))
def test_kill_at_50_points_leaves_old_new_or_absent(memory: Path, make: Make, part: int) -> None:
    """Killed anywhere in a run of 200 tenants, every folder is old, new or absent; the next run loses no old one."""
    with BundleWriter(memory) as writer:
        for tenant in TENANTS[::2]:
            writer.write(tenant, make(1, tenant))
    # Half the tenants have an old bundle: 100 x (4 mkdir + 5 write + rename) + 100 x (that + rename + 8 to delete it).
    for point in range(part, 50, 5):
        version = point + 2
        before = {tenant: version_of(memory / tenant) for tenant in TENANTS}
        process = worker(memory, version, 1 + point * 2900 // 49)
        end(process)
        assert process.returncode == -9
        after = {tenant: version_of(memory / tenant) for tenant in TENANTS}
        assert all(found in (None, before[tenant], version) for tenant, found in after.items())
        assert set(names(memory)) - set(workplaces(memory)) == {tenant for tenant, found in after.items() if found}

        recover(str(memory))  # what the next run begins with
        restored = {tenant: version_of(memory / tenant) for tenant in TENANTS}
        assert all(restored[tenant] in (before[tenant], version) for tenant in TENANTS if before[tenant])
        with BundleWriter(memory) as writer:
            for tenant in TENANTS[::2]:
                writer.write(tenant, make(version, tenant))
        assert workplaces(memory) == []
        for tenant in TENANTS[1::2]:
            if (memory / tenant).exists():
                remove(memory / tenant)


def remove(folder: Path) -> None:
    """Delete a bundle as a user would."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


def test_kill_at_each_call_of_one_replacement(tmp_path: Path, make: Make) -> None:
    """Killed at any single call of replacing one bundle, the next run finds or restores a whole one and cleans up."""
    for when in range(1, 60):
        write_bundle(tmp_path, "tenant-0", make(1, "tenant-0"))
        process = worker(tmp_path, 2, when, 1)
        end(process)
        recover(str(tmp_path))
        assert version_of(tmp_path / "tenant-0") in (1, 2)
        assert names(tmp_path) == ["tenant-0"]
        if process.returncode == 0:
            assert when > 20
            return
    pytest.fail("more calls than expected")


def test_two_processes_at_once(memory: Path) -> None:
    """Two runs over the same tenants both succeed; each folder is one's or the other's, whole, and no trace is left."""
    for round_ in range(3):
        pair = [worker(memory, 10 * round_ + number, 0) for number in (1, 2)]
        for process in pair:
            end(process)
        assert [process.returncode for process in pair] == [0, 0]
        versions = {version_of(memory / tenant) for tenant in TENANTS}
        assert versions <= {10 * round_ + 1, 10 * round_ + 2}
        assert set(names(memory)) == set(TENANTS)


def test_a_living_run_is_left_alone(tmp_path: Path, make: Make) -> None:
    """A run that starts while another is at work does not take its working folder."""
    with BundleWriter(tmp_path) as first:
        first.write("a", make())
        mine = workplaces(tmp_path)
        assert write_bundle(tmp_path, "b", make()) is WriteOutcome.CREATED
        assert workplaces(tmp_path) == mine
        assert first.write("c", make()) is WriteOutcome.CREATED
    assert names(tmp_path) == ["a", "b", "c"]


def test_a_bundle_removed_later_does_not_come_back(tmp_path: Path, make: Make) -> None:
    """An old copy whose replacement came through is not restored when the user removed the bundle meanwhile."""
    place = tmp_path / ".deputize-0123456789abcdef"
    write_bundle(place, "old-a", make())
    (place / "deputize.lock").touch()
    write_bundle(tmp_path, "b", make())
    assert names(tmp_path) == ["b"]


def test_look_alikes_are_left_alone(tmp_path: Path, make: Make) -> None:
    """Hidden folders that are not our working folders, and what only links to one, stay."""
    kept = [".deputize-notes", ".deputize-0123456789abcdeg", ".deputize-0123456789abcdef"]
    for name in kept:
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / ".deputize-fedcba9876543210").symlink_to(tmp_path / kept[0])
    write_bundle(tmp_path, "a", make())
    assert names(tmp_path) == sorted([*kept, ".deputize-fedcba9876543210", "a"])
    assert all((tmp_path / name / "file").exists() for name in kept)
