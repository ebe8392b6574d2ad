"""`make fuzz`: lint and explain changed files; whatever they hold, there is an answer, soon, and no traceback.

The same seed makes the same files: `python tests/fuzz/run.py --seed 1 --from 4711 --count 1` repeats one of them.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "generator"), str(HERE.parent)]

from deputize.checks.details import Details  # noqa: E402
from deputize.checks.report.text import as_text  # noqa: E402
from deputize.errors import InputError  # noqa: E402
from deputize.jobs.explain.run import explain_content  # noqa: E402
from deputize.jobs.lint.file import FileReport, Judging, lint_content  # noqa: E402
from deputize.model.expectations import Expectation, Expectations  # noqa: E402
from deputize.model.values import LintReport  # noqa: E402
from fuzz.mutants import mutant  # noqa: E402

MOST_SECONDS = 60.0
"""Of the processor, for one file; usually it takes a hundredth of one."""
_WITH_VENDOR = Expectations(Expectation(vendor_accounts=("111122223333",)))
_HOW = (
    Judging(engines=("own",)),
    Judging(engines=("own",), expected=_WITH_VENDOR),
    Judging(engines=("own",), expected=Expectations(all_roles=True), inline=True),
)


@dataclass(frozen=True, slots=True)
class Broken:
    """One file that was answered by a traceback, or too late."""

    number: int
    name: str
    why: str


def fuzz(seed: int, numbers: range, kinds: Counter[str]) -> Iterator[Broken]:
    """Every file of these numbers that is not answered as it should be; kinds: counts what the others came to."""
    for number in numbers:
        name, content = mutant(seed, number)
        started = time.process_time()
        try:
            kinds[_asked(name, content, number)] += 1
        except Exception:  # noqa: BLE001 -- whatever is raised is what is looked for
            yield Broken(number, name, traceback.format_exc(limit=-4))
        seconds = time.process_time() - started
        if seconds > MOST_SECONDS:
            yield Broken(number, name, f"took {seconds:.1f} s")


def _asked(name: str, content: bytes, number: int) -> str:
    report = lint_content(content, name, _HOW[number % len(_HOW)], named=number % 5 == 0)
    as_text(LintReport(tuple(one.finding for one in report.found), report.engines), Details(), colour=False)
    with suppress(InputError):
        explain_content(content, name, {})
    return _kind(report)


def _kind(report: FileReport) -> str:
    if report.skipped:
        return "skipped"
    rules = {one.finding.rule for one in report.found}
    return "not understood" if "file-not-understood" in rules else "judged"


def main() -> int:
    """Fuzz as the arguments say; 1 when a file was not answered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--count", type=int, default=20_000)
    given = parser.parse_args()
    kinds: Counter[str] = Counter()
    started, broken = time.process_time(), 0
    for one in fuzz(given.seed, range(given.first, given.first + given.count), kinds):
        broken += 1
        print(f"{one.number} ({one.name}): {one.why}", flush=True)
    told = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
    print(f"seed {given.seed}: {given.count:,} files: {told}; {broken} broken; {time.process_time() - started:.0f} s")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
