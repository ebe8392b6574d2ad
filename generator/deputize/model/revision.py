"""The revision of an ask: a digest of the role that a vendor asks for, without what belongs to one tenant.

All tenants of a partition who are asked for the same have the same one, during a rotation too. The order in which
things are written does not count, nor how statements are cut up and named; whatever the role may do, who may assume
it, and what else IAM keeps of it does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from deputize.iam.policy import Statement, compact_json
from deputize.iam.role import IamRole

LENGTH = 12
"""Hexadecimal digits: enough for the revisions of one vendor, and short enough to be read aloud."""


def revision_of(asked: IamRole) -> str:
    """The revision of a role that has marks, or nothing, where the texts of a tenant stand.

    Its access is what `model.access` builds: Allows on resources, without conditions.
    """
    resources: dict[str, set[str]] = {}
    for one in (one for policy in asked.policies for one in policy.document.statements):
        for action in one.actions:
            resources.setdefault(action, set()).update(one.resources)
    document = {
        "name": asked.name,
        "path": asked.path,
        "description": asked.description,
        "max_session": asked.max_session,
        "boundary": asked.boundary,
        "delivery": asked.delivery,
        "tags": sorted(asked.tags),
        "trust": _trust(asked.trust.statements),
        "access": sorted((action, sorted(many)) for action, many in resources.items()),
        "managed": sorted(asked.managed_arns),
    }
    return hashlib.sha256(compact_json(document).encode()).hexdigest()[:LENGTH]


def _trust(statements: Iterable[Statement]) -> list[str]:
    found = []
    for one in statements:
        conditions = sorted((each.operator, each.key, sorted(each.values)) for each in one.conditions)
        principals = sorted((each.kind, each.text) for each in one.principals)
        found.append(compact_json([one.effect, sorted(one.actions), principals, conditions]))
    return sorted(found)
