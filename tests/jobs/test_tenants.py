from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deputize.errors import DeputizeError, DiffersError, InputError, Problem, ProvedWrongError, ServiceError
from deputize.jobs.assume.run import usable
from deputize.jobs.tenants.checks import (
    recheck,
    register,
    register_list,
    rotate_finish,
    rotate_switch,
)
from deputize.jobs.tenants.files import export_tenants, read_list
from deputize.jobs.tenants.handed_in import read_handed_in
from deputize.jobs.tenants.outcomes import TENANT_MESSAGE
from deputize.jobs.tenants.sources import tenant_of, tenants_of
from deputize.jobs.tenants.sweep import RunListeners, Sweeping, recheck_all
from deputize.jobs.verify.run import VerifyRequest
from deputize.model.values import AccessState, ProbeResult, Safety, UnintendedAccess, Verdict
from deputize.registry import (
    Grant,
    GrantRequest,
    Registry,
    Rotation,
    State,
    add,
    add_all,
    bind,
    decoy,
    events,
    find,
    grants,
    open_registry,
    retire,
    start,
)
from deputize.registry.values import MAX_AGE, stamp

ACCOUNT = "444455556666"


def arn_of(name: str, account_id: str = ACCOUNT) -> str:
    """The ARN of a role in the tenant's account."""
    return f"arn:aws:iam::{account_id}:role/{name}"


@dataclass
class Answers:
    """Verdicts as a test says, by role: a Safety, an error, or what is called when that role is verified."""

    by_role: dict[str, Safety | DeputizeError | Callable[[], None]] = field(default_factory=dict)
    endpoint: str = "aws"
    access: AccessState = AccessState.OK
    asked: list[VerifyRequest] = field(default_factory=list)

    def request(self, grant: Grant, role_arn: str, accepted_ids: tuple[str, ...], other_id: str) -> VerifyRequest:
        """The question."""
        return VerifyRequest(role_arn, accepted_ids, other_id)

    def check_many(self, requests: Iterable[VerifyRequest]) -> Iterator[tuple[VerifyRequest, Verdict | DeputizeError]]:
        """The verdicts, in order."""
        for request in requests:
            self.asked.append(request)
            answer = self.by_role.get(request.role_arn, Safety.SAFE)
            if isinstance(answer, DeputizeError):
                yield request, answer
                continue
            if not isinstance(answer, Safety):
                answer()
                answer = Safety.SAFE
            ways = (UnintendedAccess("no-id", "STS let us in without any external ID"),)
            yield (
                request,
                Verdict(
                    request.role_arn,
                    f"AROA{request.role_arn[-8:].upper()}",
                    request.external_ids[0],
                    answer,
                    self.access,
                    "probes",
                    self.endpoint,
                    stamp(datetime.now(UTC)),
                    "arn:aws:iam::111122223333:role/collector",
                    (ProbeResult("other", "refuse", "refuse"),),
                    ways if answer is Safety.VULNERABLE else (),
                    notes=("2 tries", "not proved to read: s3:PutObject")
                    if self.access is AccessState.TOO_WIDE
                    else (),
                ),
            )


@pytest.fixture
def answers() -> Answers:
    """A checker that says safe unless told otherwise."""
    return Answers()


def test_register_stores_what_is_safe(registry: Registry, answers: Answers) -> None:
    """Each ARN goes to the grant for its account; the ID that is sent comes first, the decoy must be refused."""
    one = add(registry, GrantRequest("a", ACCOUNT))
    two = add(registry, GrantRequest("a", "222222222222"))
    arns = [arn_of("x", "222222222222"), arn_of("x")]
    done = register(registry, "a", arns, answers)
    assert [(item.role_arn, item.stored, item.tenant_message) for item in done] == [(arn, True, "") for arn in arns]
    assert [item.grant.id for item in done] == [two.id, one.id]
    assert {request.external_ids for request in answers.asked} == {(one.external_id,), (two.external_id,)}
    assert {request.other_id for request in answers.asked} == {decoy(registry)}
    assert {grant.state for grant in grants(registry)} == {State.VERIFIED}


