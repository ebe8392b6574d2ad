"""What `judge` makes of one role: who can assume it, what is beyond reading, and what is not understood.

Each case is one edit apart from a role in order, and what it lets through is the one thing that may not be lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from deputize.checks.access_verdict import access_verdict
from deputize.checks.findings import role_findings
from deputize.checks.judge import judge
from deputize.checks.judgement import Judgement
from deputize.checks.trust.case import trust_of
from deputize.checks.trust.describe import Needs, describe_trust
from deputize.checks.trust.reasons import Reason
from deputize.checks.verdict import TrustVerdict, of_every_role, trust_verdict
from deputize.iam.arn import RoleArn
from deputize.jobs.lint.file import Judging, lint_content
from deputize.model.expectations import Expectation, Expectations, literals
from deputize.model.values import AccessState, Severity
from deputize.model.world import FoundRole, World
from deputize.read.world import raw_role

VENDOR, CUSTOMER = "111122223333", "444455556666"
ROOT = {"AWS": f"arn:aws:iam::{VENDOR}:root"}
ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
NEEDS_ID = {"StringEquals": {"sts:ExternalId": ID}}
ORGANIZATION = "o-a1b2c3d4e5"
NOBODY = Expectations()
ASKED = Expectations(all_roles=True)
EXPECTED = Expectations(Expectation((VENDOR,), external_ids=literals((ID,))), all_roles=True)


def statement(**changes: Any) -> dict[str, Any]:
    """A statement in order with these changes; None takes an element out."""
    made = {"Effect": "Allow", "Principal": ROOT, "Action": "sts:AssumeRole", "Condition": NEEDS_ID, **changes}
    return {key: value for key, value in made.items() if value is not None}


def role(*statements: Mapping[str, Any], access: Mapping[str, Any] | None = None) -> FoundRole:
    """A role of the customer's with this trust policy, and this access policy where one is given."""
    policies = {} if access is None else {"inline policy x": {"Version": "2012-10-17", "Statement": access}}
    trust = {"Version": "2012-10-17", "Statement": list(statements)}
    return raw_role(RoleArn("aws", CUSTOMER, "/", "reader"), trust, policies)


def judged(found: FoundRole, expected: Expectations = NOBODY) -> Judgement:
    """What the judge says of one role."""
    (judgement,) = judge(World((found,)), expected)
    return judgement


def kinds(*statements: Mapping[str, Any], expected: Expectations = NOBODY) -> set[str]:
    """The kinds of access paths that are not meant."""
    return {one.kind for one in judged(role(*statements), expected).access_paths}


@pytest.mark.parametrize("expected", [NOBODY, ASKED, EXPECTED])
def test_a_role_in_order(expected: Expectations) -> None:
    """A vendor's account with an external ID has no other access path, whatever is expected."""
    assert kinds(statement(), expected=expected) == set()


@pytest.mark.parametrize(("many", "is_told"), [(20, False), (21, True)])
def test_what_was_too_much_to_be_judged_is_told(many: int, is_told: bool) -> None:
    """A policy with more elements that span services than are judged is unread, its access unknown, and an error."""
    access = {"Effect": "Allow", "Action": [f"*:Get{number}" for number in range(many)], "Resource": "*"}
    found = judged(role(statement(), access=access))
    assert [one.what for one in found.unread] == (
        [f"the policy spans services {many} times: more than 20 are not judged"] if is_told else []
    )
    told = [one for one in access_verdict(found).unproved if "spans services 21 times" in one]
    assert len(told) == is_told
    assert access_verdict(found).state is AccessState.UNKNOWN
    messages = [one.message for one in role_findings((found,), "x.json") if one.severity is Severity.ERROR]
    assert any("are not judged" in one for one in messages) is is_told


def test_several_roles_are_judged_when_each_is() -> None:
    """A role whose trust policy tells nothing takes the verdict of all with it."""
    understood = trust_verdict(judged(role(statement()), EXPECTED))
    assert understood == TrustVerdict(judged=True, lets_in=True)
    assert of_every_role((understood, understood)) == understood
    both = of_every_role((understood, TrustVerdict(notes=("not read",))))
    assert both == TrustVerdict(notes=("not read",), lets_in=None)


@pytest.mark.parametrize(
    ("conditions", "gets_in"),
    [
        (NEEDS_ID, True),
        ({**NEEDS_ID, "Bool": {"aws:MultiFactorAuthPresent": "true"}}, None),
        ({"StringEquals": {"sts:ExternalId": "one-of-nobodys"}}, False),
    ],
)
def test_whether_the_vendor_gets_in(conditions: dict[str, Any], gets_in: bool | None) -> None:
    """The expected vendor gets in with its ID, not without it, and nobody says so where a condition is not known."""
    assert judged(role(statement(Condition=conditions)), EXPECTED).vendor_gets_in is gets_in


def test_everybody_is_a_third_party() -> None:
    """A role that trusts Principal "*" is judged without being asked about, and lets in any account."""
    found = judged(role(statement(Principal="*", Condition=None)))
    assert found.scope.judged
    assert "no-id" in {one.kind for one in found.access_paths}


