"""`explain`: the golden tellings of a bundle, a template and a policy; who may enter; what is said of the unread."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from deputize.bundle import seal
from deputize.checks.opened import role_for
from deputize.checks.trust.describe import AllowedPrincipal, Needs
from deputize.disk import write_bundle
from deputize.errors import InputError
from deputize.formats import blueprint_of
from deputize.iam.exposure import Grade
from deputize.iam.levels import reading_actions
from deputize.jobs.explain.result import as_json
from deputize.jobs.explain.run import Explanation, explain, explain_bundle, explain_content
from deputize.jobs.explain.text import as_markdown, as_text
from deputize.model.facts import access_facts
from deputize.model.profiles import AllowedSecret, ManagedChoice
from deputize.model.role import Role
from deputize.model.schemas import load_schema
from deputize.model.spec import AccessSpec, Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import Files

FOLDER = Path(__file__).parent / "explained"
ACCOUNT, ID = "111122223333", "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ASKS = {"StringEquals": {"sts:ExternalId": ID}}
FORMS: dict[str, Callable[[Explanation], str]] = {
    "txt": as_text,
    "md": as_markdown,
    "json": lambda found: f"{json.dumps(as_json(found), indent=2)}\n",
}


@cache
def our_role() -> Role:
    """A role that reads a secret and has an AWS managed policy."""
    access = AccessSpec(
        "inventory",
        managed_policies=(ManagedChoice("IAMReadOnlyAccess", english("Reads users.")),),
        allow_secrets=(AllowedSecret("ssm:GetParameter", english("Reads one setting.")),),
    )
    return role_for(
        Vendor("example", english("Example"), (VendorAccount("aws", ACCOUNT),), access=access), Tenant("a", (ID,))
    )


@cache
def bundle() -> Files:
    """Its bundle."""
    return seal(blueprint_of(our_role()).fill(our_role().slots.values()))


def told(name: str) -> Explanation:
    """A golden case told."""
    if name == "bundle":
        return explain_bundle(bundle(), "out/a")
    (path,) = (path for path in (FOLDER / "template.yaml", FOLDER / "policy.json") if path.stem == name)
    return explain_content(path.read_bytes(), path.name, {})


def of(document: object, name: str = "x.json") -> Explanation:
    """A file of this content told."""
    return explain_content(json.dumps(document).encode(), name, {})


def data(found: Explanation) -> dict[str, Any]:
    """It as JSON."""
    return as_json(found)


def trust(**changes: Any) -> dict[str, object]:
    """A trust policy of one statement."""
    made = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole", "Condition": ASKS, **changes}
    statement = {key: value for key, value in made.items() if value is not None}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["bundle", "template", "policy"])
def test_golden(name: str, form: str, update_golden: bool) -> None:
    """Each case in each form; as JSON it fits the schema."""
    found = told(name)
    text = FORMS[form](found)
    golden = FOLDER / f"{name}.told.{form}"
    if update_golden:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
    if form == "json":
        jsonschema.Draft202012Validator(load_schema("explain")).validate(json.loads(text))


def test_a_bundle_is_told_as_its_own_pages_tell_it() -> None:
    """Actions, reasons, exposures and snapshots are those of access.json, and no external ID is in any form."""
    (role,) = data(told("bundle"))["roles"]
    access, facts = role["access"], json.loads(bundle()["access.json"])
    statements = [one for policy in facts["policies"] for one in policy["statements"]]
    assert facts == json.loads(json.dumps(access_facts(our_role(), "en")))
    assert [(one["sid"], one["reason"], one["resources"]) for one in access["statements"]] == [
        (one["sid"], one["reason"], one["resources"]) for one in statements
    ]
    assert [[row["action"] for row in one["actions"]] for one in access["statements"]] == [
        [row["action"] for row in one["actions"]] for one in statements
    ]
    keys = ("name", "version", "date", "reason", "actions_by_service")
    assert [[one[key] for key in keys] for one in access["managed_policies"]] == [
        [one[key] for key in keys] for one in facts["managed_policies"]
    ]
    exposing = [row for one in statements for row in one["actions"] if "exposes" in row]
    exposing += [row for policy in facts["managed_policies"] for row in policy["exposes"]]
    secrets = {row["action"] for row in facts["allowed_secrets"]}
    assert {one["action"] for one in access["exposes"]} == {row["action"] for row in exposing} | secrets
    assert {one["reason"] for one in access["exposes"] if one["grade"] == Grade.SECRET} == {"Reads one setting."}
    assert not any(ID in form(told("bundle")) for form in FORMS.values())


def test_a_changed_bundle_is_told_as_it_stands() -> None:
    """Where a format creates another role than the manifest says, both are told, the other without reasons."""
    path = "json/access-policy.json"
    changed = {**bundle(), path: bundle()[path].replace(b'"ec2:DescribeAddresses"', b'"ec2:TerminateInstances"')}
    assert changed[path] != bundle()[path]
    found = explain_bundle(changed, "out/a")
    assert [one.branch for one in found.told] == ["by cloudformation and terraform", "by json"]
    right, wrong = data(found)["roles"]
    assert [one["action"] for one in wrong["access"]["not_read"]] == ["ec2:TerminateInstances"]
    assert right["access"]["not_read"] == []
    assert {one["reason"] for one in wrong["access"]["statements"]} == {None}
    assert [one.what for one in found.unread] == [
        "the role of json is another than manifest.json says: it is told as it stands there"
    ]


def test_a_bundle_in_parts() -> None:
    """What cannot be read of a bundle is told beside the rest; with nothing left there is nothing to tell."""
    damaged = {**bundle(), "cloudformation/role.yaml": b"Resources: []"}
    found = explain_bundle(damaged, "out/a")
    assert [one.branch for one in found.told] == [""]
    assert [one.where.partition(":")[0] for one in found.unread] == ["cloudformation/role.yaml"]
    nothing = dict.fromkeys(bundle(), b"")
    with pytest.raises(InputError, match=r"manifest.json"):
        explain_bundle(nothing, "out/a")


@pytest.mark.parametrize(
    ("document", "who", "needs"),
    [
        (trust(), f"account {ACCOUNT}", Needs.REQUIRED),
        (trust(Principal={"AWS": ACCOUNT}), f"account {ACCOUNT}", Needs.REQUIRED),
        (trust(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}), f"arn:aws:iam::{ACCOUNT}:role/r", Needs.REQUIRED),
        (trust(Condition=None), f"account {ACCOUNT}", Needs.NOT_REQUIRED),
        (trust(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), f"account {ACCOUNT}", Needs.NOT_REQUIRED),
        (trust(Condition={"StringEqualsIfExists": ASKS["StringEquals"]}), f"account {ACCOUNT}", Needs.NOT_REQUIRED),
        (trust(Condition={"StringLike": {"sts:ExternalId": "abc*"}}), f"account {ACCOUNT}", Needs.LOOSE),
        (trust(Condition={"StringEqualsIgnoreCase": {"sts:ExternalId": "abc"}}), f"account {ACCOUNT}", Needs.LOOSE),
        (trust(Condition={"StringEqual": ASKS["StringEquals"]}), f"account {ACCOUNT}", Needs.UNPROVED),
        (trust(Principal="*"), "anybody", Needs.REQUIRED),
        (trust(Principal="*", Condition=None), "anybody", Needs.NOT_REQUIRED),
        (
            trust(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
            "every account of o-a1b2c3d4e5",
            Needs.NOT_REQUIRED,
        ),
        (trust(Principal=None, NotPrincipal={"AWS": ROOT}), f"everybody but {ROOT}", None),
        (
            trust(Principal={"Service": "ec2.amazonaws.com"}, Condition=None),
            "the AWS service ec2.amazonaws.com",
            Needs.NOT_APPLICABLE,
        ),
        (
            trust(
                Principal={"Federated": "accounts.google.com"}, Action="sts:AssumeRoleWithWebIdentity", Condition=None
            ),
            "the identity provider accounts.google.com",
            Needs.NOT_APPLICABLE,
        ),
    ],
)
def test_who_may_enter(document: object, who: str, needs: Needs | None) -> None:
    """Each principal with what it needs; a need is told only where no way in gainsays it."""
    (role,) = of(document).told
    assert role.trust is not None
    (principal,) = role.trust.principals
    assert principal.who == who
    assert needs is None or principal.external_id is needs
    assert bool(role.trust.faults) or needs in (Needs.REQUIRED, Needs.NOT_APPLICABLE) or "of o-" in who


def test_a_deny_may_ask_for_the_id() -> None:
    """The ID that a Deny asks for is needed as much as one that the Allow asks for."""
    deny = {"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": {"StringNotEquals": ASKS["StringEquals"]}}
    allow = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}
    (role,) = of({"Version": "2012-10-17", "Statement": [allow, deny]}).told
    assert role.trust is not None
    assert role.trust.principals == (
        AllowedPrincipal(f"account {ACCOUNT}", Needs.REQUIRED, ("1 written in the policy",)),
    )


def test_a_parameter_can_be_chosen(tmp_path: Path) -> None:
    """A parameter's value decides the branch, and --role tells of one role only."""
    path = FOLDER / "template.yaml"
    assert {one.name for one in explain(path, {}).told} == {"Reader", "Runner"}
    (role,) = explain(path, {"Secrets": "yes"}, "Reader").told
    assert role.access is not None
    assert "secretsmanager:GetSecretValue" in role.access.facts.actions
    with pytest.raises(InputError, match="--role Nobody: there is no such role; there are Reader, Runner"):
        explain(path, {}, "Nobody")
    with pytest.raises(InputError, match="is no bundle"):
        explain(tmp_path, {})
    write_bundle(tmp_path, "a", bundle())
    assert explain(tmp_path / "a", {}).kind == "bundle"


