"""How AWS's quotas are told."""

from __future__ import annotations

from deputize.iam.limits import Limit


def over(limit: Limit, size: int) -> str | None:
    """Why `size` is outside the limit, or None when it is not."""
    if limit.low <= size <= limit.high:
        return None
    return f"has {size:,} {limit.unit}; AWS takes {limit.low:,} to {limit.high:,}"
