"""The read-only proof against `iam.evaluate`: the search proposes, `evaluate` confirms; they share the wildcards alone.

10,000 random roles; of each up to 100 non-read actions that its patterns match, on 5 resources, in 3 contexts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product
from random import Random

from deputize.iam.actions import expand
from deputize.iam.allowed import IdentityPolicy, allowed_by
from deputize.iam.evaluate import evaluate
from deputize.iam.levels import judge_action
from deputize.iam.policy import Policy
from deputize.iam.read_only import ReadOnlyProof, reads_only
from prove.proof import Figures, RefutedError, proof
from prove.random_access import Case, Context, contexts_for, random_case, resources_for

CASES = 100
ACTIONS = 100
UNCONFIRMED = "not proved, and nothing was found allowed"
LIKELY = 30  # more actions, of those that are told, where none of the hundred is allowed
MOST_UNCONFIRMED = 15  # of one chunk's cases; 5 % of all are told to the reader of the figures


@proof(seed=20261130, seconds=900, chunks=100, share=2)
def read_only(chance: Random) -> Figures:
    """No action that is allowed and is not proved to read is left out by the read-only proof, says `iam.evaluate`."""
    figures: Counter[str] = Counter()
    for _ in range(CASES):
        figures += _judged(random_case(chance), chance)
    if figures[UNCONFIRMED] > MOST_UNCONFIRMED:
        msg = f"{figures[UNCONFIRMED]} of {CASES} cases are not proved, and nothing was found allowed: {dict(figures)}"
        raise RefutedError(msg)
    return dict(figures)


def _judged(case: Case, chance: Random) -> Counter[str]:
    """The figures of one case."""
    policies, boundary = case.read()
    found = _proof(policies, boundary)
    told = {one.action for beyond in found.beyond for one in beyond.actions}
    requests = tuple(product(resources_for(chance, policies, boundary), contexts_for(chance, policies, boundary)))
    actions = _writes(chance, policies)
    allowed = {one for one in actions if _decisions(policies, boundary, one, requests)}
    if allowed - told:
        msg = f"{sorted(allowed - told)} of {case}"
        raise RefutedError(msg)
    figures = Counter({"policies": 1, "actions": len(actions), "requests": len(actions) * len(requests)})
    figures += Counter({"actions allowed, all told": len(allowed), "proved to read": int(found.is_proved)})
    likely = [] if allowed else chance.sample(sorted(told), min(len(told), LIKELY))
    if not found.is_proved and not allowed and not any(_decisions(policies, boundary, one, requests) for one in likely):
        figures += Counter({UNCONFIRMED: 1, f"of them: {_kind(policies, boundary, found, requests)}": 1})
    return figures


def _proof(policies: tuple[Policy, ...], boundary: Policy | None) -> ReadOnlyProof:
    many = [IdentityPolicy(f"policy {at}", one) for at, one in enumerate(policies)]
    return reads_only(allowed_by(many, None if boundary is None else IdentityPolicy("boundary", boundary)))


def _writes(chance: Random, policies: tuple[Policy, ...]) -> list[str]:
    """Up to a hundred actions that are not proved to read and that the pattern of some Allow matches."""
    found: set[str] = set()
    for statement in (one for policy in policies for one in policy.statements if one.effect == "Allow"):
        named = {action for pattern in statement.actions for action in expand(pattern)}
        found |= set(expand("*")) - named if statement.not_action else named
    writes = sorted(action for action in found if not judge_action(action).reads)
    return writes if len(writes) <= ACTIONS else chance.sample(writes, ACTIONS)


def _decisions(
    policies: tuple[Policy, ...],
    boundary: Policy | None,
    action: str,
    requests: tuple[tuple[str, Context], ...],
    *,
    until: str = "allow",
) -> bool:
    return any(evaluate(policies, action, on, context, boundary) == until for on, context in requests)


def _kind(
    policies: tuple[Policy, ...],
    boundary: Policy | None,
    told: ReadOnlyProof,
    requests: tuple[tuple[str, Context], ...],
) -> str:
    """Why nothing was found allowed, by what has to go for something to be."""
    if not told.beyond:
        return f"nothing but {', '.join(sorted({one.reason for one in told.unproved}))}"
    actions = [one.action for beyond in told.beyond for one in beyond.actions][:ACTIONS]

    def found(many: tuple[Policy, ...], limit: Policy | None, until: str = "allow") -> bool:
        return any(_decisions(many, limit, one, requests, until=until) for one in actions)

    bare = tuple(_unconditional(one) for one in policies)
    limit = None if boundary is None else _unconditional(boundary)
    free = tuple(_without_denies(one) for one in bare)
    tried = (
        (
            found(policies, boundary, "unknown"),
            "evaluate does not know: a variable, or a value not of the operator's type",
        ),
        (found(bare, boundary), "no context that was tried meets the conditions of the Allow"),
        (found(bare, limit), "no context that was tried meets the conditions of the boundary's Allow"),
        (found(free, limit), "Denies that leave nothing together, or leave what was not tried"),
        (found(free, None), "the boundary allows none of the resources that were tried"),
        (True, "no resource that was tried is one of the Allow's"),
    )
    return next(kind for is_so, kind in tried if is_so)


def _unconditional(policy: Policy) -> Policy:
    """The policy with its Allows under no condition."""
    statements = (replace(one, conditions=()) if one.effect == "Allow" else one for one in policy.statements)
    return replace(policy, statements=tuple(statements))


def _without_denies(policy: Policy) -> Policy:
    return replace(policy, statements=tuple(one for one in policy.statements if one.effect != "Deny"))
