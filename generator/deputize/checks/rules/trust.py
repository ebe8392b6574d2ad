"""The rules about whom a trust policy of any origin trusts, and what it allows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from deputize.checks.rule import Example, Hit, Rule
from deputize.checks.rules.examples import (
    EXTERNAL_ID,
    OWN_ORGANIZATION,
    PROVIDER,
    ROLE_ARN,
    TEMPLATE,
    TRUST,
    VENDOR,
)
from deputize.checks.trust.access_paths import allows_to_others, foreign_principals
from deputize.checks.trust.attribution import JudgedTrust, hits_of, of_case
from deputize.checks.trust.case import RoleTrust, account_in, decided_by, is_choice, offered_accounts, own_option
from deputize.checks.trust.organizations import is_own, restriction_of
from deputize.checks.trust.reasons import Reason
from deputize.iam.policy import Principal, path_of
from deputize.iam.trust.statements import allows_assume_role, may_allow, only_marks_sessions, proves_id
from deputize.model.expectations import Expectation, literals
from deputize.model.values import Severity
from deputize.model.world import Origin, Unknown

_PRINCIPAL = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
_NOT_PRINCIPAL = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html"
_TRUST = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html"
_STS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html"
_THIRD_PARTY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"
_CONDITIONS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html"
_ORGANIZATION = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
    "#condition-keys-principalorgid"
)


def _foreign_account(trust: JudgedTrust) -> Iterator[Hit]:
    """Principals that are no expected vendor, in the policy or in a request that it allows; one hit for each place."""
    found = {one.place: one for one in trust.hits.get(Reason.UNEXPECTED_PRINCIPAL, ())}
    found.update({one.place: one for one in _not_the_vendor(trust.case)})
    return iter(found.values())


def _not_the_vendor(case: RoleTrust) -> Iterator[Hit]:
    """Principals that are none of the expected vendors, or cannot be shown to be."""
    if not case.expected_vendors:
        return
    lets_in = (one for one in case.statements if may_allow(one) and not only_marks_sessions(one))
    for statement in (one for one in lets_in if not one.not_principal):
        for one in statement.principals:
            chosen = case.unknown_account(one.text) if one.kind == "AWS" and case.foreign(one) else None
            if chosen is not None:
                yield from _unshown(case, one, chosen)
            elif one.kind in ("Service", "Federated") and "*" not in one.text:
                yield case.hit(f"trusts {case.named(one.text)}, which is no expected vendor", one.path)
        for one, caller in foreign_principals(case, statement):
            if case.unknown_account(one.text) is None and caller.account not in case.expected_vendors:
                yield case.hit(f"trusts account {caller.account}, which is no expected vendor", one.path)


def _deleted(trust: JudgedTrust) -> Iterator[Hit]:
    """Unique IDs as principals: in a role that IAM has, what is left of a principal that was deleted."""
    severity = Severity.WARNING if trust.case.is_stored else None
    return (replace(one, severity=severity) for one in trust.hits.get(Reason.DELETED_PRINCIPAL, ()))


def _unshown(case: RoleTrust, principal: Principal, chosen: Unknown) -> Iterator[Hit]:
    """A principal whose account somebody chooses, and that is not the expected vendor by what the file offers."""
    others = [one for one in offered_accounts(chosen) if one not in case.expected_vendors]
    if others:
        what = f"trusts account {others[0]}, which {case.label(chosen)} offers and which is no expected vendor"
        yield case.hit(what, principal.path)
    elif not offered_accounts(chosen):
        what = f"trusts the account of {case.label(chosen)}, which cannot be shown to be the expected vendor"
        yield case.hit(f"{what}; {decided_by(chosen)}", principal.path)


def _kept_out(trust: JudgedTrust) -> Iterator[Hit]:
    """That the vendor is kept out, where nothing else is wrong: what is found says why it is."""
    case = trust.case
    # What is left of a deleted principal harms nobody, unless it was the vendor's only one.
    others = trust.hits.keys() - ({Reason.DELETED_PRINCIPAL} if case.is_stored else set())
    if others or trust.too_large is not None or case.document.unknowns:
        return  # what the file does not hold may still let it in
    if trust.vendor.kept_out:
        by = "with an external ID that is expected" if case.expected_ids else "with or without an external ID"
        yield case.hit(f"the expected vendor cannot assume the role {by}", ())


def _conditions(trust: JudgedTrust) -> Iterator[Hit]:
    """What the vendor must bring besides its external ID."""
    needs = trust.vendor.needs
    if needs:
        yield trust.case.hit(f"the expected vendor can assume the role only with {' and '.join(needs)}", ())


def _unproved_account(case: RoleTrust) -> Iterator[Hit]:
    """Principals of which the file does not say in which account they are."""
    for statement in allows_to_others(case):
        for one in () if statement.not_principal else statement.principals:
            chosen = case.unknown_account(one.text) if one.kind == "AWS" and case.foreign(one) else None
            if chosen is not None and case.expected_vendors:
                yield from _only_by_default(case, one, chosen)
            elif chosen is not None:
                what = f"which account it trusts cannot be proved: it is the value of {case.label(chosen)}"
                yield case.hit(f"{what}; {decided_by(chosen)}{_or_own(chosen)}", one.path)


def _only_by_default(case: RoleTrust, principal: Principal, chosen: Unknown) -> Iterator[Hit]:
    """A parameter that offers the expected vendor, and that nothing keeps from being another."""
    if account_in(chosen.stand_in) in case.vendors_by_default:
        what = f"the default of {case.label(chosen)} is the expected vendor, which whoever deploys it may change"
        yield case.hit(what, principal.path)


def _or_own(chosen: Unknown) -> str:
    """What to say of a parameter that may be an account of the caller's own."""
    is_open = is_choice(chosen) and not chosen.default and not chosen.allowed
    return f"; if it is your own account, say --own-account {own_option(chosen)}" if is_open else ""


