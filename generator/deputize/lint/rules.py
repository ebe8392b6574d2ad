"""The one list of all our own rules, and the table of them for people."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any

from deputize.lint.bundles import BUNDLE_RULES
from deputize.lint.role_rules import ROLE_RULES
from deputize.lint.rule import Rule
from deputize.lint.tenant import ID_RULES, QUOTA_TEMPLATE, QUOTA_TRUST
from deputize.lint.trust import TRUST_RULES

RULES: tuple[Rule[Any], ...] = (*TRUST_RULES, *ID_RULES, *ROLE_RULES, QUOTA_TRUST, QUOTA_TEMPLATE, *BUNDLE_RULES)


def rules_table() -> str:
    """The rules as a Markdown table, one line each."""
    lines = ["| rule | severity | what it asks | why | reference |", "|---|---|---|---|---|"]
    lines += [
        f"| `{rule.id}` | {rule.severity.value} | {rule.title} | {rule.why} | <{rule.reference}> |" for rule in RULES
    ]
    return "\n".join(lines) + "\n"


@cache
def rules_version() -> str:
    """A digest of this package's source: a verdict that other rules gave is not taken for theirs."""
    files = sorted(
        (file.name, file.read_bytes())
        for file in resources.files("deputize.lint").iterdir()
        if file.name.endswith(".py")
    )
    return hashlib.sha256(repr(files).encode()).hexdigest()
