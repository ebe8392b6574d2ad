"""`verify` as a job: what is refused before any call, what roles are held against, many at once, and offline."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest

from deputize.aws.client import CallerIdentity, Credentials, Session
from deputize.aws.embedded import EmbeddedAws, create_role, create_user
from deputize.aws.reads import ReadsFound
from deputize.aws.verify import Timing
from deputize.checks.access_verdict import AccessVerdict, access_verdict
from deputize.checks.judge import judge
from deputize.checks.rules_version import judged_by
from deputize.errors import DeputizeError, InputError, ServiceError, UsageError
from deputize.iam.arn import RoleArn
from deputize.jobs.api import render
from deputize.jobs.assume.session import session as session_inside
from deputize.jobs.inputs import load_vendor
from deputize.jobs.verify.access import judge_access
from deputize.jobs.verify.breadth import verify_many
from deputize.jobs.verify.command import verify_with_files
from deputize.jobs.verify.expectations import ExpectationFiles, RoleExpectations, expectations_of
from deputize.jobs.verify.offline import verify_offline
from deputize.jobs.verify.result import as_json, as_lines
from deputize.jobs.verify.run import VerifyOptions, VerifyRequest, verify, verify_one
from deputize.jobs.verify.tags import Whose, whose
from deputize.model.aws_options import AwsOptions
from deputize.model.expectations import Expectation, Expectations
from deputize.model.schemas import load_schema
from deputize.model.spec import AccessSpec, SessionSpec, Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import AccessState, ProbeResult, Safety, Verdict
from deputize.model.world import World
from deputize.read.world import raw_role

VENDOR, CUSTOMER = "111122223333", "444455556666"
ID = "Acme-7d4c0b9e-2f7a-4f0e"
ARN = f"arn:aws:iam::{CUSTOMER}:role/reader"
SELF = ["iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"]
AT = datetime(2026, 11, 21, 12, 0, 0, 5, UTC)


def trust(external_id: object = ID, principal: object = f"arn:aws:iam::{VENDOR}:root") -> dict[str, Any]:
    """A trust policy."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"AWS": principal},
                "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
            }
        ],
    }


def allow(*actions: str) -> dict[str, Any]:
    """An access policy."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


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


def options(wait: float = 10, **more: Any) -> VerifyOptions:
    """Without real waiting, at a given time."""
    clock = Clock()
    return VerifyOptions(Timing(wait, clock, clock.sleep), now=lambda: AT, **more)


@pytest.fixture(scope="module")
def make(aws: EmbeddedAws) -> Callable[..., str]:
    """Makes a role in the customer's account; returns its ARN."""
    root = aws.root(CUSTOMER)

    def role(name: str, policy: dict[str, Any] | None = None, **how: Any) -> str:
        return create_role(root, name, trust(**how), policy or allow(*SELF))

    return role


class NoCalls(Session):
    """A session that must not be used, but for its region and, when given, who it is."""

    def __init__(self, region: str = "us-east-1", account: str | None = None, partition: str = "aws") -> None:
        super().__init__(AwsOptions(None, region), "0.0.0", Credentials("AKIAIOSFODNN7EXAMPLE", "the-secret"))
        self._caller = None if account is None else CallerIdentity(account, f"arn:aws:iam::{account}:root", partition)

    def client(self, service: str) -> Any:
        """Fail."""
        pytest.fail(f"{service} was called")


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "no ARN": ("role/reader", {}, "is no ARN of a role"),
    "a user": (f"arn:aws:iam::{CUSTOMER}:user/x", {}, "is no ARN of a role"),
    "2,049 characters": (f"arn:aws:iam::{CUSTOMER}:role/{'a/' * 1008}x", {}, "is no ARN of a role"),
    "line end": (f"{ARN}\n", {}, "is no ARN of a role"),
    "service-linked": (
        f"arn:aws:iam::{CUSTOMER}:role/aws-service-role/ec2.amazonaws.com/X",
        {},
        "is a service-linked role, which only AWS may assume",
    ),
    "another partition": (
        f"arn:aws-cn:iam::{CUSTOMER}:role/reader",
        {},
        "is in partition aws-cn, region us-east-1 is in aws: STS does not cross them",
    ),
    "credentials of another partition": (
        ARN,
        {"partition": "aws-us-gov"},
        "is in partition aws, the credentials in aws-us-gov: STS does not cross them",
    ),
    "never entered": (ARN, {"never": (CUSTOMER,)}, f"account {CUSTOMER} is one whose roles are never assumed"),
    "the caller's own": (ARN, {"account": CUSTOMER}, f"account {CUSTOMER} is the vendor's own"),
    "the vendor's own": (
        ARN,
        {"expectations": RoleExpectations(vendor_account=CUSTOMER)},
        f"account {CUSTOMER} is the vendor's own",
    ),
    "no ID": (ARN, {"ids": ()}, "--external-id: is missing"),
    "no valid ID": (ARN, {"ids": ("a b",)}, "has characters that STS refuses"),
}


