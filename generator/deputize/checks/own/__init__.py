"""Is it right: our own rules on the role and the bundle, and cfn-lint on the template. Everything is a Finding.

A new rule is one function and one Rule beside it: id, title, why, mend, reference, a good case and a bad one.
cfn-lint and python-hcl2 are imported when they are first used.
"""

from __future__ import annotations

from deputize.checks.own.bundles import is_our_render, lint_bundle
from deputize.checks.own.role_rules import check_role
from deputize.checks.own.rules import RULES, rules_version
from deputize.checks.own.subject import Expected, expected_of
from deputize.checks.own.tenant import check_template, check_tenant
from deputize.checks.own.trust import check_trust
from deputize.checks.own.trust_document import check_trust_document

__all__ = [
    "RULES",
    "Expected",
    "check_role",
    "check_template",
    "check_tenant",
    "check_trust",
    "check_trust_document",
    "expected_of",
    "is_our_render",
    "lint_bundle",
    "rules_version",
]
