"""Rules about our own bundles and tenants: unchanged, the role that was asked for, every byte ours."""

from __future__ import annotations

from deputize.checks.own.bundles import is_our_render, lint_bundle
from deputize.checks.own.rules import RULES, rules_version
from deputize.checks.own.tenant import check_template, check_tenant

__all__ = ["RULES", "check_template", "check_tenant", "is_our_render", "lint_bundle", "rules_version"]
