"""Templates of any origin: where policies may stand, what belongs to which role, and what is not in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deputize.read.any import read_any

TRUST = """AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: '1'}, Action: 'sts:AssumeRole'}]}"""
DOCUMENT = "PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:List*', Resource: '*'}]}"
ROLE = f"""Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      {TRUST}
"""


def read_file(content: bytes, name: str, choices: dict[str, str]) -> Any:
    """What read_any gives, untyped: tests reach into JSON."""
    return read_any(content, name, choices)


def read(text: str, **choices: str) -> Any:
    """The template in `text`."""
    return read_file(text.encode(), "t.yaml", choices)


def only_role(found: Any) -> Any:
    """The one role of a template of which nothing was refused."""
    assert found.refused == (), found.refused
    (role,) = found.roles
    return role


def test_a_template_needs_no_version_and_no_role() -> None:
    """A template needs no version and no role."""
    assert read("Resources: {B: {Type: 'AWS::S3::Bucket'}}").kind == "template"
    found = read("AWSTemplateFormatVersion: 2010-09-09\nDescription: x\nResources:\n")
    assert (found.kind, found.roles, found.refused) == ("template", (), ())
    assert read("Resources: [a]").kind == "other"
    (refused,) = read("AWSTemplateFormatVersion: x\nResources: [a]").refused
    assert (str(refused.place), refused.what) == ("t.yaml:2", "Resources is no mapping")


def test_json_and_yaml_give_the_same() -> None:
    """JSON and YAML give the same."""
    properties = {"AssumeRolePolicyDocument": {"Statement": {"Condition": {"StringEquals": {"k": {"Ref": "P"}}}}}}
    template = {
        "Parameters": {"P": {"Type": "String"}},
        "Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}},
    }
    role = only_role(read(json.dumps(template)))
    assert role.trust.value == {"Statement": {"Condition": {"StringEquals": {"k": "unknown0001"}}}}
    loose = read("{Parameters: {P: {Type: String}}, Resources: {Role: {Type: AWS::IAM::Role, Properties: {Path: /}}}}")
    assert (loose.kind, loose.roles[0].path.value) == ("template", "/")


def test_settings_are_read_with_their_places() -> None:
    """Settings are read with their places."""
    role = only_role(
        read(
            ROLE
            + """      RoleName: reader
      Path: /vendor/
      Description: !Sub 'for ${AWS::StackName}'
      MaxSessionDuration: '7200'
      PermissionsBoundary: !Sub arn:${AWS::Partition}:iam::aws:policy/B
      ManagedPolicyArns: [arn:aws-cn:iam::aws:policy/SecurityAudit, !Ref 'AWS::NoValue']
      Tags: [{Key: a, Value: !Ref 'AWS::Region'}]
"""
        )
    )
    assert (role.role_name.value, role.path.value, role.max_session) == ("reader", "/vendor/", 7200)
    assert role.boundary.value == "arn:aws-cn:iam::aws:policy/B"
    assert [(one.value, one.place.line, one.place.column) for one in role.managed] == [
        ("arn:aws-cn:iam::aws:policy/SecurityAudit", 11, 27)
    ]
    assert role.tags[0][0].value == "a"
    assert {one.name for one in role.unknowns} == {"AWS::StackName", "AWS::AccountId", "AWS::Region"}


@pytest.mark.parametrize(
    ("attached", "delivery"),
    [
        (f"Type: 'AWS::IAM::Policy', Properties: {{PolicyName: p, Roles: [!Ref Role], {DOCUMENT}}}", "inline"),
        (f"Type: 'AWS::IAM::Policy', Properties: {{PolicyName: p, Roles: [reader], {DOCUMENT}}}", "inline"),
        (f"Type: 'AWS::IAM::RolePolicy', Properties: {{PolicyName: p, RoleName: !Ref Role, {DOCUMENT}}}", "inline"),
        (f"Type: 'AWS::IAM::ManagedPolicy', Properties: {{Roles: [!Ref Role], {DOCUMENT}}}", "managed"),
        (f"Type: 'AWS::IAM::ManagedPolicy', Properties: {{Roles: !If [C, [!Ref Role], []], {DOCUMENT}}}", "managed"),
    ],
)
def test_a_policy_from_elsewhere_belongs_to_the_role(attached: str, delivery: str) -> None:
    """A policy from elsewhere belongs to the role."""
    text = f"Conditions: {{C: !Equals [a, a]}}\n{ROLE}      RoleName: reader\n  P: {{{attached}}}\n"
    found = read(text)
    (policy,) = only_role(found).policies
    assert (policy.name, policy.delivery) == ("P", delivery)
    assert policy.document.value["Statement"][0]["Action"] == "s3:List*"
    assert found.policies == ()


def test_a_managed_policy_that_the_role_refers_to_is_its_own() -> None:
    """A managed policy that the role refers to is its own."""
    text = f"""{ROLE}      ManagedPolicyArns: [!Ref P, !GetAtt P.PolicyArn, 'arn:aws:iam::aws:policy/X']
  P: {{Type: 'AWS::IAM::ManagedPolicy', Properties: {{{DOCUMENT}}}}}
