"""Verifying what the registry knows, and storing what comes of it: the test first, then one short transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from deputize.errors import DeputizeError, DiffersError, InputError, Problem
from deputize.iam import limits
from deputize.iam.arn import RoleArn, parse_role_arn
from deputize.jobs.tenants.outcomes import Case, RoleCheck, ask_of, settle
from deputize.jobs.verify.run import VerifyRequest
from deputize.model.display import shown
from deputize.model.values import Acceptance, Verdict
from deputize.registry import Grant, Registry, Rotation, State, decoy, find, finish, grants, switch

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

    Each ARN belongs to the tenant's grant for its account, or to the one without an account, which it then binds.
    Raises InputError for ARNs that are none, lie in an account that was not agreed, or are two for one grant.
    """
    other, how = decoy(registry), asked or Asked()
    cases = []
    for grant, arn in _for_register(registry, tenant, role_arns):
        same = grant.role_arn == str(arn)
        case = Case(grant, str(arn), grant.accepted_ids, other, suspends=same, accept=how.accept, renews=same)
        cases.append(case)
    done = {one.role_arn: one for one in _run(registry, cases, checker, how.progress)}
    return [done[case.role_arn] for case in cases]


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


def _for_register(registry: Registry, tenant: str, role_arns: Sequence[str]) -> list[tuple[Grant, RoleArn]]:
    own = grants(registry, tenant=tenant) or [find(registry, tenant)]
    pairs, problems = [], []
    for text in dict.fromkeys(role_arns):
        arn = parse_role_arn(text) if limits.ROLE_ARN.admits(text) else None
        if arn is None:
            mend = "give one like arn:aws:iam::444455556666:role/name"
            problems.append(Problem("role ARN", f"{shown(text, 100)} is no ARN of a role", mend))
            continue
        fitting = [one for one in own if one.partition == arn.partition and one.account_id in (None, arn.account_id)]
        if fitting:
            # The grant that was agreed for this account comes before the one that is still open.
            pairs.append((next((one for one in fitting if one.account_id), fitting[0]), arn))
            continue
        what = f"account {arn.account_id} in partition {arn.partition} was not agreed with {shown(tenant)}"
        problems.append(Problem("role ARN", what, f"`deputize tenants add` it with --account-id {arn.account_id}"))
    problems += _two_for_one(pairs)
    if problems:
        raise InputError(*problems)
    return pairs


def _two_for_one(pairs: Sequence[tuple[Grant, RoleArn]]) -> Iterator[Problem]:
    # They are verified side by side, so which of two was stored would be chance.
    first: dict[int, RoleArn] = {}
    for grant, arn in pairs:
        if (other := first.setdefault(grant.id, arn)) is not arn:
            yield Problem("role ARN", f"{other} and {arn} are both for {grant}, which has one role", "give one of them")


def _run(
    registry: Registry, cases: Sequence[Case], checker: Checker, progress: Progress, *, probe: bool = True
) -> Iterator[RoleCheck]:
    """Each case's outcome as soon as it is there; one role's trouble never stops the others."""
    for case, ask, found in checked(cases, len(cases), checker, progress, probe=probe):
        yield settle(registry, case, ask, found)
