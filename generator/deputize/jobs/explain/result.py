"""An explanation as data: `deputize/explain/1`."""

from __future__ import annotations

from deputize.checks.access.summary import AccessTold
from deputize.checks.trust.describe import DescribedTrust
from deputize.iam.actions import data_version
from deputize.iam.levels import Judged, judge_action, reading_actions
from deputize.jobs.explain.run import Explained, Explanation
from deputize.model.facts import Exposed, Managed, StatementFacts, by_service
from deputize.model.text import Localized

SCHEMA = "deputize/explain/1"


def as_json(found: Explanation) -> dict[str, object]:
    """The explanation as a JSON object of schema `deputize/explain/1`, its reasons in English."""
    return {
        "schema": SCHEMA,
        "where": found.where,
        "kind": found.kind,
        "roles": [_role(one) for one in found.told if one.is_role],
        "policies": [{"name": one.name, "access": _access(one.access)} for one in found.told if not one.is_role],
        "unread": [{"where": one.where, "what": one.what, "mend": one.mend} for one in found.unread],
        "notes": [{"where": one.where, "what": one.what, "mend": one.mend} for one in found.notes],
    }


def _role(one: Explained) -> dict[str, object]:
    return {
        "name": one.name,
        "branch": one.branch,
        "trust": _trust(one.trust),
        "chain": one.chain,
        "access": _access(one.access),
    }


def _trust(trust: DescribedTrust | None) -> dict[str, object] | None:
    if trust is None:
        return None
    principals = [
        {
            "who": one.who,
            "external_id": one.external_id.value,
            "external_ids_from": list(one.ids),
            "conditions": [
                {"operator": under.operator, "key": under.key, "values": list(under.values)} for under in one.under
            ],
        }
        for one in trust.principals
    ]
    return {"principals": principals, "faults": list(trust.faults)}


def _access(access: AccessTold | None) -> dict[str, object] | None:
    if access is None:
        return None
    facts = access.facts
    judged = [judge_action(action) for action in sorted(facts.actions)]
    return {
        "actions_by_service": dict(by_service(facts.actions)),
        "surface": _surface(judged),
        "statements": [_part(part) for part in facts.parts],
        "managed_policies": [_managed(policy) for policy in facts.managed],
        "exposes": [_exposed(one) for one in facts.exposed],
        "not_read": [{"action": one.action, "why": one.reason or one.level} for one in judged if not one.reads],
        "unknown": [
            {"where": one.where, "line": one.line, "column": one.column, "what": one.message} for one in access.untold
        ],
        "reduced_by": list(access.reduced),
    }


def _surface(judged: list[Judged]) -> dict[str, object]:
    reads, of = sum(one.reads for one in judged), reading_actions()
    return {"reads": reads, "of": of, "per_cent": round(100 * reads / of, 2), "data": data_version()}


def _part(part: StatementFacts) -> dict[str, object]:
    return {
        "policy": part.policy,
        "sid": part.sid,
        "reason": _told(part.reason),
        "resources": list(part.resources),
        "all_but_resources": part.but,
        "conditional": part.conditional,
        "actions": [
            {"action": one.action, "level": one.level, **({"reviewed": one.reason} if one.reason else {})}
            for one in part.judged
        ],
    }


def _managed(policy: Managed) -> dict[str, object]:
    return {
        "name": policy.name,
        "version": policy.version,
        "date": policy.date,
        "reason": _told(policy.reason),
        "actions_by_service": dict(policy.services),
    }


def _exposed(one: Exposed) -> dict[str, object]:
    return {
        "action": one.action,
        "grade": one.grade.value,
        "what": _told(one.what),
        "reason": _told(one.reason),
        "managed_policies": list(one.policies),
    }


def _told(text: Localized | None) -> str | None:
    return None if text is None else text.get("en")
