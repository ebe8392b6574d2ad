"""Roles as people write them, made on the embedded AWS: who gets into each, found by trying and by reading."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from deputize.aws.client import Session
from deputize.aws.embedded import EmbeddedAws, create_role
from deputize.aws.verify import Timing
from deputize.errors import ServiceError
from deputize.jobs.verify.expectations import RoleExpectations
from deputize.jobs.verify.offline import verify_offline
from deputize.jobs.verify.run import VerifyOptions, VerifyRequest, verify_one
from deputize.model.values import AccessState, Safety, Verdict

VENDOR, STRANGER = "111122223333", "999988887777"
ROOT = f"arn:aws:iam::{VENDOR}:root"
COLLECTOR = f"arn:aws:iam::{VENDOR}:role/collector"
ID, NOBODYS = "Acme-7d4c0b9e-2f7a-4f0e", "decoy-nobody-has-this"
SELF = ("iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies")
BOTH, TRIED = "probes+policy", "probes"


def entry(condition: object = None, principal: object = ROOT, **more: object) -> dict[str, object]:
    """One Allow statement; a text as principal is an AWS one."""
    made: dict[str, object] = {"Effect": "Allow", "Action": "sts:AssumeRole", **more}
    if not any(name in made for name in ("NotPrincipal", "Principal")):
        made["Principal"] = {"AWS": principal} if isinstance(principal, str | list) and principal != "*" else principal
    return made if condition is None else {**made, "Condition": condition}


def when(operator: str, value: object = ID, key: str = "sts:ExternalId") -> dict[str, object]:
    """A condition on the external ID."""
    return {operator: {key: value}}


@dataclass(frozen=True)
class Animal:
    """One role: its trust statements, and what must be found. kinds: some of the ways in, whatever else there is."""

    trust: tuple[dict[str, object], ...]
    safety: Safety
    kinds: frozenset[str] = frozenset()
    evidence: str = BOTH
    allows: tuple[str, ...] = SELF
    access: AccessState = AccessState.UNKNOWN
    expectations: RoleExpectations = field(default_factory=RoleExpectations)
    path: str = "/"


def safe(*trust: dict[str, object], **more: Any) -> Animal:
    """Only the meant one gets in."""
    return Animal(trust, Safety.SAFE, **more)


def open_to(kinds: str, *trust: dict[str, object], **more: Any) -> Animal:
    """Somebody else gets in too."""
    return Animal(trust, Safety.VULNERABLE, frozenset(kinds.split()), **more)


def closed(*trust: dict[str, object], **more: Any) -> Animal:
    """Not even the meant one gets in."""
    return Animal(trust, Safety.UNREACHABLE, evidence=TRIED, **more)


RIGHT = entry(when("StringEquals"))
NAMED = RoleExpectations(vendor_account=VENDOR, vendor_roles=(COLLECTOR,))
ZOO: dict[str, Animal] = {
    # As it should be, in every way to write it.
    "string-equals": safe(RIGHT),
    "as-a-list": safe(entry(when("StringEquals", [ID]))),
    "lower-case-key": safe(entry(when("StringEquals", key="sts:externalid"))),
    "string-like-without-wildcard": safe(entry(when("StringLike"))),
    "for-any-value": safe(entry(when("ForAnyValue:StringEquals"))),
    "bare-account": safe(entry(when("StringEquals"), VENDOR)),
    "with-a-deny": safe(entry(when("StringEquals")), {**entry(when("StringNotEquals"), "*"), "Effect": "Deny"}),
    "named-role": safe(
        entry({**when("StringEquals"), "ArnEquals": {"aws:PrincipalArn": COLLECTOR}}), expectations=NAMED
    ),
    "pinned-arn": safe(entry(when("StringEquals"), COLLECTOR), expectations=NAMED),
    "pinned-arn-vendor-unknown": safe(entry(when("StringEquals"), COLLECTOR)),
    "session-tags": safe(RIGHT, entry(Action="sts:TagSession")),
    "with-a-path": safe(RIGHT, path="/vendors/"),
    "not-null-too": safe(entry({**when("StringEquals"), **when("Null", "false")})),
    "twice-the-same": safe(RIGHT, RIGHT),
    "several-actions": safe(entry(when("StringEquals"), Action=["sts:AssumeRole", "sts:TagSession"])),
    # Too much gets in, and trying shows it.
    "no-condition": open_to("no-id wrong-id", entry()),
    "anyone-no-condition": open_to("anyone no-id wrong-id", entry(principal="*")),
    "if-exists": open_to("no-id", entry(when("StringEqualsIfExists"))),
    "for-all-values": open_to("no-id", entry(when("ForAllValues:StringEquals"))),
    "ignore-case": open_to("other-case", entry(when("StringEqualsIgnoreCase"))),
    "wildcard-all": open_to("wrong-id other-id longer", entry(when("StringLike", "*"))),
    "wildcard-end": open_to("longer", entry(when("StringLike", f"{ID}*"))),
    "only-not-null": open_to("wrong-id other-id", entry(when("Null", "false"))),
    "not-equals-bad": open_to("no-id wrong-id", entry(when("StringNotEquals", "bad-one"))),
    "two-statements-one-bare": open_to("no-id", RIGHT, entry()),
    "misspelt-key": open_to("no-id", entry(when("StringNotLike", "x", key="sts:ExternlId")), evidence=TRIED),
    "condition-on-something-else": open_to("no-id", entry({"StringLike": {"aws:PrincipalArn": "*"}})),
    "decoy-accepted": open_to("other-id second-id", entry(when("StringEquals", [ID, NOBODYS]))),
    # Every probe is refused, and only the policy shows the way in.
    "second-id": open_to("second-id", entry(when("StringEquals", [ID, "another-tenants-id-77"]))),
    "second-statement": open_to("second-id", RIGHT, entry(when("StringEquals", "another-tenants-id-77"))),
    "wildcard-of-another": open_to("wrong-id", RIGHT, entry(when("StringLike", "Bcme-*"))),
    "other-account": open_to("other-account", entry(when("StringEquals"), [ROOT, f"arn:aws:iam::{STRANGER}:root"])),
    "other-account-alone": open_to("other-account", RIGHT, entry(None, f"arn:aws:iam::{STRANGER}:root")),
    "anyone-with-the-right-id": open_to("anyone", entry(when("StringEquals"), "*")),
    "anyone-as-aws": open_to("anyone", entry(when("StringEquals"), ["*"])),
    "another-role-of-the-vendor": open_to("other-role", RIGHT, expectations=NAMED),
    "federated": open_to(
        "federated",
        RIGHT,
        entry(Action="sts:AssumeRoleWithWebIdentity", Principal={"Federated": "cognito-identity.amazonaws.com"}),
    ),
    "service": open_to("service", RIGHT, entry(Principal={"Service": "ec2.amazonaws.com"})),
    # Not even the right ID gets in.
    "other-id-only": closed(entry(when("StringEquals", "another-tenants-id-77"))),
    "other-case-only": closed(entry(when("StringEquals", ID.swapcase()))),
    "other-case-too": open_to("other-case second-id", entry(when("StringEquals", [ID, ID.swapcase()]))),
    "another-account-only": closed(entry(when("StringEquals"), f"arn:aws:iam::{STRANGER}:root")),
    "another-role-only": closed(entry(when("StringEquals"), f"arn:aws:iam::{VENDOR}:role/other")),
    "denied": closed(RIGHT, {**entry(principal="*"), "Effect": "Deny"}),
    "wrong-action": closed(entry(when("StringEquals"), Action="sts:TagSession")),
    # What it may do once entered.
    "cannot-read-itself": Animal((RIGHT,), Safety.UNPROVED, evidence=TRIED, allows=("ec2:DescribeRegions",)),
    "may-go-on": safe(RIGHT, allows=(*SELF, "sts:AssumeRole"), access=AccessState.TOO_WIDE),
    "reads-as-asked": safe(
        RIGHT,
        allows=(*SELF, "ec2:DescribeRegions", "lambda:ListFunctions"),
        expectations=RoleExpectations(actions=("ec2:DescribeRegions", "lambda:ListFunctions", "ce:GetCostAndUsage")),
        access=AccessState.OK,
    ),
    "lacks-a-read": safe(
        RIGHT,
        allows=(*SELF, "ec2:DescribeRegions"),
        expectations=RoleExpectations(actions=("ec2:DescribeRegions", "lambda:ListFunctions")),
        access=AccessState.PARTIAL,
    ),
    "may-write": safe(RIGHT, allows=(*SELF, "s3:PutObject"), access=AccessState.TOO_WIDE),
    "may-do-anything": safe(RIGHT, allows=("*",), access=AccessState.TOO_WIDE),
}


@pytest.fixture(scope="session")
def zoo(aws: EmbeddedAws, new_account: Callable[[], str]) -> Callable[[str], str]:
    """Makes an animal's role in the zoo's account; returns its ARN."""
    root = aws.root(new_account())

    @cache
    def make(name: str) -> str:
        animal = ZOO[name]
        trust = {"Version": "2012-10-17", "Statement": list(animal.trust)}
        allow = {"Effect": "Allow", "Action": list(animal.allows), "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [allow]}
        if animal.path == "/":
            return create_role(root, name, trust, policy)
        made = root.call(
            "iam", "create_role", RoleName=name, Path=animal.path, AssumeRolePolicyDocument=json.dumps(trust)
        )
        root.call("iam", "put_role_policy", RoleName=name, PolicyName="access", PolicyDocument=json.dumps(policy))
        return str(made["Role"]["Arn"])

    return make


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@pytest.fixture(scope="session")
def judged(zoo: Callable[[str], str], vendor_session: Session) -> Callable[[str], Verdict]:
    """The verdict on an animal, with the usual minute of waiting taken as passed."""

    def verdict(name: str) -> Verdict:
        clock = Clock()
        looks_inside = ZOO[name].access is not AccessState.UNKNOWN
        options = VerifyOptions(Timing(10, clock, clock.sleep), write_probe=looks_inside)
        return verify_one(VerifyRequest(zoo(name), (ID,), NOBODYS, ZOO[name].expectations), vendor_session, options)

    return verdict


@pytest.mark.parametrize("name", ZOO)
def test_role(name: str, judged: Callable[[str], Verdict]) -> None:
    """Verdict, evidence, access and the kinds of ways in are as they must be."""
    animal, verdict = ZOO[name], judged(name)
    found = (verdict.safety, verdict.evidence, verdict.access)
    assert found == (animal.safety, animal.evidence, animal.access), verdict
    assert animal.kinds <= {one.kind for one in verdict.access_paths}, verdict.access_paths
    assert bool(verdict.access_paths) == (animal.safety is Safety.VULNERABLE)


def test_the_zoo_is_large() -> None:
    """At least thirty roles, each verdict but "unsettled" among them, some known by policy alone."""
    assert len(ZOO) >= 30
    assert {animal.safety for animal in ZOO.values()} == set(Safety) - {Safety.UNSETTLED}


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_not_principal(effect: str, aws: EmbeddedAws, tmp_path: Path) -> None:
    """IAM takes no NotPrincipal in a trust policy; read from a file, one that allows is a way in for anyone."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [RIGHT, entry(when("StringEquals"), Effect=effect, NotPrincipal={"AWS": STRANGER})],
    }
    with pytest.raises(ServiceError, match="MalformedPolicyDocument"):
        create_role(aws.root("200000000009"), "not-principal", trust, {"Version": "2012-10-17", "Statement": []})
    path = tmp_path / "trust.json"
    path.write_text(json.dumps(trust))
    verdict = verify_offline(path, (ID,), VENDOR)
    assert verdict.safety is not Safety.SAFE
    assert verdict.safety is Safety.VULNERABLE or effect == "Deny"
    assert verdict.evidence == "policy"


def test_a_wrong_path_and_no_role_at_all(zoo: Callable[[str], str], vendor_session: Session) -> None:
    """A role under another path than the ARN says, and one that is not there, are unreachable, never safe."""
    arn = zoo("string-equals")
    for wrong in (arn.replace("role/", "role/nowhere/"), f"{arn}-not-there"):
        clock = Clock()
        verdict = verify_one(VerifyRequest(wrong, (ID,)), vendor_session, VerifyOptions(Timing(10, clock, clock.sleep)))
        assert verdict.safety is Safety.UNREACHABLE, verdict
        assert any("no role under this ARN" in note for note in verdict.notes)
