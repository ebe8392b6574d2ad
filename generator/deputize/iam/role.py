"""A role as IAM returns it, all of it: what every format must create alike and what is read back from each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deputize.iam.policy import NamedPolicy, Policy

Delivery = Literal["managed", "inline"]


@dataclass(frozen=True, slots=True)
class IamRole:
    """One IAM role with its policies.

    policies: its own access policies, in order; `delivery` says whether they are customer-managed or inline.
    managed_arns: ARNs of AWS managed policies attached to it, sorted.
    max_session: seconds. boundary: ARN or None. tags: sorted by key, without AWS's own `aws:` ones.
    """

    name: str
    path: str
    description: str
    max_session: int
    boundary: str | None
    trust: Policy
    delivery: Delivery
    policies: tuple[NamedPolicy, ...]
    managed_arns: tuple[str, ...]
    tags: tuple[tuple[str, str], ...]