@pytest.mark.parametrize(
    ("statements", "kind"),
    [
        ([statement(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})], "unknown"),
        ([statement(Principal=None, NotPrincipal={"AWS": f"arn:aws:iam::{CUSTOMER}:root"})], "anyone"),
        (
            [statement(Principal="*", Condition={"StringEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}})],
            "unknown",
        ),
        (
            [
                statement(Principal="*", Condition=None),
                statement(
                    Effect="Deny", Principal=ROOT, Condition={"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
                ),
            ],
            "no-id",
        ),
    ],
)
def test_a_path_that_nobody_meant(statements: list[dict[str, Any]], kind: str) -> None:
    """Without a vendor: a condition that may be met, everybody but some, an organisation that holds nobody out."""
    assert kind in kinds(*statements)


def test_an_organization_that_holds_everybody_out() -> None:
    """The two doors that hold are no access path: so what the cases before show is their fault, not the form's."""
    held = {"aws:PrincipalOrgID": ORGANIZATION}
    assert kinds(statement(Principal="*", Condition={"StringEquals": held})) == set()
    shut = statement(Effect="Deny", Principal="*", Condition={"StringNotEquals": held})
    assert kinds(statement(Principal="*", Condition=None), shut) == set()


@pytest.mark.parametrize("ids", [("tenant-0001", "tenant-0001-b"), ("tenant-0001-b", "tenant-0001")])
def test_an_external_id_that_another_begins_with(ids: tuple[str, str]) -> None:
    """Two IDs that a policy accepts are both meant where no vendor is expected, also when one holds the other."""
    assert kinds(statement(Condition={"StringEquals": {"sts:ExternalId": list(ids)}})) == set()


def test_any_service_or_provider_is_told_by_itself() -> None:
    """A wildcard for services or for identity providers is a finding where no AWS identity is named at all."""
    for kind, action in (("Service", "sts:AssumeRole"), ("Federated", "sts:AssumeRoleWithWebIdentity")):
        trust = judged(role(statement(Principal={kind: "*"}, Action=action, Condition=None)), ASKED).trust
        assert trust is not None
        assert Reason.ANYONE in trust.hits, kind


def test_what_the_file_says_covers_its_own_ids_only() -> None:
    """A file that claims one external ID for its tenant does not speak for another one in its policy."""
    claimed = Expectations(claimed=Expectation(external_ids=literals((ID, "another-id-of-it"))), claimant="it says")

    def claims(*ids: str) -> bool:
        case = trust_of(role(statement(Condition={"StringEquals": {"sts:ExternalId": list(ids)}})), claimed)
        assert case is not None
        return case.claims_ids

    assert claims(ID, "another-id-of-it")
    assert not claims(ID, "one-of-nobodys")


def test_an_organization_is_no_vendor() -> None:
    """Where a vendor is expected, what others of an organisation need is proved of them, or said to be unproved."""
    both = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION, "sts:ExternalId": ID}}
    open_to_all = statement(Principal="*", Condition=both)

    def needs(expected: Expectations) -> list[Needs]:
        trust = judged(role(open_to_all), expected).trust
        assert trust is not None
        return [one.external_id for one in describe_trust(trust).principals]

    assert needs(ASKED) == [Needs.REQUIRED]
    assert needs(EXPECTED) == [Needs.UNPROVED]


def test_a_statement_that_is_not_understood_is_never_passed_over() -> None:
    """A trust policy that names nobody but a service is judged when one of its statements may mean more."""
    service = statement(Principal={"Service": "ec2.amazonaws.com"}, Condition=None)
    assert not judged(role(service)).scope.judged
    assert judged(role({**service, "Prinicpal": "*"})).scope.judged


def test_what_third_parties_may_do_is_judged_as_such() -> None:
    """A write is an error for a role that a vendor assumes, and nobody's business for one of a service."""
    access = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
    theirs = judged(role(statement(), access=access))
    services = judged(role(statement(Principal={"Service": "ec2.amazonaws.com"}, Condition=None), access=access))

    def errors(one: Judgement) -> list[str]:
        return [found.message for found in role_findings((one,), "x") if "s3:PutObject" in found.message]

    assert errors(theirs)
    assert not errors(services)


TEMPLATE = """\
Parameters:
  Account: {Type: String, Default: "%s"}
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: !Ref Account}
            Action: sts:AssumeRole
            Condition: {StringEquals: {"sts:ExternalId": "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"}}
"""


@pytest.mark.parametrize(("default", "is_told"), [(VENDOR, False), ("*", True)])
def test_a_default_that_is_a_wildcard_is_tried(default: str, is_told: bool) -> None:
    """Whom a parameter's default lets in is told at the principal that it stands for."""
    report = lint_content((TEMPLATE % default).encode(), "t.yaml", Judging(engines=("own",)), named=True)
    told = [one.finding for one in report.found if "where parameter Account is '*'" in one.finding.message]
    assert bool(told) is is_told
    assert all((one.line, one.severity) == (11, Severity.ERROR) for one in told)


@pytest.mark.parametrize(("resources", "is_told"), [(["a"], False), (["a", "*"], True), (["*"], True)])
def test_a_named_resource_beside_everything_names_nothing(resources: list[str], is_told: bool) -> None:
    """A role of a service that passes named roles is in order; one that passes a named one and all is not."""
    access = {
        "Effect": "Allow",
        "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
        "Resource": [f"arn:aws:iam::{CUSTOMER}:role/{one}" for one in resources],
    }
    service = statement(Principal={"Service": "ec2.amazonaws.com"}, Condition=None)
    found = role_findings((judged(role(service, access=access)),), "x")
    assert bool([one for one in found if "PassRole" in one.message]) is is_told


def test_a_statement_whose_effect_nobody_knows_may_let_somebody_in() -> None:
    """Whoever it names is told of as a third party, since what does not say Deny may say Allow."""
    found = judged(role(statement(Effect="allow", Condition=None)))
    assert found.scope.judged
    assert "unknown" in {one.kind for one in found.access_paths}
