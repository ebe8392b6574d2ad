"""What a file may ask of its reader: number of values, roles, open placeholders."""

from __future__ import annotations

import json

import pytest

from deputize.errors import InputError
from deputize.read.any import read_any
from deputize.read.cloudformation.strict import read_stack, read_template
from deputize.read.source import MAX_NODES

TRUST = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole"}}


@pytest.mark.parametrize("text", ["[{}]", "- a\n"])
def test_number_of_values_is_limited(text: str) -> None:
    """JSON and YAML with more values than any template has are refused."""
    content = f"[{'0,' * MAX_NODES}0]" if text.startswith("[") else text * (MAX_NODES + 1)
    found = read_any(content.encode(), "x", {})
    assert [one.what for one in found.refused] == ["has more than 100,000 values"]


def test_number_of_roles_is_limited() -> None:
    """Roles beyond the limit are not judged, and that is said."""
    role = '{"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r", "AssumeRolePolicyDocument": {"Statement": []}}'
    found = read_any(f'{{"Roles": [{", ".join([role] * 3001)}]}}'.encode(), "x", {})
    assert len(found.roles) == 3000
    assert found.refused[0].what.startswith("has 3,001 roles")


def test_template_without_resources_is_refused() -> None:
    """CloudFormation takes none, so none is judged clean."""
    (refused,) = read_any(b'AWSTemplateFormatVersion: "2010-09-09"\n', "x", {}).refused
    assert refused.what.startswith("has no Resources")


@pytest.mark.parametrize("text", ["${" * 200_000, "${P", "${a${P}}", "${" * 200_000 + "}"])
def test_open_placeholder_of_our_own_templates_is_refused(text: str) -> None:
    """What CloudFormation refuses in Fn::Sub is no text of it, and is found out in one pass."""
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Fn::Sub": text}, "AssumeRolePolicyDocument": {}}}
    with pytest.raises(InputError, match=r"no name and } follow"):
        read_template(json.dumps({"Resources": {"R": role}}), "x")


def test_placeholders_are_still_replaced() -> None:
    """A name, a literal one and text around them."""
    template = {
        "Parameters": {"P": {"Type": "String", "Default": "x"}},
        "Outputs": {"Name": {"Value": {"Fn::Sub": "a-${P}-${!P}-$"}}},
        "Resources": {
            "R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": TRUST}}
        },
    }
    assert read_stack(json.dumps(template), "x").outputs == {"Name": "a-x-${P}-$"}
