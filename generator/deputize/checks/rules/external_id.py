"""The rules about the external ID in a trust policy of any origin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from deputize.checks.rule import Example, Hit, Rule
from deputize.checks.rules.examples import CHOSEN_ID, EXTERNAL_ID, OTHER_ID, TRUST, TRUST_OF_TWO, TRUST_WITH_TAGS
from deputize.checks.trust.access_paths import accepted_ids, allows_to_others, foreign_principals
from deputize.checks.trust.attribution import JudgedTrust, hits_of, of_case
from deputize.checks.trust.case import RoleTrust, decided_by, is_choice
from deputize.checks.trust.reasons import Reason
from deputize.iam.policy import path_of
from deputize.iam.trust.statements import id_conditions, is_pattern
from deputize.model.expectations import Expectation, literals
from deputize.model.external_id import external_id_problem, external_id_weaknesses
from deputize.model.values import Severity
from deputize.model.world import Origin

_THIRD_PARTY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"
_DEPUTY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"
_OPERATORS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"
_KEYS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#ck_externalid"
_ASSUME = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"
_PARAMETERS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html"
_CONFUSED = "Any other customer of the vendor who knows the role's ARN can have the vendor assume it (confused deputy)."
_ASK = 'add Condition: {"StringEquals": {"sts:ExternalId": the tenant\'s ID}} to the statement'

# What others know, or guess at the first try; of a stack's ID a part is random.
_GUESSED = frozenset(("AWS::AccountId", "AWS::Region", "AWS::StackName"))
_JOINS = "_+=,.@:/-"


def _unexpected(trust: JudgedTrust) -> Iterator[Hit]:
    """External IDs that are not expected, in the policy or in a request that it allows; one hit for each place."""
    found = {one.place: one for one in trust.hits.get(Reason.ID_UNEXPECTED, ())}
    found.update({one.place: one for one in _ids_not_expected(trust.case)})
    return iter(found.values())


def _several_ids(case: RoleTrust) -> Iterator[Hit]:
    """More external IDs than one for one account, of which nobody said that they are one tenant's."""
    if case.expected_ids:
        return
    first: dict[str, str] = {}
    claim = f"{case.claimant} says that they are one tenant's" if case.claims_ids else ""
    for statement in allows_to_others(case):
        accounts = [caller.account or "" for _, caller in foreign_principals(case, statement)] or [""]
        for one in accepted_ids(case, statement):
            seen = [first.setdefault(account, one) for account in accounts]
            if any(text != one for text in seen):
                what = "accepts one more external ID: the role can be assumed with each, and it may be another tenant's"
                yield replace(case.hit(what, path_of(one)), claim=claim)


def _ids_not_expected(case: RoleTrust) -> Iterator[Hit]:
    """External IDs that are none of the expected ones, or cannot be shown to be."""
    for one in _all_ids(case) if case.expected_ids else ():
        chosen = case.unknown(one)
        if chosen is not None:
            what = f"accepts {case.label(chosen)}, which cannot be shown to be an expected external ID"
            yield case.hit(f"{what}; {decided_by(chosen)}", path_of(one))
        elif one not in case.expected_ids:
            yield case.hit("accepts an external ID that is not expected", path_of(one))


def _illegal_id(case: RoleTrust) -> Iterator[Hit]:
    """External IDs that STS refuses, and patterns of such. They are not quoted."""
    patterns = (
        one
        for statement in allows_to_others(case)
        for condition in id_conditions(statement)
        for one in condition.values
        if is_pattern(condition, one)
    )
    for one in patterns:
        sample = one.replace("*", "").replace("?", "").ljust(2, "x")
        if case.unknown(one) is None and external_id_problem(sample) is not None and "${" not in one:
            yield case.hit("no external ID that STS takes is like this", path_of(one))
    for one in _all_ids(case):
        if case.unknown(one) is None and external_id_problem(one) is not None and "${" not in one:
            yield case.hit(
                "asks for an external ID that STS refuses, so that nobody can assume the role with it", path_of(one)
            )


def _weak_id(case: RoleTrust) -> Iterator[Hit]:
    """External IDs that can be guessed, or that the command line misreads."""
    for one in _all_ids(case):
        chosen = case.unknown(one)
        if chosen is None:
            legal = external_id_problem(one) is None
            found = external_id_weaknesses(one, "") if legal else ()
            yield from (case.hit(f"the external ID {weakness}", path_of(one)) for weakness in found)
        elif _is_guessed(case, one):
            what = f"the external ID is little more than {chosen.name}, which others know"
            yield case.hit(what, path_of(one))


def _is_guessed(case: RoleTrust, text: str) -> bool:
    """Whether nothing is in an external ID but what others know, and too few characters beside."""
    unknowns = [one for one in case.document.unknowns if one.stand_in in text]
    if any(one.origin is not Origin.PSEUDO or one.name not in _GUESSED for one in unknowns):
        return False
    for one in unknowns:
        text = text.replace(one.stand_in, "")
    rest = text.strip(_JOINS)
    return not rest or bool(external_id_weaknesses(rest, ""))


def _loose_parameter(case: RoleTrust) -> Iterator[Hit]:
    """External IDs from parameters that may be empty, or that have a default which all share."""
    for one in _all_ids(case):
        chosen = case.unknown(one)
        if chosen is None or not is_choice(chosen):
            continue
        if chosen.default:
            yield case.hit(
                f"{case.label(chosen)} has a default: an external ID that all who keep it share", path_of(one)
            )
        elif chosen.admits_empty and chosen.stand_in == one:
            yield case.hit(f"{case.label(chosen)} may be empty: no MinLength, pattern or allowed values", path_of(one))


