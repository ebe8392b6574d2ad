"""How the user wants AWS to be reached: the options that every command with AWS in it shares."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """What the user chose of `--profile`, `--region` and `--endpoint-url`; None is the AWS CLI's own default."""

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None

    def given(self) -> tuple[str, ...]:
        """The names of the options that were given."""
        values = {"--profile": self.profile, "--region": self.region, "--endpoint-url": self.endpoint_url}
        return tuple(name for name, value in values.items() if value is not None)
