from __future__ import annotations

import json
from typing import Any

import pytest

from deputize.checks.file_findings import FileFindings, file_findings
from deputize.checks.judge import judge
from deputize.checks.trust.describe import describe_trust
from deputize.model.expectations import Expectation, Expectations, literals
from deputize.model.values import Finding, Severity
from deputize.read.any import read_any
from deputize.read.world import world_of

VENDOR = "111122223333"
OTHER = "444455556666"
ROOT = f"arn:aws:iam::{VENDOR}:root"
OTHER_ROOT = f"arn:aws:iam::{OTHER}:root"
ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
SECOND = "0f5e3c55-64c1-4d53-8a0d-3a1b7f0f0a02"
NEEDS_ID = {"StringEquals": {"sts:ExternalId": ID}}
# Of the old language a variable is plain text.
OF_A_TEAM = {"StringEquals": {"sts:ExternalId": ID, "aws:PrincipalTag/team": "${aws:PrincipalAccount}"}}


def statement(**changes: Any) -> dict[str, Any]:
    """A statement as it should be, with elements changed, added or (None) left out."""
    made = {
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": "sts:AssumeRole",
        "Condition": NEEDS_ID,
        **changes,
    }
    return {key: value for key, value in made.items() if value is not None}


def policy(*statements: Any, version: str | None = "2012-10-17") -> dict[str, Any]:
    """A policy of these statements."""
    return {**({} if version is None else {"Version": version}), "Statement": list(statements)}


def asks(operator: str, value: Any, key: str = "sts:ExternalId") -> dict[str, Any]:
    """A policy whose one condition is this."""
    return policy(statement(Condition={operator: {key: value}}))


def template(trust: Any, **parts: Any) -> dict[str, Any]:
    """A template with one role that has this trust."""
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}
    return {"AWSTemplateFormatVersion": "2010-09-09", **parts, "Resources": {"Role": role}}


def expecting(vendors: tuple[str, ...] = (), ids: tuple[str, ...] = ()) -> Expectations:
    """What a caller of lint expects."""
    return Expectations(Expectation(vendor_accounts=vendors, external_ids=literals(ids)))


def judged(value: Any, options: Expectations = Expectations(), **choices: str) -> FileFindings:  # noqa: B008 -- frozen
    """What comes of a file with this JSON."""
    text = value if isinstance(value, str) else json.dumps(value, indent=1)
    return file_findings(read_any(text.encode(), "trust.json", choices), "trust.json", options)


def rules(value: Any, options: Expectations = Expectations(), **choices: str) -> list[str]:  # noqa: B008 -- frozen
    """The rules of the errors and warnings, sorted."""
    found = judged(value, options, **choices).findings
    return sorted({one.rule for one in found if one.severity is not Severity.NOTE})


BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no condition": (policy(statement(Condition=None)), ["external-id-missing"]),
    "everyone": (policy(statement(Principal="*")), ["trust-anyone"]),
    "every AWS identity": (policy(statement(Principal={"AWS": "*"})), ["trust-anyone"]),
    "like anything": (asks("StringLike", "*"), ["external-id-operator"]),
    "equal to a star": (asks("StringEquals", "*"), ["external-id-illegal"]),
    "if exists": (asks("StringEqualsIfExists", ID), ["external-id-operator"]),
    "for all values": (asks("ForAllValues:StringEquals", ID), ["external-id-operator"]),
    "not principal": (policy(statement(Principal=None, NotPrincipal={"AWS": OTHER_ROOT})), ["trust-not-principal"]),
    "misspelt key": (asks("StringEquals", ID, "sts:ExternalIdd"), ["external-id-key"]),
    "key of another service": (asks("StringEquals", ID, "aws:ExternalId"), ["external-id-key"]),
    "condition on the other statement": (
        policy(statement(Action="sts:TagSession"), statement(Condition=None)),
        ["external-id-elsewhere"],
    ),
    "one statement lacks it": (policy(statement(), statement(Condition=None)), ["external-id-skipped"]),
    "several tenants": (asks("StringEquals", [ID, SECOND]), ["external-id-several"]),
    "all of STS": (policy(statement(Action="sts:*")), ["trust-action"]),
    "all actions": (policy(statement(Action="*")), ["trust-action"]),
    "all but one ID": (asks("StringNotEquals", SECOND), ["external-id-operator"]),
    "any ID": (asks("Null", "false"), ["external-id-operator"]),
    "misspelt operator": (asks("StringEqual", ID), ["policy-operator"]),
    "misspelt element": (policy(statement(Condition=None, condition=NEEDS_ID)), ["policy-element"]),
    "an ID of one character": (asks("StringEquals", "7"), ["external-id-illegal"]),
    "an ID that STS refuses": (asks("StringEquals", "a b"), ["external-id-illegal"]),
    "a resource": (policy(statement(Resource="*")), ["policy-element"]),
    "ten digits": (
        policy(statement(Principal={"AWS": "arn:aws:iam::1111222233:root"})),
        ["trust-principal-malformed"],
    ),
    "any that begins so": (asks("ForAnyValue:StringLike", "acme-*"), ["external-id-operator"]),
    "no version": (policy(statement(Condition=OF_A_TEAM), version=None), ["policy-version"]),
    "old version": (policy(statement(Condition=OF_A_TEAM), version="2008-10-17"), ["policy-version"]),
    "web identity for an account": (
        policy(statement(Action="sts:AssumeRoleWithWebIdentity")),
        ["trust-web-identity"],
    ),
}
ANYBODY = ["external-id-missing", "trust-anyone"]


