"""The address of the one-click template: what is made is read back, and nothing but that form is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deputize.errors import InputError
from deputize.iam import limits
from deputize.iam.partitions import PARTITIONS, Partition
from deputize.model.hosting import HostedAt, bucket_problem, parse_template_url, prefix_problem, template_url
from deputize.model.spec import Hosting
from deputize.model.vendor_file import parse_vendor, vendor_from_json, vendor_to_json

DIGEST = "0123456789abcdef" * 4
GOOD = f"https://bucket.s3.us-east-1.amazonaws.com/one/{DIGEST}.yaml"
BUCKETS = st.from_regex(r"\A[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\Z").filter(lambda name: bucket_problem(name) is None)
PREFIXES = st.lists(st.text("abzAZ09._-", min_size=1, max_size=9), max_size=3).map("/".join)


@given(st.sampled_from(tuple(PARTITIONS.values())), st.data())
def test_what_is_made_is_read_back(found: Partition, data: st.DataObject) -> None:
    """In every partition and region, for every bucket and prefix that are taken."""
    region = data.draw(st.sampled_from(found.regions))
    bucket, prefix = data.draw(BUCKETS), data.draw(PREFIXES.filter(lambda text: prefix_problem(text) is None))
    digest = data.draw(st.text("0123456789abcdef", min_size=64, max_size=64))
    url = template_url(found.id, bucket, region, prefix, digest)
    key = f"{prefix}/{digest}.yaml" if prefix else f"{digest}.yaml"
    assert parse_template_url(url) == HostedAt(bucket, region, key, digest)
    assert limits.TEMPLATE_URL.admits(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        GOOD.replace("https", "http"),
        GOOD.replace("https", "HTTPS"),
        GOOD.replace("bucket.s3", "s3"),
        GOOD.replace("bucket", "my.bucket"),
        GOOD.replace("bucket", "bu_cket"),
        GOOD.replace("bucket", "Bucket"),
        GOOD.replace("bucket", "user@bucket"),
        GOOD.replace("bucket", "name-s3alias"),
        GOOD.replace("us-east-1", "mars-east-1"),
        GOOD.replace("us-east-1.", ""),
        GOOD.replace("us-east-1", "us-east-1.evil"),
        GOOD.replace("amazonaws.com", "amazonaws.com.evil.example"),
        GOOD.replace("amazonaws.com", "amazonaws.com:444"),
        GOOD.replace("amazonaws.com", "amazonaws.com.cn"),
        GOOD.replace("us-east-1", "cn-north-1"),
        GOOD.replace("one/", "one//"),
        GOOD.replace("one/", "../"),
        GOOD.replace("one/", "./"),
        GOOD.replace("one/", "/"),
        GOOD.replace("one/", "o%20e/"),
        GOOD.replace("one/", "o e/"),
        GOOD.replace("one/", "é/"),
        GOOD.replace("one/", "x" * 1024 + "/"),
        GOOD.replace("0123", "ABCD"),
        GOOD.replace("0123", "012"),
        GOOD.replace(".yaml", ".json"),
        GOOD + "?versionId=1",
        GOOD + "#x",
        GOOD + "\n",
        " " + GOOD,
    ],
)
def test_no_other_address_is_read(url: str) -> None:
    """S3 over https with the bucket in the host, a region of the partition whose suffix it has, and a whole digest."""
    assert parse_template_url(GOOD) is not None
    assert parse_template_url(url) is None


def test_the_link_opens_at_home_when_no_region_is_named() -> None:
    """`region` may be left out; a section with every line commented out is empty."""
    text = "vendor:\n  name: Example\naccounts:\n  aws:\n    id: 111122223333\nhosting:\n"
    assert parse_vendor(text).hosting == ()
    vendor = parse_vendor(f"{text}  aws:\n    template_url: {GOOD}\n")
    assert vendor.hosting == (Hosting("aws", GOOD, "us-east-1"),)
    elsewhere = parse_vendor(f"{text}  aws:\n    template_url: {GOOD}\n    region: eu-west-1\n")
    assert elsewhere.hosted("aws") == Hosting("aws", GOOD, "eu-west-1")
    assert elsewhere.hosted("aws-cn") is None


def test_what_bundles_are_made_from_says_where_the_template_lies() -> None:
    """It stands in manifests, so that a bundle with a link can be rendered again; older manifests are without it."""
    text = "vendor:\n  name: Example\naccounts:\n  aws:\n    id: 111122223333\n"
    vendor = parse_vendor(f"{text}hosting:\n  aws:\n    template_url: {GOOD}\n")
    document = vendor_to_json(vendor)
    assert document["hosting"] == {"aws": {"template_url": GOOD, "region": "us-east-1"}}
    assert vendor_from_json(document, "manifest") == vendor
    del document["hosting"]
    assert vendor_from_json(document, "manifest") == parse_vendor(text)


@pytest.mark.parametrize(
    "region", ["us-east-1/", "us-east-<b>", "us-east-", "US-EAST-1", "us-east-1\n", "us-gov-west-1"]
)
def test_a_region_is_a_region(region: str) -> None:
    """What stands in the host of a link has the form of a region's name, and is of its partition."""
    assert PARTITIONS["aws"].has_region("us-east-1")
    assert not PARTITIONS["aws"].has_region(region)
    document = {"vendor": {"name": "Example"}, "accounts": {"aws": {"id": "111122223333"}}}
    with pytest.raises(InputError, match=r"hosting\.aws\.region: .* is no region of aws"):
        vendor_from_json({**document, "hosting": {"aws": {"template_url": GOOD, "region": region}}}, "vendor")
