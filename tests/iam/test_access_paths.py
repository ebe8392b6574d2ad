from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deputize.iam.trust import evaluate_trust
from deputize.iam.trust.access_paths import Trusted, find_access_paths

VENDOR = "111122223333"
OTHER = "444455556666"
ROOT = f"arn:aws:iam::{VENDOR}:root"
SCAN = f"arn:aws:iam::{VENDOR}:role/app/scan"
ID = "acme-7d4c0b9e-2f7a"
SECOND = "acme-00000000-1111"
NEEDS_ID = {"StringEquals": {"sts:ExternalId": ID}}
ANYBODY = Trusted("aws", VENDOR)
ONLY_SCAN = Trusted("aws", VENDOR, (SCAN,))
GONE: Any = object()


def statement(**changes: Any) -> dict[str, Any]:
    """A statement as it should be, with elements changed, added or (GONE) left out."""
    found = {
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": "sts:AssumeRole",
        "Condition": NEEDS_ID,
        **changes,
    }
    return {key: value for key, value in found.items() if value is not GONE}


def policy(*statements: dict[str, Any], version: Any = "2012-10-17") -> dict[str, Any]:
    """A policy of these statements."""
    return {key: value for key, value in (("Version", version), ("Statement", list(statements))) if value is not GONE}


def asks(operator: str, value: Any, key: str = "sts:ExternalId") -> dict[str, Any]:
    """A policy whose one condition is this."""
    return policy(statement(Condition={operator: {key: value}}))


