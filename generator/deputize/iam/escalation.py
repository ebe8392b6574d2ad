"""Writes that let whoever has them get more than they grant: the reviewed list of ways, in data/escalation.yaml."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Escalation:
    """One reviewed line: actions that must come together.

    actions: full names; the first is the one that the others need. reason: what one does with them. source: the page
    that says so. chain: it leads into other roles as they are, by asking STS. named: the reason
    where Resource names the roles.
    """

    actions: tuple[str, ...]
    reason: str
    source: str
    chain: bool = False
    named: str = ""


@cache
def escalations() -> tuple[Escalation, ...]:
    """The reviewed list, in the order of its file."""
    text = resources.files("deputize.iam").joinpath("data", "escalation.yaml").read_text(encoding="utf-8")
    lines: list[dict[str, Any]] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both loaders are safe ones
    return tuple(
        Escalation(tuple(one["actions"]), one["reason"], one["source"], one.get("chain", False), one.get("named", ""))
        for one in lines
    )


@cache
def escalating_actions() -> frozenset[str]:
    """Every action that some way needs."""
    return frozenset(action for way in escalations() for action in way.actions)


@cache
def chaining_actions() -> frozenset[str]:
    """The actions that alone lead into another role as it is."""
    return frozenset(way.actions[0] for way in escalations() if way.chain and len(way.actions) == 1)


def ways_of(actions: AbstractSet[str]) -> tuple[Escalation, ...]:
    """The ways that are open to whoever may do all of `actions`, full names as AWS writes them."""
    return tuple(way for way in escalations() if actions >= set(way.actions))
