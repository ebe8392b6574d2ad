"""What becomes of one role: a verdict stored, kept, suspending, or only logged; and what is said of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from deputize.aws.refusals import is_callers_own
from deputize.errors import DeputizeError, DiffersError, InputError, Problem, ProvedWrongError, ServiceError
from deputize.jobs.verify.run import VerifyRequest
from deputize.model.display import printable
from deputize.model.values import Acceptance, AccessState, Safety, Verdict
from deputize.registry import (
    Accepted,
    Grant,
    Registry,
    Terms,
    answered_otherwise,
    asked_otherwise,
    bind,
    end_acceptance,
    judge_anew,
    note,
    refuted,
    storable,
    unchanged_role,
    undecided,
)
from deputize.registry.values import now

# What a tenant may be told: the same for a role that another tenant holds, that names another one, that lets a wrong ID
# in, that may do more than read, that did not let us in, or that is not there. So nobody learns about another tenant's
# role by trying its ARN.
TENANT_MESSAGE = (
    "We could not accept this role: check that it was made from the latest files we sent you and that the ARN is the"
    " one your deployment printed, then send it again."
)
# How the notes of a verdict begin, or what they hold, that say what a role may do besides reading.
_MORE_THAN_READ = ("not proved to read", "DryRunOperation")
_MENDS = {
    Safety.VULNERABLE: "have it made again from this tenant's own bundle",
    Safety.UNPROVED: (
        "have the role let itself be read: the notes give the statement to add;"
        " or take it for a time with `deputize tenants register` and --accept-probes-only REASON"
    ),
    Safety.UNSETTLED: "have mended what the notes cannot rule out; else take a longer --wait",
    Safety.UNREACHABLE: "check that the role is there and asks for the issued ID",
}
_SAID = 3  # sentences of a verdict that an error holds


@dataclass(frozen=True, slots=True)
class RoleCheck:
    """What became of one role: the grant as it now is, the verdict if one was reached, why it was not stored."""

    grant: Grant
    role_arn: str
    verdict: Verdict | None
    error: DeputizeError | None = None

    @property
    def stored(self) -> bool:
        """Whether the registry now holds the role as verified by this check, and nothing is left to be decided."""
        return self.error is None

    @property
    def tenant_message(self) -> str:
        """What the tenant may be told; empty when all is well."""
        return "" if self.stored else TENANT_MESSAGE


@dataclass(frozen=True, slots=True)
class Case:
    """One role to be looked at; keep: what a verdict that may be stored does to the grant.

    suspends: whether a vulnerable one suspends. accept: lets a verdict stand that rests on probes alone. renews:
    whether the role may be found unchanged since it was verified.
    """

    grant: Grant
    role_arn: str
    accepted_ids: tuple[str, ...]
    other_id: str
    keep: Callable[[Registry, Grant, Verdict, Terms], Grant] = bind
    suspends: bool = False
    accept: Acceptance | None = None
    renews: bool = False


def ask_of(request: VerifyRequest) -> str:
    """A digest of whom a role is asked to let in with which ID, by which two verdicts answer the same question.

    Only what the vendor decides is in it, so that no newer deputize makes another question of it.
    """
    expected = request.expectations
    asked = [request.external_ids[0], expected.vendor_account, sorted(expected.vendor_roles)]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def settle(registry: Registry, case: Case, ask: str, found: Verdict | DeputizeError) -> RoleCheck:
    """Do what a verdict does to its grant, and log any that does nothing; what the registry refuses is a value too."""
    grant, arn = case.grant, case.role_arn
    if isinstance(found, DeputizeError):
        return unsettled(case, found)
    try:
        if (done := _kept(registry, case, Terms(ask, case.accept), found)) is not None:
            return done
        other_question = asked_otherwise(grant, found, now())
        spared = other_question or undecided(grant, found)
        if found.safety is Safety.VULNERABLE and case.suspends and not spared:
            return RoleCheck(refuted(registry, grant, found), arn, found, _unsafe(grant, found))
        if case.renews and grant.on_probes and answered_otherwise(_of_the_role(found)):
            return RoleCheck(end_acceptance(registry, grant, found), arn, found, _ended(grant, found))
        error = _not_what_is_asked(case, found) if other_question else _unsafe(grant, found)
    except (DiffersError, InputError) as refused:
        error = refused
    note(registry, grant, found, "not-accepted", again=case.renews)
    return RoleCheck(grant, arn, found, error)


def unsettled(case: Case, found: Verdict | DeputizeError) -> RoleCheck:
    """What is told of a role about which nothing is written down, not even that it was looked at."""
    grant = case.grant
    if isinstance(found, DeputizeError):
        # With many roles, the role alone does not tell whose it is.
        problems = (Problem(f"{grant}: {one.where}", one.what, one.mend) for one in found.problems)
        return RoleCheck(grant, case.role_arn, None, type(found)(*problems))
    return RoleCheck(grant, case.role_arn, found, _unsafe(grant, found))


def _kept(registry: Registry, case: Case, terms: Terms, found: Verdict) -> RoleCheck | None:
    """The role as verified: by this verdict, or because it is the one that was, whatever is thought of it today."""
    grant, arn = case.grant, case.role_arn
    if storable(grant, found, terms, now()):
        return RoleCheck(case.keep(registry, grant, found, terms), arn, found)
    if not (case.renews and unchanged_role(grant, found, terms.ask, now())):
        return None
    kept = judge_anew(registry, grant, found, tuple(_thought(found)), terms)
    if kept.accepted is Accepted.JUDGED_ANEW and kept.accepts(now()):
        return RoleCheck(kept, arn, found)
    return RoleCheck(kept, arn, found, ProvedWrongError(judged_anew_problem(kept)))


def judged_anew_problem(grant: Grant) -> Problem:
    """What is newly thought of an unchanged role, and what the vendor can do about it."""
    left = len(grant.doubts) - _SAID
    said = "; ".join(grant.doubts[:_SAID]) + (f"; and {left} more" if left > 0 else "")
    until = "" if grant.accepted is not Accepted.UPGRADE else f" until {(grant.accepted_until or '')[:10]}"
    # Without a digest to compare, only the ID tells: what nobody read, or can compare, is not called unchanged.
    by_id = grant.accepted is Accepted.UPGRADE or not grant.role_digest
    known = "is, by its ID, the role that was verified" if by_id else "has not changed"
    what = f"{grant.role_arn} {known} and stays verified{until}, but is judged anew: {said}"
    by_account = f" --account-id {grant.account_id}" if grant.account_id else ""
    decide = f"`deputize tenants accept {grant.tenant} REASON --until DATE{by_account}`"
    return Problem(str(grant), what, f"have the role mended, or let it stand: {decide}")


def _thought(verdict: Verdict) -> Iterator[str]:
    yield from (way.sentence for way in verdict.access_paths)
    if verdict.safety is Safety.UNSETTLED:
        yield "its trust policy has parts that are not understood"
    if verdict.access is AccessState.TOO_WIDE:
        wide = [one for one in verdict.notes if one.startswith(_MORE_THAN_READ[0])]
        yield from wide or ["it may do more than read"]


def _of_the_role(verdict: Verdict) -> Verdict:
    """The verdict without refusals that are the caller's own: with our wrong credentials no role answers otherwise."""
    return replace(verdict, probes=tuple(one for one in verdict.probes if not is_callers_own(one.error)))


