"""A whole bundle judged: its own rules, and the role that each of its formats creates like anyone's."""

from __future__ import annotations

from dataclasses import replace

from deputize.checks.made import made_findings
from deputize.checks.opened import Opened
from deputize.checks.rule import findings_of
from deputize.checks.rules.bundle import BUNDLE_RULES, distinct_roles
from deputize.checks.tenant import template_size
from deputize.model.expectations import Expectations
from deputize.model.format import TEMPLATE
from deputize.model.values import Finding, Severity


def bundle_findings(opened: Opened, expectations: Expectations, *, strict: bool = False) -> tuple[Finding, ...]:
    """What our own rules say of a bundle; with `strict` warnings are errors. Nothing is raised for what is wrong.

    expectations: the caller's, with what the manifest claims.
    """
    own_account = None if opened.role is None else opened.role.slots.account_id
    found = [finding for rule in BUNDLE_RULES for finding in findings_of(rule, opened, "")]
    for where, role in distinct_roles(opened):
        found += made_findings(role, expectations, where, own_account)
    if TEMPLATE in opened.files:
        found += template_size(len(opened.files[TEMPLATE]), TEMPLATE)
    return tuple(_strict(one) if strict else one for one in found)


def _strict(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.ERROR) if finding.severity is Severity.WARNING else finding
