"""What a proof has done so far, in out/prove/NAME.json: written after each chunk, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prove.proof import PROOFS, Figures, Proof

ROOT = Path(__file__).parents[2]


@dataclass
class State:
    """The chunks of one proof that are done, with their figures, and what they took in seconds, over all runs."""

    path: Path
    proof: Proof
    source: str
    seconds: float = 0.0
    done: dict[int, Figures] = field(default_factory=dict)

    def add(self, number: int, figures: Figures, seconds: float) -> None:
        """Store a chunk that is done."""
        self.done[number] = figures
        self.seconds += seconds
        held = {"seed": self.proof.seed, "source": self.source, "seconds": self.seconds, "done": self.done}
        mine = self.path.with_suffix(".new")
        mine.write_text(json.dumps(held) + "\n", encoding="utf-8")
        mine.replace(self.path)

    @property
    def missing(self) -> list[int]:
        """The numbers of the chunks to do."""
        return [number for number in range(self.proof.chunks) if number not in self.done]

    @property
    def figures(self) -> Mapping[str, float]:
        """The sum of all chunks."""
        names = dict.fromkeys(name for number in sorted(self.done) for name in self.done[number])
        return {name: sum(figures.get(name, 0) for figures in self.done.values()) for name in names}


def state_of(folder: Path, proof: Proof, source: str) -> State:
    """The stored state; an empty one if the seed or the source is another: old figures say nothing of new code."""
    path = folder / f"{proof.name}.json"
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        held = {}
    if (held.get("seed"), held.get("source")) != (proof.seed, source):
        return State(path, proof, source)
    done = {int(number): figures for number, figures in held["done"].items() if int(number) < proof.chunks}
    return State(path, proof, source, held["seconds"], done)


def source_digest(proofs: Path = PROOFS) -> str:
    """SHA-256 over all that a proof's answer may come from: the package, the proofs, the versions of libraries."""
    total = hashlib.sha256()
    places = (ROOT / "generator", ROOT / "templates", ROOT / "requirements", ROOT / "tests/prove", proofs)
    for path in sorted(path for place in places for path in place.rglob("*") if path.is_file()):
        if path.suffix != ".pyc":
            total.update(f"{os.path.relpath(path, ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()
