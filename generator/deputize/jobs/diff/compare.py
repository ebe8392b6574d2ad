"""Two versions of one role -> what changed, by the proofs of `iam.contain` and `iam.trust.contain`, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from deputize.checks.access.grants import identity_policies
from deputize.checks.access.statements import named, place_of, unknown_in
from deputize.checks.size_limits import judgeable_role
from deputize.iam.allowed import IdentityPolicy, attached_policy
from deputize.iam.contain.sides import Request, Side, Widening
from deputize.iam.contain.widenings import widenings
from deputize.iam.exposure import Grade, exposure_of
from deputize.iam.levels import judge
from deputize.iam.policy import Condition
from deputize.iam.trust.contain import TrustWidening, trust_widenings
from deputize.jobs.diff.changes import AccessChange, ChangeGrade, RoleChanges, TrustChange, TrustChanges
from deputize.jobs.diff.fields import field_changes
from deputize.model.world import FoundRole, NotUnderstood, Unknown
from deputize.read.fresh_stand_ins import FreshStandIns, unknowns_of, with_fresh_stand_ins

_ORDER: Final = tuple(ChangeGrade)
_GRADES: Final = {Grade.SECRET: ChangeGrade.SECRET, Grade.DATA: ChangeGrade.DATA, Grade.CONFIG: ChangeGrade.CONFIG}
_EXTERNAL_ID: Final = "sts:externalid"
_ITS_OWN: Final = "(not told)"  # one tenant's ID never stands in a report about another's
_NO_TRUST: Final = "only one side says who may assume it, so nothing is proved"


def compare_roles(old: FoundRole, new: FoundRole) -> RoleChanges:
    """What `new` can do and whom it lets in that `old` does not, and the other way round."""
    (was, unread_old), (now, unread_new) = map(judgeable_role, _alike(old, new))
    before, after = _side(was), _side(now)
    more = tuple(_access(one, now, after) for one in widenings(before, after))
    less = tuple(_access(one, was, before) for one in widenings(after, before))
    limits = (one for one in (old.limit, new.limit) if one is not None)
    unread = dict.fromkeys((*unread_old, *unread_new, *limits))
    return RoleChanges(
        old.name,
        new.name,
        wider=_in_order(one for one in more if one.kind in ("wider", "later")),
        narrower=_in_order(one for one in less if one.kind != "undocumented"),
        untold=_in_order((*(one for one in more if one.kind == "untold"), *map(_unread, unread))),
        notes=_in_order(one for one in more if one.kind == "undocumented"),
        trust=_trust(was, now),
        fields=field_changes(was, now),
    )


def _alike(old: FoundRole, new: FoundRole) -> tuple[FoundRole, FoundRole]:
    """The same two roles. A parameter that both files have is one unknown: an update keeps its value."""
    if not any(True for role in (old, new) for _ in unknowns_of(role)):
        return old, new
    fresh = FreshStandIns((old, new))
    return with_fresh_stand_ins(old, fresh), with_fresh_stand_ins(new, fresh)


def _side(role: FoundRole) -> Side:
    boundary = role.boundary
    if boundary is None:
        return Side(identity_policies(role))
    if unknown_in(boundary.value, role.unknowns) is None:
        return Side(identity_policies(role), attached_policy(boundary.value))
    return Side(identity_policies(role), IdentityPolicy(boundary.value, None))


def _access(one: Widening, role: FoundRole, side: Side) -> AccessChange:
    source = side.policies[one.policy] if one.policy < len(side.policies) else None
    document = role.policies[one.policy].document if one.policy < len(role.policies) else None
    statement = one.statement
    name = "" if source is None else source.name
    if statement is None:
        place = None if document is None else document.place(())
        return AccessChange(one.kind, name, "", one.actions, (), False, (), None, ChangeGrade.NOT_READ, place, one.why)  # noqa: FBT003
    unknowns = () if document is None else document.unknowns
    return AccessChange(
        one.kind,
        name,
        statement.sid or f"statement {statement.index + 1}",
        tuple(named(action, unknowns) for action in one.actions),
        tuple(named(resource, unknowns) for resource in statement.resources),
        statement.not_resource,
        tuple(_condition(each, unknowns) for each in statement.conditions),
        _request(one.request, unknowns),
        _grade(one),
        None if document is None else place_of(statement, document),
        one.why,
    )


def _condition(one: Condition, unknowns: Sequence[Unknown]) -> Condition:
    if one.key.lower() == _EXTERNAL_ID:
        return replace(one, values=(_ITS_OWN,))
    return replace(one, values=tuple(named(value, unknowns) for value in one.values))


def _request(one: Request | None, unknowns: Sequence[Unknown]) -> Request | None:
    if one is None:
        return None
    context = tuple(
        (key, _ITS_OWN if key.lower() == _EXTERNAL_ID else named(value, unknowns)) for key, value in one.context
    )
    return replace(one, resource=named(one.resource, unknowns), context=context)


def _grade(one: Widening) -> ChangeGrade:
    """The worst of its actions; of what AWS may add, nothing is proved."""
    grades = {ChangeGrade.NOT_READ} if one.kind in ("later", "untold") else {ChangeGrade.REST}
    for action in one.actions:
        exposed = exposure_of(action)
        if exposed is not None:
            grades.add(_GRADES[exposed.grade])
        if not all(judged.reads for judged in judge(action)):
            grades.add(ChangeGrade.NOT_READ)
    return min(grades, key=_ORDER.index)


def _unread(one: NotUnderstood) -> AccessChange:
    return AccessChange("untold", "", "", (), (), False, (), None, ChangeGrade.NOT_READ, one.place, one.what)  # noqa: FBT003


def _in_order(found: Iterable[AccessChange]) -> tuple[AccessChange, ...]:
    return tuple(sorted(found, key=lambda one: (_ORDER.index(one.grade), one.actions, one.policy, one.sid)))


def _trust(old: FoundRole, new: FoundRole) -> TrustChanges:
    if old.trust is None or new.trust is None:
        if old.trust is new.trust:
            return TrustChanges()
        return TrustChanges(untold=(TrustChange(("anyone", ""), "", (), is_proved=False, why=_NO_TRUST),))
    was, now = old.trust.trust_policy, new.trust.trust_policy
    more = tuple(_trusted(one, new) for one in trust_widenings(was, now))
    less = tuple(_trusted(one, old) for one in trust_widenings(now, was))
    return TrustChanges(
        tuple(one for one in more if one.is_proved), less, tuple(one for one in more if not one.is_proved)
    )


def _trusted(one: TrustWidening, role: FoundRole) -> TrustChange:
    unknowns = () if role.trust is None else role.trust.unknowns
    kind, which = one.who
    if one.sends == "none":
        sends = "no external ID"
    elif one.id_place is None:
        sends = "an external ID that it does not list"
    else:
        sends = f"the external ID that it lists as number {one.id_place + 1}"
    return TrustChange((kind, named(which, unknowns)), sends, one.actions, one.kind == "wider", one.why)
