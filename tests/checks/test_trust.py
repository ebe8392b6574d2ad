from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deputize.checks.own import check_trust, check_trust_document
from deputize.checks.own.sample import ENTER, EXPECTED, EXTERNAL_ID, VENDOR_ACCOUNT, VENDOR_ROLE, VENDOR_ROOT
from deputize.checks.own.subject import Expected
from deputize.checks.own.trust_form import expected_trust
from deputize.iam.policy import Policy
from deputize.model.values import Severity

# The vendor trusts its whole account here, as most templates in the world do: nothing but the ID keeps others out.
ROOT = replace(EXPECTED, roles=())
OTHER_ID = "9f0c2f6e-55a1-4c52-8d0b-7e6f8d3b9a10"


def _policy(*statements: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **changes}


def _statement(**changes: Any) -> dict[str, Any]:
    made = {
        "Sid": "AssumeWithExternalId",
        "Effect": "Allow",
        "Principal": {"AWS": VENDOR_ROOT},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        **changes,
    }
    return {key: value for key, value in made.items() if value is not None}


def _needs(operator: str, value: object, key: str = "sts:ExternalId") -> dict[str, Any]:
    return _statement(Condition={operator: {key: value}})


GOOD = _policy(_statement())
NO_CONDITION = _statement(Condition=None)

# Every one of these is accepted by IAM or by some linter, and lets in somebody, or nobody, that it should not.
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no condition": (_policy(NO_CONDITION), "trust-no-external-id"),
    "principal is anyone": (_policy(_statement(Principal="*")), "trust-wildcard-principal"),
    "AWS principal is anyone": (_policy(_statement(Principal={"AWS": "*"})), "trust-wildcard-principal"),
    "StringLike with a wildcard": (_policy(_needs("StringLike", "*")), "trust-external-id-operator"),
    "literal asterisk": (_policy(_needs("StringEquals", "*")), "trust-external-id-value"),
    "IfExists": (_policy(_needs("StringEqualsIfExists", EXTERNAL_ID)), "trust-external-id-operator"),
    "ForAllValues": (_policy(_needs("ForAllValues:StringEquals", EXTERNAL_ID)), "trust-external-id-operator"),
    "NotPrincipal": (
        _policy(_statement(Principal=None, NotPrincipal={"AWS": "arn:aws:iam::444455556666:root"})),
        "trust-grammar",
    ),
    "misspelt key": (_policy(_needs("StringEquals", EXTERNAL_ID, "sts:ExternalIdd")), "trust-no-external-id"),
    "key of another service": (_policy(_needs("StringEquals", EXTERNAL_ID, "aws:ExternalId")), "trust-no-external-id"),
    "condition at the other statement": (
        _policy(NO_CONDITION, _statement(Sid="TagSession", Action="sts:TagSession")),
        "trust-no-external-id",
    ),
    "second statement lacks it": (_policy(_statement(), {**NO_CONDITION, "Sid": "Two"}), "trust-no-external-id"),
    "several tenants": (_policy(_needs("StringEquals", [EXTERNAL_ID, OTHER_ID])), "trust-external-id-value"),
    "every STS action": (_policy(_statement(Action="sts:*")), "trust-action"),
    "every action": (_policy(_statement(Action="*")), "trust-action"),
    "StringNotEquals": (_policy(_needs("StringNotEquals", EXTERNAL_ID)), "trust-external-id-operator"),
    "only that an ID is sent": (_policy(_needs("Null", "false")), "trust-external-id-operator"),
    "misspelt operator": (_policy(_needs("StringEqual", EXTERNAL_ID)), "trust-external-id-operator"),
    "element in lower case": (
        _policy({**NO_CONDITION, "condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}),
        "trust-grammar",
    ),
    "ID of one character": (_policy(_needs("StringEquals", "x")), "trust-external-id-value"),
    "Resource": (_policy(_statement(Resource="*")), "trust-grammar"),
    "account of 10 digits": (
        _policy(_statement(Principal={"AWS": "arn:aws:iam::1111222233:root"})),
        "trust-other-account",
    ),
    "ForAnyValue with a wildcard": (_policy(_needs("ForAnyValue:StringLike", "acme-*")), "trust-external-id-operator"),
    "no Version": ({"Statement": [_statement()]}, "trust-grammar"),
    "Version of 2008": (_policy(_statement(), Version="2008-10-17"), "trust-grammar"),
    "web identity beside an AWS principal": (
        _policy(_statement(Action="sts:AssumeRoleWithWebIdentity")),
        "trust-action",
    ),
    "ID with characters that STS refuses": (_policy(_needs("StringEquals", "a b")), "trust-external-id-value"),
}

# More ways to be wrong, of our own finding.
ALSO_BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no statement": (_policy(), "trust-grammar"),
    "Deny": (_policy(_statement(Effect="Deny")), "trust-grammar"),
    "another account": (
        _policy(_statement(Principal={"AWS": "arn:aws:iam::444455556666:root"})),
        "trust-other-account",
    ),
    "bare account ID": (_policy(_statement(Principal={"AWS": VENDOR_ACCOUNT})), "trust-other-account"),
    "another partition": (
        _policy(_statement(Principal={"AWS": f"arn:aws-cn:iam::{VENDOR_ACCOUNT}:root"})),
        "trust-other-account",
    ),
    "federated": (_policy(_statement(Principal={"Federated": "accounts.google.com"})), "trust-grammar"),
    "service beside the vendor": (
        _policy(_statement(Principal={"AWS": VENDOR_ROOT, "Service": "ec2.amazonaws.com"})),
        "trust-grammar",
    ),
    "no principal": (_policy(_statement(Principal=None)), "trust-grammar"),
    "NotAction": (_policy(_statement(Action=None, NotAction="iam:*")), "trust-grammar"),
    "StringEqualsIgnoreCase": (_policy(_needs("StringEqualsIgnoreCase", EXTERNAL_ID)), "trust-external-id-operator"),
    "ID in capitals": (_policy(_needs("StringEquals", EXTERNAL_ID.upper())), "trust-external-id-value"),
    "ID with a line break": (_policy(_needs("StringEquals", f"{EXTERNAL_ID}\n")), "trust-external-id-value"),
    "wildcard action that includes entry": (_policy(_statement(Action="STS:assume?ole")), "trust-action"),
    "two conditions on the key": (
        _policy(
            _statement(
                Condition={"StringEquals": {"sts:ExternalId": EXTERNAL_ID}, "StringLike": {"sts:externalid": "*"}}
            )
        ),
        "trust-external-id-operator",
    ),
    "the ID twice": (_policy(_needs("StringEquals", [EXTERNAL_ID, EXTERNAL_ID])), "trust-grammar"),
    "an operator without keys": (
        _policy(_statement(Condition={"StringEquals": {"sts:ExternalId": EXTERNAL_ID}, "StringLike": {}})),
        "trust-grammar",
    ),
    "Id": (_policy(_statement(), Id="mine"), "trust-grammar"),
    "another Sid": (_policy(_statement(Sid="Other")), "trust-grammar"),
    "source identity that nobody asked for": (
        _policy(_statement(), _statement(Sid="SetSourceIdentity", Action="sts:SetSourceIdentity", Condition=None)),
        "trust-extra-statement",
    ),
    "a list": ([], "trust-grammar"),  # type: ignore[dict-item]
}


