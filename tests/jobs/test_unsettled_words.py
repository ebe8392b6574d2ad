"""What is told of a role whose trust policy was read and does not tell: no wait mends that, and it was no silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from deputize.aws.live_role import LiveRole
from deputize.checks.judge import judge
from deputize.checks.verdict import TrustVerdict, trust_verdict
from deputize.iam.arn import RoleArn
from deputize.jobs.tenants.checks import register
from deputize.jobs.verify.expectations import RoleExpectations
from deputize.jobs.verify.inside import Inside
from deputize.model.world import World
from deputize.read.world import raw_role
from deputize.registry import GrantRequest, add, open_registry
from roles import UNCLEAR, Roles, arn_of

ROLE = RoleArn("aws", "444455556666", "/", "reader")
DATE = "cannot be ruled out: Statement 2 perhaps lets the vendor in without an external ID; it asks for aws:CurrentTime"


@pytest.mark.parametrize("note", [DATE, "cannot be ruled out: the trust policy is larger than is worked out"])
def test_a_trust_policy_that_was_read_is_not_called_unread(note: str) -> None:
    """The verdict does not rest on probes alone then: it is what the policy leaves open."""
    ways = TrustVerdict(notes=(note,))
    told = list(Inside(LiveRole(arn=str(ROLE), trust={"Statement": []}), ways).notes(ROLE, "arn:caller"))
    assert told[0] == note
    assert "was read" in told[1]
    assert not any("rests on probes alone" in one for one in told)


@pytest.mark.parametrize("unread", [(), ("iam:GetRole (AccessDenied)",), ("iam:GetRole (timed out)",)])
def test_one_that_was_not_read_leaves_the_probes_alone(unread: tuple[str, ...]) -> None:
    """As ever, with the reason."""
    told = list(Inside(LiveRole(unread=unread), why="" if unread else "it timed out").notes(ROLE, "arn:caller"))
    assert "rests on probes alone" in told[0]
    assert (unread or ("it timed out",))[0] in told[0]


def test_the_mend_of_an_unsettled_role_is_not_only_to_wait(tmp_path: Path) -> None:
    """What cannot be ruled out has to be changed."""
    roles = Roles({arn_of(0): UNCLEAR})
    with open_registry(str(tmp_path / "registry.db"), who="tester", create=True) as registry:
        add(registry, GrantRequest("t0"))
        (done,) = register(registry, "t0", [arn_of(0)], roles)
    assert "have mended what the notes cannot rule out" in str(done.error)
    assert "--wait" in str(done.error)


def test_one_fault_of_a_statement_is_one_note() -> None:
    """Whatever ways in it leaves open are one sentence, and the condition that decides is said once."""
    trusts = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}
    asks = ({"StringEquals": {"sts:ExternalId": "Acme-7d4c0b9e"}}, {"DateLessThan": {"aws:CurrentTime": "2030-01-01"}})
    policy = {"Version": "2012-10-17", "Statement": [{**trusts, "Condition": one} for one in asks]}
    expected = RoleExpectations(vendor_account="111122223333").for_judge("111122223333", ("Acme-7d4c0b9e",))
    (judgement,) = judge(World((raw_role(ROLE, policy, {}),)), expected)
    assert len(judgement.access_paths) > 3
    (note,) = trust_verdict(judgement).notes
    assert "without an external ID, or with the external ID in another case, or " in note
    assert (note.count("cannot be ruled out"), note.count("perhaps"), note.count("aws:CurrentTime")) == (1, 1, 1)
