"""One request judged by one identity policy, as AWS documents it: a Deny decides, else an Allow, else it is refused.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from deputize.iam.conditions import all_of, any_of, has_variable, holds
from deputize.iam.policy import Policy, Statement
from deputize.iam.wildcards import matches, resource_matches

Decision = Literal["allow", "implicit-deny", "explicit-deny", "unknown"]

_NOTHING: Mapping[str, str] = MappingProxyType({})


def evaluate(policy: Policy, action: str, resource: str, context: Mapping[str, str] = _NOTHING) -> Decision:
    """What `policy` says about `action` on `resource`.

    action: as in `iam:GetRole`. resource: an ARN, or `*` for an action that has no resource. context: the request's
    values by condition key. "unknown" when the decision hangs on something that is not understood: an operator, a
    policy variable, or a statement that is not one of an identity policy.
    """
    said = {(one.effect, _applies(one, action, resource, context)) for one in policy.statements}
    if ("Deny", True) in said:
        return "explicit-deny"
    if ("Deny", None) in said:
        return "unknown"
    if ("Allow", True) in said:
        return "allow"
    return "unknown" if ("Allow", None) in said else "implicit-deny"


def _applies(statement: Statement, action: str, resource: str, context: Mapping[str, str]) -> bool | None:
    if not any(matches(pattern.lower(), action.lower()) for pattern in statement.actions):
        return False
    of_identity = True if statement.resources and not statement.principals else None
    on = any_of(
        None if has_variable(pattern) else resource_matches(pattern, resource) for pattern in statement.resources
    )
    met = all_of(holds(condition, context) for condition in statement.conditions)
    return all_of((of_identity, on if statement.resources else None, met))
