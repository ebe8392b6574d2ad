"""Assign each unintended access path to the element that allows it: the finding stands there, with its request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from deputize.checks.access.statements import named
from deputize.checks.rule import Hit
from deputize.checks.trust.access_paths import (
    StatementPath,
    accepted_ids,
    access_paths,
    concerns_others,
    too_large_to_evaluate,
)
from deputize.checks.trust.case import RoleTrust, own_option
from deputize.checks.trust.faults import access_faults, form_faults, statement_faults
from deputize.checks.trust.parameter_values import chosen_cases
from deputize.checks.trust.reasons import UNREADABLE, About, Fault, Reason
from deputize.checks.trust.vendor import NOT_TRIED, VendorAccess, is_spelt_otherwise, vendor_access
from deputize.iam.policy import Path, Principal, Statement, path_of
from deputize.iam.trust.callers import parse_caller
from deputize.iam.trust.intent import ASSUME_ROLE, VIOLATIONS
from deputize.iam.trust.statements import (
    allows_assume_role,
    id_conditions,
    may_allow,
    names_any_provider,
    only_marks_sessions,
)
from deputize.iam.wildcards import matches
from deputize.model.display import shown

_ABOUT: Mapping[str, About] = {
    "anyone": "who",
    "other-account": "who",
    "other-role": "who",
    "service": "who",
    "federated": "who",
    "other-action": "action",
}
_ANY = {"service": "any AWS service", "provider": "anybody for whom an identity provider vouches"}
_WHO = (Reason.ANYONE, Reason.MALFORMED_PRINCIPAL)
_SENT = {
    "other-case": "with the external ID in another case",
    "prefix": "with the beginning of the external ID",
    "longer": "with the external ID and something behind it",
}


@dataclass(frozen=True, slots=True)
class JudgedTrust:
    """A role's trust policy as judged.

    paths: every access path that is not meant. too_large: why it is too much to be tried out, in words, or None.
    hits: for each reason the places of the elements that let somebody in, or are wrong by themselves. vendor: whether
    the expected vendor may assume the role, and with what; not known when none is expected, or nothing was tried.
    """

    case: RoleTrust
    paths: tuple[StatementPath, ...] = ()
    too_large: str | None = None
    hits: Mapping[Reason, tuple[Hit, ...]] = field(default_factory=dict)
    vendor: VendorAccess = NOT_TRIED


def judge_trust(case: RoleTrust) -> JudgedTrust:
    """Find every unintended access path, and assign each to the element that allows it."""
    paths, too_large = _tried(case)
    found = _found(case, paths, too_large)
    for other, said in chosen_cases(case):
        for (reason, path), hit in _found(other, *_tried(other)).items():
            if reason in _WHO and path in said:
                found.setdefault((reason, path), case.hit(f"{said[path]}, {hit.message}", path))
    hits: dict[Reason, tuple[Hit, ...]] = {}
    for (reason, _), hit in found.items():
        hits[reason] = (*hits.get(reason, ()), hit)
    is_tried = bool(case.expected_vendors) and too_large is None
    return JudgedTrust(case, paths, too_large, hits, vendor_access(case) if is_tried else NOT_TRIED)


def form_of(case: RoleTrust) -> JudgedTrust:
    """A trust policy whose form alone is judged: nobody looked for access paths."""
    hits: dict[Reason, tuple[Hit, ...]] = {}
    for fault in form_faults(case):
        hits[fault.reason] = (*hits.get(fault.reason, ()), case.hit(fault.what, fault.path, key=fault.key))
    return JudgedTrust(case, hits=hits)


def hits_of(reason: Reason) -> Callable[[JudgedTrust], Iterator[Hit]]:
    """The check of a rule about the elements that let somebody in, or are wrong by themselves, for that reason."""
    return lambda trust: iter(trust.hits.get(reason, ()))


def of_case(check: Callable[[RoleTrust], Iterator[Hit]]) -> Callable[[JudgedTrust], Iterator[Hit]]:
    """The check of a rule about what the policy says, whoever can assume the role by it."""
    return lambda trust: check(trust.case)


def _tried(case: RoleTrust) -> tuple[tuple[StatementPath, ...], str | None]:
    """Every access path that is not meant; or none, and why the policy is too much to be tried out."""
    too_large = too_large_to_evaluate(case)
    return (tuple(access_paths(case)) if too_large is None else ()), too_large


def _found(case: RoleTrust, paths: tuple[StatementPath, ...], too_large: str | None) -> dict[tuple[Reason, Path], Hit]:
    found: dict[tuple[Reason, Path], Hit] = {}
    if too_large is not None:
        found[Reason.UNPROVED, ()] = case.hit(too_large, ())
    for access_path in paths:
        fault = _cause(case, access_path)
        if fault.reason is Reason.MALFORMED_PRINCIPAL and access_path.found.kind == "unknown":
            continue  # IAM refuses the policy, so no request can show it; the fault is told by itself
        what = f"{fault.what}: so {_example(case, access_path)}"
        hit = replace(case.hit(what, fault.path, key=fault.key), mend=_own_mend(case, access_path, fault))
        found.setdefault((fault.reason, fault.path), hit)
    for fault in _by_themselves(case):
        found.setdefault((fault.reason, fault.path), case.hit(fault.what, fault.path, key=fault.key))
    return found


def _own_mend(case: RoleTrust, access_path: StatementPath, fault: Fault) -> str | None:
    """What to do where a role of AWS's own tools is named: they send no external ID, so to ask for one breaks them."""
    named_as = (case.made_by(one.text) for one in (access_path.statement.principals if access_path.statement else ()))
    tool = next(filter(None, named_as), "")
    if fault.reason is not Reason.ID_MISSING or not tool:
        return None
    account = access_path.trusted.account
    whose = next((one for one in case.document.unknowns if account in one.stand_in), None)
    own = account if whose is None else own_option(whose)
    return f"if it is your own account, from which {tool} reaches this one, say --own-account {own}; else remove it"


