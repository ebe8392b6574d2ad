"""What the rules about a tenant look at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ids:
    """A tenant's external IDs and the slug that they must not tell."""

    tenant: str
    external_ids: tuple[str, ...]
