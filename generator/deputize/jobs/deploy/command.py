"""`deputize deploy` and `destroy` with somebody watching: the change is shown, agreed to, and followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deputize.aws.changes import Change, Plan
from deputize.aws.client import Session
from deputize.aws.deploy import DeployedStack
from deputize.aws.destroy import Destroyed
from deputize.aws.stack import Stack, StackEvent, how_to_go_on
from deputize.errors import Problem, UsageError
from deputize.jobs.aws_session import aws_session
from deputize.jobs.deploy.destroy import destroy_stack
from deputize.jobs.deploy.run import Choices, deploy
from deputize.jobs.talk import Talk
from deputize.model.aws_options import AwsOptions
from deputize.model.display import shown


@dataclass(frozen=True, slots=True)
class DeployRequest:
    """A bundle to be deployed, as the options of the command say it. plan_only: show the change and stop."""

    bundle: Path
    choices: Choices = field(default_factory=Choices)
    expect_account: str | None = None
    allow_replace: bool = False
    plan_only: bool = False
    aws: AwsOptions = field(default_factory=AwsOptions)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What became of a request. plan: the change, None when there was none to make. done: the stack as it is now.

    Neither: somebody said no before anything changed.
    """

    plan: Plan | None
    done: DeployedStack | None

    @property
    def outcome(self) -> str:
        """What the change does to the stack, in one word."""
        if self.plan is None:
            return "unchanged"
        return "updated" if self.plan.stack_exists else "created"

    def plan_as_json(self) -> dict[str, object]:
        """`deputize/plan/1`."""
        found = self.plan or self.done
        changes = [
            {"action": one.action, "logical_id": one.logical_id, "type": one.type, "destructive": one.destructive}
            for one in (self.plan.changes if self.plan is not None else ())
        ]
        place = {"account_id": found.account_id, "region": found.region, "stack_id": found.stack_id} if found else {}
        return {"schema": "deputize/plan/1", **place, "outcome": self.outcome, "changes": changes}

    def plan_as_lines(self) -> list[str]:
        """The change line by line."""
        return _plan_lines(self.plan) if self.plan is not None else ["nothing would change"]

    def as_json(self) -> dict[str, object]:
        """`deputize/deploy/1`, of a stack that is there."""
        names = ("role_arn", "account_id", "stack_id", "region", "template_sha256")
        result = {name: getattr(self.done, name) for name in names}
        return {"schema": "deputize/deploy/1", **result, "outcome": self.outcome}


class _Watch:
    """Remembers which plan was shown, and which stack is under way."""

    def __init__(self) -> None:
        self.plan: Plan | None = None
        self.stack = ""


def deploy_bundle(request: DeployRequest, talk: Talk) -> Deployment:
    """Deploy a bundle once somebody agrees. Raises as `deploy`; on Ctrl-C says first how to go on."""
    session = aws_session(request.aws)
    watch = _Watch()

    def decide(plan: Plan) -> bool:
        watch.plan = plan
        if request.plan_only:
            return False
        for line in _plan_lines(plan):
            talk.say(line)
        agreed = talk.agree("Deploy this?", "look with --plan, or give --yes")
        watch.stack = plan.request.stack_name if agreed else ""
        return agreed

    with _told_how_to_go_on(session, watch, talk):
        done = deploy(
            request.bundle,
            session=session,
            choices=request.choices,
            expect_account=request.expect_account,
            allow_replace=request.allow_replace,
            decide=decide,
            on_event=_teller(talk),
        )
    return Deployment(watch.plan, done)


def destroy_bundle(bundle_or_stack: str, aws: AwsOptions, talk: Talk) -> Destroyed | None:
    """Remove the stack of a bundle, or of that name, once somebody agrees; None when nobody does.

    Raises as `destroy_stack`; on Ctrl-C says first how to go on.
    """
    session = aws_session(aws)
    watch = _Watch()

    def decide(stack: Stack) -> bool:
        place = f"account {session.caller().account_id}, region {session.region}"
        talk.say(f"remove stack {stack.name} with its role in {place}")
        agreed = talk.agree("Remove it?", "give --yes")
        watch.stack = stack.name if agreed else ""
        return agreed

    with _told_how_to_go_on(session, watch, talk):
        return destroy_stack(session, bundle_or_stack, decide=decide, on_event=_teller(talk))


def destroyed_as_json(done: Destroyed) -> dict[str, object]:
    """`deputize/destroy/1`."""
    names = ("stack_id", "account_id", "region", "role_arn")
    result = {name: getattr(done, name) for name in names}
    return {"schema": "deputize/destroy/1", **result, "role": str(done.role)}


def destroyed_line(done: Destroyed) -> str:
    """What became of the role."""
    fate = {
        "gone": "is gone",
        "there": "is still there",
        "unchecked": "could not be looked at (iam:GetRole was denied)",
    }
    return f"role {done.role_arn or done.role_name or '(never made)'} {fate[str(done.role)]}"


def tags_of(pairs: Sequence[str]) -> dict[str, str]:
    """The tags that `KEY=VALUE` texts say. Raises UsageError for one without =, or a key given twice."""
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise UsageError(*(Problem("--tag", f"{shown(pair, 400)} has no =", "write KEY=VALUE") for pair in wrong))
    keys = [pair.split("=", 1)[0] for pair in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise UsageError(*(Problem("--tag", f"{shown(key, 400)} is given twice", "give it once") for key in twice))
    return dict(pair.split("=", 1) for pair in pairs)


@contextmanager
def _told_how_to_go_on(session: Session, watch: _Watch, talk: Talk) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if watch.stack:
            talk.say(how_to_go_on(watch.stack, session.region))
        raise


def _teller(talk: Talk) -> Callable[[StackEvent], None]:
    def tell(event: StackEvent) -> None:
        reason = f": {event.reason}" if event.reason else ""
        talk.say(f"{event.time} {event.status} {event.logical_id} ({event.type}){reason}")

    return tell


def _plan_lines(plan: Plan) -> list[str]:
    verb = "update" if plan.stack_exists else "create"
    head = f"{verb} stack {plan.request.stack_name} in account {plan.account_id}, region {plan.region}"
    return [head, *(f"  {one.action.lower()} {one.logical_id} ({one.type}){_loss(one)}" for one in plan.changes)]


def _loss(change: Change) -> str:
    return " - replaces or removes what is there" if change.destructive else ""
