"""One request judged by one trust policy as AWS documents it, in three values: what is not known is not guessed.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from deputize.iam.conditions import all_of, is_met
from deputize.iam.grammar import read_policy
from deputize.iam.operators import Truth
from deputize.iam.policy import Condition, Policy, Statement
from deputize.iam.trust.callers import EXTERNAL_ID, PRINCIPAL_ARN, Caller, parse_caller
from deputize.iam.trust.principals import concerns
from deputize.iam.trust.reach import fitting, is_not_enumerable, mixes_callers
from deputize.iam.variables import Found, resolve
from deputize.iam.wildcards import matches

Outcome = Literal["allow", "implicit-deny", "explicit-deny", "unknown"]
Context = Mapping[str, str | Sequence[str]]

NOTHING: Context = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Decision:
    """What a trust policy says about one request.

    statements: indexes, from 0, of the statements that decide: those that deny, those that allow, or those about which
    something is not known. sentence: the same for people; it quotes nothing of the policy or the request.
    """

    outcome: Outcome
    statements: tuple[int, ...]
    sentence: str


def evaluate_trust(
    policy: Mapping[str, object] | str | Policy,
    *,
    principal: str,
    external_id: str | None = None,
    action: str = "sts:AssumeRole",
    context: Context = NOTHING,
) -> Decision:
    """What the trust policy alone says about one request to its role.

    Assuming a role of another account needs more than its trust policy: an identity policy of the caller must allow
    sts:AssumeRole as well, and no boundary, session, service or resource control policy may forbid it
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html). So
    "allow" means: nothing on this side keeps it out.

    policy: any trust policy, as JSON text or as parsed. principal: the ARN of a user, role, assumed-role or federated-
    user session, account root or identity provider, the host name of an AWS service or web identity provider, or an
    account ID: somebody in it, so "allow" and the denials then mean everybody in it. A role's ARN is any session of it.
    external_id: None when none is sent. context: more condition keys of the request, () for one that it does not have;
    every key that neither this nor the principal settles is unknown. A session's ARN does not tell its role's path:
    give aws:PrincipalArn (the role's ARN) where the policy asks for it.

    Never raises for what a policy holds: what is not understood gives "unknown" unless the rest decides anyway. Raises
    ValueError when `context` contradicts the other arguments.
    """
    document = read_policy(policy, "trust")
    caller = parse_caller(principal)
    if caller is None:
        return Decision("unknown", (), "The principal is neither an ARN, an account ID nor a host name.")
    given = _given(context)
    caller = _with_given_arn(caller, given)
    sent: Found = () if external_id is None else (external_id,)
    clash = sorted(
        key for key, one in caller.keys(sent, action).items() if one is not None and given.get(key, one) != one
    )
    if clash:
        msg = f"context contradicts the other arguments: {', '.join(clash)}"
        raise ValueError(msg)
    return judge_all(document, caller, sent, action, given)


def judge_all(
    policy: Policy,
    caller: Caller,
    external_id: Found,
    action: str,
    given: Mapping[str, Found] = MappingProxyType({}),
) -> Decision:
    """What `policy` says about a request of everyone who `caller` may be; given: more condition keys, in lower case."""
    everybody = None if is_not_enumerable(policy) or mixes_callers(policy) else fitting(policy, caller)
    return _joined(_judged(policy, one, external_id, action, given) for one in everybody or (caller,))


def deciding_conditions(
    policy: Policy, caller: Caller, external_id: Found, action: str
) -> tuple[tuple[int, Condition], ...]:
    """The conditions by which it is decided whether a request gets in, each with its statement's index from 0.

    They are those of each Allow about the caller that the request is not known to meet, but for statements that ask for
    another external ID; and those of each Deny about the caller that it may meet.
    """
    keys = {key: one for key, one in caller.keys(external_id, action).items() if one is not None}
    found: list[tuple[int, Condition]] = []
    for at, statement in enumerate(policy.statements):
        if statement.is_opaque or not _is_about(statement, caller, action):
            continue
        truths = [(one, _is_met(policy, one, keys)) for one in statement.conditions]
        if statement.effect == "Deny":
            found += [(at, one) for one, _ in truths if all(truth is not False for _, truth in truths)]
        elif not any(truth is False and one.key.lower() == EXTERNAL_ID for one, truth in truths):
            found += [(at, one) for one, truth in truths if truth is not True]
    return tuple(found)


def _judged(policy: Policy, caller: Caller, external_id: Found, action: str, given: Mapping[str, Found]) -> Decision:
    fault = policy.opaque_fault
    if fault is not None:
        return Decision("unknown", (), f"The trust policy is not understood: {fault.sentence}.")
    if not caller.can_call(action):
        return Decision("implicit-deny", (), "STS does not take this action from this kind of principal.")
    keys = {**given, **{key: one for key, one in caller.keys(external_id, action).items() if one is not None}}
    said = [(one, _applies(policy, one, caller, action, keys)) for one in policy.statements]

    def are(*wanted: tuple[str | None, Truth]) -> tuple[int, ...]:
        return tuple(at for at, (one, applies) in enumerate(said) if (one.effect, applies) in wanted)

    may_deny, may_allow = are(("Deny", None), (None, None)), are(("Allow", None), (None, None))
    return _decided(are(("Deny", True)), are(("Allow", True)), may_deny, may_allow)


def _decided(
    denies: tuple[int, ...], allows: tuple[int, ...], may_deny: tuple[int, ...], may_allow: tuple[int, ...]
) -> Decision:
    if denies:
        return Decision("explicit-deny", denies, f"{_named(denies)} denies it.")
    if not allows and not may_allow:
        return Decision("implicit-deny", (), "No statement allows it.")
    if allows and not may_deny:
        return Decision("allow", allows, f"{_named(allows)} allows it.")
    open_ones = tuple(sorted({*may_deny, *(() if allows else may_allow)}))
    return Decision("unknown", open_ones, f"It is not known whether {_named(open_ones)} applies.")


def _named(statements: tuple[int, ...]) -> str:
    return "Statement " + " or ".join(str(at + 1) for at in statements)


def _joined(decisions: Iterable[Decision]) -> Decision:
    """What can be said of a caller of whom only some things are known: what is so for each that it may be."""
    found = tuple(dict.fromkeys(decisions))
    outcomes = {one.outcome for one in found}
    if len(outcomes) == 1:
        return found[0]
    if outcomes <= {"implicit-deny", "explicit-deny"}:
        return Decision("implicit-deny", (), "No statement allows it.")
    statements = tuple(sorted({at for one in found for at in one.statements}))
    return Decision("unknown", statements, "It depends on who in the account, or which role of that name, calls.")


def _applies(policy: Policy, statement: Statement, caller: Caller, action: str, keys: Mapping[str, Found]) -> Truth:
    if statement.is_opaque and not statement.has_clear_actions:
        return None
    if not _names(statement, action):
        return False
    if statement.is_opaque:
        return None
    return all_of((concerns(statement, caller), *_conditions(policy, statement.conditions, keys)))


def _is_about(statement: Statement, caller: Caller, action: str) -> bool:
    """Whether it may be about this caller's request, whatever its conditions."""
    return _names(statement, action) and concerns(statement, caller) is not False


def _names(statement: Statement, action: str) -> bool:
    named = any(matches(pattern.lower(), action.lower()) for pattern in statement.actions)
    return named is not statement.not_action


def _is_met(policy: Policy, condition: Condition, keys: Mapping[str, Found]) -> Truth:
    def replaced(text: str) -> Found:
        return resolve(text, keys.get) if policy.has_variables else (text,)

    return is_met(condition.operator, condition.values, keys.get(condition.key.lower()), replaced)


def _conditions(policy: Policy, conditions: tuple[Condition, ...], keys: Mapping[str, Found]) -> Iterable[Truth]:
    truths: dict[tuple[str, str], set[Truth]] = {}
    for one in conditions:
        truths.setdefault((one.operator, one.key.lower()), set()).add(_is_met(policy, one, keys))
    # The same key twice, in two spellings: AWS does not say which one counts.
    return (found.pop() if len(found) == 1 else None for found in truths.values())


def _given(context: Context) -> dict[str, Found]:
    return {key.lower(): (one,) if isinstance(one, str) else tuple(one) for key, one in context.items()}


def _with_given_arn(caller: Caller, given: Mapping[str, Found]) -> Caller:
    arn = given.get(PRINCIPAL_ARN)
    if caller.arn is not None or not caller.is_aws or not arn or len(arn) > 1:
        return caller
    whose = parse_caller(arn[0])
    of_session = whose is not None and (whose.kind, whose.name) == ("role", caller.name)
    if whose is None or whose.account != caller.account or (caller.kind == "session" and not of_session):
        msg = f"context contradicts the other arguments: {PRINCIPAL_ARN}"
        raise ValueError(msg)
    return caller.with_arn(arn[0])
