"""What changed of a role, for a terminal: who may assume it first, then access, the gravest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deputize.checks.details import inert
from deputize.checks.rule import some
from deputize.iam.contain.sides import Request
from deputize.jobs.diff.changes import AccessChange, FieldChange, RoleChanges, TrustChange

_FEW = 8  # names in a row; the others are counted


def role_text(found: RoleChanges) -> str:
    """Headings and indented rows, of what changed alone; ends in a newline. What a terminal would act on is escaped."""
    name = found.new if found.old == found.new else f"{found.old}, now {found.new}"
    lines = [f"Role {inert(name)}"]
    for heading, rows in _sections(found):
        told = [f"    {inert(row)}" for row in rows]
        if told:
            lines += [f"  {heading}", *told]
    if not found.is_any:
        lines.append("  no change: it is proved to allow the same, and to let the same in")
    return "\n".join(lines) + "\n"


def _sections(found: RoleChanges) -> Iterator[tuple[str, Iterable[str]]]:
    trust = found.trust
    yield "May assume it now", map(_trust, trust.wider)
    yield "May assume it now, perhaps: counts as wider", map(_trust, trust.untold)
    yield "May assume it no more", map(_trust, trust.narrower)
    yield "Of the role", map(_field, found.fields)
    yield "Can do now", (row for one in found.wider for row in _access(one))
    yield "Can do now, perhaps: counts as wider", (row for one in found.untold for row in _access(one))
    yield "Only by what AWS does not document", (row for one in found.notes for row in _access(one))
    yield "Can do no more", (row for one in found.narrower for row in _access(one))


def _trust(one: TrustChange) -> str:
    kind, which = one.who
    by = f" by {', '.join(one.actions)}" if one.actions else ""
    sends = f", with {one.sends}" if one.sends else ""
    return f"{kind}{f' {which}' if which else ''}{sends}{by}{_why(one.why)}"


def _field(one: FieldChange) -> str:
    return f"{one.field}: {one.old} -> {one.new}"


def _access(one: AccessChange) -> Iterator[str]:
    what = some(one.actions, _FEW) or "what it allows"
    but = "everything but " if one.but else ""
    on = f" on {but}{some(one.resources, _FEW)}" if one.resources else ""
    under = f" when {'; '.join(f'{each.operator} {each.key}' for each in one.conditions)}" if one.conditions else ""
    by = ", ".join(part for part in (one.policy, one.sid) if part)
    place = "" if one.place is None else f" ({one.place})"
    yield f"[{one.grade}] {what}{on}{under}{f', by {by}' if by else ''}{place}{_why(one.why)}"
    if one.request is not None:
        yield f"  for example {_request(one.request)}"


def _request(one: Request) -> str:
    context = ", ".join(f"{key} = {value}" for key, value in one.context)
    return f"{one.action} on {one.resource}{f' with {context}' if context else ''}"


def _why(why: str) -> str:
    return f": {why}" if why else ""
