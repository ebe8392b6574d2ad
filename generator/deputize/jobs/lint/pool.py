"""Judge many files with every engine at hand and on all cores; reports come in the order of the files."""

from __future__ import annotations

import gc
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

from deputize.bundle import unzip
from deputize.checks.details import Located
from deputize.checks.excerpt import line_at, lines_of
from deputize.checks.rule import RuleEntry
from deputize.checks.rules.files import NOT_UNDERSTOOD, TOO_LARGE
from deputize.disk.reading import read_bytes, read_folder
from deputize.disk.walking import read_file
from deputize.errors import InputError, Problem, ServiceError
from deputize.jobs.lint.bundle import ARCHIVE_CAP, CFN_LINT, LintOptions, lint_files
from deputize.jobs.lint.file import FileReport, Judging, lint_content
from deputize.jobs.lint.targets import Task, nothing_in
from deputize.model.values import Files
from deputize.read.source import MAX_BYTES

_FEW, _MANY = 8, 200  # files from which a second process pays, with cfn-lint and without
_AT_ONCE = 4  # files that a process takes at a time
_ANY = "Resources: {Any: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}}"


def lint_tasks(
    tasks: list[Task],
    options: LintOptions,
    judging: Judging,
    *,
    workers: int = 1,
    told: Callable[[FileReport], None] = lambda _: None,
) -> list[FileReport]:
    """Judge each task. workers: processes at most; one judges here. told: called with each report, in order.

    Raises InputError for a bundle that cannot be read, or when a folder holds nothing to judge; ServiceError when a
    process died.
    """
    reports = []
    for report in _reports(tasks, options, judging, workers):
        told(report)
        reports.append(report)
    busy = {task.folder for task, report in zip(tasks, reports, strict=True) if not (report.skipped or report.left)}
    idle = dict.fromkeys(task.folder for task in tasks if task.folder and task.folder not in busy)
    if idle:
        raise InputError(*map(nothing_in, idle))
    return reports


def _reports(tasks: list[Task], options: LintOptions, judging: Judging, workers: int) -> Iterator[FileReport]:
    few = _FEW if CFN_LINT in judging.engines else _MANY
    if workers < 2 or len(tasks) < few or "fork" not in multiprocessing.get_all_start_methods():  # noqa: PLR2004
        yield from (_report(task, options, judging) for task in tasks)
        return
    if CFN_LINT in judging.engines:
        from deputize.jobs.lint.cfn_lint import lint_template

        lint_template(_ANY, "any")  # builds the rules once here: what is forked has them
    gc.freeze()  # what is shared stays shared
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _start, (options, judging))
    try:
        yield from pool.map(_in_worker, tasks, chunksize=_AT_ONCE)
    except BrokenProcessPool as error:
        raise ServiceError(Problem("lint", "a process that judged files died", "judge fewer at once")) from error
    finally:
        pool.shutdown(cancel_futures=True)
        gc.unfreeze()


_given: tuple[LintOptions, Judging] | None = None


def _start(options: LintOptions, judging: Judging) -> None:
    global _given  # noqa: PLW0603 - what a pool's initializer leaves for its tasks
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that waits
    _given = options, judging


def _in_worker(task: Task) -> FileReport:
    if _given is None:
        raise RuntimeError("not started by _start")  # noqa: EM101, TRY003 - a bug, not an input
    try:
        return _report(task, *_given)
    except InputError as error:
        raise InputError(*error.problems) from None  # a subclass may not survive the way between processes


def _report(task: Task, options: LintOptions, judging: Judging) -> FileReport:
    if task.left:
        return FileReport(task.where, left=True)
    if task.is_bundle:
        is_archive = Path(task.path).is_file()
        files = unzip(read_bytes(task.path, cap=ARCHIVE_CAP), task.where)[1] if is_archive else read_folder(task.path)
        return _of_bundle(files, task.where, options, judging)
    if task.content is not None:
        return lint_content(task.content, task.where, judging, named=True)
    try:
        content = read_file(task.path, MAX_BYTES, follow=task.named)
    except InputError as error:
        (problem,) = error.problems
        return _unread(task, NOT_UNDERSTOOD, problem.what, problem.mend)
    if content is not None:
        return lint_content(content, task.where, judging, named=task.named)
    what = f"is larger than {MAX_BYTES} bytes, which no template or policy is: it was not read"
    unread = _unread(task, NOT_UNDERSTOOD if task.named else TOO_LARGE, what, "leave it out")
    return unread if task.named else replace(unread, unjudged=False, skipped=True)


def _unread(task: Task, rule: RuleEntry, what: str, mend: str) -> FileReport:
    return FileReport(task.where, (Located(rule.finding(what, task.where, mend=mend)),), unjudged=True)


def _of_bundle(files: Files, where: str, options: LintOptions, judging: Judging) -> FileReport:
    prefix = f"{where}/"
    report = lint_files(files, options, prefix, judging.expected)
    found = []
    for one in report.findings:
        content = files.get(one.where.removeprefix(prefix), b"")
        excerpt = line_at(lines_of(content.decode(errors="replace")), one.line) if one.line is not None else ""
        found.append(Located(one, excerpt=excerpt))
    return FileReport(where, tuple(found), engines=report.engines)
