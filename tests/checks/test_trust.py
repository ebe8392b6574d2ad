"""Trust policies that are wrong: by the judge, with what is expected, and in a bundle whose sums were made to fit."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deputize.checks.findings import role_findings
from deputize.checks.judge import judge
from deputize.checks.judgement import Judgement
from deputize.checks.opened import rendered, role_for
from deputize.checks.verdict import of_every_role, trust_verdict
from deputize.iam.arn import RoleArn
from deputize.jobs.expectations import expectation_of
from deputize.jobs.lint.bundle import lint_bundle
from deputize.model.expectations import BOTH_SESSION_ACTIONS, Expectation, Expectations, literals
from deputize.model.role import Role
from deputize.model.spec import SessionSpec, Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import Files, Finding, Severity
from deputize.model.world import World
from deputize.read.world import raw_role

VENDOR_ACCOUNT, OWN_ACCOUNT, STRANGER = "111122223333", "444455556666", "777788889999"
VENDOR_ROOT = f"arn:aws:iam::{VENDOR_ACCOUNT}:root"
VENDOR_ROLE = f"arn:aws:iam::{VENDOR_ACCOUNT}:role/reader"
STRANGER_ROOT = f"arn:aws:iam::{STRANGER}:root"
EXTERNAL_ID, OTHER_ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11", "9f0c2f6e-55a1-4c52-8d0b-7e6f8d3b9a10"
ARN = RoleArn("aws", OWN_ACCOUNT, "/", "example-a-company")

# The vendor trusts its whole account here, as most templates in the world do: nothing but the ID keeps others out.
ROOT = Expectation((VENDOR_ACCOUNT,), external_ids=literals((EXTERNAL_ID,)), session_actions=(), partition="aws")
NAMED = replace(ROOT, vendor_roles=(VENDOR_ROLE,))
VENDOR = Vendor("example", english("Example"), (VendorAccount("aws", VENDOR_ACCOUNT),))
TENANT = Tenant("a-company", (EXTERNAL_ID,))


def _policy(*statements: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **changes}


# Of the old language a variable is plain text.
OF_A_TEAM = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID, "aws:PrincipalTag/team": "${aws:PrincipalAccount}"}}


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
    "no condition": (_policy(NO_CONDITION), "external-id-missing"),
    "principal is anyone": (_policy(_statement(Principal="*")), "trust-anyone"),
    "AWS principal is anyone": (_policy(_statement(Principal={"AWS": "*"})), "trust-anyone"),
    "StringLike with a wildcard": (_policy(_needs("StringLike", "*")), "external-id-operator"),
    "literal asterisk": (_policy(_needs("StringEquals", "*")), "external-id-illegal"),
    "IfExists": (_policy(_needs("StringEqualsIfExists", EXTERNAL_ID)), "external-id-operator"),
    "ForAllValues": (_policy(_needs("ForAllValues:StringEquals", EXTERNAL_ID)), "external-id-operator"),
    "NotPrincipal": (_policy(_statement(Principal=None, NotPrincipal={"AWS": STRANGER_ROOT})), "trust-not-principal"),
    "misspelt key": (_policy(_needs("StringEquals", EXTERNAL_ID, "sts:ExternalIdd")), "external-id-key"),
    "key of another service": (_policy(_needs("StringEquals", EXTERNAL_ID, "aws:ExternalId")), "external-id-key"),
    "condition at the other statement": (
        _policy(NO_CONDITION, _statement(Sid="TagSession", Action="sts:TagSession")),
        "external-id-elsewhere",
    ),
    "second statement lacks it": (_policy(_statement(), {**NO_CONDITION, "Sid": "Two"}), "external-id-skipped"),
    "several tenants": (_policy(_needs("StringEquals", [EXTERNAL_ID, OTHER_ID])), "external-id-unexpected"),
    "every STS action": (_policy(_statement(Action="sts:*")), "trust-action"),
    "every action": (_policy(_statement(Action="*")), "trust-action"),
    "StringNotEquals": (_policy(_needs("StringNotEquals", EXTERNAL_ID)), "external-id-operator"),
    "only that an ID is sent": (_policy(_needs("Null", "false")), "external-id-operator"),
    "misspelt operator": (_policy(_needs("StringEqual", EXTERNAL_ID)), "policy-operator"),
    "element in lower case": (
        _policy({**NO_CONDITION, "condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}),
        "policy-element",
    ),
    "ID of one character": (_policy(_needs("StringEquals", "x")), "external-id-illegal"),
    "Resource": (_policy(_statement(Resource="*")), "policy-element"),
    "account of 10 digits": (
        _policy(_statement(Principal={"AWS": "arn:aws:iam::1111222233:root"})),
        "trust-principal-malformed",
    ),
    "ForAnyValue with a wildcard": (_policy(_needs("ForAnyValue:StringLike", "acme-*")), "external-id-operator"),
    "no Version": ({"Statement": [_statement(Condition=OF_A_TEAM)]}, "policy-version"),
    "Version of 2008": (_policy(_statement(Condition=OF_A_TEAM), Version="2008-10-17"), "policy-version"),
    "web identity beside an AWS principal": (
        _policy(_statement(Action="sts:AssumeRoleWithWebIdentity")),
        "trust-web-identity",
    ),
    "ID with characters that STS refuses": (_policy(_needs("StringEquals", "a b")), "external-id-illegal"),
}

# More ways to be wrong, of our own finding.
ALSO_BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no statement": (_policy(), "policy-grammar"),
    "Deny": (_policy(_statement(Effect="Deny")), "trust-vendor-kept-out"),
    "another account": (_policy(_statement(Principal={"AWS": STRANGER_ROOT})), "trust-principal-unexpected"),
    "another partition": (
        _policy(_statement(Principal={"AWS": f"arn:aws-cn:iam::{VENDOR_ACCOUNT}:root"})),
        "partition-crossed",
    ),
    "federated": (_policy(_statement(Principal={"Federated": "accounts.google.com"})), "trust-principal-unexpected"),
    "service beside the vendor": (
        _policy(_statement(Principal={"AWS": VENDOR_ROOT, "Service": "ec2.amazonaws.com"})),
        "trust-principal-unexpected",
    ),
    "no principal": (_policy(_statement(Principal=None)), "policy-grammar"),
    "NotAction": (_policy(_statement(Action=None, NotAction="iam:*")), "trust-action"),
    "StringEqualsIgnoreCase": (_policy(_needs("StringEqualsIgnoreCase", EXTERNAL_ID)), "external-id-operator"),
    "ID in capitals": (_policy(_needs("StringEquals", EXTERNAL_ID.upper())), "external-id-unexpected"),
    "ID with a line break": (_policy(_needs("StringEquals", f"{EXTERNAL_ID}\n")), "external-id-illegal"),
    "wildcard action that includes entry": (_policy(_statement(Action="STS:assume?ole")), "trust-action"),
    "source identity that nobody asked for": (
        _policy(_statement(), _statement(Sid="SetSourceIdentity", Action="sts:SetSourceIdentity", Condition=None)),
        "trust-action",
    ),
    "a list": ([], "policy-grammar"),  # type: ignore[dict-item]
}

# These let in the vendor with its ID and nobody else, so the judge is silent; they are not what deputize writes.
OTHERWISE_WRITTEN: dict[str, dict[str, Any]] = {
    "bare account ID": _policy(_statement(Principal={"AWS": VENDOR_ACCOUNT})),
    "two conditions on the key": _policy(
        _statement(Condition={"StringEquals": {"sts:ExternalId": EXTERNAL_ID}, "StringLike": {"sts:externalid": "*"}})
    ),
    "an operator without keys": _policy(
        _statement(Condition={"StringEquals": {"sts:ExternalId": EXTERNAL_ID}, "StringLike": {}})
    ),
    "Id": _policy(_statement(), Id="mine"),
    "another Sid": _policy(_statement(Sid="Other")),
}

ALIKE: tuple[dict[str, Any], ...] = (
    GOOD,
    _policy(_needs("StringEquals", [EXTERNAL_ID])),
    _policy(_needs("StringEquals", [EXTERNAL_ID, EXTERNAL_ID])),
    {"Version": "2012-10-17", "Statement": _statement()},
    _policy(_statement(Principal={"AWS": [VENDOR_ROOT]}, Action=["sts:AssumeRole"])),
)
IN_ANOTHER_CASE = [_policy(_needs("StringEquals", EXTERNAL_ID, key)) for key in ("sts:externalid", "sts:ExternalID")]


def _judged(document: object, expected: Expectation = ROOT) -> Judgement:
    world = World((raw_role(ARN, document, {}),))
    (judgement,) = judge(world, Expectations(expected, all_roles=True))
    return judgement


def _found(document: object, expected: Expectation = ROOT) -> tuple[Finding, ...]:
    return role_findings((_judged(document, expected),), "role")


def _errors(document: object, expected: Expectation = ROOT) -> set[str]:
    return {finding.rule for finding in _found(document, expected) if finding.severity is Severity.ERROR}


def _resealed(files: Files, path: str, content: bytes) -> Files:
    """`files` with one replaced and the sums in the manifest made to fit, as an attacker would."""
    changed = {**files, path: content}
    manifest = json.loads(changed["manifest.json"])
    manifest["files"] = {path: sha256(data).hexdigest() for path, data in changed.items() if path != "manifest.json"}
    return {**changed, "manifest.json": json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"}


def _bundle_errors(files: Files) -> set[str]:
    """The errors but those that any changed byte, and any change of one format alone, would give."""
    found = {one.rule for one in lint_bundle(files) if one.severity is Severity.ERROR}
    return found - {"bundle-not-rendered", "bundle-formats-differ"}


def _with_trust(files: Files, document: object) -> Files:
    return _resealed(files, "json/trust-policy.json", json.dumps(document).encode())


@pytest.fixture(scope="module")
def bundle() -> Files:
    """One tenant's whole bundle; the vendor trusts its whole account."""
    return rendered(role_for(VENDOR, TENANT))


