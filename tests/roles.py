"""A checker for tests of the registry: roles that are safe, read and unchanged, but for what a test says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from deputize.errors import DeputizeError
from deputize.jobs.verify.expectations import RoleExpectations
from deputize.jobs.verify.run import VerifyRequest
from deputize.model.values import AccessState, JudgedBy, ProbeResult, Safety, UnintendedAccess, Verdict
from deputize.registry import Grant
from deputize.registry.values import stamp

# What a role was, what it is after a change, and the first as a later deputize may tell it.
DIGEST, CHANGED, RETOLD = f"1:{'d1' * 32}", f"1:{'d2' * 32}", f"2:{'e1' * 32}"
RIGHT = (ProbeResult("right-first", "allow", "allow"), ProbeResult("right-last", "allow", "allow"))
REFUSED = tuple(ProbeResult(name, "refuse", "refuse") for name in ("random", "none", "other"))
AS_THEY_SHOULD = (RIGHT[0], *REFUSED, RIGHT[1])
SHUT = tuple(replace(one, got="refuse") for one in RIGHT)
SILENT = tuple(replace(one, got="no-answer") for one in AS_THEY_SHOULD)
LET_IN = (*RIGHT, ProbeResult("none", "refuse", "allow"))
WIDE = {"access": AccessState.TOO_WIDE, "notes": ("not proved to read: inline policy x allows s3:Put*",)}
BY_TEXT: dict[str, Any] = {
    "safety": Safety.VULNERABLE,
    "access_paths": (UnintendedAccess("no-id", "statement 1 lets in anybody of account 1"),),
}
UNCLEAR = {"safety": Safety.UNSETTLED}
UNPROVED: dict[str, Any] = {"safety": Safety.UNPROVED, "evidence": "probes", "role_id": "", "role_digest": ""}
GONE: dict[str, Any] = {"safety": Safety.UNREACHABLE, "probes": SHUT, "role_id": "", "role_digest": ""}


def arn_of(number: int) -> str:
    """The role of the tenant of that number."""
    return f"arn:aws:iam::{number:012}:role/r"


@dataclass
class Roles:
    """A checker whose roles are safe and read, but for the fields that a test gives by ARN, or an error."""

    found: dict[str, Mapping[str, Any] | DeputizeError] = field(default_factory=dict)
    asked: list[VerifyRequest] = field(default_factory=list)
    endpoint: str = "aws"
    expected: RoleExpectations = field(default_factory=RoleExpectations)

    def request(self, grant: Grant, role_arn: str, accepted_ids: tuple[str, ...], other_id: str) -> VerifyRequest:
        """The question."""
        return VerifyRequest(role_arn, accepted_ids, other_id, self.expected)

    def check_many(self, requests: Iterable[VerifyRequest]) -> Iterator[tuple[VerifyRequest, Verdict | DeputizeError]]:
        """The verdicts, in order."""
        for request in requests:
            self.asked.append(request)
            given = self.found.get(request.role_arn, {})
            yield request, given if isinstance(given, DeputizeError) else self._verdict(request, given)

    def _verdict(self, request: VerifyRequest, given: Mapping[str, Any]) -> Verdict:
        usual: dict[str, Any] = {
            "role_arn": request.role_arn,
            "role_id": f"AROA{request.role_arn[13:25]}",
            "external_id": request.external_ids[0],
            "safety": Safety.SAFE,
            "access": AccessState.OK,
            "evidence": "probes+policy",
            "endpoint": self.endpoint,
            "at": stamp(datetime.now(UTC)),
            "caller": "arn:aws:iam::111122223333:role/collector",
            "probes": AS_THEY_SHOULD,
            "role_digest": DIGEST,
            "judged_by": JudgedBy("1", "2", "3"),
        }
        if request.unchanged_digest == given.get("role_digest", DIGEST):
            usual |= {"evidence": "right+policy", "probes": RIGHT[:1]}
        return Verdict(**{**usual, **given})


def ago(days: float) -> str:
    """A moment so many days ago."""
    return stamp(datetime.now(UTC) - timedelta(days=days))
