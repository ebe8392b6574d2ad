"""An explanation for people: as indented text for a terminal, or as Markdown for a review.

Whatever comes from the file, or from a rule that quotes it, goes through the form's `value`, which makes it inert.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from deputize.checks.access.summary import AccessTold
from deputize.checks.details import inert
from deputize.checks.rule import some
from deputize.checks.trust.describe import AllowedPrincipal, DescribedTrust, Needs
from deputize.errors import Problem
from deputize.formats.languages import MARKDOWN
from deputize.iam.exposure import Grade
from deputize.iam.levels import Judged, judge_action, reading_actions
from deputize.jobs.explain.run import BUNDLE, Explained, Explanation
from deputize.model.facts import Exposed, Facts, Managed, Services, StatementFacts
from deputize.model.text import Localized
from deputize.model.values import Finding
from deputize.read.recognise import ACCESS, ROLE, TEMPLATE, TRUST

Value = Callable[[str], str]

_FEW, _MANY = 3, 20
_WHO, _WHAT = "Who may assume it", "What it may do"
_KINDS = {
    BUNDLE: "a bundle of deputize",
    TEMPLATE: "a CloudFormation template",
    TRUST: "a trust policy",
    ACCESS: "an access policy",
    ROLE: "an answer of IAM",
}
_NEEDS = {
    Needs.REQUIRED: "needs an external ID",
    Needs.LOOSE: "needs an external ID, but others than the policy's are taken too",
    Needs.NOT_REQUIRED: "needs no external ID",
    Needs.UNPROVED: "whether it needs an external ID is not proved",
}
_GRADES = {
    Grade.SECRET: "May return credentials or secrets",
    Grade.DATA: "May return stored data",
    Grade.CONFIG: "May return settings, in which secrets are often kept",
}


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading of a level from 1 on, and the rows below it."""

    level: int
    heading: str
    rows: tuple[str, ...] = ()


def as_text(found: Explanation) -> str:
    """Headings and rows, further in by level; ends in a newline. What a terminal would act on is escaped."""
    lines = []
    for section in _sections(found, inert):
        before = "  " * (section.level - 1)
        lines += [f"{before}{section.heading}", *(f"{before}  {row}" for row in section.rows)]
    return "\n".join(lines) + "\n"


def as_markdown(found: Explanation) -> str:
    """The same as Markdown: headings and lists; ends in a newline."""
    parts = []
    for section in _sections(found, lambda text: MARKDOWN.escape_text(inert(text))):
        parts.append(f"{'#' * section.level} {section.heading}\n")
        if section.rows:
            parts.append("".join(f"- {row}\n" for row in section.rows))
    return "\n".join(parts)


def _sections(found: Explanation, value: Value) -> Iterator[_Section]:
    yield _Section(1, f"{value(found.where)}: {_KINDS[found.kind]}{'' if found.told else ' without a role'}")
    for number, told in enumerate(found.told):
        branch = f" ({value(_branch(found, told))})" if told.branch else ""
        yield _Section(2, f"{'Role' if told.is_role else 'Policy'} {value(told.name)}{branch}")
        before = [one for one in found.told[:number] if one.branch and one.name == told.name]
        trust = next((one for one in before if one.trust == told.trust), None)
        yield from _trust(told, value) if trust is None else _same(_WHO, _branch(found, trust), value)
        if told.chain:
            yield _Section(3, "Who comes to it through another role", (value(told.chain),))
        access = next((one for one in before if one.access == told.access), None)
        yield from _access(told, value) if access is None else _same(_WHAT, _branch(found, access), value)
    if found.unread:
        yield _Section(2, "Could not be read, and may change all of this", tuple(_problems(found.unread, value)))
    if found.notes:
        yield _Section(2, "Is in the file, and not told here", tuple(_problems(found.notes, value)))


def _same(heading: str, branch: str, value: Value) -> Iterator[_Section]:
    yield _Section(3, heading, (f"the same as {value(branch)}",))


def _branch(found: Explanation, told: Explained) -> str:
    return f"{'' if found.kind == BUNDLE else 'where '}{told.branch}"


def _problems(problems: tuple[Problem, ...], value: Value) -> Iterator[str]:
    return (value(str(one)) for one in problems)


def _trust(told: Explained, value: Value) -> Iterator[_Section]:
    if told.trust is None:
        if told.is_role:
            yield _Section(3, _WHO, ("the file does not say",))
        return
    trust: DescribedTrust = told.trust
    yield _Section(3, _WHO, tuple(_principal(one, value) for one in trust.principals) or ("nobody",))
    if trust.faults:
        yield _Section(3, "Ways in besides, and what is not understood", tuple(value(one) for one in trust.faults))


def _principal(one: AllowedPrincipal, value: Value) -> str:
    parts = [f"{value(one.who)}{f': {_NEEDS[one.external_id]}' if one.external_id in _NEEDS else ''}"]
    if one.ids:
        parts.append(f" ({value(', '.join(one.ids))})")
    for under in one.under:
        values = f" {some(under.values)}" if under.values else ""
        parts.append(f"; {value(f'if {under.key} {under.operator}{values}')}")
    return "".join(parts)


