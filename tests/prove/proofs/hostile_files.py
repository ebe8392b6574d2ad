"""Hostile files, each judged by a process of its own: what our engine, and all engines together, take for it.

The ways of `prove.hostile_files`, one fixed file of each, and 500 more at random. The limits are of a machine that does
nothing else; where cfn-lint is ended by its own limits, these are what it is counted with.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from prove.hostile_files import at_random, fixed
from prove.proof import Chance, Figures, RefutedError, proof
from prove.state import ROOT

CHUNKS, RANDOM = 100, 5
MOST = {"own": (2.0, 200.0), "own+cfn-lint": (20.0, 1229.0)}
"""Seconds of the processor and megabytes, for one file."""
SMALL = 0.002
"""Seconds that a small template takes on the machine that the limits are meant for; a slower one has so much longer."""


@proof(seed=5, seconds=1100, chunks=CHUNKS, share=1)
def hostile_files(chance: Chance) -> Figures:
    """Whatever a file holds, our engine takes 2 s and 200 MB for it at most, all engines 20 s and 1.2 GB."""
    files = _some(chance)
    figures = {"files": 0.0, "cfn-lint ended": 0.0, "seconds, own": 0.0, "seconds, own+cfn-lint": 0.0}
    with TemporaryDirectory() as folder:
        paths = {str(Path(folder, f"{at}.yaml")): one for at, one in enumerate(files)}
        for path, (_, content) in paths.items():
            Path(path).write_bytes(content)
        for line in _told(paths):
            said = json.loads(line)
            slower = max(1.0, said["small"] / SMALL)
            for engines, (seconds, megabytes) in MOST.items():
                _check(f"{paths[said['name']][0]}, by {engines}", said[engines], seconds * slower, megabytes)
                figures[f"seconds, {engines}"] += said[engines]["seconds"]
            figures["files"] += 1
            figures["cfn-lint ended"] += said["own+cfn-lint"]["ended"]
    if figures["files"] != len(files):
        msg = f"{figures['files']:.0f} of {len(files)} files were answered"
        raise RefutedError(msg)
    return figures


def _some(chance: Chance) -> list[tuple[str, bytes]]:
    """All chunks together have each of the fixed files once, and 500 others."""
    return [*list(fixed())[chance.number :: CHUNKS], *(at_random(chance) for _ in range(RANDOM))]


def _told(paths: dict[str, tuple[str, bytes]]) -> list[str]:
    command = (sys.executable, "-m", "prove.hostile_child")
    environ = {"PYTHONPATH": f"{ROOT / 'generator'}:{ROOT / 'tests'}", "PATH": "/usr/bin:/bin"}
    text = "".join(f"{path}\n" for path in paths)
    done = subprocess.run(command, check=True, capture_output=True, text=True, input=text, env=environ, cwd=ROOT)
    return done.stdout.splitlines()


def _check(what: str, said: dict[str, float], seconds: float, megabytes: float) -> None:
    if said["seconds"] > seconds or said["megabytes"] > megabytes:
        msg = f"{what}: {said['seconds']:.2f} s, {said['megabytes']:.0f} MB"
        raise RefutedError(msg)
