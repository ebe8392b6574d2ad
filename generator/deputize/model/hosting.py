"""Where a vendor's one-click template lies: the S3 address that customers' links name, made, read and judged.

One form of address only: the bucket in the host, its region there too, and a key whose last part is the SHA-256 of what
it should hold. AWS does not compare the two, but anyone can: the customer, and the vendor with `publish --check`.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from deputize.iam import limits
from deputize.iam.partitions import PARTITIONS, Partition
from deputize.model.display import shown
from deputize.model.spec import Hosting, Vendor
from deputize.model.yaml_tree import Path

_ADDRESS = re.compile(r"https://([a-z0-9-]+)\.s3\.([a-z0-9-]+)\.([a-z0-9.-]+)/(.+)", re.ASCII)
_KEY = re.compile(r"(?:(.+)/)?([0-9a-f]{64})\.yaml", re.ASCII)
_PREFIX = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*", re.ASCII)
# Names that S3 keeps for itself, or that are aliases of something else than a bucket.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_RESERVED_START = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_END = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3")
_AGAIN = "take over the lines that `deputize publish` prints"


@dataclass(frozen=True, slots=True)
class HostedAt:
    """What a template's address says: its bucket, the bucket's region, the object's key, and the SHA-256 in it."""

    bucket: str
    region: str
    key: str
    sha256: str


def template_url(partition: str, bucket: str, region: str, prefix: str, sha256: str) -> str:
    """The address of the template whose digest is `sha256`; `prefix` is without a slash at either end, or empty."""
    return f"https://{bucket}.s3.{region}.{PARTITIONS[partition].dns_suffix}/{template_key(prefix, sha256)}"


def template_key(prefix: str, sha256: str) -> str:
    """The key of the object that holds the template: its own digest, below `prefix`."""
    return f"{prefix}/{sha256}.yaml" if prefix else f"{sha256}.yaml"


def parse_template_url(url: str) -> HostedAt | None:
    """What `url` says, or None when it is not of the one form: S3 of a known partition over https, digest and all."""
    found = _ADDRESS.fullmatch(url)
    if found is None or not limits.TEMPLATE_URL.admits(url):
        return None
    bucket, region, suffix, key = found.groups()
    home = _partition_of(region)
    parsed = _KEY.fullmatch(key)
    if home is None or home.dns_suffix != suffix or parsed is None:
        return None
    if bucket_problem(bucket) is not None or prefix_problem(parsed[1] or "") is not None:
        return None
    return HostedAt(bucket, region, key, parsed[2])


def bucket_problem(bucket: str) -> str | None:
    """Why no template can be hosted in a bucket of this name, or None.

    A dot is legal in a bucket's name, but then S3's certificate does not cover its host.
    """
    if "." in bucket:
        return f"{shown(bucket)} has a dot, which S3's certificate does not cover"
    if not limits.BUCKET_NAME.admits(bucket):
        return f"{shown(bucket)} is no bucket name"
    if bucket.startswith(_RESERVED_START) or bucket.endswith(_RESERVED_END):
        return f"{shown(bucket)} is a name that S3 keeps for itself"
    return None


def prefix_problem(prefix: str) -> str | None:
    """Why a key may not begin with `prefix`, or None. Only characters that stand in an address as they are."""
    if not prefix:
        return None
    if not _PREFIX.fullmatch(prefix):
        return f"{shown(prefix)} is no prefix of letters, digits, ., _ and -, with / inside"
    return (
        f"{shown(prefix)} has a part of dots alone" if any(not part.strip(".") for part in prefix.split("/")) else None
    )


def hosting_problems(vendor: Vendor) -> Iterator[tuple[Path, str, str]]:
    """Everything wrong with where a vendor says that its templates lie, as (path in vendor.yaml, what, mend)."""
    for hosting in vendor.hosting:
        path: Path = ("hosting", hosting.partition)
        if vendor.account(hosting.partition) is None or hosting.partition not in PARTITIONS:
            what = f"{shown(hosting.partition)} is no partition of accounts"
            yield path, what, "host a template only where the vendor has an account"
            continue
        yield from _address_problems(hosting, PARTITIONS[hosting.partition], path)
        if not PARTITIONS[hosting.partition].has_region(hosting.region):
            what = f"{shown(hosting.region)} is no region of {hosting.partition}"
            yield (*path, "region"), what, f"use one such as {PARTITIONS[hosting.partition].home_region}"


def _address_problems(hosting: Hosting, partition: Partition, path: Path) -> Iterator[tuple[Path, str, str]]:
    where: Path = (*path, "template_url")
    if len(hosting.template_url) > limits.TEMPLATE_URL.high:
        what = f"has {len(hosting.template_url)} characters, CloudFormation takes {limits.TEMPLATE_URL.high}"
        yield where, what, "use a shorter prefix"
        return
    at = parse_template_url(hosting.template_url)
    if at is None:
        form = f"https://BUCKET.s3.REGION.{partition.dns_suffix}/[PREFIX/]SHA256.yaml"
        yield where, f"{shown(hosting.template_url, 200)} is no address of the form {form}", _AGAIN
    elif not partition.has_region(at.region):
        yield where, f"{shown(at.region)} is no region of {partition.id}, whose customers read it", _AGAIN


def _partition_of(region: str) -> Partition | None:
    return next((one for one in PARTITIONS.values() if one.has_region(region)), None)
