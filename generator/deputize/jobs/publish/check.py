"""Is what links point to there, is it what was published, and is it what the vendor makes now: asked as a stranger."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from deputize.aws.hosting import Stranger, fetch
from deputize.errors import DeputizeError, DiffersError, InputError, Problem, ProvedWrongError, ServiceError
from deputize.jobs.publish.hosting import judged_template
from deputize.model.hosting import parse_template_url
from deputize.model.spec import Hosting, Vendor
from deputize.version import __version__

Hosted = Literal["same", "other", "unreadable", "unanswered"]

# The worst first: what is told to a script is the first that was found.
_WORST = (ProvedWrongError, ServiceError, DiffersError)


@dataclass(frozen=True, slots=True)
class HostedCheck:
    """What was found out about the template of one partition.

    sha256: the digest in its address, to which links point. made_sha256: of the template that the vendor makes now.
    hosted: whether what a stranger gets has that digest; `unanswered` when S3 did not say. why: for `unreadable` and
    `unanswered`, in a few words. mend: what may help where nobody answered.
    """

    partition: str
    template_url: str
    sha256: str
    made_sha256: str
    hosted: Hosted
    why: str = ""
    mend: str = ""

    @property
    def current(self) -> bool:
        """Whether links lead to the template that the vendor makes now."""
        return self.sha256 == self.made_sha256

    def errors(self) -> tuple[DeputizeError, ...]:
        """Everything wrong, the worst first."""
        where = f"hosting.{self.partition}"
        found: list[DeputizeError] = []
        if self.hosted == "other":
            what = f"{self.template_url} holds other bytes than its address says: customers may deploy a forgery"
            mend = "stop handing out links, find out who put them there, then publish again"
            found.append(ProvedWrongError(Problem(where, what, mend)))
        if self.hosted == "unreadable":
            what = f"customers cannot read {self.template_url} ({self.why})"
            found.append(ServiceError(Problem(where, what, "`deputize publish` says what the bucket lacks")))
        if self.hosted == "unanswered":
            what = f"what {self.template_url} holds is not known ({self.why})"
            found.append(ServiceError(Problem(where, what, self.mend or "run this again")))
        if not self.current:
            what = "links lead to another template than this vendor makes now"
            mend = "run `deputize publish` and take over the lines that it prints"
            found.append(DiffersError(Problem(where, what, mend)))
        return tuple(found)


def check_hosting(vendor: Vendor, endpoint_url: str | None) -> tuple[HostedCheck, ...]:
    """One result for each partition in which the vendor hosts a template; no credentials are used.

    endpoint_url: where S3 is, None for AWS itself. Raises InputError when the vendor hosts none, LintError when what it
    makes is not provably right.
    """
    if not vendor.hosting:
        mend = "run `deputize publish --bucket BUCKET` and take over the lines that it prints"
        raise InputError(Problem("hosting", "is not in vendor.yaml, so there is nothing to check", mend))
    return tuple(_checked(vendor, hosting, endpoint_url) for hosting in vendor.hosting)


def worst(checks: tuple[HostedCheck, ...]) -> type[DeputizeError] | None:
    """The kind of the worst error of all, or None."""
    found = {type(error) for check in checks for error in check.errors()}
    return next((kind for kind in _WORST if kind in found), None)


def _checked(vendor: Vendor, hosting: Hosting, endpoint_url: str | None) -> HostedCheck:
    at = parse_template_url(hosting.template_url)
    if at is None:
        raise InputError(Problem(f"hosting.{hosting.partition}.template_url", "is no address of a hosted template"))
    made = judged_template(vendor, hosting.partition).sha256
    got = fetch(Stranger(at.region, endpoint_url, __version__), at.bucket, at.key)
    if got.data is None:
        hosted: Hosted = "unreadable" if got.answered else "unanswered"
        return HostedCheck(hosting.partition, hosting.template_url, at.sha256, made, hosted, got.why, got.mend)
    same = hashlib.sha256(got.data).hexdigest() == at.sha256
    return HostedCheck(hosting.partition, hosting.template_url, at.sha256, made, "same" if same else "other")
