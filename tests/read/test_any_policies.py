"""Policies alone in a file, answers of `aws iam`, and files that are neither: told apart and read with their places."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from deputize.model.world import Place
from deputize.read.any import read_any
from deputize.read.recognise import claims

TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "123456789012"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalID": "acme"}},
    },
}
ACCESS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:List*"], "Resource": "*"}]}
ROLE = {
    "Path": "/vendor/",
    "RoleName": "reader",
    "RoleId": "AROAEXAMPLE",
    "Arn": "arn:aws-us-gov:iam::210987654321:role/vendor/reader",
    "AssumeRolePolicyDocument": TRUST,
    "Description": "read",
    "MaxSessionDuration": 7200,
    "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/X"},
    "Tags": [{"Key": "k", "Value": "v"}],
}


def read_file(content: bytes, name: str, choices: dict[str, str]) -> Any:
    """What read_any gives, untyped: tests reach into JSON."""
    return read_any(content, name, choices)


def read(value: object) -> Any:
    """The value as a file of JSON."""
    return read_file(json.dumps(value, indent=2).encode(), "dir/file.json", {})


def statement(**fields: object) -> Any:
    """A policy of one statement."""
    return {"Statement": [{"Effect": "Allow", **fields}]}


@pytest.mark.parametrize(
    ("policy", "kind"),
    [
        (TRUST, "trust"),
        (ACCESS, "access"),
        (statement(Principal="*", Action="*"), "trust"),
        (statement(NotPrincipal={"AWS": "1"}, Action="sts:AssumeRole"), "trust"),
        (statement(Principal={"Service": "ec2.amazonaws.com"}, Action=["sts:AssumeRole", "sts:TagSession"]), "trust"),
        (statement(Principal={"AWS": "*"}, Action="sts:AssumeRole", Resource="*"), "trust"),
        (statement(Principal={"AWS": "*"}, NotAction="sts:TagSession"), "trust"),
        (statement(Principal={"AWS": "*"}), "trust"),
        ({"statement": [{"effect": "Allow", "principal": "*", "action": "STS:AssumeRole"}]}, "trust"),
        (statement(Action="sts:AssumeRole"), "trust"),
        (statement(Action="sts:AssumeRole", Resource="*"), "access"),
        (statement(NotAction="iam:*", Resource="*"), "access"),
        (statement(Action="*", NotResource="x"), "access"),
        (statement(Principal="*", Action="s3:GetObject", Resource="*"), "other"),
        (statement(Principal={"AWS": "1"}, Action="kms:*", Resource="*"), "other"),
        (statement(Principal={"AWS": "1"}, Action=["ecr:BatchGetImage"]), "other"),
        ({"Statement": "text"}, "other"),
        ({"Statement": []}, "other"),
        ({"compilerOptions": {"strict": True}}, "other"),
        ([1, 2], "other"),
    ],
)
def test_a_policy_is_told_by_what_is_in_it(policy: object, kind: str) -> None:
    """A policy is told by what is in it."""
    found = read(policy)
    assert found.kind == kind
    assert found.refused == ()


def test_the_policy_of_a_resource_is_said_to_be_one() -> None:
    """The policy of a resource is said to be one."""
    (note,) = read(statement(Principal="*", Action="s3:GetObject", Resource="*")).notes
    assert note.what.startswith("is the policy of a resource")
    assert read({"name": "x"}).notes == ()


def test_a_trust_policy_alone_is_a_role_of_which_nothing_else_is_known() -> None:
    """A trust policy alone is a role of which nothing else is known."""
    (role,) = read(TRUST).roles
    assert (role.name, role.trust.value, role.own_account, role.policies) == ("file", TRUST, None, ())
    assert role.trust.place(("Statement", "Condition", "StringEquals")) == Place("dir/file.json", 10, 7)
    assert role.trust.place(("Statement", "Principal", "AWS")) == Place("dir/file.json", 6, 14)
    assert role.trust.key(("Statement", "Condition", "StringEquals", "sts:ExternalID")) == Place("dir/file.json", 11, 9)
    assert role.trust.place(("Statement", "Nothing", 3)) == Place("dir/file.json", 3, 3)


def test_an_access_policy_alone() -> None:
    """An access policy alone."""
    (policy,) = read(ACCESS).policies
    assert (policy.name, policy.document.value, policy.delivery) == ("file", ACCESS, "alone")
    assert policy.document.place(("Statement", 0, "Action", 0)) == Place("dir/file.json", 7, 9)


def test_json_keeps_its_types_and_yaml_becomes_text() -> None:
    """JSON keeps its types and YAML becomes text."""
    document = statement(Action="s3:*", Condition={"Bool": {"aws:SecureTransport": True, "n": 1, "z": None}})
    (policy,) = read(document).policies
    assert policy.document.value == document
    text = b"Version: 2012-10-17\nStatement:\n  Effect: Allow\n  Action: s3:*\n  Condition: {Bool: {a: yes, b: 012}}\n"
    (other,) = read_file(text, "p.yaml", {}).policies
    assert other.document.value["Version"] == "2012-10-17"
    assert other.document.value["Statement"]["Condition"] == {"Bool": {"a": "true", "b": "10"}}


@pytest.mark.parametrize("form", ["object", "encoded", "text"])
def test_get_role(form: str) -> None:
    """Get role."""
    written = {"object": TRUST, "encoded": quote(json.dumps(TRUST)), "text": json.dumps(TRUST)}[form]
    found = read({"Role": {**ROLE, "AssumeRolePolicyDocument": written}})
    (role,) = found.roles
    assert (found.kind, role.name, role.trust.value) == ("role", "reader", TRUST)
    assert (role.own_account, role.partition, role.max_session) == ("210987654321", "aws-us-gov", 7200)
    assert (role.path.value, role.description.value, role.boundary.value) == (
        "/vendor/",
        "read",
        "arn:aws:iam::aws:policy/X",
    )
    assert [(key.value, value.value) for key, value in role.tags] == [("k", "v")]
    assert role.trust.place(("Statement", "Action")).line == {"object": 14, "encoded": 7, "text": 7}[form]


def test_other_answers() -> None:
    """Other answers."""
    assert [one.name for one in read({"Roles": [ROLE, {**ROLE, "RoleName": "b"}]}).roles] == ["reader", "b"]
    assert [one.name for one in read(ROLE).roles] == ["reader"]
    (policy,) = read({"RoleName": "r", "PolicyName": "p", "PolicyDocument": ACCESS}).policies
    assert (policy.name, policy.document.value) == ("p", ACCESS)
    (version,) = read({"PolicyVersion": {"Document": ACCESS, "VersionId": "v3"}}).policies
    assert (version.name, version.document.value) == ("v3", ACCESS)
    detail = {
        **ROLE,
        "RolePolicyList": [{"PolicyName": "in", "PolicyDocument": quote(json.dumps(ACCESS))}],
        "AttachedManagedPolicies": [{"PolicyName": "S", "PolicyArn": "arn:aws:iam::aws:policy/SecurityAudit"}],
    }
    (role,) = read({"RoleDetailList": [detail]}).roles
    assert [(one.name, one.delivery, one.document.value) for one in role.policies] == [("in", "inline", ACCESS)]
    assert [one.value for one in role.managed] == ["arn:aws:iam::aws:policy/SecurityAudit"]


def _listed(arn: str, default: str = "v2") -> dict[str, object]:
    versions = [{"VersionId": "v2", "Document": ACCESS}, {"VersionId": "v1", "Document": TRUST}]
    return {"PolicyName": "own", "Arn": arn, "DefaultVersionId": default, "PolicyVersionList": versions}


def test_a_customer_managed_policy_in_an_answer() -> None:
    """The default version of a policy that the answer lists is that of each role that has it; AWS's stay attached."""
    own, elsewhere, aws = (f"arn:aws:iam::{whose}:policy/own" for whose in ("444455556666", "777788889999", "aws"))
    detail = {**ROLE, "AttachedManagedPolicies": [{"PolicyArn": one} for one in (own, elsewhere, aws)]}
    (role,) = read({"RoleDetailList": [detail], "Policies": [_listed(own), _listed(aws)]}).roles
    assert [(one.name, one.delivery, one.document.value) for one in role.policies] == [("own", "managed", ACCESS)]
    assert [one.value for one in role.managed] == [elsewhere, aws]
    (without,) = read({"RoleDetailList": [detail], "Policies": [_listed(own, "v3")]}).roles
    assert [one.value for one in without.managed] == [own, elsewhere, aws]


