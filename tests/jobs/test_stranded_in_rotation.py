"""Nobody is stranded by a rotation, or by what was accepted of a role that is another one by now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from deputize.aws.live_role import LiveRole
from deputize.jobs.assume.run import usable
from deputize.jobs.tenants.acceptances import accept_judged, reminders, state_of
from deputize.jobs.tenants.checks import recheck, register, rotate_finish, rotate_switch
from deputize.jobs.tenants.lapses import lapses
from deputize.jobs.user_registry import UserRegistry
from deputize.registry import (
    Grant,
    GrantRequest,
    Registry,
    Rotation,
    State,
    add_all,
    events,
    find,
    grants,
    start,
)
from deputize.registry.tables import GRANTS
from deputize.registry.values import MAX_AGE
from roles import BY_TEXT, CHANGED, GONE, UNCLEAR, WIDE, Roles, ago, arn_of


def asks_for(grant: Grant, *ids: str) -> str:
    """The digest of a role that asks for these IDs, by those that its grant accepts."""
    statement = {"Effect": "Allow", "Condition": {"StringEquals": {"sts:ExternalId": list(ids)}}}
    return LiveRole(role_id="AROA1", trust={"Statement": [statement]}).digest(grant.accepted_ids)


@pytest.mark.parametrize("thought", [BY_TEXT, WIDE, UNCLEAR])
def test_a_role_that_is_judged_anew_is_rotated(registry: Registry, thought: dict[str, object]) -> None:
    """At each step it stays verified and usable; a step waits until the role is mended, and the role with it."""
    add_all(registry, [GrantRequest("t0")])
    roles, arn, old = Roles(), arn_of(0), find(registry, "t0").external_id

    def seen(*ids: str, **fields: object) -> Grant:
        """The grant after a night in which the role asks for these IDs, when its last good check was a week ago."""
        with registry.writing() as tx:
            tx.execute(update(GRANTS).values(verified_at=ago(8)))
        roles.found[arn] = {**fields, "role_digest": asks_for(find(registry, "t0"), *ids)}
        recheck(registry, find(registry, "t0"), roles)
        found = find(registry, "t0")
        assert (found.state, bool(found.doubts)) == (State.VERIFIED, bool(fields))
        usable(found, "aws", MAX_AGE)
        return found

    roles.found[arn] = {"role_digest": asks_for(find(registry, "t0"), old)}
    assert register(registry, "t0", [arn], roles)[0].stored
    seen(old, **thought)
    new = start(registry, find(registry, "t0")).other_id or ""
    seen(old, **thought)
    started = seen(old, new, **thought)
    refused = rotate_switch(registry, started, roles)
    assert (refused.stored, refused.grant.state, refused.grant.rotation) == (False, State.VERIFIED, Rotation.STARTED)
    if thought is BY_TEXT:
        assert "is judged anew" in str(refused.error)
        assert "take this step of the rotation again" in str(refused.error)
    switched = rotate_switch(registry, seen(old, new), roles)
    assert (switched.stored, switched.grant.external_id) == (True, new)
    seen(old, new, **thought)
    # Asked about the new ID alone, a role that still takes both is no other one than it was.
    early = seen(old, new, **thought)
    roles.found[arn] = {**thought, "role_digest": asks_for(replace(early, other_id=None), old, new)}
    assert not rotate_finish(registry, early, roles).stored
    assert find(registry, "t0").doubts
    late = seen(new, **thought)
    assert not rotate_finish(registry, late, roles).stored
    assert find(registry, "t0").state is State.VERIFIED
    finished = rotate_finish(registry, seen(new), roles)
    assert (finished.stored, finished.grant.rotation) == (True, Rotation.NONE)
    seen(new, **thought)
    # The ID that was given up is nobody's any more: a role that asks for it, too, is another one.
    roles.found[arn] = {**thought, "role_digest": asks_for(find(registry, "t0"), old, new)}
    assert not recheck(registry, find(registry, "t0"), roles).stored


@pytest.mark.parametrize("changed", [{**WIDE, "role_digest": CHANGED}, {**UNCLEAR, "role_digest": CHANGED}])
def test_an_acceptance_is_not_told_of_a_changed_role(
    registry: Registry, tmp_path: Path, changed: dict[str, object]
) -> None:
    """What was accepted, and thought, was of the role as it was: `list` says neither any longer, and the log why."""
    add_all(registry, [GrantRequest("t0")])
    roles = Roles()
    register(registry, "t0", [arn_of(0)], roles)
    roles.found[arn_of(0)] = WIDE
    recheck(registry, find(registry, "t0"), roles)
    day = (datetime.now(UTC) + timedelta(days=100)).date().isoformat()
    accept_judged(UserRegistry(str(tmp_path / "registry.db"), "boss"), "t0", None, "x", day)
    for passing in (GONE, {**WIDE, "role_digest": "", "interrupted": True}):
        roles.found[arn_of(0)] = passing
        recheck(registry, find(registry, "t0"), roles)
        assert state_of(find(registry, "t0")) == f"verified (judged anew, accepted until {day})"
    roles.found[arn_of(0)] = changed
    assert not recheck(registry, find(registry, "t0"), roles).stored
    assert state_of(find(registry, "t0")) == "verified"
    assert list(reminders(grants(registry))) == []
    assert [one.what for one in events(registry)][-2:] == ["acceptance-ended", "not-accepted"]
    roles.found[arn_of(0)] = WIDE
    assert recheck(registry, find(registry, "t0"), roles).grant.accepted is None
    assert state_of(find(registry, "t0")) == "verified (judged anew)"


def test_grants_that_lapse_are_counted(registry: Registry) -> None:
    """Those that have, those that will within five days, and from the first day those that a run did not renew."""
    add_all(registry, [GrantRequest(f"t{number}") for number in range(5)])
    roles = Roles()
    for number in range(4):
        register(registry, f"t{number}", [arn_of(number)], roles)
    assert list(lapses(grants(registry))) == []
    for number, days in enumerate((8, 6.5, 3, 1)):
        with registry.writing() as tx:
            tx.execute(update(GRANTS).where(GRANTS.c.tenant == f"t{number}").values(verified_at=ago(days)))
    gone, soon = lapses(grants(registry))
    assert gone.startswith("1 verified grant has lapsed, unrenewed for 7 days: `assume` refuses them now")
    assert soon.startswith("2 verified grants lapse within 4 days, the first at ")
    _, soon = lapses(grants(registry), left=[find(registry, "t3").id, find(registry, "t4").id])
    assert soon.startswith("3 verified grants lapse within 6 days, the first at ")
