"""The parts of a role's access, and what each action pattern in them comes to: judged once, remembered by pattern."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from deputize.iam.exposure import Exposure, exposure_of
from deputize.iam.levels import Judged, judge


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one action pattern comes to."""

    known: bool
    not_read: tuple[Judged, ...]
    exposed: tuple[Exposure, ...]


# The same few hundred patterns come again for every shape, and managed policies add thousands.
@lru_cache(maxsize=8192)
def verdict(pattern: str) -> Verdict:
    """What `pattern` comes to."""
    judged = judge(pattern)
    exposed = (exposure_of(one.action) for one in judged)
    return Verdict(
        bool(judged),
        tuple(one for one in judged if not one.reads),
        tuple(found for found in exposed if found is not None),
    )