def test_the_table_of_bad_policies_has_27() -> None:
    """The cases that twelve linters were compared by are all here, and twenty more."""
    assert len(BAD) == 27
    assert len(ALSO_BAD) + len(OTHERWISE_WRITTEN) == 19


@pytest.mark.parametrize(("document", "rule"), [*BAD.values(), *ALSO_BAD.values()], ids=[*BAD, *ALSO_BAD])
def test_bad_trust_policy_is_an_error_that_names_what_is_off(document: dict[str, Any], rule: str) -> None:
    """Every bad trust policy is an error, by the rule that says what is wrong with it."""
    assert rule in _errors(document)


@pytest.mark.parametrize("document", OTHERWISE_WRITTEN.values(), ids=OTHERWISE_WRITTEN)
def test_what_harms_nobody_is_no_error_of_a_role(document: dict[str, Any]) -> None:
    """What lets in the vendor with its ID, and nobody else, is no alarm, however it is written."""
    judged = _judged(document)
    assert _errors(document) == set()
    assert judged.access_paths == ()
    assert judged.vendor_gets_in is not False


@pytest.mark.parametrize(
    "document",
    [*(document for document, _ in (*BAD.values(), *ALSO_BAD.values())), *OTHERWISE_WRITTEN.values()],
    ids=[*BAD, *ALSO_BAD, *OTHERWISE_WRITTEN],
)
def test_a_bundle_with_another_trust_policy_has_an_error(bundle: Files, document: dict[str, Any]) -> None:
    """Whatever else stands in a bundle's trust policy is an error, though its sums were made to fit."""
    assert _bundle_errors(_with_trust(bundle, document)) & {"bundle-role-differs", "bundle-unreadable"}