def _unproved_provider(case: RoleTrust) -> Iterator[Hit]:
    """Identity providers that are what somebody chooses, or another stack says, and nothing else."""
    trusting = (one for one in case.statements if may_allow(one) and not one.not_principal)
    for one in (one for statement in trusting for one in statement.principals):
        chosen = case.unknown(one.text) if one.kind == "Federated" else None
        if chosen is not None and chosen.stand_in == one.text and chosen.origin in (Origin.PARAMETER, Origin.IMPORT):
            what = f"which identity provider it trusts cannot be proved: it is the value of {case.label(chosen)}"
            yield case.hit(f"{what}; {decided_by(chosen)}", one.path)


def _organization(case: RoleTrust) -> Iterator[Hit]:
    """Statements that nothing but an organisation's key keeps third parties out of."""
    for statement in allows_to_others(case) if not case.expected_vendors else ():
        condition = restriction_of(case, statement)
        if condition is not None and not is_own(case, condition) and not proves_id(statement):
            yield case.hit(
                "lets every account of one organisation assume the role without an external ID",
                path_of(condition.key),
                key=True,
            )


def _whole_account(case: RoleTrust) -> Iterator[Hit]:
    """Accounts of which anybody may assume the role whom the account itself lets call sts:AssumeRole."""
    for statement in allows_to_others(case) if not case.given.vendor_roles else ():
        named = any(one.key.lower() == "aws:principalarn" for one in statement.conditions)
        if named or statement.not_principal or not allows_assume_role(statement):
            continue
        for one, caller in foreign_principals(case, statement):
            if caller.kind in ("account", "root"):
                whose = case.unknown_account(one.text)
                account = caller.account if whose is None else f"of {case.label(whose)}"
                yield case.hit(f"whoever in account {account} may call sts:AssumeRole can assume the role", one.path)