@pytest.mark.parametrize(("arn", "how", "what"), REFUSED.values(), ids=REFUSED)
def test_refused_before_any_call(arn: str, how: dict[str, Any], what: str) -> None:
    """No request is made for a role that must not be entered, or with an ID that STS would not take."""
    request = VerifyRequest(arn, how.get("ids", (ID,)), expectations=how.get("expectations", RoleExpectations()))
    session = NoCalls(account=how.get("account", VENDOR), partition=how.get("partition", "aws"))
    with pytest.raises(InputError) as refused:
        verify_one(request, session, options(never=how.get("never", ())))
    assert what in str(refused.value)


def test_a_safe_role(make: Callable[..., str], vendor: Session) -> None:
    """Every field of the verdict."""
    arn = make("safe")
    rounds: list[object] = []
    expectations = RoleExpectations(actions=("ec2:DescribeRegions",))
    request = VerifyRequest(arn, (ID,), "decoy-1", expectations)
    verdict = verify_one(request, vendor, options(), rounds.append)
    refused = [
        ProbeResult(name, "refuse", "refuse", verdict.probes[1].error)
        for name in ("random", "none", "other-case", "one-longer", "other")
    ]
    assert re.fullmatch("2:[0-9a-f]{64}", verdict.role_digest)
    assert verdict.judged_by == judged_by()
    assert replace(verdict, role_id="", notes=(), role_digest="") == Verdict(
        role_arn=arn,
        role_id="",
        external_id=ID,
        safety=Safety.SAFE,
        access=AccessState.PARTIAL,
        evidence="probes+policy",
        endpoint=str(vendor.endpoint_url),
        at="2026-11-21T12:00:00Z",
        caller=f"arn:aws:sts::{VENDOR}:assumed-role/collector/operator",
        probes=(ProbeResult("right-first", "allow", "allow"), *refused, ProbeResult("right-last", "allow", "allow")),
        missing=("ec2:DescribeRegions",),
        judged_by=judged_by(),
    )
    assert verdict.role_id.startswith("AROA")
    assert verdict.probes[1].error.endswith(f"is not authorized to perform: sts:AssumeRole on resource: {arn}")
    assert len(rounds) == 2


def test_a_short_wait_says_so(make: Callable[..., str], vendor: Session) -> None:
    """One clean round will do, and the verdict tells."""
    verdict = verify_one(VerifyRequest(make("short"), (ID,)), vendor, options(0, write_probe=False))
    assert verdict.safety is Safety.SAFE
    assert "waited 0 s: one clean round had to do, and IAM may not have settled" in verdict.notes


def test_a_role_that_also_trusts_its_own_account_is_vulnerable(aws: EmbeddedAws, vendor: Session) -> None:
    """The vendor gets in with its ID, and the customer's whole account without: it is judged, and is no safe role."""
    policy = trust()
    own = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{CUSTOMER}:root"}}
    policy["Statement"].append(own)
    arn = create_role(aws.root(CUSTOMER), "own-root", policy, allow(*SELF))
    verdict = verify_one(VerifyRequest(arn, (ID,)), vendor, options(0, write_probe=False))
    assert (verdict.safety, verdict.evidence) == (Safety.VULNERABLE, "probes+policy")
    assert "other-account" in {one.kind for one in verdict.access_paths}


