"""Verifying what the registry knows, and storing what comes of it: the test first, then one short transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from deputize.errors import DeputizeError, DiffersError, InputError, Problem
from deputize.jobs.tenants.handed_in import HandedIn, grants_for
from deputize.jobs.tenants.outcomes import Case, RoleCheck, ask_of, settle
from deputize.jobs.verify.run import VerifyRequest
from deputize.model.values import Acceptance, Verdict
from deputize.registry import Grant, Registry, Rotation, State, decoy, finish, switch

_AWS = "aws"
# A role that has not changed gets no wrong ID for so long: with a check in each week, at most 30 days.
_UNPROBED: Final = timedelta(days=23)


class Checker(Protocol):
    """Whoever verifies roles at one endpoint."""

    @property
    def endpoint(self) -> str:
        """Where: "aws", or the URL of another endpoint."""

    def request(self, grant: Grant, role_arn: str, accepted_ids: tuple[str, ...], other_id: str) -> VerifyRequest:
        """The question about a role that must let the first of `accepted_ids` in, and `other_id` not."""

    def check_many(self, requests: Iterable[VerifyRequest]) -> Iterator[tuple[VerifyRequest, Verdict | DeputizeError]]:
        """The verdicts, several roles at once, each as soon as it is there."""


# Told how many of how many are done.
Progress = Callable[[int, int], None]


def silent(_: int, __: int) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How roles that were handed in are taken. accept: those, too, for which only probes speak."""

    progress: Progress = silent
    accept: Acceptance | None = None


def register(
    registry: Registry,
    tenant: str,
    role_arns: Sequence[str],
    checker: Checker,
    asked: Asked | None = None,
) -> list[RoleCheck]:
    """Verify the roles that a tenant handed in, and store those that are safe; in the order they were given.

    Raises InputError as `grants_for` does.
    """
    return _register(registry, [HandedIn(tenant, arn) for arn in role_arns], checker, asked or Asked(), probe=True)


def register_list(
    registry: Registry, handed_in: Sequence[HandedIn | Problem], checker: Checker, progress: Progress = silent
) -> list[RoleCheck]:
    """The same of roles of many tenants; nothing is looked at unless every row can be.

    One that the registry holds and that has not changed gets the right ID only, so an interrupted list is given again.
    """
    return _register(registry, handed_in, checker, Asked(progress), probe=False)


def _register(
    registry: Registry, handed_in: Sequence[HandedIn | Problem], checker: Checker, how: Asked, *, probe: bool
) -> list[RoleCheck]:
    other = decoy(registry)
    cases = []
    for grant, arn in grants_for(registry, handed_in):
        same = grant.role_arn == str(arn)
        case = Case(grant, str(arn), grant.accepted_ids, other, suspends=same, accept=how.accept, renews=same)
        cases.append(case)
    # By its grant: a role may be claimed by two tenants.
    done = {one.grant.id: one for one in _run(registry, cases, checker, how.progress, probe=probe)}
    return [done[case.grant.id] for case in cases]


def recheck(registry: Registry, grant: Grant, checker: Checker, *, probe: bool = False) -> RoleCheck:
    """Verify a grant's role again: safe renews it, vulnerable suspends it, anything else changes nothing.

    A role that has not changed is renewed whatever is newly thought of it, which is the outcome's error; so is too
    wide. probe: try wrong IDs on an unchanged role too. Raises InputError when it has no role.
    """
    if grant.role_arn is None:
        raise InputError(Problem(str(grant), "has no role yet", "use `deputize tenants register`"))
    (done,) = _run(registry, [recheck_case(grant, decoy(registry))], checker, silent, probe=probe)
    return done


def rotate_switch(registry: Registry, grant: Grant, checker: Checker, accept: Acceptance | None = None) -> RoleCheck:
    """Verify the role with the grant's next ID, and send that one from now on. Raises InputError outside a rotation."""
    arn, new = _rotating(grant, Rotation.STARTED)
    ids = (new, grant.external_id)
    case = Case(grant, arn, ids, decoy(registry), switch, suspends=True, accept=accept)
    (done,) = _run(registry, [case], checker, silent)
    return done


def rotate_finish(registry: Registry, grant: Grant, checker: Checker, accept: Acceptance | None = None) -> RoleCheck:
    """Verify that the previous ID is refused, and forget it. Raises InputError outside a rotation.

    A role that still lets it in is not suspended: the ID is this tenant's own, and the role is only not updated yet.
    """
    arn, old = _rotating(grant, Rotation.SWITCHED)
    (done,) = _run(registry, [Case(grant, arn, (grant.external_id,), old, finish, accept=accept)], checker, silent)
    return done


def recheck_case(grant: Grant, other: str) -> Case:
    """The case of a grant's own role."""
    return Case(grant, grant.role_arn or "", grant.accepted_ids, other, suspends=True, renews=True)


def checked(
    cases: Iterable[Case], total: int, checker: Checker, progress: Progress, *, probe: bool = True
) -> Iterator[tuple[Case, str, Verdict | DeputizeError]]:
    """Each case with what it asked and what was found, as soon as it is there; nothing is written.

    Cases are taken as roles come to their turn. total: how many there are at most. probe: try wrong IDs on a role that
    has not changed, too. A role alone is waited for when it refuses the right ID; of many, one refusal will do, unless
    a refusal ends what somebody accepted.
    """
    waiting: dict[VerifyRequest, tuple[Case, str]] = {}
    tests: list[tuple[Case, str, DeputizeError]] = []

    def requests() -> Iterator[VerifyRequest]:
        for case in cases:
            if case.grant.endpoint == _AWS and checker.endpoint != _AWS:
                what = f"was verified on AWS; {checker.endpoint} would be a test"
                problem = Problem(str(case.grant), what, "use a registry of its own for tests")
                tests.append((case, "", DiffersError(problem)))
                continue
            request = checker.request(case.grant, case.role_arn, case.accepted_ids, case.other_id)
            ask = ask_of(request)
            if case.renews and not probe and _probed(case.grant, ask):
                request = replace(request, unchanged_digest=case.grant.role_digest)
            request = replace(request, patient=total == 1 or case.grant.on_probes)
            waiting[request] = case, ask
            yield request

    for count, (request, found) in enumerate(checker.check_many(requests()), 1):
        progress(count, total)
        yield *waiting.pop(request), found
    yield from tests


def _probed(grant: Grant, ask: str) -> bool:
    """Whether wrong IDs were tried lately on the role that the registry knows, about the same question."""
    if grant.state is not State.VERIFIED or not grant.role_digest or grant.ask != ask:
        return False
    try:
        age = datetime.now(UTC) - datetime.fromisoformat(grant.probed_at or "")
    except (ValueError, TypeError):
        return False
    return timedelta(0) <= age < _UNPROBED


def _rotating(grant: Grant, wanted: Rotation) -> tuple[str, str]:
    if grant.rotation is not wanted or grant.role_arn is None or grant.other_id is None:
        state = "in no rotation" if grant.rotation is Rotation.NONE else f"in a rotation that was {grant.rotation}"
        mend = "the order is `rotate start`, `rotate switch`, `rotate finish`"
        raise InputError(Problem(str(grant), f"is {state}", mend))
    return grant.role_arn, grant.other_id


def _run(
    registry: Registry, cases: Sequence[Case], checker: Checker, progress: Progress, *, probe: bool = True
) -> Iterator[RoleCheck]:
    """Each case's outcome as soon as it is there; one role's trouble never stops the others."""
    for case, ask, found in checked(cases, len(cases), checker, progress, probe=probe):
        yield settle(registry, case, ask, found)
