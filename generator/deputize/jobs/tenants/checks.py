"""Verifying what the registry knows, and storing what comes of it: the test first, then one short transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from deputize.errors import DeputizeError, DiffersError, InputError, Problem, ProvedWrongError, ServiceError
from deputize.iam import limits
from deputize.iam.arn import RoleArn, parse_role_arn
from deputize.jobs.verify.run import VerifyRequest
from deputize.model.display import printable, shown
from deputize.model.values import AccessState, Safety, Verdict
from deputize.registry import (
    Grant,
    Registry,
    Rotation,
    begin_sweep,
    bind,
    decoy,
    end_sweep,
    find,
    finish,
    grants,
    note,
    refuted,
    switch,
)

# What a tenant may be told: the same for a role that another tenant holds, that names another one, that lets a wrong ID
# in, that may do more than read, that did not let us in, or that is not there. So nobody learns about another tenant's
# role by trying its ARN.
TENANT_MESSAGE = (
    "We could not accept this role: check that it was made from the latest files we sent you and that the ARN is the"
    " one your deployment printed, then send it again."
)
_AWS = "aws"
# How the notes of a verdict begin, or what they hold, that say what a role may do besides reading.
_MORE_THAN_READ = ("not proved to read", "DryRunOperation")
_MENDS = {
    Safety.VULNERABLE: "have it made again from this tenant's own bundle",
    Safety.UNPROVED: "have the role let itself be read: the notes give the statement to add",
    Safety.UNSETTLED: "try again with a longer --wait",
    Safety.UNREACHABLE: "check that the role is there and asks for the issued ID",
}


class Checker(Protocol):
    """Whoever verifies roles at one endpoint."""

    @property
    def endpoint(self) -> str:
        """Where: "aws", or the URL of another endpoint."""

    def request(self, grant: Grant, role_arn: str, accepted_ids: tuple[str, ...], other_id: str) -> VerifyRequest:
        """The question about a role that must let the first of `accepted_ids` in, and `other_id` not."""

    def check_many(self, requests: Iterable[VerifyRequest]) -> Iterator[tuple[VerifyRequest, Verdict | DeputizeError]]:
        """The verdicts, several roles at once, each as soon as it is there."""


@dataclass(frozen=True, slots=True)
class RoleCheck:
    """What became of one role: the grant as it now is, the verdict if one was reached, why it was not stored."""

    grant: Grant
    role_arn: str
    verdict: Verdict | None
    error: DeputizeError | None = None

    @property
    def stored(self) -> bool:
        """Whether this check was safe and is stored: the registry now holds the role as verified by it."""
        return self.error is None

    @property
    def tenant_message(self) -> str:
        """What the tenant may be told; empty when all is well."""
        return "" if self.stored else TENANT_MESSAGE


@dataclass(frozen=True, slots=True)
class _Case:
    """One role to be looked at; keep: what a safe verdict does to the grant."""

    grant: Grant
    role_arn: str
    accepted_ids: tuple[str, ...]
    other_id: str
    keep: Callable[[Registry, Grant, Verdict], Grant] = bind
    suspends: bool = False


# Told how many of how many are done.
Progress = Callable[[int, int], None]


# Told when an interrupted run is taken up: when that one began, and how many roles it did, which are left out.
Resumed = Callable[[str, int], None]


def silent(_: int, __: int) -> None:
    """Say nothing."""


def unsaid(_: str, __: int) -> None:
    """Say nothing."""


def register(
    registry: Registry, tenant: str, role_arns: Sequence[str], checker: Checker, progress: Progress = silent
) -> list[RoleCheck]:
    """Verify the roles that a tenant handed in, and store those that are safe; in the order they were given.

    Each ARN belongs to the tenant's grant for its account, or to the one without an account, which it then binds.
    Raises InputError for ARNs that are none, lie in an account that was not agreed, or are two for one grant.
    """
    other = decoy(registry)
    cases = [
        _Case(grant, str(arn), grant.accepted_ids, other, suspends=grant.role_arn == str(arn))
        for grant, arn in _for_register(registry, tenant, role_arns)
    ]
    done = {one.role_arn: one for one in _run(registry, cases, checker, progress)}
    return [done[case.role_arn] for case in cases]


def recheck(registry: Registry, grant: Grant, checker: Checker) -> RoleCheck:
    """Verify a grant's role again: safe renews it, vulnerable suspends it, anything else changes nothing.

    Too wide changes nothing either; it is the outcome's error. Raises InputError when it has no role.
    """
    if grant.role_arn is None:
        raise InputError(Problem(str(grant), "has no role yet", "use `deputize tenants register`"))
    return _one(registry, _recheck(grant, grant.role_arn, decoy(registry)), checker)


def recheck_all(
    registry: Registry,
    checker: Checker,
    progress: Progress = silent,
    *,
    anew: bool = False,
    resumed: Resumed = unsaid,
) -> Iterator[RoleCheck]:
    """Verify every living grant that has a role at the checker's endpoint; each is stored when it is done.

    An earlier run that was interrupted is taken up: what it had done is left out, unless `anew`; `resumed` is told.
    A run that tried every role is over, whatever came of it: the next one looks at all of them again.
    """
    sweep = begin_sweep(registry, checker.endpoint, anew=anew)
    own = [grant for grant in grants(registry) if grant.role_arn is not None and grant.endpoint == checker.endpoint]
    # What was checked before this run began is due; without a run to take up, that is everything.
    due = [one for one in own if not sweep.did(one)]
    if sweep.resumed:
        resumed(sweep.started_at, len(own) - len(due))
    other = decoy(registry)
    cases = [_recheck(grant, grant.role_arn or "", other) for grant in due]
    yield from _run(registry, cases, checker, progress)
    end_sweep(registry, sweep)


def rotate_switch(registry: Registry, grant: Grant, checker: Checker) -> RoleCheck:
    """Verify the role with the grant's next ID, and send that one from now on. Raises InputError outside a rotation."""
    arn, new = _rotating(grant, Rotation.STARTED)
    return _one(registry, _Case(grant, arn, (new, grant.external_id), decoy(registry), switch, suspends=True), checker)