def _by_themselves(case: RoleTrust) -> Iterator[Fault]:
    yield from form_faults(case)
    for statement in case.statements:
        if only_marks_sessions(statement):
            continue
        if may_allow(statement) and (concerns_others(case, statement) or names_any_provider(statement)):
            yield from (fault for fault in access_faults(case, statement) if fault.sure)


def _cause(case: RoleTrust, access_path: StatementPath) -> Fault:
    statement, about = access_path.statement, _about(access_path)
    if statement is None:
        allows = (one for one in case.statements if may_allow(one))
        suspects = (*form_faults(case), *(fault for one in allows for fault in access_faults(case, one)))
        return next(
            (fault for fault in suspects if fault.about != "nothing"),
            Fault(Reason.UNPROVED, "allows more than can be ruled out", (), about),
        )
    faults = (*statement_faults(statement), *access_faults(case, statement))
    fitting = [fault for fault in faults if fault.about == about]
    if access_path.found.kind == "unknown":
        # A statement that is not understood may mean anything; so may a Deny.
        others = (fault for one in case.statements if not may_allow(one) for fault in statement_faults(one))
        formal_ones = (*(fault for fault in (*faults, *others) if fault.about == "form"), *_troubles(case, statement))
        fitting += formal_ones if about != "who" or not fitting else ()
    if fitting:
        return fitting[0]
    if about == "id" and not id_conditions(statement):
        return _missing(case, statement)
    return _unexpected(case, access_path, statement) or Fault(
        Reason.UNPROVED, "allows more than can be ruled out", statement.path, about
    )


def _unexpected(case: RoleTrust, access_path: StatementPath, statement: Statement) -> Fault | None:
    """What allows somebody, or an ID, that nobody expected, where nothing is odd about the statement itself."""
    kind, about, sent = access_path.found.kind, _about(access_path), access_path.found.external_id
    known = set(case.expected_ids)
    if known and sent is not None and sent not in known and sent in accepted_ids(case, statement):
        kind = "second-id"
    if kind == "other-role":
        return Fault(Reason.UNEXPECTED_ROLE, VIOLATIONS[kind], statement.path, about)
    if kind == "second-id":
        path = next((path_of(one) for one in accepted_ids(case, statement) if one not in known), statement.path)
        spelt = " as it is spelt: the expected one in another case" if is_spelt_otherwise(case, sent) else ""
        return Fault(Reason.ID_UNEXPECTED, f"accepts an external ID that is not expected{spelt}", path, about)
    if kind == "other-action":
        allowed = [one for one in statement.actions if matches(one.lower(), access_path.found.action.lower())]
        path = path_of(allowed[0]) if allowed else statement.path
        return Fault(Reason.ACTIONS, f"allows {access_path.found.action}, which was not agreed on", path, about)
    who = next(
        (one for one in statement.principals if about == "who" and _is_named(one, access_path.found.principal)), None
    )
    if who is None or not case.expected_vendors:
        return None
    return Fault(
        Reason.UNEXPECTED_PRINCIPAL, f"trusts {_named(case, who)}, which is no expected vendor", who.path, about
    )


