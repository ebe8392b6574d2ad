"""The rules about whom a trust policy of any origin lets in, to do what, and about its form."""

from __future__ import annotations

from collections.abc import Iterator

from deputize.checks.own.sample import EXTERNAL_ID
from deputize.checks.placed import HitThere
from deputize.checks.rule import Rule
from deputize.checks.rules import principals as values
from deputize.checks.rules import trust_sample as sample
from deputize.checks.rules.external_id import ID_RULES, laid_to, of_case
from deputize.checks.trust.attribution import JudgedTrust
from deputize.checks.trust.reasons import Reason
from deputize.model.values import Severity

_PRINCIPAL = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
_NOT_PRINCIPAL = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html"
_OPERATORS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"
_GRAMMAR = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"
_VERSION = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"
_TRUST = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html"
_STS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html"
_THIRD_PARTY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"
_ARNS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"
_ORGANIZATION = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
    "#condition-keys-principalorgid"
)
_ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
_OWN_ORG = {"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}


def _foreign_account(trust: JudgedTrust) -> Iterator[HitThere]:
    """Principals that are no expected vendor, by what they are and by whom they let in; one hit for each place."""
    found = {one.place: one for one in trust.hits.get(Reason.UNEXPECTED_PRINCIPAL, ())}
    found.update({one.place: one for one in values.foreign_account(trust.case)})
    return iter(found.values())


def _kept_out(trust: JudgedTrust) -> Iterator[HitThere]:
    """That the vendor is kept out, where nothing else is wrong: what is found says why it is."""
    if not trust.hits and trust.too_large is None:
        yield from values.vendor_kept_out(trust.case)


WHO_RULES: tuple[Rule[JudgedTrust], ...] = (
    Rule(
        id="trust-anyone",
        severity=Severity.ERROR,
        title="No wildcard stands for who may enter",
        why="Every AWS account in the world may try, and the external ID is not a secret.",
        mend="name the vendor's account or roles",
        reference=_PRINCIPAL,
        good=sample.enters(Principal={"AWS": "*"}, Condition=_OWN_ORG),
        bad=sample.enters(Principal="*"),
        check=laid_to(Reason.ANYONE),
    ),
    Rule(
        id="trust-not-principal",
        severity=Severity.ERROR,
        title="A trust policy says who may enter, not who may not",
        why="NotPrincipal with Allow lets in everybody else in the world, with and without credentials.",
        mend="name the vendor's account or roles in Principal",
        reference=_NOT_PRINCIPAL,
        good=sample.enters(),
        bad=sample.enters(Principal=None, NotPrincipal={"AWS": sample.OTHER_ROOT}),
        check=laid_to(Reason.NOT_PRINCIPAL),
    ),
    Rule(
        id="trust-principal-malformed",
        severity=Severity.ERROR,
        title="Each principal is an account, role or user as AWS writes them",
        why="IAM refuses the policy, or whom it lets in is not who was meant.",
        mend="write the account's 12 digits or the full ARN",
        reference=_PRINCIPAL,
        good=sample.enters(Principal={"AWS": "111122223333"}),
        bad=sample.enters(Principal={"AWS": "arn:aws:iam::1111222233:root"}),
        check=laid_to(Reason.MALFORMED_PRINCIPAL),
    ),
    Rule(
        id="trust-foreign-account",
        severity=Severity.ERROR,
        title="Nobody is trusted but the expected vendor",
        why="An account that nobody expected, or a mistyped one, is somebody nobody has agreed to.",
        mend="trust the expected vendor alone, or expect this one too",
        reference=_THIRD_PARTY,
        good=sample.expects(expected_vendors=("111122223333",)),
        bad=sample.expects(expected_vendors=("444455556666",)),
        check=_foreign_account,
    ),
    Rule(
        id="trust-vendor-kept-out",
        severity=Severity.ERROR,
        title="The expected vendor can assume the role",
        why="A role that nobody can assume is of no use, and who repairs it in a hurry opens it too far.",
        mend="allow sts:AssumeRole to the vendor with the expected external ID, and deny it nothing",
        reference=_THIRD_PARTY,
        good=sample.expects(expected_vendors=("111122223333",), expected_ids=(EXTERNAL_ID,)),
        bad=sample.expects(
            sample.enters(Effect="Deny"), expected_vendors=("111122223333",), expected_ids=(EXTERNAL_ID,)
        ),
        check=_kept_out,
    ),
    Rule(
        id="trust-role-unexpected",
        severity=Severity.ERROR,
        title="Where the vendor's roles are named, nobody else of its account may assume the role",
        why="Whom the vendor lets call sts:AssumeRole is not what was agreed.",
        mend="compare aws:PrincipalArn with the vendor's roles, or name them in Principal",
        reference=_PRINCIPAL,
        good=sample.enters(),
        bad=sample.expects(
            expected_vendors=("111122223333",),
            expected_ids=(EXTERNAL_ID,),
            vendor_roles=("arn:aws:iam::111122223333:role/reader",),
        ),
        check=laid_to(Reason.UNEXPECTED_ROLE),
    ),
    Rule(
        id="trust-account-unproved",
        severity=Severity.WARNING,
        title="The trusted account stands in the file",
        why="Whoever chooses the value chooses who enters; the file does not show that it is the vendor.",
        mend="write the vendor's account into the file, or give the value when you lint",
        reference=_THIRD_PARTY,
        good=sample.enters(),
        bad=sample.chosen_account(),
        check=of_case(values.unproved_account),
    ),
    Rule(
        id="trust-organization",
        severity=Severity.NOTE,
        title="An organisation's accounts enter without an external ID",
        why="That is right for the role's own organisation; the file does not show whose it is.",
        mend="compare aws:PrincipalOrgID with ${aws:ResourceOrgID}, which is the role's own organisation",
        reference=_ORGANIZATION,
        good=sample.enters(Principal={"AWS": "*"}, Condition=_OWN_ORG),
        bad=sample.enters(Principal={"AWS": "*"}, Condition=_ORG),
        check=of_case(values.organization),
    ),
    Rule(
        id="trust-actions",
        severity=Severity.ERROR,
        title="Nothing wider than sts:AssumeRole and its session actions",
        why="Wildcards and other actions open ways in that ask for no external ID.",
        mend="write sts:AssumeRole",
        reference=_TRUST,
        good=sample.enters(Action=["sts:AssumeRole", "sts:TagSession"]),
        bad=sample.enters(Action="sts:*"),
        check=laid_to(Reason.ACTIONS),
    ),
    Rule(
        id="trust-web-identity",
        severity=Severity.ERROR,
        title="An AWS principal enters by sts:AssumeRole",
        why="The actions for identity providers know no external ID, and take no AWS credentials.",
        mend="write sts:AssumeRole",
        reference=_STS,
        good=sample.enters(),
        bad=sample.enters(Action="sts:AssumeRoleWithWebIdentity"),
        check=laid_to(Reason.WEB_IDENTITY),
    ),
    Rule(
        id="trust-unproved",
        severity=Severity.ERROR,
        title="No way in that cannot be ruled out",
        why="What cannot be proved to keep strangers out is not taken for granted.",
        mend="compare sts:ExternalId with StringEquals, and leave out what is not needed",
        reference=_THIRD_PARTY,
        good=sample.enters(),
        bad=sample.needs("StringEquals", "${aws:PrincipalTag/tenant}"),
        check=laid_to(Reason.UNPROVED),
    ),
    Rule(
        id="trust-version",
        severity=Severity.ERROR,
        title="The policy's Version is 2012-10-17",
        why="The older language reads policy variables as plain texts.",
        mend='write "Version": "2012-10-17"',
        reference=_VERSION,
        good=sample.enters(),
        bad=sample.alone(sample.policy(sample.statement(), Version=None)),
        check=of_case(values.version),
    ),
)

FORM_RULES: tuple[Rule[JudgedTrust], ...] = (
    Rule(
        id="trust-operator-misspelt",
        severity=Severity.ERROR,
        title="Each condition operator is one that IAM has",
        why="IAM refuses the policy; what reads it more leniently sees no condition at all.",
        mend="write the operator as IAM does",
        reference=_OPERATORS,
        good=sample.enters(),
        bad=sample.needs("StringEqual", "an-external-id"),
        check=laid_to(Reason.OPERATOR),
    ),
    Rule(
        id="trust-element",
        severity=Severity.ERROR,
        title="Each element is one that IAM has, in its spelling",
        why="IAM refuses the policy; what reads it more leniently drops the element, which may be the condition.",
        mend="write the element as IAM does",
        reference=_GRAMMAR,
        good=sample.enters(),
        bad=sample.enters(Condition=None, condition=sample.NEEDS_ID),
        check=laid_to(Reason.ELEMENT),
    ),
    Rule(
        id="trust-resource",
        severity=Severity.ERROR,
        title="A trust policy has no Resource",
        why="IAM refuses the policy: the resource is the role that has it.",
        mend="remove it",
        reference=_GRAMMAR,
        good=sample.enters(),
        bad=sample.enters(Resource="*"),
        check=laid_to(Reason.RESOURCE),
    ),
    Rule(
        id="trust-not-understood",
        severity=Severity.ERROR,
        title="The policy is in IAM's grammar",
        why="What is not understood may let anybody in.",
        mend="write it as IAM's grammar has it",
        reference=_GRAMMAR,
        good=sample.enters(),
        bad=sample.enters(Effect="allow"),
        check=laid_to(Reason.NOT_UNDERSTOOD),
    ),
)

PROVIDER_RULES: tuple[Rule[JudgedTrust], ...] = (
    Rule(
        id="trust-provider-unproved",
        severity=Severity.WARNING,
        title="The trusted identity provider stands in the file",
        why="Whoever chooses the value chooses whose users enter.",
        mend="write the provider's ARN into the file, or give the value when you lint",
        reference=_PRINCIPAL,
        good=sample.provider(sample.PROVIDER),
        bad=sample.provider(sample.CHOSEN_PROVIDER),
        check=of_case(values.unproved_provider),
    ),
    Rule(
        id="trust-partition",
        severity=Severity.ERROR,
        title="Whom a role trusts is of the role's own partition",
        why="STS crosses no partition: IAM refuses the policy, or nobody enters by it.",
        mend="make a role for each partition, or write ${AWS::Partition}",
        reference=_ARNS,
        good=sample.enters(Principal={"AWS": [sample.OTHER_ROOT, "111122223333"]}),
        bad=sample.enters(Principal={"AWS": [sample.OTHER_ROOT, "arn:aws-cn:iam::111122223333:root"]}),
        check=of_case(values.crossed_partition),
    ),
)

OLD_VERSION: Rule[JudgedTrust] = Rule(
    id="trust-version-old",
    severity=Severity.NOTE,
    title="The Version of a policy that no third party is in is 2012-10-17",
    why="The older language reads policy variables as plain texts.",
    mend='write "Version": "2012-10-17"',
    reference=_VERSION,
    good=sample.enters(),
    bad=sample.alone(sample.policy(sample.statement(), Version=None)),
    check=of_case(values.version),
)

TRUST_RULES: tuple[Rule[JudgedTrust], ...] = (*ID_RULES, *WHO_RULES, *FORM_RULES, *PROVIDER_RULES)
EVERY_TRUST_RULE: tuple[Rule[JudgedTrust], ...] = (*TRUST_RULES, OLD_VERSION)
