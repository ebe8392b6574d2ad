"""What is tried at a role's door, and what the answers of all rounds come to: pure, so that tables can test it.

IAM is eventually consistent and AWS states no bound, hence rounds:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deputize.iam import limits
from deputize.model.role_session import IN_USE, RoleSession, harmless
from deputize.model.values import ProbeResult, Safety

ALLOW, REFUSE = "allow", "refuse"
NO_ANSWER, NOT_APPLICABLE = "no-answer", "not-applicable"
RIGHT_FIRST, RIGHT_LAST = "right-first", "right-last"
OTHER_CASE = "other-case"
APART = 10.0  # seconds between two clean rounds that together prove a role safe
_SLACK = 0.01  # seconds by which a clock's own rounding may shorten that
# What these are sent as is what real use sends, so that no role can tell them from it.
_LIKE_USE = frozenset({"random", "none", RIGHT_LAST})

# Probe name -> (kind of entrance, how it got in).
_ENTRANCES = {
    "random": ("wrong-id", "with a random external ID made for this test"),
    "none": ("no-id", "without any external ID"),
    OTHER_CASE: ("other-case", "with the right external ID in another case"),
    "one-longer": ("longer", "with the right external ID and one character more"),
    "other": ("other-id", "with an external ID that belongs to somebody else"),
}


@dataclass(frozen=True, slots=True)
class Probe:
    """One AssumeRole to be tried. external_id: None sends none. skipped: why it would say nothing, empty if it does."""

    name: str
    expected: str
    external_id: str | None
    skipped: str = ""

    @property
    def session(self) -> RoleSession:
        """The session that it asks for: that of real use, or one that may do nothing and tells which probe it is."""
        return IN_USE if self.name in _LIKE_USE else harmless(self.name)


@dataclass(frozen=True, slots=True)
class Round:
    """One pass through all probes; started: seconds since the first round began."""

    started: float
    results: tuple[ProbeResult, ...]

    @property
    def let_in(self) -> tuple[ProbeResult, ...]:
        """The probes that got in and should not have.

        Not the right ID in another case where the role takes that spelling alone: then nobody gets in but who knows it.
        """
        return () if self.spelt_otherwise else self._wrong_and_in

    @property
    def spelt_otherwise(self) -> bool:
        """Whether the role refuses the right ID as it is spelt, and takes it in another case, and nothing else."""
        right = [one.got for one in self.results if one.name in (RIGHT_FIRST, RIGHT_LAST)]
        return right == [REFUSE, REFUSE] and [one.name for one in self._wrong_and_in] == [OTHER_CASE]

    @property
    def _wrong_and_in(self) -> tuple[ProbeResult, ...]:
        return tuple(one for one in self.results if one.expected == REFUSE and one.got == ALLOW)

    @property
    def assumed(self) -> bool:
        """Whether the right external ID got in at least once."""
        return any(one.got == ALLOW for one in self.results if one.name in (RIGHT_FIRST, RIGHT_LAST))

    @property
    def whole(self) -> bool:
        """Whether every probe that applies was answered, or one got in that should not have: only such rounds count."""
        return bool(self.let_in) or all(one.got != NO_ANSWER for one in self.results)

    @property
    def clean(self) -> bool:
        """Whether the right ID got in first and last, and between them nothing that should not."""
        right = [one.got for one in self.results if one.name in (RIGHT_FIRST, RIGHT_LAST)]
        wrong = [one.got for one in self.results if one.expected == REFUSE and one.got != NOT_APPLICABLE]
        return right == [ALLOW, ALLOW] and bool(wrong) and all(got == REFUSE for got in wrong)


def plan_round(external_ids: Sequence[str], other_id: str | None, fresh: str) -> tuple[Probe, ...]:
    """The probes of one round, in order.

    external_ids: those that are accepted, the first of which must be; the second of a rotation is tried and may be
    refused. other_id: one that belongs to somebody else, or to nobody. fresh: an ID that was never used before.
    """
    right = external_ids[0]
    wrong: tuple[tuple[str, str | None, str], ...] = (
        ("random", fresh, ""),
        ("none", None, ""),
        (OTHER_CASE, right.swapcase(), "it has no letters"),
        ("one-longer", f"{right}0", "it is as long as STS takes"),
        ("other", other_id, "none was given") if other_id is None else ("other", other_id, "it is no valid ID"),
    )
    return (
        Probe(RIGHT_FIRST, ALLOW, right),
        *(Probe(f"accepted-{n}", ALLOW, one) for n, one in enumerate(external_ids[1:], 2)),
        *(Probe(name, REFUSE, text, _skipped(name, text, external_ids, why)) for name, text, why in wrong),
        Probe(RIGHT_LAST, ALLOW, right),
    )


def _skipped(name: str, text: str | None, accepted: Sequence[str], why: str) -> str:
    if text is None:
        return "" if name == "none" else why
    if text in accepted:
        return why if text == accepted[0] and name == OTHER_CASE else "it is an accepted ID"
    return "" if limits.EXTERNAL_ID.admits(text) else why


def judge_rounds(rounds: Sequence[Round], wait: float) -> Safety:
    """What the rounds come to. wait: seconds for which rounds were repeated; under 10, one clean round will do.

    Rounds in which a fault kept a probe without an answer do not count as clean or unclean; one that something got
    in always counts.
    """
    if rounds and rounds[-1].let_in:
        return Safety.VULNERABLE
    counted = deciding(rounds, wait)
    if counted and all(one.clean for one in counted):
        return Safety.SAFE
    return Safety.UNSETTLED if any(one.assumed for one in rounds) else Safety.UNREACHABLE


def deciding(rounds: Sequence[Round], wait: float) -> tuple[Round, ...]:
    """The last whole rounds that a verdict can rest on: two at least 10 s apart, or one when `wait` is shorter."""
    whole = [one for one in rounds if one.whole]
    if wait < APART:
        return tuple(whole[-1:])
    if len(whole) > 1 and whole[-1].started - whole[-2].started >= APART - _SLACK:
        return tuple(whole[-2:])
    return ()


def entrance(result: ProbeResult) -> tuple[str, str]:
    """(kind, how) of a probe that got in and should not have."""
    return _ENTRANCES[result.name]
