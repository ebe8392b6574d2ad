"""Describe who can assume a role of any origin: each principal, and whether it needs an external ID. No findings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from deputize.checks.access.statements import named
from deputize.checks.trust.access_paths import StatementPath, accepted_ids
from deputize.checks.trust.attribution import JudgedTrust
from deputize.checks.trust.case import RoleTrust
from deputize.checks.trust.organizations import is_own, is_restricted, restriction_of
from deputize.iam.policy import Condition, Principal, Statement
from deputize.iam.trust.callers import Caller, parse_caller
from deputize.iam.trust.intent import ASSUME_ROLE, SAML, WEB_IDENTITY
from deputize.iam.trust.principals import is_deleted
from deputize.iam.trust.statements import allows_call, id_conditions, is_about_id, proves_id
from deputize.model.display import printable
from deputize.model.world import Document, Unknown

_KINDS = {"Service": "the AWS service", "Federated": "the identity provider"}
_ANY = {"Service": "any AWS service", "Federated": "the users of any identity provider"}
_MISSPELT = re.compile("external[-_]?id", re.ASCII | re.IGNORECASE)


class Needs(StrEnum):
    """Whether somebody needs an external ID. LOOSE: one, but others than the policy's are taken too."""

    REQUIRED = "required"
    LOOSE = "loose"
    NOT_REQUIRED = "not-required"
    UNPROVED = "unproved"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class Under:
    """A condition that is not on the external ID. values: what it asks for."""

    operator: str
    key: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AllowedPrincipal:
    """Somebody who may assume a role by a statement.

    who: part of a sentence. ids: where the external IDs come from that it takes, which are never quoted. under: its
    other conditions.
    """

    who: str
    external_id: Needs
    ids: tuple[str, ...] = ()
    under: tuple[Under, ...] = ()


@dataclass(frozen=True, slots=True)
class DescribedTrust:
    """Who may assume a role. faults: every other access path, and what is not understood; empty when it is right."""

    principals: tuple[AllowedPrincipal, ...]
    faults: tuple[str, ...]


def describe_trust(trust: JudgedTrust) -> DescribedTrust:
    """Who may assume the role of a trust policy that was judged whole."""
    case, paths, tried = trust.case, trust.paths, trust.too_large is None
    found = (
        principal
        for statement in case.statements
        if _opens(statement)
        for principal in _allowed(
            case, statement, [access_path for access_path in paths if access_path.statement is statement], tried=tried
        )
    )
    faults = (hit.message for hits in trust.hits.values() for hit in hits)
    return DescribedTrust(
        tuple(dict.fromkeys(found)), tuple(dict.fromkeys(_named(one, case.document) for one in faults))
    )


def _opens(statement: Statement) -> bool:
    """Whether whoever meets its conditions may assume the role, by whichever call."""
    calls = (ASSUME_ROLE, WEB_IDENTITY, SAML)
    return any(allows_call(statement, call) for call in calls)


def _allowed(
    case: RoleTrust, statement: Statement, paths: Sequence[StatementPath], *, tried: bool
) -> Iterator[AllowedPrincipal]:
    under = tuple(_under(case, one) for one in statement.conditions if not is_about_id(one))
    ids = tuple(_ids(case, statement))
    if statement.not_principal:
        names = ", ".join(_named(one.text, case.document) for one in statement.principals)
        yield AllowedPrincipal(f"everybody but {names}", _needed(case, ids, paths, tried=tried), ids, under)
        return
    for one in statement.principals:
        if one.kind in _KINDS:
            provider = _named(one.text, case.document)
            who = _ANY[one.kind] if provider == "*" else f"{_KINDS[one.kind]} {provider}"
            yield AllowedPrincipal(who, Needs.NOT_APPLICABLE, (), under)
            continue
        caller = parse_caller(one.text)
        its = [
            access_path
            for access_path in paths
            if caller is None or caller.account in (None, access_path.trusted.account)
        ]
        if case.foreign(one) and not is_restricted(case, statement):
            needs = _needed(case, ids, its, tried=tried)
        else:
            needs = Needs.REQUIRED if proves_id(statement) else Needs.NOT_REQUIRED
        yield AllowedPrincipal(
            _who(case, statement, one, caller), needs, () if needs is Needs.NOT_REQUIRED else ids, under
        )


def _under(case: RoleTrust, condition: Condition) -> Under:
    # An external ID under a misspelt key may be a tenant's all the same.
    values = () if _MISSPELT.search(condition.key) else condition.values
    return Under(condition.operator, condition.key, tuple(_named(one, case.document) for one in values))


def _needed(case: RoleTrust, ids: tuple[str, ...], paths: Sequence[StatementPath], *, tried: bool) -> Needs:
    """What the ways into a role prove about one of its doors; `tried`: whether they were looked for."""
    entries = [
        one for one in paths if one.found.action == ASSUME_ROLE and one.found.kind not in ("service", "federated")
    ]
    sure = [one for one in entries if one.found.kind != "unknown"]
    if any(one.found.external_id is None for one in sure):
        return Needs.NOT_REQUIRED
    if any(one.found.external_id not in one.accepted for one in sure):
        return Needs.LOOSE
    if tried and not any(id_conditions(one) for one in case.statements):
        return Needs.NOT_REQUIRED
    return Needs.REQUIRED if tried and ids and len(sure) == len(entries) else Needs.UNPROVED


def _ids(case: RoleTrust, statement: Statement) -> Iterator[str]:
    """Where each external ID comes from: the file, or what it does not hold."""
    texts = set(accepted_ids(case, statement))
    unknowns = {text: case.unknown(text) for text in sorted(texts)}
    written = sum(unknown is None for unknown in unknowns.values())
    if written:
        yield f"{written} written in the policy"
    yield from (case.label(unknown) for unknown in unknowns.values() if unknown is not None)


def _who(case: RoleTrust, statement: Statement, principal: Principal, caller: Caller | None) -> str:
    chosen = case.unknown_account(principal.text)
    text = _named(principal.text, case.document)
    if caller is None or caller.account is None:
        return _account_of(case, chosen) if chosen is not None else _anybody(case, statement, text)
    whole = caller.kind in ("account", "root")
    if chosen is not None:
        of = _account_of(case, chosen)
        return of if whole else f"{text} in {of}"
    if not case.foreign(principal):
        return "its own account" if whole else f"{text} in its own account"
    return f"account {caller.account}" if whole else text


def _account_of(case: RoleTrust, chosen: Unknown) -> str:
    """An account that somebody chooses, with what it is unless he does."""
    default = f" ({printable(chosen.default, 120)} unless changed)" if chosen.default else ""
    return f"the account of {case.label(chosen)}{default}"


def _anybody(case: RoleTrust, statement: Statement, text: str) -> str:
    held = restriction_of(case, statement)
    if text != "*":
        return f"nobody ({text} was deleted)" if is_deleted("AWS", text) else text
    if held is None:
        return "anybody"
    if is_own(case, held):
        return (
            "its own account" if held.key.lower() == "aws:principalaccount" else "every account of its own organisation"
        )
    return f"every account of {', '.join(_named(one, case.document) for one in held.values)}"


def _named(text: str, document: Document) -> str:
    return named(text, document.unknowns)
