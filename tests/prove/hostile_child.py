"""Judges the files that its standard input names, each twice in a process of its own, and prints what each took.

    (engines) -> {"seconds": of the processor, "megabytes": at most, "found": findings, "ended": by cfn-lint's limits}

A process that was forked starts with no time used, and with the memory that its parent has at that moment.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import time
from pathlib import Path

from deputize.checks.details import Details
from deputize.checks.report.text import as_text
from deputize.checks.rules.examples import TEMPLATE
from deputize.jobs.lint.file import Judging, lint_content
from deputize.model.values import LintReport
from deputize.tools import cfn_lint
from deputize.tools.frames import MOST_MEMORY, MOST_SECONDS

_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Answer for every file."""
    cfn_lint.region_for("aws")  # the one helper of all is made ready
    small = min(_small() for _ in range(20))
    for line in sys.stdin:
        name = line.rstrip("\n")
        engines = [["own"], ["own", "cfn-lint"]]
        print(
            json.dumps({"name": name, "small": small, **{"+".join(one): _apart(Path(name), one) for one in engines}}),
            flush=True,
        )


def _small() -> float:
    """Seconds that a small template takes on this machine, now."""
    started = time.process_time()
    lint_content(TEMPLATE.encode(), "small.yaml", Judging(engines=("own",)), named=True)
    return time.process_time() - started


def _apart(path: Path, engines: list[str]) -> dict[str, float]:
    reader, writer = os.pipe()
    if not os.fork():
        os.close(reader)
        with os.fdopen(writer, "w") as out:
            json.dump(_judged(path, tuple(engines)), out)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        said = answer.read()
    os.wait()
    return dict(json.loads(said))


def _judged(path: Path, engines: tuple[str, ...]) -> dict[str, float]:
    report = lint_content(path.read_bytes(), path.name, Judging(engines=engines), named=True)
    found = tuple(one.finding for one in report.found)
    as_text(LintReport(found, report.engines), Details(), colour=False)
    own = resource.getrusage(resource.RUSAGE_SELF)
    ended = any(one.rule == "cfn-lint-unfinished" for one in found)
    seconds, megabytes = (float(MOST_SECONDS), MOST_MEMORY / 2**20) if ended else _of_cfn_lint(engines)
    return {
        "seconds": own.ru_utime + own.ru_stime + seconds,
        "megabytes": _peak("self") + megabytes,
        "found": len(found),
        "ended": ended,
    }


def _of_cfn_lint(engines: tuple[str, ...]) -> tuple[float, float]:
    """What the fork of the helper took that answers this process: the one that the helper has, if any."""
    server = cfn_lint._HELPER._process
    if "cfn-lint" not in engines or server is None:
        return 0.0, 0.0
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text(encoding="ascii").split()
    stats = [
        (one, Path(f"/proc/{one}/stat").read_text(encoding="ascii").rpartition(")")[2].split()) for one in children
    ]
    living = [(one, stat) for one, stat in stats if stat[0] != "Z"]
    spent = [(int(stat[11]) + int(stat[12])) / _TICKS for _, stat in living]
    return max(spent, default=0.0), max((_peak(one) for one, _ in living), default=0.0)


def _peak(process: str) -> float:
    """Megabytes that a process had at most."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s*([0-9]+)", status)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
