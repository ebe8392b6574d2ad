"""The registry's checker at AWS, or at another endpoint: tenants' roles are verified with one shared session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from deputize.aws.client import Session
from deputize.aws.verify import Timing, endpoint_of
from deputize.errors import DeputizeError
from deputize.jobs.verify.breadth import verify_many
from deputize.jobs.verify.expectations import ExpectationFiles, RoleExpectations, expectations_of
from deputize.jobs.verify.rate import Rate
from deputize.jobs.verify.run import VerifyOptions, VerifyRequest
from deputize.model.values import Verdict
from deputize.registry import Grant

WORKERS: Final = 8


@dataclass(frozen=True, slots=True)
class AwsChecker:
    """Verifies with one session, its clients shared by `workers` threads. vendor: its file, for what roles must read.

    wait: seconds for which each role is tried. never: accounts whose roles are never assumed. rate: that calls to STS
    go through.
    """

    session: Session
    vendor: Path | None = None
    wait: float = 60.0
    never: tuple[str, ...] = ()
    write_probe: bool = True
    workers: int = WORKERS
    rate: Rate = field(default_factory=Rate)
    _expectations: dict[str, RoleExpectations] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """Where: "aws", or the URL of another endpoint."""
        return endpoint_of(self.session)

    def request(self, grant: Grant, role_arn: str, accepted_ids: tuple[str, ...], other_id: str) -> VerifyRequest:
        """The question about one role."""
        if grant.partition not in self._expectations:
            self._expectations[grant.partition] = expectations_of(ExpectationFiles(vendor=self.vendor), grant.partition)
        # A tenant's second account has a bundle under a name of its own; either name is this tenant's.
        names = tuple(dict.fromkeys((grant.label, grant.tenant)))
        return VerifyRequest(
            role_arn, accepted_ids, other_id, replace(self._expectations[grant.partition], tenants=names)
        )

    def check_many(self, requests: Iterable[VerifyRequest]) -> Iterator[tuple[VerifyRequest, Verdict | DeputizeError]]:
        """The verdicts."""
        self.session.limited_by(self.rate)
        options = VerifyOptions(Timing(self.wait), self.never, self.write_probe, early=True)
        return verify_many(requests, self.session, options, workers=self.workers)
