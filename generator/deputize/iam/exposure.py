"""What a reading action hands out beyond metadata: credentials and secrets, customer data, telling configuration.

The list is reviewed, in data/exposure.yaml; an action that is not on it hands out nothing that was found. A read of
grade `secret` is an error unless it is allowed with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType

import yaml

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Grade(StrEnum):
    """How telling a reply is, the worst first."""

    SECRET = "secret"  # noqa: S105 - a grade's name
    DATA = "data"
    CONFIG = "config"


@dataclass(frozen=True, slots=True)
class Exposure:
    """One reviewed line: `reason` names the field of the reply and what it holds, `reason_ja` says it in Japanese."""

    action: str
    grade: Grade
    reason: str
    reason_ja: str

    def told(self, locale: str) -> str:
        """The reason in that locale, English where it is not Japanese."""
        return self.reason_ja if locale == "ja" else self.reason


def exposure_of(action: str) -> Exposure | None:
    """What the action hands out, case ignored, or None; `action` is a full name, not a pattern."""
    return exposures().get(action.lower())


@cache
def exposures() -> Mapping[str, Exposure]:
    """The reviewed list by the action's lower-case name, in the order of its file."""
    text = resources.files("deputize.iam").joinpath("data", "exposure.yaml").read_text(encoding="utf-8")
    lines: list[dict[str, str]] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both loaders are safe ones
    found = (Exposure(line["action"], Grade(line["grade"]), line["reason"], line["ja"]) for line in lines)
    return MappingProxyType({one.action.lower(): one for one in found})