def rotate_finish(registry: Registry, grant: Grant, checker: Checker) -> RoleCheck:
    """Verify that the previous ID is refused, and forget it. Raises InputError outside a rotation.

    A role that still lets it in is not suspended: the ID is this tenant's own, and the role is only not updated yet.
    """
    arn, old = _rotating(grant, Rotation.SWITCHED)
    return _one(registry, _Case(grant, arn, (grant.external_id,), old, finish), checker)


def _recheck(grant: Grant, arn: str, other: str) -> _Case:
    return _Case(grant, arn, grant.accepted_ids, other, suspends=True)


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


def _one(registry: Registry, case: _Case, checker: Checker) -> RoleCheck:
    (done,) = _run(registry, [case], checker, silent)
    return done


def _run(registry: Registry, cases: Sequence[_Case], checker: Checker, progress: Progress) -> Iterator[RoleCheck]:
    """Each case's outcome as soon as it is there; one role's trouble never stops the others."""
    waiting: dict[VerifyRequest, _Case] = {}
    count = 0
    for case in cases:
        if case.grant.endpoint == _AWS and checker.endpoint != _AWS:
            what = f"was verified on AWS; {checker.endpoint} would be a test"
            problem = Problem(str(case.grant), what, "use a registry of its own for tests")
            count += 1
            yield RoleCheck(case.grant, case.role_arn, None, DiffersError(problem))
        else:
            waiting[checker.request(case.grant, case.role_arn, case.accepted_ids, case.other_id)] = case
    for request, found in checker.check_many(tuple(waiting)):
        case = waiting[request]
        count += 1
        done = _settled(registry, case, found)
        progress(count, len(cases))
        yield done


def _settled(registry: Registry, case: _Case, found: Verdict | DeputizeError) -> RoleCheck:
    """Store a safe verdict, suspend for a vulnerable one, log any other; what the registry refuses is a value too."""
    grant, arn = case.grant, case.role_arn
    if isinstance(found, DeputizeError):
        return RoleCheck(grant, arn, None, _placed(found, grant))
    try:
        if found.safety is Safety.SAFE and found.access is not AccessState.TOO_WIDE:
            return RoleCheck(case.keep(registry, grant, found), arn, found)
        if found.safety is Safety.VULNERABLE and case.suspends:
            return RoleCheck(refuted(registry, grant, found), arn, found, _unsafe(grant, found))
        error = _unsafe(grant, found)
    except (DiffersError, InputError) as refused:
        error = refused
    note(registry, grant, found, "not-accepted")
    return RoleCheck(grant, arn, found, error)


def _placed(error: DeputizeError, grant: Grant) -> DeputizeError:
    """The same error, saying whose role it is about: with many of them the role alone does not tell."""
    problems = (Problem(f"{grant}: {one.where}", one.what, one.mend) for one in error.problems)
    return type(error)(*problems)


def _unsafe(grant: Grant, verdict: Verdict) -> DeputizeError:
    if verdict.safety is Safety.SAFE:
        shown_by = [note for note in verdict.notes if note.startswith(_MORE_THAN_READ[0]) or _MORE_THAN_READ[1] in note]
        what = f"{verdict.role_arn} is too wide: it may do more than read"
        what += f" ({printable(shown_by[0], 120)})" if shown_by else ""
        return ProvedWrongError(Problem(str(grant), what, "have its policies reduced to what the bundle asks for"))
    ways = "; ".join(way.sentence for way in verdict.access_paths[:3])
    what = f"{verdict.role_arn} is {verdict.safety}" + (f": {ways}" if ways else "")
    kind = ServiceError if verdict.safety is Safety.UNREACHABLE else ProvedWrongError
    return kind(Problem(str(grant), what, _MENDS[verdict.safety]))