def _errors(document: object, expected: Expected = ROOT) -> list[str]:
    found = check_trust_document(document, expected, "trust-policy.json")
    return [finding.rule for finding in found if finding.severity is Severity.ERROR]


def test_the_table_of_bad_policies_has_27() -> None:
    """The cases that twelve linters were compared by are all here."""
    assert len(BAD) == 27


@pytest.mark.parametrize(("document", "rule"), [*BAD.values(), *ALSO_BAD.values()], ids=[*BAD, *ALSO_BAD])
def test_bad_trust_policy_is_an_error_that_names_what_is_off(document: dict[str, Any], rule: str) -> None:
    """Every bad trust policy is an error, by the rule that says what is wrong with it."""
    assert rule in _errors(document)


@pytest.mark.parametrize(
    "document",
    [
        GOOD,
        _policy(_needs("StringEquals", [EXTERNAL_ID])),
        _policy(_needs("StringEquals", EXTERNAL_ID, "sts:externalid")),
        _policy(_needs("StringEquals", EXTERNAL_ID, "sts:ExternalID")),
        {"Version": "2012-10-17", "Statement": _statement()},
        _policy(_statement(Principal={"AWS": [VENDOR_ROOT]}, Action=["sts:AssumeRole"])),
    ],
)
def test_spellings_that_iam_reads_alike_pass(document: dict[str, Any]) -> None:
    """One or a list of one, and a condition key's case, make no difference to IAM and none here."""
    assert _errors(document) == []


def test_whole_account_is_a_note() -> None:
    """Trusting the account root is right, and worth a note that says who can enter."""
    (found,) = check_trust_document(GOOD, ROOT, "trust-policy.json")
    assert (found.rule, found.severity) == ("trust-account-root", Severity.NOTE)
    assert found.message == f"anyone in account {VENDOR_ACCOUNT} who may call sts:AssumeRole can enter"


def test_another_tenants_id_is_not_quoted() -> None:
    """A finding about an ID that is not this tenant's never prints it: it may be another tenant's."""
    found = check_trust_document(BAD["several tenants"][0], ROOT, "trust-policy.json")
    assert any(finding.rule == "trust-external-id-value" for finding in found)
    assert OTHER_ID not in json.dumps([finding.message for finding in found])


def test_both_ids_of_a_rotation_are_needed() -> None:
    """During a rotation both IDs pass, in either order, and one alone is an error."""
    both = replace(ROOT, external_ids=(EXTERNAL_ID, OTHER_ID))
    assert _errors(_policy(_needs("StringEquals", [EXTERNAL_ID, OTHER_ID])), both) == []
    assert _errors(_policy(_needs("StringEquals", [OTHER_ID, EXTERNAL_ID])), both) == []
    assert _errors(GOOD, both) == ["trust-external-id-value"]
    assert _errors(_policy(_needs("StringEquals", [EXTERNAL_ID, EXTERNAL_ID])), both) == ["trust-external-id-value"]


