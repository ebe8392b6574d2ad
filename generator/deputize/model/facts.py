"""What a role may read, as data: every action with its level, reason and exposure. access.json and README show this."""

from __future__ import annotations

from collections import Counter

from deputize.iam.exposure import exposure_of
from deputize.iam.levels import judge
from deputize.iam.managed import ManagedPolicy, managed_policy
from deputize.iam.policy import Statement
from deputize.model.profiles import ManagedChoice
from deputize.model.role import Role


def access_facts(role: Role, locale: str) -> dict[str, object]:
    """access.json as a mapping, its reasons in `locale`; its schema is shipped as `deputize/access/1`.

    Actions of the role's own statements are listed one by one. An AWS managed policy is summed up by service and
    named with the version and date of the snapshot it was judged by, since AWS may change it.
    """
    made = role.resolved()
    return {
        "schema": "deputize/access/1",
        "role": made.name,
        "policies": [
            {
                "name": policy.name,
                "delivery": made.delivery,
                "statements": [
                    {
                        "sid": statement.sid,
                        "reason": role.access.reason(str(statement.sid)).get(locale),
                        "resources": list(statement.resources),
                        "actions": statement_facts(statement, locale),
                    }
                    for statement in policy.document.statements
                ],
            }
            for policy in made.policies
        ],
        "managed_policies": [managed_facts(choice, locale) for choice in role.access.managed],
        "allowed_secrets": [
            {"action": secret.action, "reason": secret.reason.get(locale)} for secret in role.access.allowed_secrets
        ],
    }


def statement_facts(statement: Statement, locale: str) -> list[dict[str, object]]:
    """Each action of a statement, wildcards expanded: AWS's access level, a reviewed reason, and what it exposes."""
    found: dict[str, dict[str, object]] = {}
    for pattern in statement.actions:
        for judged in judge(pattern):
            exposure = exposure_of(judged.action)
            found[judged.action] = {
                "action": judged.action,
                "level": judged.level,
                **({"reviewed": judged.reason} if judged.reason else {}),
                **({"exposes": {"grade": exposure.grade, "what": exposure.told(locale)}} if exposure else {}),
            }
    return [found[action] for action in sorted(found)]


def managed_facts(choice: ManagedChoice, locale: str) -> dict[str, object]:
    """An AWS managed policy by its snapshot: how many actions of which service it reads, and what it exposes."""
    policy = managed_policy(choice.name)
    if policy is None:
        msg = f"{choice.name} has no snapshot"
        raise LookupError(msg)
    actions = managed_actions(policy)
    exposed = [found for action in actions if (found := exposure_of(action)) is not None]
    return {
        "name": policy.name,
        "version": policy.version,
        "date": policy.date,
        "reason": choice.reason.get(locale),
        "actions_by_service": dict(sorted(Counter(action.partition(":")[0] for action in actions).items())),
        "exposes": [{"action": found.action, "grade": found.grade, "what": found.told(locale)} for found in exposed],
    }


def managed_actions(policy: ManagedPolicy) -> tuple[str, ...]:
    """Every action that the snapshot allows, wildcards expanded, sorted."""
    return tuple(sorted({judged.action for pattern in policy.patterns for judged in judge(pattern)}))
