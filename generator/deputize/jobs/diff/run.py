"""`deputize diff`: the roles of two sides in pairs, and what changed in each."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from deputize.checks.details import inert
from deputize.errors import InputError, Problem
from deputize.jobs.diff.changes import RoleChanges
from deputize.jobs.diff.compare import compare_roles
from deputize.jobs.diff.sides import ReadSide, read_side
from deputize.jobs.diff.text import role_text
from deputize.model.world import FoundRole


@dataclass(frozen=True, slots=True)
class RoleDifferences:
    """What changed from one side to the other. added, removed: names of roles that one side alone has.

    unread: what is not read on either side and may make or change a role: it counts as wider.
    """

    old: str
    new: str
    roles: tuple[RoleChanges, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unread: tuple[Problem, ...] = ()

    @property
    def is_wider(self) -> bool:
        """Whether more can be done, or may be: a new role is more than none."""
        return bool(self.added or self.unread) or any(one.is_wider for one in self.roles)

    @property
    def is_any(self) -> bool:
        """Whether anything changed."""
        return self.is_wider or bool(self.removed) or any(one.is_any for one in self.roles)


def difference(old: str, new: str) -> RoleDifferences:
    """What changed from `old` to `new`, as the command line names them. Raises InputError for an unreadable side."""
    was, now = read_side(old), read_side(new)
    if was.is_silent is not now.is_silent:
        silent = (was if was.is_silent else now).where
        what = "says nothing of the role's access, and the other side does"
        raise InputError(Problem(silent, what, "give what `aws iam get-account-authorization-details` answers"))
    return compare_sides(was, now)


def compare_sides(old: ReadSide, new: ReadSide) -> RoleDifferences:
    """What changed between two sides that were read."""
    pairs, removed, added = paired(old.roles, new.roles)
    return RoleDifferences(
        old.where,
        new.where,
        tuple(compare_roles(was, now) for was, now in pairs),
        tuple(_name(one) for one in added),
        tuple(_name(one) for one in removed),
        tuple(dict.fromkeys((*old.unread, *new.unread))),
    )


def paired(
    old: tuple[FoundRole, ...], new: tuple[FoundRole, ...]
) -> tuple[list[tuple[FoundRole, FoundRole]], list[FoundRole], list[FoundRole]]:
    """(Pairs by the name that their files call them, then by role name, then the sole ones left; old alone; new)."""
    was, now = list(old), list(new)
    pairs: list[tuple[FoundRole, FoundRole]] = []
    for key in (_address, _role_name):
        known = {key(one): one for one in was if key(one) is not None}
        for one in tuple(now):
            match = known.pop(key(one), None)
            if match is not None:
                pairs.append((match, one))
                was = [other for other in was if other is not match]
                now = [other for other in now if other is not one]
    if len(was) == len(now) == 1:
        pairs.append((was.pop(), now.pop()))
    return pairs, was, now


def _address(role: FoundRole) -> Hashable:
    return role.name, role.branch


def _role_name(role: FoundRole) -> Hashable:
    return None if role.role_name is None else (role.role_name.value, role.branch)


def difference_text(found: RoleDifferences) -> str:
    """It for a terminal; ends in a newline."""
    return "".join(_parts(found))


def _parts(found: RoleDifferences) -> Iterator[str]:
    yield f"{inert(found.old)} -> {inert(found.new)}\n"
    yield from (f"Role {inert(one)} is new: all that it can do is more\n" for one in found.added)
    yield from (f"Role {inert(one)} is gone\n" for one in found.removed)
    yield from map(role_text, found.roles)
    yield from (f"Not read, and counts as wider: {inert(str(one))}\n" for one in found.unread)


def _name(role: FoundRole) -> str:
    return f"{role.name} ({role.branch})" if role.branch else role.name
