from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from deputize.errors import DeputizeError, DiffersError, InputError, ProvedWrongError
from deputize.model.values import AccessState, Safety, Verdict
from deputize.registry import (
    Grant,
    Registry,
    Rotation,
    State,
    abort,
    bind,
    events,
    find,
    finish,
    grants,
    note,
    refuted,
    retire,
    start,
    switch,
)
from deputize.registry.tables import GRANTS

Make = Callable[..., Grant]
Judge = Callable[..., Verdict]
ACCOUNT = "444455556666"


def test_safe_binds_role_and_account(registry: Registry, granted: Make, verdict: Judge) -> None:
    """The first safe verdict binds the account too; the log has the caller and no external ID."""
    grant = granted("a")
    bound = bind(registry, grant, found := verdict(grant))
    assert (bound.state, bound.account_id, bound.role_arn) == (State.VERIFIED, ACCOUNT, found.role_arn)
    assert (bound.verified_at, bound.endpoint, bound.test) == (found.at, "aws", False)
    last = list(events(registry, "a"))[-1]
    assert (last.what, last.who) == ("registered", "tester arn:aws:iam::111122223333:role/collector")
    assert not any(grant.external_id in event.detail for event in events(registry))


@pytest.mark.parametrize("safety", [Safety.VULNERABLE, Safety.UNSETTLED, Safety.UNREACHABLE])
def test_only_safe_is_stored(registry: Registry, granted: Make, verdict: Judge, safety: Safety) -> None:
    """Any other verdict is refused, and what was there stays."""
    grant = granted("a")
    grant = bind(registry, grant, verdict(grant))
    with pytest.raises(ProvedWrongError, match=str(safety)):
        bind(registry, grant, verdict(grant, safety=safety, role_arn=f"arn:aws:iam::{ACCOUNT}:role/new"))
    assert find(registry, "a") == grant


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"role_arn": "arn:aws:iam::999999999999:role/x"}, (InputError, "lies in account 999999999999")),
        ({"role_arn": f"arn:aws-cn:iam::{ACCOUNT}:role/x"}, (InputError, "partition aws-cn")),
        ({"role_arn": "no ARN"}, (InputError, "is no role ARN")),
        ({"external_id": "somebody-elses-0123456789"}, (DiffersError, "another external ID")),
    ],
)
def test_verdict_must_fit(
    granted: Make, verdict: Judge, registry: Registry, fields: dict[str, str], refusal: tuple[type[DeputizeError], str]
) -> None:
    """A safe verdict on another account's role, or of another ID, is refused."""
    kind, said = refusal
    grant = granted("a", ACCOUNT)
    with pytest.raises(kind, match=said):
        bind(registry, grant, verdict(grant, **fields))
    assert find(registry, "a") == grant


@pytest.mark.parametrize(
    "fields",
    [
        {"evidence": "policy"},
        {"evidence": ""},
        {"endpoint": "offline"},
        {"endpoint": ""},
        {"probes": ()},
        {"caller": ""},
        {"evidence": "policy", "endpoint": "offline", "probes": (), "caller": ""},
    ],
)
def test_only_what_sts_confirmed(registry: Registry, granted: Make, verdict: Judge, fields: dict[str, Any]) -> None:
    """A safe verdict that nobody tried out at an endpoint is refused, by bind and by both steps of a rotation."""
    grant = granted("a")
    with pytest.raises(InputError, match="rests on no try"):
        bind(registry, grant, verdict(grant, **fields))
    assert find(registry, "a") == grant
    grant = start(registry, bind(registry, grant, verdict(grant)))
    new = grant.other_id
    with pytest.raises(DeputizeError):
        switch(registry, grant, verdict(grant, external_id=new, **fields))
    assert find(registry, "a") == grant
    grant = switch(registry, grant, verdict(grant, external_id=new))
    with pytest.raises(DeputizeError):
        finish(registry, grant, verdict(grant, **fields))
    assert find(registry, "a") == grant


def test_too_wide_is_not_stored(registry: Registry, granted: Make, verdict: Judge) -> None:
    """A role that may do more than read is refused, and what was there stays; less than all is stored."""
    grant = granted("a")
    with pytest.raises(ProvedWrongError, match="too wide"):
        bind(registry, grant, verdict(grant, access=AccessState.TOO_WIDE))
    assert find(registry, "a") == grant
    for access in (AccessState.PARTIAL, AccessState.UNKNOWN, AccessState.OK):
        grant = bind(registry, grant, verdict(grant, access=access))
        assert grant.access == access
    with pytest.raises(ProvedWrongError, match="too wide"):
        bind(registry, grant, verdict(grant, access=AccessState.TOO_WIDE))
    assert find(registry, "a") == grant


