"""IAM's own answers, in the forms that boto3, the aws CLI and the raw API give them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import quote

import pytest

from deputize.iam.policy import NamedPolicy, Policy, Statement, aws_principals
from deputize.iam.role import IamRole
from deputize.read.live import role_from_api

TRUST = Policy(
    (Statement("Enter", "Allow", ("sts:AssumeRole",), (), aws_principals("arn:aws:iam::111122223333:root")),)
)
READS = Policy((Statement("Read%41", "Allow", ("ec2:Describe*",), ("arn:aws:s3:::a%20b+c",)),))
OWN = "arn:aws:iam::444455556666:policy/x/Reader-access"
GET_ROLE: dict[str, object] = {
    "Role": {
        "RoleName": "Reader",
        "Path": "/x/",
        "RoleId": "AROA0",
        "Arn": "arn:aws:iam::444455556666:role/x/Reader",
        "CreateDate": "2026-11-21T00:00:00Z",
        "AssumeRolePolicyDocument": TRUST.to_json(),
        "Description": "Reads",
        "MaxSessionDuration": 7200,
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/X",
        },
        "Tags": [{"Key": "b", "Value": "2"}, {"Key": "aws:x", "Value": "1"}, {"Key": "a", "Value": ""}],
    },
    "ResponseMetadata": {},
}
ATTACHED: dict[str, object] = {
    "AttachedPolicies": [
        {"PolicyName": "SecurityAudit", "PolicyArn": "arn:aws:iam::aws:policy/SecurityAudit"},
        {"PolicyName": "Reader-access", "PolicyArn": OWN},
    ]
}
ROLE = IamRole(
    name="Reader",
    path="/x/",
    description="Reads",
    max_session=7200,
    boundary="arn:aws:iam::aws:policy/X",
    trust=TRUST,
    delivery="managed",
    policies=(NamedPolicy("Reader-access", READS),),
    managed_arns=("arn:aws:iam::aws:policy/SecurityAudit",),
    tags=(("a", ""), ("b", "2")),
)
FORMS = {
    "mapping": READS.to_json(),
    "text": json.dumps(READS.to_json(), indent=1),
    "URL-encoded": quote(json.dumps(READS.to_json())),
}


@pytest.mark.parametrize("document", FORMS.values(), ids=FORMS)
def test_managed_policies(document: object) -> None:
    """An attached policy is the role's own unless it is AWS's; a document may come in any of three forms."""
    assert role_from_api(GET_ROLE, ATTACHED, {OWN: document}) == ROLE


@pytest.mark.parametrize("document", FORMS.values(), ids=FORMS)
def test_inline_policies(document: object) -> None:
    """Inline policies make the delivery inline, and come in order."""
    read = role_from_api(GET_ROLE, inline={"Reader-access-10": document, "Reader-access-2": document})
    policies = (NamedPolicy("Reader-access-2", READS), NamedPolicy("Reader-access-10", READS))
    assert read == replace(ROLE, delivery="inline", policies=policies, managed_arns=())


def test_a_bare_role() -> None:
    """The Role itself will do, and IAM leaves out what is not set."""
    bare = {"RoleName": "Reader", "Path": "/", "AssumeRolePolicyDocument": TRUST.to_json()}
    assert role_from_api(bare) == IamRole("Reader", "/", "", 3600, None, TRUST, "managed", (), (), ())


def changed(**fields: object) -> dict[str, object]:
    """The response with fields of the role replaced."""
    role = GET_ROLE["Role"]
    assert isinstance(role, Mapping)
    return {"Role": {**role, **fields}}


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "document missing": (
        lambda: role_from_api(GET_ROLE, ATTACHED),
        f"policy '{OWN}': is attached, but its document was not given",
    ),
    "both kinds": (
        lambda: role_from_api(GET_ROLE, ATTACHED, {OWN: FORMS["text"]}, {"x": FORMS["text"]}),
        "role 'Reader': has managed and inline policies of its own",
    ),
    "no name": (lambda: role_from_api({}), "GetRole: the response has no RoleName"),
    "no path": (lambda: role_from_api(changed(Path=None)), "role 'Reader': the response has no Path"),
    "session": (
        lambda: role_from_api(changed(MaxSessionDuration="1")),
        "role 'Reader': MaxSessionDuration is no number",
    ),
    "no trust": (
        lambda: role_from_api(changed(AssumeRolePolicyDocument=None)),
        "role 'Reader': trust policy: the policy is null, not an object",
    ),
    "damaged trust": (
        lambda: role_from_api(changed(AssumeRolePolicyDocument="%7B")),
        "role 'Reader': trust policy:1: is not JSON: a key in quotes is needed here",
    ),
    "no UTF-8": (
        lambda: role_from_api(changed(AssumeRolePolicyDocument="%FF")),
        "role 'Reader': trust policy: is not URL-encoded UTF-8",
    ),
    "tags": (
        lambda: role_from_api(changed(Tags={})),
        "role 'Reader': the response has no list where one is needed",
    ),
    "boundary": (
        lambda: role_from_api(changed(PermissionsBoundary="x")),
        "role 'Reader': the response has no object where one is needed",
    ),
}


@pytest.mark.parametrize(("call", "expected"), BAD.values(), ids=BAD)
def test_what_is_not_understood_is_refused(
    call: Callable[[], object], expected: str, message: Callable[[Callable[[], object]], str]
) -> None:
    """One message, naming the role or policy and the thing."""
    assert message(call) == expected