@pytest.mark.parametrize("document", [*ALIKE, *IN_ANOTHER_CASE])
def test_spellings_that_iam_reads_alike_pass(document: dict[str, Any]) -> None:
    """One or a list of one, a value twice, and a condition key's case make no difference to IAM and none here."""
    assert [one.rule for one in _found(document)] == ["trust-whole-account"]
    assert _judged(document).vendor_gets_in is True


@pytest.mark.parametrize("document", ALIKE)
def test_a_list_of_one_is_no_other_role(bundle: Files, document: dict[str, Any]) -> None:
    """In a bundle too, one and a list of one are the same role."""
    assert _bundle_errors(_with_trust(bundle, document)) == set()


def test_another_tenants_id_is_not_quoted(bundle: Files) -> None:
    """A finding about an ID that is not this tenant's never prints it: it may be another tenant's."""
    document = BAD["several tenants"][0]
    found = (*_found(document), *lint_bundle(_with_trust(bundle, document)))
    assert {"external-id-unexpected", "external-id-several"} <= {finding.rule for finding in found}
    assert OTHER_ID not in json.dumps([finding.message for finding in found])


def test_both_ids_of_a_rotation_pass() -> None:
    """During a rotation both IDs pass, in either order; the vendor is kept out when its first is missing."""
    both = replace(ROOT, external_ids=literals((EXTERNAL_ID, OTHER_ID)))
    for ids in ([EXTERNAL_ID, OTHER_ID], [OTHER_ID, EXTERNAL_ID]):
        assert _errors(_policy(_needs("StringEquals", ids)), both) == set()
    assert _judged(GOOD, both).vendor_gets_in is True
    assert _judged(_policy(_needs("StringEquals", OTHER_ID)), both).vendor_gets_in is False


