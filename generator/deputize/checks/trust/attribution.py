"""Each way into a role, laid to what opens it: the finding stands there, and the way is its counterexample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from deputize.checks.access.statements import named
from deputize.checks.placed import HitThere
from deputize.checks.rules.trust_grammar import About, Fault, entry_faults, form_faults, statement_faults
from deputize.checks.trust.access_paths import Way, beyond_trying, concerns_others, ways_in
from deputize.checks.trust.case import TrustCase
from deputize.checks.trust.parameter_values import chosen_cases
from deputize.iam.policy import Path, Statement
from deputize.iam.trust.callers import parse_caller
from deputize.iam.trust.intent import ASSUME_ROLE
from deputize.iam.trust.statements import allows_assume_role, id_conditions, may_allow, names_any_provider
from deputize.model.display import shown

_ABOUT: Mapping[str, About] = {
    "anyone": "who",
    "other-account": "who",
    "other-role": "who",
    "service": "who",
    "federated": "who",
    "other-action": "action",
}
_WHO = ("trust-anyone", "trust-principal-malformed")
_SENT = {
    "other-case": "with the external ID in another case",
    "prefix": "with the beginning of the external ID",
    "longer": "with the external ID and something behind it",
}


@lru_cache(maxsize=1)
def caused(case: TrustCase) -> Mapping[str, tuple[HitThere, ...]]:
    """The hits of every rule about who enters, by the rule's ID; one for each place."""
    found = _found(case)
    for other, said in chosen_cases(case):
        for (rule, path), hit in _found(other).items():
            if rule in _WHO and path in said:
                found.setdefault((rule, path), case.hit(f"{said[path]}, {hit.what}", path))
    hits: dict[str, tuple[HitThere, ...]] = {}
    for (rule, _), hit in found.items():
        hits[rule] = (*hits.get(rule, ()), hit)
    return hits


def _found(case: TrustCase) -> dict[tuple[str, Path], HitThere]:
    found: dict[tuple[str, Path], HitThere] = {}
    beyond = beyond_trying(case)
    if beyond is not None:
        found["trust-unproved", ()] = case.hit(beyond, ())
    for way in ways_in(case) if beyond is None else ():
        fault = _cause(case, way)
        what = f"{fault.what}: so {_example(case, way)}"
        found.setdefault((fault.rule, fault.path), case.hit(what, fault.path, key=fault.key))
    for fault in _by_themselves(case):
        found.setdefault((fault.rule, fault.path), case.hit(fault.what, fault.path, key=fault.key))
    return found


def _by_themselves(case: TrustCase) -> Iterator[Fault]:
    yield from form_faults(case)
    for statement in case.statements:
        if may_allow(statement) and (concerns_others(case, statement) or names_any_provider(statement)):
            yield from (fault for fault in entry_faults(case, statement) if fault.sure)


def _cause(case: TrustCase, way: Way) -> Fault:
    statement = way.statement
    faults = (*statement_faults(statement), *entry_faults(case, statement))
    about = _about(way)
    fitting = [fault for fault in faults if fault.about == about]
    if way.found.kind == "unknown":
        # A statement that is not understood may mean anything; so may a Deny.
        others = (fault for one in case.statements if not may_allow(one) for fault in statement_faults(one))
        formal = (*(fault for fault in (*faults, *others) if fault.about == "form"), *_troubles(case, statement))
        fitting += formal if about != "who" or not fitting else ()
    if fitting:
        return fitting[0]
    if about == "id" and not id_conditions(statement):
        return _missing(case, statement)
    return Fault("trust-unproved", "lets in more than can be ruled out", statement.path, about)


def _troubles(case: TrustCase, statement: Statement) -> Iterator[Fault]:
    for fault in form_faults(case):
        if fault.rule == "trust-not-understood" and fault.path in ((), statement.path):
            yield fault


def _about(way: Way) -> About:
    found = way.found
    if found.kind != "unknown":
        return _ABOUT.get(found.kind, "id")
    caller = parse_caller(found.principal)
    if caller is None or caller.account != way.home.account:
        return "who"
    return "id" if found.action == ASSUME_ROLE else "action"


def _missing(case: TrustCase, statement: Statement) -> Fault:
    """No condition on the external ID: whether another statement has it says what its author meant."""
    others = [one for one in case.statements if may_allow(one) and id_conditions(one) and one is not statement]
    if any(allows_assume_role(one) for one in others):
        rule, what = "trust-id-skipped", "lets somebody in without an external ID, beside a statement that asks for it"
    elif others:
        what = f"lets somebody in without an external ID; it is asked for in statement {others[0].index + 1} alone"
        rule, what = "trust-id-elsewhere", f"{what}, by which nobody enters"
    else:
        rule, what = "trust-id-missing", "lets somebody in without an external ID"
    return Fault(rule, what, statement.path, "id")


def _example(case: TrustCase, way: Way) -> str:
    """Who gets in, and with what: the request that shows it. No external ID is quoted, for it may be a tenant's."""
    found = way.found
    may = "may get in" if found.kind == "unknown" else "gets in"
    by = "" if found.action == ASSUME_ROLE else f" by {found.action}"
    return f"{_person(case, way)} {may} {_sent(case, way)}{by}"


def _person(case: TrustCase, way: Way) -> str:
    text = way.found.principal
    caller = parse_caller(text)
    account = None if caller is None or caller.account == case.own_account else caller.account
    # The stand-in of a whole principal is its account's root, and this is somebody else there.
    chosen = next((one for one in case.document.unknowns if account is not None and account in one.stand_in), None)
    if chosen is None or account is None:
        return shown(named(text, case.document.unknowns), 120)
    text = named(text.replace(account, "ACCOUNT"), case.document.unknowns)
    return f"{shown(text, 120)} of {case.label(chosen)}"


def _sent(case: TrustCase, way: Way) -> str:
    sent = way.found.external_id
    if sent is None:
        return "with no external ID"
    if sent in way.accepted:
        chosen = case.unknown(sent)
        return "with the external ID of the policy" if chosen is None else f"with {case.label(chosen)}"
    return _SENT.get(way.found.kind, "with an external ID that is not the policy's")