def test_everything_is_all_that_there_is() -> None:
    """`*` reads all of the surface, NotAction the rest of it; a Deny takes away what it names everywhere."""
    policies = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
    ]
    surfaces = [
        data(of({"Version": "2012-10-17", "Statement": some}))["policies"][0]["access"]["surface"]["reads"]
        for some in (policies[:1], policies[1:2], [policies[0], policies[2]])
    ]
    assert surfaces[0] == reading_actions()
    assert reading_actions() > surfaces[1] == surfaces[2] > 0


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"{", "JSON"),
        (b"Resources: {}\n", "is no template and no policy"),
        (b"\xff\xfe{\0}\0", "UTF-16"),
        (b"", "is empty"),
        (b"hello: world", "is no template and no policy"),
    ],
)
def test_what_is_none_of_these(content: bytes, what: str) -> None:
    """A file that cannot be told of is an error, never an empty explanation."""
    with pytest.raises(InputError, match=what):
        explain_content(content, "x", {})


def test_a_policy_that_is_too_much_is_said_to_be_unread() -> None:
    """It is not expanded without end, as lint does not judge it: what it allows is not told, and that is said."""
    actions = [f"{letter}*:{other}*" for letter in "abcdefgi" for other in "DGL"]
    found = explain_content(
        json.dumps({"Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}}).encode(), "x.json", {}
    )
    assert [one.what for one in found.unread] == ["the policy spans services 24 times: more than 20 are not judged"]
    assert "Could not be read, and may change all of this" in as_text(found)


def test_hostile_texts_are_inert() -> None:
    """Escape sequences, bidi marks and Markdown in a file reach neither a terminal nor a page."""
    evil = "\x1b[31m\u202e[x](javascript:x) <img src=x> `y`\n# Title"
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": evil, "Effect": "Allow", "Action": f"s3:{evil}", "Resource": evil, evil: 1}],
    }
    role = {"Role": {"RoleName": evil, "AssumeRolePolicyDocument": trust(Principal={"AWS": evil, "Service": evil})}}
    for found in (of(policy, f"{evil}.json"), of(role), of(trust(Condition={evil: {evil: evil}}))):
        text, page = as_text(found), as_markdown(found)
        assert all(one.isprintable() or one == "\n" for one in text + page)
        assert not re.search(r"(?<!\\)[<\[`]", page)
        assert not any(line.startswith("# Title") for line in page.splitlines())
        jsonschema.validate(as_json(found), load_schema("explain"))


def test_lists_of_values_are_those_of_the_schema() -> None:
    """Needs, grades and kinds."""
    schema = load_schema("explain")
    principal = schema["$defs"]["trust"]["properties"]["principals"]["items"]["properties"]
    assert principal["external_id"]["enum"] == list(Needs)
    assert schema["$defs"]["access"]["properties"]["exposes"]["items"]["properties"]["grade"]["enum"] == list(Grade)
    assert Counter(schema["properties"]["kind"]["enum"]) == Counter(("bundle", "template", "trust", "access", "role"))


def test_conditions_have_their_values_and_parameters_their_defaults() -> None:
    """What a condition asks for, and whose account it is unless changed, are told; an external ID's value never is."""
    secret = "an-external-id-that-is-not-told"
    text = f"""
Parameters: {{Vendor: {{Type: String, Default: '111122223333'}}}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {{AWS: !Ref Vendor}}
            Action: sts:AssumeRole
            Condition:
              StringEquals: {{'sts:ExternalId': {secret}, 'aws:PrincipalTag/team': scanners}}
              StringLike: {{'aws:External-ID': {secret}}}
              IpAddress: {{'aws:SourceIp': [203.0.113.0/24, 198.51.100.0/24]}}
"""
    told = as_text(explain_content(text.encode(), "role.yaml", {}))
    assert "the account of parameter Vendor (111122223333 unless changed)" in told
    assert "if aws:PrincipalTag/team StringEquals scanners" in told
    assert "if aws:SourceIp IpAddress 203.0.113.0/24, 198.51.100.0/24" in told
    assert secret not in told
