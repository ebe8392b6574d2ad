"""Publish the one-click template: judge it, look at the bucket, let somebody decide, upload, read it as a stranger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deputize.aws.client import Session
from deputize.aws.hosting import Bucket, Stranger, UploadOutcome, fetch, read_bucket, upload
from deputize.errors import InputError, Problem, ServiceError
from deputize.formats.languages import YAML
from deputize.iam import limits
from deputize.iam.partitions import PARTITIONS
from deputize.jobs.publish.hosting import judged_template
from deputize.model.bucket_policy import Lacks, bucket_policy, lacks, object_arn
from deputize.model.hosting import bucket_problem, prefix_problem, template_key, template_url
from deputize.model.spec import Hosting, Vendor
from deputize.version import __version__


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to be uploaded and where.

    hosting: the vendor's whole section of that name, with this template in it. policy: the least that the bucket's
    must say, as IAM's JSON. missing: what customers lack to read the template. unknown: what could not be read of that.
    writers: who else than the account may change what is there, by the bucket's policy.
    """

    partition: str
    account_id: str
    bucket: Bucket
    key: str
    sha256: str
    data: bytes
    template_url: str
    hosting: tuple[Hosting, ...]
    policy: Mapping[str, object]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    writers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """A publication that is there now.

    unreadable: why a stranger does not get the same bytes, so that links would not work; empty when one does.
    """

    publication: Publication
    outcome: UploadOutcome
    unreadable: str


def publish(
    vendor: Vendor,
    bucket: str,
    prefix: str,
    session: Session,
    *,
    decide: Callable[[Publication], bool],
) -> Published | None:
    """Upload the template that `vendor` makes for the partition of the credentials; None when `decide` says no.

    bucket: in the session's own account, versioned. prefix: of the key, without a slash at either end; may be empty.
    Nothing that is there is overwritten, and neither the bucket's policy nor its public-access settings are changed.
    Raises InputError for a name that is wrong or a vendor without an account there, LintError for a template that is
    not provably right, ServiceError for a bucket that will not do, ProvedWrongError when other bytes are there.
    """
    _check_names(bucket, prefix)
    partition = session.caller().partition
    if vendor.account(partition) is None:
        what = f"the AWS credentials are of partition {partition}, where the vendor has no account"
        raise InputError(Problem("accounts", what, "choose another --profile, or add that account to vendor.yaml"))
    template = judged_template(vendor, partition)
    found = read_bucket(session, bucket)
    key = template_key(prefix, template.sha256)
    url = template_url(partition, bucket, found.region, prefix, template.sha256)
    if not limits.TEMPLATE_URL.admits(url):
        what = f"the template's address would have {len(url)} characters, links take {limits.TEMPLATE_URL.high}"
        raise InputError(Problem("--prefix", what, "use a shorter one"))
    lacking = lacks(object_arn(partition, bucket, key), found.owner, found.policy, found.blocks)
    _check_bucket(found, partition, lacking)
    versioning = () if found.versioned else ("its versioning (s3:GetBucketVersioning was denied)",)
    publication = Publication(
        partition=partition,
        account_id=session.caller().account_id,
        bucket=found,
        key=key,
        sha256=template.sha256,
        data=template.data,
        template_url=url,
        hosting=_hosting(vendor, partition, url, found.region),
        policy=bucket_policy(partition, bucket, prefix).to_json(),
        missing=lacking.missing,
        unknown=(*lacking.unknown, *versioning),
        writers=lacking.writers,
    )
    return _uploaded(session, publication) if decide(publication) else None


def hosting_lines(hosting: tuple[Hosting, ...]) -> str:
    """The `hosting:` section of a vendor.yaml, ending in a newline."""
    lines = ["hosting:"]
    for one in hosting:
        lines += [f"  {one.partition}:", f"    template_url: {YAML.literal(one.template_url)}"]
        lines.append(f"    region: {YAML.literal(one.region)}")
    return "\n".join((*lines, ""))


def _check_names(bucket: str, prefix: str) -> None:
    given = (
        ("--bucket", bucket_problem(bucket), "use 3 to 63 of a-z, 0-9 and - inside, as in example-onboarding"),
        ("--prefix", prefix_problem(prefix), "use names with / between them, as in templates/deputize"),
    )
    problems = [Problem(option, what, mend) for option, what, mend in given if what is not None]
    if problems:
        raise InputError(*problems)


def _check_bucket(bucket: Bucket, partition: str, lacking: Lacks) -> None:
    """Raise ServiceError with everything for which nothing may be uploaded there."""
    where = f"bucket {bucket.name}"
    problems = []
    if not PARTITIONS[partition].has_region(bucket.region):
        what = f"it is in region {bucket.region}, which is not of partition {partition} as the credentials are"
        problems.append(Problem(where, what, "use a bucket in the partition of the credentials"))
    if bucket.versioned is False:
        mend = f"aws s3api put-bucket-versioning --bucket {bucket.name} --versioning-configuration Status=Enabled"
        problems.append(Problem(where, "it keeps no versions, so what is replaced or deleted there is lost", mend))
    if lacking.writable:
        what = f"its policy is not proved to keep everybody from {', '.join(lacking.writable)}"
        mend = "anybody could give your customers another template: take out what allows it, whatever its conditions"
        problems.append(Problem(where, what, mend))
    if problems:
        raise ServiceError(*problems)


def _hosting(vendor: Vendor, partition: str, url: str, region: str) -> tuple[Hosting, ...]:
    """The vendor's section with this address in it; links go on to open in the region that was chosen once."""
    before = vendor.hosted(partition)
    new = Hosting(partition, url, before.region if before is not None else region)
    others = {one.partition: one for one in vendor.hosting}
    return tuple({**others, partition: new}[one] for one in PARTITIONS if one in {*others, partition})


def _uploaded(session: Session, publication: Publication) -> Published:
    bucket = publication.bucket
    outcome = upload(session, bucket, publication.key, publication.data)
    stranger = Stranger(bucket.region, session.endpoint_url, __version__)
    got = fetch(stranger, bucket.name, publication.key)
    if got.data is None:
        return Published(publication, outcome, got.why)
    same = got.data == publication.data
    return Published(publication, outcome, "" if same else "it got other bytes")
