"""Verifying every role again: taken up where it stopped, and stopped where it is our credentials that fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from deputize.errors import DeputizeError, Problem, ServiceError
from deputize.jobs.tenants.checks import Checker, Progress, checked, recheck_case, silent
from deputize.jobs.tenants.outcomes import Case, RoleCheck, settle, unsettled
from deputize.jobs.tenants.sharing import Share, shared
from deputize.model.values import Safety, Verdict
from deputize.registry import Grant, Registry, State, begin_sweep, decoy, end_sweep, grants

_SHARE: Final = 0.05  # of the roles that let us in before: when more fail at once, customers are not the reason
_FEWEST: Final = 3  # roles that fail before that is said, unless all of them do
_EARLY: Final = 20  # roles after which it is said at once when most of them failed

# Told when an interrupted run is taken up: when that one began, and how many roles it did, which are left out.
Resumed = Callable[[str, int], None]
# Told why a run stopped itself.
Stopped = Callable[[DeputizeError], None]


def _unsaid(_: str, __: int) -> None:
    """Say nothing."""


def _unheard(_: DeputizeError) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Sweeping:
    """How every role is verified. anew: begin again, whatever an interrupted run had done.

    probe: try wrong IDs on unchanged roles too. keep_going: do not stop when many roles fail that let us in before.
    """

    anew: bool = False
    probe: bool = False
    keep_going: bool = False


@dataclass(frozen=True, slots=True)
class RunListeners:
    """Who hears of a run: its progress, that it takes up another, that it stopped itself."""

    progress: Progress = silent
    resumed: Resumed = _unsaid
    stopped: Stopped = _unheard


@dataclass(slots=True)
class _Failures:
    """The roles that let us in before and now do not; nothing is written about them until the run is over."""

    before: int
    tried: int = 0
    held: list[tuple[Case, str, Verdict | DeputizeError]] = field(default_factory=list)

    @property
    def ours(self) -> bool:
        """Whether so many fail that it is rather our credentials than our customers."""
        failed = len(self.held)
        if self.tried >= _EARLY and failed * 2 > self.tried:
            return True
        return failed > self.before * _SHARE and (failed >= _FEWEST or failed == self.before > 1)

    def why(self) -> ServiceError:
        """What is said then."""
        failed = len(self.held)
        what = (
            f"stopped: {failed} of {self.before} roles that let us in before do not now: that is rather our credentials"
            " than our customers, and nothing was changed for them"
        )
        mend = "check the profile and the vendor's own permissions, then run it again: it goes on where it stopped;"
        return ServiceError(Problem("tenants verify --all", what, f"{mend} --keep-going if the roles are really gone"))


def recheck_all(
    registry: Registry, checker: Checker, how: Sweeping | None = None, told: RunListeners | None = None
) -> Iterator[RoleCheck]:
    """Verify every living grant that has a role at the checker's endpoint; each is stored when it is done.

    Processes that do so at the same time share the run. An earlier run that was interrupted is taken up: what it
    had done is left out. A run that tried every role is over, whatever came of it: the next one looks at all of
    them again. One that stopped itself goes on the next time.
    """
    how, told = how or Sweeping(), told or RunListeners()
    sweep = begin_sweep(registry, checker.endpoint, anew=how.anew)
    own = [grant for grant in grants(registry) if grant.role_arn is not None and grant.endpoint == checker.endpoint]
    # What was checked before this run began is due; without a run to take up, that is everything.
    due = [one for one in own if not sweep.did(one)]
    if sweep.resumed:
        told.resumed(sweep.started_at, len(own) - len(due))
    failures = _Failures(sum(map(_let_us_in, own)))
    with shared(registry, sweep) as share:
        yield from _part(registry, checker, (how, told, failures), share, due)
        if failures.ours:
            share.claims.let_go()
            yield from (unsettled(case, found) for case, _, found in failures.held)
            told.stopped(failures.why())
            return
        yield from (settle(registry, *one) for one in failures.held)
        share.claims.keep()
        if not share.claims.others():
            end_sweep(registry, sweep)


def _part(
    registry: Registry, checker: Checker, run: tuple[Sweeping, RunListeners, _Failures], share: Share, due: list[Grant]
) -> Iterator[RoleCheck]:
    """What this process does of a run that others may share; failures that are not written down yet are kept."""
    (how, told, failures), other = run, decoy(registry)
    while due:
        cases = (recheck_case(grant, other) for grant in share.mine(due))
        for case, ask, found in checked(cases, len(due), checker, told.progress, probe=how.probe):
            failures.tried += _let_us_in(case.grant)
            if not how.keep_going and _let_us_in(case.grant) and _fails(found):
                failures.held.append((case, ask, found))
            else:
                yield settle(registry, case, ask, found)
            if failures.ours:
                return
        due = share.left_behind()


def _let_us_in(grant: Grant) -> bool:
    return grant.state is State.VERIFIED and grant.failed_since is None


def _fails(found: Verdict | DeputizeError) -> bool:
    return isinstance(found, ServiceError) or (isinstance(found, Verdict) and found.safety is Safety.UNREACHABLE)
