"""`deputize publish` with somebody watching: the upload is shown and agreed to, then what customers lack is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from deputize.aws.hosting import Bucket
from deputize.errors import Problem, ServiceError
from deputize.jobs.aws_session import aws_session
from deputize.jobs.inputs import VENDOR_FILE, load_vendor
from deputize.jobs.publish.check import HostedCheck, check_hosting
from deputize.jobs.publish.run import Publication, Published, publish
from deputize.jobs.talk import Talk
from deputize.model.aws_options import AwsOptions
from deputize.model.bucket_policy import BLOCKING


def publish_template(vendor: Path | None, bucket: str, prefix: str, aws: AwsOptions, talk: Talk) -> Published | None:
    """Upload the vendor's template once somebody agrees; None when nobody does. vendor: its file, else ./vendor.yaml.

    Raises as `publish`.
    """
    who = load_vendor(vendor or VENDOR_FILE)
    session = aws_session(aws)

    def decide(publication: Publication) -> bool:
        for line in _before(publication):
            talk.say(line)
        return talk.agree("Upload it?", "give --yes")

    return publish(who, bucket, prefix, session, decide=decide)


def check_published(vendor: Path | None, endpoint_url: str | None) -> tuple[HostedCheck, ...]:
    """What is hosted, held against what the vendor makes. vendor: its file, else ./vendor.yaml.

    Raises as `check_hosting`.
    """
    return check_hosting(load_vendor(vendor or VENDOR_FILE), endpoint_url)


def access_lines(done: Published) -> Iterator[str]:
    """What was done and what customers lack, with the least policy where it is not all there.

    A read that works needs no guesses.
    """
    publication = done.publication
    yield "uploaded it" if done.outcome == "uploaded" else "the same template was there already"
    unknown = publication.unknown
    if done.unreadable:
        unknown = (*unknown, "Block Public Access of the account and of its organization")
    else:
        yield "a request without credentials got the same bytes"
    yield from (f"missing: {line}" for line in publication.missing)
    yield from (f"unknown: {line}" for line in unknown)
    yield from (f"note: its policy lets {who} change what is there" for who in publication.writers)
    if publication.missing or publication.unknown:
        yield from _least_policy(publication)


def unreadable_error(done: Published) -> ServiceError | None:
    """Why links would not work yet; None when a stranger can read the template."""
    if not done.unreadable:
        return None
    what = f"the template is there, but customers cannot read it yet ({done.unreadable})"
    mend = "see to what is missing or unknown above, then run this again; hand out no links before"
    return ServiceError(Problem(f"bucket {done.publication.bucket.name}", what, mend))


def published_as_json(done: Published) -> dict[str, object]:
    """`deputize/publish/1`."""
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


def checks_as_json(checks: tuple[HostedCheck, ...]) -> dict[str, object]:
    """`deputize/publish-check/1`."""
    names = ("partition", "template_url", "sha256", "made_sha256", "current", "hosted", "why")
    rows = [{name: getattr(one, name) for name in names} for one in checks]
    return {"schema": "deputize/publish-check/1", "partitions": rows}


def _before(publication: Publication) -> Iterator[str]:
    bucket = publication.bucket
    yield f"upload the template, {len(publication.data)} bytes, SHA-256 {publication.sha256}"
    yield f"  to {publication.key} in bucket {bucket.name}"
    yield f"  in account {publication.account_id}, region {bucket.region}, partition {publication.partition}"


def _least_policy(publication: Publication) -> Iterator[str]:
    bucket, account = publication.bucket, publication.account_id
    there = "; it has one: add these statements to it" if bucket.policy else ""
    yield f"the least policy of bucket {bucket.name}{there} (account {account} must be the only one that may write):"
    yield from json.dumps(publication.policy, indent=2).split("\n")
    yield from (f"  {command}" for command in _commands(bucket))
    if "/" not in publication.key:
        yield "without --prefix this opens every template of the bucket: use a bucket for templates alone"


def _commands(bucket: Bucket) -> Iterator[str]:
    """What puts the policy there, once it is in policy.json; other settings stay as they are."""
    at = f"--bucket {bucket.name} --expected-bucket-owner {bucket.owner}"
    if bucket.blocks and any(setting in bucket.blocks for setting in BLOCKING):
        kept = ("BlockPublicAcls", "IgnorePublicAcls")
        settings = [f"{setting}={str(setting in bucket.blocks).lower()}" for setting in kept]
        settings += [f"{setting}=false" for setting in BLOCKING]
        yield f"aws s3api put-public-access-block {at} --public-access-block-configuration {','.join(settings)}"
    yield f"aws s3api put-bucket-policy {at} --policy file://policy.json"
