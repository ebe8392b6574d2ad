"""A registry of the first schema with 500 verified grants: none is lost that nobody has seen listed before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from deputize.errors import DeputizeError
from deputize.jobs.assume.run import usable
from deputize.jobs.tenants.acceptances import accept_judged, reminders
from deputize.jobs.tenants.sweep import Sweeping, recheck_all
from deputize.jobs.user_registry import UserRegistry
from deputize.model.values import JudgedBy
from deputize.registry import Grant, Registry, State, events, grants, open_registry
from deputize.registry.tables import GRANTS
from deputize.registry.values import MAX_AGE, stamp
from old_registry import make_old_registry
from roles import BY_TEXT, CHANGED, DIGEST, LET_IN, UNPROVED, WIDE, Roles, arn_of

COUNT = 500
FEW = 24  # where every week of six writes a line for each


def on_probes(number: int) -> bool:
    """Whether the tenant of that number was verified by probes alone: every third."""
    return number % 3 == 0


@pytest.fixture
def count(request: pytest.FixtureRequest) -> int:
    """How many grants the registry has."""
    return int(getattr(request, "param", COUNT))


@pytest.fixture
def location(tmp_path: Path, count: int) -> str:
    """The path of a registry as the first schema had it, with verified grants of both kinds and a suspended one."""
    path = str(tmp_path / "registry.db")
    make_old_registry(path, map(partial(_row, count), range(count + 1)))
    return path


def _row(count: int, number: int) -> dict[str, Any]:
    probes = on_probes(number)
    return {
        "tenant": f"t{number}",
        "state": "suspended" if number == count else "verified",
        "external_id": f"0b0c7b9e-2f7a-4f0e-9f57-{number:012}",
        "arn": arn_of(number),
        "role_id": None if probes else f"AROA{number:012}",
        "evidence": "probes" if probes else "probes+policy",
    }


@pytest.fixture
def registry(location: str) -> Iterator[Registry]:
    """The same, opened by today's deputize."""
    with open_registry(location, who="tester") as opened:
        yield opened


def usables(registry: Registry) -> set[str]:
    """The tenants whose role `assume` would use."""
    found = set()
    for grant in grants(registry):
        try:
            usable(grant, "aws", MAX_AGE)
        except DeputizeError:
            continue
        found.add(grant.tenant)
    return found


def listed(found: list[Grant]) -> set[str]:
    """The tenants that `tenants list` tells a person of."""
    return {line.split(" ", 1)[0] for line in reminders(found)}


def everybody(count: int) -> set[str]:
    """The tenants that were verified before the upgrade."""
    return {f"t{number}" for number in range(count)}


def probed_only(count: int) -> set[str]:
    """Those of them that only probes spoke for."""
    return {f"t{number}" for number in range(count) if on_probes(number)}


def test_the_upgrade_itself_loses_none(registry: Registry, count: int) -> None:
    """Each stays usable; who rests on probes alone is listed, gets 30 days, and the log has it; nobody else is."""
    assert usables(registry) == everybody(count)
    assert listed(grants(registry)) == probed_only(count)
    until = datetime.now(UTC) + timedelta(days=30)
    for grant in grants(registry):
        if grant.state is State.VERIFIED:
            assert abs(datetime.fromisoformat(grant.accepted_until or "") - until) < timedelta(hours=1)
            assert "verified before the upgrade of" in (grant.accepted_reason or "")
        else:
            assert grant.accepted is None
    assert {one.tenant for one in events(registry) if one.what == "probes-accepted"} == probed_only(count)
    roles = Roles(found={arn_of(number): BY_TEXT for number in range(count) if not on_probes(number)})
    told = {one.grant.tenant for one in recheck_all(registry, roles) if not one.stored}
    assert (told, usables(registry)) == (everybody(count) - probed_only(count), everybody(count) | {f"t{count}"})


def _later(registry: Registry, days: int) -> None:
    """Let every verdict and every acceptance be that many days older."""
    with registry.writing() as tx:
        for grant in grants(registry):
            older = {
                name: stamp(datetime.fromisoformat(text) - timedelta(days=days))
                for name in ("verified_at", "checked_at", "probed_at", "accepted_until")
                if (text := getattr(grant, name)) is not None
            }
            tx.execute(update(GRANTS).where(GRANTS.c.id == grant.id).values(**older))


@pytest.mark.parametrize("count", [FEW], indirect=True)
@pytest.mark.parametrize("thought", [{}, WIDE, BY_TEXT])
def test_a_sharper_judge_loses_none(registry: Registry, count: int, thought: dict[str, Any]) -> None:
    """What today's judge thinks of all roles, none of which changed: a run each week, and nobody goes unlisted."""
    roles = Roles(found={arn_of(count): {**BY_TEXT, "probes": LET_IN}})
    for number in range(count):
        fields = UNPROVED if on_probes(number) else {"role_id": f"AROA{number:012}", **thought}
        roles.found[arn_of(number)] = {**fields, "judged_by": JudgedBy("2", "2", "2")}
    seen = listed(grants(registry))
    for _ in range(6):
        lost = everybody(count) - usables(registry)
        assert lost <= seen
        told = {one.grant.tenant for one in recheck_all(registry, roles, Sweeping()) if not one.stored}
        seen |= told | listed(grants(registry))
        _later(registry, 6)
    # After six weeks: whom nothing is thought of is there, and the others were listed for a month.
    assert usables(registry) == (everybody(count) - probed_only(count) if not thought else set())


@pytest.mark.parametrize("count", [FEW], indirect=True)
def test_what_was_decided_stands(registry: Registry, location: str) -> None:
    """A role that somebody accepts within the month stays, as it then was; what changed later is judged."""
    roles = Roles(found={arn_of(1): {"role_id": "AROA000000000001", **BY_TEXT}})
    list(recheck_all(registry, roles))
    day = (datetime.now(UTC) + timedelta(days=100)).date().isoformat()
    grant = accept_judged(UserRegistry(location, "boss"), "t1", None, "agreed", day)
    assert grant.role_digest == DIGEST
    _later(registry, 40)
    list(recheck_all(registry, roles))
    assert "t1" in usables(registry)
    roles.found[arn_of(1)] = {"role_id": "AROA000000000001", **BY_TEXT, "role_digest": CHANGED}
    list(recheck_all(registry, roles))
    assert "t1" not in usables(registry)


@pytest.mark.parametrize("count", [FEW], indirect=True)
@pytest.mark.parametrize("fields", [{**BY_TEXT, "role_id": "AROAANOTHER"}, {**BY_TEXT, "probes": LET_IN}])
def test_what_changed_is_no_upgrade(registry: Registry, count: int, fields: dict[str, Any]) -> None:
    """Another role under the same name, and one that lets a wrong ID in, are suspended within the month too."""
    roles = Roles(found={arn_of(1): {"role_id": "AROA000000000001", **fields}})
    list(recheck_all(registry, roles))
    assert everybody(count) - usables(registry) == {"t1"}
