"""`deputize publish`: the lines for vendor.yaml on stdout, the talk about the bucket on stderr."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deputize.cli.boundary import print_error
from deputize.cli.options import (
    EndpointOption,
    FormatOption,
    OutputFormat,
    ProfileOption,
    RegionOption,
    VendorOption,
    YesOption,
)
from deputize.cli.printing import print_result, say
from deputize.cli.talk import talk
from deputize.errors import INTERRUPTED, Problem, ServiceError, UsageError

if TYPE_CHECKING:
    from deputize.jobs.publish.run import Published


def publish(
    *,
    bucket: Annotated[
        str | None, typer.Option(help="Your S3 bucket, versioned, in the account of your AWS credentials.")
    ] = None,
    prefix: Annotated[str | None, typer.Option(help="Folder in the bucket, as deputize/templates.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Upload nothing: compare what is hosted with what links point to.")
    ] = False,
    vendor: VendorOption = None,
    yes: YesOption = False,
    profile: ProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointOption = None,
    form: FormatOption = OutputFormat.text,
) -> None:
    """Host the one-click template that customers' links open; stdout: the hosting lines for vendor.yaml.

    Nothing there is overwritten, and the bucket's settings stay as they are. Exit 5 when it is there but customers
    cannot read it yet.
    """
    if check:
        stray = [option for option, value in (("--bucket", bucket), ("--prefix", prefix)) if value is not None]
        if stray:
            raise UsageError(*(Problem(one, "excludes --check", "vendor.yaml says where it is") for one in stray))
        _check(vendor, endpoint_url, form)
        return
    if bucket is None:
        raise UsageError(Problem("--bucket", "is missing", "name your bucket, or give --check"))

    from deputize.jobs.publish.command import publish_template
    from deputize.model.aws_options import AwsOptions

    aws = AwsOptions(profile, region, endpoint_url)
    done = publish_template(vendor, bucket, prefix or "", aws, talk(yes=yes))
    if done is None:
        typer.echo("nothing was uploaded", err=True)
        raise typer.Exit(INTERRUPTED)
    _print(done, form)
    if done.unreadable:
        raise typer.Exit(ServiceError.exit_code)


def _print(done: Published, form: OutputFormat) -> None:
    from deputize.jobs.publish.command import access_lines, published_as_json, unreadable_error
    from deputize.jobs.publish.run import hosting_lines

    print_result(form, published_as_json(done), hosting_lines(done.publication.hosting).splitlines())
    for line in access_lines(done):
        say(line)
    error = unreadable_error(done)
    if error is not None and form is OutputFormat.text:
        print_error(error, as_json=False)


def _check(vendor: Path | None, endpoint_url: str | None, form: OutputFormat) -> None:
    from deputize.jobs.publish.check import worst
    from deputize.jobs.publish.command import check_published, checks_as_json

    checks = check_published(vendor, endpoint_url)
    if form is OutputFormat.json:
        print_result(form, checks_as_json(checks), ())
    else:
        for one in checks:
            errors = one.errors()
            typer.echo(f"{one.partition}: {'wrong' if errors else 'current, and readable by customers'}")
            for error in errors:
                print_error(error, as_json=False)
    kind = worst(checks)
    if kind is not None:
        raise typer.Exit(kind.exit_code)
