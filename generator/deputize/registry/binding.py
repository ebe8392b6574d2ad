"""What a verdict does to a grant: a safe one binds the role, a vulnerable one suspends, any other changes nothing."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, select

from deputize.errors import DiffersError, InputError, Problem, ProvedWrongError
from deputize.iam.arn import RoleArn, parse_role_arn
from deputize.model.display import shown
from deputize.model.values import AccessState, Safety, Verdict
from deputize.registry.acceptance import (
    NOTHING_ACCEPTED,
    acceptance_of,
    newly_accepted,
    outdated,
    role_columns,
    storable,
)
from deputize.registry.database import Registry
from deputize.registry.events import record
from deputize.registry.grants import LIVING, by_id, change, unchanged
from deputize.registry.tables import GRANTS
from deputize.registry.values import AWS, Grant, State, Terms, now

_TRIED: Final = ("probes", "probes+policy", "right+policy")  # evidence for which STS was asked
_OFFLINE: Final = ("", "offline")
_NO_TERMS: Final = Terms()


def bind(registry: Registry, grant: Grant, verdict: Verdict, terms: Terms = _NO_TERMS) -> Grant:
    """Store the role that a safe verdict is about as the grant's, and the grant as verified.

    An unproved verdict is stored where `terms` accept it, or an earlier acceptance of the same role goes on.
    Raises ProvedWrongError for a verdict that is not safe or finds the role too wide, InputError when it was reached
    without asking STS or the role lies in another account or partition than the grant's, DiffersError when the grant
    has changed since it was read, when a role that was verified on AWS would give way to a test's, or when another
    grant holds the role. Then what was there stays.
    """
    with registry.writing() as tx:
        store(tx, grant, verdict, grant.external_id, terms)
        what = "verified" if grant.role_arn == verdict.role_arn else "registered"
        return settled(tx, registry, grant, what, verdict)


def refuted(registry: Registry, grant: Grant, verdict: Verdict) -> Grant:
    """Suspend the grant whose role a verdict found vulnerable. Raises DiffersError as `bind`, or for another role."""
    if verdict.safety is not Safety.VULNERABLE or verdict.role_arn != grant.role_arn:
        raise DiffersError(Problem(str(grant), "the verdict does not say that its role is vulnerable"))
    with registry.writing() as tx:
        unchanged(tx, grant)
        _refuse_test_over_aws(grant, verdict)
        change(tx, grant, state=State.SUSPENDED, checked_at=now(), **NOTHING_ACCEPTED)
        return settled(tx, registry, grant, "suspended", verdict)


def note(registry: Registry, grant: Grant, verdict: Verdict, what: str, *, again: bool = False) -> None:
    """Log a verdict that changes nothing.

    again: it is on all IDs that the grant accepts, as the one before was, so that it shows whether the role changed.
    """
    with registry.writing() as tx:
        if verdict.role_arn == grant.role_arn:
            failed = verdict.safety is Safety.UNREACHABLE
            change(tx, grant, checked_at=now(), failed_since=(grant.failed_since or now()) if failed else None)
            if again and (more := outdated(grant, verdict)) and by_id(tx, grant.id).judged_anew == grant.judged_anew:
                change(tx, grant, **more)
                if "accepted" in more:
                    who = f"{registry.who} {verdict.caller}".strip()
                    record(tx, who, grant, "acceptance-ended", f"{verdict.role_arn} has changed")
        settled(tx, registry, grant, what, verdict)


def store(tx: Connection, grant: Grant, verdict: Verdict, sent: str, terms: Terms, **more: Any) -> None:
    """Write a verdict that may be stored, in a transaction that is open; `sent` is the ID it was reached with."""
    if not storable(grant, verdict, terms, now()):
        if verdict.access is AccessState.TOO_WIDE and verdict.safety in (Safety.SAFE, Safety.UNPROVED):
            raise ProvedWrongError(Problem(str(grant), "the role is too wide: it may do more than read"))
        raise ProvedWrongError(Problem(str(grant), f"the role is {verdict.safety}; only a safe one is stored"))
    _refuse_untried(grant, verdict)
    unchanged(tx, grant)
    _refuse_test_over_aws(grant, verdict)
    arn = _fitting(grant, verdict, sent)
    _refuse_held(tx, grant, arn, verdict.role_id)
    if grant.account_id is None:
        _refuse_second(tx, grant, arn.account_id)
    values = {
        "state": State.VERIFIED,
        "account_id": arn.account_id,
        "role_arn": verdict.role_arn,
        "role_account": arn.account_id,
        "role_name": arn.name.lower(),
        "role_id": verdict.role_id or None,
        "evidence": verdict.evidence,
        "endpoint": verdict.endpoint,
        "role_digest": verdict.role_digest or None,
        "ask": terms.ask or None,
        "judged_anew": None,
        "judged_digest": None,
        **role_columns(grant, verdict),
        **acceptance_of(verdict, terms),
    }
    change(tx, grant, **values, **more)


def settled(tx: Connection, registry: Registry, grant: Grant, what: str, verdict: Verdict) -> Grant:
    """The grant as it now is, with a line in the log; that one holds no external ID and no words of AWS's."""
    current = by_id(tx, grant.id)
    endpoint = "" if verdict.endpoint == AWS else f" endpoint={verdict.endpoint}"
    detail = f"{verdict.role_arn} {verdict.safety} access={verdict.access} evidence={verdict.evidence}{endpoint}"
    who = f"{registry.who} {verdict.caller}".strip()
    record(tx, who, current, what, detail)
    if accepted := newly_accepted(grant, current):
        record(tx, who, current, "probes-accepted", accepted)
    return current


