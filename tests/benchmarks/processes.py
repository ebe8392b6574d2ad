"""Start-up, memory and speed of the command itself, measured in processes of its own."""

from __future__ import annotations

import csv
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from typer import Typer

from deputize.cli.app import app
from deputize.model.spec import Tenant


def figures(scratch: Path, tenant: Callable[[int], Tenant]) -> dict[str, float]:
    """The same list of tenants, short and long, and `--help` beside that of a bare typer program."""
    small, large = tenants_file(scratch, tenant, 100), tenants_file(scratch, tenant, 10_000)
    run_render(scratch, small, "warm")
    memory_small, _ = run_render(scratch, small, "small")
    memory_large, seconds = run_render(scratch, large, "large")
    ours, bare = [sys.executable, "-m", "deputize", "--help"], [sys.executable, str(bare_typer(scratch)), "--help"]
    starts: dict[str, list[float]] = {"ours": [], "bare": []}
    for number in range(16):
        for name, command in (("ours", ours), ("bare", bare)):
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            if number:
                starts[name].append(time.perf_counter() - started)
    return {
        "rss_10000_vs_100": memory_large / memory_small,
        "rss_100_mb": memory_small / 1024,
        "help_vs_typer": statistics.median(a / b for a, b in zip(starts["ours"], starts["bare"], strict=True)),
        "render_10000_tenants_per_s": 10_000 / seconds,
    }


def tenants_file(scratch: Path, tenant: Callable[[int], Tenant], count: int) -> Path:
    """A CSV of so many tenants."""
    path = scratch / f"tenants-{count}.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("tenant", "external_id", "name"))
        writer.writerows((one.slug, one.external_ids[0], one.name) for one in map(tenant, range(count)))
    return path


def run_render(scratch: Path, tenants: Path, out: str) -> tuple[int, float]:
    """(peak memory in KiB, seconds) of one `deputize render --tenants`; the process reads its own high-water mark."""
    snippet = (
        "import sys\n"
        "from deputize.cli.app import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "mark = [line for line in open('/proc/self/status') if line.startswith('VmHWM')][0]\n"
        "print(mark.split()[1], file=sys.stderr)\n"
    )
    arguments = ["render", "--vendor-account", "111122223333", "--tenants", str(tenants), "--out", str(scratch / out)]
    environment = {**os.environ, "XDG_CACHE_HOME": str(scratch / "cache")}
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", snippet, *arguments],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    return int(done.stderr.split()[-1]), time.perf_counter() - started


def bare_typer(scratch: Path) -> Path:
    """A typer program with as many commands as ours, its groups' included, and no code behind them."""
    lines = ["import typer", "app = typer.Typer()"]
    lines += [line for number in range(commands_of(app)) for line in bare_command(number)]
    path = scratch / "bare.py"
    path.write_text("\n".join((*lines, "app()", "")))
    return path


def commands_of(program: Typer) -> int:
    """How many commands a program has, its groups' included."""
    groups = (group.typer_instance for group in program.registered_groups)
    return len(program.registered_commands) + sum(commands_of(group) for group in groups if group is not None)


def bare_command(number: int) -> Iterator[str]:
    """One command with eight options."""
    options = ", ".join(f"option_{index}: str = ''" for index in range(8))
    yield "@app.command()"
    yield f"def command_{number}({options}): pass"
