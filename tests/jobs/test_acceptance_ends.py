"""What ends an acceptance of probes alone: another answer of the role's, never our own wrong credentials."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deputize.aws.refusals import is_callers_own
from deputize.jobs.tenants.checks import recheck
from deputize.model.values import Safety
from deputize.registry import Registry, State, find
from roles import SHUT, UNPROVED, Roles, arn_of

_SAYS = "User: arn:aws:iam::111122223333:user/x is not authorized to perform: {} on resource: arn:aws:iam::1:role/r"
ASSUME = _SAYS.format("sts:AssumeRole")
OURS = (
    f"{ASSUME} because no identity-based policy allows the sts:AssumeRole action",
    f"{ASSUME} with an explicit deny in an identity-based policy",
    f"{ASSUME} because no session policy allows the sts:AssumeRole action",
    f"{ASSUME} with an explicit deny in a service control policy",
    f"{ASSUME} because no VPC endpoint policy allows the sts:AssumeRole action",
    _SAYS.format("sts:TagSession"),
)
THEIRS = (
    ASSUME,
    "",
    f"{ASSUME} because no resource-based policy allows the sts:AssumeRole action",
    f"{ASSUME} with an explicit deny in a resource-based policy",
    f"{ASSUME} with an explicit deny in a resource control policy",
)


@pytest.mark.parametrize("message", [*OURS, *THEIRS])
def test_whose_refusal_ends_it(registry: Registry, message: str) -> None:
    """With a wrong profile the right ID is refused, too: the role said nothing, so what was accepted stands."""
    shut = tuple(replace(one, error=message) for one in SHUT)
    roles = Roles({arn_of(0): {**UNPROVED, "safety": Safety.UNREACHABLE, "probes": shut}})
    done = recheck(registry, find(registry, "t0"), roles)
    ended = message in THEIRS
    assert is_callers_own(message) is not ended
    assert not done.stored
    assert done.grant.state is (State.UNVERIFIED if ended else State.VERIFIED)
    assert ("accepted no more" in str(done.error)) is ended
    roles.found = {arn_of(0): UNPROVED}
    assert recheck(registry, find(registry, "t0"), roles).stored is not ended