def anybody(operator: str, key: str, value: str) -> dict[str, Any]:
    """A policy that lets in whoever meets this one condition."""
    return policy(statement(Principal="*", Condition={operator: {key: value}}))


MORE_BAD: dict[str, tuple[Any, list[str]]] = {
    "ignoring case": (asks("StringEqualsIgnoreCase", ID), ["external-id-operator"]),
    "key that lacks a letter": (asks("StringEquals", ID, "sts:ExternlId"), ["external-id-key"]),
    "operator in lower case": (asks("stringequals", ID), ["policy-operator"]),
    "all actions but one": (policy(statement(Action=None, NotAction="iam:*")), ["trust-action"]),
    "pattern of accounts": (policy(statement(Principal={"AWS": "arn:aws:iam::*:root"})), ["trust-anyone"]),
    "MFA is no external ID": (
        policy(statement(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
        ["external-id-missing"],
    ),
    "named roles without an ID": (
        policy(statement(Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{VENDOR}:role/*"}})),
        ["external-id-missing"],
    ),
    "an ID that is who calls": (asks("StringEquals", "${aws:PrincipalTag/tenant}"), ["trust-unproved"]),
    "somebody deleted": (policy(statement(Principal={"AWS": "AROAEXAMPLEEXAMPLE123"})), ["trust-principal-deleted"]),
    "Effect in lower case": (policy(statement(Effect="allow")), ["policy-grammar"]),
    "a second account without an ID": (
        policy(statement(), statement(Principal={"AWS": OTHER_ROOT}, Condition=None)),
        ["external-id-skipped"],
    ),
    "hidden by a first one": (
        policy(statement(Condition=None), statement(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
        ["external-id-missing"],
    ),
    "an ID that is easily guessed": (asks("StringEquals", "12345"), ["external-id-weak"]),
    "a door that lets all out": (
        policy(
            statement(Condition=None),
            statement(Effect="Deny", Principal="*", Condition={"StringNotEqualsIfExists": {"sts:ExternalId": "*"}}),
        ),
        ["external-id-illegal"],
    ),
    "two IDs at the door": (
        policy(
            statement(Condition=None),
            statement(Effect="Deny", Principal="*", Condition={"StringNotEquals": {"sts:ExternalId": [ID, SECOND]}}),
        ),
        ["external-id-several"],
    ),
    "organisation if any, by sets": (
        anybody("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
        ANYBODY,
    ),
    "all organisations but one": (anybody("StringNotEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"), ANYBODY),
    "any organisation": (anybody("StringLike", "aws:PrincipalOrgID", "o-*"), ANYBODY),
    "any organisation's unit": (anybody("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-*/r-*"), ANYBODY),
    "any AWS service": (anybody("Bool", "aws:PrincipalIsAWSService", "true"), ["trust-anyone"]),
    "vendor's organisation if any": (
        policy(
            statement(
                Principal={"AWS": "*"}, Condition={"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
            )
        ),
        ["external-id-missing", "trust-anyone"],
    ),
}


@pytest.mark.parametrize("name", [*BAD, *MORE_BAD])
@pytest.mark.parametrize("form", ["plain", "template"])
def test_bad_trust_is_found_by_the_rule_that_says_why(name: str, form: str) -> None:
    """Each bad trust policy gives the findings of its mistake and no other, alone in a file and in a template."""
    bad, wanted = (BAD | MORE_BAD)[name]
    assert rules(bad if form == "plain" else template(bad)) == wanted


def test_there_are_27_bad_policies() -> None:
    """The table is the one that twelve linters were compared by."""
    assert len(BAD) == 27


OWN = "777788889999"
OWN_ROOT = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
GITHUB = f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"
ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}


def service(name: str, **changes: Any) -> dict[str, Any]:
    """A statement that trusts an AWS service."""
    return statement(Principal={"Service": name}, Condition=None, **changes)


# Most after the examples of IAM's user guide, its reference of condition keys and AWS's security blog.
GOOD: dict[str, Any] = {
    "third party": policy(statement()),
    "bare account": policy(statement(Principal={"AWS": VENDOR})),
    "one statement": {"Version": "2012-10-17", "Statement": statement()},
    "key in another case": asks("StringEquals", ID, "sts:ExternalID"),
    "list of one": asks("StringEquals", [ID]),
    "like without wildcards": asks("StringLike", ID),
    "a role of the vendor": policy(statement(Principal={"AWS": f"arn:aws:iam::{VENDOR}:role/app/scan"})),
    "session tags": policy(statement(Action=["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])),
    "session tags apart": policy(statement(), statement(Action="sts:TagSession", Condition=None)),
    "ID and MFA": policy(statement(Condition={**NEEDS_ID, "Bool": {"aws:MultiFactorAuthPresent": "true"}})),
    "ID and address": policy(statement(Condition={**NEEDS_ID, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})),
    "ID and who": policy(
        statement(Condition={**NEEDS_ID, "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{VENDOR}:role/*"}})
    ),
    "ID and date": policy(
        statement(Condition={**NEEDS_ID, "DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}})
    ),
    "ID with the account in it": policy(
        statement(
            Principal={"AWS": OTHER_ROOT},
            Condition={
                "StringEquals": {"sts:ExternalId": f"acme-{OTHER}"},
                "StringLike": {"sts:RoleSessionName": "scan-*"},
            },
        )
    ),
    "ID sent, and which": policy(statement(Condition={**NEEDS_ID, "Null": {"sts:ExternalId": "false"}})),
    "ID and a service": policy(statement(), service("lambda.amazonaws.com")),
    "Deny is the door": policy(
        statement(Condition=None),
        statement(Effect="Deny", Principal="*", Condition={"StringNotEquals": {"sts:ExternalId": ID}}),
    ),
    "two vendors": policy(
        statement(),
        statement(Principal={"AWS": OTHER_ROOT}, Condition={"StringEquals": {"sts:ExternalId": SECOND}}),
    ),
    "GovCloud": policy(statement(Principal={"AWS": f"arn:aws-us-gov:iam::{VENDOR}:root"})),
    "Sid and Id": {"Version": "2012-10-17", "Id": "mine", "Statement": [statement(Sid="Vendor")]},
    "EC2": template(policy(service("ec2.amazonaws.com"))),
    "EC2 of 2008": template(policy(service("ec2.amazonaws.com"), version="2008-10-17")),
    "two services": template(policy(service(["ecs-tasks.amazonaws.com", "ec2.amazonaws.com"]))),  # type: ignore[arg-type]
    "service in any partition": template(
        policy(statement(Principal={"Service": {"Fn::Sub": "ec2.${AWS::URLSuffix}"}}, Condition=None))
    ),
    "service for one source": template(
        policy(
            statement(
                Principal={"Service": "sns.amazonaws.com"},
                Condition={"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
            )
        )
    ),
    "EKS pod identity": template(
        policy(service("pods.eks.amazonaws.com", Action=["sts:AssumeRole", "sts:TagSession"]))
    ),
    "GitHub": template(
        policy(
            statement(
                Principal={"Federated": GITHUB},
                Action="sts:AssumeRoleWithWebIdentity",
                Condition={
                    "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                    "StringLike": {"token.actions.githubusercontent.com:sub": "repo:octo-org/octo-repo:*"},
                },
            )
        )
    ),
    "web identity": template(
        policy(
            statement(
                Principal={"Federated": "cognito-identity.amazonaws.com"},
                Action="sts:AssumeRoleWithWebIdentity",
                Condition={
                    "StringEquals": {
                        "cognito-identity.amazonaws.com:aud": "eu-west-1:0c2b7d6e-6f0b-4b1c-9d42-5a1f7c3e8b90"
                    },
                    "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
                },
            )
        )
    ),
    "SAML": template(
        policy(
            statement(
                Principal={"Federated": f"arn:aws:iam::{OWN}:saml-provider/Okta"},
                Action=["sts:AssumeRoleWithSAML", "sts:TagSession"],
                Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
            )
        )
    ),
    "own account": template(policy(statement(Principal={"AWS": OWN_ROOT}, Condition=None))),
    "own account bare": template(policy(statement(Principal={"AWS": {"Ref": "AWS::AccountId"}}, Condition=None))),
    "own account with MFA": template(
        policy(statement(Principal={"AWS": OWN_ROOT}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    ),
    "own root and a name": template(
        policy(
            statement(
                Principal={"AWS": OWN_ROOT},
                Condition={"ArnLike": {"aws:PrincipalArn": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/app-*"}}},
            )
        )
    ),
    "anybody of one's own, by name": template(
        policy(
            statement(
                Principal={"AWS": "*"},
                Condition={"ArnLike": {"aws:PrincipalArn": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/app-*"}}},
            )
        )
    ),
    "own account beside the vendor": template(
        policy(statement(), statement(Principal={"AWS": OWN_ROOT}, Condition=None))
    ),
    "a role of the same template": {
        "Resources": {
            "Task": {
                "Type": "AWS::IAM::Role",
                "Properties": {"AssumeRolePolicyDocument": policy(service("ecs.amazonaws.com"))},
            },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": policy(
                        statement(Principal={"AWS": {"Fn::GetAtt": ["Task", "Arn"]}}, Condition=None)
                    )
                },
            },
        }
    },
    "one organisation": policy(statement(Principal={"AWS": "*"}, Condition=ORG)),
    "an account of one organisation": policy(statement(Condition=ORG)),
    "a unit of one organisation": policy(
        statement(
            Principal="*",
            Condition={"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"}},
        )
    ),
    "own organisation": policy(
        statement(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}})
    ),
    "all but one organisation kept out": policy(
        statement(Condition=None),
        statement(
            Effect="Deny",
            Principal="*",
            Condition={
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        ),
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_trust_has_no_finding(name: str) -> None:
    """Trust policies as AWS writes them give neither error nor warning."""
    assert rules(GOOD[name]) == []


def _only(found: tuple[Finding, ...]) -> Finding:
    (one,) = (finding for finding in found if finding.severity is not Severity.NOTE)
    return one


def test_finding_stands_at_the_condition_with_a_request_that_gets_in() -> None:
    """The finding has the operator's line and column, and says who gets in with what."""
    text = json.dumps(asks("StringEqualsIfExists", ID), indent=1)
    line = next(at for at, one in enumerate(text.splitlines(), 1) if "IfExists" in one)
    found = _only(judged(text).findings)
    column = text.splitlines()[line - 1].index('"StringEqualsIfExists"') + 1
    assert (found.where, found.line, found.column) == ("trust.json", line, column)
    assert found.message == (
        "StringEqualsIfExists is true when no external ID is sent: "
        f"so 'arn:aws:iam::{VENDOR}:role/a' can assume the role with no external ID"
    )


@pytest.mark.parametrize("name", [*BAD, *MORE_BAD])
def test_no_finding_quotes_an_external_id(name: str) -> None:
    """An external ID may be another tenant's, so none is in any finding."""
    for found in judged((BAD | MORE_BAD)[name][0], expecting(ids=("expected-0000",))).findings:
        assert ID not in found.message + found.mend
        assert ID.swapcase() not in found.message
        assert SECOND not in found.message
        assert "acme" not in found.message


@pytest.mark.parametrize(
    ("parameter", "wanted"),
    [
        ({"Type": "String", "MinLength": 2}, []),
        ({"Type": "String", "AllowedPattern": "^[a-z0-9-]{8,}$"}, []),
        ({"Type": "String"}, ["external-id-parameter"]),
        ({"Type": "String", "MinLength": 2, "Default": "shared-by-everybody"}, ["external-id-parameter"]),
        ({"Type": "String", "Default": ""}, ["external-id-parameter"]),
    ],
)
def test_parameter_is_proof_unless_it_may_be_empty_or_is_shared(parameter: dict[str, Any], wanted: list[str]) -> None:
    """StringEquals with a parameter needs an external ID for every value; only an empty or shared one is a warning."""
    made = template(asks("StringEquals", {"Ref": "ExternalId"}), Parameters={"ExternalId": parameter})
    found = [one for one in judged(made).findings if one.severity is not Severity.NOTE]
    assert sorted(one.rule for one in found) == wanted
    assert all(one.severity is Severity.WARNING and "parameter ExternalId" in one.message for one in found)


def test_parameter_under_an_operator_with_wildcards_is_an_error() -> None:
    """A parameter's value may be a wildcard, which StringLike takes."""
    made = template(
        asks("StringLike", {"Ref": "ExternalId"}), Parameters={"ExternalId": {"Type": "String", "MinLength": 2}}
    )
    found = _only(judged(made).findings)
    assert (found.rule, found.severity) == ("external-id-operator", Severity.ERROR)
    assert found.message == "StringLike takes wildcards, and parameter ExternalId may hold one"


CHOSEN_ACCOUNT = template(
    policy(statement(Principal={"AWS": {"Fn::Sub": "arn:aws:iam::${Vendor}:root"}})),
    Parameters={"Vendor": {"Type": "String", "Default": VENDOR}},
)


def test_account_in_a_parameter_cannot_be_proved() -> None:
    """It is a warning that says what would decide it, an error where vendors are expected, and decided by a value."""
    found = _only(judged(CHOSEN_ACCOUNT).findings)
    assert (found.rule, found.severity) == ("trust-account-unproved", Severity.WARNING)
    assert "--parameter Vendor=VALUE would decide it" in found.message
    expects = expecting(vendors=(VENDOR,))
    found = _only(judged(CHOSEN_ACCOUNT, expects).findings)
    assert (found.rule, found.severity) == ("trust-account-unproved", Severity.WARNING)
    assert "the default of parameter Vendor is the expected vendor" in found.message
    assert rules(CHOSEN_ACCOUNT, expecting(vendors=(OTHER,))) == ["trust-principal-unexpected"]
    assert rules(CHOSEN_ACCOUNT, expects, Vendor=VENDOR) == []
    assert rules(CHOSEN_ACCOUNT, expects, Vendor=OTHER) == ["trust-principal-unexpected"]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (expecting(vendors=(VENDOR,)), []),
        (expecting(vendors=(OTHER,)), ["trust-principal-unexpected"]),
        (expecting(vendors=(OTHER, VENDOR)), []),
        (expecting(ids=(ID,)), []),
        (expecting(ids=(SECOND, ID)), []),
        (expecting(ids=(SECOND,)), ["external-id-unexpected"]),
    ],
)
def test_caller_says_who_may_enter(options: Expectations, wanted: list[str]) -> None:
    """Expected vendors and IDs are held against the policy's own."""
    assert rules(policy(statement()), options) == wanted


def test_expected_vendor_makes_other_ways_errors() -> None:
    """With a vendor expected, an organisation, a service or another account beside it is an error."""
    expects = expecting(vendors=(VENDOR,))
    assert rules(GOOD["one organisation"], expects) == [
        "external-id-missing",
        "trust-anyone",
        "trust-vendor-conditions",
    ]
    assert rules(GOOD["an account of one organisation"], expects) == [
        "external-id-missing",
        "trust-vendor-conditions",
    ]
    assert rules(GOOD["ID and a service"], expects) == ["trust-principal-unexpected"]
    assert rules(GOOD["two vendors"], expects) == ["trust-principal-unexpected"]
    assert rules(GOOD["EC2"], expects) == []


def test_several_ids_of_one_tenant() -> None:
    """Several IDs pass when each is expected."""
    both = asks("StringEquals", [ID, SECOND])
    assert rules(both, expecting(ids=(ID, SECOND))) == []
    assert rules(both, expecting(ids=(ID,))) == ["external-id-unexpected"]


def test_own_account_number_is_a_weak_id() -> None:
    """The account's own number as external ID is no secret and the same for every vendor."""
    assert rules(template(asks("StringEquals", {"Ref": "AWS::AccountId"}))) == ["external-id-weak"]


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("${AWS::Region}", ["external-id-weak"]),
        ("${AWS::StackName}", ["external-id-weak"]),
        ("acme-${AWS::AccountId}", ["external-id-weak"]),
        ("${AWS::Region}/${AWS::StackName}", ["external-id-weak"]),
        (f"{ID}-${{AWS::AccountId}}", []),
        ("${AWS::StackId}", []),
        ("${AWS::Region}-${Chosen}", []),
    ],
)
def test_id_of_what_others_know_is_weak(written: str, wanted: list[str]) -> None:
    """An external ID is weak when nothing is in it but what others know, and a few characters."""
    made = template(asks("StringEquals", {"Fn::Sub": written}), Parameters={"Chosen": {"Type": "String"}})
    assert rules(made) == wanted


ONE = {"Fn::Sub": "arn:aws:iam::${Vendor}:root"}
NAMES = ["trust-account-unproved"]


@pytest.mark.parametrize(
    ("principal", "parameter", "wanted"),
    [
        ({"Ref": "Vendor"}, {"Type": "String", "Default": "*"}, ["trust-anyone", *NAMES]),
        ({"Ref": "Vendor"}, {"Type": "String", "AllowedValues": [VENDOR, "*"]}, ["trust-anyone", *NAMES]),
        ({"Ref": "Vendor"}, {"Type": "CommaDelimitedList", "Default": f"{VENDOR}, *"}, ["trust-anyone", *NAMES]),
        (ONE, {"Type": "String", "Default": "*"}, ["trust-anyone", *NAMES]),
        (ONE, {"Type": "String", "Default": "1111222233"}, ["trust-principal-malformed", *NAMES]),
        ({"Ref": "Vendor"}, {"Type": "String", "AllowedValues": [VENDOR, "no"]}, ["trust-principal-malformed", *NAMES]),
        ({"Ref": "Vendor"}, {"Type": "String", "AllowedValues": [VENDOR, OTHER]}, NAMES),
        ({"Ref": "Vendor"}, {"Type": "CommaDelimitedList", "Default": f"{VENDOR},{OTHER_ROOT}"}, NAMES),
        (ONE, {"Type": "String", "Default": ""}, NAMES),
    ],
)
def test_value_that_a_parameter_offers_is_tried(principal: Any, parameter: dict[str, Any], wanted: list[str]) -> None:
    """A default or allowed value that lets anybody in, or nobody, is an error without being chosen."""
    made = template(policy(statement(Principal={"AWS": principal})), Parameters={"Vendor": parameter})
    assert rules(made) == sorted(wanted)


def test_offered_wildcard_is_said_with_its_parameter() -> None:
    """The message names the parameter and the value; an organisation's key holds what the value opens."""
    parameters = {"Vendor": {"Type": "String", "Default": "*"}}
    chosen = {"AWS": {"Ref": "Vendor"}}
    made = judged(template(policy(statement(Principal=chosen)), Parameters=parameters))
    (found,) = [one for one in made.findings if one.rule == "trust-anyone"]
    assert found.message.startswith("where parameter Vendor is '*', trusts '*'")
    held = {"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}
    assert rules(template(policy(statement(Principal=chosen, Condition=held)), Parameters=parameters)) == NAMES


def web(provider: Any, **parts: Any) -> dict[str, Any]:
    """A template whose role an identity provider's users enter."""
    entered = statement(Principal={"Federated": provider}, Action="sts:AssumeRoleWithWebIdentity", Condition=None)
    return template(policy(entered), **parts)


@pytest.mark.parametrize(
    ("made", "wanted", "why"),
    [
        (web("*"), ["trust-anyone"], "trusts any identity provider"),
        (template(policy(service("*"))), ["trust-anyone"], "trusts any AWS service"),
        (
            web({"Ref": "Provider"}, Parameters={"Provider": {"Type": "String", "Default": "*"}}),
            ["trust-anyone", "trust-provider-unproved"],
            "trusts any identity provider",
        ),
        (
            web({"Ref": "Provider"}, Parameters={"Provider": {"Type": "String"}}),
            ["trust-provider-unproved"],
            "trusts only identity providers ('${Provider}')",
        ),
        (
            web({"Fn::ImportValue": "provider"}),
            ["trust-provider-unproved"],
            "trusts only identity providers ('${provider}')",
        ),
        (
            web(
                {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:oidc-provider/${Host}"},
                Parameters={"Host": {"Type": "String"}},
            ),
            ["trust-provider-open"],
            "trusts only identity providers ('arn:aws:iam::${AWS::AccountId}:oidc-provider/${Host}')",
        ),
    ],
)
def test_provider_that_is_not_named(made: dict[str, Any], wanted: list[str], why: str) -> None:
    """Any provider is an error, an unknown one a warning; no stand-in is shown."""
    assert rules(made) == wanted
    assert [one.why for one in judged(made).roles] == [why]


def test_any_provider_is_told_as_such() -> None:
    """Whoever asks who may enter reads that any identity provider's users may, and that this is a fault."""
    world = world_of(read_any(json.dumps(web("*")).encode(), "trust.json", {}))
    (judgement,) = judge(world, Expectations(all_roles=True))
    assert judgement.trust is not None
    entry = describe_trust(judgement.trust)
    assert [one.who for one in entry.principals] == ["the users of any identity provider"]
    assert entry.faults == ("trusts '*': it stands for more than anybody agreed to",)


CHINA = f"arn:aws-cn:iam::{VENDOR}:root"


@pytest.mark.parametrize(
    ("principals", "managed", "wanted"),
    [
        ([CHINA, ROOT], None, ["partition-crossed"]),
        ([CHINA], "arn:aws:iam::aws:policy/job-function/Billing", ["partition-crossed"]),
        ([CHINA, OTHER], "arn:aws-cn:iam::aws:policy/job-function/Billing", []),
        ([CHINA], {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/job-function/Billing"}, []),
        ([CHINA, {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}], None, []),
    ],
)
def test_role_is_of_one_partition(principals: list[Any], managed: Any, wanted: list[str]) -> None:
    """STS crosses no partition, so principals of two, or of another than the role's own policies, are an error."""
    made = template(policy(statement(Principal={"AWS": principals})))
    if managed is not None:
        made["Resources"]["Role"]["Properties"]["ManagedPolicyArns"] = [managed]
    assert [one for one in rules(made) if one.startswith(("trust-", "partition-"))] == wanted


def test_condition_that_names_another_partition_says_nothing_of_the_role() -> None:
    """A pattern for several partitions before the principal makes the role none of the first."""
    held = {
        **NEEDS_ID,
        "ArnLike": {"aws:PrincipalArn": [CHINA.replace("root", "role/*"), ROOT.replace("root", "role/*")]},
    }
    first = {"Effect": "Allow", "Condition": held, "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}
    assert "partition-crossed" not in rules(template(policy(first)))


@pytest.mark.parametrize(
    ("value", "is_judged", "why"),
    [
        (policy(statement()), True, f"trusts account {VENDOR}"),
        (policy(service("ec2.amazonaws.com")), False, "trusts only AWS services ('ec2.amazonaws.com')"),
        (GOOD["EC2"], False, "trusts only AWS services ('ec2.amazonaws.com')"),
        (GOOD["GitHub"], False, f"trusts only identity providers ('{GITHUB}')"),
        (GOOD["own account"], False, "trusts only its own account"),
        (CHOSEN_ACCOUNT, True, "trusts the account of parameter Vendor"),
        (template(policy(statement(Principal="*"))), True, "trusts anybody"),
        (
            template(policy(statement(Principal=None, NotPrincipal={"AWS": OTHER_ROOT}))),
            True,
            "trusts everybody that NotPrincipal does not name",
        ),
        (
            template(policy(service("ec2.amazonaws.com", effect="Allow"))),
            True,
            "its trust policy is not understood",
        ),
    ],
)
def test_report_says_which_roles_were_judged_and_why(value: Any, is_judged: bool, why: str) -> None:
    """A role is judged as one for third parties by whom it trusts."""
    (found,) = judged(value).roles
    assert (found.judged, found.why) == (is_judged, why)


def test_roles_can_be_asked_for() -> None:
    """A role that is named is judged alone, and with `all_roles` every role is."""
    two = GOOD["a role of the same template"]
    assert [one.judged for one in judged(two).roles] == [False, False]
    assert [one.judged for one in judged(two, Expectations(all_roles=True)).roles] == [True, True]
    assert [(one.name, one.why) for one in judged(two, Expectations(roles=("Task",))).roles] == [("Task", "asked for")]


def test_service_role_is_judged_for_its_form_alone() -> None:
    """Syntax is judged in every role; an old Version is no more than a note where no third party enters."""
    assert rules(template(policy(service("ec2.amazonaws.com", Resource="*")))) == ["policy-element"]
    (found,) = judged(GOOD["EC2 of 2008"]).findings
    assert (found.rule, found.severity) == ("policy-version", Severity.NOTE)


PLACES = {
    "no condition": "{",
    "everyone": '"*"',
    "if exists": '"StringEqualsIfExists"',
    "misspelt key": '"sts:ExternalIdd"',
    "misspelt operator": '"StringEqual"',
    "misspelt element": '"condition"',
    "not principal": '"NotPrincipal"',
    "several tenants": f'"{SECOND}"',
    "all of STS": '"sts:*"',
    "an ID that STS refuses": '"a b"',
    "a resource": '"Resource"',
    "ten digits": '"arn:aws:iam::1111222233:root"',
    "old version": '"2008-10-17"',
    "web identity for an account": '"sts:AssumeRoleWithWebIdentity"',
}


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("form", ["plain", "template"])
def test_finding_points_to_the_offending_text(name: str, form: str) -> None:
    """Line and column are those of what is wrong: the value, or the key where the key is wrong."""
    text = json.dumps(BAD[name][0] if form == "plain" else template(BAD[name][0]), indent=1)
    found = _only(judged(text).findings)
    assert found.line is not None
    assert found.column is not None
    assert text.splitlines()[found.line - 1][found.column - 1 :].startswith(PLACES[name])


@pytest.mark.parametrize("external_id", ["sts:AssumeRole", "2012-10-17", "Statement", ROOT, f"acme-{VENDOR}", "Allow"])
def test_external_id_that_is_another_text_too(external_id: str) -> None:
    """An external ID that stands elsewhere in the policy, or in which something else does, hides nothing."""
    assert "external-id-operator" in rules(asks("StringEqualsIfExists", external_id))
    assert set(rules(asks("StringEquals", external_id))) <= {"external-id-weak"}
    assert "external-id-skipped" in rules(
        policy(asks("StringEquals", external_id)["Statement"][0], statement(Condition=None))
    )


def test_finding_says_in_which_branch_it_is() -> None:
    """What only one branch of the template's conditions lets in is said with that branch; the others are judged too."""
    chosen = {"Fn::If": ["IsProd", NEEDS_ID, {"Ref": "AWS::NoValue"}]}
    made = template(
        policy(statement(Condition=chosen)),
        Parameters={"Stage": {"Type": "String"}},
        Conditions={"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
    )
    found = _only(judged(made).findings)
    assert found.rule == "external-id-missing"
    assert found.message.endswith("can assume the role with no external ID (where not IsProd)")
    assert rules(made, Stage="prod") == []
    assert [one.name for one in judged(made).roles] == ["Role"]


def test_counterexample_shows_no_stand_in() -> None:
    """Somebody in an unknown account is said to be in the account of its parameter, also where all of it is trusted."""
    trust = policy(statement(Principal={"AWS": {"Ref": "Vendor"}}, Condition=None))
    found = judged(template(trust, Parameters={"Vendor": {"Type": "String"}})).findings
    (message,) = [one.message for one in found if one.rule == "external-id-missing"]
    assert "'arn:aws:iam::ACCOUNT:role/a' of parameter Vendor can assume the role" in message


def test_finding_names_every_branch_that_it_is_in() -> None:
    """What several branches let in, but not all, is said with each of them."""
    stages = [f"stage-{number}" for number in range(4)]
    chosen: Any = NEEDS_ID
    for one in stages[:-1]:
        chosen = {"Fn::If": [f"Is{one[-1]}", {"Ref": "AWS::NoValue"}, chosen]}
    made = template(
        policy(statement(Condition=chosen)),
        Parameters={"Stage": {"Type": "String", "AllowedValues": stages}},
        Conditions={f"Is{one[-1]}": {"Fn::Equals": [{"Ref": "Stage"}, one]} for one in stages},
    )
    found = _only(judged(made).findings)
    assert found.message.endswith("(where Is2; or where Is1; or where Is0)")


@pytest.mark.parametrize(
    "big",
    [
        asks("StringEquals", [f"{number:030d}" for number in range(40)]),
        policy(*[statement(Condition={"StringLike": {"sts:ExternalId": f"acme{number}-*"}}) for number in range(100)]),
    ],
)
def test_policy_that_is_too_much_to_try_out_is_an_error(big: dict[str, Any]) -> None:
    """What is too large for IAM, or has too many IDs to be tried out, is refused and not taken for granted."""
    assert "trust-unproved" in rules(big)
