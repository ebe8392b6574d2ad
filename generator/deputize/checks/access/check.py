"""Everything but the trust that is judged of a role or policy of any origin, and of the file that it is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from deputize.checks.access.grants import Access
from deputize.checks.placed import placed
from deputize.checks.rule import Rule
from deputize.checks.rules.actions import ACCESS_RULES, NAME_RULES
from deputize.checks.rules.delivery import DELIVERY_RULES, delivered
from deputize.checks.rules.escalation import ESCALATION_RULES
from deputize.checks.rules.exposure import EXPOSURE_RULES
from deputize.checks.rules.managed import MANAGED_RULES
from deputize.checks.rules.partition import PARTITION_RULES
from deputize.checks.rules.policy_grammar import GRAMMAR_RULES
from deputize.checks.rules.quotas import LONE_RULES, QUOTA_RULES
from deputize.checks.rules.role_fields import FIELD_RULES
from deputize.model.values import Finding
from deputize.model.world import FoundPolicy, FoundRole
from deputize.read.found import FoundFile
from deputize.read.recognise import ACCESS, TEMPLATE, TRUST


def role_findings(role: FoundRole, file: str) -> Iterator[Finding]:
    """What IAM would refuse of a role: its names and fields, and the sizes of its policies."""
    for rule in (*QUOTA_RULES, *FIELD_RULES):
        yield from placed(rule, role, file)


def policy_findings(policy: FoundPolicy, access: Access, file: str, *, third_party: bool) -> Iterator[Finding]:
    """What is wrong with an access policy that no role of its file has.

    third_party: it must be proved to read only, as where nobody says who gets it.
    """
    for rule in LONE_RULES:
        yield from placed(rule, policy, file)
    yield from access_findings(access, file, third_party=third_party)


def check_delivery(found: FoundFile, size: int, file: str) -> Iterator[Finding]:
    """What is wrong with how a file is delivered. size: its bytes."""
    if found.kind == TEMPLATE:
        subject = delivered(found, size)
        for rule in DELIVERY_RULES:
            yield from placed(rule, subject, file)
    if found.tree is not None and found.kind in (TEMPLATE, TRUST, ACCESS):
        for one in PARTITION_RULES:
            yield from placed(one, found.tree, file)


def access_findings(access: Access, file: str, *, third_party: bool) -> Iterator[Finding]:
    """What is wrong with what a role, or whoever has a policy, may do.

    third_party: it must be proved to read only; anybody else's is judged by its syntax and by what it leads to.
    """
    for document in access.documents:
        for grammar in GRAMMAR_RULES:
            yield from placed(grammar, document, file)
    for rule in (*ACCESS_RULES, *EXPOSURE_RULES, *MANAGED_RULES) if third_party else ():
        yield from placed(rule, access, file)
    for rule in NAME_RULES:
        yield from placed(rule, access, file, eased=not third_party)
    # Many a role of a service is meant to pass roles: what counts there is what it may do to all of them.
    wide = access if third_party else replace(access, granted=tuple(one for one in access.granted if one.wide))
    for rule in ESCALATION_RULES:
        yield from placed(rule, wide, file, eased=not third_party)


ACCESS_SIDE_RULES: tuple[Rule[Any], ...] = (
    *GRAMMAR_RULES,
    *ACCESS_RULES,
    *NAME_RULES,
    *ESCALATION_RULES,
    *EXPOSURE_RULES,
    *MANAGED_RULES,
    *QUOTA_RULES,
    *FIELD_RULES,
    *LONE_RULES,
    *DELIVERY_RULES,
    *PARTITION_RULES,
)
"""Every rule that is not about a trust policy's meaning, in the order of the documentation."""
