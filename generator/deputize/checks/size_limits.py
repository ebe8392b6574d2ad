"""Policies that are too much to be judged: no role that IAM takes has one, and a hostile file would never be done.

What is left of such a policy is its place, which no rule takes for a policy that is in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from deputize.iam import limits
from deputize.iam.policy import Policy
from deputize.model.world import Document, FoundPolicy, FoundRole, NotUnderstood

_TRUST = 16 * limits.TRUST_POLICY.high
"""Characters of a trust policy, spaces left out: far above the quota, which AWS may raise, so that what is wrong in one
that is only too large is still told."""

_ACCESS = limits.INLINE_POLICIES.high
"""Characters of an access policy: all that a role may have inline."""

_SPANNING = 20
"""Elements of one policy that span services, each of which may come to every action that AWS has."""


def judgeable_role(role: FoundRole) -> tuple[FoundRole, tuple[NotUnderstood, ...]]:
    """The role with nothing left of policies that are too much, and what is to be said of each of them."""
    excess = _too_much(role.trust, role.trust.trust_policy, _TRUST) if role.trust is not None else None
    trust = _emptied(role.trust) if role.trust is not None and excess is not None else role.trust
    policies = [judgeable_policy(one) for one in role.policies]
    told = (excess, *(one for _, one in policies))
    if not any(told):
        return role, ()
    kept = replace(role, trust=trust, policies=tuple(one for one, _ in policies))
    return kept, tuple(one for one in told if one is not None)


def judgeable_policy(policy: FoundPolicy) -> tuple[FoundPolicy, NotUnderstood | None]:
    """The policy, with nothing left of it when it is too much, and what is to be said of it then."""
    excess = _too_much(policy.document, policy.document.access_policy, _ACCESS)
    return (policy if excess is None else replace(policy, document=_emptied(policy.document))), excess


def _too_much(document: Document, policy: Policy, most: int) -> NotUnderstood | None:
    place = document.place(())
    size = len(document.compact)
    if size > most:
        what = f"the policy has {size:,} characters: more than {most:,} are not judged, for IAM takes fewer"
        return NotUnderstood(place, what, "split the policy")
    spanning = sum(_spanning(policy))
    if spanning > _SPANNING:
        what = f"the policy spans services {spanning} times: more than {_SPANNING} are not judged"
        return NotUnderstood(place, what, "name the services")
    return None


def _spanning(policy: Policy) -> Iterator[int]:
    for one in policy.statements:
        services = (action.partition(":")[0] for action in one.actions)
        yield max(int(one.not_action), sum("*" in service or "?" in service for service in services))


def _emptied(document: Document) -> Document:
    return Document(None, {(): document.place(())})
