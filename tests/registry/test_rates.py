"""One pace for all processes of a registry, on each engine."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from deputize.registry import Registry, SharedPace

CALLER = """
import json, sys, time
from deputize.jobs.verify.rate import Rate
from deputize.registry import SharedPace, open_registry
with open_registry(sys.argv[1], who="x") as registry:
    rate, found = Rate(float(sys.argv[2]), SharedPace(registry, "aws")), []
    print("ready", flush=True)
    end = float(sys.stdin.readline())
    while time.time() < end:
        rate.take()
        found.append(time.time())
print(json.dumps(found))
"""


@pytest.mark.slow
def test_three_processes_share_one_rate(registry: Registry, location: str) -> None:
    """Together they make as many calls as one alone may, evenly, and each gets its part."""
    command = [sys.executable, "-c", CALLER, location, "40"]
    runs = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [one.stdout.readline() for one in runs if one.stdout] == ["ready\n"] * 3
    end = time.time() + 6
    for one in runs:
        assert one.stdin is not None
        one.stdin.write(f"{end}\n")
        one.stdin.flush()
    each = [json.loads(one.communicate(timeout=120)[0]) for one in runs]
    # While all of them were there.
    begun = max(one[0] for one in each)
    found = sorted(moment for one in each for moment in one if begun <= moment < end)
    worst = max(sum(start <= one < start + 1 for one in found) for start in found)
    assert worst <= 40 * 1.25  # a busy machine notes moments late
    assert len(found) / (end - begun) >= 40 * 0.5  # a busy machine lets moments pass
    assert all(len(one) > len(found) / 10 for one in each)
    assert SharedPace(registry, "aws").lease(1, 40).gap == 1 / 40


def test_throttling_is_everybodys(registry: Registry) -> None:
    """What one process hears slows the others down, at that endpoint and at no other."""
    one, another, elsewhere = (SharedPace(registry, name) for name in ("aws", "aws", "http://127.0.0.1:1"))
    assert one.lease(5, 50).gap == pytest.approx(1 / 50)
    one.slow()
    assert another.lease(5, 50).gap == pytest.approx(1 / 25)
    assert elsewhere.lease(5, 50).gap == pytest.approx(1 / 50)


def test_moments_are_handed_out_once(registry: Registry) -> None:
    """A second lease begins where the first ends."""
    pace = SharedPace(registry, "aws")
    pace.lease(50, 10)
    assert pace.lease(1, 10).start == pytest.approx(5, abs=0.5)
