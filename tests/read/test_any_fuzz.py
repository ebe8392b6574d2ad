"""Whatever a file holds, reading it ends with an answer: nothing is raised, and soon."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deputize.model.world import Document
from deputize.read.any import read_any
from deputize.read.found import FoundFile

CORPUS = tuple(path.read_bytes() for path in sorted((Path(__file__).parent / "any").glob("*.*")))
FUNCTIONS = (
    *("Ref", "Condition", "Fn::Sub", "Fn::Join", "Fn::If", "Fn::Select", "Fn::Split", "Fn::FindInMap", "Fn::GetAtt"),
    *("Fn::ImportValue", "Fn::Base64", "Fn::ToJsonString", "Fn::Length", "Fn::GetAZs", "Fn::Cidr", "Fn::Transform"),
    *("Fn::Equals", "Fn::Not", "Fn::And", "Fn::Or"),
)
NAMES = (
    "P",
    "L",
    "Role",
    "Policy",
    "C",
    "D",
    "M",
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::Partition",
    "a",
    "",
    "0",
    "1",
)
TEXTS = st.sampled_from(
    (*NAMES, "${P}", "${L}-${Role.Arn}", "{{resolve:ssm:x}}", "Allow", '{"Statement": []}', "${!P}")
)
ELEMENTS = (
    "Statement",
    "Principal",
    "AWS",
    "Action",
    "Condition",
    "StringEquals",
    "sts:ExternalId",
    "Effect",
    "Version",
)
LEAVES = st.one_of(TEXTS, st.none(), st.booleans(), st.integers(), st.text(max_size=5))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(ELEMENTS), inner, max_size=4),
        st.builds(lambda name, value: {name: value}, st.sampled_from(FUNCTIONS), inner),
    ),
    max_leaves=15,
)


def checked(found: FoundFile) -> None:
    """Every document is JSON, no mark is left in it, and each stand-in that is named is in it."""
    documents = [one.trust for one in found.roles if one.trust] + [one.document for one in found.policies]
    documents += [policy.document for role in found.roles for policy in role.policies]
    for document in documents:
        text = json.dumps(document.value, ensure_ascii=False)
        assert not any(character >= "\U000f0000" for character in text)
        stands(document, text)


def stands(document: Document, text: str) -> None:
    """Each unknown that is named is in the document, and every path has a place."""
    for unknown in document.unknowns:
        assert unknown.stand_in in text
    assert document.place(("Statement", 0, "nothing")).line > 0


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    """Any bytes."""
    checked(read_any(content, "x", {}))


@given(st.sampled_from(CORPUS), st.data())
def test_a_template_that_was_damaged(content: bytes, data: st.DataObject) -> None:
    """A template that was damaged."""
    at = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 40))
    put = data.draw(
        st.sampled_from((b"", b"\t", b"{", b"}", b"!Ref ", b"\n", b"'", b"- ", b"&a ", b"*a", b"\xff", b"${"))
    )
    checked(read_any(content[:at] + put + content[at + length :], "x", {}))


@given(VALUES)
def test_any_tree_as_json(value: object) -> None:
    """Any tree as JSON."""
    checked(read_any(json.dumps(value).encode(), "x", {}))


@given(VALUES, VALUES, VALUES, VALUES, VALUES)
def test_any_value_anywhere_in_a_template(
    trust: object, first: object, second: object, row: object, names: object
) -> None:
    """Any value anywhere in a template."""
    template = {
        "Parameters": {"P": {"Type": "String"}, "L": {"Type": "CommaDelimitedList"}},
        "Conditions": {"C": first, "D": second},
        "Mappings": {"M": {"a": {"0": row}, "1": row}},
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Condition": "C",
                "Properties": {"AssumeRolePolicyDocument": trust, "ManagedPolicyArns": names, "RoleName": row},
            },
            "Policy": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {"PolicyDocument": first, "Roles": names},
            },
            "Set": {
                "Type": "AWS::CloudFormation::StackSet",
                "Properties": {"TemplateBody": trust, "Parameters": names},
            },
        },
    }
    checked(read_any(json.dumps(template).encode(), "x", {}))
    checked(read_any(json.dumps(template).encode(), "x", {"P": "a", "L": "a,b", "AWS::Partition": "aws"}))
