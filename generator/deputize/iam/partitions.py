"""AWS's partitions as data: STS never crosses from one to another, so a bundle is for exactly one.

Source: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html and the
partitions file that botocore ships (`botocore/data/partitions.json`), read 2026-11-21.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition: its ID as in ARNs, where its consoles live, and a region that can hold an IAM stack."""

    id: str
    name: str
    console: str
    home_region: str
    region_prefixes: tuple[str, ...]

    def has_region(self, region: str) -> bool:
        """Whether `region` belongs to this partition, judged by its prefix."""
        return region.startswith(self.region_prefixes)


PARTITIONS: dict[str, Partition] = {
    partition.id: partition
    for partition in (
        Partition(
            "aws",
            "AWS",
            "console.aws.amazon.com",
            "us-east-1",
            ("us-east-", "us-west-", "af-", "ap-", "ca-", "eu-", "il-", "me-", "mx-", "sa-"),
        ),
        Partition("aws-us-gov", "AWS GovCloud (US)", "console.amazonaws-us-gov.com", "us-gov-west-1", ("us-gov-",)),
        Partition("aws-cn", "AWS China", "console.amazonaws.cn", "cn-north-1", ("cn-",)),
        Partition(
            "aws-eusc", "AWS European Sovereign Cloud", "console.amazonaws-eusc.eu", "eusc-de-east-1", ("eusc-",)
        ),
    )
}
