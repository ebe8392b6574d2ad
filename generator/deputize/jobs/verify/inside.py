"""What is found out from inside a live role: who may assume it by its policy, whose it is, and what it may do."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from deputize.aws.client import Session
from deputize.aws.live_role import LiveRole, read_live_role
from deputize.aws.verify import Pause, Timing, assume_to_read
from deputize.checks.access_verdict import access_verdict
from deputize.checks.judge import judge
from deputize.checks.verdict import TrustVerdict, trust_verdict
from deputize.iam.arn import RoleArn
from deputize.iam.policy import compact_json
from deputize.iam.trust.principals import deleted_principals
from deputize.jobs.verify.access import AccessFound, access_of
from deputize.jobs.verify.expectations import RoleExpectations
from deputize.jobs.verify.notes import SETTLES, about_deleted
from deputize.jobs.verify.tags import Whose, whose
from deputize.model.access import self_read_statement
from deputize.model.values import ProbeResult, Safety
from deputize.model.world import World
from deputize.read.world import raw_role


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at inside a role, and how. external_ids: that it accepts; the first is used.

    account_id: of the caller, whose principals may assume the role when no vendor is known.
    """

    role: RoleArn
    external_ids: tuple[str, ...]
    expectations: RoleExpectations
    account_id: str
    timing: Timing
    write_probe: bool


@dataclass(frozen=True, slots=True)
class Inside:
    """What was found out from inside the role. why: why it was not assumed for reading; empty when it was.

    right: STS's answer to the right ID, when it was not let in.
    settled: whether the unique IDs that its trust policy shows can be relied on to be of principals that were deleted.
    """

    live: LiveRole = field(default_factory=LiveRole)
    ways: TrustVerdict = field(default_factory=TrustVerdict)
    whose: Whose = field(default_factory=Whose)
    access: AccessFound = field(default_factory=AccessFound)
    why: str = ""
    right: ProbeResult | None = None
    settled: bool = True

    def safety(self, found: Safety, role: RoleArn) -> Safety:
        """What it makes of that which the probes found: safe needs the trust policy read and judged."""
        if self.ways.found or self.whose.others or found is Safety.VULNERABLE:
            return Safety.VULNERABLE
        # An endpoint that overlooks the path assumes a role which AWS would not find under this ARN.
        if self.live.arn not in ("", str(role)):
            return Safety.UNREACHABLE
        if found is not Safety.SAFE:
            return found
        if self.ways.judged:
            return Safety.SAFE if self.settled else Safety.UNSETTLED
        # A fault, or a policy that came back and is not understood, may pass or be asked about again.
        return Safety.UNPROVED if self.live.hides_trust else Safety.UNSETTLED

    def notes(self, role: RoleArn, caller: str) -> Iterator[str]:
        """What has to be said about the evidence."""
        yield from self.ways.notes
        if self.live.arn and self.live.arn != str(role):
            yield f"no role under this ARN: the one of that name is {self.live.arn}"
        if not self.ways.judged:
            yield _not_judged(self, caller)
        if self.live.hides_trust:
            yield f"for a role that lets itself be read, the customer may add this statement: {_statement(role)}"
        if self.ways.deleted:
            yield about_deleted(self.ways.deleted, settled=self.settled)
        yield from self.whose.notes
        yield from self.access.notes
        if self.live.trust is not None:
            yield (
                f"what lies behind the role was not looked at: other roles of account {role.account_id} may trust it,"
                " and only they tell"
            )


def look_inside(session: Session, look: Look, unchanged: str | None = None) -> Generator[Pause, None, Inside]:
    """Assume the role once with all that it may do, and look.

    unchanged: the digest of the role at its last safe verdict: what was settled then is settled.
    """
    answer = assume_to_read(session, look.role, look.external_ids[0], look.timing)
    if isinstance(answer, ProbeResult):
        return Inside(why=answer.error, right=answer)
    live, settled = yield from _read(answer, look, unchanged)
    expected = look.expectations.for_judge(look.account_id, look.external_ids)
    found = raw_role(look.role, live.trust, live.documents, live.aws_managed, live.boundary)
    (judgement,) = judge(World((found,)), expected)
    access = access_of(answer, live, look.expectations, access_verdict(judgement), write_probe=look.write_probe)
    tags = whose(live.tags, look.expectations)
    return Inside(live, trust_verdict(judgement), tags, access, settled=settled)


def _read(inside: Session, look: Look, unchanged: str | None) -> Generator[Pause, None, tuple[LiveRole, bool]]:
    """The role, read again after a minute where it shows unique IDs, and whether those are of deleted principals.

    For a while after a change IAM shows the ID of a principal that exists as well.
    """
    live = read_live_role(inside, look.role)
    shown = _deleted(live)
    if not shown or (unchanged and live.digest(look.external_ids) == unchanged):
        return live, True
    if look.timing.wait < SETTLES:
        return live, False
    yield Pause(look.timing.clock() + SETTLES)
    again = read_live_role(inside, look.role)
    return again, set(_deleted(again)) <= set(shown)


def _deleted(live: LiveRole) -> tuple[str, ...]:
    return () if live.trust is None else deleted_principals(live.trust)


def _not_judged(inside: Inside, caller: str) -> str:
    if inside.live.trust is not None:
        return "the role's trust policy was read, and leaves open who else gets in: see what cannot be ruled out"
    why = inside.why or f"unread: {', '.join(inside.live.unread)}"
    return (
        f"the role's trust policy was not judged ({why}): the verdict rests on probes alone, as {caller},"
        " and a refusal may be the caller's own (an identity policy, service control policy or VPC endpoint policy that"
        " conditions sts:ExternalId)"
    )


def _statement(role: RoleArn) -> str:
    return compact_json(self_read_statement(str(role)).to_json())
