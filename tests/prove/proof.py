"""What a proof is: a function from a chance to the figures of one chunk, with a seed, a budget, a number of chunks.

    @proof(seed=20261130, seconds=300, chunks=400, share=4)
    def policies_come_back(chance: Random) -> Figures:
        "One sentence that says what is proved."
        ...  # try some hundred random cases with `chance`; raise RefutedError for the first that is wrong
        return {"policies": 500}

Each chunk has a chance of its own, made from seed and number: it can be repeated alone, and any process may do it. A
chunk takes a few seconds at most, since a budget ends between chunks.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

Figures = Mapping[str, float]  # names that a reader understands; the runner adds the chunks up

PROOFS = Path(__file__).parent / "proofs"


class Chance(Random):
    """What a chunk decides by. number: the chunk's own, for what is not left to chance."""

    def __init__(self, seed: str, number: int) -> None:
        super().__init__(seed)
        self.number = number


Chunk = Callable[[Chance], Figures]


class RefutedError(AssertionError):
    """A case for which what is proved is not true; the message names it."""


@dataclass(frozen=True)
class Proof:
    """One proof. `seconds` is what one run may spend on it; `share` is how many chunks `make test` does."""

    name: str
    sentence: str
    seed: int
    seconds: float
    chunks: int
    share: int
    run: Chunk

    def chunk(self, number: int) -> Figures:
        """The figures of one chunk; raises what the proof raises."""
        return self.run(Chance(f"{self.seed}/{self.name}/{number}", number))


def proof(*, seed: int, seconds: float, chunks: int, share: int) -> Callable[[Chunk], Proof]:
    """Make a proof of a function, under the function's name; its docstring's first line is the sentence."""

    def made(run: Chunk) -> Proof:
        sentence, *_ = (run.__doc__ or "").strip().splitlines()
        return Proof(run.__name__.replace("_", "-"), sentence, seed, seconds, chunks, share, run)

    return made


def registered(folder: Path = PROOFS) -> dict[str, Proof]:
    """Name -> proof of every module in a folder, sorted; raises ValueError when two have one name."""
    found: dict[str, Proof] = {}
    for path in sorted(folder.glob("*.py")):
        for one in vars(_module(path)).values():
            if isinstance(one, Proof) and found.setdefault(one.name, one) is not one:
                msg = f"{path}: another proof is named {one.name}"
                raise ValueError(msg)
    return dict(sorted(found.items()))


def _module(path: Path) -> object:
    spec = importlib.util.spec_from_file_location(f"proofs_{path.stem}", path)
    if spec is None or spec.loader is None:
        msg = f"{path} is no Python module"
        raise ValueError(msg)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