def test_a_rotation(make: Callable[..., str], vendor: Session) -> None:
    """Both IDs may enter; a second that does not is told, and does not count."""
    both, first = make("both", external_id=[ID, "second-id-1"]), make("first-only")
    for arn, told in ((both, False), (first, True)):
        verdict = verify_one(VerifyRequest(arn, (ID, "second-id-1")), vendor, options(write_probe=False))
        assert verdict.safety is Safety.SAFE
        assert any("(accepted-2) was not let in" in note for note in verdict.notes) is told


def test_what_is_said_when_nothing_could_be_read(make: Callable[..., str], vendor: Session) -> None:
    """The verdict rests on probes, names the caller, and says that refusals may be the caller's own."""
    verdict = verify_one(
        VerifyRequest(make("blind", allow("ec2:DescribeRegions")), (ID,)), vendor, options(write_probe=False)
    )
    assert (verdict.safety, verdict.evidence) == (Safety.UNPROVED, "probes")
    (note,) = (one for one in verdict.notes if "caller's own" in one)
    assert f"as {verdict.caller}" in note
    assert "unread: iam:GetRole (AccessDenied)" in note


TENANT, VENDOR_NAMED = "deputize:tenant", "deputize:vendor"
NAMES: dict[str, tuple[dict[str, str], str]] = {
    "right": ({TENANT: "a", VENDOR_NAMED: "v", "deputize:template-version": "1"}, ""),
    "its second account": ({TENANT: f"a-{CUSTOMER}", VENDOR_NAMED: "v"}, ""),
    "another tenant": (
        {TENANT: "b", VENDOR_NAMED: "v"},
        f"its tag {TENANT} is 'b', not 'a': it was made for another tenant",
    ),
    "another vendor": (
        {VENDOR_NAMED: "w\n"},
        f"its tag {VENDOR_NAMED} is 'w\\n', not 'v': it was made for another vendor",
    ),
    "empty": ({TENANT: ""}, f"its tag {TENANT} is '', not 'a': it was made for another tenant"),
    "in capitals": ({TENANT: "A"}, f"its tag {TENANT} is 'A', not 'a': it was made for another tenant"),
}


@pytest.mark.parametrize(("tags", "said"), NAMES.values(), ids=NAMES)
def test_whom_a_roles_tags_name(tags: dict[str, str], said: str) -> None:
    """Somebody else's name is a way in that should not be there; without a tenant's name a note is enough."""
    found = whose(tags, RoleExpectations(tenants=("a", f"a-{CUSTOMER}"), vendor="v"))
    assert [one.sentence for one in found.others] == [said] * bool(said)
    assert (found.notes == ()) is (TENANT in tags)
    assert whose(tags, RoleExpectations()) == Whose()


def test_a_role_of_another_tenant_is_vulnerable(make: Callable[..., str], aws: EmbeddedAws, vendor: Session) -> None:
    """A forged link gives another tenant's role this one's ID: the probes are content, the role's own tags are not."""
    expectations = RoleExpectations(tenants=("x-company",), vendor="example")
    arn = make("forged")
    plain = verify_one(VerifyRequest(arn, (ID,), expectations=expectations), vendor, options(write_probe=False))
    assert plain.safety is Safety.SAFE
    assert any("no tag deputize:tenant was found" in note for note in plain.notes)
    tags = [{"Key": TENANT, "Value": "acme"}, {"Key": VENDOR_NAMED, "Value": "example"}]
    aws.root(CUSTOMER).call("iam", "tag_role", RoleName="forged", Tags=tags)
    forged = verify_one(VerifyRequest(arn, (ID,), expectations=expectations), vendor, options(write_probe=False))
    assert (forged.safety, forged.evidence) == (Safety.VULNERABLE, "probes+policy")
    assert [one.kind for one in forged.access_paths] == ["another-tenant"]
    jsonschema.Draft202012Validator(load_schema("verify")).validate(as_json(forged))


