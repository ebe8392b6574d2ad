"""A run over all roles that several processes share, some of which are killed: each role is looked at once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from deputize.model.values import Verdict
from deputize.registry import Claims, Grant, Registry, begin_sweep, bind, grants

ROLES = 60

RUN = """
import os, sys, time
sys.path.insert(0, sys.argv[4])
from deputize.jobs.tenants.sweep import recheck_all
from deputize.registry import open_registry
from roles import Roles

class Slow(Roles):
    def check_many(self, requests):
        for number, one in enumerate(requests):
            if number == int(sys.argv[3]):
                os.kill(os.getpid(), 9)
            time.sleep(0.03)
            with open(sys.argv[2], "a") as log:
                log.write(one.role_arn + "\\n")
            yield from super().check_many([one])

with open_registry(sys.argv[1], who="x") as registry:
    list(recheck_all(registry, Slow()))
"""


@pytest.fixture
def registered(
    registry: Registry, granted: Callable[..., Grant], verdict: Callable[..., Verdict]
) -> tuple[Registry, list[Grant]]:
    """A registry of verified roles."""
    for number in range(ROLES):
        grant = granted(f"t{number:02}", f"{200_000_000_000 + number}")
        arn = f"arn:aws:iam::{200_000_000_000 + number}:role/r"
        bind(registry, grant, verdict(grant, role_arn=arn, role_id=f"AROA{200_000_000_000 + number}"))
    time.sleep(0.01)
    return registry, grants(registry)


def start(location: str, log: Path, kill_at: int = -1) -> subprocess.Popen[bytes]:
    """A process that takes part in the run, and is killed at that role."""
    tests = str(Path(__file__).parent.parent)
    return subprocess.Popen([sys.executable, "-c", RUN, location, str(log), str(kill_at), tests])


@pytest.mark.slow
def test_processes_share_a_run_and_none_is_done_twice(
    registered: tuple[Registry, list[Grant]], location: str, tmp_path: Path
) -> None:
    """Three go side by side, one of which is killed; what that held is done by another, what it had done is not."""
    registry, before = registered
    log = tmp_path / "log"
    log.touch()
    runs = [start(location, log, kill_at) for kill_at in (5, -1, -1)]
    codes = [one.wait(timeout=120) for one in runs]
    assert codes == [-9, 0, 0]
    looked_at = Counter(log.read_text().split())
    assert len(looked_at) == ROLES
    assert set(looked_at.values()) == {1}
    after = {one.id: one.checked_at for one in grants(registry)}
    assert all(after[one.id] != one.checked_at for one in before)
    assert begin_sweep(registry, "aws").resumed is False


def test_a_claim_is_one_runners(registered: tuple[Registry, list[Grant]]) -> None:
    """What one holds the other does not get, until it is let go."""
    registry, all_of_them = registered
    sweep = begin_sweep(registry, "aws")
    one, another = Claims(registry, sweep, "one"), Claims(registry, sweep, "another")
    assert one.take(all_of_them[:10]).mine == tuple(all_of_them[:10])
    taken = another.take(all_of_them[5:15])
    assert (taken.mine, taken.held) == (tuple(all_of_them[10:15]), tuple(all_of_them[5:10]))
    assert another.others()
    one.keep()
    one.renew()
    assert not another.others()
    assert another.take(all_of_them[:5]).mine == ()
    one.let_go()
    assert another.take(all_of_them[:5]).mine == tuple(all_of_them[:5])
