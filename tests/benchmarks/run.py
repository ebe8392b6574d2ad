"""Benchmarks as ratios of one run: interleaved rounds, medians, on a memory file system where there is one.

    python tests/benchmarks/run.py --out out/bench.json

Every figure is printed with its bar; one that is over it is said to be, and the run still ends with 0: these are no
tests.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path, PurePosixPath

from jinja2 import Environment

from deputize.bundle import seal
from deputize.disk import BundleWriter
from deputize.formats.languages import escaped
from deputize.jobs.inputs import vendor_of_account
from deputize.jobs.render.shapes import Shape, shape_for
from deputize.model.spec import Tenant
from deputize.model.values import Files

TENANTS, ROUNDS = 1000, 9
BARS = {
    "render_vs_floor": 2.0,
    "render_vs_jinja": 0.75,
    "rss_10000_vs_100": 1.2,
    "help_vs_typer": 1.25,
    "verify_8_threads_speedup": 5.0,
    "verify_300_vs_floor": 1.5,
    "verify_rss_3000_vs_300": 1.1,
    "verify_cpu_ms": 25,
    "lint_own_vs_cfnlint": 0.05,
    "lint_1000_vs_cfnlint_cli": 0.8,
    "lint_rss_1000_vs_10": 1.5,
    "page_kb": 100,
    "bundle_kb": 150,
    "page_ready_ms": 500,
}
AT_LEAST = ("verify_8_threads_speedup",)
VENDOR = vendor_of_account("111122223333", "aws")
Job = tuple[str, Mapping[str, str], Files]
Renderer = Callable[[Mapping[str, str]], Files]


def main() -> None:
    """Run everything and write the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    out: Path = parser.parse_args().out
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        scratch = Path(name)
        figures = {
            **render_ratios(scratch),
            **of("processes", scratch, tenant),
            **of("verify"),
            **of("lint", scratch),
            **of("sizes", scratch, bundle_of(tenant(0))),
        }
    for figure, value in figures.items():
        bar = BARS.get(figure)
        kept = bar is None or (value >= bar if figure in AT_LEAST else value <= bar)
        verdict = "" if bar is None else f"  (bar {bar}: {'kept' if kept else 'MISSED'})"
        print(f"{figure:<32}{value:>10.3f}{verdict}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({name: round(value, 4) for name, value in figures.items()}, indent=2) + "\n")


def tenant(number: int) -> Tenant:
    """One of many ordinary tenants."""
    return Tenant(f"tenant-{number:05}", (f"7d4c0b9e-2f7a-4f0e-9f57-{number:012x}",), f"Tenant No. {number}")


def bundle_of(one: Tenant) -> Files:
    """All files of a tenant."""
    shape, values = shape_for(VENDOR, one)
    return seal(shape.blueprint.fill(values))


def render_ratios(scratch: Path) -> dict[str, float]:
    """Ours against writing ready bytes, and against plain jinja of the same bytes."""
    shape, _ = shape_for(VENDOR, tenant(0))
    jobs: list[Job] = []
    for number in range(TENANTS):
        values = shape_for(VENDOR, tenant(number))[1]
        jobs.append((values["tenant"], values, seal(shape.blueprint.fill(values))))
    jinja = jinja_renderer(shape)
    contexts = [escapes(shape, values) for _, values, _ in jobs]
    for (_, _, files), context in zip(jobs, contexts, strict=True):
        assert jinja(context) == files

    times = interleaved(
        scratch,
        {
            "ours": lambda folder: write_ours(folder, shape, jobs),
            "floor": lambda folder: write_ready(folder, jobs),
            "jinja": lambda folder: write_jinja(folder, jobs, jinja, contexts),
        },
    )
    return {
        "render_vs_floor": ratio(times, "ours", "floor"),
        "render_vs_jinja": ratio(times, "ours", "jinja"),
        "render_us_per_tenant": statistics.median(times["ours"]) / TENANTS * 1e6,
        "floor_us_per_tenant": statistics.median(times["floor"]) / TENANTS * 1e6,
    }


def write_ours(folder: Path, shape: Shape, jobs: list[Job]) -> None:
    """Fill, seal, write and rename, as `deputize render` does."""
    with BundleWriter(folder) as writer:
        for name, values, _ in jobs:
            writer.write(name, seal(shape.blueprint.fill(values)))


def write_ready(folder: Path, jobs: list[Job]) -> None:
    """The floor: the same folders and files from ready bytes."""
    for name, _, files in jobs:
        write_plainly(f"{folder}/{name}", files)


def write_jinja(folder: Path, jobs: list[Job], render: Renderer, contexts: list[dict[str, str]]) -> None:
    """Plain jinja's bundles, written plainly."""
    for (name, _, _), context in zip(jobs, contexts, strict=True):
        write_plainly(f"{folder}/{name}", render(context))


def jinja_renderer(shape: Shape) -> Renderer:
    """Plain jinja, precompiled, doing the same job: every file, then the manifest with the digests of the others.

    It is handed texts that are escaped already, which a real one would have to do as well.
    """
    environment = Environment(autoescape=False, keep_trailing_newline=True)
    marks = {hole: f"@hole{index}@" for index, hole in enumerate(shape.blueprint.holes)}
    draft = {
        path: b"".join(marks[shape.blueprint.holes[part]].encode() if isinstance(part, int) else part for part in parts)
        for path, parts in shape.blueprint.files
    }
    sealed = dict(seal(draft))
    manifest = sealed.pop("manifest.json").decode()
    for path, digest in digests_of(sealed).items():
        manifest = manifest.replace(digest, "{{ " + path + " }}")
    for hole, mark in marks.items():
        manifest = manifest.replace(mark, "{{ " + variable(hole) + " }}")
    head = environment.from_string(manifest)
    templates = {}
    for path, data in sealed.items():
        raw = "{% raw %}" + data.decode() + "{% endraw %}"
        for hole, mark in marks.items():
            raw = raw.replace(mark, "{% endraw %}{{ " + variable(hole) + " }}{% raw %}")
        templates[path] = environment.from_string(raw)

    def render(values: Mapping[str, str]) -> Files:
        files = {path: template.render(values).encode() for path, template in templates.items()}
        return {"manifest.json": head.render({**values, **digests_of(files)}).encode(), **files}

    return render


def variable(hole: tuple[str, tuple[str, ...]]) -> str:
    """The name of a blueprint's hole in a jinja template."""
    return "h" + "_".join((hole[0].replace(".", ""), *hole[1]))


def escapes(shape: Shape, values: Mapping[str, str]) -> dict[str, str]:
    """The escaped texts of a tenant under the names that the jinja templates use."""
    return {variable(hole): escaped(values[hole[0]], hole[1]) for hole in shape.blueprint.holes}


def digests_of(files: Files) -> dict[str, str]:
    """Each file's digest, by a name that a template can use."""
    return {
        "d_" + "".join(c if c.isalnum() else "_" for c in path): hashlib.sha256(data).hexdigest()
        for path, data in files.items()
    }


@cache
def folders_of(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Every folder that the paths lie in, outer ones first."""
    return tuple(sorted({str(one) for path in paths for one in PurePosixPath(path).parents} - {"."}))


def write_plainly(folder: str, files: Files) -> None:
    """The least that can be done: make the folders, open, write, close."""
    os.mkdir(folder)  # noqa: PTH102  the floor is the bare system call
    for inside in folders_of(tuple(files)):
        os.mkdir(f"{folder}/{inside}")  # noqa: PTH102
    for path, data in files.items():
        descriptor = os.open(f"{folder}/{path}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        os.write(descriptor, data)
        os.close(descriptor)


def interleaved(scratch: Path, jobs: Mapping[str, Callable[[Path], None]]) -> dict[str, list[float]]:
    """Seconds per round of each job, in turn, each into a fresh folder; one round first that does not count."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(ROUNDS + 1):
        for name, job in jobs.items():
            folder = scratch / f"{name}-{number}"
            folder.mkdir()
            started = time.perf_counter()
            job(folder)
            if number:
                times[name].append(time.perf_counter() - started)
    return times


def ratio(times: Mapping[str, list[float]], ours: str, other: str) -> float:
    """The median of the ratios round by round."""
    return statistics.median(a / b for a, b in zip(times[ours], times[other], strict=True))


def of(module: str, *arguments: object) -> dict[str, float]:
    """The figures of another file of this folder, by its name."""
    found: dict[str, float] = import_module(module).figures(*arguments)
    return found


if __name__ == "__main__":
    main()