def test_a_bundle_needs_both_ids_of_a_rotation() -> None:
    """A bundle that is made for two IDs and takes one of them is an error, and so is the same ID twice."""
    role = role_for(VENDOR, replace(TENANT, external_ids=(EXTERNAL_ID, OTHER_ID)))
    files = rendered(role)
    turned = _policy(_needs("StringEquals", [OTHER_ID, EXTERNAL_ID]))
    assert _bundle_errors(_with_trust(files, turned)) == set()
    for ids in ([EXTERNAL_ID], [OTHER_ID], [EXTERNAL_ID, EXTERNAL_ID]):
        document = _policy(_needs("StringEquals", ids))
        assert _bundle_errors(_with_trust(files, document)) == {"bundle-role-differs"}


def _role(roles: tuple[str, ...], session: SessionSpec, *, pin: bool) -> Role:
    accounts = (VendorAccount("aws", VENDOR_ACCOUNT, roles, pin=pin),)
    return role_for(replace(VENDOR, accounts=accounts, session=session), TENANT)


@pytest.mark.parametrize("source_identity", [True, False])
@pytest.mark.parametrize("tag_keys", [(), ("project", "run")])
@pytest.mark.parametrize(("roles", "pin"), [((), False), ((VENDOR_ROLE,), False), ((VENDOR_ROLE,), True)])
def test_every_form_passes_and_is_refused_for_any_other_expectation(
    source_identity: bool, tag_keys: tuple[str, ...], roles: tuple[str, ...], pin: bool
) -> None:
    """What a vendor asks for has no error; the same policy is one where somebody else, or less, is expected."""
    role = _role(roles, SessionSpec(source_identity, tag_keys), pin=pin)
    document, expected = role.resolved().trust.to_json(), expectation_of(role)
    assert _errors(document, expected) == set()
    assert _judged(document, expected).vendor_gets_in is True
    others = [
        replace(expected, vendor_accounts=(STRANGER,), vendor_roles=()),
        replace(expected, external_ids=literals((OTHER_ID,))),
        replace(expected, vendor_roles=(f"arn:aws:iam::{VENDOR_ACCOUNT}:role/writer",)),
        *(replace(expected, session_actions=()) for _ in expected.session_actions or ()),
    ]
    for other in others:
        assert _errors(document, other), other
    (abroad,) = judge(
        World((raw_role(replace(ARN, partition="aws-cn"), document, {}),)),
        Expectations(replace(expected, partition="aws-cn", vendor_roles=()), all_roles=True),
    )
    assert abroad.vendor_gets_in is False
    assert "partition-crossed" in {one.rule for one in role_findings((abroad,), "role")}