def test_register_a_list(registry: Registry, answers: Answers, tmp_path: Path) -> None:
    """Roles of many tenants, in the order of the list; one that two claim goes to whom its ID belongs, to no other."""
    for name in ("a", "b", "c"):
        add(registry, GrantRequest(name))
    file = tmp_path / "roles.jsonl"
    # What c hands in is b's: its own ID does not open it.
    rows = [("b", arn_of("b")), ("a", arn_of("a")), ("a", arn_of("a")), ("c", arn_of("b"))]
    file.write_text("".join(f"{json.dumps({'tenant': tenant, 'role_arn': arn})}\n" for tenant, arn in rows))
    done = register_list(registry, read_handed_in(str(file)), answers)
    assert [(one.grant.tenant, one.role_arn) for one in done] == [rows[0], rows[1], rows[3]]
    assert [one.stored for one in done] == [True, True, False]
    assert find(registry, "c").role_arn is None
    own = {name: find(registry, name).external_id for name in ("a", "b", "c")}
    assert [one.external_ids[0] for one in answers.asked] == [own["b"], own["a"], own["c"]]


def test_a_list_of_roles_is_refused_whole(registry: Registry, answers: Answers, tmp_path: Path) -> None:
    """Every row that cannot be looked at is told with its line, and no role is looked at."""
    add(registry, GrantRequest("a", ACCOUNT))
    add(registry, GrantRequest("b"))
    file = tmp_path / "roles.csv"
    lines = (
        "tenant,role_arn,account_id",
        f"b,{arn_of('good')},{ACCOUNT}",
        f"nobody,{arn_of('x')},",
        f",{arn_of('x')},",
        "a,arn:aws:iam::444455556666:user/x,",
        f"a,{arn_of('x', '222222222222')},",
        f"b,{arn_of('good')},222222222222",
        f"b,{arn_of('other')},",
        "a,too,many,fields",
    )
    file.write_text("\n".join(lines))
    with pytest.raises(InputError) as refused:
        register_list(registry, read_handed_in(str(file)), answers)
    told = {one.where.removeprefix(f"{file}:"): one.what for one in refused.value.problems}
    wheres = ["3: tenant", "4: tenant", "5: role_arn", "6: role_arn", "7: account_id", "8: role_arn", "9"]
    assert sorted(told) == wheres
    assert "was not agreed with a" in told["6: role_arn"].replace("'", "").replace('"', "")
    assert "are both for b" in told["8: role_arn"]
    assert answers.asked == []
    file.write_text("tenant,role_arn,external_id\n")
    with pytest.raises(InputError, match="column 'external_id' is unknown"):
        read_handed_in(str(file))


def test_tenant_learns_nothing(registry: Registry, answers: Answers) -> None:
    """Held by another, vulnerable, unsettled, unreachable, not to be tested: the tenant is told one sentence."""
    add(registry, GrantRequest("other"))
    register(registry, "other", [arn_of("held")], answers)
    answers.by_role = {
        arn_of("vulnerable"): Safety.VULNERABLE,
        arn_of("unsettled"): Safety.UNSETTLED,
        arn_of("unreachable"): Safety.UNREACHABLE,
        arn_of("failed"): ServiceError(Problem("AWS", "throttled")),
    }
    add(registry, GrantRequest("a"))
    done = [one for arn in (arn_of("held"), *answers.by_role) for one in register(registry, "a", [arn], answers)]
    assert [item.error.exit_code if item.error else 0 for item in done] == [7, 6, 6, 5, 5]
    assert {item.tenant_message for item in done} == {TENANT_MESSAGE}
    assert all(item.error and max(len(one.mend) for one in item.error.problems) < 80 for item in done)
    assert find(registry, "a").state is State.UNVERIFIED
    assert find(registry, "a").role_arn is None


