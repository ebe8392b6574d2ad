"""What ends an acceptance of probes alone: another answer of the role's, never our own wrong credentials."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deputize.aws.refusals import is_callers_own
from deputize.jobs.tenants.acceptances import acceptance
from deputize.jobs.tenants.checks import Asked, recheck, register
from deputize.model.values import Safety
from deputize.registry import GrantRequest, Registry, State, add, find
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


@pytest.fixture
def accepted(registry: Registry) -> Registry:
    """One with a tenant whose role was accepted on probes alone."""
    add(registry, GrantRequest("t0"))
    asked = Asked(accept=acceptance("agreed by phone", None, 90, "--accept-probes-only"))
    (done,) = register(registry, "t0", [arn_of(0)], Roles({arn_of(0): UNPROVED}), asked)
    assert done.stored
    return registry


@pytest.mark.parametrize("message", [*OURS, *THEIRS])
def test_whose_refusal_ends_it(accepted: Registry, message: str) -> None:
    """With a wrong profile the right ID is refused, too: the role said nothing, so what was accepted stands."""
    shut = tuple(replace(one, error=message) for one in SHUT)
    roles = Roles({arn_of(0): {**UNPROVED, "safety": Safety.UNREACHABLE, "probes": shut}})
    done = recheck(accepted, find(accepted, "t0"), roles)
    ended = message in THEIRS
    assert is_callers_own(message) is not ended
    assert not done.stored
    assert done.grant.state is (State.UNVERIFIED if ended else State.VERIFIED)
    assert ("accepted no more" in str(done.error)) is ended
    roles.found = {arn_of(0): UNPROVED}
    assert recheck(accepted, find(accepted, "t0"), roles).stored is not ended