def _refuse_untried(grant: Grant, verdict: Verdict) -> None:
    tried = verdict.evidence in _TRIED and verdict.endpoint not in _OFFLINE
    if not (tried and verdict.probes and verdict.caller):
        what = "the verdict rests on no try: STS was not asked whom the role lets in"
        raise InputError(Problem(str(grant), what, "use `deputize tenants register` or `verify`"))


def _fitting(grant: Grant, verdict: Verdict, sent: str) -> RoleArn:
    arn = parse_role_arn(verdict.role_arn)
    if arn is None:
        raise InputError(Problem(str(grant), f"{shown(verdict.role_arn)} is no role ARN"))
    if verdict.external_id != sent:
        raise DiffersError(Problem(str(grant), "the verdict is about another external ID", "verify again"))
    if arn.partition != grant.partition or grant.account_id not in (None, arn.account_id):
        agreed = f"the grant is for account {grant.account_id or '(any)'} in partition {grant.partition}"
        what = f"the role lies in account {arn.account_id} in partition {arn.partition}; {agreed}"
        raise InputError(Problem(str(grant), what, "add a grant for that account"))
    return arn


def _refuse_test_over_aws(grant: Grant, verdict: Verdict) -> None:
    if grant.endpoint == AWS and verdict.endpoint != AWS:
        what = f"was verified on AWS; a verdict of {verdict.endpoint} is a test and changes nothing"
        raise DiffersError(Problem(str(grant), what, "use a registry of its own for tests"))


def _refuse_held(tx: Connection, grant: Grant, arn: RoleArn, role_id: str) -> None:
    # Two queries: SQLite searches no partial index for one half of an OR.
    same_name = (
        GRANTS.c.role_arn.is_not(None),
        GRANTS.c.partition == arn.partition,
        GRANTS.c.role_account == arn.account_id,
        GRANTS.c.role_name == arn.name.lower(),
    )
    for same in (same_name, (GRANTS.c.role_id == role_id,)) if role_id else (same_name,):
        query = select(GRANTS.c.tenant).where(LIVING, GRANTS.c.id != grant.id, *same)
        if (holder := tx.execute(query).scalar()) is not None:
            what = f"{arn} is held by {shown(holder)}"
            raise DiffersError(Problem(str(grant), what, "one role is one tenant's; never tell a tenant whose"))


def _refuse_second(tx: Connection, grant: Grant, account_id: str) -> None:
    query = select(GRANTS.c.id).where(
        LIVING,
        GRANTS.c.tenant == grant.tenant,
        GRANTS.c.partition == grant.partition,
        GRANTS.c.account_id == account_id,
    )
    if tx.execute(query).first() is not None:
        what = f"the tenant has another grant for account {account_id}"
        raise DiffersError(Problem(str(grant), what, f"register it there with --account-id {account_id}"))
