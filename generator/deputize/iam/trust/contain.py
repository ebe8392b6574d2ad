"""What one trust policy lets in that another does not: callers x external IDs x actions, as either tells them apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from deputize.iam.conditions import is_met
from deputize.iam.contain.cases import Bounds, StatementCase, difference
from deputize.iam.contain.documented import ANYTHING, UNSIGNED
from deputize.iam.contain.parts import TooManyCellsError
from deputize.iam.contain.situations import Atom, atoms_of
from deputize.iam.denials import Conditions
from deputize.iam.policy import VERSION, Condition, Policy, Statement
from deputize.iam.trust.callers import EXTERNAL_ID, PRINCIPAL_ARN, Caller, parse_caller
from deputize.iam.trust.evaluate import Decision, judge_all
from deputize.iam.trust.intent import ACTIONS, ASSUME_ROLE, listed_ids
from deputize.iam.trust.principals import concerns
from deputize.iam.trust.tries import Try, tries_of
from deputize.iam.variables import Found, resolve
from deputize.iam.wildcards import matches

TrustKind = Literal["wider", "untold"]
"""wider: a request that NEW allows and OLD does not. untold: nothing is proved, so it counts as wider."""

IdKind = Literal["none", "listed", "other"]
"""What the request sends as external ID: none, one that stands in NEW's trust policy, or another one."""


@dataclass(frozen=True, slots=True)
class TrustRequest:
    """One request. external_id: a tenant's, perhaps: it is for asking, not for printing.

    context: further condition keys, in small letters, with their values; none for one that it does not have.
    """

    principal: str
    external_id: str | None
    action: str
    context: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class TrustWidening:
    """Whom NEW lets in, and OLD does not.

    statements: indexes of those of NEW that let them in, or may. who: the kind of caller and the account, "" where it
    is one that NEW does not name. sends: what the request sends as external ID; id_place: its place, from 0, among
    those that NEW lists (`intent.listed_ids`), None where it is none of them. actions: of STS. request: an example,
    about which `trust_decision` says that NEW allows it and OLD does not; None where nothing is proved. why: the end of
    a sentence, which quotes no external ID.
    """

    kind: TrustKind
    statements: tuple[int, ...]
    who: tuple[str, str]
    sends: IdKind
    id_place: int | None
    actions: tuple[str, ...]
    request: TrustRequest | None = None
    why: str = ""


_NOT_TRIED = "who calls, or the external ID, is compared in a way that cannot be tried out whole, so nothing is proved"
_TOO_MANY = "there is too much to tell apart, so nothing is proved"
_FREE = "something that is not understood, a set operator or a policy variable decides, so nothing is proved"
_UNREAD = "a trust policy is not understood, so nothing is proved"


def trust_widenings(old: Policy, new: Policy) -> tuple[TrustWidening, ...]:
    """Everyone whom `new` lets in and `old` does not, grouped; none is a proof that there is nobody."""
    if _is_within(new, old):
        return ()
    if old.opaque_fault is not None or new.opaque_fault is not None:
        return (_untold(new, _UNREAD),)
    both = replace(old, statements=(*old.statements, *new.statements), version=VERSION)
    tries, is_whole = tries_of(both)
    found = tuple(_TrustComparison(old, new).found(tries))
    return (*found, *(() if is_whole else (_untold(new, _NOT_TRIED),)))


def trust_decision(policy: Policy, request: TrustRequest) -> Decision:
    """What a trust policy says of a request; the ID reaches every action that comes with the call that carries it."""
    caller = parse_caller(request.principal)
    if caller is None:
        raise ValueError(request.principal)
    given: dict[str, Found] = dict(request.context)
    if PRINCIPAL_ARN in given and caller.arn is None:
        caller = caller.with_arn(dict(request.context)[PRINCIPAL_ARN][0])
    sent = () if request.external_id is None else (request.external_id,)
    asked = sent if request.action == ASSUME_ROLE or not sent else None
    return judge_all(policy, caller, asked, request.action, {**given, EXTERNAL_ID: sent})


def _untold(new: Policy, why: str) -> TrustWidening:
    return TrustWidening("untold", tuple(range(len(new.statements))), ("anyone", ""), "none", None, (), why=why)


def _is_within(new: Policy, old: Policy) -> bool:
    """Whether each Allow of NEW is one of OLD, and each Deny of OLD one of NEW, as they are written."""
    if old.opaque_fault is not None or new.opaque_fault is not None:
        return new is old
    was, now = _said(old), _said(new)
    return {one for one in now if one[0] == "Allow"} <= was and {one for one in was if one[0] == "Deny"} <= now


def _said(policy: Policy) -> set[tuple[object, ...]]:
    """What the statements say, whatever their order, Sids and spelling; what is not understood is only itself."""
    return {_key(one, policy) for one in policy.statements}


def _key(one: Statement, policy: Policy) -> tuple[object, ...]:
    if one.is_opaque or one.effect is None:
        return "Allow", id(one)
    atoms = frozenset(atoms_of(Conditions(one.conditions, policy.has_variables), ()))
    actions = frozenset(action.lower() for action in one.actions)
    return one.effect, one.not_principal, frozenset(one.principals), one.not_action, actions, atoms