@pytest.mark.parametrize("source_identity", [True, False])
@pytest.mark.parametrize("tag_keys", [(), ("project", "run")])
@pytest.mark.parametrize(("roles", "pin"), [((), False), ((VENDOR_ROLE,), False), ((VENDOR_ROLE,), True)])
def test_every_expected_form_passes_and_is_refused_for_any_other_expectation(
    source_identity: bool, tag_keys: tuple[str, ...], roles: tuple[str, ...], pin: bool
) -> None:
    """The policy that is expected has no error; the same policy is one where anything else is expected."""
    expected = replace(EXPECTED, source_identity=source_identity, tag_keys=tag_keys, roles=roles, pin=pin)
    document = Policy(expected_trust(expected)).to_json()
    assert _errors(document, expected) == []
    others = (
        replace(expected, vendor_account="999988887777"),
        replace(expected, external_ids=(OTHER_ID,)),
        replace(expected, partition="aws-cn"),
        replace(expected, source_identity=not source_identity),
        replace(expected, tag_keys=("other",)),
        replace(expected, roles=(f"arn:aws:iam::{VENDOR_ACCOUNT}:role/writer",)),
        replace(expected, pin=not pin) if roles else replace(expected, external_ids=(EXTERNAL_ID, OTHER_ID)),
    )
    for other in others:
        assert _errors(document, other), other


def test_named_roles_are_held_to_by_the_condition() -> None:
    """Where the vendor names roles, a policy that lets its whole account in is an error with its own name."""
    assert _errors(GOOD, EXPECTED) == ["trust-named-roles"]
    loose = copy.deepcopy(Policy((ENTER,)).to_json())
    assert _errors(loose, EXPECTED) == []
    text = json.dumps(loose).replace("ArnEquals", "ArnLike")
    assert _errors(json.loads(text), EXPECTED) == ["trust-named-roles"]


def test_nothing_is_expected_without_an_external_id() -> None:
    """No expectation can be made that a role without an external ID would meet."""
    with pytest.raises(ValueError, match=r"\Ano external ID is expected\Z"):
        replace(EXPECTED, external_ids=())


FULL = replace(EXPECTED, source_identity=True, tag_keys=("project", "run"), external_ids=(EXTERNAL_ID, OTHER_ID))
_TEXTS = st.sampled_from(
    ["*", "", "Allow", "Deny", "sts:AssumeRole", "sts:*", VENDOR_ROOT, "arn:aws:iam::444455556666:root", EXTERNAL_ID]
) | st.text(max_size=8)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXTS, inner, max_size=2),
    max_leaves=4,
)


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for key, item in items for inner in _paths(item, (*path, key)))]


def _meaning(document: object) -> object:
    """A form in which two policies are equal when IAM reads them alike: lists are sets, one is a list of one."""
    if isinstance(document, dict):
        return tuple(sorted(((key, repr(_meaning(item))) for key, item in document.items()), key=str))
    if isinstance(document, list):
        return tuple(sorted(repr(_meaning(item)) for item in document))
    return (repr(document),)


def _mutated(data: st.DataObject, document: dict[str, Any]) -> object:
    made: Any = copy.deepcopy(document)
    path = data.draw(st.sampled_from(_paths(document)[1:]))
    parent = made
    for step in path[:-1]:
        parent = parent[step]
    kind = data.draw(st.sampled_from(["drop", "replace", "add"]))
    if kind == "drop":
        del parent[path[-1]]
    elif kind == "replace":
        parent[path[-1]] = data.draw(_VALUES)
    elif isinstance(parent, list):
        parent.append(data.draw(_VALUES))
    else:
        keys = st.sampled_from(["Resource", "NotPrincipal", "NotAction", "Id", "Service", "StringLike"]) | _TEXTS
        parent[data.draw(keys.filter(lambda key: key not in parent))] = data.draw(_VALUES)
    return made


@given(data=st.data(), expected=st.sampled_from([ROOT, EXPECTED, replace(EXPECTED, pin=True), FULL]))
def test_any_mutation_of_a_good_policy_is_refused(data: st.DataObject, expected: Expected) -> None:
    """Dropping, replacing or adding any one element of the expected policy, at any depth, is an error."""
    document: Any = json.loads(json.dumps(Policy(expected_trust(expected)).to_json()))
    mutated = _mutated(data, document)
    if _meaning(mutated) != _meaning(document):
        assert _errors(mutated, expected), mutated


def test_check_trust_takes_a_policy() -> None:
    """The policy as a value is judged like its JSON."""
    assert check_trust(Policy((ENTER,)), EXPECTED, "trust") == ()
    assert [finding.rule for finding in check_trust(Policy(()), EXPECTED, "trust")] == ["trust-grammar"]