def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any nothing can be verified: an error, not a verdict."""
    with pytest.raises(ServiceError, match="AWS credentials: there are none"):
        verify(ARN, ID, region="us-east-1")


def test_results_fit_their_schema_and_hold_no_external_id(make: Callable[..., str], vendor: Session) -> None:
    """JSON as shipped; neither form tells an ID, nor a secret."""
    verdict = verify_one(VerifyRequest(make("printed"), (ID,), "decoy-of-nobody"), vendor, options())
    printed = json.dumps(as_json(verdict)), "\n".join(as_lines(verdict))
    jsonschema.Draft202012Validator(load_schema("verify")).validate(as_json(verdict))
    assert list(as_json(verdict)) == load_schema("verify")["required"]
    for text in printed:
        assert ID not in text
        assert "decoy-of-nobody" not in text


def test_many_at_once(make: Callable[..., str], vendor: Session) -> None:
    """Each request gets its verdict or its error, whatever the order."""
    arns = [make(f"many-{number}") for number in range(6)]
    requests = [*(VerifyRequest(arn, (ID,)) for arn in arns), VerifyRequest("no ARN", (ID,)), VerifyRequest(ARN, (ID,))]
    found = {
        request.role_arn: result
        for request, result in verify_many(iter(requests), vendor, options(write_probe=False), workers=4)
    }
    assert len(found) == len(requests)
    assert isinstance(found["no ARN"], InputError)
    safety = {arn: one.safety for arn, one in found.items() if isinstance(one, Verdict)}
    assert safety == {**dict.fromkeys(arns, Safety.SAFE), ARN: Safety.UNREACHABLE}


def test_leaving_early_does_not_wait(make: Callable[..., str], vendor: Session) -> None:
    """Whoever leaves the loop is not kept for the minute that the others would take; the source is read as needed."""
    taken = []

    def requests() -> Iterator[VerifyRequest]:
        for number in range(1000):
            taken.append(number)
            yield VerifyRequest("no ARN" if not number else ARN, (ID,))

    started = time.monotonic()
    results = verify_many(requests(), vendor, workers=2)
    _, first = next(results)
    results.close()
    assert isinstance(first, DeputizeError)
    assert time.monotonic() - started < 30
    assert len(taken) <= 6


VENDOR_SPEC = Vendor(
    "example-costs",
    english("Example Costs"),
    (VendorAccount("aws", VENDOR, (f"arn:aws:iam::{VENDOR}:role/collector",)),),
    session=SessionSpec(tag_keys=("team",)),
    access=AccessSpec(profile="inventory"),
)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A rendered bundle."""
    return render(VENDOR_SPEC, Tenant("a-company", (ID,), account_id=CUSTOMER)).write(tmp_path)


def test_what_a_bundle_expects(bundle: Path) -> None:
    """Whom it trusts, the ID, the account, and the actions of its access.json."""
    expectations = expectations_of(ExpectationFiles(bundle), "aws")
    assert (expectations.vendor_account, expectations.vendor_roles) == (
        VENDOR,
        (f"arn:aws:iam::{VENDOR}:role/collector",),
    )
    assert (expectations.external_ids, expectations.tenant_account, expectations.partition) == ((ID,), CUSTOMER, "aws")
    assert (expectations.tenants, expectations.vendor) == (("a-company",), "example-costs")
    assert expectations.session_actions == ("sts:TagSession",)
    assert "ec2:DescribeInstances" in expectations.actions
    assert expectations_of(ExpectationFiles(access=bundle / "access.json"), "aws") == RoleExpectations(
        actions=expectations.actions
    )


def test_what_a_vendor_file_expects(tmp_path: Path) -> None:
    """A vendor's file tells all but the tenant."""
    path = tmp_path / "vendor.yaml"
    path.write_text(f"vendor: {{name: V, slug: v}}\naccounts:\n  aws: {{id: '{VENDOR}'}}\n")
    expectations = expectations_of(ExpectationFiles(vendor=path), "aws")
    assert (expectations.vendor_account, expectations.external_ids, expectations.tenant_account) == (VENDOR, (), None)
    assert (expectations.tenants, expectations.vendor) == ((), "v")
    assert "ec2:DescribeInstances" in expectations.actions