@dataclass(frozen=True, slots=True)
class _TrustComparison:
    old: Policy
    new: Policy

    def found(self, tries: Iterable[Try]) -> Iterator[TrustWidening]:
        """The widenings, one for each kind of caller and of ID."""
        listed = tuple(dict.fromkeys(listed_ids(self.new)))
        groups: dict[tuple[object, ...], TrustWidening] = {}
        for caller, sent, action in tries:
            one = self._tried(caller, sent, action, listed)
            if one is None:
                continue
            key = one.kind, one.who, one.sends, one.id_place, one.why
            known = groups.setdefault(key, one)
            actions = tuple(name for name in ACTIONS if name in {*known.actions, *one.actions})
            statements = tuple(sorted({*known.statements, *one.statements}))
            groups[key] = replace(known, actions=actions, statements=statements)
        sure = {key[1:4] for key in groups if key[0] == "wider"}
        # What is not known of somebody who may enter anyway adds nothing.
        yield from (one for key, one in groups.items() if one.kind == "wider" or key[1:4] not in sure)

    def _tried(self, caller: Caller, sent: str | None, action: str, listed: tuple[str, ...]) -> TrustWidening | None:
        cases = frozenset(self._cases(caller, sent, action))
        try:
            known = ANYTHING if caller.is_aws else UNSIGNED
            found = difference(cases, known, Bounds())
            why = _FREE
        except TooManyCellsError:
            found, why = ((), False), _TOO_MANY
        if found is None:
            return None
        context, is_sure = found
        absent: dict[str, tuple[str, ...]] = {atom.key: () for case in cases for atom in case.atoms if not atom.is_free}
        request = _request(caller, sent, action, absent | {key: (value,) for key, value in context})
        decisions = trust_decision(self.old, request).outcome, trust_decision(self.new, request)
        is_sure = is_sure and decisions[1].outcome == "allow" and decisions[0] in ("implicit-deny", "explicit-deny")
        place = listed.index(sent) if sent in listed else None
        sends: IdKind = "none" if sent is None else "other" if place is None else "listed"
        who, statements = _who(caller, self.new), decisions[1].statements
        if is_sure:
            return TrustWidening("wider", statements, who, sends, place, (action,), request)
        return TrustWidening("untold", statements, who, sends, place, (action,), why=why)

    def _cases(self, caller: Caller, sent: str | None, action: str) -> Iterator[StatementCase]:
        found: Found = () if sent is None else (sent,)
        keys = {key: one for key, one in caller.keys(found, action).items() if one is not None} | {EXTERNAL_ID: found}
        for policy, is_new in ((self.old, False), (self.new, True)):
            for one in policy.statements:
                atoms = _atoms(one, policy, caller, action, keys)
                if atoms is not None:
                    effects = ("Allow", "Deny") if one.effect is None else (one.effect,)
                    for effect in effects:
                        allows = effect == "Allow"
                        yield StatementCase(is_new, "identity", allows, atoms, is_own=is_new and allows)


def _atoms(
    one: Statement, policy: Policy, caller: Caller, action: str, keys: Mapping[str, Found]
) -> frozenset[Atom] | None:
    """What must hold for a statement to apply to a request; None where it does not apply."""
    if one.is_opaque or one.effect is None:
        return frozenset((Atom.of_what(f"statement {id(one)}"),))
    is_named = any(matches(pattern.lower(), action.lower()) for pattern in one.actions)
    is_about = concerns(one, caller)
    if is_named is one.not_action or is_about is False:
        return None
    who = Atom.of_what(f"principals {one.not_principal} {sorted(map(repr, one.principals))}")
    found = (who,) if is_about is None else ()
    left = []
    for condition in one.conditions:
        truth = _truth(condition, policy, one, keys)
        if truth is False:
            return None
        if truth is None:
            left.append(condition)
    more = atoms_of(Conditions(tuple(left), policy.has_variables), ())
    return frozenset((*found, *(replace(one, is_free=True) if keys.get(one.key) is not None else one for one in more)))


def _truth(condition: Condition, policy: Policy, statement: Statement, keys: Mapping[str, Found]) -> bool | None:
    """Whether a condition is met by what is known of the request; None where that is not enough."""

    def replaced(text: str) -> Found:
        return resolve(text, keys.get) if policy.has_variables else (text,)

    same = [
        one
        for one in statement.conditions
        if (one.operator, one.key.lower()) == (condition.operator, condition.key.lower())
    ]
    found = keys.get(condition.key.lower())
    return None if found is None or len(same) > 1 else is_met(condition.operator, condition.values, found, replaced)


def _request(caller: Caller, sent: str | None, action: str, context: Mapping[str, tuple[str, ...]]) -> TrustRequest:
    known = dict(context)
    if caller.arn is not None and caller.kind == "session":
        known[PRINCIPAL_ARN] = (caller.arn,)
    return TrustRequest(caller.text, sent, action, tuple(sorted(known.items())))


def _who(caller: Caller, new: Policy) -> tuple[str, str]:
    """The caller as NEW names it: itself, its role, its account, or not at all."""
    named = {who.text for one in new.clear_statements for who in one.principals}
    if not caller.is_aws:
        return caller.kind, caller.text if caller.text in named else ""
    if caller.kind != "root" and caller.text in named:
        return caller.kind, caller.text
    if caller.kind == "session" and caller.arn in named:
        return "role", caller.arn or ""
    accounts = {known.account for text in named if (known := parse_caller(text)) is not None}
    return ("account", caller.account or "") if caller.account in accounts else ("anyone", "")
