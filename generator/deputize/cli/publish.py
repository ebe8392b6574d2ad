"""`deputize publish`: the lines for vendor.yaml on stdout, the talk about the bucket on stderr."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deputize.cli.ask import may_go_on
from deputize.cli.boundary import printable, tell
from deputize.cli.options import (
    EndpointOption,
    Format,
    FormatOption,
    ProfileOption,
    RegionOption,
    VendorOption,
    YesOption,
)
from deputize.errors import INTERRUPTED, Problem, ServiceError, UsageError

if TYPE_CHECKING:
    from deputize.aws.hosting import Bucket
    from deputize.jobs.publish.check import HostedCheck
    from deputize.jobs.publish.run import Publication, Published
    from deputize.model.spec import Vendor


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
    form: FormatOption = Format.text,
) -> None:
    """Host the one-click template that customers' links open; stdout: the hosting lines for vendor.yaml.

    Nothing there is overwritten, and the bucket's settings stay as they are. Exit 5 when it is there but customers
    cannot read it yet.
    """
    from deputize.aws.client import Session
    from deputize.jobs.inputs import load_vendor
    from deputize.model.aws_options import AwsOptions

    if check:
        stray = [option for option, value in (("--bucket", bucket), ("--prefix", prefix)) if value is not None]
        if stray:
            raise UsageError(*(Problem(one, "excludes --check", "vendor.yaml says where it is") for one in stray))
        _check(load_vendor(vendor or Path("vendor.yaml")), endpoint_url, form)
        return
    if bucket is None:
        raise UsageError(Problem("--bucket", "is missing", "name your bucket, or give --check"))

    from deputize.jobs.publish.run import publish as run
    from deputize.version import __version__

    who = load_vendor(vendor or Path("vendor.yaml"))
    session = Session(AwsOptions(profile, region, endpoint_url), __version__)
    done = run(who, bucket, prefix or "", session, decide=lambda one: _decide(one, yes=yes))
    if done is None:
        typer.echo("nothing was uploaded", err=True)
        raise typer.Exit(INTERRUPTED)
    _print(done, form)
    if done.unreadable:
        raise typer.Exit(ServiceError.exit_code)


def _decide(publication: Publication, *, yes: bool) -> bool:
    bucket = publication.bucket
    _say(f"upload the template, {len(publication.data)} bytes, SHA-256 {publication.sha256}")
    _say(f"  to {publication.key} in bucket {bucket.name}")
    _say(f"  in account {publication.account_id}, region {bucket.region}, partition {publication.partition}")
    return may_go_on("Upload it?", yes=yes, mend="give --yes")


def _print(done: Published, form: Format) -> None:
    from deputize.jobs.publish.run import hosting_lines

    publication = done.publication
    if form is Format.json:
        typer.echo(json.dumps(_as_json(done), indent=2))
    else:
        typer.echo(hosting_lines(publication.hosting), nl=False)
    _say("uploaded it" if done.outcome == "uploaded" else "the same template was there already")
    _tell_access(publication, unreadable=done.unreadable)
    if done.unreadable and form is Format.text:
        what = f"the template is there, but customers cannot read it yet ({done.unreadable})"
        where = f"bucket {publication.bucket.name}"
        mend = "see to what is missing or unknown above, then run this again; hand out no links before"
        tell(ServiceError(Problem(where, what, mend)), as_json=False)


def _tell_access(publication: Publication, *, unreadable: str) -> None:
    """Say what customers lack, and the least policy where it is not all there; a read that works needs no guesses."""
    unknown = publication.unknown
    if unreadable:
        unknown = (*unknown, "Block Public Access of the account and of its organization")
    else:
        _say("a request without credentials got the same bytes")
    for line in publication.missing:
        _say(f"missing: {line}")
    for line in unknown:
        _say(f"unknown: {line}")
    for who in publication.writers:
        _say(f"note: its policy lets {who} change what is there")
    if not (publication.missing or publication.unknown):
        return
    bucket, account = publication.bucket, publication.account_id
    there = "; it has one: add these statements to it" if bucket.policy else ""
    _say(f"the least policy of bucket {bucket.name}{there} (account {account} must be the only one that may write):")
    typer.echo(json.dumps(publication.policy, indent=2), err=True)
    for command in _commands(bucket):
        _say(f"  {command}")
    if "/" not in publication.key:
        _say("without --prefix this opens every template of the bucket: use a bucket for templates alone")


def _commands(bucket: Bucket) -> Iterator[str]:
    """What puts the policy there, once it is in policy.json; other settings stay as they are."""
    from deputize.model.bucket_policy import BLOCKING

    at = f"--bucket {bucket.name} --expected-bucket-owner {bucket.owner}"
    if bucket.blocks and any(setting in bucket.blocks for setting in BLOCKING):
        kept = ("BlockPublicAcls", "IgnorePublicAcls")
        settings = [f"{setting}={str(setting in bucket.blocks).lower()}" for setting in kept]
        settings += [f"{setting}=false" for setting in BLOCKING]
        yield f"aws s3api put-public-access-block {at} --public-access-block-configuration {','.join(settings)}"
    yield f"aws s3api put-bucket-policy {at} --policy file://policy.json"


def _as_json(done: Published) -> dict[str, object]:
    publication = done.publication
    return {
        "schema": "deputize/publish/1",
        "partition": publication.partition,
        "account_id": publication.account_id,
        "bucket": publication.bucket.name,
        "region": publication.bucket.region,
        "key": publication.key,
        "sha256": publication.sha256,
        "template_url": publication.template_url,
        "outcome": str(done.outcome),
        "readable": not done.unreadable,
        "why": done.unreadable,
        "missing": list(publication.missing),
        "unknown": list(publication.unknown),
        "writers": list(publication.writers),
        "policy": publication.policy,
        "hosting": {
            one.partition: {"template_url": one.template_url, "region": one.region} for one in publication.hosting
        },
    }


def _check(vendor: Vendor, endpoint_url: str | None, form: Format) -> None:
    from deputize.jobs.publish.check import check_hosting, worst

    checks = check_hosting(vendor, endpoint_url)
    if form is Format.json:
        rows = [_check_as_json(one) for one in checks]
        typer.echo(json.dumps({"schema": "deputize/publish-check/1", "partitions": rows}, indent=2))
    else:
        for one in checks:
            errors = one.errors()
            typer.echo(f"{one.partition}: {'wrong' if errors else 'current, and readable by customers'}")
            for error in errors:
                tell(error, as_json=False)
    kind = worst(checks)
    if kind is not None:
        raise typer.Exit(kind.exit_code)


def _check_as_json(one: HostedCheck) -> dict[str, object]:
    names = ("partition", "template_url", "sha256", "made_sha256", "current", "hosted", "why")
    return {name: getattr(one, name) for name in names}


def _say(line: str) -> None:
    typer.echo(printable(line), err=True)