def test_wrong_sources(bundle: Path, tmp_path: Path) -> None:
    """Two of them, or a file of another kind."""
    with pytest.raises(UsageError, match="give one of them"):
        expectations_of(ExpectationFiles(bundle, access=bundle / "access.json"), "aws")
    with pytest.raises(InputError, match="is no deputize/access/1"):
        expectations_of(ExpectationFiles(access=bundle / "manifest.json"), "aws")
    for text, what in (("{", "is not JSON"), ('{"schema": "deputize/access/1"}', "lacks 'policies'")):
        (tmp_path / "access.json").write_text(text)
        with pytest.raises(InputError, match=what):
            expectations_of(ExpectationFiles(access=tmp_path / "access.json"), "aws")


@pytest.mark.parametrize(
    ("arn", "ids", "what"),
    [
        (ARN.replace(CUSTOMER, "999999999999"), (), f"is in account 999999999999, the bundle's tenant in {CUSTOMER}"),
        (ARN, ("another-tenants-id",), "--external-id: is not one of the bundle's"),
    ],
)
def test_an_arn_or_id_that_is_not_the_bundles(arn: str, ids: tuple[str, ...], what: str, bundle: Path) -> None:
    """Neither another account's role nor another tenant's ID is tried."""
    with pytest.raises(InputError) as refused:
        verify_with_files(arn, ids, files=ExpectationFiles(bundle), session=NoCalls())
    assert what in str(refused.value)


def test_a_bundle_offline(bundle: Path) -> None:
    """What we render is safe by evaluation alone, in every format, and reads only."""
    verdict = verify_offline(bundle)
    assert (verdict.safety, verdict.access, verdict.evidence) == (Safety.SAFE, AccessState.OK, "policy")
    assert (verdict.endpoint, verdict.caller, verdict.probes, verdict.access_paths) == ("offline", "", (), ())


def test_an_edited_bundle_offline(bundle: Path) -> None:
    """A second ID in one of the formats alone is a way in."""
    path = bundle / "json" / "trust-policy.json"
    text = path.read_text()
    path.write_text(text.replace(f'"{ID}"', f'["{ID}", "another-tenants-id"]'))
    verdict = verify_offline(bundle)
    assert verdict.safety is Safety.VULNERABLE
    assert [one.kind for one in verdict.access_paths] == ["second-id"]


def test_a_bundle_that_is_not_our_bytes_is_never_safe_offline(bundle: Path) -> None:
    """An edit in which no way in is found still leaves it unsettled: a template may do more than its defaults show."""
    path = bundle / "cloudformation" / "role.yaml"
    path.write_text(path.read_text() + "# edited\n")
    assert verify_offline(bundle).safety is Safety.UNSETTLED


GET_ROLE = {"Role": {"Arn": ARN, "RoleId": "AROAX", "RoleName": "reader", "AssumeRolePolicyDocument": trust()}}
FORMS: dict[str, object] = {
    "policy": trust(),
    "get-role": GET_ROLE,
    "the role in it": GET_ROLE["Role"],
    "URL-encoded": {"Role": {**GET_ROLE["Role"], "AssumeRolePolicyDocument": quote(json.dumps(trust()))}},
    "pinned": trust(principal=f"arn:aws:iam::{VENDOR}:role/x"),
    "a user": trust(principal=[f"arn:aws:iam::{VENDOR}:user/x"]),
}


@pytest.mark.parametrize("document", FORMS.values(), ids=FORMS)
def test_a_file_offline(document: object, tmp_path: Path) -> None:
    """A trust policy, or what `aws iam get-role` printed, as it is found."""
    path = tmp_path / "role.json"
    path.write_text(json.dumps(document))
    verdict = verify_offline(path, (ID,), VENDOR)
    assert verdict.safety is Safety.SAFE, verdict
    told = isinstance(document, dict) and "Version" not in document
    assert (verdict.role_arn, verdict.role_id) == ((ARN, "AROAX") if told else ("", ""))
    jsonschema.Draft202012Validator(load_schema("verify")).validate(as_json(verdict))


SHUT = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": "*"}]}