def _access(told: Explained, value: Value) -> Iterator[_Section]:
    if told.access is None:
        yield _Section(3, _WHAT, ("the file does not say",))
        return
    facts = told.access.facts
    judged = [judge_action(action) for action in sorted(facts.actions)]
    least = "at least " if told.access.untold else ""
    heading = f"{_WHAT}: {least}{_count(len(judged), 'action')}"
    yield _Section(3, heading, (_share(judged, least), *_services(judged, value)))
    if facts.parts:
        yield _Section(3, "Statements", tuple(_part(part, value) for part in facts.parts))
    if facts.managed:
        changing = "AWS managed policies, which AWS may change"
        yield _Section(3, changing, tuple(_managed(one, value) for one in facts.managed))
    yield from _exposed(facts, value)
    yield from _limits(told.access, judged, value)


def _share(judged: list[Judged], least: str) -> str:
    reads, every = sum(one.reads for one in judged), reading_actions()
    return f"reads {least}{reads:,} of the {every:,} actions by which AWS can be read: {100 * reads / every:.2f} %"


def _services(judged: list[Judged], value: Value) -> Iterator[str]:
    """What is done in each service, the largest first."""
    by_service: dict[str, list[Judged]] = {}
    for one in judged:
        by_service.setdefault(one.action.partition(":")[0], []).append(one)
    ordered = sorted(by_service, key=lambda service: (-len(by_service[service]), service))
    for service in ordered[:_MANY]:
        found = by_service[service]
        counts = Counter(one.level.replace(", ", "/") for one in found)
        levels = ", ".join(f"{count:,} {level}" for level, count in sorted(counts.items()))
        names = some([one.action.partition(":")[2] for one in found], _FEW)
        yield f"{value(service)}: {levels}: {value(names)}"
    rest = tuple((service, len(by_service[service])) for service in sorted(ordered[_MANY:]))
    if rest:
        yield f"and of {_count(len(rest), 'more service')}: {_counts(rest, value)}"


def _part(part: StatementFacts, value: Value) -> str:
    resources = "all resources" if part.resources == ("*",) and not part.but else some(part.resources, _FEW)
    on = f"everything but {resources}" if part.but else resources
    condition = ", under a condition" if part.conditional else ""
    name = f"{part.sid} of {part.policy}, on {on}"
    return f"{value(name)}{condition}: {_counts(part.services, value)}{_reason(part.reason, value)}"


def _managed(policy: Managed, value: Value) -> str:
    name = f"{policy.name} as of {policy.version}, {policy.date}"
    actions = f"{_count(len(policy.actions), 'action')} of {_count(len(policy.services), 'service')}"
    return f"{value(name)}: {actions}{_reason(policy.reason, value)}"


def _reason(reason: Localized | None, value: Value) -> str:
    return "" if reason is None else f". {value(reason.get('en'))}"


def _counts(services: Services, value: Value) -> str:
    return ", ".join(f"{value(service)} {count:,}" for service, count in services) or "no action"


def _exposed(facts: Facts, value: Value) -> Iterator[_Section]:
    for grade, heading in _GRADES.items():
        found = [one for one in facts.exposed if one.grade is grade]
        shown = found if grade is Grade.SECRET else found[:_MANY]
        rest = ", ".join(one.action for one in found[len(shown) :])
        rows = (*(_exposure(one, value) for one in shown), *((f"and {value(rest)}",) if rest else ()))
        if rows:
            yield _Section(3, f"{heading}: {len(found)}", rows)


def _exposure(one: Exposed, value: Value) -> str:
    what = "" if one.what is None else f": {value(one.what.get('en'))}"
    by = f" (by {value(', '.join(one.policies))})" if one.policies else ""
    reason = "" if one.reason is None else f"; the vendor's reason: {value(one.reason.get('en'))}"
    return f"{value(one.action)}{what}{by}{reason}"


def _limits(access: AccessTold, judged: list[Judged], value: Value) -> Iterator[_Section]:
    writes = [value(f"{one.action} ({one.reason or one.level})") for one in judged if not one.reads]
    if writes:
        more = (f"and {len(writes) - _MANY:,} more",) if len(writes) > _MANY else ()
        yield _Section(3, f"Not proved to read: {_count(len(writes), 'action')}", (*writes[:_MANY], *more))
    if access.untold:
        yield _Section(3, "Not known, or may become more", tuple(_finding(one, value) for one in access.untold))
    if access.reduced:
        yield _Section(3, "May be less", tuple(value(one) for one in access.reduced))


def _finding(one: Finding, value: Value) -> str:
    place = ":".join(str(part) for part in (one.where, one.line, one.column) if part is not None)
    return value(f"{place}: {one.message}")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
