"""What a role of any origin may do, pattern by pattern, with its places in the file: what `iam.allowed` proves of it.

A boundary does not count: its text is not in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from deputize.checks.access.statements import is_wide, named, place_of, scope_of, unknown_in
from deputize.iam.actions import expand
from deputize.iam.allowed import Allowed, AllowedPart, IdentityPolicy, Permission, allowed_by, attached_policy
from deputize.iam.arn import is_aws_managed
from deputize.iam.exposure import Exposure, Grade
from deputize.iam.levels import Judged
from deputize.iam.managed import ManagedPolicy
from deputize.iam.policy import path_of
from deputize.iam.read_only import effects_of
from deputize.model.display import shown
from deputize.model.world import Document, FoundPolicy, FoundRole, Place, Text, Unknown

_ANYWHERE = Place("", 1, 1)
_MANAGED = "policy "  # before the ARN of a live role's attached policy, which is its name


@dataclass(frozen=True, slots=True)
class Granted:
    """One pattern of an Allow, or one attached AWS managed policy as a whole.

    label: it, for a person. pattern: empty for what is no single pattern. not_read, exposed: of the actions that it
    stands for and that are not denied, those exposed by grade, in order of name. suffix: on what, or as of which
    snapshot. wide: not for named resources only. known: some action matches. not_action: it is a NotAction. closed:
    what AWS adds later is denied, but for named services. unknown: what in it the file does not hold. everything: it is
    every action there is. statement: its policy and place among the statements of it; None for what is attached.
    """

    label: str
    place: Place
    pattern: str = ""
    not_read: tuple[Judged, ...] = ()
    exposed: tuple[tuple[Grade, tuple[Exposure, ...]], ...] = ()
    suffix: str = ""
    wide: bool = True
    known: bool = True
    not_action: bool = False
    closed: bool = False
    unknown: Unknown | None = None
    everything: bool = False
    statement: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """An attached managed policy that no text of the file makes. policy: its snapshot, None where there is none."""

    arn: str
    place: Place
    policy: ManagedPolicy | None = None
    unknown: Unknown | None = None


@dataclass(frozen=True)
class RoleAccess:
    """All that a role, or a policy alone, may do.

    allowed: the same without places: of its policies the documents come first, in their order, then what is attached.
    """

    documents: tuple[Document, ...]
    attached: tuple[Attached, ...]
    granted: tuple[Granted, ...]
    allowed: Allowed
    allowed_secrets: frozenset[str] = frozenset()
    claimed_secrets: frozenset[str] = frozenset()
    claimant: str = ""

    @cached_property
    def apart(self) -> tuple[Granted, ...]:
        """What is granted but for everything at once."""
        return tuple(one for one in self.granted if not one.everything)

    @cached_property
    def exposed(self) -> Mapping[Grade, Sequence[tuple[Granted, Sequence[Exposure]]]]:
        """By grade: what reads such data, with its actions that do. What may do everything is told elsewhere, once."""
        found: dict[Grade, list[tuple[Granted, Sequence[Exposure]]]] = {}
        for granted in self.apart:
            for grade, exposed in granted.exposed:
                found.setdefault(grade, []).append((granted, exposed))
        return found

    def permissions_of(self, policy: int) -> tuple[Permission, ...]:
        """What one of the policies allows."""
        return self.allowed.parts[policy].permissions


def access_of_role(role: FoundRole, allowed_secrets: Iterable[str] = ()) -> RoleAccess:
    """What `role` may do. allowed_secrets: reads of secrets that the caller allows, as full action names."""
    attached = tuple(_attached(one, role.unknowns) for one in role.managed)
    return _access(role.policies, attached, allowed_secrets)


def access_of_policy(policy: FoundPolicy, allowed_secrets: Iterable[str] = ()) -> RoleAccess:
    """What an access policy that stands alone lets whoever has it do."""
    return _access((policy,), (), allowed_secrets)


def _access(policies: Sequence[FoundPolicy], attached: tuple[Attached, ...], secrets: Iterable[str]) -> RoleAccess:
    documents = tuple(policy.document for policy in policies)
    allowed = allowed_by(_sources(policies, attached))
    texts, rest = allowed.parts[: len(documents)], allowed.parts[len(documents) :]
    granted = (
        *(_granted(one, at) for at, part in zip(documents, texts, strict=True) for one in part.permissions),
        *(
            replace(_of_snapshot(one.policy, part), place=one.place)
            for one, part in zip(attached, rest, strict=True)
            if one.policy is not None
        ),
    )
    return RoleAccess(documents, attached, granted, allowed, frozenset(action.lower() for action in secrets))


def identity_policies(role: FoundRole) -> tuple[IdentityPolicy, ...]:
    """All that gives `role` its access: its own policies in their order, then what is attached."""
    return _sources(role.policies, tuple(_attached(one, role.unknowns) for one in role.managed))


def _sources(policies: Sequence[FoundPolicy], attached: Sequence[Attached]) -> tuple[IdentityPolicy, ...]:
    own = (
        IdentityPolicy(
            one.name,
            one.document.access_policy,
            _stand_ins(one.document),
            of_aws=is_aws_managed(one.name.removeprefix(_MANAGED)),
        )
        for one in policies
    )
    return (*own, *(_source(one) for one in attached))


def _stand_ins(document: Document) -> tuple[str, ...]:
    return tuple(one.stand_in for one in document.unknowns)


def _source(attached: Attached) -> IdentityPolicy:
    return attached_policy(attached.arn) if attached.unknown is None else IdentityPolicy(attached.arn, None)


def _attached(text: Text, unknowns: Sequence[Unknown]) -> Attached:
    unknown = unknown_in(text.value, unknowns)
    if unknown is not None:
        return Attached(named(text.value, unknowns), text.place, unknown=unknown)
    return Attached(text.value, text.place, attached_policy(text.value).snapshot)


def _granted(permission: Permission, document: Document) -> Granted:
    statement, pattern, unknowns = permission.statement, permission.pattern, document.unknowns
    effects, not_action = effects_of(permission), statement.not_action
    unknown = None if not_action else unknown_in(pattern, unknowns)
    label = named(", ".join(statement.actions) if not_action else pattern, unknowns)
    return Granted(
        f"NotAction {shown(label, 120)}" if not_action else shown(label, 120),
        place_of(statement, document) if not_action else document.place(path_of(pattern)),
        pattern,
        effects.not_read,
        _by_grade(effects.exposed),
        scope_of(statement, unknowns),
        is_wide(statement),
        known=not_action or unknown is not None or bool(expand(pattern)),
        not_action=not_action,
        closed=permission.is_closed,
        unknown=unknown,
        everything=_is_everything(permission),
        statement=(permission.policy, statement.index),
    )


def _by_grade(exposed: Iterable[Exposure]) -> tuple[tuple[Grade, tuple[Exposure, ...]], ...]:
    found: dict[Grade, list[Exposure]] = {}
    for one in exposed:
        found.setdefault(one.grade, []).append(one)
    return tuple((grade, tuple(each)) for grade, each in found.items())


def _of_snapshot(policy: ManagedPolicy, part: AllowedPart) -> Granted:
    """All that an AWS managed policy allows, as one."""
    return _whole(policy.name) if part.is_whole else _merged(policy, part.permissions)


def _is_everything(permission: Permission) -> bool:
    """Whether it is the access of an administrator."""
    return permission.pattern in ("*", "*:*") and permission.is_whole and not permission.is_closed


@cache
def _whole(name: str) -> Granted:
    allowed = allowed_by((attached_policy(f"arn:aws:iam::aws:policy/{name}"),))
    (source,) = allowed.policies
    if source.snapshot is None:
        raise LookupError(name)
    return _merged(source.snapshot, allowed.permissions)


def _merged(policy: ManagedPolicy, permissions: Sequence[Permission]) -> Granted:
    effects = [effects_of(one) for one in permissions]
    others = [one for one in permissions if one.statement.not_action]
    return Granted(
        f"the AWS managed policy {policy.name}",
        _ANYWHERE,
        not_read=tuple({one.action: one for found in effects for one in found.not_read}.values()),
        exposed=_by_grade(sorted({one for found in effects for one in found.exposed}, key=lambda one: one.action)),
        suffix=f" (as of snapshot {policy.version}, {policy.date})",
        not_action=bool(others),
        everything=any(map(_is_everything, permissions)),
        closed=all(one.is_closed for one in others),
    )
