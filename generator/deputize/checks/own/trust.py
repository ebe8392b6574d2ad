"""Who may enter: a trust policy is exactly what is expected, or an error.

Most rules name a mistake that is common; `trust-grammar` refuses whatever else differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from deputize.checks.own import sample
from deputize.checks.own.subject import Expected, TrustSubject
from deputize.checks.own.trust_form import comparable, entries, expected_trust, id_conditions, principals
from deputize.checks.rule import Hit, Rule
from deputize.iam.policy import Condition, Policy, Statement, aws_principals
from deputize.model.display import shown
from deputize.model.values import Finding, Severity

_THIRD_PARTY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"
_DEPUTY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"
_OPERATORS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"
_PRINCIPAL = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
_SESSION_TAGS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html"
_AGAIN = "render the bundle again, or ask the vendor for a new one"

_LOOSE = {
    "StringLike": "takes wildcards",
    "StringEqualsIgnoreCase": "ignores case",
    "StringNotEquals": "lets every other ID in, and none at all",
    "Null": "asks only whether an ID is there, not which",
}


def _no_external_id(subject: TrustSubject) -> Iterator[Hit]:
    for where, statement in entries(subject.policy):
        if not id_conditions(statement):
            yield Hit("lets somebody in without an external ID", where)


def _operator(subject: TrustSubject) -> Iterator[Hit]:
    for where, statement in entries(subject.policy):
        for condition in id_conditions(statement):
            if condition.operator != "StringEquals":
                yield Hit(f"{shown(condition.operator)} {_looseness(condition.operator)}", where)


def _looseness(operator: str) -> str:
    if operator.endswith("IfExists"):
        return "is true when no external ID is sent"
    if operator.startswith(("ForAllValues:", "ForAnyValue:")):
        return "is for keys of many values; ForAllValues is true when no external ID is sent"
    return _LOOSE.get(operator, "is not StringEquals")


def _values(subject: TrustSubject) -> Iterator[Hit]:
    # The message counts and does not quote: an ID that is not this tenant's may be another one's.
    expected = set(subject.expected.external_ids)
    for where, statement in entries(subject.policy):
        for condition in id_conditions(statement):
            found = set(condition.values)
            if condition.operator == "StringEquals" and found - expected:
                yield Hit(f"lets in {len(found - expected)} external ID(s) that are not the tenant's", where)
            if condition.operator == "StringEquals" and expected - found:
                yield Hit(f"lacks {len(expected - found)} of the tenant's external IDs", where)


def _wildcard(subject: TrustSubject) -> Iterator[Hit]:
    for number, statement in enumerate(subject.policy.statements, 1):
        wild = [
            principal
            for principal in (one.text for one in statement.principals)
            if "*" in principal or "?" in principal
        ]
        if wild and statement.effect == "Allow":
            yield Hit(f"trusts {shown(wild[0])}: any AWS account", f"trust statement {number}")


def _other_account(subject: TrustSubject) -> Iterator[Hit]:
    known = principals(subject.expected)
    for number, statement in enumerate(subject.policy.statements, 1):
        for principal in (one.text for one in statement.principals):
            if principal not in known and "*" not in principal:
                yield Hit(f"trusts {shown(principal, 120)}, which is not the vendor", f"trust statement {number}")


def _named_roles(subject: TrustSubject) -> Iterator[Hit]:
    expected = subject.expected
    if expected.roles and not expected.pin:
        needed = comparable(_statement_with(Condition("ArnEquals", "aws:PrincipalArn", expected.roles)))
        for where, statement in entries(subject.policy):
            kept = tuple(one for one in statement.conditions if one.key.lower() == "aws:principalarn")
            if comparable(_statement_with(*kept)) != needed:
                yield Hit("does not hold entry to the roles that the vendor named", where)


def _statement_with(*conditions: Condition) -> Statement:
    return Statement(None, "Allow", (), conditions=conditions)


def _actions(subject: TrustSubject) -> Iterator[Hit]:
    known = {action for statement in expected_trust(subject.expected) for action in statement.actions}
    for number, statement in enumerate(subject.policy.statements, 1):
        for action in statement.actions:
            if action not in known:
                yield Hit(f"allows {shown(action)}", f"trust statement {number}")


def _extra_statement(subject: TrustSubject) -> Iterator[Hit]:
    room = len(expected_trust(subject.expected))
    for number in range(room + 1, len(subject.policy.statements) + 1):
        yield Hit(f"is one more than the {room} that are expected", f"trust statement {number}")


def _account_root(subject: TrustSubject) -> Iterator[Hit]:
    if not subject.expected.roles:
        account = subject.expected.vendor_account
        yield Hit(f"anyone in account {account} who may call sts:AssumeRole can enter", "trust")


def _grammar(subject: TrustSubject) -> Iterator[Hit]:
    expected = [comparable(statement) for statement in expected_trust(subject.expected)]
    found = [comparable(statement) for statement in subject.policy.statements]
    if Counter(expected) == Counter(found):
        return
    # What another rule has named is not said twice; nothing that differs ever passes.
    if any(True for rule in _NAMED for _ in rule.check(subject)):
        return
    missing = [str(statement.sid) for statement in expected if statement not in found]
    yield Hit(f"is not the policy that is expected: no statement is what {' or '.join(missing)} must be", "trust")


_NAMED: tuple[Rule[TrustSubject], ...] = (
    Rule(
        id="trust-no-external-id",
        severity=Severity.ERROR,
        title="Entry needs an external ID",
        why="Any other customer of the vendor who knows the role's ARN can have the vendor enter it (confused deputy).",
        mend=_AGAIN,
        reference=_DEPUTY,
        good=sample.enters(),
        bad=sample.enters(conditions=(sample.ONLY_ROLE,)),
        check=_no_external_id,
    ),
    Rule(
        id="trust-external-id-operator",
        severity=Severity.ERROR,
        title="The external ID is compared with StringEquals",
        why="Other operators are true for IDs that are not the tenant's, or when none is sent at all.",
        mend=_AGAIN,
        reference=_OPERATORS,
        good=sample.enters(),
        bad=sample.needs("StringEqualsIfExists", sample.EXTERNAL_ID),
        check=_operator,
    ),
    Rule(
        id="trust-external-id-value",
        severity=Severity.ERROR,
        title="The external IDs are the tenant's, all of them and no others",
        why="An ID of another tenant lets that tenant's requests in; values in a list are alternatives.",
        mend=_AGAIN,
        reference=_THIRD_PARTY,
        good=sample.enters(),
        bad=sample.needs("StringEquals", sample.EXTERNAL_ID, "another-tenants-external-id"),
        check=_values,
    ),
    Rule(
        id="trust-wildcard-principal",
        severity=Severity.ERROR,
        title="No wildcard in a principal",
        why="Every AWS account in the world may try, and the external ID is not a secret.",
        mend=_AGAIN,
        reference=_PRINCIPAL,
        good=sample.enters(),
        bad=sample.enters(principals=aws_principals("*")),
        check=_wildcard,
    ),
    Rule(
        id="trust-other-account",
        severity=Severity.ERROR,
        title="Only the vendor is trusted",
        why="A principal of another account, or a mistyped one, is somebody nobody has agreed to.",
        mend=_AGAIN,
        reference=_PRINCIPAL,
        good=sample.enters(),
        bad=sample.enters(principals=aws_principals("arn:aws:iam::444455556666:root")),
        check=_other_account,
    ),
    Rule(
        id="trust-named-roles",
        severity=Severity.ERROR,
        title="Where the vendor names roles, only they enter",
        why="Without the condition anyone in the vendor's account who may call sts:AssumeRole can enter.",
        mend=_AGAIN,
        reference=_PRINCIPAL,
        good=sample.enters(),
        bad=sample.enters(conditions=(sample.NEEDS_ID,)),
        check=_named_roles,
    ),
    Rule(
        id="trust-action",
        severity=Severity.ERROR,
        title="Only the expected STS actions",
        why="Wildcards and other actions open ways in that ask for no external ID.",
        mend=_AGAIN,
        reference=_SESSION_TAGS,
        good=sample.enters(),
        bad=sample.enters(actions=("sts:*",)),
        check=_actions,
    ),
    Rule(
        id="trust-extra-statement",
        severity=Severity.ERROR,
        title="No more statements than expected",
        why="Statements are alternatives: one more is one more way in.",
        mend=_AGAIN,
        reference=_THIRD_PARTY,
        good=sample.enters(),
        bad=sample.trusts(sample.ENTER, replace(sample.ENTER, sid="Another")),
        check=_extra_statement,
    ),
)

GRAMMAR: Rule[TrustSubject] = Rule(
    id="trust-grammar",
    severity=Severity.ERROR,
    title="The trust policy is exactly the expected one",
    why="What is not understood is not safe: whatever the other rules did not name is refused as well.",
    mend=_AGAIN,
    reference=_THIRD_PARTY,
    good=sample.enters(),
    bad=sample.enters(effect="Deny"),
    check=_grammar,
)

TRUST_RULES: tuple[Rule[TrustSubject], ...] = (
    *_NAMED,
    GRAMMAR,
    Rule(
        id="trust-account-root",
        severity=Severity.NOTE,
        title="The vendor's whole account is trusted",
        why="Whom the vendor lets call sts:AssumeRole is the vendor's own decision then.",
        mend="name the vendor's roles in vendor.yaml: accounts",
        reference=_PRINCIPAL,
        good=sample.enters(),
        bad=sample.trusts(replace(sample.ENTER, conditions=(sample.NEEDS_ID,)), roles=()),
        check=_account_root,
    ),
)


def check_trust(policy: Policy, expected: Expected, where: str, *, strict: bool = False) -> tuple[Finding, ...]:
    """What is wrong with a trust policy, and who else it lets in."""
    subject = TrustSubject(policy, expected)
    return tuple(finding for rule in TRUST_RULES for finding in rule.findings(subject, where, strict=strict))
