"""What the page says about a role, turned around for a reader: actions by service and level, exposures by grade."""

from __future__ import annotations

from dataclasses import dataclass

from deputize.iam.exposure import Grade
from deputize.model.facts import Exposed, Managed, Services, by_service, role_facts
from deputize.model.facts import StatementFacts as Allowed
from deputize.model.role import Role
from deputize.model.text import Localized


@dataclass(frozen=True, slots=True)
class Group:
    """Actions of one service, named without it, and of one access level, as AWS words it.

    reviewed: why a label other than List and Read still only reads.
    """

    service: str
    level: str
    actions: tuple[str, ...]
    reviewed: str


@dataclass(frozen=True, slots=True)
class PagePart:
    """One statement: what it allows, counted by service, on which resources (none named: all), and why."""

    sid: str
    reason: Localized | None
    resources: tuple[str, ...]
    services: Services
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Exposures:
    """The reads of one grade, by the AWS managed policies that they come with; the vendor's own come first."""

    count: int
    groups: tuple[tuple[tuple[str, ...], tuple[Exposed, ...]], ...]


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Everything that the role allows. actions, services: how many different ones there are in all."""

    parts: tuple[PagePart, ...]
    managed: tuple[Managed, ...]
    secrets: Exposures
    data: Exposures
    config: Exposures
    actions: int
    services: int


def page_facts(role: Role) -> PageFacts:
    """What `role` allows, with the customer's choices at their defaults."""
    facts = role_facts(role)
    return PageFacts(
        parts=tuple(_part(part) for part in facts.parts),
        managed=facts.managed,
        secrets=_of(facts.exposed, Grade.SECRET),
        data=_of(facts.exposed, Grade.DATA),
        config=_of(facts.exposed, Grade.CONFIG),
        actions=len(facts.actions),
        services=len(by_service(facts.actions)),
    )


def _part(part: Allowed) -> PagePart:
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for one in part.judged:
        service, _, name = one.action.partition(":")
        grouped.setdefault((service, one.level, one.reason), []).append(name)
    return PagePart(
        sid=part.sid,
        reason=part.reason,
        resources=() if part.resources == ("*",) else part.resources,
        services=part.services,
        groups=tuple(Group(*key[:2], tuple(grouped[key]), key[2]) for key in sorted(grouped)),
    )


def _of(exposed: tuple[Exposed, ...], grade: Grade) -> Exposures:
    grouped: dict[tuple[str, ...], list[Exposed]] = {}
    for one in exposed:
        if one.grade is grade:
            grouped.setdefault(one.policies, []).append(one)
    groups = tuple((policies, tuple(grouped[policies])) for policies in sorted(grouped))
    return Exposures(sum(len(found) for _, found in groups), groups)
