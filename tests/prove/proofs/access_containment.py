"""Containment of access against `iam.evaluate`: 2,000 requests a pair look for what was said not to be there.

10,000 random pairs. What both are of one mind about is the reading of one request; that is proved elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from random import Random

from deputize.iam.actions import canonical
from deputize.iam.contain.documented import NO_RESOURCE, documented
from deputize.iam.contain.sides import Side, Widening
from deputize.iam.contain.widenings import widenings
from deputize.iam.evaluate import evaluate
from deputize.iam.policy import Policy
from prove.proof import Figures, RefutedError, proof
from prove.random_pairs import Pair, Sample, as_sample, random_pair, samples, statements_of

PAIRS = 25
MOST_UNTOLD = 0.1  # of one chunk's plain pairs; of all at most 2 % (see the figures)


@proof(seed=20261202, seconds=1500, chunks=400, share=1)
def access_containment(chance: Random) -> Figures:
    """What is proved no wider allows no request more, and each example is allowed by NEW and not by OLD."""
    figures: Counter[str] = Counter()
    for _ in range(PAIRS):
        figures += _judged(random_pair(chance), chance)
    if figures["plain, untold"] > MOST_UNTOLD * PAIRS:
        msg = f"{figures['plain, untold']} of {PAIRS} plain pairs are untold"
        raise RefutedError(msg)
    return dict(figures)


def _judged(pair: Pair, chance: Random) -> Counter[str]:
    old, new = pair.read()
    was, now = _Asked(old), _Asked(new)
    found = widenings(old, new)
    for one in found:
        if one.request is not None and not _is_wider(as_sample(one.request), was, now):
            msg = f"{one.request} is no example in {pair}"
            raise RefutedError(msg)
    kinds = {one.kind for one in found}
    requests = list(samples(chance, old, new))
    for sample in requests:
        if _is_wider(sample, was, now) and not _is_told(sample, found):
            msg = f"{sample} is not told of by {sorted(kinds)} in {pair}"
            raise RefutedError(msg)
    verdict = next((one for one in ("untold", "wider", "later", "undocumented") if one in kinds), "no wider")
    plain = "plain" if not _opaque_of(old, new) else "with set operators or variables"
    figures = Counter({"pairs": 1, "requests": len(requests), verdict: 1, f"{plain}, {verdict}": 1})
    for what in _opaque_of(old, new):
        figures += Counter({f"with {what}": 1, f"with {what}, untold": int(verdict == "untold")})
    return figures


class _Asked:
    """One side, asked about many requests: which statements an action on a resource can meet is found out once."""

    def __init__(self, side: Side) -> None:
        self._policies = tuple(_Bare(one.policy) for one in side.policies if one.policy is not None)
        self._boundary = None if side.boundary is None or side.boundary.policy is None else _Bare(side.boundary.policy)
        self._near: dict[tuple[str, str], tuple[list[Policy], Policy | None]] = {}

    def decision(self, sample: Sample) -> str:
        action, resource, context = sample
        if (action, resource) not in self._near:
            boundary = None if self._boundary is None else self._boundary.near(action, resource)
            self._near[action, resource] = [one.near(action, resource) for one in self._policies], boundary
        policies, boundary = self._near[action, resource]
        return evaluate(policies, action, resource, context, boundary)


class _Bare:
    """A policy, and each of its statements as an Allow without conditions."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._bare = [
            (one, replace(policy, statements=(replace(one, effect="Allow", conditions=()),)))
            for one in policy.statements
        ]

    def near(self, action: str, resource: str) -> Policy:
        """The policy without the statements that no request for the action on the resource can meet."""
        left = tuple(one for one, bare in self._bare if evaluate(bare, action, resource) != "implicit-deny")
        return replace(self._policy, statements=left)


def _is_wider(sample: Sample, old: _Asked, new: _Asked) -> bool:
    return new.decision(sample) == "allow" and old.decision(sample) in ("implicit-deny", "explicit-deny")


def _is_told(sample: Sample, found: tuple[Widening, ...]) -> bool:
    """Whether one of the kinds that were found is about such a request."""
    kinds = {one.kind for one in found}
    if "untold" in kinds:
        return True
    action = canonical(sample[0])
    if action is None:
        return "later" in kinds
    wanted = {"wider"} if _is_documented(action, sample) else {"wider", "undocumented"}
    return any(one.kind in wanted and action in one.actions for one in found)


def _is_documented(action: str, sample: Sample) -> bool:
    _, resource, context = sample
    known = documented(action)
    is_on = any(
        resource == NO_RESOURCE if one == NO_RESOURCE else _domain(one).fullmatch(resource) for one in known.domains
    )
    return is_on and all(known.may_carry(key) and values != ("",) for key, values in context.items())


def _domain(arn: str) -> re.Pattern[str]:
    *head, tail = (re.split(r"\$\{[^{}]*\}", part) for part in arn.split(":", 5))
    parts = [*("[^:]+".join(map(re.escape, part)) for part in head), ".+".join(map(re.escape, tail))]
    return re.compile(":".join(parts).replace(r"\*", ".*"), re.DOTALL)


def _opaque_of(*sides: Side) -> set[str]:
    """The set operators of both, and whether they have variables: what containment may leave untold."""
    statements = [one for side in sides for one in statements_of(side)]
    conditions = [condition for one in statements for condition in one.conditions]
    texts = [text for one in statements for text in one.resources]
    texts += [value for one in conditions for value in one.values]
    variables = {"variables"} if any("${" in one for one in texts) else set()
    return {one.operator for one in conditions if ":" in one.operator} | variables
