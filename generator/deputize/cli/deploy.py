"""`deputize deploy` and `deputize destroy`: events on stderr while they run, the result on stdout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deputize.cli.ask import may_go_on
from deputize.cli.boundary import printable
from deputize.cli.options import EndpointOption, Format, FormatOption, ProfileOption, RegionOption, YesOption
from deputize.errors import INTERRUPTED, Problem, UsageError

if TYPE_CHECKING:
    from types import TracebackType

    from deputize.aws.changes import Change, Plan
    from deputize.aws.client import Session
    from deputize.aws.deploy import Deployed
    from deputize.aws.stack import Stack, StackEvent


def deploy(
    bundle: Annotated[Path, typer.Argument(help="A bundle's folder, as out/a-company.")],
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Show the change and stop.")] = False,
    yes: YesOption = False,
    expect_account: Annotated[
        str | None, typer.Option(help="Refuse any other AWS account than this.", metavar="ID")
    ] = None,
    role_name: Annotated[str | None, typer.Option(help="Another name for the role.")] = None,
    path: Annotated[str | None, typer.Option(help="Another IAM path, / or /name/.")] = None,
    permissions_boundary: Annotated[
        str | None, typer.Option(help="ARN of the managed policy that bounds the role; empty for none.", metavar="ARN")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="A tag for stack and role; may be repeated.", metavar="KEY=VALUE")
    ] = None,
    allow_replace: Annotated[
        bool, typer.Option("--allow-replace", help="Let the change replace or remove resources.")
    ] = False,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
    form: FormatOption = Format.text,
) -> None:
    """Deploy a bundle in the account of your AWS credentials; stdout: the role ARN and nothing else."""
    from deputize import deploy as run
    from deputize.aws.client import Session
    from deputize.jobs.deploy.run import Choices
    from deputize.model.aws_options import AwsOptions
    from deputize.version import __version__

    choices = Choices(role_name, path, permissions_boundary, _tags(tag or []))
    session = Session(AwsOptions(profile, region, endpoint_url), __version__)
    talk = _Talk(session, plan_only=plan, yes=yes)
    with talk:
        done = run(
            bundle,
            session=session,
            choices=choices,
            expect_account=expect_account,
            allow_replace=allow_replace,
            decide=talk.decide,
            on_event=_event,
        )
    if plan:
        _print_plan(talk, done, form)
    elif done is None:
        typer.echo("nothing was changed", err=True)
        raise typer.Exit(INTERRUPTED)
    elif form is Format.json:
        result = {name: getattr(done, name) for name in ("role_arn", "account_id", "stack_id", "region")}
        _json("deputize/deploy/1", {**result, "template_sha256": done.template_sha256, "outcome": talk.outcome})
    else:
        typer.echo(done.role_arn)


def destroy(
    target: Annotated[
        str, typer.Argument(help="A bundle, folder or zip, or the name of a stack.", metavar="BUNDLE|STACK")
    ],
    *,
    yes: YesOption = False,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
    form: FormatOption = Format.text,
) -> None:
    """Remove a tenant's stack and role; only stacks that deputize made for that tenant."""
    from deputize.aws.client import Session
    from deputize.jobs.deploy.destroy import destroy_stack
    from deputize.model.aws_options import AwsOptions
    from deputize.version import __version__

    session = Session(AwsOptions(profile, region, endpoint_url), __version__)
    talk = _Talk(session, plan_only=False, yes=yes)
    with talk:
        done = destroy_stack(session, target, decide=talk.decide_removal, on_event=_event)
    if done is None:
        typer.echo("nothing was changed", err=True)
        raise typer.Exit(INTERRUPTED)
    if form is Format.json:
        names = ("stack_id", "account_id", "region", "role_arn")
        _json("deputize/destroy/1", {**{name: getattr(done, name) for name in names}, "role": str(done.role)})
        return
    fate = {
        "gone": "is gone",
        "there": "is still there",
        "unchecked": "could not be looked at (iam:GetRole was denied)",
    }
    typer.echo(f"role {done.role_arn or done.role_name or '(never made)'} {fate[str(done.role)]}")
    typer.echo(
        "sessions that were made before outlast it until they expire; README.md says how to cut them off", err=True
    )


class _Talk:
    """Shows what is about to change, asks, and remembers what for; on Ctrl-C says how to go on."""

    def __init__(self, session: Session, *, plan_only: bool, yes: bool) -> None:
        self._session = session
        self._plan_only = plan_only
        self._yes = yes
        self._stack = ""
        self.plan: Plan | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, KeyboardInterrupt) and self._stack:
            from deputize.aws.stack import how_to_go_on

            typer.echo(how_to_go_on(self._stack, self._session.region), err=True)

    @property
    def outcome(self) -> str:
        if self.plan is None:
            return "unchanged"
        return "updated" if self.plan.stack_exists else "created"

    def decide(self, plan: Plan) -> bool:
        self.plan = plan
        if self._plan_only:
            return False
        for line in _plan_lines(plan):
            typer.echo(line, err=True)
        go_on = may_go_on("Deploy this?", yes=self._yes, mend="look with --plan, or give --yes")
        self._stack = plan.request.stack_name if go_on else ""
        return go_on

    def decide_removal(self, stack: Stack) -> bool:
        place = f"account {self._session.caller().account_id}, region {self._session.region}"
        typer.echo(f"remove stack {stack.name} with its role in {place}", err=True)
        go_on = may_go_on("Remove it?", yes=self._yes, mend="give --yes")
        self._stack = stack.name if go_on else ""
        return go_on


def _plan_lines(plan: Plan) -> list[str]:
    verb = "update" if plan.stack_exists else "create"
    head = f"{verb} stack {plan.request.stack_name} in account {plan.account_id}, region {plan.region}"
    return [head, *(f"  {one.action.lower()} {one.logical_id} ({one.type}){_loss(one)}" for one in plan.changes)]


def _loss(change: Change) -> str:
    return " - replaces or removes what is there" if change.destructive else ""


def _print_plan(talk: _Talk, done: Deployed | None, form: Format) -> None:
    plan = talk.plan
    if form is not Format.json:
        typer.echo("\n".join(_plan_lines(plan)) if plan is not None else "nothing would change")
        return
    found = plan or done
    changes = [
        {"action": one.action, "logical_id": one.logical_id, "type": one.type, "destructive": one.destructive}
        for one in (plan.changes if plan is not None else ())
    ]
    place = {"account_id": found.account_id, "region": found.region, "stack_id": found.stack_id} if found else {}
    _json("deputize/plan/1", {**place, "outcome": talk.outcome, "changes": changes})


def _json(schema: str, result: dict[str, object]) -> None:
    import json

    typer.echo(json.dumps({"schema": schema, **result}, indent=2))


def _event(event: StackEvent) -> None:
    reason = f": {event.reason}" if event.reason else ""
    typer.echo(printable(f"{event.time} {event.status} {event.logical_id} ({event.type}){reason}"), err=True)


def _tags(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise UsageError(*(Problem("--tag", f"'{printable(pair)}' has no =", "write KEY=VALUE") for pair in wrong))
    keys = [pair.split("=", 1)[0] for pair in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise UsageError(*(Problem("--tag", f"'{printable(key)}' is given twice", "give it once") for key in twice))
    return dict(pair.split("=", 1) for pair in pairs)
