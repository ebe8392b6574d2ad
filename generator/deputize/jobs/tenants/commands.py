"""The commands of `deputize tenants` that verify: make a checker, open the user's registry, look at roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deputize.jobs.aws_session import aws_session
from deputize.jobs.tenants import checks
from deputize.jobs.tenants.checks import Progress, Resumed, RoleCheck, silent, unsaid
from deputize.jobs.tenants.live import AwsChecker
from deputize.jobs.user_registry import UserRegistry
from deputize.model.aws_options import AwsOptions
from deputize.registry import find


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How tenants' roles are verified. vendor: its file, for what roles must read, and whose.

    wait: seconds for which each role is tried. never: accounts whose roles are never assumed.
    """

    aws: AwsOptions = field(default_factory=AwsOptions)
    vendor: Path | None = None
    wait: float = 60.0
    never: tuple[str, ...] = ()

    def checker(self) -> AwsChecker:
        """Whoever verifies so. Raises ServiceError for a profile that is not there."""
        return AwsChecker(aws_session(self.aws), self.vendor, self.wait, self.never)


def register(
    registry: UserRegistry, tenant: str, role_arns: Sequence[str], options: CheckOptions, progress: Progress = silent
) -> list[RoleCheck]:
    """Verify the roles that a tenant handed in, and store those that are safe; in the order they were given."""
    checker = options.checker()
    with registry.open() as opened:
        return checks.register(opened, tenant, role_arns, checker, progress)


def verify_tenant(
    registry: UserRegistry, tenant: str, account_id: str | None, options: CheckOptions
) -> list[RoleCheck]:
    """Verify the role of one grant again."""
    checker = options.checker()
    with registry.open() as opened:
        return [checks.recheck(opened, find(opened, tenant, account_id), checker)]


def verify_all(
    registry: UserRegistry,
    options: CheckOptions,
    progress: Progress = silent,
    *,
    anew: bool = False,
    resumed: Resumed = unsaid,
) -> list[RoleCheck]:
    """Verify every role of this endpoint again; a run that was interrupted is taken up, unless `anew`."""
    checker = options.checker()
    with registry.open() as opened:
        return list(checks.recheck_all(opened, checker, progress, anew=anew, resumed=resumed))


def switch_rotation(
    registry: UserRegistry, tenant: str, account_id: str | None, options: CheckOptions
) -> list[RoleCheck]:
    """Verify the role with the grant's next ID, and send that one from now on."""
    checker = options.checker()
    with registry.open() as opened:
        return [checks.rotate_switch(opened, find(opened, tenant, account_id), checker)]


def finish_rotation(
    registry: UserRegistry, tenant: str, account_id: str | None, options: CheckOptions
) -> list[RoleCheck]:
    """Verify that the grant's previous ID is refused, and forget it."""
    checker = options.checker()
    with registry.open() as opened:
        return [checks.rotate_finish(opened, find(opened, tenant, account_id), checker)]
