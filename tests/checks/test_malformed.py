"""Files that are damaged or hostile: each ends with a finding, and soon, in a process that goes on."""

from __future__ import annotations

import importlib.util
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from deputize.jobs.lint import cfn_lint as cfn
from deputize.jobs.lint.bundle import LintOptions
from deputize.jobs.lint.file import Judging, lint_content
from deputize.jobs.lint.run import LintRequest, lint_all
from deputize.model.values import Severity

pytestmark = pytest.mark.slow

SIZE = 100_000  # bytes of the large ones here; what is measured with 1,000,000 is in the commit's message
WATCHDOG = 600  # seconds of this process's own time
OWN = Judging(engines=("own",))
CHUNKS = 6


def _made(module: str, function: str) -> dict[str, Callable[[], bytes]]:
    spec = importlib.util.spec_from_file_location(module, Path(__file__).with_name(f"{module}.py"))
    assert spec is not None
    assert spec.loader is not None
    loaded: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return dict(getattr(loaded, function)(SIZE))


FILES = {**_made("malformed", "malformed_texts"), **_made("malformed_asks", "malformed_asks")}


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    """Fails what hangs; what is only slow on a busy machine passes."""

    def bark(_signal: int, _frame: object) -> NoReturn:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, bark)
    signal.setitimer(signal.ITIMER_VIRTUAL, WATCHDOG)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def test_there_are_200_files() -> None:
    """No fewer than the proof asks for, and no two alike."""
    assert len({make() for make in FILES.values()}) >= 200
    assert all(make() == make() for make in FILES.values())


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_malformed_file_has_a_finding(chunk: int) -> None:
    """A file that somebody names is never passed over in silence; in a folder it is told as well, or counted as none.

    Every text of a finding can be shown: nothing of the file that moves a terminal's cursor is in it.
    """
    for name in [*FILES][chunk::CHUNKS]:
        content = FILES[name]()
        report = lint_content(content, "x", OWN, named=True)
        assert report.found, name
        loud = [one for one in report.found if one.finding.severity is not Severity.NOTE]
        assert loud, name
        assert all((one.finding.message + one.finding.mend).isprintable() for one in report.found), name
        walked = lint_content(content, "x", OWN, named=False)
        assert walked.skipped or walked.found, name


def test_a_folder_of_them_is_one_run(tmp_path: Path) -> None:
    """All of them by the command's own job, on two cores: a report, and nothing that is no regular file is opened."""
    for number, make in enumerate(FILES.values()):
        (tmp_path / f"{number:03}.yaml").write_bytes(make()[: SIZE // 5])
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "self").symlink_to(tmp_path)
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    (tmp_path / "\x1b[31m\n.json").write_bytes(b'{"Statement": [{"Effect": "Allow"}]')
    os.mkfifo(tmp_path / "pipe.yaml")
    with (tmp_path / "sparse.json").open("wb") as file:
        file.truncate(1 << 40)
    report, details = lint_all(LintRequest(paths=(tmp_path,), options=LintOptions(engines=("own",)), workers=2))
    assert len(details.files) + details.unjudged + details.skipped == len(FILES) + 2
    assert len(details.files) + details.unjudged > 200
    assert "file-too-large" in {one.rule for one in report.findings}


def test_cfn_lint_judges_only_what_is_a_template() -> None:
    """What our own reader refuses whole never reaches cfn-lint, which follows aliases and takes duplicate keys."""
    judging = Judging(engines=("own", "cfn-lint"))
    for name in ("YAML: billion laughs", "YAML: cycle", "YAML: Python object", "large YAML: lists in lists"):
        report = lint_content(FILES[name](), "x.yaml", judging, named=True)
        assert [one.finding.engine for one in report.found] == ["deputize"], name
        assert [one.skipped for one in report.engines] == ["", "there was no template"], name


@pytest.mark.slow
def test_cfn_lint_has_an_end() -> None:
    """A parameter's pattern that never ends is a warning once cfn-lint's time is up, and the next file is judged."""
    hostile = FILES["template: AllowedPattern that never ends, 1"]().decode()
    (found,) = cfn.lint_template(hostile, "x.yaml")
    assert (found.rule, found.severity) == ("cfn-lint-unfinished", Severity.WARNING)
    assert "15 seconds of processor time" in found.message
    assert "cfn-lint-unfinished" not in {one.rule for one in cfn.lint_template("Resources: {}", "x.yaml")}
