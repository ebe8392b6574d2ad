"""deploy, destroy and publish with each of their calls failing, its answer lost, or the process killed by SIGKILL.

What is half done then, a second run mends, or names. A call that is never made and a process that is killed before it
leave AWS alike, so the kill comes after AWS has done what it was asked.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import deputize.errors
from deputize.aws.client import Refusal, Session
from deputize.errors import ServiceError
from prove.commands import TENANT, WATCHED, Stage, Turn, stage
from prove.relay import Answer, Call, Change

pytestmark = pytest.mark.slow

CALLS = {"deploy": 9, "destroy": 7, "publish": 7}
EVERY = [(name, number) for name, count in CALLS.items() for number in range(count)]
STACK = f"example-{TENANT}"
_SOURCE = str(Path(deputize.errors.__file__).parents[1])


@pytest.fixture(scope="module")
def made() -> Stage:
    """The embedded AWS behind a relay, and the commands."""
    return stage()


@pytest.fixture(autouse=True)
def _untouched(made: Stage) -> Iterator[None]:
    """Each test begins with a relay that changes nothing."""
    made.relay.start()
    yield
    made.relay.start()


def at(number: int, fault: Callable[[Callable[[], Answer]], Answer | None]) -> Change:
    """That becomes of the call with this number; all others pass."""
    return lambda call, forward: fault(forward) if call.number == number else forward()


def lost(forward: Callable[[], Answer]) -> None:
    """AWS does it, and nobody hears of it."""
    forward()


def cut(_forward: Callable[[], Answer]) -> None:
    """AWS never hears of it."""


def failed(_forward: Callable[[], Answer]) -> Answer:
    """AWS says that it failed."""
    body = b"<ErrorResponse><Error><Code>InternalFailure</Code><Message>No.</Message></Error></ErrorResponse>"
    return Answer(500, {"Content-Type": "text/xml"}, body)


def stacks(root: Session) -> dict[str, str]:
    """Name -> state of every stack of the account."""
    found = root.call("cloudformation", "describe_stacks")["Stacks"]
    return {one["StackName"]: one["StackStatus"] for one in found if one["StackStatus"] != "DELETE_COMPLETE"}


def roles(root: Session) -> list[str]:
    """Names of the roles in the account."""
    return [role["RoleName"] for role in root.call("iam", "list_roles")["Roles"]]


def again(made: Stage, name: str, turn: Turn) -> None:
    """A second run, which nothing befalls, leaves all as one run would have: or says that it was done."""
    made.relay.start()
    done = made.deputize(turn.arguments, made.relay.url, turn.key)
    root = made.aws.root(turn.account)
    if name == "deploy":
        assert done.exit_code == 0, done.output
        assert stacks(root) == {STACK: "CREATE_COMPLETE"}
        assert roles(root) == [f"example-{TENANT}"]
    elif name == "destroy":
        assert done.exit_code == 0 or "there is none in account" in done.output, done.output
        assert stacks(root) == {}
        assert roles(root) == []
    else:
        assert done.exit_code == 0, done.output
        found = root.call("s3", "list_object_versions", Bucket="templates", Prefix=f"{turn.label}/")["Versions"]
        assert len(found) == 1


@pytest.mark.parametrize("fault", [lost, cut, failed])
@pytest.mark.parametrize(("name", "number"), EVERY)
def test_a_call_that_fails_leaves_nothing_that_a_second_run_does_not_mend(
    name: str, number: int, fault: Callable[[Callable[[], Answer]], Answer | None], made: Stage
) -> None:
    """Exit 5 with what failed, or success where the call was for tidying up alone; the second run ends well."""
    turn = made.turn(name)
    made.relay.start(at(number, fault))
    done = made.deputize(turn.arguments, made.relay.url, turn.key)
    assert len(made.relay.calls) > number
    assert isinstance(done.exception, SystemExit | None), repr(done.exception)
    assert done.exit_code in {0, 5}
    assert done.exit_code == 0 or '"problems"' in done.stdout or '"readable": false' in done.stdout
    again(made, name, turn)


@pytest.mark.parametrize(("name", "number"), EVERY)
def test_a_process_that_is_killed_leaves_nothing_that_a_second_run_does_not_mend(
    name: str, number: int, made: Stage
) -> None:
    """SIGKILL while the answer to one call is on its way."""
    turn = made.turn(name)
    environ = {
        **made.environment(made.relay.url, turn.key),
        **{one: os.environ[one] for one in ("PATH", "LANG", "VIRTUAL_ENV") if one in os.environ},
        "PYTHONPATH": _SOURCE,
        "HOME": str(made.folder),
    }
    running: list[subprocess.Popen[bytes]] = []

    def kill(forward: Callable[[], Answer]) -> None:
        forward()
        running[0].kill()

    command = (sys.executable, "-m", "deputize", *turn.arguments)
    made.relay.start(at(number, kill))
    with subprocess.Popen(
        command, env=environ, cwd=made.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        running.append(child)
        assert child.wait(120) == -signal.SIGKILL
    again(made, name, turn)


def test_every_call_was_met(made: Stage) -> None:
    """The numbers above are those of a run that nothing befalls."""
    for name, count in CALLS.items():
        made.relay.start()
        assert made.run(name).exit_code == 0
        assert len(made.relay.calls) == count, name


@pytest.mark.parametrize("name", ["deploy", "destroy"])
def test_what_was_shown_is_what_runs(name: str, made: Stage) -> None:
    """The change set is executed by the ID under which it was read; a stack is removed by the ID that was found."""
    turn = made.turn(name)
    made.relay.start()
    assert made.deputize(turn.arguments, made.relay.url, turn.key).exit_code == 0
    calls = [(call.action.partition(":")[2], call.fields) for call, _ in made.relay.calls]
    if name == "destroy":
        (removed,) = [fields["StackName"] for action, fields in calls if action == "DeleteStack"]
        assert removed.startswith("arn:aws:cloudformation:")
        return
    (read, *_) = [fields["ChangeSetName"] for action, fields in calls if action == "DescribeChangeSet"]
    (executed,) = [fields["ChangeSetName"] for action, fields in calls if action == "ExecuteChangeSet"]
    assert executed == read
    assert executed.startswith("arn:aws:cloudformation:")


def test_a_change_set_that_somebody_else_makes_meanwhile_does_not_run(made: Stage) -> None:
    """One that is made under the same stack once ours was read: ours is executed, or nothing."""
    turn = made.turn("deploy")
    root = made.aws.root(turn.account)
    template = '{"Resources": {"Evil": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "evil", %s}}}}'
    trust = '"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}'
    theirs: list[Any] = []

    def change(call: Call, forward: Callable[[], Answer]) -> Answer:
        answer = forward()
        if call.action == "cloudformation:DescribeChangeSet" and not theirs:
            asked = {"StackName": STACK, "ChangeSetName": "theirs", "ChangeSetType": "CREATE"}
            more = {"TemplateBody": template % trust, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
            theirs.append(root.call("cloudformation", "create_change_set", **asked, **more))
        return answer

    made.relay.start(change)
    done = made.deputize(turn.arguments, made.relay.url, turn.key)
    assert theirs
    # The embedded AWS makes a new stack of a second change set, where AWS adds it to the one under review.
    assert done.exit_code in {0, 5}
    assert "evil" not in roles(root)
    assert not any(call.fields.get("ChangeSetName") == theirs[0]["Id"] for call, _ in made.relay.calls)


def test_an_answer_about_another_change_set_is_not_shown(made: Stage) -> None:
    """A cache that gives what it gave before: refused, and nothing runs."""
    first = made.turn("deploy")
    made.relay.start()
    made.deputize(first.arguments, made.relay.url, first.key)
    old = next(answer for call, answer in made.relay.calls if call.action == "cloudformation:DescribeChangeSet")
    turn = made.turn("deploy")
    made.relay.start(lambda call, forward: old if call.action == "cloudformation:DescribeChangeSet" else forward())
    done = made.deputize(turn.arguments, made.relay.url, turn.key)
    assert done.exit_code == 5
    assert "CloudFormation answered for another change set" in done.output
    assert roles(made.aws.root(turn.account)) == []


def test_a_stack_of_the_watched_account_is_left_alone(made: Stage) -> None:
    """What was deployed before all this is still there."""
    found = made.aws.root(WATCHED).try_call("iam", "get_role", ("NoSuchEntity",), RoleName=f"example-{TENANT}")
    assert not isinstance(found, Refusal)
    with pytest.raises(ServiceError):
        made.aws.root(WATCHED).call("iam", "get_role", RoleName="evil")