def test_what_the_tenant_is_told_is_one_sentence() -> None:
    """As the schema of the checks promises."""
    assert TENANT_MESSAGE.endswith(".")
    assert ". " not in TENANT_MESSAGE


@pytest.mark.parametrize("account_id", [ACCOUNT, None])
def test_two_roles_for_one_grant(registry: Registry, answers: Answers, account_id: str | None) -> None:
    """Which of two was stored would be chance: both are named and nothing is asked; the same one twice is one."""
    add(registry, GrantRequest("a", account_id))
    with pytest.raises(InputError, match=f"{arn_of('x')} and {arn_of('y')} are both for a"):
        register(registry, "a", [arn_of("x"), arn_of("y")], answers)
    assert answers.asked == []
    assert len(register(registry, "a", [arn_of("x"), arn_of("x")], answers)) == 1


def test_not_safe_leaves_what_was_there(registry: Registry, answers: Answers) -> None:
    """A role that is not safe neither replaces nor suspends the one that is registered."""
    add(registry, GrantRequest("a"))
    register(registry, "a", [arn_of("good")], answers)
    before = find(registry, "a")
    answers.by_role[arn_of("bad")] = Safety.VULNERABLE
    (done,) = register(registry, "a", [arn_of("bad")], answers)
    assert not done.stored
    assert find(registry, "a") == before
    assert [event.what for event in events(registry, "a")][-1] == "not-accepted"


def test_registering_the_same_role_again(registry: Registry, answers: Answers) -> None:
    """A role that is registered and is now vulnerable is suspended, whoever asked for the test."""
    add(registry, GrantRequest("a"))
    register(registry, "a", [arn_of("x")], answers)
    answers.by_role[arn_of("x")] = Safety.VULNERABLE
    (done,) = register(registry, "a", [arn_of("x")], answers)
    assert (done.stored, find(registry, "a").state) == (False, State.SUSPENDED)


def test_too_wide_is_refused_and_told(registry: Registry, answers: Answers) -> None:
    """A role that may do more than read is not registered, and the error says what it may; exit code 6."""
    add(registry, GrantRequest("a"))
    answers.access = AccessState.TOO_WIDE
    (done,) = register(registry, "a", [arn_of("x")], answers)
    assert isinstance(done.error, ProvedWrongError)
    assert (done.stored, done.tenant_message) == (False, TENANT_MESSAGE)
    assert f"{arn_of('x')} is too wide: it may do more than read (not proved to read: s3:PutObject)" in str(done.error)
    assert find(registry, "a").state is State.UNVERIFIED
    assert find(registry, "a").role_arn is None
    last = list(events(registry, "a"))[-1]
    assert (last.what, "access=too-wide" in last.detail) == ("not-accepted", True)


def test_too_wide_later_keeps_the_grant(registry: Registry, answers: Answers) -> None:
    """A re-check that finds it too wide changes nothing and fails; vulnerable and too wide is suspended, and stays."""
    add(registry, GrantRequest("a"))
    (before,) = register(registry, "a", [arn_of("x")], answers)
    answers.access = AccessState.TOO_WIDE
    for done in (recheck(registry, before.grant, answers), *recheck_all(registry, answers, Sweeping(anew=True))):
        assert (type(done.error), done.stored) == (ProvedWrongError, False)
        assert (done.grant.state, done.grant.verified_at) == (State.VERIFIED, before.grant.verified_at)
    assert find(registry, "a").verified_at == before.grant.verified_at
    answers.by_role[arn_of("x")] = Safety.VULNERABLE
    assert recheck(registry, find(registry, "a"), answers).grant.state is State.SUSPENDED
    del answers.by_role[arn_of("x")]
    recheck(registry, find(registry, "a"), answers)
    assert find(registry, "a").state is State.SUSPENDED
    answers.access = AccessState.OK
    assert recheck(registry, find(registry, "a"), answers).stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "arn:aws:iam::444455556666:user/x",
        arn_of("x" * 65),
        arn_of("p/" * 1024),
        f"{arn_of('x')}\n",
        "x" * 2049,
    ],
)
def test_arn_that_is_none(registry: Registry, answers: Answers, text: str) -> None:
    """What is no role ARN is refused before anything is asked."""
    add(registry, GrantRequest("a"))
    with pytest.raises(InputError, match="is no ARN of a role"):
        register(registry, "a", [arn_of("fine"), text], answers)
    assert answers.asked == []


