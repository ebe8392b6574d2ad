"""The accounts and external IDs that a trust policy names: whether they are expected, legal, strong, and known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from deputize.checks.access.statements import named
from deputize.checks.placed import HitThere
from deputize.checks.trust.access_paths import accepted_ids, concerns_others, foreign_homes
from deputize.checks.trust.case import RoleTrust, is_choice
from deputize.checks.trust.organizations import holding, is_own
from deputize.checks.trust.parameter_values import may_be_wildcard
from deputize.checks.trust.vendor import vendor_is_kept_out
from deputize.iam.policy import VERSION, Principal, Statement, path_of
from deputize.iam.trust.callers import parse_caller
from deputize.iam.trust.statements import id_conditions, is_pattern, may_allow, proves_id
from deputize.model.display import shown
from deputize.model.external_id import external_id_problem, external_id_weaknesses
from deputize.model.world import Origin, Unknown

# What others know, or guess at the first try; of a stack's ID a part is random.
_GUESSED = frozenset(("AWS::AccountId", "AWS::Region", "AWS::StackName"))
_PROVIDERS = {"Service": "AWS service", "Federated": "identity provider"}
_JOINS = "_+=,.@:/-"


def foreign_account(case: RoleTrust) -> Iterator[HitThere]:
    """Principals that are none of the expected vendors, or cannot be shown to be."""
    if not case.expected_vendors:
        return
    for statement in (one for one in case.statements if may_allow(one)):
        for one in statement.principals:
            chosen = case.unknown_account(one.text) if one.kind == "AWS" else None
            if chosen is not None:
                what = f"trusts the account of {case.label(chosen)}, which cannot be shown to be the expected vendor"
                yield case.hit(f"{what}; {_decides(chosen)}", one.path)
            elif one.kind in ("Service", "Federated") and "*" not in one.text:
                yield case.hit(f"trusts {_told(case, one)}, which is no expected vendor", one.path)
        for one, caller in foreign_homes(case, statement):
            if case.unknown_account(one.text) is None and caller.account not in case.expected_vendors:
                yield case.hit(f"trusts account {caller.account}, which is no expected vendor", one.path)


def vendor_kept_out(case: RoleTrust) -> Iterator[HitThere]:
    """A policy by which the expected vendor cannot assume the role. What the file does not hold may still let it in."""
    if not case.document.unknowns and vendor_is_kept_out(case):
        by = "with an external ID that is expected" if case.expected_ids else "with or without an external ID"
        yield case.hit(f"the expected vendor cannot assume the role {by}", ())


def unproved_account(case: RoleTrust) -> Iterator[HitThere]:
    """Principals of which the file does not say in which account they are."""
    for statement in _allows(case) if not case.expected_vendors else ():
        for one in statement.principals:
            chosen = case.unknown_account(one.text) if one.kind == "AWS" else None
            if chosen is not None:
                what = f"which account it trusts cannot be proved: it is the value of {case.label(chosen)}"
                yield case.hit(f"{what}; {_decides(chosen)}", one.path)


def unproved_provider(case: RoleTrust) -> Iterator[HitThere]:
    """Identity providers that are what somebody chooses, or another stack says, and nothing else."""
    for one in (one for statement in case.statements if may_allow(statement) for one in statement.principals):
        chosen = case.unknown(one.text) if one.kind == "Federated" else None
        if chosen is not None and chosen.stand_in == one.text and chosen.origin in (Origin.PARAMETER, Origin.IMPORT):
            what = f"which identity provider it trusts cannot be proved: it is the value of {case.label(chosen)}"
            yield case.hit(f"{what}; {_decides(chosen)}", one.path)


def crossed_partition(case: RoleTrust) -> Iterator[HitThere]:
    """Principals of another partition than the first, or than the role's policies are of."""
    callers = [(one, parse_caller(one.text)) for statement in case.statements for one in statement.principals]
    found = [(one, caller.partition) for one, caller in callers if caller is not None and caller.partition is not None]
    of_role = case.partition
    if found and (of_role is None or _names_beside(case, of_role, [one.text for one, _ in found])):
        of_role = found[0][1]
    for one, partition in found:
        if partition != of_role:
            yield case.hit(f"trusts {_told(case, one)}, of {partition}, in a role of {of_role}", one.path)


def _names_beside(case: RoleTrust, partition: str, principals: list[str]) -> bool:
    """Whether the policy names a partition elsewhere than in these: in a condition it says nothing of the role."""
    arn = f"arn:{partition}:"
    return str(case.document.value).count(arn) > sum(one.count(arn) for one in principals)


def several_ids(case: RoleTrust) -> Iterator[HitThere]:
    """More external IDs than one for one account, of which nobody said that they are one tenant's."""
    if case.expected_ids:
        return
    first: dict[str, str] = {}
    claim = f"{case.claimant} says that they are one tenant's" if case.claims_ids else ""
    for statement in _allows(case):
        accounts = [caller.account or "" for _, caller in foreign_homes(case, statement)] or [""]
        for one in accepted_ids(case, statement):
            seen = [first.setdefault(account, one) for account in accounts]
            if any(text != one for text in seen):
                what = "lets in one more external ID: each is a way in, and may be another tenant's"
                yield replace(case.hit(what, path_of(one)), claim=claim)