"""
    role = only_role(read(text))
    assert [one.name for one in role.policies] == ["P"]
    assert [one.value for one in role.managed] == ["arn:aws:iam::aws:policy/X"]


def test_a_policy_of_no_role_stands_alone() -> None:
    """A policy of no role stands alone."""
    text = f"""Parameters: {{Name: {{Type: String}}}}
{ROLE}  A: {{Type: 'AWS::IAM::ManagedPolicy', Properties: {{{DOCUMENT}}}}}
  B: {{Type: 'AWS::IAM::Policy', Properties: {{PolicyName: b, Roles: [!Ref Name], {DOCUMENT}}}}}
"""
    found = read(text)
    assert only_role(found).policies == ()
    assert [(one.name, one.delivery) for one in found.policies] == [("A", "managed"), ("B", "inline")]


def test_roles_are_not_given_each_others_policies() -> None:
    """Roles are not given each others policies."""
    text = f"""Resources:
  One: {{Type: 'AWS::IAM::Role', Properties: {{{TRUST}, Policies: [{{PolicyName: in, {DOCUMENT}}}]}}}}
  Two: {{Type: 'AWS::IAM::Role', Properties: {{{TRUST}}}}}
  P: {{Type: 'AWS::IAM::Policy', Properties: {{PolicyName: p, Roles: [!Ref Two], {DOCUMENT}}}}}
"""
    found = read(text)
    assert {one.name: [policy.name for policy in one.policies] for one in found.roles} == {"One": ["in"], "Two": ["P"]}


@pytest.mark.parametrize("style", ["|", "!Sub |", "\n          Fn::Sub: |"])
def test_a_policy_as_json_text_has_its_places(style: str) -> None:
    """A policy as JSON text has its places."""
    text = f"""Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {style}
            {{
              "Version": "2012-10-17",
              "Statement": [{{"Effect": "Allow",
                "Principal": {{"AWS": "123456789012"}}}}]
            }}
"""
    document = only_role(read(text)).trust
    place = document.place(("Statement", 0, "Principal", "AWS"))
    line = text.split("\n")[place.line - 1]
    assert line[place.column - 1 :].startswith('"123456789012"')


def test_json_text_may_hold_unknowns_in_values_and_keys() -> None:
    """JSON text may hold unknowns in values and keys."""
    text = """Parameters: {Id: {Type: String}, Url: {Type: String}}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: !Sub >-
        {"Statement": [{"Condition": {"StringEquals": {"${Url}:sub": "x", "sts:ExternalId": "${Id}"}}}]}