def test_account_that_was_not_agreed(registry: Registry, answers: Answers) -> None:
    """A role in another account or partition than agreed is refused before anything is asked."""
    add(registry, GrantRequest("a", ACCOUNT))
    for arn in (arn_of("x", "999999999999"), f"arn:aws-cn:iam::{ACCOUNT}:role/x"):
        with pytest.raises(InputError, match="was not agreed"):
            register(registry, "a", [arn], answers)
    with pytest.raises(InputError, match="is not in the registry"):
        register(registry, "b", [arn_of("x")], answers)
    assert answers.asked == []


def test_rotated_while_it_was_verified(registry: Registry, answers: Answers) -> None:
    """The ID changed between the test and the store: nothing is stored."""
    add(registry, GrantRequest("a"))
    register(registry, "a", [arn_of("x")], answers)

    def rotated() -> None:
        start(registry, find(registry, "a"))

    answers.by_role[arn_of("y")] = rotated
    (done,) = register(registry, "a", [arn_of("y")], answers)
    assert isinstance(done.error, DiffersError)
    assert find(registry, "a").role_arn == arn_of("x")


def test_recheck(registry: Registry, answers: Answers) -> None:
    """Safe renews, vulnerable suspends, unreachable changes nothing, safe again restores."""
    with pytest.raises(InputError, match="has no role yet"):
        recheck(registry, add(registry, GrantRequest("a")), answers)
    register(registry, "a", [arn_of("x")], answers)
    answers.by_role[arn_of("x")] = Safety.UNREACHABLE
    assert recheck(registry, find(registry, "a"), answers).grant.state is State.VERIFIED
    answers.by_role[arn_of("x")] = Safety.VULNERABLE
    suspended = recheck(registry, find(registry, "a"), answers)
    assert (suspended.grant.state, suspended.stored) == (State.SUSPENDED, False)
    assert "without any external ID" in str(suspended.error)
    del answers.by_role[arn_of("x")]
    assert recheck(registry, suspended.grant, answers).grant.state is State.VERIFIED


def test_test_endpoint_is_not_asked_about_aws(registry: Registry, answers: Answers) -> None:
    """A grant that AWS verified is not put to an emulator: one by one an error, with --all left out."""
    add(registry, GrantRequest("a"))
    register(registry, "a", [arn_of("x")], answers)
    local = Answers(endpoint="http://127.0.0.1:4566")
    assert isinstance(recheck(registry, find(registry, "a"), local).error, DiffersError)
    assert list(recheck_all(registry, local)) == []
    assert local.asked == []


def registered(registry: Registry, answers: Answers, count: int) -> list[str]:
    """The ARNs of that many tenants' roles, verified."""
    for number in range(count):
        add(registry, GrantRequest(f"t{number}"))
        register(registry, f"t{number}", [arn_of(f"r{number}")], answers)
    answers.asked.clear()
    time.sleep(0.002)  # the clock of a run has milliseconds
    return [arn_of(f"r{number}") for number in range(count)]


