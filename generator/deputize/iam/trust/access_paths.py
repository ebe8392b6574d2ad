"""Every way into a role that should not be: the requests its trust policy lets in beyond those that were meant.

Not a list of known mistakes: `trust.reach` gives one example for every kind of caller and external ID that the policy
can tell apart, and each is tried with each action. So where nothing is found, no such request gets in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from deputize.iam.arn import account_root
from deputize.iam.grammar import read_policy
from deputize.iam.limits import EXTERNAL_ID
from deputize.iam.policy import Policy
from deputize.iam.trust.callers import Caller, parse_caller
from deputize.iam.trust.evaluate import NOTHING, Context, judge_all
from deputize.iam.trust.intent import (
    ACTIONS,
    ASSUME_ROLE,
    VIOLATIONS,
    AssumeRequest,
    IntendedAccess,
    Trusted,
    intended_access,
    listed_ids,
)
from deputize.iam.trust.principals import is_deleted, stands_for
from deputize.iam.trust.reach import external_ids as told_apart
from deputize.iam.trust.reach import fitting, identities, is_not_enumerable

__all__ = ["AccessPath", "Trusted", "find_access_paths"]


@dataclass(frozen=True, slots=True)
class AccessPath:
    """One way in, with a request that shows it.

    kind: what is wrong, or "unknown": it cannot be ruled out. principal, external_id, action, context: arguments for
    :func:`deputize.iam.trust.evaluate_trust`; a principal that is not understood stands there as the policy names it.
    statements: indexes, from 0, of those that let it in. sentence: quotes no external ID, which may be another
    tenant's.
    """

    kind: str
    principal: str
    external_id: str | None
    action: str
    context: Context
    statements: tuple[int, ...]
    sentence: str


def find_access_paths(
    policy: Mapping[str, object] | str | Policy, trusted: Trusted, external_ids: tuple[str, ...]
) -> tuple[AccessPath, ...]:
    """Every way into a role with this trust policy but the meant one, one example of each kind.

    The meant one: sts:AssumeRole by `trusted`, with one of `external_ids`; and for them the session actions agreed on.
    Like `evaluate_trust` this judges the trust policy alone. Nothing found means that no other request by any principal
    of `trusted.partition`, with any external ID and in any context is allowed, and that nothing stayed unknown.
    """
    document = read_policy(policy, "trust")
    root = account_root(trusted.partition, trusted.account_id)
    fault = document.opaque_fault
    if fault is not None:
        sentence = f"The trust policy is not understood: {fault.sentence}."
        return (AccessPath("unknown", root, None, ASSUME_ROLE, NOTHING, (), sentence),)
    found = _tried_out(document, trusted, external_ids)
    return tuple(_one_by_one(document, trusted, external_ids)) if found is None else found


def _tried_out(policy: Policy, trusted: Trusted, external_ids: tuple[str, ...]) -> tuple[AccessPath, ...] | None:
    """None where the external ID or the caller is compared in a way of which not every example can be told."""
    ids, callers = _ids(policy, external_ids), callers_told_apart(policy, trusted)
    if ids is None or callers is None or is_not_enumerable(policy):
        return None
    tries = (AssumeRequest(*one) for one in product(callers, ids, ACTIONS))
    paths = tuple(_distinct(_found(policy, intended_access(policy, trusted, external_ids), tries)))
    told = {at for one in paths if one.kind == "unknown" for at in one.statements}
    return (*paths, *(one for one in _not_understood(policy) if told.isdisjoint(one.statements)))


def _one_by_one(policy: Policy, trusted: Trusted, external_ids: tuple[str, ...]) -> Iterator[AccessPath]:
    """What each Allow lets in, with all Denies: where the whole cannot be tried out, one statement hides no other."""
    for at, statement in enumerate(policy.statements):
        if statement.effect == "Deny":
            continue
        kept = tuple(n for n, one in enumerate(policy.statements) if n == at or one.effect == "Deny")
        alone = replace(policy, statements=tuple(policy.statements[n] for n in kept))
        found = _tried_out(alone, trusted, external_ids)
        if found is None:
            root = account_root(trusted.partition, trusted.account_id)
            how = "compares the external ID or the caller in a way that cannot be tried out whole"
            sentence = f"{_statements((at,))} may let somebody in: it, or a Deny, {how}."
            yield AccessPath("unknown", root, None, ASSUME_ROLE, NOTHING, (at,), sentence)
        else:
            yield from (_renumbered(one, kept) for one in found)


def _renumbered(found: AccessPath, kept: tuple[int, ...]) -> AccessPath:
    """With the numbers that its statements have in the whole policy. kept: by their number in the shorter one."""
    statements = tuple(kept[at] for at in found.statements)
    sentence = found.sentence.replace(_statements(found.statements), _statements(statements), 1)
    return replace(found, statements=statements, sentence=sentence)


def _not_understood(policy: Policy) -> Iterator[AccessPath]:
    """A way for each principal of whom it is not known who that is, so that no example can show him kept out."""
    for at, statement in enumerate(policy.statements):
        if statement.effect != "Allow" or statement.not_principal or statement.is_opaque:
            continue
        for who in statement.principals:
            known = who.is_anyone or is_deleted(who.kind, who.text)
            if not known and stands_for(who.kind, who.text) is None:
                sentence = f"{_statements((at,))} names a principal that is not understood: it may let in anybody."
                yield AccessPath("unknown", who.text, None, ASSUME_ROLE, NOTHING, (at,), sentence)


def _ids(policy: Policy, accepted: tuple[str, ...]) -> tuple[str | None, ...] | None:
    """The accepted ones first, then none at all, then one of every other kind, near misses before strangers."""
    examples = told_apart(policy, accepted)
    if examples is None:
        return None
    near = [other for one in accepted for other in (one.swapcase(), one[:-1], f"{one}0")]
    near += (one.replace("*", "any").replace("?", "x") for one in listed_ids(policy))
    return tuple(dict.fromkeys((*accepted, None, *filter(EXTERNAL_ID.admits, near), *examples)))


def callers_told_apart(policy: Policy, trusted: Trusted) -> tuple[Caller, ...] | None:
    """Those who are trusted first, then one of every other kind; None where they are too many."""
    own = f"arn:*:*::{trusted.account_id}:*"
    arns = identities(policy, trusted.partition, (own, *trusted.roles))
    if arns is None:
        return None
    named = [one for statement in policy.clear_statements for one in statement.principals]
    texts = (*arns, *_strangers(trusted, [who.text.lower() for who in named]))
    callers = [one for text in texts if (one := parse_caller(text)) is not None]
    callers += [
        one for who in named for one in (stands_for(who.kind, who.text), parse_caller(who.text)) if one is not None
    ]
    callers += [session for one in callers if (session := _session(one)) is not None]
    usable = {one for one in callers if one.kind != "account" and one.partition in (None, trusted.partition)}
    if any(fitting(policy, one) is None for one in usable):
        return None
    order = {kind: number for number, kind in enumerate(("role", "user", "session"))}
    return tuple(sorted(usable, key=lambda one: (not trusted.includes(one), order.get(one.kind, len(order)), one.text)))


def _strangers(trusted: Trusted, named: Iterable[str]) -> Iterator[str]:
    """A service and one provider of each sort that the policy does not name."""
    free = next(f"x{number}" for number in range(10**6) if not any(f"x{number}" in one for one in named))
    yield f"{free}.amazonaws.com"
    yield f"{free}.example.com"
    for sort in ("saml", "oidc"):
        yield f"arn:{trusted.partition}:iam::{trusted.account_id}:{sort}-provider/{free}"


def _session(caller: Caller) -> Caller | None:
    """A session of a role: a policy may name sessions, and names a role's sessions by the role's name."""
    if caller.kind != "role":
        return None
    return parse_caller(f"arn:{caller.partition}:sts::{caller.account}:assumed-role/{caller.name}/any-session")


def _found(policy: Policy, known: IntendedAccess, tries: Iterable[AssumeRequest]) -> Iterator[tuple[str, AccessPath]]:
    for one in tries:
        fault = known.violation(one)
        if fault is None:
            continue
        sent = () if one.external_id is None else (one.external_id,)
        decision = judge_all(policy, one.caller, sent, one.action)
        if decision.outcome not in ("allow", "unknown"):
            continue
        sure = decision.outcome == "allow"
        yield (
            fault,
            AccessPath(
                kind=fault if sure else "unknown",
                principal=one.caller.text,
                external_id=one.external_id,
                action=one.action,
                context=NOTHING,
                statements=decision.statements,
                sentence=f"{_statements(decision.statements)} {'' if sure else 'perhaps '}{VIOLATIONS[fault]}.",
            ),
        )


def _distinct(found: Iterable[tuple[str, AccessPath]]) -> Iterator[AccessPath]:
    """One of each kind, account and statements; what is known to get in before what cannot be ruled out."""
    first: dict[tuple[object, ...], AccessPath] = {}
    for fault, way in sorted(found, key=lambda one: one[1].kind == "unknown"):
        caller = parse_caller(way.principal)
        what = (fault, caller.account if caller is not None and fault == "other-account" else None)
        if way.kind != "unknown" or not any(seen[:2] == what for seen in first):
            first.setdefault((*what, way.statements), way)
    yield from first.values()


def _statements(statements: tuple[int, ...]) -> str:
    return "Statement " + " or ".join(str(at + 1) for at in statements) if statements else "The policy"
