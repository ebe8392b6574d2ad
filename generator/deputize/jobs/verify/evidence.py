"""What was found out about a live role, at its door and inside, and on what that rests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deputize.aws.probes import ALLOW, Round, deciding, judge_rounds
from deputize.iam.arn import RoleArn
from deputize.jobs.verify.inside import Inside
from deputize.jobs.verify.notes import about_rounds
from deputize.model.values import ProbeResult, Safety

_RIGHT_ALONE = Round(0.0, (ProbeResult("read", ALLOW, ALLOW),))


@dataclass(frozen=True, slots=True)
class LiveEvidence:
    """Both halves. rounds: of probes, in `waited` seconds; empty when the right ID alone was tried, and got in."""

    inside: Inside
    rounds: tuple[Round, ...] = ()
    waited: float = 0.0

    @property
    def probed(self) -> Safety:
        """What was found at the door."""
        return judge_rounds(self.rounds, self.waited) if self.rounds else Safety.SAFE

    @property
    def told(self) -> Round:
        """The round that the verdict tells of: one that it rests on or, where it rests on none, the last."""
        if not self.rounds:
            return _RIGHT_ALONE
        sure = deciding(self.rounds, self.waited) if self.probed is Safety.SAFE else ()
        return (sure or self.rounds)[-1]

    @property
    def evidence(self) -> str:
        """As in a :class:`deputize.model.values.Verdict`."""
        tried = "probes" if self.rounds else "right"
        return f"{tried}+policy" if self.inside.ways.judged else tried

    def notes(self, role: RoleArn, caller: str) -> Iterator[str]:
        """How far what was found at the door can be relied on."""
        if self.rounds:
            yield from about_rounds(self.rounds, self.waited, role, caller)
        else:
            yield (
                "the role's ID, trust policy and policies are what they were at its last safe verdict: the right"
                " external ID was tried, and no wrong one"
            )
