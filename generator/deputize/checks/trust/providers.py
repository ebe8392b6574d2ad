"""The identity providers that a role's trust leaves open, with what parameters come to by themselves."""

from __future__ import annotations

from deputize.checks.trust.case import RoleTrust
from deputize.checks.trust.parameter_values import with_values
from deputize.iam.grammar import read_policy
from deputize.iam.trust.providers import OpenProvider, open_providers
from deputize.model.world import Origin


def open_providers_of(case: RoleTrust) -> tuple[OpenProvider, ...]:
    """Each provider whose users nobody names, but for those that somebody has yet to choose.

    A parameter's default is read as its value; without one it is the customer's own choice, and names somebody.
    """
    if not any(one.kind == "Federated" for statement in case.statements for one in statement.principals):
        return ()
    unknowns = case.document.unknowns
    defaults = {one.stand_in: one.default for one in unknowns if one.default}
    policy = read_policy(with_values(case.document.value, defaults), "trust") if defaults else case.policy
    stand_ins = tuple(one.stand_in for one in unknowns)
    found = (one for statement in policy.statements for one in open_providers(policy, statement, stand_ins))
    return tuple(one for one in found if not (one.provider.is_any and _is_to_choose(case, one.principal.text)))


def _is_to_choose(case: RoleTrust, text: str) -> bool:
    chosen = case.unknown(text)
    return chosen is not None and chosen.stand_in == text and chosen.origin in (Origin.PARAMETER, Origin.IMPORT)