def unexpected_id(case: RoleTrust) -> Iterator[HitThere]:
    """External IDs that are none of the expected ones, or cannot be shown to be."""
    for one in _all_ids(case) if case.expected_ids else ():
        chosen = case.unknown(one)
        if chosen is not None:
            what = f"lets in {case.label(chosen)}, which cannot be shown to be an expected external ID"
            yield case.hit(f"{what}; {_decides(chosen)}", path_of(one))
        elif one not in case.expected_ids:
            yield case.hit("lets in an external ID that is not expected", path_of(one))


def illegal_id(case: RoleTrust) -> Iterator[HitThere]:
    """External IDs that STS refuses, and patterns of such. They are not quoted."""
    patterns = (
        one
        for statement in _allows(case)
        for condition in id_conditions(statement)
        for one in condition.values
        if is_pattern(condition, one)
    )
    for one in patterns:
        sample = one.replace("*", "").replace("?", "").ljust(2, "x")
        if case.unknown(one) is None and external_id_problem(sample) is not None and "${" not in one:
            yield case.hit("no external ID that STS takes is like this", path_of(one))
    for one in _all_ids(case):
        if case.unknown(one) is None and external_id_problem(one) is not None and "${" not in one:
            yield case.hit("asks for an external ID that STS refuses, so that nobody enters by it", path_of(one))


def weak_id(case: RoleTrust) -> Iterator[HitThere]:
    """External IDs that can be guessed, or that the command line misreads."""
    for one in _all_ids(case):
        chosen = case.unknown(one)
        if chosen is None:
            legal = external_id_problem(one) is None
            found = external_id_weaknesses(one, "") if legal else ()
            yield from (case.hit(f"the external ID {weakness}", path_of(one)) for weakness in found)
        elif _is_guessed(case, one):
            what = f"the external ID is little more than {chosen.name}, which others know"
            yield case.hit(what, path_of(one))


def _is_guessed(case: RoleTrust, text: str) -> bool:
    """Whether nothing is in an external ID but what others know, and too few characters beside."""
    unknowns = [one for one in case.document.unknowns if one.stand_in in text]
    if any(one.origin is not Origin.PSEUDO or one.name not in _GUESSED for one in unknowns):
        return False
    for one in unknowns:
        text = text.replace(one.stand_in, "")
    rest = text.strip(_JOINS)
    return not rest or bool(external_id_weaknesses(rest, ""))


def loose_parameter(case: RoleTrust) -> Iterator[HitThere]:
    """External IDs from parameters that may be empty, or that have a default which all share."""
    for one in _all_ids(case):
        chosen = case.unknown(one)
        if chosen is None or not is_choice(chosen):
            continue
        if chosen.default:
            yield case.hit(
                f"{case.label(chosen)} has a default: an external ID that all who keep it share", path_of(one)
            )
        elif chosen.admits_empty and chosen.stand_in == one:
            yield case.hit(f"{case.label(chosen)} may be empty: no MinLength, pattern or allowed values", path_of(one))


def version(case: RoleTrust) -> Iterator[HitThere]:
    """A policy in the language of 2008, which is also what a policy without Version is in."""
    fields = case.document.value
    if not isinstance(fields, dict) or fields.get("Version") == VERSION:
        return
    if "Version" not in fields:
        yield case.hit("has no Version, which means that of 2008", ())
    elif fields["Version"] == "2008-10-17":
        yield case.hit("has the Version of 2008", ("Version",))


def organization(case: RoleTrust) -> Iterator[HitThere]:
    """Statements that nothing but an organisation's key keeps third parties out of."""
    for statement in _allows(case) if not case.expected_vendors else ():
        condition = holding(case, statement)
        if condition is not None and not is_own(case, condition) and not proves_id(statement):
            yield case.hit(
                "lets in every account of one organisation without an external ID", path_of(condition.key), key=True
            )


def _allows(case: RoleTrust) -> Iterator[Statement]:
    return (one for one in case.statements if may_allow(one) and concerns_others(case, one))


def _all_ids(case: RoleTrust) -> tuple[str, ...]:
    found = {path_of(one): one for statement in _allows(case) for one in accepted_ids(case, statement)}
    return tuple(found.values())


def _decides(chosen: Unknown) -> str:
    if is_choice(chosen):
        return f"--parameter {chosen.name}=VALUE would decide it"
    return "nothing in this file decides it"


def others_named(case: RoleTrust) -> tuple[str, ...]:
    """Whom a trust policy names that is not of the role's own account, for people; one text each."""
    found: dict[str, None] = {}
    for statement in _allows(case):
        if statement.not_principal:
            found["everybody that NotPrincipal does not name"] = None
        for one in () if statement.not_principal else statement.principals:
            if not case.foreign(one):
                continue
            chosen, caller = case.unknown_account(one.text), parse_caller(one.text)
            known = None if caller is None else caller.account
            text = f"account {known}" if known else "anybody" if one.text == "*" else _told(case, one)
            found[f"the account of {case.label(chosen)}" if chosen is not None else text] = None
    for one in (one for statement in case.statements if may_allow(statement) for one in statement.principals):
        if one.kind in _PROVIDERS and may_be_wildcard(case, one):
            found[f"any {_PROVIDERS[one.kind]}"] = None
    return tuple(found)


def _told(case: RoleTrust, principal: Principal) -> str:
    return shown(named(principal.text, case.document.unknowns), 120)
