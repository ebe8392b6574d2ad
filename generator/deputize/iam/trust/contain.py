"""What one trust policy lets in that another does not: callers x external IDs x actions, as either tells them apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deputize.iam.policy import Policy

TrustKind = Literal["wider", "untold"]
"""wider: a request that NEW allows and OLD does not. untold: nothing is proved, so it counts as wider."""

IdKind = Literal["none", "listed", "other"]
"""What the request sends as external ID: none, one that stands in NEW's trust policy, or another one."""


@dataclass(frozen=True, slots=True)
class TrustRequest:
    """One request, as `evaluate_trust` takes it. external_id: a tenant's, perhaps: it is for asking, not for printing.

    context: values by condition key in small letters; none for one that the request does not have.
    """

    principal: str
    external_id: str | None
    action: str
    context: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class TrustWidening:
    """Whom NEW lets in, and OLD does not.

    statements: indexes of those of NEW that let them in, or may. who: the kind of caller and the account, "" where it
    is one that NEW does not name. sends: what the request sends as external ID; id_place: its place, from 0, among
    those that NEW lists (`intent.listed_ids`), None where it is none of them. actions: of STS. request: an example,
    about which `evaluate_trust` says that NEW allows it and OLD does not; None where nothing is proved. why: the end of
    a sentence, which quotes no external ID.
    """

    kind: TrustKind
    statements: tuple[int, ...]
    who: tuple[str, str]
    sends: IdKind
    id_place: int | None
    actions: tuple[str, ...]
    request: TrustRequest | None = None
    why: str = ""


def trust_widenings(old: Policy, new: Policy) -> tuple[TrustWidening, ...]:
    """Everyone whom `new` lets in and `old` does not, grouped; none is a proof that there is nobody."""
    raise NotImplementedError(old, new)
