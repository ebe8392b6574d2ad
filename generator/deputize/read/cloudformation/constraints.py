"""What a parameter's declaration says of its value: which texts it cannot be, so that no branch is about them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import lru_cache

_MAX_PATTERN = 1000  # characters; a longer one is not tried out
_MAX_TEXT = 64  # characters; with _MAX_STEPS what keeps a hostile pattern from taking seconds
_MAX_STEPS = 2**20
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_TIMES = re.compile(r"\{[0-9]{1,3}\}", re.ASCII)
# Java reads these otherwise than Python does: a class in a class, an intersection, an odd class, vertical space.
_APART = re.compile(r"\[[^\]]*\[|&&|\[\^?\]|\\[vZ]")


@dataclass(frozen=True, slots=True)
class Constraints:
    """low, high: characters, high None for any number. pattern: of the whole value, None for any."""

    low: int = 0
    high: int | None = None
    pattern: str | None = None

    def admits(self, text: str) -> bool:
        """Whether the value may be `text`; also when that is not known."""
        if len(text) < self.low or (self.high is not None and len(text) > self.high):
            return False
        return self.pattern is None or _may_match(self.pattern, text)


ANY_TEXT = Constraints()


@lru_cache(maxsize=256)
def _may_match(pattern: str, text: str) -> bool:
    """Whether the whole of a text may match. A pattern that Python does not read as Java does may match anything."""
    if len(pattern) > _MAX_PATTERN or (text and not _is_quick(pattern, text)):
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(pattern, re.ASCII).fullmatch(text) is not None
    except (re.error, OverflowError, RecursionError):
        return True


def _is_quick(pattern: str, text: str) -> bool:
    """Whether trying it takes no time to speak of: what it may repeat or choose is little, and nested in nothing."""
    if len(text) > _MAX_TEXT or _APART.search(pattern):
        return False
    bare = _ESCAPED.sub("x", pattern)
    if re.search(r"\)[*+?{]", bare):
        return False
    bare = _TIMES.sub("", bare)
    repeats = sum(bare.count(one) for one in "*+?{")
    steps: int = (len(text) + 1) ** repeats * 2 ** bare.count("|")
    return steps <= _MAX_STEPS