@pytest.mark.parametrize(("source_identity", "tag_keys"), [(False, ()), (True, ("project", "run"))])
@pytest.mark.parametrize(("roles", "pin"), [((), False), ((VENDOR_ROLE,), False), ((VENDOR_ROLE,), True)])
def test_a_bundle_with_the_trust_of_another_vendor_file_has_an_error(
    source_identity: bool, tag_keys: tuple[str, ...], roles: tuple[str, ...], pin: bool
) -> None:
    """The trust policy for other session settings or other roles, pinned or not, is another role than was asked for."""
    files = rendered(_role(roles, SessionSpec(source_identity, tag_keys), pin=pin))
    others = (
        _role(roles, SessionSpec(not source_identity, tag_keys), pin=pin),
        _role(roles, SessionSpec(source_identity, ("other",)), pin=pin),
        _role((f"arn:aws:iam::{VENDOR_ACCOUNT}:role/writer",), SessionSpec(source_identity, tag_keys), pin=pin),
        _role(() if roles else (VENDOR_ROLE,), SessionSpec(source_identity, tag_keys), pin=False),
        _role(roles or (VENDOR_ROLE,), SessionSpec(source_identity, tag_keys), pin=not pin),
    )
    for other in others:
        mutated = _with_trust(files, other.resolved().trust.to_json())
        assert "bundle-role-differs" in _bundle_errors(mutated), other.account


def test_named_roles_are_held_to_by_the_condition() -> None:
    """Where the vendor names roles, a policy that lets its whole account in is an error with its own name."""
    assert _errors(GOOD, NAMED) == {"trust-role-unexpected"}
    needs_id = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
    held = _policy(_statement(Condition={**needs_id, "ArnEquals": {"aws:PrincipalArn": VENDOR_ROLE}}))
    assert _errors(held, NAMED) == set()
    # ArnLike and ArnEquals are the same to IAM.
    assert _errors(json.loads(json.dumps(held).replace("ArnEquals", "ArnLike")), NAMED) == set()
    wider = _policy(_statement(Condition={**needs_id, "ArnLike": {"aws:PrincipalArn": f"{VENDOR_ROLE}*"}}))
    assert _errors(wider, NAMED) == {"trust-role-unexpected"}


def test_a_pattern_that_the_vendors_roles_match_does_not_keep_it_out() -> None:
    """Where no role is expected by name, a pattern of the vendor's roles lets it in."""
    needs_id = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
    pattern = f"arn:aws:iam::{VENDOR_ACCOUNT}:role/reader-*"
    judged = _judged(_policy(_statement(Condition={**needs_id, "ArnLike": {"aws:PrincipalArn": pattern}})))
    assert judged.vendor_gets_in is True


def test_without_an_expected_id_the_policys_own_is_tried() -> None:
    """With a vendor expected and no ID, the vendor gets in by the ID that the policy takes, and not by a Deny."""
    any_id = replace(ROOT, external_ids=())
    assert (_judged(GOOD, any_id).vendor_gets_in, _errors(GOOD, any_id)) == (True, set())
    denied = _policy(_statement(Effect="Deny"))
    assert (_judged(denied, any_id).vendor_gets_in, _errors(denied, any_id)) == (False, {"trust-vendor-kept-out"})


@pytest.mark.parametrize(
    "document",
    [
        _policy(_statement(), {**NO_CONDITION, "Sid": "No", "Effect": "Deny"}),
        _policy(_statement(Action="sts:TagSession")),
    ],
    ids=["a Deny of all", "no sts:AssumeRole"],
)
def test_a_policy_that_keeps_the_vendor_out_is_an_error(document: dict[str, Any]) -> None:
    """Nobody gets in, so nothing is vulnerable, and the one who should get in does not: an error says so."""
    assert _errors(document, replace(ROOT, session_actions=BOTH_SESSION_ACTIONS)) == {"trust-vendor-kept-out"}


