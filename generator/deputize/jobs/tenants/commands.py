"""The commands of `deputize tenants` that verify: make a checker, open the user's registry, look at roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from deputize.aws.client import Session
from deputize.aws.verify import endpoint_of
from deputize.errors import DeputizeError
from deputize.jobs.aws_session import aws_session
from deputize.jobs.tenants import checks
from deputize.jobs.tenants.acceptances import reminders
from deputize.jobs.tenants.checks import Asked, Progress, silent
from deputize.jobs.tenants.handed_in import read_handed_in
from deputize.jobs.tenants.lapses import lapses
from deputize.jobs.tenants.live import WORKERS, AwsChecker
from deputize.jobs.tenants.outcomes import RoleCheck
from deputize.jobs.tenants.sweep import RunListeners, Sweeping, recheck_all
from deputize.jobs.user_registry import UserRegistry
from deputize.jobs.verify.rate import DEFAULT, Rate
from deputize.model.aws_options import AwsOptions
from deputize.model.values import Acceptance
from deputize.registry import Registry, SharedPace, find, grants
from deputize.registry.values import stamp

_MOST_WORKERS: Final = 32


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How tenants' roles are verified. vendor: its file, for what roles must read, and whose.

    wait: seconds for which each role is tried. never: accounts whose roles are never assumed. rate: calls to STS in a
    second, of all processes of one registry together.
    """

    aws: AwsOptions = field(default_factory=AwsOptions)
    vendor: Path | None = None
    wait: float = 60.0
    never: tuple[str, ...] = ()
    rate: float = DEFAULT

    def session(self) -> Session:
        """The vendor's. Raises ServiceError for a profile that is not there."""
        return aws_session(self.aws)

    def checker(self, session: Session, registry: Registry) -> AwsChecker:
        """Whoever verifies so, at the pace that all processes of the registry share."""
        rate = Rate(self.rate, SharedPace(registry, endpoint_of(session)))
        # A call takes a tenth of a second or so: enough threads to use the rate, and no more than clients like.
        workers = min(_MOST_WORKERS, max(WORKERS, int(self.rate / 6)))
        return AwsChecker(session, self.vendor, self.wait, self.never, workers=workers, rate=rate)


def register(
    registry: UserRegistry, tenant: str, role_arns: Sequence[str], options: CheckOptions, asked: Asked | None = None
) -> list[RoleCheck]:
    """Verify the roles that a tenant handed in, and store those that are safe; in the order they were given."""
    session = options.session()
    with registry.open() as opened:
        return checks.register(opened, tenant, role_arns, options.checker(session, opened), asked)


def register_list(
    registry: UserRegistry, path: str, options: CheckOptions, progress: Progress = silent
) -> list[RoleCheck]:
    """The same of a CSV or JSON-lines file (`-`: standard input) of tenants and their roles. Raises InputError."""
    handed_in = read_handed_in(path)
    session = options.session()
    with registry.open() as opened:
        return checks.register_list(opened, handed_in, options.checker(session, opened), progress)


def verify_tenant(
    registry: UserRegistry, tenant: str, account_id: str | None, options: CheckOptions, *, probe: bool = False
) -> list[RoleCheck]:
    """Verify the role of one grant again; probe: try wrong IDs although it has not changed."""
    session = options.session()
    with registry.open() as opened:
        checker = options.checker(session, opened)
        return [checks.recheck(opened, find(opened, tenant, account_id), checker, probe=probe)]


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a run over all roles. stopped: why it stopped itself, None when it came to its end.

    reminders: a line for each further grant that a person has to decide about. lapsing: how many will be refused by
    `assume` when, unless they are renewed.
    """

    checks: list[RoleCheck]
    stopped: DeputizeError | None
    reminders: list[str]
    lapsing: list[str]


def verify_all(registry: UserRegistry, options: CheckOptions, how: Sweeping, told: RunListeners | None = None) -> Run:
    """Verify every role of this endpoint again; a run that was interrupted is taken up."""
    session = options.session()
    stops: list[DeputizeError] = []
    # A run that is taken up goes on with what was renewed before it was interrupted.
    renewed_since = stamp(datetime.now(UTC) - timedelta(hours=12))
    with registry.open() as opened:
        checker = options.checker(session, opened)
        done = list(recheck_all(opened, checker, how, replace(told or RunListeners(), stopped=stops.append)))
        now_there = grants(opened)
        open_ones = list(reminders(now_there, but=[one.grant.id for one in done]))
        renewed = {one.id for one in now_there if (one.verified_at or "") >= renewed_since}
        due = [one.id for one in now_there if one.endpoint == checker.endpoint and one.id not in renewed]
        lapsing = list(lapses(now_there, left=due))
    return Run(done, stops[0] if stops else None, open_ones, lapsing)


def switch_rotation(
    registry: UserRegistry,
    tenant: str,
    account_id: str | None,
    options: CheckOptions,
    accept: Acceptance | None = None,
) -> list[RoleCheck]:
    """Verify the role with the grant's next ID, and send that one from now on."""
    session = options.session()
    with registry.open() as opened:
        checker = options.checker(session, opened)
        return [checks.rotate_switch(opened, find(opened, tenant, account_id), checker, accept)]


def finish_rotation(
    registry: UserRegistry,
    tenant: str,
    account_id: str | None,
    options: CheckOptions,
    accept: Acceptance | None = None,
) -> list[RoleCheck]:
    """Verify that the grant's previous ID is refused, and forget it."""
    session = options.session()
    with registry.open() as opened:
        checker = options.checker(session, opened)
        return [checks.rotate_finish(opened, find(opened, tenant, account_id), checker, accept)]
