"""`make prove`: all proofs in tests/prove/proofs, in parallel, each within its budget; figures to out/prove.json.

    python tests/prove/run.py [NAME ...] [--chunk N] [--cores N] [--out FOLDER] [--proofs FOLDER]

What was done before is kept in OUT/prove/ and not done again while the code is the same. Exit codes: 0 everything is
proved; 1 something is refuted; 2 no such proof; 3 unfinished, because a budget ended: run it again to go on.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # started by path: this tree is proved, whatever is installed
    sys.path[:0] = [str(Path(__file__).parents[2] / "generator"), str(Path(__file__).parents[1])]

from prove.proof import PROOFS, Figures, Proof, registered
from prove.state import ROOT, State, source_digest, state_of

PROVED, REFUTED, USAGE, UNFINISHED = 0, 1, 2, 3

_registered = cache(registered)


@dataclass(frozen=True)
class Done:
    """What a process says of one chunk: figures, or what refuted it."""

    figures: Figures
    fault: str
    seconds: float


@dataclass
class Progress:
    """One proof within a run: its state, what this run has spent on it, what it is at, and what was refuted."""

    state: State
    spent: float = 0.0
    begun: set[int] = field(default_factory=set)
    faults: dict[int, str] = field(default_factory=dict)

    @property
    def next(self) -> int | None:
        """The next chunk to do, if there is one and time for it; a refuted proof goes no further."""
        if self.faults or self.spent >= self.state.proof.seconds:
            return None
        return next((number for number in self.state.missing if number not in self.begun), None)

    def take(self, number: int, done: Done) -> None:
        """Note what came of a chunk."""
        self.spent += done.seconds
        if done.fault:
            self.faults[number] = done.fault
        else:
            self.state.add(number, done.figures, done.seconds)


def do_chunk(folder: Path, name: str, number: int) -> Done:
    """One chunk, in a process of the pool. A case that is refuted is a value: the other proofs go on."""
    start = time.monotonic()
    figures: Figures = {}
    fault = ""
    try:
        figures = _registered(folder)[name].chunk(number)
    except Exception as error:  # noqa: BLE001 - whatever a proof raises refutes it
        where = traceback.extract_tb(error.__traceback__)[-1]
        fault = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
    return Done(figures, fault, time.monotonic() - start)


def prove(proofs: Sequence[Progress], folder: Path, cores: int) -> Iterator[tuple[Progress, int]]:
    """Do all chunks that there is time for, on so many cores; gives each chunk when it is done.

    The proof that has spent the smallest part of its budget comes next, so that all go on together.
    """
    # Not forked: a process of the pool starts as a test's or a user's would.
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        running: dict[Future[Done], tuple[Progress, int]] = {}
        while True:
            while len(running) < cores and (free := [one for one in proofs if one.next is not None]):
                one = min(free, key=lambda each: each.spent / each.state.proof.seconds)
                number = one.next
                assert number is not None
                one.begun.add(number)
                running[pool.submit(do_chunk, folder, one.state.proof.name, number)] = (one, number)
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                one, number = running.pop(future)
                one.take(number, future.result())
                yield one, number


def told(one: Progress) -> Mapping[str, Any]:
    """One proof's row of out/prove.json."""
    proof, state = one.state.proof, one.state
    return {
        "name": proof.name,
        "sentence": proof.sentence,
        "seed": proof.seed,
        "budget_seconds": proof.seconds,
        "chunks": proof.chunks,
        "done": len(state.done),
        "complete": not state.missing,
        "seconds": round(state.seconds, 1),
        "figures": state.figures,
        "refuted": [
            {"chunk": number, "case": fault, "repeat": repeat(proof, number)}
            for number, fault in sorted(one.faults.items())
        ],
    }


def repeat(proof: Proof, number: int) -> str:
    """The command line that does one chunk again."""
    return f".venv/bin/python tests/prove/run.py {proof.name} --chunk {number}"


def main(arguments: Sequence[str]) -> int:
    """Run the proofs; the figures go to OUT/prove.json, progress and what is refuted to the terminal."""
    options = _options(arguments)
    known = registered(options.proofs)
    if strange := [name for name in options.names if name not in known]:
        print(f"error: no proof is named {strange[0]}; there are: {', '.join(known)}", file=sys.stderr)
        return USAGE
    chosen = [known[name] for name in options.names or known]
    if options.chunk is not None:
        return _again(chosen, options.chunk)
    source = source_digest(options.proofs)
    folder = options.out / "prove"
    folder.mkdir(parents=True, exist_ok=True)
    running = [Progress(state_of(folder, one, source)) for one in chosen]
    with contextlib.suppress(KeyboardInterrupt):
        for one, number in prove(running, options.proofs, options.cores):
            _show(one, number)
    rows = [told(one) for one in running]
    document = {"schema": "deputize-prove/1", "source": source, "cores": options.cores, "proofs": rows}
    (options.out / "prove.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
    for row in rows:
        print(
            f"{row['name']}: {row['done']} of {row['chunks']} chunks, {row['seconds']} s: {json.dumps(row['figures'])}"
        )
    if any(one.faults for one in running):
        return REFUTED
    return PROVED if all(row["complete"] for row in rows) else UNFINISHED


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Runs the big seeded proofs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="proofs to run; all without one")
    parser.add_argument("--chunk", type=int, help="do this chunk alone, here, and store nothing")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--out", type=Path, default=ROOT / "out")
    parser.add_argument("--proofs", type=Path, default=PROOFS)
    return parser.parse_args(arguments)


def _again(proofs: Sequence[Proof], number: int) -> int:
    """One chunk of each, in this process, so that a debugger can follow; raises what the proof raises."""
    for one in proofs:
        print(f"{one.name}: chunk {number}: {json.dumps(dict(one.chunk(number)))}")
    return PROVED


def _show(one: Progress, number: int) -> None:
    proof = one.state.proof
    if number in one.faults:
        print(f"REFUTED {proof.name}, chunk {number}: {one.faults[number]}")
        print(f"  again: {repeat(proof, number)}", flush=True)
    elif sys.stderr.isatty():
        print(f"{proof.name}: {len(one.state.done)} of {proof.chunks}", end="\033[K\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
