"""The verdict on who can assume a role, made from its judgement; no rule, ID or severity has a part in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deputize.checks.judgement import Judgement
from deputize.model.values import Safety, UnintendedAccess


@dataclass(frozen=True, slots=True)
class TrustVerdict:
    """What a trust policy comes to.

    found: the ways in that are not meant. judged: whether it tells anything: a way in, or, all of it understood, that
    there is none. notes: what was not understood. lets_in: whether the vendor gets in with the first external ID; None
    when that is not clear.
    """

    found: tuple[UnintendedAccess, ...] = ()
    judged: bool = False
    notes: tuple[str, ...] = ()
    lets_in: bool | None = None


def trust_verdict(judgement: Judgement) -> TrustVerdict:
    """What the judgement of a role says of its trust policy, when a vendor was expected."""
    if judgement.trust is None:
        return TrustVerdict()
    too_large = judgement.trust.too_large
    unknown = (
        *(f"cannot be ruled out: {path.sentence}" for path in judgement.access_paths if path.kind == "unknown"),
        *(f"cannot be ruled out: the trust policy {why}" for why in (too_large,) if why is not None),
    )
    found = tuple(
        UnintendedAccess(path.kind, path.sentence) for path in judgement.access_paths if path.kind != "unknown"
    )
    return TrustVerdict(found, bool(found) or not unknown, unknown, judgement.vendor_gets_in)


def of_every_role(verdicts: Iterable[TrustVerdict]) -> TrustVerdict:
    """One verdict on roles of which each must be safe."""
    each = tuple(verdicts)
    return TrustVerdict(
        tuple(dict.fromkeys(one for verdict in each for one in verdict.found)),
        all(verdict.judged for verdict in each),
        tuple(dict.fromkeys(note for verdict in each for note in verdict.notes)),
        _worst({verdict.lets_in for verdict in each}),
    )


def _worst(lets_in: set[bool | None]) -> bool | None:
    return False if False in lets_in else None if None in lets_in else True


def safety_of(verdict: TrustVerdict) -> Safety:
    """The safety of a role whose trust policy is all that was looked at."""
    if verdict.found:
        return Safety.VULNERABLE
    if verdict.notes or verdict.lets_in is None:
        return Safety.UNSETTLED
    return Safety.SAFE if verdict.lets_in else Safety.UNREACHABLE
