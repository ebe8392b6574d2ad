"""Templates that are not deputize's own, in YAML and JSON: what is understood, and how the rest is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from deputize.iam.policy import Condition, NamedPolicy, Policy, Statement, aws_principals
from deputize.iam.role import IamRole
from deputize.read.cloudformation import strict
from deputize.read.cloudformation.strict import read_stack, read_template

TEMPLATE = """\
Parameters:
  Name:
    Type: String
    Default: Reader
  Bound:
    Type: String
    Default: ""
Conditions:
  Bounded: !Not [!Equals [!Ref Bound, ""]]
Resources:
  Access:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: !Sub "${Name}-access"
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: ec2:DescribeInstances
            Resource: "*"
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref Name
      MaxSessionDuration: 7200
      PermissionsBoundary: !If [Bounded, !Ref Bound, !Ref "AWS::NoValue"]
      ManagedPolicyArns: [!Ref Access, "arn:aws:iam::aws:policy/SecurityAudit"]
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          Effect: Allow
          Principal: {AWS: "arn:aws:iam::111122223333:root"}
          Action: sts:AssumeRole
          Condition: {StringEquals: {"sts:ExternalId": "12345"}}
      Tags:
        - {Key: b, Value: "2"}
        - {Key: a, Value: "0123"}
        - {Key: "aws:cloudformation:stack-name", Value: x}
"""
TRUST = Policy(
    (
        Statement(
            None,
            "Allow",
            ("sts:AssumeRole",),
            (),
            aws_principals("arn:aws:iam::111122223333:root"),
            (Condition("StringEquals", "sts:ExternalId", ("12345",)),),
        ),
    )
)
READS = Policy((Statement(None, "Allow", ("ec2:DescribeInstances",), ("*",)),))
ROLE = IamRole(
    name="Reader",
    path="/",
    description="",
    max_session=7200,
    boundary=None,
    trust=TRUST,
    delivery="managed",
    policies=(NamedPolicy("Reader-access", READS),),
    managed_arns=("arn:aws:iam::aws:policy/SecurityAudit",),
    tags=(("a", "0123"), ("b", "2")),
)
INLINE = {
    "AWS::IAM::Policy": 'Roles: [!Ref Role]\n      PolicyName: !Join ["-", [!Ref Name, access]]',
    "AWS::IAM::RolePolicy": 'RoleName: !Ref Role\n      PolicyName: !Sub ["${A}-access", {A: !Ref Name}]',
}


def edited(*edits: tuple[str, str]) -> str:
    """The template with pieces of it replaced, each of which must be there once."""
    text = TEMPLATE
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_short_functions_in_yaml() -> None:
    """!Ref, !Sub, !If, !Not and !Equals are resolved with the parameters' defaults."""
    assert read_template(TEMPLATE, "t.yaml") == ROLE


def test_parameters_may_be_chosen() -> None:
    """A choice replaces the default, in conditions too."""
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    read = read_template(TEMPLATE, "t.yaml", {"Name": "Mine", "Bound": boundary})
    assert read == replace(ROLE, name="Mine", boundary=boundary, policies=(NamedPolicy("Mine-access", READS),))


def test_long_functions_in_json() -> None:
    """The same template as JSON, with tabs and escapes that YAML does not have."""
    document = {
        "Parameters": {"Name": {"Type": "String", "Default": "Reader"}},
        "Conditions": {
            "Never": {"Fn::And": [{"Condition": "Always"}, {"Fn::Not": [{"Condition": "Always"}]}]},
            "Always": {"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Fn::Equals": [{"Ref": "Name"}, "Reader"]}]},
        },
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": {"Ref": "Name"},
                    "Path": {"Fn::If": ["Never", "/x/", {"Ref": "AWS::NoValue"}]},
                    "Description": "\U0001f600/",
                    "MaxSessionDuration": 7200,
                    "ManagedPolicyArns": [{"Ref": "Access"}, "arn:aws:iam::aws:policy/SecurityAudit"],
                    "AssumeRolePolicyDocument": TRUST.to_json(),
                    "Tags": [{"Key": key, "Value": value} for key, value in ROLE.tags],
                },
            },
            "Access": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {
                    "ManagedPolicyName": {"Fn::Sub": "${Name}-access"},
                    "PolicyDocument": READS.to_json(),
                },
            },
            "Gone": {"Type": "AWS::IAM::Role", "Condition": "Never"},
        },
    }
    text = json.dumps(document, indent="\t").replace("/", "\\/")
    assert read_template(text, "t.json") == replace(ROLE, description="\U0001f600/")


