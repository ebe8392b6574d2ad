"""The verdict on who can assume a role, made from its judgement; no rule, ID or severity has a part in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from deputize.checks.judgement import Judgement
from deputize.checks.trust.case import RoleTrust
from deputize.checks.trust.vendor import deciding, is_spelt_otherwise, what_decides
from deputize.iam.trust.access_paths import AccessPath
from deputize.iam.trust.principals import deleted_principals
from deputize.model.values import Safety, UnintendedAccess

_SPELLING = (
    "the policy asks for this external ID in another case, and external IDs are compared exactly: have it corrected to"
    " the ID as it was issued"
)


@dataclass(frozen=True, slots=True)
class TrustVerdict:
    """What a trust policy comes to.

    found: the ways in that are not meant. judged: whether it tells anything: a way in, or, all of it understood, that
    there is none. notes: what was not understood. lets_in: whether the vendor gets in with the first external ID; None
    when that is not clear. reasons: what decides it, when it is not clear or the vendor does not. deleted: unique IDs
    that stand for principals which were deleted.
    """

    found: tuple[UnintendedAccess, ...] = ()
    judged: bool = False
    notes: tuple[str, ...] = ()
    lets_in: bool | None = None
    reasons: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


def trust_verdict(judgement: Judgement) -> TrustVerdict:
    """What the judgement of a role says of its trust policy, when a vendor was expected."""
    if judgement.trust is None:
        return TrustVerdict()
    case, too_large, lets_in = judgement.trust.case, judgement.trust.too_large, judgement.vendor_gets_in
    unknown = (
        *_not_ruled_out(case, [path for path in judgement.access_paths if path.kind == "unknown"]),
        *(f"cannot be ruled out: the trust policy {why}" for why in (too_large,) if why is not None),
    )
    sure = tuple(path for path in judgement.access_paths if path.kind != "unknown")
    # Where the vendor's own ID is spelt otherwise and nothing else is open, it is the vendor who is kept out.
    misspelt = lets_in is False and bool(sure) and all(_is_spelling(case, path) for path in sure)
    found = () if misspelt else tuple(UnintendedAccess(path.kind, path.sentence) for path in sure)
    reasons = (_SPELLING,) if misspelt else what_decides(case) if lets_in is not True and too_large is None else ()
    deleted = deleted_principals(case.policy)
    return TrustVerdict(found, bool(found) or not unknown, unknown, lets_in, reasons, deleted)


def _is_spelling(case: RoleTrust, path: AccessPath) -> bool:
    """Whether it is the vendor's own way in, with its own ID in another case."""
    return path.kind in ("other-case", "second-id") and is_spelt_otherwise(case, path.external_id)


def _not_ruled_out(case: RoleTrust, paths: Iterable[AccessPath]) -> Iterator[str]:
    """The ways in that are not known to be shut, with the conditions that decide; those of one statement in one go."""
    ways: dict[tuple[tuple[int, ...], tuple[str, ...]], list[str]] = {}
    for path in paths:
        told = deciding(case, path.principal, path.external_id, path.action)
        said = tuple(one for one in told if one.startswith(_of(path)))
        ways.setdefault((tuple(path.statements), said), []).append(path.sentence.removesuffix("."))
    for (_, said), sentences in ways.items():
        yield "; ".join((f"cannot be ruled out: {_in_one(sentences)}", *said))


def _in_one(sentences: list[str]) -> str:
    """Sentences about the same statements as one: the words that all begin with are said once."""
    words = [one.split(" ") for one in sentences]
    shared = len([*takewhile(lambda same: len({*same}) == 1, zip(*words, strict=False))])
    first, *others = sentences
    return ", or ".join((first, *(" ".join(one[shared:]) for one in words[1:]))) if others else first


def _of(path: AccessPath) -> tuple[str, ...]:
    return tuple(f"Statement {at + 1} " for at in path.statements)


def of_every_role(verdicts: Iterable[TrustVerdict]) -> TrustVerdict:
    """One verdict on roles of which each must be safe."""
    each = tuple(verdicts)
    return TrustVerdict(
        tuple(dict.fromkeys(one for verdict in each for one in verdict.found)),
        all(verdict.judged for verdict in each),
        tuple(dict.fromkeys(note for verdict in each for note in verdict.notes)),
        _worst({verdict.lets_in for verdict in each}),
        tuple(dict.fromkeys(reason for verdict in each for reason in verdict.reasons)),
        tuple(dict.fromkeys(one for verdict in each for one in verdict.deleted)),
    )


def _worst(lets_in: set[bool | None]) -> bool | None:
    return False if False in lets_in else None if None in lets_in else True


def safety_of(verdict: TrustVerdict) -> Safety:
    """The safety of a role whose trust policy is all that was looked at."""
    if verdict.found:
        return Safety.VULNERABLE
    if verdict.notes or verdict.lets_in is None:
        return Safety.UNSETTLED
    if not verdict.lets_in:
        return Safety.UNREACHABLE
    # One reading does not tell a principal that was deleted from one whose ARN IAM does not show yet.
    return Safety.UNSETTLED if verdict.deleted else Safety.SAFE
