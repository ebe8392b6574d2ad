"""Resource patterns compared: whether one stands for all that another does, or for nothing that another does.

Both answers are proofs: no is "not proved". They hold whether a wildcard stops at a colon or not, which AWS's pages
leave open: each part of an ARN is compared with that part, and their sequence is then contained in the sequence.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from deputize.iam.wildcards import matches

_PARTS = 6  # arn:partition:service:region:account:resource
_VARIABLE = re.compile(r"\$\{[^{}]*\}", re.ASCII)
_RUN = re.compile(r"[*?]*\*[*?]*", re.ASCII)
_LITERAL = re.compile(r"[^*?]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class ResourcePattern:
    """One Resource of a policy.

    written: as the policy has it. widest: with a star for each policy variable and stand-in, whose values are not
    known; so it stands for at least as much. is_settled: there is none. is_shifting: there is one before the last part
    of the ARN, where its value may have a colon. has_variable: without a value it may void the whole statement.
    """

    written: str
    widest: str
    is_settled: bool = True
    is_shifting: bool = False
    has_variable: bool = False

    @property
    def is_everything(self) -> bool:
        """Whether it stands for every resource, and for `*`: an action that has none."""
        return self.is_settled and self.widest == "*"

    @property
    def whole(self) -> str:
        """Its six parts: those that a short one lacks stand for anything."""
        return self.widest + ":*" * (_PARTS - 1 - self.widest.count(":"))


EVERYTHING = ResourcePattern("*", "*")


@lru_cache(maxsize=4096)
def resource_pattern(text: str, *, variables: bool = True, stand_ins: tuple[str, ...] = ()) -> ResourcePattern:
    """The pattern in `text`, where `variables` says whether AWS replaces policy variables.

    stand_ins: texts that stand in a policy for ones that are not known.
    """
    widest = _VARIABLE.sub("*", text) if variables else text
    if variables and "${" in widest:
        # Braces that close nothing, or within others.
        widest = widest[: widest.index("${")] + "*"
    for one in stand_ins:
        widest = widest.replace(one, "*")
    is_settled = widest == text
    is_shifting = not is_settled and _first_part(text, widest) < _PARTS - 1
    return ResourcePattern(text, widest, is_settled, is_shifting, variables and "${" in text)


def _first_part(text: str, widest: str) -> int:
    """The part of the ARN in which two texts begin to differ."""
    same = next((at for at, (one, other) in enumerate(zip(text, widest, strict=False)) if one != other), len(widest))
    return text[:same].count(":")


@lru_cache(maxsize=16384)
def contains(wide: ResourcePattern, narrow: ResourcePattern) -> bool:
    """Whether it is proved that `wide` stands for every resource that `narrow` stands for."""
    if wide.is_everything or wide == narrow:
        return True
    # A pattern that may be `*` stands for actions without a resource too.
    if not wide.is_settled or narrow.is_shifting or narrow.widest == "*":
        return False
    parts = (one.whole.split(":", _PARTS - 1) for one in (wide, narrow))
    return all(glob_contains(one, other) for one, other in zip(*parts, strict=True))


@lru_cache(maxsize=16384)
def are_apart(one: ResourcePattern, other: ResourcePattern) -> bool:
    """Whether it is proved that no resource is one that both stand for."""
    if "*" in (one.widest, other.widest):
        return False
    first, second = one.whole, other.whole
    if _LITERAL.fullmatch(first):
        return not matches(second, first)
    if _LITERAL.fullmatch(second):
        return not matches(first, second)
    return _begin_apart(first, second) or _begin_apart(first[::-1], second[::-1])


def _begin_apart(first: str, second: str) -> bool:
    starts = [found[0] for text in (first, second) if (found := _LITERAL.match(text))]
    return any(one != other for one, other in zip(*starts, strict=False))


def glob_contains(wide: str, narrow: str) -> bool:
    """Whether it is proved that the pattern `wide` matches every text that the pattern `narrow` matches.

    A star of `narrow` counts as a character that only a star of `wide` matches.
    """
    wide, narrow = _stars_last(wide), _stars_last(narrow)
    at = here = resume = 0
    star = -1
    while here < len(narrow):
        if at < len(wide) and wide[at] == "*":
            star, resume, at = at, here, at + 1
        elif at < len(wide) and (wide[at] == narrow[here] or (wide[at] == "?" and narrow[here] != "*")):
            at, here = at + 1, here + 1
        elif star >= 0:
            resume, at = resume + 1, star + 1
            here = resume
        else:
            return False
    return not wide[at:].strip("*")


def _stars_last(pattern: str) -> str:
    """The same pattern with each run of wildcards as its question marks and then one star."""
    return _RUN.sub(lambda run: "?" * run[0].count("?") + "*", pattern)
