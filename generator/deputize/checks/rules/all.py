"""Every rule, by what it looks at: the one list that findings, their catalogue and what cannot be known go through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from deputize.checks.access.grants import RoleAccess
from deputize.checks.judgement import Judgement
from deputize.checks.rule import Rule
from deputize.checks.rules.actions import ACTION_RULES
from deputize.checks.rules.delivery import DELIVERY_RULES, Delivered
from deputize.checks.rules.escalation import ESCALATION_RULES
from deputize.checks.rules.exposure import EXPOSURE_RULES
from deputize.checks.rules.external_id import ID_RULES
from deputize.checks.rules.managed import MANAGED_RULES
from deputize.checks.rules.partition import CROSSED, TEXT_RULES
from deputize.checks.rules.policy_grammar import GRAMMAR_RULES, PolicyForm
from deputize.checks.rules.providers import PROVIDER_RULES
from deputize.checks.rules.quotas import LONE_RULES, QUOTA_RULES
from deputize.checks.rules.role_fields import FIELD_RULES
from deputize.checks.rules.trust import TRUST_RULES
from deputize.checks.rules.unquoted import UNQUOTED_RULES
from deputize.checks.trust.attribution import JudgedTrust
from deputize.model.world import FoundPolicy
from deputize.read.source import Node


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules by what they look at.

    trust: a role's trust policy. form: any policy, as IAM's grammar has it. role: a role. access: what a role, or a
    policy alone, may do; escalation: likewise, but only what is wide where no third party gets it. policy: a policy
    that no role of its file has. template: how it is delivered. text: the text as it stands.
    """

    trust: tuple[Rule[JudgedTrust], ...] = ()
    form: tuple[Rule[PolicyForm], ...] = ()
    role: tuple[Rule[Judgement], ...] = ()
    access: tuple[Rule[RoleAccess], ...] = ()
    escalation: tuple[Rule[RoleAccess], ...] = ()
    policy: tuple[Rule[FoundPolicy], ...] = ()
    template: tuple[Rule[Delivered], ...] = ()
    text: tuple[Rule[Node], ...] = ()

    def __iter__(self) -> Iterator[Rule[Any]]:
        """Every rule once."""
        for one in fields(self):
            yield from getattr(self, one.name)

    def without(self, rule: str) -> RuleSet:
        """The same but for the rule with this ID."""
        kept = {one.name: tuple(each for each in getattr(self, one.name) if each.id != rule) for one in fields(self)}
        return RuleSet(**kept)


RULES = RuleSet(
    trust=(*ID_RULES, *TRUST_RULES, *PROVIDER_RULES),
    form=GRAMMAR_RULES,
    role=(*QUOTA_RULES, *FIELD_RULES, CROSSED),
    access=(*ACTION_RULES, *EXPOSURE_RULES, *MANAGED_RULES),
    escalation=ESCALATION_RULES,
    policy=LONE_RULES,
    template=DELIVERY_RULES,
    text=(*TEXT_RULES, *UNQUOTED_RULES),
)
