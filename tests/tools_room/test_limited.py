"""The helper process: questions are answered under limits, and what a limit ends costs nobody else anything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deputize.jobs.lint.file import Judging, lint_content
from deputize.model.values import Severity
from deputize.tools.limited import EndedError, Helper, NotStartedError

MODULE = """
import os, sys
from deputize.tools import frames
frames.MOST_SECONDS = 1

def answer(question):
    if question == "spin":
        while True:
            pass
    if question == "eat":
        return len(b"x" * (2 << 30))
    if question == "environ":
        return sorted(os.environ)
    if question == "exit":
        os._exit(3)
    return [question, os.getpid(), os.getppid()]

def serve(descriptor):
    frames.serve_forks(descriptor, {"name": "toy"}, answer)
"""


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Helper]:
    """A helper that spins, eats or leaves when it is asked to."""
    (tmp_path / "toy_helper.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    made = Helper("toy_helper")
    yield made
    made.close()


def test_one_process_answers_many_questions(helper: Helper) -> None:
    """It is started once and reused, from threads too; each gets its own answer."""
    first = helper.ask("a")
    assert helper.ready() == {"name": "toy", "limited": True}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(helper.ask, "bcdefgh"))
    assert [one[0] for one in answers] == list("bcdefgh")
    assert {tuple(one[1:]) for one in answers} == {tuple(first[1:])}


@pytest.mark.parametrize("question", ["spin", "eat", "exit"])
def test_what_a_limit_ends_is_told_and_the_next_is_answered(helper: Helper, question: str) -> None:
    """Endless work and too much memory end the process that does it; the helper makes another one."""
    before = helper.ask("before")
    started = time.monotonic()
    with pytest.raises(EndedError):
        helper.ask(question)
    assert time.monotonic() - started < 60
    after = helper.ask("after")
    assert after[1] != before[1]
    assert after[2] == before[2]


def test_time_is_counted_for_each_question(helper: Helper) -> None:
    """A process that worked for long is not ended by a short question: the limit goes with the question."""
    for _ in range(3):
        assert helper.ask("short")[0] == "short"


def test_a_helper_that_somebody_killed_is_started_again(helper: Helper) -> None:
    """Both its processes are gone, and the next question is answered all the same."""
    _, fork, server = helper.ask("a")
    for process in (server, fork):
        os.kill(process, signal.SIGKILL)
    time.sleep(0.2)
    assert helper.ask("b")[0] == "b"


def test_a_module_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for ever, and no traceback reaches the terminal."""
    (tmp_path / "broken_helper.py").write_text("raise RuntimeError\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    made = Helper("broken_helper")
    with pytest.raises(NotStartedError):
        made.ask("a")
    made.close()


def test_no_credential_is_handed_on(helper: Helper, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside code sees nothing of the environment that it does not need."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "never")
    assert not [name for name in helper.ask("environ") if name.startswith(("AWS_", "DEPUTIZE_", "HOME"))]


def test_nothing_stays_when_the_program_ends(tmp_path: Path) -> None:
    """Its processes end with it, also when it is killed."""
    (tmp_path / "toy_helper.py").write_text(MODULE)
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); from deputize.tools.limited import Helper\n"
        "print(*Helper('toy_helper').ask('a')[1:], flush=True)\n"
        "if sys.argv[2] == 'kill': os.kill(os.getpid(), 9)\n"
    )
    for end in ("leave", "kill"):
        command = (sys.executable, "-c", code, str(tmp_path), end)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        pids = [int(pid) for pid in done.stdout.split()]
        deadline = time.monotonic() + 30
        while any(_runs(pid) for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [pid for pid in pids if _runs(pid)] == []


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_fork_of_the_program_has_a_process_of_its_own(helper: Helper) -> None:
    """Workers of a pool share the helper, and neither an answer nor a lock."""
    ours = helper.ask("ours")
    to_read, to_write = os.pipe()
    if not (child := os.fork()):
        os.write(to_write, repr(helper.ask("theirs")).encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(to_read, 1000).decode()
    for one in (to_read, to_write):
        os.close(one)
    assert theirs.startswith("['theirs', ")
    assert str(ours[1]) not in theirs
    assert str(ours[2]) in theirs
    assert helper.ask("again")[1:] == ours[1:]


ROLE = """{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": %s, "AssumeRolePolicyDocument":
 {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
 "Action": "sts:AssumeRole"}]}}}}}"""


def _wide(count: int, size: int) -> str:
    return ROLE % json.dumps({"Fn::Sub": ["${A}" * count, {"A": "x" * size}]})


def test_what_our_engine_refuses_as_too_much_never_reaches_cfn_lint() -> None:
    """The report says so, and the refusal is an error of ours."""
    report = lint_content(_wide(20_000, 50_000).encode(), "wide.json", Judging(), named=True)
    assert [one.skipped for one in report.engines] == ["", "a template came to more than deputize works out"]
    assert "file-not-understood" in [one.finding.rule for one in report.found if one.finding.severity is Severity.ERROR]


def test_what_has_too_many_roles_never_reaches_cfn_lint() -> None:
    """More roles than are judged are as much for cfn-lint as for us."""
    role = json.loads(ROLE % '"r"')["Resources"]["R"]
    text = json.dumps({"Resources": {f"R{number}": role for number in range(641)}})
    report = lint_content(text.encode(), "many.json", Judging(), named=True)
    assert [one.skipped for one in report.engines] == ["", "a template came to more than deputize works out"]


def test_a_template_that_eats_memory_is_a_warning_and_our_answer_stands() -> None:
    """What cfn-lint says at its limit is no answer; the next template is judged as ever."""
    from deputize.jobs.lint.cfn_lint import lint_template

    (found,) = lint_template(_wide(120_000, 500_000), "wide.json")
    assert (found.rule, found.severity) == ("cfn-lint-unfinished", Severity.WARNING)
    assert "1024 MiB" in found.message
    assert [one.rule for one in lint_template("Resources: {}\n", "empty.yaml")] != ["cfn-lint-unfinished"]
