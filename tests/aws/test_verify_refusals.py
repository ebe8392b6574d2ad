"""Why the right ID did not get in: whose it is, what is ruled out, what is left."""

from __future__ import annotations

import pytest

from deputize.aws.probes import Round
from deputize.aws.refusals import diagnose, refused
from deputize.iam.arn import RoleArn
from deputize.model.values import ProbeResult

ROLE = RoleArn("aws", "444455556666", "/", "reader")
USER, CHAINED = "arn:aws:iam::111122223333:user/x", "arn:aws:sts::111122223333:assumed-role/collector/x"
SAID = f"User: {USER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"


def last(error: str, got: str = "refuse", none: str = "refuse", end: str = "") -> list[Round]:
    """One round whose right probe ended so."""
    results = (
        ProbeResult("right-first", "allow", got, error),
        ProbeResult("none", "refuse", none),
        ProbeResult("right-last", "allow", end or got, error),
    )
    return [Round(0, results)]


# What STS's message ends with -> the beginning of the diagnosis.
PHRASES = {
    " because no identity-based policy allows the sts:AssumeRole action": "vendor's side: no identity policy of",
    " with an explicit deny in an identity-based policy": "vendor's side: an identity policy of",
    " because no permissions boundary allows the sts:AssumeRole action": "vendor's side: the permissions boundary of",
    " with an explicit deny in a permissions boundary": "vendor's side: the permissions boundary of",
    " because no session policy allows the sts:AssumeRole action": "vendor's side: the session policy of",
    " with an explicit deny in a session policy": "vendor's side: the session policy of",
    " because no service control policy allows the sts:AssumeRole action": "vendor's side: a service control policy of",
    " with an explicit deny in a service control policy": "vendor's side: a service control policy of",
    " with an explicit deny in a resource control policy": "customer's side: a resource control policy of",
    " because no VPC endpoint policy allows the sts:AssumeRole action": "vendor's side: the policy of the VPC endpoint",
    " with an explicit deny in a VPC endpoint policy": "vendor's side: the policy of the VPC endpoint",
    " because no resource-based policy allows the sts:AssumeRole action": "customer's side: the role is not there",
    " with an explicit deny in a resource-based policy": "customer's side: a Deny in the role's trust policy",
}


@pytest.mark.parametrize(("ending", "begins"), PHRASES.items(), ids=PHRASES)
def test_what_sts_says_is_told(ending: str, begins: str) -> None:
    """Each kind of policy that AWS's message names, on its side; and what it rules out."""
    first, second = diagnose(last(SAID + ending), ROLE, USER)
    assert first.startswith(begins)
    assert second.startswith("ruled out: ")


@pytest.mark.parametrize(
    ("action", "what"), [("sts:TagSession", "session tags"), ("sts:SetSourceIdentity", "a source identity")]
)
def test_what_the_session_carries_on(action: str, what: str) -> None:
    """Inherited tags and source identities are named by the action that was refused."""
    first, _ = diagnose(last(SAID.replace("sts:AssumeRole", action)), ROLE, USER)
    assert first.startswith(f"vendor's side: {USER} carries {what} on")


def test_an_id_that_the_condition_does_not_take() -> None:
    """When another probe got in, the role is there and trusts the caller: only the condition is left."""
    first, _ = diagnose(last(SAID, none="allow"), ROLE, USER)
    assert first == (
        "customer's side: the role is there and lets the caller in, but its condition does not take this ID"
        " (it let in: none)"
    )


@pytest.mark.parametrize(("caller", "chained"), [(USER, False), (CHAINED, True)])
def test_what_nobody_can_know(caller: str, chained: bool) -> None:
    """Without a hint all that is left is listed, on both sides; what a session carries on only for a session."""
    customer, vendor, out = diagnose(last(SAID), ROLE, caller)
    for cause in ("no role under this ARN", "without this principal", "condition", "stale", "resource control policy"):
        assert cause in customer
    for cause in ("identity policy", "boundary", "service control policy", "VPC endpoint"):
        assert cause in vendor
    assert ("session tags" in vendor) is chained
    assert "credentials" in out


def test_no_answer_is_told_as_that() -> None:
    """A fault is quoted, and nobody's policy is suspected."""
    assert diagnose(last("AWS credentials: they have expired", "no-answer"), ROLE, USER) == (
        "no answer is no refusal: AWS credentials: they have expired",
    )


def test_a_role_that_closes_while_it_is_tried() -> None:
    """In first and out last: it is being changed."""
    rounds = last("", got="allow", end="refuse")
    assert refused(rounds)
    assert diagnose(rounds, ROLE, USER) == (
        "the right ID got in and was then refused in one round: the role is being changed",
    )
    assert not refused(last("", got="allow"))
