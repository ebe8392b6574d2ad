"""`deputize inspect`, from what the command line says: the bundle, and what of it is deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deputize.errors import OK, DiffersError, Problem, ProvedWrongError, UsageError
from deputize.jobs.aws_session import aws_session
from deputize.jobs.inspect.deployed import Deployed, compare_deployed
from deputize.jobs.inspect.inspection import BundleExpectations, Inspection
from deputize.jobs.inspect.result import as_json, as_lines, deployed_lines
from deputize.jobs.inspect.run import inspect
from deputize.model.aws_options import AwsOptions


@dataclass(frozen=True, slots=True)
class InspectRequest:
    """A bundle to be looked over, as the options of the command say it. environ: where ssh-keygen is found.

    deployed: whether to compare it with the account that `aws` leads to.
    """

    bundle: Path
    environ: Mapping[str, str]
    expected: BundleExpectations = field(default_factory=BundleExpectations)
    allowed_signers: Path | None = None
    deployed: bool = False
    aws: AwsOptions = field(default_factory=AwsOptions)


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was found. deployed: None when nobody asked, or the bundle itself is wrong."""

    inspection: Inspection
    deployed: Deployed | None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is not as it should be."""
        return (*self.inspection.problems, *(self.deployed.differences if self.deployed is not None else ()))

    @property
    def exit_code(self) -> int:
        """6 when the bundle is wrong or the live role lets in whom it should not, 7 when they differ otherwise."""
        if self.inspection.problems or (self.deployed is not None and self.deployed.access_paths):
            return ProvedWrongError.exit_code
        return DiffersError.exit_code if self.problems else OK

    def as_json(self) -> dict[str, object]:
        """`deputize/inspect/1`."""
        return as_json(self.inspection, self.deployed)

    def as_lines(self) -> Iterator[str]:
        """The bundle as a short table, then what the account has."""
        yield from as_lines(self.inspection)
        if self.deployed is not None:
            yield from deployed_lines(self.deployed)


def inspect_bundle(request: InspectRequest) -> Inspected:
    """Look a bundle over, and at what is deployed of it. Raises as `inspect` and `compare_deployed`."""
    if not request.deployed and (stray := request.aws.given()):
        raise UsageError(*(Problem(option, "is for --deployed", "give it too") for option in stray))
    found = inspect(request.bundle, request.expected, request.environ, request.allowed_signers)
    if not request.deployed or found.problems:
        return Inspected(found, None)
    return Inspected(found, compare_deployed(found.content, aws_session(request.aws)))
