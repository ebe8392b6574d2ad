"""What a verdict has to say about the rounds that it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deputize.aws.probes import APART, Round, deciding, entrance
from deputize.aws.refusals import diagnose, refused
from deputize.iam.arn import RoleArn
from deputize.model.values import UnintendedAccess

SETTLES = 60.0  # seconds after which a unique ID that IAM still shows is taken for that of a deleted principal


def tried(last: Round, caller: str) -> Iterator[UnintendedAccess]:
    """The ways in that a round found by trying."""
    for result in last.let_in:
        kind, how = entrance(result)
        yield UnintendedAccess(kind, f"STS let {caller} in {how}")


def about_rounds(rounds: Sequence[Round], waited: float, role: RoleArn, caller: str) -> Iterator[str]:
    """How far the rounds can be relied on, and why the right ID did not get in when it did not."""
    if len(rounds[-1].results) == 1:
        yield "the right external ID alone was tried, once"
        yield from diagnose(rounds, role, caller)
        return
    if waited < APART:
        yield f"waited {waited:g} s: one clean round had to do, and IAM may not have settled"
    lost = sum(not one.whole for one in rounds)
    if lost:
        yield f"{lost} of {len(rounds)} rounds do not count: a fault kept a probe without an answer"
    if waited >= APART and not rounds[-1].let_in and not deciding(rounds, waited):
        yield "there are no two whole rounds at least 10 s apart at the end"
    yield from (
        f"the further external ID ({one.name}) was not let in: {one.error}"
        for one in rounds[-1].results
        if one.name.startswith("accepted-") and one.got != one.expected
    )
    if refused(rounds):
        yield from diagnose(rounds, role, caller)


def about_deleted(ids: Sequence[str], *, settled: bool) -> str:
    """What unique IDs in a trust policy mean. settled: whether they were still shown after a while."""
    what = f"the trust policy names {', '.join(ids)}, the unique ID that AWS shows for a principal that was deleted"
    if settled:
        return f"{what}: it lets nobody in, and can be taken out"
    again = f"`deputize verify --wait {SETTLES:g}` of the live role reads it twice"
    return f"{what}, and for a while for one that exists, which one reading does not tell apart; {again}"
