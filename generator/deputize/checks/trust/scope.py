"""A role's trust, judged: whether third parties are in it, and every rule that applies then."""

from __future__ import annotations

from dataclasses import dataclass

from deputize.checks.access.statements import named
from deputize.checks.placed import placed
from deputize.checks.rules.principals import others_named
from deputize.checks.rules.trust import FORM_RULES, OLD_VERSION, PROVIDER_RULES, TRUST_RULES
from deputize.checks.trust.case import TrustCase
from deputize.iam.grammar import read_policy
from deputize.iam.trust.statements import may_allow
from deputize.model.display import shown
from deputize.model.values import Finding
from deputize.model.world import Document, FoundRole


@dataclass(frozen=True, slots=True)
class Scope:
    """Whether the rules about third parties apply to a role, and why, for the report."""

    judged: bool
    why: str


def judged(role: FoundRole, *, alone: bool = False, asked_for: bool = False) -> Scope:
    """Whether a role is judged as one for third parties.

    It is when its trust names an AWS principal that is not known to be of its own account, when the trust is not
    understood, when it is `alone` in its file, and when somebody has asked for it by name.
    """
    if role.trust is None:
        return Scope(judged=False, why="has no trust policy")
    case = _case(role, role.trust)
    named = others_named(case)
    if named:
        return Scope(judged=True, why=f"trusts {', '.join(named)}")
    if asked_for:
        return Scope(judged=True, why="asked for")
    if alone:
        return Scope(judged=True, why="a trust policy alone")
    if not _is_understood(role.trust):
        return Scope(judged=True, why="its trust policy is not understood")
    return Scope(judged=False, why=f"trusts only {_own(case)}")


def check_trust(case: TrustCase, file: str, *, third_party: bool) -> tuple[Finding, ...]:
    """What is wrong with a trust policy in `file`; without `third_party` its form and its providers are judged."""
    rules = TRUST_RULES if third_party else (*FORM_RULES, *PROVIDER_RULES, OLD_VERSION)
    return tuple(finding for rule in rules for finding in placed(rule, case, file))


def _case(role: FoundRole, document: Document) -> TrustCase:
    return TrustCase(document, role.own_account, role.partition)


def _is_understood(document: Document) -> bool:
    return read_policy(document.value, "trust").is_understood


def _own(case: TrustCase) -> str:
    """Whom a trust names that is no third party."""
    kinds = {"Service": "AWS services", "Federated": "identity providers", "AWS": "its own account"}
    allowed = [one for statement in case.statements if may_allow(statement) for one in statement.principals]
    found = []
    for kind, words in kinds.items():
        told = (named(one.text, case.document.unknowns) for one in allowed if one.kind == kind)
        names = list(dict.fromkeys(shown(one, 120) for one in told))
        if names:
            found.append(words if kind == "AWS" else f"{words} ({', '.join(names[:3])}{', ...' if names[3:] else ''})")
    return " and ".join(found) or "nobody"
