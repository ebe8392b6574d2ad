"""The access profiles that deputize ships: what a kind of vendor reads, statement by statement, and why.

They are data, in profiles/*.yaml; their shape is profile_shape's. Their content is proved by tests (every action known,
reading, and no secret that is not allowed with a reason), so that loading only has to read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import yaml

from deputize.errors import InputError, Problem
from deputize.model.text import Localized

if TYPE_CHECKING:
    from deputize.model.profile_shape import ProfileText

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class ManagedChoice:
    """An AWS managed policy, by path and name (`SecurityAudit`), with the reason it is attached."""

    name: str
    reason: Localized


@dataclass(frozen=True, slots=True)
class AccessStatement:
    """Actions (or patterns of them), sorted, on resources, with the reason the vendor needs them."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    reason: Localized


@dataclass(frozen=True, slots=True)
class AllowedSecret:
    """An action that hands out a secret and is allowed all the same, with the reason that every output shows."""

    action: str
    reason: Localized


@dataclass(frozen=True, slots=True)
class Profile:
    """One access profile; statements stand in the order of its file."""

    name: str
    title: Localized
    summary: Localized
    managed: tuple[ManagedChoice, ...]
    statements: tuple[AccessStatement, ...]
    allow_secrets: tuple[AllowedSecret, ...]


@cache
def profile_names() -> tuple[str, ...]:
    """The names of the shipped profiles, sorted."""
    files = resources.files("deputize.model").joinpath("profiles").iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


@cache
def load_profile(name: str) -> Profile:
    """The shipped profile of that name; raises KeyError for any other, so ask profile_names() first.

    Raises InputError when its file has a fault.
    """
    if name not in profile_names():
        raise KeyError(name)
    text = resources.files("deputize.model").joinpath("profiles", f"{name}.yaml").read_text(encoding="utf-8")
    return parse_profile(name, text)


def parse_profile(name: str, text: str) -> Profile:
    """The profile in the text of profiles/NAME.yaml. Raises InputError with every key at fault."""
    from pydantic import ValidationError

    from deputize.model.profile_shape import ProfileShape, profile_problems

    where = f"profiles/{name}.yaml"
    try:
        shape = ProfileShape.model_validate(yaml.load(text, Loader=_LOADER))  # noqa: S506 - both loaders are safe ones
    except yaml.YAMLError as error:
        raise InputError(Problem(where, f"is no YAML: {' '.join(str(error).split())}")) from error
    except ValidationError as error:
        raise InputError(*profile_problems(error, where)) from error
    return Profile(
        name=name,
        title=_localized(shape.title),
        summary=_localized(shape.summary),
        managed=tuple(ManagedChoice(one.name, _localized(one.reason)) for one in shape.managed_policies),
        statements=tuple(
            AccessStatement(one.sid, tuple(sorted(one.actions)), one.resources, _localized(one.reason))
            for one in shape.statements
        ),
        allow_secrets=tuple(AllowedSecret(one.action, _localized(one.reason)) for one in shape.allow_secrets),
    )


def _localized(text: ProfileText) -> Localized:
    return Localized((("en", text.en), ("ja", text.ja)))