"""
    document = only_role(read(text)).trust
    operator = document.value["Statement"][0]["Condition"]["StringEquals"]
    assert operator == {"unknown0001:sub": "x", "sts:ExternalId": "unknown0002"}
    quoted = read(text.replace(">-\n        {", "'{").replace("]}\n", "]}'\n"))
    place = only_role(quoted).trust.place(("Statement", 0, "Condition"))
    assert (place.line, place.column) == (6, 55)


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("'{\"Statement\": ['", "is not JSON: it ends too early"),
        ("!Ref P", "the policy is not known: it is ${P}"),
        ("!Sub '{\"Statement\": ${P}}'", "is not JSON: a value is needed here"),
        ("{Statement: !Ref P}", "Statement is not known: it is ${P}"),
        ("{Statement: [{Effect: !Ref P}]}", "Effect is not known: it is ${P}"),
        ("{Statement: [{Principal: !Ref P}]}", "Principal is not known: it is ${P}"),
        ("{Statement: [{Condition: !Ref P}]}", "Condition is not known: it is ${P}"),
        ("{Version: !Sub '${P}'}", "Version is not known: it is ${P}"),
    ],
)
def test_a_policy_whose_form_is_not_known_is_refused(value: str, what: str) -> None:
    """A policy whose form is not known is refused."""
    text = ROLE.replace(TRUST, f"AssumeRolePolicyDocument: {value}")
    found = read("Parameters: {P: {Type: String}}\n" + text)
    (refused,) = found.refused
    assert (refused.what, refused.place.line) == (what, 6)
    assert found.roles[0].trust is None


def test_one_policy_that_is_not_understood_leaves_the_rest() -> None:
    """One policy that is not understood leaves the rest."""
    text = f"{ROLE}      Policies: [{{PolicyName: a, PolicyDocument: !Whatever x}}, {{PolicyName: b, {DOCUMENT}}}]\n"
    found = read(text)
    assert [one.what for one in found.refused] == ["uses 'Fn::Whatever', which deputize does not read"]
    assert found.roles[0].trust is not None
    assert [one.name for one in found.roles[0].policies] == ["b"]


def test_a_circle_is_refused() -> None:
    """A circle is refused."""
    text = f"""{ROLE}      ManagedPolicyArns: [!Ref P]
  P: {{Type: 'AWS::IAM::ManagedPolicy', Properties: {{Roles: [!Ref Role], {DOCUMENT}}}}}
"""
    (refused,) = read(text).refused
    assert refused.what == "resources depend on each other in a circle: 'Role' -> 'P' -> 'Role'"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            f"Transform: {{Name: 'AWS::Include', Parameters: {{Location: x}}}}\n{ROLE}",
            "the macro 'AWS::Include' may change every role",
        ),
        (f"Transform: {{Location: x}}\n{ROLE}", "the macro 'AWS::Include' may change every role"),
        (f"{ROLE}  Fn::Transform: {{Name: x}}\n", "Fn::Transform may add roles to the template"),
        (f"{ROLE}  'Fn::ForEach::Loop': [a, b, {{}}]\n", "Fn::ForEach may add roles to the template"),
        (f"{ROLE}      Fn::Transform: {{Name: x}}\n", "Fn::Transform may change 'Role'"),
        (
            f"{ROLE}  F: {{Type: 'AWS::Serverless::Function', Properties: {{AssumeRolePolicyDocument: {{}}}}}}\n",
            "AWS::Serverless::Function 'F' makes a role of its own, whose trust policy is not read",
        ),
    ],
)
def test_what_may_change_a_role_unseen_is_refused(text: str, what: str) -> None:
    """What may change a role unseen is refused."""
    found = read(text)
    assert [one.what for one in found.refused] == [what]


@pytest.mark.parametrize(
    ("transform", "what"),
    [
        ("MyMacro", "the macro 'MyMacro' may change every role"),
        ("[AWS::LanguageExtensions, Other]", "the macro 'Other' may change every role"),
        ("{Name: Tagger, Parameters: {A: b}}", "the macro 'Tagger' may change every role"),
    ],
)
def test_a_macro_of_the_own_account_is_not_judged(transform: str, what: str) -> None:
    """The roles are judged as they stand, and that the macro may change them is told."""
    found = read(f"Transform: {transform}\n{ROLE}")
    assert [one.what for one in found.unjudged] == [what]
    assert not found.refused


def test_what_is_elsewhere_is_noted() -> None:
    """What is elsewhere, and may make roles for third parties, is told apart from what makes none."""
    text = f"""Transform: AWS::Serverless-2016-10-31
{ROLE}  F: {{Type: 'AWS::Serverless::Function'}}
  S: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: 'https://x/y'}}}}
  T: {{Type: 'AWS::CloudFormation::StackSet', Properties: {{TemplateURL: 'https://x/y'}}}}
  M: {{Type: 'Acme::Iam::Role::MODULE'}}
