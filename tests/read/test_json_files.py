"""The json/ folder: what it means, and how a damaged one is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from deputize.iam.policy import NamedPolicy, Policy, Statement, aws_principals
from deputize.iam.role import IamRole
from deputize.read.json_files import read_json


def reads(action: str) -> Policy:
    """An access policy."""
    return Policy((Statement(None, "Allow", (action,), ("*",)),))


TRUST = Policy((Statement(None, "Allow", ("sts:AssumeRole",), (), aws_principals("*")),))
FILES = {
    "json/trust-policy.json": json.dumps(TRUST.to_json()),
    "json/access-policy.json": json.dumps(reads("ec2:Describe*").to_json()),
    "json/role.json": json.dumps(
        {
            "RoleName": "Reader",
            "Path": "/x/",
            "Description": "é",
            "MaxSessionDuration": 7200,
            "PermissionsBoundary": "arn:aws:iam::aws:policy/X",
            "Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": ""}],
        },
        indent=2,
    ),
    "json/managed-policy-arns.json": '["arn:aws:iam::aws:policy/B", "arn:aws:iam::aws:policy/A"]',
    "json/deployer-policy.json": "not looked at",
    "README.md": "not looked at",
}
ROLE = IamRole(
    name="Reader",
    path="/x/",
    description="é",
    max_session=7200,
    boundary="arn:aws:iam::aws:policy/X",
    trust=TRUST,
    delivery="managed",
    policies=(NamedPolicy("Reader-access", reads("ec2:Describe*")),),
    managed_arns=("arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"),
    tags=(("a", ""), ("b", "2")),
)


def encoded(**changes: str | None) -> dict[str, bytes]:
    """The files, with those named by their stem replaced, or left out where the change is None."""
    texts: dict[str, str | None] = {**FILES, **{f"json/{stem}.json": text for stem, text in changes.items()}}
    return {path: text.encode() for path, text in texts.items() if text is not None}


def test_the_folder_is_one_role() -> None:
    """Everything but delivery and policy names stands in the files."""
    assert read_json(encoded()) == ROLE
    assert read_json(encoded(), "inline") == replace(ROLE, delivery="inline")


def test_what_may_be_missing() -> None:
    """Without the optional parts the role has IAM's defaults."""
    files = encoded(**{"role": '{"RoleName": "Reader"}', "managed-policy-arns": None, "access-policy": None})
    assert read_json(files) == IamRole("Reader", "/", "", 3600, None, TRUST, "managed", (), (), ())


def test_policies_are_numbered() -> None:
    """access-policy-10.json is the tenth."""
    more = {f"access-policy-{number}": json.dumps(reads(f"x:Get{number}").to_json()) for number in range(10, 1, -1)}
    policies = read_json(encoded(**more)).policies
    assert [policy.name for policy in policies] == ["Reader-access", *(f"Reader-access-{n}" for n in range(2, 11))]
    assert policies[9].document == reads("x:Get10")


