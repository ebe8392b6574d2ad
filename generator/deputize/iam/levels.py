"""The proof that an action only reads: AWS's access level, corrected by a reviewed list.

AWS's labels alone do not prove it: some actions labelled Read run or mint something, and levels come as compounds such
as `Tagging, Write`. So it is an allow-list: what is unknown, unlabelled or unreviewed never reads. Levels:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

import yaml

from deputize.iam import actions

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_READING = frozenset(("List", "Read"))


@dataclass(frozen=True, slots=True)
class Judged:
    """One action as judged.

    level: AWS's own access level, as AWS words it; empty when the action is unknown.
    reads: whether it is proved to read.
    reason: why the verdict is not AWS's label; empty when it is.
    """

    action: str
    level: str
    reads: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """One reviewed line: what an action, or a pattern of them, really does."""

    action: str
    verdict: Literal["read", "not-read"]
    reason: str


@dataclass(frozen=True, slots=True)
class _Review:
    reading_verb: re.Pattern[str]
    exact: dict[str, Override]
    patterns: dict[str, tuple[tuple[re.Pattern[str], Override], ...]]


def judge(pattern: str) -> tuple[Judged, ...]:
    """Every action that the pattern matches, judged, in order of name.

    Empty when it matches nothing (a typo, a retired service): whoever asks must refuse that, for nothing is proved.
    """
    return tuple(judge_action(action) for action in actions.expand(pattern))


@lru_cache(maxsize=32768)
def judge_action(action: str) -> Judged:
    """One action judged; an unknown one does not read."""
    known = actions.canonical(action)
    if known is None:
        return Judged(action, "", reads=False, reason="AWS has no such action")
    level = actions.access_level(known)
    override = _override(known)
    if override is not None:
        return Judged(known, level, reads=override.verdict == "read", reason=override.reason)
    if level in _READING and not _review().reading_verb.match(known.partition(":")[2]):
        return Judged(known, level, reads=False, reason="its verb does not tell, and nobody has reviewed it")
    return Judged(known, level, reads=level in _READING)


@cache
def reading_actions() -> int:
    """How many of AWS's actions are proved to read: all that there is to read in AWS, by count."""
    return sum(judged.reads for judged in judge("*"))


@cache
def overrides() -> tuple[Override, ...]:
    """The reviewed list, in the order of its file."""
    return tuple(Override(**line) for line in _data()["overrides"])


def japanese(reason: str) -> str:
    """The reason of a `read` line in Japanese; any other, which no customer reads, as it is."""
    return str(_data()["japanese"].get(reason, reason))


def _override(action: str) -> Override | None:
    review = _review()
    exact = review.exact.get(action.lower())
    if exact is not None:
        return exact
    service = action.partition(":")[0]
    matching = (line for regex, line in review.patterns.get(service, ()) if regex.fullmatch(action))
    return next(matching, None)


@cache
def _review() -> _Review:
    """The reviewed list, ready to be asked: exact lines by name, patterns by service."""
    verbs = "|".join(re.escape(verb) for verb in _data()["reading_verbs"])
    patterns: dict[str, tuple[tuple[re.Pattern[str], Override], ...]] = {}
    for line in overrides():
        if "*" in line.action:
            service = line.action.partition(":")[0]
            patterns[service] = (*patterns.get(service, ()), (actions.pattern_regex(line.action), line))
    return _Review(
        # A verb ends where a capital or a digit begins the next word: List, but not Listen.
        reading_verb=re.compile(rf"(?:{verbs})(?=[A-Z0-9]|$)", re.ASCII),
        exact={line.action.lower(): line for line in overrides() if "*" not in line.action},
        patterns=patterns,
    )


@cache
def _data() -> dict[str, Any]:
    text = resources.files("deputize.iam").joinpath("data", "levels.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both loaders are safe ones
    return data
