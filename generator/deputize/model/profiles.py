"""The access profiles that deputize ships: what a kind of vendor reads, statement by statement, and why.

They are data, in profiles/*.yaml. Their content is proved by tests (every action known, reading, and no secret that
is not allowed with a reason), so that loading only has to read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from deputize.model.text import Localized

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
    """The shipped profile of that name; raises KeyError for any other, so ask profile_names() first."""
    if name not in profile_names():
        raise KeyError(name)
    text = resources.files("deputize.model").joinpath("profiles", f"{name}.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both loaders are safe ones
    return Profile(
        name=name,
        title=_localized(data["title"]),
        summary=_localized(data["summary"]),
        managed=tuple(ManagedChoice(one["name"], _localized(one["reason"])) for one in data["managed_policies"]),
        statements=tuple(_statement(one) for one in data["statements"]),
        allow_secrets=tuple(AllowedSecret(one["action"], _localized(one["reason"])) for one in data["allow_secrets"]),
    )


def _statement(data: Mapping[str, Any]) -> AccessStatement:
    return AccessStatement(
        sid=data["sid"],
        actions=tuple(sorted(data["actions"])),
        resources=tuple(data.get("resources", ("*",))),
        reason=_localized(data["reason"]),
    )


def _localized(texts: Mapping[str, str]) -> Localized:
    return Localized(tuple(texts.items()))