BAD: dict[str, tuple[dict[str, str | None], str]] = {
    "no role": ({"role": None}, "json/role.json: is missing"),
    "no trust": ({"trust-policy": None}, "json/trust-policy.json: is missing"),
    "gap": ({"access-policy-3": "{}"}, "json/access-policy-2.json: is missing, but there are access policies after it"),
    "no first": (
        {"access-policy": None, "access-policy-2": "{}"},
        "json/access-policy.json: is missing, but there are access policies after it",
    ),
    "no name": ({"role": "{}"}, "json/role.json:1: the role has no RoleName"),
    "unknown key": (
        {"role": '{"RoleName": "x",\n"AssumeRolePolicyDocument": "{}"}'},
        "json/role.json:2: the role has 'AssumeRolePolicyDocument', which deputize does not read",
    ),
    "key twice": (
        {"trust-policy": '{"Version": "2012-10-17",\n "Version": "2012-10-17"}'},
        "json/trust-policy.json:2: has the key 'Version' twice; remove one",
    ),
    "name is a number": (
        {"role": '{"RoleName": 12345}'},
        "json/role.json:1: '12345' without quotes is a number; put the text in quotes",
    ),
    "name is null": (
        {"role": '{"RoleName": null}'},
        "json/role.json:1: 'null' without quotes is nothing; put the text in quotes",
    ),
    "session is a fraction": (
        {"role": '{"RoleName": "x", "MaxSessionDuration": 3.6e3}'},
        "json/role.json:1: a whole number is needed here, not '3.6e3'",
    ),
    "role is a list": ({"role": "[]"}, "json/role.json:1: a mapping is needed here, not a list"),
    "ARNs are text": (
        {"managed-policy-arns": '"x"'},
        "json/managed-policy-arns.json:1: a list is needed here, not text",
    ),
    "tag twice": (
        {"role": '{"RoleName": "x", "Tags": [{"Key": "a", "Value": "1"},\n{"Key": "a", "Value": "1"}]}'},
        "json/role.json:2: has the tag 'a' twice; remove one",
    ),
    "half a tag": (
        {"role": '{"RoleName": "x", "Tags": [{"Key": "a"}]}'},
        "json/role.json:1: a tag needs Key and Value",
    ),
    "policy is text": ({"access-policy": '"x"'}, "json/access-policy.json: the policy is a text, not an object"),
    "NotPrincipal": (
        {"trust-policy": '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotPrincipal": "*"}}'},
        "json/trust-policy.json: statement 1 has NotPrincipal",
    ),
    "empty": ({"role": ""}, "json/role.json:1: is not JSON: it ends too early"),
    "truncated": ({"role": '{"RoleName": "x"'}, "json/role.json:1: is not JSON: a comma or } is needed here"),
    "truncated text": ({"role": '{"RoleName": "x'}, "json/role.json:1: is not JSON: a string is damaged or has no end"),
    "no colon": ({"role": '{"RoleName" "x"}'}, "json/role.json:1: is not JSON: a colon is needed here"),
    "single quotes": ({"role": "{'RoleName': 'x'}"}, "json/role.json:1: is not JSON: a key in quotes is needed here"),
    "last comma": ({"role": '{"RoleName": "x",}'}, "json/role.json:1: is not JSON: a key in quotes is needed here"),
    "comment": ({"role": "// x\n{}"}, "json/role.json:1: is not JSON: a value is needed here"),
    "not a number": ({"role": '{"RoleName": NaN}'}, "json/role.json:1: is not JSON: a value is needed here"),
    "leading zero": ({"role": '{"RoleName": 0123}'}, "json/role.json:1: is not JSON: a comma or } is needed here"),
    "control character": (
        {"role": '{"RoleName":\n"\x01"}'},
        "json/role.json:2: is not JSON: a string is damaged or has no end",
    ),
    "surrogate": ({"role": '{"RoleName": "\\ud800"}'}, "json/role.json:1: has half of a surrogate pair"),
    "more": ({"role": "{}\n{}"}, "json/role.json:2: has something after the JSON value"),
}


@pytest.mark.parametrize(("changes", "expected"), BAD.values(), ids=BAD)
def test_what_is_not_understood_is_refused(
    changes: dict[str, str | None], expected: str, message: Callable[[Callable[[], object]], str]
) -> None:
    """One message, naming the file, the line and the thing."""
    assert message(lambda: read_json(encoded(**changes))) == expected


def test_bytes_that_are_no_text_are_refused(message: Callable[[Callable[[], object]], str]) -> None:
    """A file in another encoding is not guessed at."""
    files = {**encoded(), "json/role.json": '{"RoleName": "é"}'.encode("latin-1")}
    assert message(lambda: read_json(files)) == "json/role.json: is not UTF-8: byte 14 cannot be read"


def test_deep_nesting_is_refused(message: Callable[[Callable[[], object]], str]) -> None:
    """A hundred thousand levels end in a message, not in a RecursionError."""
    expected = "json/role.json:1: is nested more than 64 levels deep"
    assert message(lambda: read_json(encoded(role="[" * 100_000))) == expected
