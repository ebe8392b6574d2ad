"""`make quick`: ruff, mypy, import-linter and the tests of what changed by git, within a minute on two cores.

What changed is what differs from HEAD, new files too; in a clean tree it is the last commit. The folder of a changed
file says which tests are run, those first that import the changed module or are called like it. No test starts after
SECONDS, and slow ones (marked so) run only when their own file changed: the line `Skipped:` says what was left to
`make test`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

SECONDS = 40  # the rest of the minute is for the last tests that started
AT_LEAST = 8  # on the busiest machine the nearest tests have so many seconds, be it after those
CHECKS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("lint-imports", "--no-logo"))
SOURCE, TEMPLATES, TESTS = "generator/deputize/", "templates/", "tests/"
LEFT_OUT = (f"{TESTS}e2e/",)
# Where the tests of a folder are, if not in the folder of its name in tests/.
TESTS_OF = {
    f"{SOURCE}tools/": f"{TESTS}tools_room/",
    TEMPLATES: f"{TESTS}formats/",
    f"{TESTS}bad/": f"{TESTS}test_bad.py",
    f"{TESTS}cases/": f"{TESTS}test_cases.py",
}
# Whoever changes what is emitted sees what comes of it.
EMITS = (TEMPLATES, f"{SOURCE}formats/")
GOLDEN = f"{TESTS}test_cases.py::test_golden_tree"
FEW = 3  # test files that are not worth a second process
NOTHING_TO_RUN = 5  # pytest's exit code

Texts = Mapping[str, str]


def changed(root: Path) -> list[str]:
    """The paths that differ from HEAD, untracked ones among them; when none does, those of the last commit."""
    found = [*_git(root, "diff", "--name-only", "--no-renames", "-z", "HEAD")]
    found += _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    last = ("diff-tree", "--no-commit-id", "--name-only", "--no-renames", "-r", "-m", "--first-parent", "--root", "-z")
    return sorted(set(found or _git(root, *last, "HEAD")))


def _git(root: Path, *arguments: str) -> Iterator[str]:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True)
    return (path.decode() for path in done.stdout.split(b"\0") if path)


def plan(paths: Iterable[str], texts: Texts) -> list[str]:
    """What pytest is to run, the nearest first; `texts` are all test files of the project, path -> text.

    First the test files that changed, then of each changed file's folder those that name it or are called like it, then
    the rest.
    """
    paths = list(paths)
    near = [path for path in paths if path in texts]
    named: list[str] = []
    rest: list[str] = []
    for path in (path for path in paths if path not in texts):
        folder = [test for test in _tests_of(path, texts) if not test.startswith(LEFT_OUT)]
        named += [test for test in folder if is_called_like(test, path) or names(texts[test], path)]
        rest += folder
    golden = [GOLDEN] if any(path.startswith(EMITS) for path in paths) else []
    return list(dict.fromkeys((*near, *named, *golden, *rest)))


def _tests_of(path: str, texts: Texts) -> list[str]:
    """The test files of a changed file's folder; of one without a folder of its own, the tests that name it."""
    for folder, where in TESTS_OF.items():
        if path.startswith(folder):
            return _within(where, texts)
    for source in (SOURCE, TESTS):
        room, inside, _ = path.removeprefix(source).partition("/")
        if path.startswith(source) and inside:
            return _within(f"{TESTS}{room}/", texts)
    return [test for test in sorted(texts) if names(texts[test], path)]


def _within(folder: str, texts: Texts) -> list[str]:
    return sorted(test for test in texts if test.startswith(folder))


def names(text: str, path: str) -> bool:
    """Whether a test's text names a file: a Python module where it is imported, any other file anywhere."""
    if not path.endswith(".py"):
        return path.rpartition("/")[2] in text
    dotted = path.removeprefix("generator/").removeprefix(TESTS).removesuffix(".py").removesuffix("/__init__")
    package, _, module = dotted.replace("/", ".").rpartition(".")
    words = [line.replace(",", " ").split() for line in text.splitlines() if line.startswith(("from ", "import "))]
    return any(
        line[1] == dotted.replace("/", ".") or (line[:2] == ["from", package] and module in line[3:]) for line in words
    )


def is_called_like(test: str, path: str) -> bool:
    """Whether a test file's name begins with a module's, or with that of the folder that it is in within its room."""
    called = test.rpartition("/")[2].removeprefix("test_").removesuffix(".py")
    _, *parts = path.removeprefix(SOURCE).removesuffix(".py").split("/")
    return any(called == part or called.startswith(f"{part}_") for part in parts)


def main(root: Path, programs: Path) -> int:
    """Run it all, with the checks' programs from that folder; 0 when everything passes."""
    start = time.monotonic()
    paths = changed(root)
    texts = {test.relative_to(root).as_posix(): test.read_text("utf-8") for test in (root / TESTS).rglob("test_*.py")}
    tests = plan(paths, texts)
    with tempfile.TemporaryDirectory() as folder:
        told = [Path(folder, str(number)) for number, _ in enumerate(CHECKS)]
        running = [_start(root, programs, *started) for started in zip(CHECKS, told, strict=True)]
        failed = ["pytest"] if tests and _pytest(root, tests, paths) else []
        for check, process, output in zip(CHECKS, running, told, strict=True):
            if process.wait():
                failed.append(" ".join(check))
                print(output.read_text("utf-8"), end="")
    took = f"{len(paths)} changed, {len(tests)} test files, {time.monotonic() - start:.0f} s"
    print(f"quick: {took}: {'; '.join(failed)} failed" if failed else f"quick: {took}: passed")
    return 1 if failed else 0


def _start(root: Path, programs: Path, check: tuple[str, ...], told: Path) -> subprocess.Popen[bytes]:
    with told.open("wb") as output:
        command = [str(programs / check[0]), *check[1:]]
        return subprocess.Popen(command, cwd=root, stdout=output, stderr=output, env=_environment(root))


def _pytest(root: Path, tests: list[str], paths: list[str]) -> bool:
    """Whether a test failed."""
    limits = [
        f"--until={time.time() + SECONDS}",
        f"--at-least={AT_LEAST}",
        *(f"--changed={path}" for path in paths if path in tests),
    ]
    share = ["-n2", "--dist=load"] if len(tests) > FEW else []
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tools.deadline", *share, *limits, *tests]
    done = subprocess.run(command, cwd=root, check=False, env=_environment(root))
    return done.returncode not in (0, NOTHING_TO_RUN)


def _environment(root: Path) -> dict[str, str]:
    """The plugin is found beside this file, before pytest reads where else it may look."""
    places = (str(root / "generator"), str(Path(__file__).parents[1]))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(places)}


if __name__ == "__main__":
    sys.exit(main(Path(__file__).parents[2], Path(sys.executable).parent))
