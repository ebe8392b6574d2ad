"""What the paths on the command line name: bundles, files, and what is in folders; nothing is judged here."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deputize.disk.reading import STDIN
from deputize.disk.walking import is_bundle, walk
from deputize.errors import InputError, Problem
from deputize.model.display import shown
from deputize.model.format import MANIFEST
from deputize.read.source import MAX_BYTES

_NAME_OF_STDIN = "stdin"


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to judge.

    path: its file, folder or archive. where: how findings call it. content: of standard input.
    named: whether somebody gave this very file; a file that a folder holds may be none of our business. folder: where
    it was found, empty when it was given itself. left: a walk did not follow it, so it is only counted.
    """

    path: str
    where: str
    named: bool = True
    is_bundle: bool = False
    content: bytes | None = None
    folder: str = ""
    left: bool = False


def tasks_of(paths: Iterable[Path], exclude: tuple[str, ...] = (), *, skip_unknown: bool = False) -> list[Task]:
    """What `paths` name, folders searched; `-` is standard input. exclude: globs on paths below a folder.

    skip_unknown: a file that is given and is no template or policy is passed over as in a folder.
    Raises InputError for every path that is not there.
    """
    tasks: dict[str, Task] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            tasks.update((task.where, task) for task in _tasks_of(path, exclude, named=not skip_unknown))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*problems)
    return list(tasks.values())


def _tasks_of(path: Path, exclude: tuple[str, ...], *, named: bool) -> Iterator[Task]:
    if str(path) == STDIN:
        yield Task(STDIN, _NAME_OF_STDIN, content=_from_stdin())
    elif path.is_dir():
        if is_bundle(str(path)):
            yield Task(str(path), str(path), is_bundle=True)
            return
        found = list(walk(str(path), exclude))
        if not found:
            raise InputError(nothing_in(str(path)))
        for seen in found:
            where = str(path / seen.inside)
            yield Task(seen.path, where, named=False, is_bundle=seen.is_bundle, folder=str(path), left=seen.is_left)
    elif path.exists():
        yield Task(str(path), str(path), named, is_bundle=path.suffix == ".zip" and path.is_file())
    else:
        raise InputError(Problem(shown(str(path), 200), "does not exist", "check the path"))


def _from_stdin() -> bytes:
    if sys.stdin is None:
        raise InputError(Problem("standard input", "is closed", "name a file"))
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def nothing_in(folder: str) -> Problem:
    """The problem with a folder that holds nothing to judge: it is never taken for one in which all is well."""
    what = f"is no bundle: it has no {MANIFEST}, and there is no template or policy in it"
    return Problem(shown(folder, 200), what, "give a folder that `deputize render` wrote, or one with templates")
