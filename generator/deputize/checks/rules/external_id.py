"""The rules about the external ID in a trust policy of any origin."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from deputize.checks.own.sample import EXTERNAL_ID
from deputize.checks.placed import HitThere
from deputize.checks.rule import Hit, Rule
from deputize.checks.rules import principals as values
from deputize.checks.rules import trust_sample as sample
from deputize.checks.trust.attribution import JudgedTrust
from deputize.checks.trust.case import RoleTrust
from deputize.checks.trust.reasons import Reason
from deputize.model.values import Severity

_THIRD_PARTY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"
_DEPUTY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"
_OPERATORS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"
_KEYS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#ck_externalid"
_ASSUME = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"
_PARAMETERS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html"
_CONFUSED = "Any other customer of the vendor who knows the role's ARN can have the vendor enter it (confused deputy)."
_ASK = 'add Condition: {"StringEquals": {"sts:ExternalId": the tenant\'s ID}} to the statement'
_NO_CONDITION = sample.statement(Condition=None)
_TAG = sample.statement(Action="sts:TagSession")


def laid_to(reason: Reason) -> Callable[[JudgedTrust], Iterator[Hit]]:
    """The check of a rule about what lets somebody in for that reason."""
    return lambda trust: iter(trust.hits.get(reason, ()))


def of_case(check: Callable[[RoleTrust], Iterator[Hit]]) -> Callable[[JudgedTrust], Iterator[Hit]]:
    """The check of a rule about what the policy says, whoever gets in by it."""
    return lambda trust: check(trust.case)


def _unexpected_id(trust: JudgedTrust) -> Iterator[HitThere]:
    """External IDs that are not expected, by what the policy says and by whom it lets in; one hit for each place."""
    found = {one.place: one for one in trust.hits.get(Reason.ID_UNEXPECTED, ())}
    found.update({one.place: one for one in values.unexpected_id(trust.case)})
    return iter(found.values())


ID_RULES: tuple[Rule[JudgedTrust], ...] = (
    Rule(
        id="trust-id-missing",
        severity=Severity.ERROR,
        title="Entry from another account needs an external ID",
        why=_CONFUSED,
        mend=_ASK,
        reference=_DEPUTY,
        good=sample.enters(),
        bad=sample.enters(Condition=None),
        check=laid_to(Reason.ID_MISSING),
    ),
    Rule(
        id="trust-id-skipped",
        severity=Severity.ERROR,
        title="Every statement by which somebody enters asks for the external ID",
        why="Statements are alternatives: one that does not ask for the ID is a way in without it.",
        mend=_ASK,
        reference=_THIRD_PARTY,
        good=sample.enters(),
        bad=sample.trusts(sample.statement(), _NO_CONDITION),
        check=laid_to(Reason.ID_SKIPPED),
    ),
    Rule(
        id="trust-id-elsewhere",
        severity=Severity.ERROR,
        title="The external ID is asked for where somebody enters",
        why="A condition holds for its own statement only; sts:AssumeRole in another one goes without it.",
        mend=_ASK,
        reference=_THIRD_PARTY,
        good=sample.trusts(sample.statement(), _TAG),
        bad=sample.trusts(_NO_CONDITION, _TAG),
        check=laid_to(Reason.ID_ELSEWHERE),
    ),
    Rule(
        id="trust-id-operator",
        severity=Severity.ERROR,
        title="The external ID is compared with StringEquals",
        why="Other operators are true for IDs that are not the tenant's, or when none is sent at all.",
        mend="write StringEquals",
        reference=_OPERATORS,
        good=sample.needs("StringEquals", sample.CHOSEN_ID),
        bad=sample.needs("StringEqualsIfExists", EXTERNAL_ID),
        check=laid_to(Reason.ID_OPERATOR),
    ),
    Rule(
        id="trust-key-misspelt",
        severity=Severity.ERROR,
        title="The external ID's key is sts:ExternalId",
        why="STS sends no other key for it, so the condition asks for something that no request has.",
        mend="write sts:ExternalId",
        reference=_KEYS,
        good=sample.needs("StringEquals", EXTERNAL_ID, key="sts:ExternalID"),
        bad=sample.needs("StringEquals", EXTERNAL_ID, key="aws:ExternalId"),
        check=laid_to(Reason.KEY_MISSPELT),
    ),
    Rule(
        id="trust-id-several",
        severity=Severity.ERROR,
        title="One external ID for one tenant",
        why="Values in a list are alternatives: the ID of another tenant lets that tenant's requests in.",
        mend="leave one, or say with --expect-external-id that each is this tenant's",
        reference=_THIRD_PARTY,
        good=sample.needs("StringEquals", EXTERNAL_ID),
        bad=sample.needs("StringEquals", EXTERNAL_ID, "another-tenants-external-id"),
        check=of_case(values.several_ids),
    ),
    Rule(
        id="trust-id-unexpected",
        severity=Severity.ERROR,
        title="No external ID but those expected",
        why="Whoever holds the other ID may have the vendor enter.",
        mend="take it out, or expect it too",
        reference=_THIRD_PARTY,
        good=sample.expects(expected_ids=(EXTERNAL_ID,)),
        bad=sample.expects(expected_ids=("another-external-id",)),
        check=_unexpected_id,
    ),
    Rule(
        id="trust-id-illegal",
        severity=Severity.ERROR,
        title="The external ID is one that STS takes",
        why="STS refuses a call with another one, so nobody could ever enter.",
        mend="use 2 to 1,224 letters, digits and _+=,.@:/-",
        reference=_ASSUME,
        good=sample.needs("StringEquals", EXTERNAL_ID),
        bad=sample.needs("StringEquals", "*"),
        check=of_case(values.illegal_id),
    ),
    Rule(
        id="trust-id-weak",
        severity=Severity.WARNING,
        title="The external ID cannot be guessed, and survives command lines",
        why="It keeps other customers of the vendor out only as long as they cannot tell it.",
        mend="have the vendor issue a random one, such as a UUID",
        reference=_THIRD_PARTY,
        good=sample.needs("StringEquals", EXTERNAL_ID),
        bad=sample.needs("StringEquals", "12345"),
        check=of_case(values.weak_id),
    ),
    Rule(
        id="trust-id-parameter",
        severity=Severity.WARNING,
        title="A parameter for the external ID takes no empty value and has no default",
        why="A default is the same ID for all who keep it, and an empty one is none.",
        mend="remove the default, and give the parameter a MinLength of at least 2",
        reference=_PARAMETERS,
        good=sample.needs("StringEquals", sample.CHOSEN_ID),
        bad=sample.needs("StringEquals", sample.CHOSEN_ID, admits_empty=True),
        check=of_case(values.loose_parameter),
    ),
)