@pytest.mark.parametrize("kind", INLINE)
def test_inline_policies_of_their_own(kind: str) -> None:
    """AWS::IAM::Policy and AWS::IAM::RolePolicy put a policy into the role."""
    text = edited(
        ("AWS::IAM::ManagedPolicy", kind),
        ('ManagedPolicyName: !Sub "${Name}-access"', INLINE[kind]),
        ("[!Ref Access, ", "["),
    )
    assert read_template(text, "t.yaml") == replace(ROLE, delivery="inline")


def test_inline_policies_inside_the_role() -> None:
    """Policies in the role's own properties are inline policies."""
    document = json.dumps(READS.to_json())
    text = edited(
        ("[!Ref Access, ", "["),
        (
            "      Tags:\n",
            f"      Policies: [{{PolicyName: Reader-access, PolicyDocument: {document}}}]\n      Tags:\n",
        ),
    )
    access = text.index("  Access:"), text.index("  Role:\n")
    assert read_template(text[: access[0]] + text[access[1] :], "t.yaml") == replace(ROLE, delivery="inline")


def test_attached_from_the_policys_side() -> None:
    """A managed policy may name the role instead of the role naming it."""
    text = edited(
        ("[!Ref Access, ", "["),
        ('ManagedPolicyName: !Sub "${Name}-access"', "ManagedPolicyName: Reader-access\n      Roles: [!Ref Role]"),
    )
    assert read_template(text, "t.yaml") == ROLE


def test_a_sessions_length_may_stand_in_quotes_or_a_parameter() -> None:
    """CloudFormation takes a number as text too."""
    assert read_template(edited(("7200", '"7200"')), "t.yaml") == ROLE
    assert read_template(edited(("7200", "!Ref Bound")), "t.yaml", {"Bound": "7200"}).max_session == 7200
    assert read_template(edited(("7200", "!If [Bounded, 43200, 7200]")), "t.yaml") == ROLE


def test_what_the_template_says_beside_the_role() -> None:
    """Outputs that rest on a deployment are left out; rules are judged for a given account only."""
    text = (
        TEMPLATE
        + """\
Rules:
  Never:
    RuleCondition: !Equals [!Ref Name, Other]
    Assertions: [{Assert: !Equals [a, b]}]
  Mine:
    Assertions: [{Assert: !Equals [!Ref AWS::AccountId, "123456789012"], AssertDescription: Not mine.}]
Outputs:
  Arn: {Value: !GetAtt Role.Arn}
  Literal: {Value: !Sub "${!Name}-${Name}"}
"""
    )
    stack = read_stack(text, "t.yaml")
    assert (stack.role, dict(stack.outputs), stack.refused) == (ROLE, {"Literal": "${Name}-Reader"}, ())
    assert read_stack(text, "t.yaml", {"AWS::AccountId": "123456789012"}).refused == ()
    assert read_stack(text, "t.yaml", {"AWS::AccountId": "210987654321"}).refused == ("Not mine.",)


