"""What a parameter is known to allow where a trust policy has it as a principal: its default and allowed values.

A value that anybody may choose cannot be proved; one that the file itself offers can be tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from deputize.checks.trust.case import RoleTrust, is_choice, offered_values
from deputize.iam.policy import Path, Principal
from deputize.iam.trust.principals import stands_for
from deputize.iam.trust.statements import may_allow
from deputize.model.display import shown
from deputize.model.world import Unknown


def chosen_cases(case: RoleTrust) -> Iterator[tuple[RoleTrust, Mapping[Path, str]]]:
    """The policy with what its parameters offer: once with every wildcard among it, once with what is no principal.

    With each the words for the places where such a value stands.
    """
    for is_odd in (_is_wildcard, _is_malformed):
        found = {one.path: choice for one in _named(case) if (choice := _choice(case, one, is_odd)) is not None}
        values = {unknown.stand_in: value for unknown, value in found.values()}
        if values:
            said = {path: f"where {case.label(one)} is {shown(value, 80)}" for path, (one, value) in found.items()}
            yield replace(case, document=replace(case.document, value=with_values(case.document.value, values))), said


def may_be_wildcard(case: RoleTrust, principal: Principal) -> bool:
    """Whether a principal is a pattern, or a parameter offers one for it."""
    return _is_wildcard(principal, principal.text) or _choice(case, principal, _is_wildcard) is not None


def _named(case: RoleTrust) -> Iterator[Principal]:
    for statement in case.statements:
        yield from statement.principals if may_allow(statement) and not statement.not_principal else ()


def _choice(
    case: RoleTrust, principal: Principal, is_odd: Callable[[Principal, str], bool]
) -> tuple[Unknown, str] | None:
    """The first value offered for an unknown in `principal` that makes it odd, with that unknown."""
    for one in case.document.unknowns:
        for value in offered_values(one) if one.stand_in in principal.text and is_choice(one) else ():
            if is_odd(principal, principal.text.replace(one.stand_in, value)):
                return one, value
    return None


def _is_wildcard(principal: Principal, text: str) -> bool:
    del principal
    return "*" in text or "?" in text


def _is_malformed(principal: Principal, text: str) -> bool:
    return principal.kind == "AWS" and not _is_wildcard(principal, text) and stands_for("AWS", text) is None


def with_values(value: object, values: Mapping[str, str]) -> object:
    """A JSON value with other texts for stand-ins."""
    if isinstance(value, str):
        for stand_in, text in values.items():
            value = value.replace(stand_in, text)
        return value
    if isinstance(value, Mapping):
        return {key: with_values(one, values) for key, one in value.items()}
    return [with_values(one, values) for one in value] if isinstance(value, list | tuple) else value
