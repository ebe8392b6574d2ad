"""Whether a role is judged as one that third parties assume, and why."""

from __future__ import annotations

from deputize.checks.access.statements import named
from deputize.checks.judgement import Scope
from deputize.checks.rules.principals import others_named
from deputize.checks.trust.case import RoleTrust
from deputize.iam.trust.statements import may_allow
from deputize.model.display import shown


def scope_of(case: RoleTrust | None, *, alone: bool, asked: bool) -> Scope:
    """Whether the role of a trust policy is judged as one for third parties.

    It is when its trust names an AWS principal that is not known to be of its own account, when the trust is not
    understood, when it is `alone` in its file, and when somebody `asked` about it.
    """
    if case is None:
        return Scope(judged=False, why="has no trust policy")
    others = others_named(case)
    if others:
        return Scope(judged=True, why=f"trusts {', '.join(others)}")
    if asked:
        return Scope(judged=True, why="asked for")
    if alone:
        return Scope(judged=True, why="a trust policy alone")
    if not case.policy.is_understood:
        return Scope(judged=True, why="its trust policy is not understood")
    return Scope(judged=False, why=f"trusts only {_own(case)}")


def _own(case: RoleTrust) -> str:
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