def _ended(grant: Grant, verdict: Verdict) -> DeputizeError:
    error = _unsafe(grant, verdict)
    (told,) = error.problems
    what = f"{told.what}; a probe is answered otherwise than before, so probes alone are accepted no more"
    anew = f"then `deputize tenants register {grant.tenant} {verdict.role_arn} --accept-probes-only REASON`"
    return type(error)(Problem(told.where, what, f"{told.mend}, {anew}"))


def _not_what_is_asked(case: Case, verdict: Verdict) -> DeputizeError:
    grant = case.grant
    ways = "; ".join(way.sentence for way in verdict.access_paths[:_SAID])
    what = f"{verdict.role_arn} has not changed since it was verified, but is not what is asked for now: {ways}"
    mend = "check the vendor's file and the IDs; if they are right, have the role made again; nothing is renewed"
    if grant.doubts and not case.renews:
        what = f"{verdict.role_arn} has not changed and stays verified, but is judged anew: {ways}"
        mend = "have the role mended, then take this step of the rotation again; until then it stands where it stood"
    return ProvedWrongError(Problem(str(grant), what, mend))


def _unsafe(grant: Grant, verdict: Verdict) -> DeputizeError:
    if verdict.safety in (Safety.SAFE, Safety.UNPROVED) and verdict.access is AccessState.TOO_WIDE:
        shown_by = [note for note in verdict.notes if note.startswith(_MORE_THAN_READ[0]) or _MORE_THAN_READ[1] in note]
        what = f"{verdict.role_arn} is too wide: it may do more than read"
        what += f" ({printable(shown_by[0], 120)})" if shown_by else ""
        return ProvedWrongError(Problem(str(grant), what, "have its policies reduced to what the bundle asks for"))
    ways = "; ".join(way.sentence for way in verdict.access_paths[:_SAID])
    what = f"{verdict.role_arn} is {verdict.safety}" + (f": {ways}" if ways else "")
    kind = ServiceError if verdict.safety is Safety.UNREACHABLE else ProvedWrongError
    return kind(Problem(str(grant), what, _MENDS[verdict.safety]))
