"""What changed of a role besides its policies: its session, boundary, name, path, and what is attached."""

from __future__ import annotations

from collections.abc import Iterator

from deputize.checks.access.statements import named
from deputize.jobs.diff.changes import FieldChange
from deputize.model.world import FoundRole, Text

_SESSION = 3600  # seconds, where a role does not say: IAM's own default
_NONE = "none"


def field_changes(old: FoundRole, new: FoundRole) -> tuple[FieldChange, ...]:
    """Each property that is another; a name or path that one side does not say is not compared."""
    return tuple(_changes(old, new))


def _changes(old: FoundRole, new: FoundRole) -> Iterator[FieldChange]:
    was, now = old.max_session or _SESSION, new.max_session or _SESSION
    if was != now:
        yield FieldChange("longest session", f"{was} s", f"{now} s", is_wider=now > was)
    bounded, bounds = _said(old.boundary, old), _said(new.boundary, new)
    if bounded != bounds:
        # What another boundary leaves is told as access; that there is none any more, here too.
        yield FieldChange("permissions boundary", bounded, bounds, is_wider=new.boundary is None)
    for field, one, other in (("name", old.role_name, new.role_name), ("path", old.path, new.path)):
        if one is not None and other is not None and one.value != other.value:
            yield FieldChange(field, _said(one, old), _said(other, new), is_wider=False)
    if old.trust is None and new.trust is None:
        return  # policies alone: nothing is attached to anything
    had, has = ({_said(one, role) for one in role.managed} for role in (old, new))
    for arn in sorted(had ^ has):
        told = (arn, _NONE) if arn in had else (_NONE, arn)
        yield FieldChange("attached policy", *told, is_wider=False)


def _said(text: Text | None, role: FoundRole) -> str:
    return _NONE if text is None else named(text.value, role.unknowns)
