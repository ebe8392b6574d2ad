"""Whether a role is judged as one that third parties assume, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from deputize.checks.access.statements import named
from deputize.checks.judgement import Scope
from deputize.checks.trust.access_paths import allows_to_others
from deputize.checks.trust.case import RoleTrust
from deputize.checks.trust.own import is_service_linked
from deputize.checks.trust.parameter_values import may_be_wildcard
from deputize.checks.trust.providers import open_providers_of
from deputize.iam.policy import Principal
from deputize.iam.trust.callers import parse_caller
from deputize.iam.trust.statements import may_allow, only_marks_sessions
from deputize.model.display import printable, shown

_PROVIDERS = {"Service": "AWS service", "Federated": "identity provider"}


def scope_of(case: RoleTrust | None, *, alone: bool, asked: bool) -> Scope:
    """Whether the role of a trust policy is judged as one for third parties.

    It is when its trust names an AWS principal that is not known to be of its own account, or an identity provider at
    which strangers have users and says of none whose he is; when the trust is not understood, when it lets in nobody
    and is `alone` in its file, and when somebody `asked` about it.
    """
    if case is None:
        return Scope(judged=False, why="has no trust policy")
    others = _others(case)
    if others:
        return Scope(judged=True, why=f"trusts {', '.join(others)}", others=others)
    if asked:
        return Scope(judged=True, why="asked for", others=() if case.policy.is_understood else ("anybody",))
    if alone and not any(may_allow(one) and not only_marks_sessions(one) for one in case.statements):
        return Scope(judged=True, why="a trust policy alone")
    if not case.policy.is_understood:
        return Scope(judged=True, why="its trust policy is not understood", others=("anybody",))
    return Scope(judged=False, why=f"trusts only {_own(case)}")


def behind(scope: Scope, name: str, way: Sequence[str], others: Sequence[str]) -> Scope:
    """The scope of a role that others come to through other roles. way: their names, the nearest first."""
    nearest, *further = map(printable, way)
    steps = [f"assumed by {nearest}", *(f"which {one} assumes" for one in further)]
    chain = f"{', '.join(steps)}, which {' and '.join(others)} assumes"
    return replace(scope, judged=True, why=scope.why if scope.judged else chain, chain=f"{printable(name)}: {chain}")


def _own(case: RoleTrust) -> str:
    """Whom a trust names that is no third party."""
    kinds = {
        "Service": "AWS services",
        "Federated": "identity providers",
        "AWS": "its own account",
        "waived": "accounts that are waived",
    }
    trusting = (one for one in case.statements if may_allow(one) and not one.not_principal)
    allowed = [one for statement in trusting for one in statement.principals]
    found = []
    for kind, words in kinds.items():
        told = (named(one.text, case.document.unknowns) for one in allowed if _kind(case, one) == kind)
        names = list(dict.fromkeys(shown(one, 120) for one in told))
        if names:
            found.append(
                words
                if kind in ("AWS", "waived")
                else f"{words} ({', '.join(names[:3])}{', ...' if names[3:] else ''})"
            )
    return " and ".join(found) or "nobody"


def _kind(case: RoleTrust, principal: Principal) -> str:
    if principal.kind == "AWS" and is_service_linked(principal.text):
        return "Service"
    return "waived" if case.waiver(principal) is not None else principal.kind


def _others(case: RoleTrust) -> tuple[str, ...]:
    """Whom a trust policy names that is not of the role's own account, for people; one text each."""
    found: dict[str, None] = {}
    for statement in allows_to_others(case):
        if statement.not_principal:
            found["everybody that NotPrincipal does not name"] = None
        for one in () if statement.not_principal else statement.principals:
            if not case.foreign(one):
                continue
            chosen, caller = case.unknown_account(one.text), parse_caller(one.text)
            known = None if caller is None else caller.account
            text = f"account {known}" if known else "anybody" if one.text == "*" else case.named(one.text)
            found[f"the account of {case.label(chosen)}" if chosen is not None else text] = None
    trusting = (one for one in case.statements if may_allow(one) and not one.not_principal)
    for one in (one for statement in trusting for one in statement.principals):
        if one.kind in _PROVIDERS and may_be_wildcard(case, one):
            found[f"any {_PROVIDERS[one.kind]}"] = None
    found.update({f"everybody at {one.provider.name}": None for one in open_providers_of(case) if one.provider.shared})
    return tuple(found)
