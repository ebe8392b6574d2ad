"""A role as a whole: every rule about it, in one order."""

from __future__ import annotations

from deputize.checks.own.access import ACCESS_RULES
from deputize.checks.own.attached import ATTACHED_RULES
from deputize.checks.own.quotas import QUOTA_RULES
from deputize.checks.own.subject import Expected, Subject
from deputize.checks.own.tenant import QUOTA_TRUST, check_ids
from deputize.checks.own.trust import check_trust
from deputize.iam.role import IamRole
from deputize.model.values import Finding

ROLE_RULES = (*ACCESS_RULES, *ATTACHED_RULES, *QUOTA_RULES)


def check_role(role: IamRole, expected: Expected, where: str, *, strict: bool = False) -> tuple[Finding, ...]:
    """What is wrong with a role, the customer's choices made; with `strict` warnings are errors.

    Conditions and resources of access statements are not weighed: an action counts as if allowed on everything.
    """
    subject = Subject(role, expected)
    return (
        *check_trust(role.trust, expected, where, strict=strict),
        *check_ids(expected.tenant, expected.external_ids, where, strict=strict),
        *QUOTA_TRUST.findings(len(role.trust.compact()), where, strict=strict),
        *(finding for rule in ROLE_RULES for finding in rule.findings(subject, where, strict=strict)),
    )