"""
    found = read(text)
    assert only_role(found).name == "Role"
    assert [(one.place.line, one.what) for one in found.notes] == [
        (7, "AWS::Serverless::Function 'F' makes a role of its own, for the service alone, which is not read"),
    ]
    assert [(one.place.line, one.what) for one in found.unjudged] == [
        (10, "the module 'M' has resources that are not in the file and not judged"),
        (8, "the nested stack 'S' is another file, which is not judged"),
        (9, "the template of the stack set 'T' is another file, which is not judged"),
    ]


STACK_SET = """Parameters:
  Id: {Type: String}
Resources:
  Members:
    Type: AWS::CloudFormation::StackSet
    Properties:
      Parameters:
        - {ParameterKey: ExternalId, ParameterValue: !Ref Id}
        - {ParameterKey: Vendor, ParameterValue: '123456789012'}
      TemplateBody: STYLE
        Parameters:
          ExternalId: {Type: String}
          Vendor: {Type: String}
        Resources:
          Role:
            Type: AWS::IAM::Role
            Properties:
              AssumeRolePolicyDocument:
                Statement:
                  - Effect: Allow
                    Principal: {AWS: !Ref Vendor}
                    Action: sts:AssumeRole
                    Condition: {StringEquals: {'sts:ExternalId': !Ref ExternalId}}