def _is_named(principal: Principal, text: str) -> bool:
    """Whether a principal is, or is the whole account of, the caller `text`."""
    named_caller, caller = parse_caller(principal.text), parse_caller(text)
    same_account = (
        named_caller is not None and caller is not None and named_caller.account == caller.account is not None
    )
    return principal.text == text or same_account


def _named(case: RoleTrust, principal: Principal) -> str:
    caller = parse_caller(principal.text)
    if principal.kind == "AWS" and caller is not None and caller.account is not None:
        chosen = case.unknown_account(principal.text)
        if chosen is not None:
            return f"the account of {case.label(chosen)}"
        return "its own account" if case.is_own(caller.account) else f"account {caller.account}"
    return shown(named(principal.text, case.document.unknowns), 120)


def _troubles(case: RoleTrust, statement: Statement) -> Iterator[Fault]:
    for fault in form_faults(case):
        if fault.reason in UNREADABLE and fault.path[:2] in ((), statement.path[:2]):
            yield fault


def _about(access_path: StatementPath) -> About:
    found = access_path.found
    if found.kind != "unknown":
        return _ABOUT.get(found.kind, "id")
    caller = parse_caller(found.principal)
    if caller is None or caller.account != access_path.trusted.account:
        return "who"
    return "id" if found.action == ASSUME_ROLE else "action"


def _missing(case: RoleTrust, statement: Statement) -> Fault:
    """No condition on the external ID: whether another statement has it says what its author meant."""
    others = [one for one in case.statements if may_allow(one) and id_conditions(one) and one is not statement]
    if any(allows_assume_role(one) for one in others):
        reason, what = (
            Reason.ID_SKIPPED,
            "lets somebody assume the role without an external ID, beside a statement that asks for it",
        )
    elif others:
        what = "lets somebody assume the role without an external ID"
        what = f"{what}; it is asked for in statement {others[0].index + 1} alone"
        reason, what = Reason.ID_ELSEWHERE, f"{what}, by which nobody assumes the role"
    else:
        reason, what = Reason.ID_MISSING, "lets somebody assume the role without an external ID"
    return Fault(reason, what, statement.path, "id")


def _example(case: RoleTrust, access_path: StatementPath) -> str:
    """Who can assume the role, and with what. No external ID is quoted, for it may be a tenant's."""
    found = access_path.found
    may = "may be able to assume the role" if found.kind == "unknown" else "can assume the role"
    by = "" if found.action == ASSUME_ROLE else f" by {found.action}"
    return f"{_person(case, access_path)} {may} {_sent(case, access_path)}{by}"


def _person(case: RoleTrust, access_path: StatementPath) -> str:
    text = access_path.found.principal
    caller = parse_caller(text)
    if caller is not None and caller.kind in _ANY and not any(text in one.text for one in _principals(case)):
        return _ANY[caller.kind]  # the example's own name is made up
    account = None if caller is None or caller.account == case.own_account else caller.account
    # The stand-in of a whole principal is its account's root, and this is somebody else there.
    chosen = next((one for one in case.document.unknowns if account is not None and account in one.stand_in), None)
    if chosen is None or account is None:
        return shown(named(text, case.document.unknowns), 120)
    text = named(text.replace(account, "ACCOUNT"), case.document.unknowns)
    return f"{shown(text, 120)} of {case.label(chosen)}"


def _principals(case: RoleTrust) -> Iterator[Principal]:
    return (one for statement in case.statements for one in statement.principals)


def _sent(case: RoleTrust, access_path: StatementPath) -> str:
    sent = access_path.found.external_id
    if sent is None:
        return "with no external ID"
    if sent in access_path.accepted:
        chosen = case.unknown(sent)
        return "with the external ID of the policy" if chosen is None else f"with {case.label(chosen)}"
    return _SENT.get(access_path.found.kind, "with an external ID that is not the policy's")
