"""`make mutants`: the judge broken in each way of mutants.yaml, in a copy, and which test outside tests/checks tells.

    python tests/mutants/run.py [NAME ...]

The nearest and cheapest tests come first, and the first that fails ends it. Exit codes: 0 every mutant is killed;
1 some survive; 2 a test fails in the copy that nobody broke, or there is no such mutant.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PACKAGE = "generator/deputize"
MUTANTS = Path(__file__).with_name("mutants.yaml")
SECONDS = 900  # a stage that takes longer is caught in a loop

JOBS = ("judgement", "judge", "always_judged", "severity", "explain", "lint_all", "inspect")
IAM: tuple[tuple[str, ...], ...] = (("tests/iam", "--ignore=tests/iam/test_agreement.py"),)
REST: tuple[tuple[str, ...], ...] = (
    tuple(f"tests/jobs/test_{name}.py" for name in JOBS),
    ("tests/jobs/test_verify.py", "-k", "offline"),
    ("tests/read",),
    ("tests/prove/test_prove.py", "-k", "share"),
    ("tests/iam/test_agreement.py",),
    ("tests/e2e/test_role_zoo.py",),
)


@dataclass(frozen=True)
class Mutant:
    """One changed line of the judge. lets_through: what would be wrong, and nobody told."""

    name: str
    file: str
    old: str
    new: str
    lets_through: str

    def of(self, text: str) -> str:
        """`text` of its file, broken. Raises ValueError unless the old text is in it once, on one line."""
        if text.count(self.old) != 1 or "\n" in self.old + self.new or self.old == self.new:
            msg = f"{self.name}: {self.old!r} stands {text.count(self.old)} times in {self.file}"
            raise ValueError(msg)
        return text.replace(self.old, self.new)

    @property
    def stages(self) -> tuple[tuple[str, ...], ...]:
        """The tests that can see it; tests/iam sees no other room."""
        return (*IAM, *REST) if self.file.startswith("iam/") else REST


def read_mutants() -> tuple[Mutant, ...]:
    """All of mutants.yaml."""
    return tuple(Mutant(**one) for one in yaml.safe_load(MUTANTS.read_text(encoding="utf-8")))


def copy_tree(to: Path) -> None:
    """What git knows of this tree, and what is new in it."""
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name)


def failing(tree: Path, stage: Sequence[str]) -> str | None:
    """The first test of a stage that fails in a tree; None when all pass."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider", *stage]
    environment = {**os.environ, "PYTHONPATH": str(tree / "generator")}
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no end of {stage[0]}"
    if done.returncode == 0:
        return None
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return found[1] if found is not None else f"{stage[0]}: {done.stdout[-300:]}{done.stderr[-300:]}"


def killer(tree: Path, mutant: Mutant) -> str | None:
    """The first test that tells a mutant; None when it survives. The tree is whole again afterwards."""
    path = tree / PACKAGE / mutant.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(mutant.of(whole), encoding="utf-8")
    try:
        return next((found for stage in mutant.stages if (found := failing(tree, stage)) is not None), None)
    finally:
        path.write_text(whole, encoding="utf-8")


def killed(mutants: Sequence[Mutant], tree: Path) -> Iterator[bool]:
    """Whether each is killed; tells each as soon as it is known."""
    for mutant in mutants:
        started = time.monotonic()
        found = killer(tree, mutant)
        print(f"{mutant.name:26} {found or 'SURVIVES'} ({time.monotonic() - started:.0f} s)", flush=True)
        yield found is not None


def main(names: Sequence[str]) -> int:
    """Break, try, tell."""
    mutants = [one for one in read_mutants() if not names or one.name in names]
    if len(mutants) < len(names):
        print(f"no such mutant: {', '.join(sorted(set(names) - {one.name for one in mutants}))}")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        copy_tree(tree)
        stages = dict.fromkeys(stage for one in mutants for stage in one.stages)
        broken = [found for stage in stages if (found := failing(tree, stage)) is not None]
        if broken:
            print(f"fails in the tree that nobody broke: {', '.join(broken)}")
            return 2
        alive = [*killed(mutants, tree)].count(False)
    print(f"{len(mutants) - alive} of {len(mutants)} are killed")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
