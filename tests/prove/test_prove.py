"""A share of every registered proof, and the runner: what it resumes, where it ends, what it writes."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prove.proof import Proof, registered
from prove.run import PROVED, REFUTED, UNFINISHED, USAGE, main
from prove.state import ROOT

PROOFS = registered()
ALL_SECONDS, CORES = 3600, 2

TOY = """
import time
from pathlib import Path
from prove.proof import RefutedError, proof

@proof(seed=7, seconds={seconds}, chunks={chunks}, share=1)
def toy(chance):
    "Small numbers are small."
    number = chance.randrange(10**6)
    with (Path(__file__).parents[1] / "log").open("a") as log:
        log.write(f"{{number}}\\n")
    {body}
    return {{"numbers": 1, "sum": number}}
"""


@pytest.mark.parametrize("one", PROOFS.values(), ids=PROOFS)
def test_a_share_of_every_proof_holds(one: Proof) -> None:
    """The first chunks, always the same, and every figure is one that can be added up."""
    for number in range(one.share):
        assert all(value >= 0 for value in one.chunk(number).values())


def test_all_proofs_together_take_at_most_an_hour_on_two_cores() -> None:
    """The budgets add up to what `make prove` may take, and no proof alone takes longer."""
    assert sum(one.seconds for one in PROOFS.values()) <= ALL_SECONDS * CORES
    assert all(one.seconds <= ALL_SECONDS for one in PROOFS.values())
    assert all(0 < one.share <= one.chunks for one in PROOFS.values())
    assert all(one.sentence.endswith(".") for one in PROOFS.values())


def test_a_chunk_is_the_same_each_time() -> None:
    """Seed, name and number give the chunk; another number gives another."""
    one = PROOFS["policy-round-trip"]
    assert one.chunk(0) == one.chunk(0)
    assert one.chunk(0) != one.chunk(1)


Toy = Callable[..., list[str]]


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    """A function that registers the one toy proof, and gives the arguments that run it."""

    def make(body: str = "", *, seconds: float = 60, chunks: int = 4) -> list[str]:
        folder = tmp_path / "proofs"
        folder.mkdir(exist_ok=True)
        (folder / "toy.py").write_text(TOY.format(body=body, seconds=seconds, chunks=chunks), encoding="utf-8")
        return ["--out", str(tmp_path / "out"), "--proofs", str(folder), "--cores", "2"]

    return make


def _log(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "log").read_text(encoding="ascii").splitlines()]


def _row(folder: Path) -> dict[str, Any]:
    document = json.loads((folder / "out/prove.json").read_text(encoding="utf-8"))
    assert document.keys() == {"schema", "source", "cores", "proofs"}
    assert document["schema"] == "deputize-prove/1"
    (row,) = document["proofs"]
    return dict(row)


def test_figures_are_the_sum_of_all_chunks(toy: Toy, tmp_path: Path) -> None:
    """out/prove.json says of each proof what it is, how far it came and what it counted; nothing is done twice."""
    arguments = toy()
    assert main(arguments) == PROVED
    row = _row(tmp_path)
    assert row.pop("seconds") >= 0
    assert row == {
        "name": "toy",
        "sentence": "Small numbers are small.",
        "seed": 7,
        "budget_seconds": 60,
        "chunks": 4,
        "done": 4,
        "complete": True,
        "figures": {"numbers": 4, "sum": sum(_log(tmp_path))},
        "refuted": [],
    }
    assert len(set(_log(tmp_path))) == 4
    assert main(arguments) == PROVED
    assert len(_log(tmp_path)) == 4


def test_a_killed_run_goes_on_where_it_was(toy: Toy, tmp_path: Path) -> None:
    """Chunks that were finished before SIGKILL are not done again, and the figures are those of one whole run."""
    arguments = toy("time.sleep(0.2)", chunks=12)
    state = tmp_path / "out/prove/toy.json"
    with subprocess.Popen(
        [sys.executable, str(ROOT / "tests/prove/run.py"), *arguments], start_new_session=True
    ) as run:
        while not state.exists() or len(json.loads(state.read_text())["done"]) < 3:
            assert run.poll() is None
            time.sleep(0.02)
        run.send_signal(signal.SIGKILL)
    done = json.loads(state.read_text())["done"]
    time.sleep(0.5)  # what was begun by the pool's processes ends
    (tmp_path / "log").unlink()
    assert main(arguments) == PROVED
    again = _log(tmp_path)
    assert 3 <= len(done) < 12
    assert len(again) == 12 - len(done)
    assert not set(again) & {figures["sum"] for figures in done.values()}
    assert _row(tmp_path)["figures"]["sum"] == sum(again) + sum(figures["sum"] for figures in done.values())


def test_a_budget_ends_a_run_and_the_next_one_goes_on(toy: Toy, tmp_path: Path) -> None:
    """A run over budget is unfinished, not proved; what it did counts in the next."""
    arguments = toy("time.sleep(0.1)", seconds=0.15, chunks=8)
    assert main(arguments) == UNFINISHED
    first = _row(tmp_path)
    assert not first["complete"]
    assert 1 <= first["done"] <= 4
    assert main(arguments) == UNFINISHED
    assert _row(tmp_path)["done"] > first["done"]
    assert len(_log(tmp_path)) == len(set(_log(tmp_path)))


def test_other_code_or_another_seed_starts_anew(toy: Toy, tmp_path: Path) -> None:
    """Figures of old code say nothing of new code."""
    assert main(toy()) == PROVED
    assert main(toy("time.sleep(0)")) == PROVED
    assert len(_log(tmp_path)) == 8


def test_a_refuted_case_is_named_with_the_way_to_repeat_it(
    toy: Toy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, the case and the command, which fails alike when it is given; and again in the next run."""
    arguments = toy("if number > 300_000: raise RefutedError(f'{number} is large')", chunks=20)
    assert main(arguments) == REFUTED
    told = capsys.readouterr().out
    row = _row(tmp_path)
    assert not row["complete"]
    refuted = row["refuted"][0]
    assert re.fullmatch(r"RefutedError: \d+ is large \(toy\.py:\d+\)", refuted["case"])
    assert f"REFUTED toy, chunk {refuted['chunk']}: {refuted['case']}\n  again: {refuted['repeat']}\n" in told
    python, script, *words = shlex.split(refuted["repeat"])
    assert (python, script) == (".venv/bin/python", "tests/prove/run.py")
    with pytest.raises(AssertionError, match=re.escape(refuted["case"].partition(": ")[2].partition(" (")[0])):
        main([*words, *arguments])
    assert main(arguments) == REFUTED


def test_a_crash_in_a_proof_refutes_it(toy: Toy, tmp_path: Path) -> None:
    """An exception that nobody foresaw is told by its type and line."""
    assert main(toy("1 / 0")) == REFUTED
    assert re.fullmatch(r"ZeroDivisionError: division by zero \(toy\.py:\d+\)", _row(tmp_path)["refuted"][0]["case"])


def test_an_unknown_name_is_an_error(toy: Toy, capsys: pytest.CaptureFixture[str]) -> None:
    """The error says which names there are."""
    assert main(["nothing", *toy()]) == USAGE
    assert capsys.readouterr().err == "error: no proof is named nothing; there are: toy\n"


def test_two_proofs_of_one_name_are_refused(toy: Toy, tmp_path: Path) -> None:
    """A second file cannot hide the first one's proof."""
    toy()
    (tmp_path / "proofs/other.py").write_bytes((tmp_path / "proofs/toy.py").read_bytes())
    with pytest.raises(ValueError, match="another proof is named toy"):
        registered(tmp_path / "proofs")