def _all_ids(case: RoleTrust) -> tuple[str, ...]:
    found = {path_of(one): one for statement in allows_to_others(case) for one in accepted_ids(case, statement)}
    return tuple(found.values())


ILLEGAL_ID: Rule[JudgedTrust] = Rule(
    id="external-id-illegal",
    severity=Severity.ERROR,
    title="The external ID is one that STS takes",
    why="STS refuses a call with another one, so nobody could ever assume the role.",
    mend="use 2 to 1,224 letters, digits and _+=,.@:/-",
    reference=_ASSUME,
    check=of_case(_illegal_id),
    suppressible=None,
    example=Example(TRUST, EXTERNAL_ID, "a b"),
)

WEAK_ID: Rule[JudgedTrust] = Rule(
    id="external-id-weak",
    severity=Severity.WARNING,
    title="The external ID cannot be guessed, and survives command lines",
    why="It keeps other customers of the vendor out only as long as they cannot tell it.",
    mend="have the vendor issue a random one, such as a UUID",
    reference=_THIRD_PARTY,
    check=of_case(_weak_id),
    example=Example(TRUST, EXTERNAL_ID, "12345"),
)

ID_RULES: tuple[Rule[JudgedTrust], ...] = (
    Rule(
        id="external-id-missing",
        severity=Severity.ERROR,
        title="Assuming the role from another account needs an external ID",
        why=_CONFUSED,
        mend=_ASK,
        reference=_DEPUTY,
        check=hits_of(Reason.ID_MISSING),
        suppressible=None,
        example=Example(TRUST, '"sts:ExternalId"', '"aws:PrincipalTag/team"'),
    ),
    Rule(
        id="external-id-skipped",
        severity=Severity.ERROR,
        title="Every statement by which the role can be assumed asks for the external ID",
        why="Statements are alternatives: by one that does not ask for the ID the role can be assumed without it.",
        mend=_ASK,
        reference=_THIRD_PARTY,
        check=hits_of(Reason.ID_SKIPPED),
        suppressible=None,
        example=Example(TRUST_OF_TWO, '"sts:ExternalId": "', '"aws:PrincipalTag/team": "'),
    ),
    Rule(
        id="external-id-elsewhere",
        severity=Severity.ERROR,
        title="The external ID is asked for where the role can be assumed",
        why="A condition holds for its own statement only; sts:AssumeRole in another one goes without it.",
        mend=_ASK,
        reference=_THIRD_PARTY,
        check=hits_of(Reason.ID_ELSEWHERE),
        suppressible=None,
        example=Example(TRUST_WITH_TAGS, '"sts:ExternalId": "', '"aws:PrincipalTag/team": "'),
    ),
    Rule(
        id="external-id-operator",
        severity=Severity.ERROR,
        title="The external ID is compared with StringEquals",
        why="Other operators are true for IDs that are not the tenant's, or when none is sent at all.",
        mend="write StringEquals",
        reference=_OPERATORS,
        check=hits_of(Reason.ID_OPERATOR),
        suppressible=None,
        example=Example(TRUST, "StringEquals", "StringEqualsIfExists"),
    ),
    Rule(
        id="external-id-key",
        severity=Severity.ERROR,
        title="The external ID's key is sts:ExternalId",
        why="STS sends no other key for it, so the condition asks for something that no request has.",
        mend="write sts:ExternalId",
        reference=_KEYS,
        check=hits_of(Reason.KEY_MISSPELT),
        suppressible=None,
        example=Example(TRUST, "sts:ExternalId", "aws:ExternalId"),
    ),
    Rule(
        id="external-id-several",
        severity=Severity.ERROR,
        title="One external ID for one tenant",
        why="Values in a list are alternatives: the ID of another tenant lets that tenant's requests in.",
        mend="leave one, or say with --expect-external-id that each is this tenant's",
        reference=_THIRD_PARTY,
        check=of_case(_several_ids),
        suppressible=None,
        example=Example(TRUST, f'"{EXTERNAL_ID}"', f'["{EXTERNAL_ID}", "{OTHER_ID}"]'),
    ),
    Rule(
        id="external-id-unexpected",
        severity=Severity.ERROR,
        title="No external ID but those expected",
        why="Whoever holds the other ID may have the vendor assume the role.",
        mend="take it out, or expect it too",
        reference=_THIRD_PARTY,
        check=_unexpected,
        suppressible=None,
        example=Example(
            TRUST,
            EXTERNAL_ID,
            "0f5e3c55-64c1-4d53-8a0d-3a1b7f0f0a02",
            Expectation(external_ids=literals((EXTERNAL_ID,))),
        ),
    ),
    ILLEGAL_ID,
    WEAK_ID,
    Rule(
        id="external-id-parameter",
        severity=Severity.WARNING,
        title="A parameter for the external ID takes no empty value and has no default",
        why="A default is the same ID for all who keep it, and an empty one is none.",
        mend="remove the default, and give the parameter a MinLength of at least 2",
        reference=_PARAMETERS,
        check=of_case(_loose_parameter),
        example=Example(CHOSEN_ID, "    MinLength: 36\n", f"    Default: {EXTERNAL_ID}\n"),
    ),
)