@pytest.mark.parametrize(
    ("document", "safety"),
    [
        (trust([ID, "another"]), Safety.VULNERABLE),
        (trust("another-one-only"), Safety.VULNERABLE),
        (trust(principal="arn:aws:iam::999999999999:root"), Safety.VULNERABLE),
        (SHUT, Safety.UNREACHABLE),
        ({"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}, Safety.UNSETTLED),
    ],
)
def test_a_wrong_file_offline(document: object, safety: Safety, tmp_path: Path) -> None:
    """A way in, no way for anybody, or nothing that is understood."""
    path = tmp_path / "trust.json"
    path.write_text(json.dumps(document))
    assert verify_offline(path, (ID,), VENDOR).safety is safety


def test_a_condition_that_nobody_knows_keeps_nobody_out_offline(tmp_path: Path) -> None:
    """Where MFA decides, it is not said that the vendor is kept out; where a Deny does, it is."""
    with_mfa = trust()
    with_mfa["Statement"][0]["Condition"]["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    notes = []
    for document in (with_mfa, SHUT):
        (tmp_path / "trust.json").write_text(json.dumps(document))
        notes.append(verify_offline(tmp_path / "trust.json", (ID,), VENDOR).notes[0])

    assert notes[0].startswith("the policy alone does not tell whether those who are meant get in")
    assert notes[1] == "the policy does not let in those who are meant, with this external ID"


@pytest.mark.parametrize(
    ("text", "ids", "account", "error"),
    [
        ("{", (ID,), VENDOR, InputError),
        ("[]", (ID,), VENDOR, InputError),
        ('{"AssumeRolePolicyDocument": 1}', (ID,), VENDOR, InputError),
        (json.dumps(trust()), (), VENDOR, InputError),
        (json.dumps(trust()), (ID,), None, UsageError),
        (json.dumps(trust()), (ID,), "12345", UsageError),
        (json.dumps(GET_ROLE), (ID,), CUSTOMER, InputError),
    ],
)
def test_what_cannot_be_judged_offline(
    text: str, ids: tuple[str, ...], account: str | None, error: type[DeputizeError], tmp_path: Path
) -> None:
    """A file that is no policy, nobody to trust, no ID, the vendor's own role: an error, not a verdict."""
    path = tmp_path / "trust.json"
    path.write_text(text)
    with pytest.raises(error):
        verify_offline(path, ids, account)


ALL = ReadsFound()


@pytest.mark.parametrize(
    ("found", "proof", "write", "asked", "proved", "state"),
    [
        (ALL, AccessVerdict(), False, True, True, AccessState.OK),
        (ALL, AccessVerdict(), None, True, True, AccessState.OK),
        (ALL, AccessVerdict(), False, True, False, AccessState.OK),
        (ALL, AccessVerdict(), None, True, False, AccessState.UNKNOWN),
        (ALL, AccessVerdict(), False, False, True, AccessState.UNKNOWN),
        (ALL, AccessVerdict(unproved=("x",)), False, True, False, AccessState.UNKNOWN),
        (ReadsFound(unanswered=("x",)), AccessVerdict(), False, True, True, AccessState.UNKNOWN),
        (ReadsFound(untried=("ce",)), AccessVerdict(), False, True, True, AccessState.OK),
        (ReadsFound(missing=("x",)), AccessVerdict(), False, True, True, AccessState.PARTIAL),
        (ReadsFound(missing=("x",)), AccessVerdict(), True, True, True, AccessState.TOO_WIDE),
        (ALL, AccessVerdict(), True, False, True, AccessState.TOO_WIDE),
        (ALL, AccessVerdict(not_read=("x",)), False, True, True, AccessState.TOO_WIDE),
        (ALL, AccessVerdict(secrets=("x",)), False, True, True, AccessState.OK),
    ],
)
def test_the_state_of_access(
    *, found: ReadsFound, proof: AccessVerdict, write: bool | None, asked: bool, proved: bool, state: AccessState
) -> None:
    """What reads, the write and the proof come to."""
    assert judge_access(found, proof, write=write, asked=asked, proved=proved) is state


def proved(documents: dict[str, Any], arns: tuple[str, ...], secrets: tuple[str, ...] = ()) -> AccessVerdict:
    """What the judge says of a live role with these access policies."""
    role = raw_role(RoleArn("aws", CUSTOMER, "/", "reader"), None, documents, arns)
    (judgement,) = judge(World((role,)), Expectations(Expectation(allowed_secrets=secrets)))
    return access_verdict(judgement)


def test_the_read_only_proof() -> None:
    """Writes, secrets and what is not understood, each where it stands."""
    documents = {
        "inline policy a": allow("ec2:Describe*", "s3:PutObject"),
        "inline policy b": allow("ssm:GetParameter", "ec2:Nonsense"),
        "inline policy c": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        },
        "inline policy d": {
            "Version": "2008-10-17",
            "Id": "tags",
            "Statement": [
                {"Effect": "Allow", "Action": "ec2:*Tags", "Resource": "*"},
                {"Effect": "Deny", "Action": ["ec2:CreateTags", "ec2:DeleteTags"], "Resource": "*"},
            ],
        },
    }
    names = ("SecurityAudit", "AdministratorAccess", "PowerUserAccess", "AmazonEC2FullAccess")
    arns = tuple(f"arn:aws:iam::aws:policy/{name}" for name in names)
    proof = proved(documents, arns)
    assert proof.not_read[0] == "inline policy a allows s3:PutObject"
    assert [one.partition(" allows ")[0] for one in proof.not_read[1:]] == [
        "inline policy c",
        "AWS managed policy AdministratorAccess (v1, 2015-02-06)",
        "AWS managed policy PowerUserAccess (v12, 2026-02-12)",
    ]
    assert "inline policy b hands out ssm:GetParameter" in proof.secrets
    next_ones = "allows every action that its NotAction does not name, and those that AWS adds next"
    assert proof.unproved == (
        "inline policy b: ec2:Nonsense is no action that AWS has",
        f"inline policy c: {next_ones}",
        "AWS managed policy AdministratorAccess (v1, 2015-02-06): * spans services, those that AWS adds next too",
        f"AWS managed policy PowerUserAccess (v12, 2026-02-12): {next_ones}",
        f"AWS managed policy {arns[-1]}: its text could not be read, and no snapshot of it is here",
    )
    assert "inline policy b hands out ssm:GetParameter" not in proved(documents, (), ("ssm:GetParameter",)).secrets


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ({"session_name": "a"}, "is no session name"),
        ({"session_name": "a b"}, "is no session name"),
        ({"duration": 899}, "899 is not between 900 and 43200 seconds"),
        ({"external_id": "a b"}, "has characters that STS refuses"),
        ({"role_arn": "reader"}, "is no ARN of a role"),
    ],
)
def test_a_session_with_wrong_arguments(how: dict[str, Any], what: str) -> None:
    """Refused before any call."""
    given = {"role_arn": ARN, "external_id": ID, "region": "us-east-1", **how}
    with pytest.raises(InputError) as refused:
        session_inside(**given)
    assert what in str(refused.value)