# The bad trust policies of which other tools miss many, and what is wrong with each: nothing where it keeps even the
# vendor out, or differs only in form.
BAD: dict[str, tuple[dict[str, Any], set[str]]] = {
    "no condition": (
        policy(statement(Condition=GONE)),
        {"no-id", "other-case", "prefix", "longer", "wrong-id"},
    ),
    "everyone": (policy(statement(Principal="*")), {"anyone", "service"}),
    "every AWS identity": (policy(statement(Principal={"AWS": "*"})), {"anyone", "unknown"}),
    "like anything": (asks("StringLike", "*"), {"other-case", "prefix", "longer", "wrong-id"}),
    "equal to a star": (asks("StringEquals", "*"), set()),
    "if exists": (asks("StringEqualsIfExists", ID), {"no-id"}),
    "for all values": (asks("ForAllValues:StringEquals", ID), {"no-id"}),
    "not principal": (
        policy(statement(Principal=GONE, NotPrincipal={"AWS": f"arn:aws:iam::{OTHER}:root"})),
        {"anyone", "unknown", "service"},
    ),
    "misspelt key": (asks("StringEquals", ID, "sts:ExternalIdd"), {"unknown"}),
    "key of another service": (asks("StringEquals", ID, "aws:ExternalId"), {"unknown"}),
    "condition on the other statement": (
        policy(statement(Action="sts:TagSession"), statement(Condition=GONE)),
        {"no-id", "other-case", "prefix", "longer", "wrong-id", "unknown"},
    ),
    "one statement lacks it": (
        policy(statement(), statement(Condition=GONE)),
        {"no-id", "other-case", "prefix", "longer", "wrong-id"},
    ),
    "several tenants": (asks("StringEquals", [ID, SECOND]), {"second-id"}),
    "all of STS": (policy(statement(Action="sts:*")), {"unknown"}),
    "all actions": (policy(statement(Action="*")), {"unknown"}),
    "all but one ID": (
        asks("StringNotEquals", SECOND),
        {"no-id", "other-case", "prefix", "longer", "wrong-id"},
    ),
    "any ID": (asks("Null", "false"), {"other-case", "prefix", "longer", "wrong-id"}),
    "misspelt operator": (asks("StringEqual", ID), {"unknown"}),
    "misspelt element": (policy(statement(Condition=GONE, condition=NEEDS_ID)), {"unknown"}),
    "an ID of one character": (asks("StringEquals", "7"), set()),
    "an ID that STS refuses": (asks("StringEquals", "a b"), set()),
    "a resource": (policy(statement(Resource="*")), {"unknown"}),
    "ten digits": (policy(statement(Principal={"AWS": "arn:aws:iam::1111222233:root"})), {"unknown"}),
    "any that begins so": (
        asks("ForAnyValue:StringLike", "acme-*"),
        {"other-case", "prefix", "longer", "wrong-id"},
    ),
    "no version": (policy(statement(), version=GONE), set()),
    "old version": (policy(statement(), version="2008-10-17"), set()),
    "web identity for an account": (policy(statement(Action="sts:AssumeRoleWithWebIdentity")), set()),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_policies(name: str) -> None:
    """Each way in is found that is one, and each example of one does get in."""
    bad, kinds = BAD[name]
    ways = find_access_paths(bad, ANYBODY, (ID,))
    assert {way.kind for way in ways} == kinds
    for way in ways:
        found = evaluate_trust(
            bad, principal=way.principal, external_id=way.external_id, action=way.action, context=way.context
        )
        assert (found.outcome, found.statements) == ("unknown" if way.kind == "unknown" else "allow", way.statements)
        assert ID not in way.sentence
        assert SECOND not in way.sentence


def test_there_are_27_bad_policies() -> None:
    """The table is whole."""
    assert len(BAD) == 27


ONLY_SCAN_ARN = {"ArnEquals": {"aws:PrincipalArn": SCAN}}
TAGS = Trusted("aws", VENDOR, (), ("sts:TagSession",))
GOOD: dict[str, tuple[dict[str, Any], Trusted]] = {
    "account": (policy(statement()), ANYBODY),
    "bare account": (policy(statement(Principal={"AWS": VENDOR})), ANYBODY),
    "one statement": ({"Version": "2012-10-17", "Statement": statement()}, ANYBODY),
    "key in another case": (asks("StringEquals", ID, "sts:ExternalID"), ANYBODY),
    "like without wildcards": (asks("StringLike", ID), ANYBODY),
    "null too": (policy(statement(Condition={**NEEDS_ID, "Null": {"sts:ExternalId": "false"}})), ANYBODY),
    "stricter": (policy(statement(Condition={**NEEDS_ID, "Bool": {"aws:MultiFactorAuthPresent": "true"}})), ANYBODY),
    "tags": (policy(statement(Action=["sts:AssumeRole", "sts:TagSession"])), TAGS),
    "tags apart": (policy(statement(), statement(Action="sts:TagSession", Condition=GONE)), TAGS),
    "named role": (policy(statement(Condition={**NEEDS_ID, **ONLY_SCAN_ARN})), ONLY_SCAN),
    "pinned role": (policy(statement(Principal={"AWS": SCAN})), ONLY_SCAN),
    "a deny that is the door": (
        policy(
            statement(Condition=GONE),
            statement(Effect="Deny", Principal="*", Condition={"StringNotEquals": {"sts:ExternalId": ID}}),
        ),
        ANYBODY,
    ),
    "nobody": (policy(statement(Effect="Deny", Principal="*", Condition=GONE)), ANYBODY),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_policies(name: str) -> None:
    """Nothing is found where only the meant request gets in, however it is written."""
    good, trusted = GOOD[name]
    assert find_access_paths(good, trusted, (ID,)) == ()


@pytest.mark.parametrize(
    ("trust", "trusted", "kinds"),
    [
        (policy(statement()), ONLY_SCAN, {"other-role"}),
        (policy(statement(Condition={**NEEDS_ID, "StringLike": {"aws:username": "bot-*"}})), ONLY_SCAN, {"other-role"}),
        (
            policy(statement(Principal="*", Condition={**NEEDS_ID, "StringLike": {"aws:PrincipalAccount": "4444*"}})),
            ANYBODY,
            {"anyone", "unknown"},
        ),
        # A session of the role by that name, wherever the role really is.
        (
            policy(
                statement(
                    Principal={"AWS": f"arn:aws:iam::{VENDOR}:role/p/other"},
                    Condition={**NEEDS_ID, "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{VENDOR}:role/x/*"}},
                )
            ),
            ONLY_SCAN,
            {"unknown"},
        ),
        # What aws:PrincipalArn is for an AWS service is not documented.
        (policy(statement(Principal="*", Condition={**NEEDS_ID, **ONLY_SCAN_ARN})), ONLY_SCAN, {"unknown"}),
        (policy(statement(Principal={"AWS": [SCAN, f"{ROOT[:-5]}:user/Ann"]})), ONLY_SCAN, {"other-role"}),
        (
            policy(statement(Condition={**NEEDS_ID, "ArnLike": {"aws:PrincipalArn": SCAN[:-1] + "*"}})),
            ONLY_SCAN,
            {"other-role"},
        ),
        (policy(statement(Principal={"AWS": [VENDOR, OTHER]})), ANYBODY, {"other-account"}),
        (policy(statement(), statement(Principal={"AWS": OTHER}, Condition=GONE)), ANYBODY, {"other-account"}),
        (asks("StringEqualsIgnoreCase", ID), ANYBODY, {"other-case"}),
        (asks("StringLike", ID + "?"), ANYBODY, {"longer"}),
        (asks("StringLike", "*-2f7a"), ANYBODY, {"other-case", "wrong-id"}),
        (asks("NumericEquals", "12345"), ANYBODY, {"unknown"}),
        (asks("StringEquals", "${aws:PrincipalTag/tenant}"), ANYBODY, {"unknown"}),
        (
            policy(statement(Principal="*", Condition={**NEEDS_ID, "StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
            ANYBODY,
            {"unknown"},
        ),
        (
            policy(statement(), statement(Principal={"Service": "ec2.amazonaws.com"}, Condition=GONE)),
            ANYBODY,
            {"service"},
        ),
        (
            policy(
                statement(),
                statement(
                    Principal={"Federated": f"arn:aws:iam::{OTHER}:saml-provider/Okta"},
                    Action="sts:AssumeRoleWithSAML",
                    Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
                ),
            ),
            ANYBODY,
            {"unknown"},
        ),
        (policy(statement(), statement(Action="sts:SetSourceIdentity", Condition=GONE)), TAGS, {"other-action"}),
        (policy(statement(), statement(Action="sts:TagSession", Condition=GONE)), ANYBODY, {"other-action"}),
        (policy(statement(NotAction="sts:AssumeRole", Action=GONE)), ANYBODY, {"unknown"}),
    ],
)
def test_other_ways_in(trust: dict[str, Any], trusted: Trusted, kinds: set[str]) -> None:
    """Other roles, accounts, cases, services, providers and actions are found where they get in."""
    assert {way.kind for way in find_access_paths(trust, trusted, (ID,))} == kinds


NOT_UNDERSTOOD = [
    *(
        ("Service", value)
        for value in (
            "*",
            "*.amazonaws.com",
            "EC2.AMAZONAWS.COM",
            "ec2",
            "ec2.amazonaws.com.",
            "ec2.c2s.ic.gov",
            "aes.aws.internal",
            "elasticmapreduce.api.aws",
            "cognito-identity.amazonaws.com",
            "\u212ams.amazonaws.com",
            SCAN,
        )
    ),
    *(
        ("Federated", value)
        for value in (
            "*",
            "Accounts.Google.com",
            "https://x.example.com",
            "localhost",
            "x.amazonaws.com",
            OTHER,
            SCAN,
            f"arn:aws:iam::{OTHER}:saml-provider/*",
        )
    ),
    *(
        ("AWS", value)
        for value in ("AROAEXAMPLE", "aroaexampleexample123", "localhost", "ec2.amazonaws.com", "x" * 2000)
    ),
]
# All that this condition leaves is what is meant, or what the policy's own kinds of callers do not have.
OWN_ONLY = {**NEEDS_ID, "StringEquals": {**NEEDS_ID["StringEquals"], "aws:PrincipalAccount": VENDOR}}


@pytest.mark.parametrize("condition", [GONE, NEEDS_ID, OWN_ONLY], ids=["open", "with the ID", "own account"])
@pytest.mark.parametrize(("kind", "value"), NOT_UNDERSTOOD)
def test_a_principal_that_is_not_understood(kind: str, value: str, condition: Any) -> None:
    """Whatever a further statement asks for, one for nobody knows whom is never counted as closed."""
    action = "sts:AssumeRoleWithWebIdentity" if kind == "Federated" else "sts:AssumeRole"
    odd = statement(Principal={kind: value}, Action=action, Condition=condition)
    ways = find_access_paths(policy(statement(), odd), ANYBODY, (ID,))
    assert [way for way in ways if way.statements == (1,)], ways
    assert {way.kind for way in ways} <= {"unknown"}
    assert not any(value in way.sentence for way in ways if len(value) > 3)


def test_a_principal_that_is_not_understood_beside_one_that_is() -> None:
    """A known way in through a statement does not hide that it names somebody who is not understood."""
    odd = statement(Principal={"Service": ["ec2.amazonaws.com", "*"]}, Condition=GONE)
    assert {way.kind for way in find_access_paths(policy(statement(), odd), ANYBODY, (ID,))} == {"service", "unknown"}


@pytest.mark.parametrize("gone", ["AROAEXAMPLEEXAMPLEEXA", "AIDAEXAMPLEEXAMPLEEXA"])
def test_the_unique_id_of_a_deleted_principal_lets_nobody_in(gone: str) -> None:
    """Neither by itself, nor beside the role that is meant; who gets in by the same statement is still told."""
    assert find_access_paths(policy(statement(Principal={"AWS": gone}, Condition=GONE)), ANYBODY, (ID,)) == ()
    assert find_access_paths(policy(statement(Principal={"AWS": [gone, SCAN]})), ONLY_SCAN, (ID,)) == ()
    odd = statement(Principal={"AWS": [f"arn:aws:iam::{OTHER}:root", gone]}, Condition=GONE)
    found = find_access_paths(policy(odd), ANYBODY, (ID,))
    assert {one.kind for one in found} == {"other-account"}


def test_an_example_fits_the_wildcard() -> None:
    """For an ID with a wildcard the example is one that it lets in and no ID of the tenant."""
    ways = {way.kind: way for way in find_access_paths(asks("StringLike", "acme-*"), ANYBODY, (ID,))}
    assert ways["wrong-id"].external_id == "acme-any"
    assert ways["wrong-id"].sentence == "Statement 1 lets the vendor in with an external ID that is not the tenant's."


def test_two_ids_during_a_rotation() -> None:
    """Both IDs of a tenant may enter; each other's near misses may not."""
    assert find_access_paths(asks("StringEquals", [ID, SECOND]), ANYBODY, (ID, SECOND)) == ()


def test_another_partition() -> None:
    """STS does not cross partitions, so a principal of another one lets nobody in."""
    assert (
        find_access_paths(policy(statement(Principal={"AWS": "arn:aws-cn:iam::111122223333:root"})), ANYBODY, (ID,))
        == ()
    )


def test_a_policy_too_intricate_to_try_out() -> None:
    """When there would be too many kinds of IDs the answer is unknown, and comes soon."""
    many = [f"*{'a' * number}?{'b' * number}*c*{'d' * number}*" for number in range(1, 40)]
    assert {way.kind for way in find_access_paths(asks("StringLike", many), ANYBODY, (ID,))} == {"unknown"}


def test_a_statement_that_cannot_be_tried_out_hides_no_other() -> None:
    """Each has its own number in what is said, wherever it stands."""
    odd = statement(Principal="*", Condition={"DateGreaterThan": {"sts:externalid": "Acme-*"}})
    found = find_access_paths(policy(odd, statement(Condition=GONE)), ANYBODY, (ID,))

    without = next(one for one in found if one.kind == "no-id")
    assert (without.statements, without.sentence) == ((1,), "Statement 2 lets the vendor in without an external ID.")
    assert [one.statements for one in found if one.kind == "unknown"] == [(0,)]


# Short texts over few letters, so that wildcards, cases and prefixes meet often.
IDS = st.text("abA", min_size=2, max_size=4)
PATTERNS = st.text("abA*?", min_size=1, max_size=4)
ACCOUNTS = (VENDOR, OTHER, "999999999999")
ARNS = [f"arn:aws:iam::{one}:{what}" for one in ACCOUNTS[:2] for what in ("root", "user/ab", "role/ab", "role/p/ab")]
CALLERS = [
    f"arn:aws:{what}"
    for one in ACCOUNTS
    for what in (
        *(f"iam::{one}:{name}" for name in ("root", "user/ab", "user/p/ba", "role/ab", "role/p/ab", "role/zz")),
        f"sts::{one}:assumed-role/ab/s",
        f"sts::{one}:assumed-role/zz/s",
        f"sts::{one}:federated-user/ab",
    )
] + ["ec2.amazonaws.com", "accounts.google.com", f"arn:aws:iam::{VENDOR}:saml-provider/p"]
FORMS = ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringLike", "StringNotLike")
ARN_FORMS = ("ArnEquals", "ArnNotLike", "StringLike", "StringNotEquals")
PREFIXES, SUFFIXES = st.sampled_from(("", "", "ForAllValues:", "ForAnyValue:")), st.sampled_from(("", "", "IfExists"))
ARN_PATTERNS = st.sampled_from(
    [*ARNS, f"arn:aws:iam::{VENDOR}:role/*", "arn:aws:iam::*:role/a?", "arn:*:iam::4*:user/*", "*"]
)
OPERATORS = st.builds("{}{}{}".format, PREFIXES, st.sampled_from(FORMS), SUFFIXES)
CLAUSES = st.one_of(
    st.tuples(OPERATORS, st.just("sts:ExternalId"), st.lists(PATTERNS, min_size=1, max_size=2)),
    st.tuples(st.sampled_from(ARN_FORMS), st.just("aws:PrincipalArn"), st.lists(ARN_PATTERNS, min_size=1, max_size=2)),
    st.tuples(OPERATORS, st.just("aws:username"), PATTERNS),
    st.tuples(st.sampled_from(FORMS), st.just("aws:PrincipalAccount"), st.sampled_from((VENDOR, "4*", "*3"))),
    st.tuples(st.just("StringEquals"), st.just("aws:SourceVpce"), st.just("vpce-1")),
    st.tuples(st.just("Null"), st.just("sts:ExternalId"), st.sampled_from(("true", "false"))),
)
PRINCIPAL = st.one_of(
    st.just("*"),
    st.fixed_dictionaries(
        {"AWS": st.lists(st.sampled_from([*ARNS, VENDOR, OTHER, *CALLERS[6:8]]), min_size=1, max_size=2)}
    ),
    st.just({"Service": "ec2.amazonaws.com"}),
)
STATEMENTS = st.builds(
    lambda effect, element, who, what, clauses: {
        "Effect": effect,
        element: who,
        "Action": what,
        "Condition": {operator: {key: values} for operator, key, values in clauses},
    },
    st.sampled_from(("Allow", "Allow", "Allow", "Deny")),
    st.sampled_from(("Principal", "Principal", "Principal", "NotPrincipal")),
    PRINCIPAL,
    st.sampled_from(("sts:AssumeRole", "sts:AssumeRole", "sts:*", "sts:TagSession", "sts:AssumeRoleWithSAML")),
    st.lists(CLAUSES, max_size=3),
)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[dict[str, Any], Trusted, tuple[str, ...]]:
    """A policy, whom it should trust and the IDs it should ask for: wild, or a good one that something was done to."""
    roles = draw(st.sampled_from(((), (f"arn:aws:iam::{VENDOR}:role/p/ab",))))
    accepted = tuple(draw(st.lists(IDS, min_size=1, max_size=2, unique=True)))
    if draw(st.booleans()):
        return policy(*draw(st.lists(STATEMENTS, min_size=1, max_size=3))), Trusted("aws", VENDOR, roles), accepted
    who = {"ArnEquals": {"aws:PrincipalArn": list(roles)}} if roles else {}
    good = statement(Condition={"StringEquals": {"sts:ExternalId": list(accepted)}, **who})
    for operator, key, values in draw(st.lists(CLAUSES, max_size=2)):
        good["Condition"].setdefault(operator, {})[key] = values
    return policy(good, *draw(st.lists(STATEMENTS, max_size=1))), Trusted("aws", VENDOR, roles), accepted


REQUESTS = st.fixed_dictionaries(
    {
        "principal": st.sampled_from(CALLERS),
        "external_id": st.none() | IDS,
        "action": st.sampled_from(("sts:AssumeRole", "sts:AssumeRole", "sts:TagSession", "sts:AssumeRoleWithSAML")),
        "context": st.sampled_from(({}, {"aws:SourceVpce": "vpce-1"}, {"aws:SourceVpce": ()})),
    }
)


def _is_meant(request: dict[str, Any], trusted: Trusted, accepted: tuple[str, ...]) -> bool:
    """Written anew here, so that the code does not vouch for itself."""
    principal, own = request["principal"], f"::{VENDOR}:"
    if trusted.roles:
        of_role = principal in trusted.roles or principal == f"arn:aws:sts::{VENDOR}:assumed-role/ab/s"
    else:
        of_role = own in principal and "provider" not in principal
    return of_role and request["action"] == "sts:AssumeRole" and request["external_id"] in accepted


@settings(max_examples=60)
@given(scenes(), st.lists(REQUESTS, min_size=25, max_size=25))
def test_nothing_found_means_nothing_gets_in(
    scene: tuple[dict[str, Any], Trusted, tuple[str, ...]], requests: list[dict[str, Any]]
) -> None:
    """Whatever a random request does that was not meant, a policy in which nothing was found refuses it."""
    trust, trusted, accepted = scene
    ways = find_access_paths(trust, trusted, accepted)
    for request in requests:
        outcome = evaluate_trust(trust, **request).outcome
        if outcome in ("allow", "unknown") and not _is_meant(request, trusted, accepted):
            assert ways, (outcome, request)
    for way in ways:
        found = evaluate_trust(
            trust, principal=way.principal, external_id=way.external_id, action=way.action, context=way.context
        )
        assert found.outcome == ("unknown" if way.kind == "unknown" else "allow")


def test_the_longest_id() -> None:
    """An ID of 1,224 characters is tried out like any other; nothing can stand behind it."""
    longest = "x" * 1224
    assert find_access_paths(asks("StringEquals", longest), ANYBODY, (longest,)) == ()
    ways = find_access_paths(asks("StringLike", "x*"), ANYBODY, (longest,))
    assert {way.kind for way in ways} == {"other-case", "prefix", "wrong-id"}