UNREAD = "which deputize does not read"
BAD: dict[str, tuple[str, str]] = {
    "nothing": ("", "t.yaml: is empty"),
    "text": ("hello", "t.yaml:1: a mapping is needed here, not text"),
    "truncated": (TEMPLATE.partition("-access")[0], "t.yaml:14: is not YAML: found unexpected end of stream"),
    "truncated JSON": ('{"Resources":\n{', "t.yaml:2: is not JSON: a key in quotes is needed here"),
    "control character": ("a: \x00", "t.yaml: is not YAML: it has a character that YAML does not allow"),
    "two documents": (TEMPLATE + "---\na: b\n", "t.yaml:39: is a second YAML document in one file; keep one"),
    "alias": (
        edited(("{Key: b, Value:", "&x {Key: b, Value:")) + "Rules: *x\n",
        "t.yaml:39: uses a YAML alias (*name); write the value out",
    ),
    "merge key": (
        edited(("RoleName: !Ref Name", "<<: {RoleName: x}")),
        "t.yaml:24: uses a YAML merge key (<<); write the values out",
    ),
    "other tag": (
        edited(("!Ref Name\n", "!!python/object x\n")),
        "t.yaml:24: uses the YAML tag 'tag:yaml.org,2002:python/object'; write plain YAML",
    ),
    "key twice": (edited(("MaxSessionDuration", "RoleName")), "t.yaml:25: has the key 'RoleName' twice; remove one"),
    "JSON key twice": ('{"a": 1,\n "a": 2}', "t.yaml:2: has the key 'a' twice; remove one"),
    "key is a list": (edited(("RoleName:", "[RoleName]:")), "t.yaml:24: has a key that is no text"),
    "key is a boolean": (
        edited(("Bounded: ", "Yes: ")),
        "t.yaml:9: the key 'Yes' without quotes is a boolean; put it in quotes",
    ),
    "section": (TEMPLATE + "Transform: X\n", f"t.yaml:39: the template has 'Transform', {UNREAD}"),
    "parameter's type": (
        edited(("Type: String\n    Default: Reader", "Type: Number")),
        f"t.yaml:2: parameter 'Name' has type 'Number', {UNREAD}",
    ),
    "no default": (
        edited(("    Default: Reader\n", "")),
        "t.yaml:2: parameter 'Name' has no default; give a value for it",
    ),
    "default is a number": (
        edited(("Default: Reader", "Default: 1e3")),
        "t.yaml:4: '1e3' without quotes is a number; put the text in quotes",
    ),
    "octal external ID": (
        edited(('"12345"', "0123")),
        "t.yaml:34: '0123' without quotes is a number; put the text in quotes",
    ),
    "time of day": (
        edited(('"12345"', "12:30")),
        "t.yaml:34: '12:30' without quotes is a number; put the text in quotes",
    ),
    "boolean tag": (edited(('"0123"', "no")), "t.yaml:37: 'no' without quotes is a boolean; put the text in quotes"),
    "no value": (edited(("RoleName: !Ref Name", "RoleName:")), "t.yaml:24: has no value; put the text in quotes"),
    "session is text": (edited(("7200", "2h")), "t.yaml:25: a whole number is needed here, not '2h'"),
    "session is a list": (edited(("7200", "[]")), "t.yaml:25: a whole number is needed here, not a list"),
    "function": (edited(("!Ref Name\n", "!ImportValue x\n")), f"t.yaml:24: uses 'Fn::ImportValue', {UNREAD}"),
    "transform": (edited(("!Ref Name\n", "{Fn::Transform: x}\n")), f"t.yaml:24: uses 'Fn::Transform', {UNREAD}"),
    "unknown Ref": (edited(("!Ref Name\n", "!Ref Nmae\n")), "t.yaml:24: there is no parameter or resource 'Nmae'"),
    "unknown in Sub": (edited(("${Name}-access", "${Nmae}")), "t.yaml:14: there is no parameter or resource 'Nmae'"),
    "account in Sub": (
        edited(("${Name}-access", "${AWS::AccountId}")),
        "t.yaml:14: AWS::AccountId is not known here; give a value for AWS::AccountId",
    ),
    "attribute in Sub": (
        edited(("RoleName: !Ref Name", 'RoleName: !Sub "${Access.Arn}"')),
        "t.yaml:24: what 'Access.Arn' gives is not known before it is deployed",
    ),
    "unknown GetAtt": (edited(("[!Ref Access,", "[!GetAtt Acess.Arn,")), "t.yaml:27: there is no resource 'Acess'"),
    "name of another": (
        edited(("RoleName: !Ref Name", "RoleName: !Ref Access")),
        "t.yaml:24: what 'Access' gives is not known before it is deployed",
    ),
    "unknown condition": (edited(("[Bounded, ", "[Bound, ")), "t.yaml:26: there is no condition 'Bound'"),
    "condition's circle": (
        edited(('!Not [!Equals [!Ref Bound, ""]]', "!Not [!Condition Bounded]")),
        "t.yaml:9: the condition 'Bounded' depends on itself",
    ),
    "no condition function": (
        edited(('!Not [!Equals [!Ref Bound, ""]]', "!Ref Bound")),
        "t.yaml:9: 'Ref' is no condition that deputize reads",
    ),
    "arguments": (
        edited(("[Bounded, !Ref Bound, !Ref", "[Bounded, !Ref")),
        "t.yaml:26: Fn::If needs a condition and two values",
    ),
    "circle": (
        edited(('ManagedPolicyName: !Sub "${Name}-access"', "ManagedPolicyName: x\n      Roles: [!Ref Role]")),
        "t.yaml:11: resources depend on each other in a circle: 'Access' -> 'Role' -> 'Access'",
    ),
    "resource's type": (
        edited(("AWS::IAM::ManagedPolicy", "AWS::S3::Bucket")),
        f"t.yaml:11: resource 'Access' has type 'AWS::S3::Bucket', {UNREAD}",
    ),
    "resource's key": (
        edited(("Type: AWS::IAM::Role\n", "Type: AWS::IAM::Role\n    CreationPolicy: {}\n")),
        f"t.yaml:23: resource 'Role' has 'CreationPolicy', {UNREAD}",
    ),
    "property": (
        edited(("MaxSessionDuration", "MaxSessionLength")),
        f"t.yaml:25: AWS::IAM::Role 'Role' has 'MaxSessionLength', {UNREAD}",
    ),
    "no role": ("Resources: {}", "t.yaml: has no AWS::IAM::Role"),
    "two roles": (
        edited(("  Role:\n", "  First: {Type: 'AWS::IAM::Role'}\n  Role:\n")),
        "t.yaml:22: has 2 roles, 'First' and 'Role'; keep one role in a template",
    ),
    "no name": (edited(("      RoleName: !Ref Name\n", "")), "t.yaml:21: AWS::IAM::Role 'Role' has no RoleName"),
    "no trust": (
        edited(("AssumeRolePolicyDocument", "Description")),
        "t.yaml:21: AWS::IAM::Role 'Role' has no AssumeRolePolicyDocument",
    ),
    "description is no text": (
        edited(("MaxSessionDuration: 7200", "Description: [x]")),
        "t.yaml:25: text is needed here",
    ),
    "not attached": (
        edited(("[!Ref Access, ", "[")),
        "t.yaml:11: AWS::IAM::ManagedPolicy 'Access' is not attached to the role",
    ),
    "attached to another": (
        edited(
            ("[!Ref Access, ", "["),
            ('ManagedPolicyName: !Sub "${Name}-access"', "ManagedPolicyName: x\n      Roles: [Other]"),
        ),
        "t.yaml:15: is not the role 'Role' of this template",
    ),
    "paths differ": (
        edited(("RoleName: !Ref Name", "RoleName: !Ref Name\n      Path: /x/")),
        "t.yaml:11: AWS::IAM::ManagedPolicy 'Access' has path '/', the role '/x/'; give both the same",
    ),
    "attached role": (
        edited(("[!Ref Access, ", "[!GetAtt Access.Arn, ")),
        "t.yaml:27: is no ARN and no managed policy of this template",
    ),
    "old policy": (
        edited(("2012-10-17\n        Statement:\n          - ", "2008-10-17\n        Statement:\n          - ")),
        "t.yaml:15: Version is '2008-10-17', not '2012-10-17'",
    ),
    "NotAction": (edited(("Action: ec2", "NotAction: ec2")), "t.yaml:15: statement 1 has NotAction"),
    "service principal": (
        edited(('{AWS: "arn:aws:iam::111122223333:root"}', "{Service: ec2.amazonaws.com}")),
        "t.yaml:28: statement 1: Principal has Service",
    ),
    "tag twice": (edited(("Key: b", "Key: a")), "t.yaml:37: has the tag 'a' twice; remove one"),
    "half a tag": (edited((', Value: "2"', "")), "t.yaml:36: a tag needs Key and Value"),
}


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD)
def test_what_is_not_understood_is_refused(
    text: str, expected: str, message: Callable[[Callable[[], object]], str]
) -> None:
    """One message, naming the file, the line and the thing."""
    assert message(lambda: read_template(text, "t.yaml")) == expected


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", '{"a":', "[[", "a:\n", "!Not [", "!Sub ["])
def test_deep_nesting_is_refused(opening: str, message: Callable[[Callable[[], object]], str]) -> None:
    """A hundred thousand levels end in a message, not in a RecursionError."""
    assert message(lambda: read_template(opening * 100_000, "t.yaml")).startswith("t.yaml:")


def test_many_conditions_in_a_chain_are_refused(message: Callable[[Callable[[], object]], str]) -> None:
    """Conditions that rest on each other are followed only so far."""
    chain = "".join(f"  C{number}: !Not [!Condition C{number + 1}]\n" for number in range(3000))
    text = (
        f'Conditions:\n{chain}  C3000: !Equals ["", ""]\nResources:\n  R: {{Type: "AWS::IAM::Role", Condition: C0}}\n'
    )
    expected = "t.yaml:34: is nested more than 64 levels deep, conditions included"
    assert message(lambda: read_template(text, "t.yaml")) == expected


def test_a_large_file_is_refused(message: Callable[[Callable[[], object]], str]) -> None:
    """More than a mebibyte is not read."""
    expected = "t.yaml: has 1048577 bytes; at most 1048576 are read"
    assert message(lambda: read_template("é" * 524_288 + "x", "t.yaml")) == expected


def test_an_unknown_choice_is_refused(message: Callable[[Callable[[], object]], str]) -> None:
    """A parameter that the template does not have cannot be chosen."""
    assert message(lambda: read_template(TEMPLATE, "t.yaml", {"Nmae": "x"})) == "t.yaml: has no parameter 'Nmae'"


UNKNOWN: dict[str, tuple[str, str]] = {
    "name": (
        edited(("RoleName: !Ref Name", "RoleName: !Ref AWS::StackName")),
        "t.yaml:24: what 'AWS::StackName' gives",
    ),
    "policy's name": (edited(("${Name}-access", "${AWS::Region}-access")), "t.yaml:14: what 'AWS::Region' gives"),
    "trust policy": (
        edited(("arn:aws:iam::111122223333:root", "${Partner}"), ("{AWS: ", "{AWS: !ImportValue ")),
        "t.yaml:28: has a policy with '${Partner}'",
    ),
    "secret": (
        edited(("RoleName: !Ref Name", 'RoleName: "{{resolve:ssm:x}}"')),
        "t.yaml:24: what '{{resolve:ssm:x}}' gives",
    ),
    "attached": (edited(('"arn:aws:iam::aws:policy/SecurityAudit"', "!ImportValue x")), "t.yaml:27: is no ARN and no"),
    "boundary": (
        edited(("[Bounded, !Ref Bound,", "[Bounded, !GetAtt Access.Arn,")),
        "t.yaml:26: what 'Access.Arn' gives",
    ),
    "condition": (
        edited(('Equals [!Ref Bound, ""]', 'Equals [!Ref AWS::Region, "x"]')),
        "t.yaml:21: depends on a condition that",
    ),
    "tag": (edited(('"0123"', "!Ref AWS::Region")), "t.yaml:37: what '${AWS::Region}' gives"),
    "session": (edited(("7200", "!Ref AWS::Region")), "t.yaml:25: what '${AWS::Region}' gives"),
}


@pytest.mark.parametrize(("text", "begin"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_is_no_literal_value(
    text: str, begin: str, message: Callable[[Callable[[], object]], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only a deployment tells is refused in the role that was found too, whatever form the template has."""
    monkeypatch.setattr(strict, "_check_form", lambda *_: None)
    assert message(lambda: read_template(text, "t.yaml", {"Bound": "x"})).startswith(begin)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{{resolve:ssm:x}}", "t.yaml: parameter 'Name' has a dynamic reference ({{...}}); write the value out"),
        ("a\U000f0000", "t.yaml: parameter 'Name' has a private-use character; remove it"),
    ],
)
def test_a_choice_that_is_no_literal_text_is_refused(
    value: str, expected: str, message: Callable[[Callable[[], object]], str]
) -> None:
    """AWS would put something else in place of the one, and this reader would take the other for an unknown."""
    assert message(lambda: read_template(TEMPLATE, "t.yaml", {"Name": value})) == expected


def test_a_private_use_character_is_refused(message: Callable[[Callable[[], object]], str]) -> None:
    """It would be taken for an unknown; escaped as YAML does, too."""
    for text in ("\U000f0000", "\\U000F0000"):
        found = message(lambda text=text: read_template(edited(('"0123"', f'"{text}"')), "t.yaml"))  # type: ignore[misc]
        assert found == "t.yaml:37: has a private-use character; remove it"


def test_a_choice_may_look_like_a_stand_in() -> None:
    """What stands for an unknown is no part of what the caller chose either."""
    boundary = "arn:aws:iam::000000000001:policy/unknown0001"
    assert read_template(TEMPLATE, "t.yaml", {"Bound": boundary}).boundary == boundary