def test_interrupted_run_is_taken_up(registry: Registry, answers: Answers) -> None:
    """After Ctrl-C the next run does only the rest; the one after that does all again, and --anew too."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    arns = registered(registry, answers, 5)
    answers.by_role[arns[3]] = interrupt
    told: list[tuple[int, int]] = []
    with pytest.raises(KeyboardInterrupt):
        list(recheck_all(registry, answers, told=RunListeners(lambda *count: told.append(count))))
    assert told == [(1, 5), (2, 5), (3, 5)]
    del answers.by_role[arns[3]]
    answers.asked.clear()
    taken_up: list[int] = []
    again = recheck_all(registry, answers, told=RunListeners(resumed=lambda _, done: taken_up.append(done)))
    assert [one.role_arn for one in again] == arns[3:]
    assert taken_up == [3]
    time.sleep(0.002)
    assert [one.role_arn for one in recheck_all(registry, answers)] == arns
    answers.by_role[arns[1]] = interrupt
    with pytest.raises(KeyboardInterrupt):
        list(recheck_all(registry, answers))
    del answers.by_role[arns[1]]
    time.sleep(0.002)
    assert [one.role_arn for one in recheck_all(registry, answers, Sweeping(anew=True))] == arns


def test_one_trouble_does_not_stop_the_others(registry: Registry, answers: Answers) -> None:
    """A role that could not be tested is an error that names its tenant; the run is over, the next looks at all."""
    arns = registered(registry, answers, 3)
    answers.by_role[arns[1]] = ServiceError(Problem("AWS", "throttled"))
    done = list(recheck_all(registry, answers))
    assert {one.role_arn: one.stored for one in done} == {arns[0]: True, arns[1]: False, arns[2]: True}
    assert [str(one.error) for one in done if one.error] == [f"t1 ({ACCOUNT}): AWS: throttled"]
    answers.by_role[arns[0]] = Safety.VULNERABLE
    taken_up: list[int] = []
    again = list(recheck_all(registry, answers, told=RunListeners(resumed=lambda _, count: taken_up.append(count))))
    # Nothing is written about a role that does not let us in before all were tried.
    assert [one.role_arn for one in again] == [arns[0], arns[2], arns[1]]
    assert again[0].grant.state is State.SUSPENDED
    assert find(registry, "t1").state is State.VERIFIED
    assert taken_up == []


def test_rotation_is_proved(registry: Registry, answers: Answers) -> None:
    """Switch is tested with the new ID, finish with the old one to be refused; failing either changes nothing."""
    grant = add(registry, GrantRequest("a"))
    register(registry, "a", [arn_of("x")], answers)
    old = grant.external_id
    for step in (rotate_switch, rotate_finish):
        with pytest.raises(InputError, match="is in no rotation"):
            step(registry, find(registry, "a"), answers)
    grant = start(registry, find(registry, "a"))
    new = grant.other_id
    assert new is not None
    assert tenant_of(registry, "a").external_ids == (old, new)
    answers.by_role[arn_of("x")] = Safety.UNREACHABLE
    assert not rotate_switch(registry, grant, answers).stored
    assert find(registry, "a").rotation is Rotation.STARTED
    del answers.by_role[arn_of("x")]
    assert rotate_switch(registry, grant, answers).stored
    assert answers.asked[-1].external_ids == (new, old)
    assert tenant_of(registry, "a").external_ids == (new,)
    answers.by_role[arn_of("x")] = Safety.VULNERABLE
    assert not rotate_finish(registry, find(registry, "a"), answers).stored
    assert (find(registry, "a").state, find(registry, "a").rotation) == (State.VERIFIED, Rotation.SWITCHED)
    del answers.by_role[arn_of("x")]
    assert rotate_finish(registry, find(registry, "a"), answers).stored
    assert answers.asked[-1] == VerifyRequest(arn_of("x"), (new,), old)
    assert find(registry, "a").other_id is None


def test_usable(registry: Registry, answers: Answers) -> None:
    """Only a verified grant, at its own endpoint, younger than the age asked for."""
    grant = add(registry, GrantRequest("a"))
    with pytest.raises(InputError, match="is unverified"):
        usable(grant, "aws", MAX_AGE)
    (done,) = register(registry, "a", [arn_of("x")], answers)
    assert str(usable(done.grant, "aws", MAX_AGE)) == arn_of("x")
    with pytest.raises(DiffersError, match="usable only there"):
        usable(done.grant, "http://127.0.0.1:1", MAX_AGE)
    with pytest.raises(DiffersError, match=f"too long ago; `deputize tenants verify a --account-id {ACCOUNT}`"):
        usable(done.grant, "aws", timedelta(0))
    answers.by_role[arn_of("x")] = Safety.VULNERABLE
    with pytest.raises(ProvedWrongError, match="is suspended"):
        usable(recheck(registry, done.grant, answers).grant, "aws", MAX_AGE)
    with pytest.raises(InputError, match="is retired"):
        usable(retire(registry, find(registry, "a")), "aws", MAX_AGE)


def test_tenants_for_rendering(registry: Registry) -> None:
    """Living grants as tenants; an ID given by hand must be the issued one."""
    one = add(registry, GrantRequest("a", ACCOUNT, name="A, Inc.", locale="ja"))
    add(registry, GrantRequest("a", "222222222222"))
    retire(registry, add(registry, GrantRequest("gone")))
    assert [tenant.slug for tenant in tenants_of(registry)] == ["a-222222222222", "a"]
    tenant = tenant_of(registry, "a", account_id=ACCOUNT, given_ids=[one.external_id])
    assert (tenant.external_ids, tenant.name, tenant.locale) == ((one.external_id,), "A, Inc.", "ja")
    with pytest.raises(DiffersError, match="is not what the registry issued"):
        tenant_of(registry, "a", account_id=ACCOUNT, given_ids=["67890"])


def test_tenant_by_its_bundles_name(registry: Registry) -> None:
    """A further account's bundle is rendered by its name too; a slug that was ever used is only ever its tenant's."""
    add(registry, GrantRequest("a", ACCOUNT))
    second = add(registry, GrantRequest("a", "222222222222"))
    assert tenant_of(registry, "a-222222222222").external_ids == (second.external_id,)
    with pytest.raises(InputError, match="is not in the registry"):
        tenant_of(registry, "a-222222222222", account_id=ACCOUNT)
    with pytest.raises(InputError, match="has 2 grants"):
        tenant_of(registry, "a")
    retire(registry, add(registry, GrantRequest("gone")))
    with pytest.raises(InputError, match="is not in the registry"):
        tenant_of(registry, "gone")


CSV = "tenant,external_id,name,account_id,partition,locale\n"


def import_list(registry: Registry, path: str) -> tuple[int, int]:
    """Read a list and add what it asks for, as `tenants import` does."""
    return add_all(registry, read_list(path))


def test_import_and_export_agree(registry: Registry, answers: Answers, tmp_path: Path) -> None:
    """What was exported makes the same tenants elsewhere, without role or verdict; once more changes nothing."""
    source = tmp_path / "list.csv"
    source.write_text(f"{CSV}a,,A,{ACCOUNT},,ja\nb,given-id-0123456789,,,aws-cn,\n", encoding="utf-8")
    assert import_list(registry, str(source)) == (2, 0)
    assert import_list(registry, str(source)) == (0, 2)
    register(registry, "a", [arn_of("x")], answers)
    for form in ("csv", "jsonl"):
        copy = tmp_path / f"copy.{form}"
        copy.write_text("".join(export_tenants(registry, "csv" if form == "csv" else "jsonl")), encoding="utf-8")
        with open_registry(str(tmp_path / f"{form}.db"), who="tester", create=True) as other:
            assert import_list(other, str(copy)) == (2, 0)
            assert list(tenants_of(other)) == list(tenants_of(registry))
            assert {grant.state for grant in grants(other)} == {State.UNVERIFIED}
            assert {grant.role_arn for grant in grants(other)} == {None}


def test_export_of_a_rotation(registry: Registry, answers: Answers, tmp_path: Path) -> None:
    """Two IDs go through JSON lines and come back as a rotation; CSV refuses them."""
    add(registry, GrantRequest("a"))
    register(registry, "a", [arn_of("x")], answers)
    grant = start(registry, find(registry, "a"))
    with pytest.raises(InputError, match="use jsonl"):
        list(export_tenants(registry, "csv"))
    copy = tmp_path / "copy.jsonl"
    copy.write_text("".join(export_tenants(registry, "jsonl")), encoding="utf-8")
    assert json.loads(copy.read_text("utf-8"))["external_id"] == [grant.external_id, grant.other_id]
    with open_registry(str(tmp_path / "other.db"), who="tester", create=True) as other:
        import_list(other, str(copy))
        assert find(other, "a").rotation is Rotation.STARTED


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_formulas_stay_out_of_csv(registry: Registry, tmp_path: Path, sign: str) -> None:
    """A cell that a spreadsheet would run is refused both ways; JSON lines hold it."""
    path = tmp_path / "list.csv"
    path.write_text(f"{CSV}a,,{sign}SUM(1),,,\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"list\.csv:2: name: .*formula; use jsonl"):
        import_list(registry, str(path))
    path.write_text(json.dumps({"tenant": "a", "external_id": "", "name": f"{sign}SUM(1)"}), encoding="utf-8")
    assert import_list(registry, str(path)) == (1, 0)
    with pytest.raises(InputError, match="formula; use jsonl"):
        list(export_tenants(registry, "csv"))
    assert len(list(export_tenants(registry, "jsonl"))) == 1


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a,12345,,,,", "can be guessed"),
        (
            "a,same-id-0123456789,,,,\nb,SAME-ID-0123456789,,,,",
            "list.csv:3: external_id: 'SAME-ID-0123456789' was issued",
        ),
        ("a,,,,,\na,,,111111111111,,\nA,,,,,", "list.csv:4: tenant: 'A' is no slug"),
        ("a,,,1234,,", "list.csv:2"),
        ("a,,,,,fr", "list.csv:2: locale"),
        ("known,another-id-0123456789,,,,", "was issued another ID, which an import never changes"),
        ("a,,", "has 3 fields"),
    ],
)
def test_import_of_bad_rows(registry: Registry, tmp_path: Path, rows: str, said: str) -> None:
    """Every problem with its line, and nothing imported."""
    known = add(registry, GrantRequest("known"))
    path = tmp_path / "list.csv"
    path.write_text(f"{CSV}{rows}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        import_list(registry, str(path))
    assert said in str(caught.value)
    assert grants(registry) == [known]


def test_import_tells_all_problems(registry: Registry, tmp_path: Path) -> None:
    """Rows that cannot be read, formulas and what the registry refuses are told together, by line."""
    path = tmp_path / "list.csv"
    path.write_text(f"{CSV}a,,\nB,,,,,\nc,,=x,,,\nd,12345,,,,\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        import_list(registry, str(path))
    assert [one.where.split(":")[1] for one in caught.value.problems if "/list.csv" in one.where][:3] == ["2", "3", "4"]
    assert {one.where.split(":")[1] for one in caught.value.problems} == {"2", "3", "4", "5"}
    assert grants(registry) == []


def test_import_never_brings_a_verdict(registry: Registry, answers: Answers, tmp_path: Path) -> None:
    """A list that tells of state or role is refused; a tenant that is there keeps its own."""
    add(registry, GrantRequest("a"))
    register(registry, "a", [arn_of("x")], answers)
    before = find(registry, "a")
    path = tmp_path / "list.jsonl"
    for more in ("state", "role_arn", "verified_at"):
        path.write_text(json.dumps({"tenant": "b", "external_id": "", more: "verified"}), encoding="utf-8")
        with pytest.raises(InputError, match="is unknown"):
            import_list(registry, str(path))
    row = {"tenant": "a", "external_id": before.external_id, "account_id": ACCOUNT}
    path.write_text(json.dumps(row), encoding="utf-8")
    assert import_list(registry, str(path)) == (0, 1)
    assert find(registry, "a") == before


def test_bind_takes_a_verdict(registry: Registry, answers: Answers) -> None:
    """There is no way to store a role without one."""
    grant = add(registry, GrantRequest("a"))
    with pytest.raises(AttributeError):
        bind(registry, grant, arn_of("x"))  # type: ignore[arg-type]
    assert find(registry, "a") == grant
