"""`deputize deploy` and `deputize destroy`: events on stderr while they run, the result on stdout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deputize.cli.options import EndpointOption, FormatOption, OutputFormat, ProfileOption, RegionOption, YesOption
from deputize.cli.printing import print_result, say
from deputize.cli.talk import talk
from deputize.errors import INTERRUPTED


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
    form: FormatOption = OutputFormat.text,
) -> None:
    """Deploy a bundle in the account of your AWS credentials; stdout: the role ARN and nothing else."""
    from deputize.jobs.deploy.command import DeployRequest, deploy_bundle, tags_of
    from deputize.jobs.deploy.run import Choices
    from deputize.model.aws_options import AwsOptions

    choices = Choices(role_name, path, permissions_boundary, tags_of(tag or []))
    aws = AwsOptions(profile, region, endpoint_url)
    request = DeployRequest(bundle, choices, expect_account, allow_replace, plan, aws)
    found = deploy_bundle(request, talk(yes=yes))
    if plan:
        print_result(form, found.plan_as_json(), found.plan_as_lines())
    elif found.done is None:
        typer.echo("nothing was changed", err=True)
        raise typer.Exit(INTERRUPTED)
    else:
        print_result(form, found.as_json(), [found.done.role_arn])


def destroy(
    target: Annotated[
        str, typer.Argument(help="A bundle, folder or zip, or the name of a stack.", metavar="BUNDLE|STACK")
    ],
    *,
    yes: YesOption = False,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
    form: FormatOption = OutputFormat.text,
) -> None:
    """Remove a tenant's stack and role; only stacks that deputize made for that tenant."""
    from deputize.jobs.deploy.command import destroy_bundle, destroyed_as_json, destroyed_line
    from deputize.model.aws_options import AwsOptions

    done = destroy_bundle(target, AwsOptions(profile, region, endpoint_url), talk(yes=yes))
    if done is None:
        typer.echo("nothing was changed", err=True)
        raise typer.Exit(INTERRUPTED)
    print_result(form, destroyed_as_json(done), [destroyed_line(done)])
    if form is OutputFormat.text:
        say("sessions that were made before outlast it until they expire; README.md says how to cut them off")