def test_a_session_inside(make: Callable[..., str], aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entered with the environment's credentials at the endpoint that was named; every client uses that endpoint."""
    key = create_user(aws.root(VENDOR), "program", allow("sts:AssumeRole"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret_access_key)
    arn = make("for-a-program", allow("ec2:DescribeRegions"))
    boto = session_inside(arn, ID, region="us-east-1", endpoint_url=aws.endpoint_url, session_name="program")
    assert boto.client("sts").get_caller_identity()["Arn"].endswith("assumed-role/for-a-program/program")
    assert boto.client("ec2").describe_regions()["Regions"]
    with pytest.raises(InputError, match="is the vendor's own"):
        session_inside(ARN.replace(CUSTOMER, VENDOR), ID, region="us-east-1", endpoint_url=aws.endpoint_url)


def test_an_account_of_the_vendors_list_is_never_entered(tmp_path: Path) -> None:
    """never_assume_accounts of a vendor.yaml is refused before any call, and stands in no bundle."""
    file = tmp_path / "vendor.yaml"
    file.write_text(
        "vendor: {name: Example Corp}\n"
        "accounts: {aws: {id: '111122223333'}}\n"
        "never_assume_accounts: ['777788889999']\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="777788889999 is one whose roles are never assumed"):
        verify_with_files(
            "arn:aws:iam::777788889999:role/any",
            ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",),
            files=ExpectationFiles(vendor=file),
            aws=AwsOptions(region="us-east-1", endpoint_url="http://127.0.0.1:9"),
        )
    bundle = render(load_vendor(file), Tenant("a-company", ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",)))
    assert not any(b"777788889999" in data for data in bundle.files.values())