TRUST_RULES: tuple[Rule[JudgedTrust], ...] = (
    Rule(
        id="trust-anyone",
        severity=Severity.ERROR,
        title="No wildcard stands for who may assume the role",
        why="Every AWS account in the world may try, and the external ID is not a secret.",
        mend="name the vendor's account or roles",
        reference=_PRINCIPAL,
        check=hits_of(Reason.ANYONE),
        suppressible=None,
        example=Example(TRUST, f'{{"AWS": "{ROLE_ARN}"}}', '"*"'),
    ),
    Rule(
        id="trust-not-principal",
        severity=Severity.ERROR,
        title="A trust policy says who may assume the role, not who may not",
        why="NotPrincipal with Allow lets everybody else in the world assume it, with and without credentials.",
        mend="name the vendor's account or roles in Principal",
        reference=_NOT_PRINCIPAL,
        check=hits_of(Reason.NOT_PRINCIPAL),
        suppressible=None,
        example=Example(TRUST, "Principal", "NotPrincipal"),
    ),
    Rule(
        id="trust-principal-malformed",
        severity=Severity.ERROR,
        title="Each principal is an account, role or user as AWS writes them",
        why="IAM refuses the policy, or who may assume the role is not who was meant.",
        mend="write the account's 12 digits or the full ARN",
        reference=_PRINCIPAL,
        check=hits_of(Reason.MALFORMED_PRINCIPAL),
        suppressible=None,
        example=Example(TRUST, ROLE_ARN, "reader"),
    ),
    Rule(
        id="trust-principal-deleted",
        severity=Severity.ERROR,
        title="No principal is the unique ID of one that was deleted",
        why="It lets nobody in, a role made again by that name among them; IAM takes no new policy with it.",
        mend="take it out, or write the ARN of the role or user that is meant",
        reference=_PRINCIPAL,
        check=_deleted,
        suppressible=None,
        example=Example(TRUST, ROLE_ARN, "AROAJQABLZS4A3QDU576Q"),
    ),
    Rule(
        id="trust-principal-unexpected",
        severity=Severity.ERROR,
        title="Nobody is trusted but the expected vendor",
        why="An account that nobody expected, or a mistyped one, is somebody nobody has agreed to.",
        mend="trust the expected vendor alone, or expect this one too",
        reference=_THIRD_PARTY,
        check=_foreign_account,
        suppressible=None,
        example=Example(TRUST, VENDOR, "444455556666", Expectation((VENDOR,))),
    ),
    Rule(
        id="trust-vendor-kept-out",
        severity=Severity.ERROR,
        title="The expected vendor can assume the role",
        why="A role that nobody can assume is of no use, and who repairs it in a hurry opens it too far.",
        mend="allow sts:AssumeRole to the vendor with the expected external ID, and deny it nothing",
        reference=_THIRD_PARTY,
        check=_kept_out,
        suppressible=None,
        example=Example(TRUST, "Allow", "Deny", Expectation((VENDOR,), external_ids=literals((EXTERNAL_ID,)))),
    ),
    Rule(
        id="trust-vendor-conditions",
        severity=Severity.WARNING,
        title="The expected vendor needs nothing but its external ID",
        why="A program has no MFA, and what a vendor never sends keeps it out as surely as a Deny.",
        mend="agree on it with the vendor, or remove the condition",
        reference=_CONDITIONS,
        check=_conditions,
        example=Example(
            TRUST,
            '"StringEquals": {',
            '"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5", ',
            Expectation((VENDOR,), external_ids=literals((EXTERNAL_ID,))),
        ),
    ),
    Rule(
        id="trust-role-unexpected",
        severity=Severity.ERROR,
        title="Where the vendor's roles are named, nobody else of its account may assume the role",
        why="Whom the vendor lets call sts:AssumeRole is not what was agreed.",
        mend="compare aws:PrincipalArn with the vendor's roles, or name them in Principal",
        reference=_PRINCIPAL,
        check=hits_of(Reason.UNEXPECTED_ROLE),
        suppressible=None,
        example=Example(
            TRUST, "role/reader", "role/writer", Expectation((VENDOR,), (ROLE_ARN,), literals((EXTERNAL_ID,)))
        ),
    ),
    Rule(
        id="trust-account-unproved",
        severity=Severity.WARNING,
        title="The trusted account stands in the file",
        why="Whoever chooses the value chooses who may assume the role; the file does not show that it is the vendor.",
        mend="write the vendor's account into the file, or give the value when you lint",
        reference=_THIRD_PARTY,
        check=of_case(_unproved_account),
        example=Example(TEMPLATE, VENDOR, "${Extra}"),
    ),
    Rule(
        id="trust-organization",
        severity=Severity.NOTE,
        title="An organisation's accounts may assume the role without an external ID",
        why="That is right for the role's own organisation; the file does not show whose it is.",
        mend="compare aws:PrincipalOrgID with ${aws:ResourceOrgID}, which is the role's own organisation",
        reference=_ORGANIZATION,
        check=of_case(_organization),
        example=Example(OWN_ORGANIZATION, "${aws:ResourceOrgID}", "o-a1b2c3d4e5"),
    ),
    Rule(
        id="trust-whole-account",
        severity=Severity.NOTE,
        title="A third party's whole account is trusted",
        why="Whom the third party lets call sts:AssumeRole is its own decision then.",
        mend="name its roles in Principal, or compare aws:PrincipalArn with them",
        reference=_PRINCIPAL,
        check=of_case(_whole_account),
        example=Example(TRUST, "role/reader", "root"),
    ),
    Rule(
        id="trust-action",
        severity=Severity.ERROR,
        title="Nothing wider than sts:AssumeRole and its session actions",
        why="Wildcards and other actions open access paths that ask for no external ID.",
        mend="write sts:AssumeRole",
        reference=_TRUST,
        check=hits_of(Reason.ACTIONS),
        suppressible=None,
        example=Example(TRUST, "sts:AssumeRole", "sts:*"),
    ),
    Rule(
        id="trust-web-identity",
        severity=Severity.ERROR,
        title="An AWS principal assumes the role by sts:AssumeRole",
        why="The actions for identity providers know no external ID, and take no AWS credentials.",
        mend="write sts:AssumeRole",
        reference=_STS,
        check=hits_of(Reason.WEB_IDENTITY),
        suppressible=None,
        example=Example(TRUST, "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"),
    ),
    Rule(
        id="trust-unproved",
        severity=Severity.ERROR,
        title="No access path that cannot be ruled out",
        why="What cannot be proved to keep strangers out is not taken for granted.",
        mend="compare sts:ExternalId with StringEquals, and leave out what is not needed",
        reference=_THIRD_PARTY,
        check=hits_of(Reason.UNPROVED),
        suppressible=None,
        example=Example(TRUST, EXTERNAL_ID, "${aws:PrincipalTag/tenant}"),
    ),
    Rule(
        id="trust-provider-unproved",
        severity=Severity.WARNING,
        title="The trusted identity provider stands in the file",
        why="Whoever chooses the value chooses whose users may assume the role.",
        mend="write the provider's ARN into the file, or give the value when you lint",
        reference=_PRINCIPAL,
        check=of_case(_unproved_provider),
        elsewhere=Severity.WARNING,
        example=Example(
            PROVIDER,
            "!Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/login.example.com",
            "!Ref Provider",
        ),
    ),
)
