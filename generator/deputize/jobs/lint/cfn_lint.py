"""cfn-lint asked about one template: the tool gives its matches, checks make findings of them."""

from __future__ import annotations

from deputize.checks.cfn import as_cfn_lint_knows, cfn_lint_findings
from deputize.model.values import Finding
from deputize.tools.cfn_lint import DEFAULT_REGION, region_for, run_cfn_lint, version

__all__ = ["lint_template", "region_for", "version"]


def lint_template(text: str, where: str, region: str = DEFAULT_REGION) -> tuple[Finding, ...]:
    """cfn-lint's findings on a template; `where` is its file."""
    result = run_cfn_lint(as_cfn_lint_knows(text, region), region)
    return cfn_lint_findings(result, text, where, region, version())
