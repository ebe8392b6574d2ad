"""One request judged by identity policies and a boundary, as AWS documents it: a Deny decides, else an Allow of both.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
Boundaries: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from deputize.iam.conditions import all_of, any_of, has_variable, is_met
from deputize.iam.operators import Truth
from deputize.iam.policy import Effect, Policy, Statement
from deputize.iam.variables import Found
from deputize.iam.wildcards import matches, resource_matches

Decision = Literal["allow", "implicit-deny", "explicit-deny", "unknown"]
Context = Mapping[str, str | Sequence[str]]

_NOTHING: Context = MappingProxyType({})


def evaluate(
    policies: Policy | Sequence[Policy],
    action: str,
    resource: str,
    context: Context = _NOTHING,
    boundary: Policy | None = None,
) -> Decision:
    """What the identity policies, and the permissions boundary if there is one, say about `action` on `resource`.

    policies: all that an identity has, or one. action: as in `iam:GetRole`. resource: an ARN, or `*` for an action that
    has no resource. context: the request's values by condition key; a key that it lacks is absent from the request.
    "unknown" when the decision depends on something that is not understood: an operator, a policy variable, a policy
    or statement that may mean anything, or a statement that is not one of an identity policy.
    """
    keys = {key.lower(): (one,) if isinstance(one, str) else tuple(one) for key, one in context.items()}
    many = (policies,) if isinstance(policies, Policy) else policies
    of_identity = {said for policy in many for said in _said(policy, action, resource, keys)}
    of_boundary = () if boundary is None else tuple(_said(boundary, action, resource, keys))
    said = of_identity.union(of_boundary)
    if ("Deny", True) in said:
        return "explicit-deny"
    allowed = all_of((_allows(of_identity), True if boundary is None else _allows(of_boundary)))
    if allowed is False:
        return "implicit-deny"
    return "allow" if allowed and said.isdisjoint({("Deny", None), (None, None)}) else "unknown"


_Said = tuple[Effect | None, Truth]


def _allows(said: Iterable[_Said]) -> Truth:
    return any_of(truth for effect, truth in said if effect != "Deny")


def _said(policy: Policy, action: str, resource: str, keys: Mapping[str, Found]) -> Iterator[_Said]:
    """Each statement's effect, and whether it applies: None where that is not known. No effect is any."""
    if policy.opaque_fault is not None:
        yield None, None
        return
    for one in policy.statements:
        truth = _applies(policy, one, action, resource, keys)
        yield one.effect, None if truth and one.effect is None else truth


def _applies(policy: Policy, statement: Statement, action: str, resource: str, keys: Mapping[str, Found]) -> Truth:
    if statement.is_opaque:
        return None
    named = any(matches(pattern.lower(), action.lower()) for pattern in statement.actions)
    if named is statement.not_action:
        return False
    of_identity = True if statement.resources and not statement.principals else None
    return all_of((of_identity, _on(policy, statement, resource), *_conditions(policy, statement, keys)))


def _on(policy: Policy, statement: Statement, resource: str) -> Truth:
    hit = any_of(
        None if policy.has_variables and has_variable(pattern) else resource_matches(pattern, resource)
        for pattern in statement.resources
    )
    return None if hit is None or not statement.resources else hit is not statement.not_resource


def _conditions(policy: Policy, statement: Statement, keys: Mapping[str, Found]) -> Iterator[Truth]:
    def replaced(text: str) -> Found:
        return None if policy.has_variables and has_variable(text) else (text,)

    truths: dict[tuple[str, str], set[Truth]] = {}
    for one in statement.conditions:
        key = one.key.lower()
        truth = is_met(one.operator, one.values, keys.get(key, ()), replaced)
        truths.setdefault((one.operator, key), set()).add(truth)
    # The same key twice, in two spellings: AWS does not say which one counts.
    yield from (found.pop() if len(found) == 1 else None for found in truths.values())