"""


@pytest.mark.parametrize("style", ["|", "", "!Sub |"])
def test_a_role_in_a_stack_set_is_read_in_its_place(style: str) -> None:
    """A role in a stack set is read in its place."""
    text = STACK_SET.replace("STYLE", style)
    role = only_role(read(text))
    statement = role.trust.value["Statement"][0]
    assert (role.name, role.place.line, role.place.column) == ("Members/Role", 15, 11)
    assert statement["Principal"] == {"AWS": "123456789012"}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "unknown0001"}}
    assert [one.name for one in role.trust.unknowns] == ["Id"]
    assert (role.trust.place(("Statement", 0, "Principal")).line, role.own_account) == (21, "000000000002")


def test_a_stack_set_knows_the_account_that_made_it() -> None:
    """A stack set knows the account that made it."""
    text = STACK_SET.replace("STYLE", "!Sub |").replace("!Ref Vendor", "'${AWS::AccountId}'")
    role = only_role(read(text))
    assert role.trust.value["Statement"][0]["Principal"] == {"AWS": "000000000001"}
    assert role.own_account == "000000000002"


def test_a_stack_set_as_json_text() -> None:
    """A stack set as JSON text."""
    inner = json.dumps({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}}}})
    outer = {"Resources": {"S": {"Type": "AWS::CloudFormation::StackSet", "Properties": {"TemplateBody": inner}}}}
    found = read(json.dumps(outer, indent=1))
    assert [(one.name, one.role_name.value, one.place.line) for one in found.roles] == [("S/Role", "r", 6)]
    broken = read(json.dumps(outer, indent=1).replace("}}}", "}}"))
    assert [(one.place.line, one.what[:35]) for one in broken.refused] == [(6, "holds a text that is not JSON: a co")]


ROLES = {
    "composite_id.yaml": {"AuditRole"},
    "nested_policies.json": {"Role", "NotifierRole"},
    "organisation.yaml": {"ScanRole", "MemberRoles/ScanRole"},
    "pipelines.yaml": {"DeployRole", "PodRole", "FunctionRole", "AdminRole"},
    "vendor_issued.yaml": {"Role"},
}
FILES = sorted((Path(__file__).parent / "any").glob("*.*"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_template_as_vendors_write_them_is_understood(path: Path) -> None:
    """A template as vendors write them is understood."""
    found = read_file(path.read_bytes(), path.name, {})
    assert (found.kind, found.refused) == ("template", ())
    assert {one.name for one in found.roles} == ROLES[path.name]
    assert all(one.trust is not None for one in found.roles)


def found_in(name: str, role: str) -> list[Any]:
    """The branches of one role in one of these files."""
    content = (Path(__file__).parent / "any" / name).read_bytes()
    return [one for one in read_file(content, name, {}).roles if one.name == role]


def test_every_account_of_a_map_by_site_is_listed() -> None:
    """A parameter with allowed values chooses the account: each is a branch, with each way of the conditions."""
    roles = found_in("vendor_issued.yaml", "Role")
    principals = {one.trust.value["Statement"][0]["Principal"]["AWS"] for one in roles}
    accounts = ("111122223333", "444455556666", "011122223333")
    assert principals == {
        *(f"arn:aws:iam::{account}:root" for account in accounts),
        *(f"arn:aws-us-gov:iam::{account}:root" for account in accounts),
    }
    assert len(roles) == 12
    assert "Site is gov.example.com and not IsGov and AttachAudit" in {one.branch for one in roles}


def test_a_composite_external_id_is_one_unknown_beside_another() -> None:
    """Half from a parameter, half from the stack's ID: both stand in the one text."""
    (role,) = found_in("composite_id.yaml", "AuditRole")
    statement = role.trust.value["Statement"][0]
    first, second, third = role.trust.unknowns
    assert (first.name, second.name, third.name) == ("VendorRoleArn", "VendorResourceId", "Fn::Select 2")
    assert statement["Condition"]["StringEquals"]["sts:ExternalId"] == f"{second.stand_in}-{third.stand_in}"
    assert statement["Principal"]["AWS"] == first.stand_in == "arn:aws:iam::000000000002:root"


def test_a_role_in_a_stack_set_is_given_what_the_template_was_given() -> None:
    """One parameter of the file is one stand-in, in the account itself and in the members'."""
    (own,) = found_in("organisation.yaml", "ScanRole")
    (member,) = found_in("organisation.yaml", "MemberRoles/ScanRole")
    key = ("Statement", 0, "Condition", "StringEquals", "sts:ExternalId")
    assert own.trust.value["Statement"][0]["Principal"] == member.trust.value["Statement"][0]["Principal"]
    assert (own.trust.place(key).line, member.trust.place(key).line) == (29, 71)
    assert own.own_account != member.own_account


def test_policies_beside_the_role_are_its_own_in_their_branch() -> None:
    """A policy with a condition belongs to the role only where the condition holds."""
    roles = found_in("nested_policies.json", "Role")
    assert {one.branch: [policy.name for policy in one.policies] for one in roles} == {
        "HasBucket": ["Reads", "Bucket"],
        "not HasBucket": ["Reads"],
    }


def test_an_identity_provider_of_the_template_is_in_its_own_account() -> None:
    """Ref gives its ARN, named by its Url; a provider whose name is an unknown still has the form of one."""
    (deploy,) = found_in("pipelines.yaml", "DeployRole")
    (pod,) = found_in("pipelines.yaml", "PodRole")
    federated = [one.trust.value["Statement"][0]["Principal"]["Federated"] for one in (deploy, pod)]
    assert federated[0] == "arn:aws:iam::000000000001:oidc-provider/token.actions.githubusercontent.com"
    assert federated[1].startswith("arn:aws:iam::000000000001:oidc-provider/unknown")
    (admin,) = found_in("pipelines.yaml", "AdminRole")
    assert admin.trust.value["Statement"][0]["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
