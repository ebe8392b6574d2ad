"""What a role may read, as facts: README, page and access.json of a bundle and `deputize explain` all say these.

AWS managed policies are facts about a dated snapshot, since AWS may change them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from deputize.iam.exposure import Grade, exposure_of, exposures
from deputize.iam.levels import Judged, japanese, judge
from deputize.iam.managed import ManagedPolicy, managed_policy
from deputize.iam.policy import Statement
from deputize.model.profiles import AllowedSecret, ManagedChoice
from deputize.model.role import Role
from deputize.model.text import Localized, english

Services = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """One statement that allows something.

    policy: the name of the policy that it is in. judged: its actions, wildcards expanded, by name. reason: why it is
    there, None where nobody said. but: it is for all but `resources`. conditional: it has a condition.
    """

    policy: str
    sid: str
    resources: tuple[str, ...]
    judged: tuple[Judged, ...]
    reason: Localized | None = None
    but: bool = False
    conditional: bool = False

    @property
    def services(self) -> Services:
        """How many actions of which service."""
        return by_service(one.action for one in self.judged)


@dataclass(frozen=True, slots=True)
class Managed:
    """One AWS managed policy by its snapshot: every action that it allows, sorted. date: YYYY-MM-DD."""

    name: str
    version: str
    date: str
    actions: tuple[str, ...]
    reason: Localized | None = None

    @property
    def services(self) -> Services:
        """How many actions of which service."""
        return by_service(self.actions)


@dataclass(frozen=True, slots=True)
class Exposed:
    """One read that tells more than metadata.

    what: the field of the reply, None where only the vendor says that it tells something. reason: why the vendor has
    it nevertheless, for secrets. policies: the AWS managed policies it comes with, empty for the role's own.
    """

    action: str
    grade: Grade
    what: Localized | None
    reason: Localized | None
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a role allows. exposed: by action, each once."""

    parts: tuple[StatementFacts, ...]
    managed: tuple[Managed, ...]
    exposed: tuple[Exposed, ...]

    @property
    def actions(self) -> frozenset[str]:
        """Every action, once."""
        own = (judged.action for part in self.parts for judged in part.judged)
        return frozenset(own).union(*(policy.actions for policy in self.managed))


def role_facts(role: Role) -> Facts:
    """What `role` allows, with the customer's choices at their defaults."""
    parts = tuple(
        StatementFacts(
            policy=policy.name,
            sid=str(statement.sid),
            resources=statement.resources,
            judged=_judged(statement),
            reason=role.access.reason(str(statement.sid)),
        )
        for policy in role.resolved().policies
        for statement in policy.document.statements
    )
    managed = tuple(_managed(choice) for choice in role.access.managed)
    return Facts(parts, managed, exposed_by(parts, managed, role.access.allowed_secrets))


def exposed_by(
    parts: Iterable[StatementFacts], managed: Iterable[Managed], allowed_secrets: Iterable[AllowedSecret] = ()
) -> tuple[Exposed, ...]:
    """Every read that may expose something, each once, and every allowed secret with the reason it is allowed for."""
    allowed = {secret.action.lower(): secret for secret in allowed_secrets}
    own = {judged.action for part in parts for judged in part.judged}
    bought = {policy.name: frozenset(policy.actions) for policy in managed}
    everything = {key: secret.action for key, secret in allowed.items()}
    everything |= {action.lower(): action for action in own.union(*bought.values())}
    return tuple(
        Exposed(
            action=(action := everything[key]),
            grade=Grade.SECRET if (found := exposures().get(key)) is None else found.grade,
            what=None if found is None else _what(found.reason, found.reason_ja),
            reason=allowed[key].reason if key in allowed else None,
            policies=() if action in own else tuple(name for name, actions in bought.items() if action in actions),
        )
        for key in sorted(allowed.keys() | (everything.keys() & exposures().keys()))
    )


def access_facts(role: Role, locale: str) -> dict[str, object]:
    """access.json as a mapping, its reasons in `locale`; its schema is shipped as `deputize/access/1`.

    Actions of the role's own statements are listed one by one. An AWS managed policy is summed up by service and
    named with the version and date of the snapshot it was judged by.
    """
    made, facts = role.resolved(), role_facts(role)
    return {
        "schema": "deputize/access/1",
        "role": made.name,
        "policies": [
            {
                "name": policy.name,
                "delivery": made.delivery,
                "statements": [_statement(part, locale) for part in facts.parts if part.policy == policy.name],
            }
            for policy in made.policies
        ],
        "managed_policies": [
            {
                "name": policy.name,
                "version": policy.version,
                "date": policy.date,
                "reason": _told(policy.reason, locale),
                "actions_by_service": dict(policy.services),
                "exposes": list(_exposes(policy, locale)),
            }
            for policy in facts.managed
        ],
        "allowed_secrets": [
            {"action": secret.action, "reason": secret.reason.get(locale)} for secret in role.access.allowed_secrets
        ],
    }


def managed_actions(policy: ManagedPolicy) -> tuple[str, ...]:
    """Every action that the snapshot allows, wildcards expanded, sorted."""
    return tuple(sorted({judged.action for pattern in policy.patterns for judged in judge(pattern)}))


def by_service(actions: Iterable[str]) -> Services:
    """How many of the actions are of which service, by its prefix."""
    return tuple(sorted(Counter(action.partition(":")[0] for action in actions).items()))


def reviewed_reason(judged: Judged, locale: str) -> str:
    """Why the verdict on an action is not AWS's label; empty when it is."""
    return japanese(judged.reason) if locale == "ja" else judged.reason


def _judged(statement: Statement) -> tuple[Judged, ...]:
    found = {judged.action: judged for pattern in statement.actions for judged in judge(pattern)}
    return tuple(found[action] for action in sorted(found))


def _managed(choice: ManagedChoice) -> Managed:
    policy = managed_policy(choice.name)
    if policy is None:
        msg = f"{choice.name} has no snapshot"
        raise LookupError(msg)
    return Managed(policy.name, policy.version, policy.date, _actions_of(choice.name), choice.reason)


@cache
def _actions_of(name: str) -> tuple[str, ...]:
    policy = managed_policy(name)
    return () if policy is None else managed_actions(policy)


def _statement(part: StatementFacts, locale: str) -> dict[str, object]:
    return {
        "sid": part.sid,
        "reason": _told(part.reason, locale),
        "resources": list(part.resources),
        "actions": [_action(judged, locale) for judged in part.judged],
    }


def _action(judged: Judged, locale: str) -> dict[str, object]:
    exposure, reason = exposure_of(judged.action), reviewed_reason(judged, locale)
    return {
        "action": judged.action,
        "level": judged.level,
        **({"reviewed": reason} if reason else {}),
        **({"exposes": {"grade": exposure.grade, "what": exposure.told(locale)}} if exposure else {}),
    }


def _exposes(policy: Managed, locale: str) -> Iterator[dict[str, object]]:
    for action in policy.actions:
        if (found := exposure_of(action)) is not None:
            yield {"action": found.action, "grade": found.grade, "what": found.told(locale)}


def _what(reason: str, reason_ja: str) -> Localized:
    return Localized((("en", reason), ("ja", reason_ja))) if reason_ja else english(reason)


def _told(text: Localized | None, locale: str) -> str:
    return "" if text is None else text.get(locale)