def test_a_statement_that_cannot_be_tried_out_hides_no_other() -> None:
    """Nobody knows whom the second lets in, and that the first asks for no external ID is told all the same."""
    beside = _statement(Principal="*", Condition={"DateGreaterThan": {"sts:externalid": "Acme-*"}})
    found = _errors(_policy(_statement(Condition={}), beside))

    assert found >= {"external-id-skipped", "external-id-operator"}


def test_an_id_of_a_rotation_is_enough_for_the_lint() -> None:
    """A role that takes the second of two expected IDs does not keep the vendor out for good."""
    both = replace(ROOT, external_ids=literals((EXTERNAL_ID, OTHER_ID)))
    assert _errors(_policy(_needs("StringEquals", OTHER_ID)), both) == set()


def test_what_is_not_clear_of_one_role_is_not_clear_of_all() -> None:
    """Of two roles of which one lets the vendor in and one perhaps, nobody can say that the vendor is kept out."""
    perhaps = _statement(
        Condition={"StringEquals": {"sts:ExternalId": EXTERNAL_ID}, "Bool": {"aws:MultiFactorAuthPresent": "true"}}
    )
    sure, unclear, closed = (
        trust_verdict(_judged(one)) for one in (GOOD, _policy(perhaps), _policy(_statement(Effect="Deny")))
    )
    assert of_every_role((sure, unclear)).lets_in is None
    assert of_every_role((sure, unclear, closed)).lets_in is False
    assert of_every_role((sure, sure)).lets_in is True


BUNDLES = tuple(
    rendered(role)
    for role in (
        _role((), SessionSpec(), pin=False),
        _role((VENDOR_ROLE,), SessionSpec(), pin=False),
        _role((VENDOR_ROLE,), SessionSpec(), pin=True),
        role_for(
            replace(VENDOR, session=SessionSpec(source_identity=True, tag_keys=("project", "run"))),
            replace(TENANT, external_ids=(EXTERNAL_ID, OTHER_ID)),
        ),
    )
)
_TEXTS = st.sampled_from(
    ["*", "", "Allow", "Deny", "sts:AssumeRole", "sts:*", VENDOR_ROOT, STRANGER_ROOT, EXTERNAL_ID]
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
        return tuple(sorted({repr(_meaning(item)) for item in document}))
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


@settings(max_examples=40)
@given(data=st.data(), files=st.sampled_from(BUNDLES))
def test_any_mutation_of_a_good_policy_is_refused(data: st.DataObject, files: Files) -> None:
    """Dropping, replacing or adding any one element of a bundle's trust policy, at any depth, is an error."""
    document = json.loads(files["json/trust-policy.json"])
    mutated = _mutated(data, document)
    if _meaning(mutated) != _meaning(document):
        assert _bundle_errors(_with_trust(files, mutated)), mutated


@pytest.mark.parametrize("path", ["cloudformation/role.yaml", "terraform/main.tf"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (VENDOR_ROOT, "*"),
        (VENDOR_ROOT, STRANGER_ROOT),
        (VENDOR_ROOT, VENDOR_ROLE),
        ('"sts:AssumeRole"', '"sts:*"'),
        ('"sts:AssumeRole"', '"sts:TagSession"'),
        ("StringEquals", "StringLike"),
        ("StringEquals", "StringNotEquals"),
        ("StringEquals", "StringEqualsIfExists"),
        ("sts:ExternalId", "aws:ExternalId"),
        ("AssumeWithExternalId", "Assume"),
    ],
)
def test_a_mutated_template_or_module_is_refused(bundle: Files, path: str, old: str, new: str) -> None:
    """A trust policy changed in the template or the Terraform module alone is an error, for what it is."""
    text = bundle[path].decode()
    assert old in text
    assert _bundle_errors(_resealed(bundle, path, text.replace(old, new).encode()))