@pytest.mark.parametrize("change", ["rotated", "retired", "registered", "suspended"])
def test_grant_that_changed_meanwhile_is_left_alone(
    registry: Registry, granted: Make, verdict: Judge, change: str
) -> None:
    """IDs, state or role that changed while the role was verified: nothing is stored."""
    before = granted("a", ACCOUNT)
    before = bind(registry, before, verdict(before))
    if change == "rotated":
        start(registry, before)
    elif change == "retired":
        retire(registry, before)
    elif change == "registered":
        bind(registry, before, verdict(before, role_arn=f"arn:aws:iam::{ACCOUNT}:role/other"))
    else:
        refuted(registry, before, verdict(before, safety=Safety.VULNERABLE))
    now = grants(registry, retired=True)
    with pytest.raises(DiffersError, match="was changed meanwhile"):
        bind(registry, before, verdict(before, role_arn=f"arn:aws:iam::{ACCOUNT}:role/late"))
    assert grants(registry, retired=True) == now


@pytest.mark.parametrize(
    "role",
    [
        {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/taken"},
        {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/path/TAKEN", "role_id": "AROAOTHER"},
        {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/renamed", "role_id": "AROATAKEN"},
    ],
    ids=["same", "other case and path", "same unique ID"],
)
def test_role_is_one_tenants(registry: Registry, granted: Make, verdict: Judge, role: dict[str, str]) -> None:
    """A held role is refused to others by name in any case and by its unique ID; the first to be retired frees it."""
    first = granted("a")
    first = bind(registry, first, verdict(first, role_arn=f"arn:aws:iam::{ACCOUNT}:role/taken", role_id="AROATAKEN"))
    second = granted("b")
    with pytest.raises(DiffersError, match="is held by"):
        bind(registry, second, verdict(second, **role))
    retire(registry, first)
    assert bind(registry, second, verdict(second, **role)).state is State.VERIFIED


def test_database_itself_refuses_a_second_holder(registry: Registry, granted: Make, verdict: Judge) -> None:
    """Also a writer that goes around deputize cannot make two grants hold one role, or two rows hold one ID."""
    grant = granted("a")
    grant = bind(registry, grant, verdict(grant))
    row = {"tenant": "b", "label": "b", "name": "", "locale": "en", "partition": "aws", "state": "unverified"}
    row |= {"external_id": "x", "rotation": "none", "role_arn": "x", "role_account": ACCOUNT, "role_name": "a"}
    with pytest.raises(DiffersError, match=r"deputize_grants_role|role_name"), registry.writing() as tx:
        tx.execute(insert(GRANTS).values(**row, generation=1))
    issued = (
        "INSERT INTO deputize_issued_ids (external_id, external_id_key, weak_reason, issued_at) "
        "SELECT upper(external_id), external_id_key, '', '' "
    )
    with pytest.raises(DiffersError, match=r"deputize_issued_ids_key|external_id_key"), registry.writing() as tx:
        tx.execute(text(f"{issued} FROM deputize_issued_ids"))


def test_second_grant_for_the_account(registry: Registry, granted: Make, verdict: Judge) -> None:
    """An open grant is not bound to an account that the tenant has another grant for."""
    still_open = granted("a")
    granted("a", ACCOUNT)
    with pytest.raises(DiffersError, match="another grant for account 444455556666"):
        bind(registry, still_open, verdict(still_open))
    assert bind(registry, still_open, verdict(still_open, role_arn="arn:aws:iam::222222222222:role/x")).account_id


def test_test_verdict_is_marked_and_never_displaces_aws(registry: Registry, granted: Make, verdict: Judge) -> None:
    """A verdict from elsewhere is a test; it neither replaces nor suspends what AWS showed."""
    local = "http://127.0.0.1:4566"
    grant = granted("a")
    grant = bind(registry, grant, verdict(grant, endpoint=local))
    assert grant.test
    grant = bind(registry, grant, verdict(grant))
    assert not grant.test
    with pytest.raises(DiffersError, match="is a test"):
        bind(registry, grant, verdict(grant, endpoint=local))
    with pytest.raises(DiffersError, match="is a test"):
        refuted(registry, grant, verdict(grant, endpoint=local, safety=Safety.VULNERABLE))
    assert find(registry, "a") == grant


def test_vulnerable_suspends_and_safe_restores(registry: Registry, granted: Make, verdict: Judge) -> None:
    """A suspension keeps the role; a later safe verdict lifts it; a verdict on another role suspends nothing."""
    grant = granted("a")
    grant = bind(registry, grant, verdict(grant))
    with pytest.raises(DiffersError):
        refuted(registry, grant, verdict(grant, safety=Safety.VULNERABLE, role_arn=f"arn:aws:iam::{ACCOUNT}:role/x"))
    suspended = refuted(registry, grant, verdict(grant, safety=Safety.VULNERABLE))
    assert (suspended.state, suspended.role_arn) == (State.SUSPENDED, grant.role_arn)
    assert bind(registry, suspended, verdict(suspended)).state is State.VERIFIED
    assert [event.what for event in events(registry)] == ["added", "registered", "suspended", "verified"]


def test_note_changes_nothing_but_the_log(registry: Registry, granted: Make, verdict: Judge) -> None:
    """An answer that decides nothing leaves the state as it was."""
    grant = granted("a")
    grant = bind(registry, grant, verdict(grant))
    note(registry, grant, verdict(grant, safety=Safety.UNREACHABLE), "not-accepted")
    after = find(registry, "a")
    assert (after.state, after.verified_at) == (grant.state, grant.verified_at)
    assert [event.what for event in events(registry)][-1] == "not-accepted"


def test_rotation(registry: Registry, granted: Make, verdict: Judge) -> None:
    """Both rendered and the old sent; only the new rendered and sent; the old forgotten, and never issued again."""
    grant = granted("a")
    grant = bind(registry, grant, verdict(grant))
    old = grant.external_id
    grant = start(registry, grant)
    new = grant.other_id
    assert new is not None
    assert (grant.external_id, grant.rendered_ids, grant.accepted_ids) == (old, (old, new), (old, new))
    with pytest.raises(DiffersError, match="another external ID"):
        switch(registry, grant, verdict(grant))
    grant = switch(registry, grant, verdict(grant, external_id=new))
    assert (grant.external_id, grant.rendered_ids, grant.accepted_ids) == (new, (new,), (new, old))
    with pytest.raises(DiffersError, match="does not show the old ID refused"):
        finish(registry, grant, verdict(grant, probes=()))
    with pytest.raises(ProvedWrongError):
        finish(registry, grant, verdict(grant, safety=Safety.VULNERABLE))
    grant = finish(registry, grant, verdict(grant))
    assert (grant.external_id, grant.other_id, grant.rotation) == (new, None, Rotation.NONE)
    with pytest.raises(InputError, match="was issued before"):
        granted("b", external_ids=(old,))


def test_rotation_out_of_order(registry: Registry, granted: Make, verdict: Judge) -> None:
    """Each step only after the one before it; abort only before the switch, and its ID stays issued."""
    grant = granted("a")
    with pytest.raises(InputError, match="has no role yet"):
        start(registry, grant)
    grant = bind(registry, grant, verdict(grant))
    for step in (switch, finish):
        with pytest.raises(InputError, match="is in no rotation"):
            step(registry, grant, verdict(grant))
    started = start(registry, grant)
    with pytest.raises(InputError, match="rotation that was started"):
        start(registry, started)
    aborted = abort(registry, started)
    assert (aborted.rendered_ids, aborted.rotation) == ((grant.external_id,), Rotation.NONE)
    assert started.other_id is not None
    with pytest.raises(InputError, match="was issued before"):
        granted("b", external_ids=(started.other_id,))


@pytest.mark.parametrize("table", ["deputize_events", "deputize_issued_ids"])
def test_log_and_issued_ids_cannot_be_changed(registry: Registry, granted: Make, table: str) -> None:
    """The database refuses to change or delete a line, whoever asks."""
    granted("a")
    changes = [f"UPDATE {table} SET id = id + 100", f"DELETE FROM {table}"]
    if registry._engine.dialect.name == "postgresql":
        changes.append(f"TRUNCATE {table}")
    for change in changes:
        with pytest.raises(DBAPIError, match="is append-only"), registry._engine.begin() as connection:
            connection.execute(text(change))
    assert len(list(events(registry))) == 1
