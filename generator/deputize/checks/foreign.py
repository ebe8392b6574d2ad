"""Rules for roles and policies of any origin: who may enter from another account, and what they may do then.

`trust*.py` judge trust policies, `access*.py` and their neighbours what a role may do. `judge` puts them together.
"""

from __future__ import annotations

from typing import Any

from deputize.checks.access.check import ACCESS_SIDE_RULES, check_delivery
from deputize.checks.rule import Rule
from deputize.checks.rules.trust import EVERY_TRUST_RULE

__all__ = ["THIRD_PARTY_RULES", "check_delivery"]

THIRD_PARTY_RULES: tuple[Rule[Any], ...] = (*EVERY_TRUST_RULE, *ACCESS_SIDE_RULES)
"""Every rule for roles and policies of any origin, in the order of the documentation."""
