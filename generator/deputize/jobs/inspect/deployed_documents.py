"""Policy documents as an account has them beside those of a bundle: what they mean, not how they are written. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from deputize.errors import InputError
from deputize.iam.policy import Policy
from deputize.iam.role import IamRole
from deputize.model.display import printable
from deputize.read.live import document_from_api
from deputize.read.normal import normal_form

_FEW = 5


def in_normal_form(document: object, role: IamRole) -> Policy:
    """A document of IAM's in normal form, as it is in any role. Raises InputError for what is not understood."""
    return normal_form(replace(role, trust=document_from_api(document, "policy"))).trust


def same_meaning(one: Policy, other: Policy) -> bool:
    """Whether two policies in normal form say the same; Sids and the order of statements mean nothing to IAM."""
    return _statements(one) == _statements(other)


def _statements(policy: Policy) -> frozenset[object]:
    return frozenset(replace(statement, sid=None) for statement in policy.statements)


def not_read(error: InputError) -> str:
    """What `in_normal_form` did not understand, as a difference."""
    return f"it was changed to what deputize does not read: {printable(error.problems[0].what, 200)}"


def few(names: Collection[str]) -> str:
    """The first five names, and how many more."""
    first = sorted(names)[:_FEW]
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(printable(name, 200) for name in first) + more