def test_a_document_in_an_answer_that_is_none() -> None:
    """A document in an answer that is none."""
    for damaged in ("%7B%22Statement%22", "%FF", "{", "{}"):
        (refused,) = read({"Role": {**ROLE, "AssumeRolePolicyDocument": damaged}}).refused
        assert refused.place == Place("dir/file.json", 7, 33)


@pytest.mark.parametrize(
    ("content", "place", "what"),
    [
        (b"\xff\xfe{\0}\0", (1, 1), "is UTF-16"),
        (b"\xfe\xff\0{\0}", (1, 1), "is UTF-16"),
        ('{"a": 1}'.encode("utf-16-le"), (1, 1), "is UTF-16"),
        (b'{\n  "a": "\xff"}', (2, 9), "is not UTF-8: byte 10 cannot be read"),
        (b"PK\x03\x04\0\0\0\0", (1, 3), "has a control character"),
        (b'{"a":\n "\x00"}', (2, 3), "has a control character"),
        (b'{"a": "\\udb80\\udc01"}', (1, 8), "has a private-use character"),
        (b'a: "\\U000F0001"', (1, 5), "has a private-use character"),
        (b"x" * (1024 * 1024 + 1), (1, 1), "has 1048577 bytes; at most 1048576 are read"),
        (b"", (1, 1), "is empty"),
        (b'{"a": 1, "a": 2}', (1, 10), "has the key 'a' twice"),
        (b'{"a": [1, 2}', (1, 12), "is not JSON: a comma or ] is needed here"),
        (b'{"Statement": [', (1, 16), "is not JSON: it ends too early"),
        (b"a: 1\na: 2\n", (2, 1), "has the key 'a' twice"),
        (b"a:\n\t- b\n", (2, 1), "is not YAML: found character that cannot start any token"),
        (b"a: &x [1]\nb: *x\n", (2, 4), "uses a YAML alias (*name)"),
        (b"a: 1\n---\nb: 2\n", (2, 1), "is a second YAML document in one file"),
        (b"<<: {a: b}\n", (1, 1), "uses a YAML merge key (<<)"),
        (b"a: !!python/object x\n", (1, 4), "uses the YAML tag 'tag:yaml.org,2002:python/object'"),
        (b"[" * 100_000, (1, 65), "is nested more than 64 levels deep"),
        (b"- " * 1000, (1, 129), "is nested more than 64 levels deep"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(content: bytes, place: tuple[int, int], what: str) -> None:
    """A file that cannot be read says where."""
    found = read_file(content, "x", {})
    (refused,) = found.refused
    assert (found.kind, refused.what) == ("other", what)
    assert refused.place == Place("x", *place)


@pytest.mark.parametrize("change", [lambda text: b"\xef\xbb\xbf" + text, lambda text: text.replace(b"\n", b"\r\n")])
def test_a_byte_order_mark_and_windows_lines_are_read(change: Any) -> None:
    """A byte order mark and windows lines are read."""
    found = read_file(change(json.dumps(TRUST, indent=2).encode()), "x", {})
    assert found.kind == "trust"
    assert found.roles[0].trust.place(("Statement", "Principal", "AWS")) == Place("x", 6, 14)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("AWSTemplateFormatVersion: '2010-09-09'\n\t", True),
        ('"Resources":\n  R:\n    Type: AWS::IAM::Role\nA: 1\nA: 2', True),
        ("# x\n{Resources: {R: {Type: AWS::IAM::Role}}}", True),
        ("Resources:\n  R:\n    Type: >-\n      AWS::IAM::Role\n x", True),
        ("Resources:\n  R:\n    Type: !!str AWS::IAM::Role\n x", True),
        ('---\n{"Resources": {"R": {"Type": "AWS::IAM::Role"}}, "A": 1, "A": 2}', True),
        ('// x\n{"Resources": {"R": {"Type": "AWS::IAM::Role"}}}', True),
        ('{"Resourc\\u0065s": {"R": {"T\\u0079pe": "AW\\u0053::IAM::Role"}}, "a": 1, "a": 2}', True),
        ('Resources: {R: {"Type": "\\x41WS\\U0000003a:IAM::\\\n  Role"}}\n x', True),
        ('a: 1\n---\n{"Statement": [{"Action": "*", "Effect": &a "Allow"}]}', True),
        ("%7B%22Effect%22%3A%22Allow%22", True),
        ('Description: "a\n```\n"\nResources:\n  R:\n    Type: AWS::IAM::Role\n x', True),
        ("apiVersion: {{ x }}\nSideEffects: None\nAllowed: Effectively\n", False),
        ("Resources:\n  A:\n    Type: AWS::S3::Bucket\n  - x", True),
        ("Statement:\n- Effect: Allow\n - x", True),
        ('{"Resources": {"A": {"Type": "AWS::IAM::Role", ', True),
        ('{"Statement": [{"Effect": "Allow",}]}', True),
        ('{"Role": {"AssumeRolePolicyDocument": {', True),
        ("name: AWSTemplateFormatVersion\n", False),
        ("# AWSTemplateFormatVersion of: x\n", False),
        ('{"name": "x", ', False),
        ("Statement: of work\n", False),
        ("", False),
    ],
)
def test_a_file_claims_to_be_a_template_or_policy_by_its_own_keys(text: str, said: bool) -> None:
    """However the text is quoted, escaped or laid out."""
    assert claims(text, "a/b.yaml") is said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Text\n```\nAWSTemplateFormatVersion: x\n```\n", False),
        ('policy = {\n    "Effect": "Allow",\n    "Type": "AWS::IAM::Role",\n', False),
        ("Resources:\n  A:\n    Type: AWS::S3::Bucket\n  - x", True),
        ('"Resources":\n  A:\n    Type: AWS::S3::Bucket\n  - x', True),
        ('{"Statement": [{"Effect": "Allow",}]}', True),
    ],
)
def test_prose_and_programs_may_speak_of_policies(text: str, said: bool) -> None:
    """A file whose name is none of a template's claims to be one by its form alone."""
    assert claims(text, "a/b.py") is said
