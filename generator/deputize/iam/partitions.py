"""AWS's partitions as data: STS never crosses from one to another, so a bundle is for exactly one.

Source: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html and the
partitions file that botocore ships (`botocore/data/partitions.json`), read 2026-11-21. Consoles have a host for each
region, REGION.CONSOLE: https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html; those of other partitions have
the same form (aws-eusc: the endpoints page on docs.aws.eu).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_REGION = re.compile(r"[a-z]+(-[a-z]+)+-[0-9]{1,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition: its ID as in ARNs, where its consoles live, and a region that can hold an IAM stack.

    dns_suffix: of its service endpoints. regions: every region known when this was written, sorted.
    """

    id: str
    name: str
    console: str
    home_region: str
    region_prefixes: tuple[str, ...]
    dns_suffix: str
    regions: tuple[str, ...]

    def has_region(self, region: str) -> bool:
        """Whether `region` has the form of a region's name and belongs to this partition, judged by its prefix."""
        return _REGION.fullmatch(region) is not None and region.startswith(self.region_prefixes)

    def console_host(self, region: str) -> str:
        """The host of this partition's console in `region`."""
        return f"{region}.{self.console}"


_REGIONS = (
    "af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 "
    "ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 "
    "ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 "
    "eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 "
    "us-east-2 us-west-1 us-west-2"
)

PARTITIONS: dict[str, Partition] = {
    partition.id: partition
    for partition in (
        Partition(
            "aws",
            "AWS",
            "console.aws.amazon.com",
            "us-east-1",
            ("us-east-", "us-west-", "af-", "ap-", "ca-", "eu-", "il-", "me-", "mx-", "sa-"),
            "amazonaws.com",
            tuple(_REGIONS.split()),
        ),
        Partition(
            "aws-us-gov",
            "AWS GovCloud (US)",
            "console.amazonaws-us-gov.com",
            "us-gov-west-1",
            ("us-gov-",),
            "amazonaws.com",
            ("us-gov-east-1", "us-gov-west-1"),
        ),
        Partition(
            "aws-cn",
            "AWS China",
            "console.amazonaws.cn",
            "cn-north-1",
            ("cn-",),
            "amazonaws.com.cn",
            ("cn-north-1", "cn-northwest-1"),
        ),
        Partition(
            "aws-eusc",
            "AWS European Sovereign Cloud",
            "console.amazonaws-eusc.eu",
            "eusc-de-east-1",
            ("eusc-",),
            "amazonaws.eu",
            ("eusc-de-east-1",),
        ),
    )
}
