"""A role is read once for every way in which the template's conditions matter to it."""

from __future__ import annotations

from typing import Any

import pytest

from deputize.read.any import read_any

HEAD = """
Parameters:
  ExternalId: {Type: String, Default: ''}
  Env: {Type: String, AllowedValues: [prod, test, dev]}
  Flag: {Type: String, AllowedValues: ['true', 'false']}
  Other: {Type: String}
Conditions:
  HasId: !Not [!Equals [!Ref ExternalId, '']]
  IsProd: !Equals [!Ref Env, prod]
  IsTest: {'Fn::Equals': [{Ref: Env}, test]}
  IsOn: !Equals [!Ref Flag, 'true']
  Both: !And [!Condition IsProd, {Condition: HasId}]
  Either: !Or [!Condition IsProd, !Condition IsTest]
  Same: !Equals [!Ref ExternalId, !Ref Other]
  Never: !Equals [a, b]
  Circle: !Condition Circle2
  Circle2: !Not [!Condition Circle]
Resources:
  Role:
    Type: AWS::IAM::Role
"""
TRUST = """    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {AWS: '123456789012'}
            Action: sts:AssumeRole
"""


def read_file(content: bytes, name: str, choices: dict[str, str]) -> Any:
    """What read_any gives, untyped: tests reach into JSON."""
    return read_any(content, name, choices)


def read(rest: str, **choices: str) -> Any:
    """The template of HEAD with `rest` as the rest of the role."""
    return read_file((HEAD + rest).encode(), "t.yaml", choices)


def branches(found: Any) -> list[str]:
    """Each role's branch, where nothing was refused."""
    assert found.refused == ()
    return [one.branch for one in found.roles]


def condition(role: Any) -> Any:
    """The Condition of the role's one statement."""
    return role.trust.value["Statement"][0].get("Condition")


def when(what: str, value: str = "!Ref ExternalId") -> str:
    """A role whose statement has an external ID where the condition `what` is true."""
    chosen = f"{{StringEquals: {{'sts:ExternalId': {value}}}}}"
    return f"{TRUST}            Condition: !If [{what}, {chosen}, !Ref 'AWS::NoValue']\n"


def test_a_role_without_a_condition_has_one_branch() -> None:
    """A role without a condition has one branch."""
    assert branches(read(TRUST)) == [""]


def test_the_branch_without_an_id_is_read_too() -> None:
    """The branch without an ID is read too."""
    found = read(when("HasId"))
    assert branches(found) == ["not HasId", "HasId"]
    without, with_id = found.roles
    assert condition(without) is None
    assert condition(with_id) == {"StringEquals": {"sts:ExternalId": "unknown0001"}}


def test_a_branch_knows_what_a_parameter_is_not() -> None:
    """A branch knows what a parameter is not."""
    (unknown,) = read(when("HasId")).roles[1].trust.unknowns
    assert (unknown.admits_empty, unknown.default) == (False, None)


def test_a_branch_knows_what_a_parameter_is() -> None:
    """A branch knows what a parameter is."""
    found = read(when("IsProd", "!Ref Env"))
    assert [condition(one) for one in found.roles] == [{"StringEquals": {"sts:ExternalId": "prod"}}, None]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("IsProd", ["IsProd", "not IsProd"]),
        ("Either", ["Either", "not Either"]),
        ("Both", ["not Both", "Both"]),
        ("Same", ["Same", "not Same"]),
        ("Never", [""]),
    ],
)
def test_a_branch_is_named_by_the_conditions_that_it_rests_on(asked: str, expected: list[str]) -> None:
    """A branch is named by the conditions that it rests on."""
    assert branches(read(when(asked, "x"))) == expected


def test_conditions_that_exclude_each_other_are_never_true_together() -> None:
    """Conditions that exclude each other are never true together."""
    rest = f"""{TRUST}          - !If [IsProd, {{Sid: Prod}}, !Ref 'AWS::NoValue']
          - !If [IsTest, {{Sid: Test}}, !Ref 'AWS::NoValue']
"""
    found = read(rest)
    assert sorted(branches(found)) == ["IsProd and not IsTest", "not IsProd and IsTest", "not IsProd and not IsTest"]
    said = {one.branch: [statement.get("Sid") for statement in one.trust.value["Statement"]] for one in found.roles}
    assert said["not IsProd and IsTest"] == [None, "Test"]


def test_a_parameter_of_two_values_is_the_other_where_it_is_not_the_one() -> None:
    """A parameter of two values is the other where it is not the one."""
    found = read(when("IsOn", "x").replace("!Ref 'AWS::NoValue'", "{StringEquals: {'sts:ExternalId': !Ref Flag}}"))
    assert condition(found.roles[1]) == {"StringEquals": {"sts:ExternalId": "false"}}


def test_a_choice_decides() -> None:
    """A choice decides."""
    assert branches(read(when("HasId"), ExternalId="")) == [""]
    (role,) = read(when("HasId"), ExternalId="acme").roles
    assert condition(role) == {"StringEquals": {"sts:ExternalId": "acme"}}


def test_a_role_that_is_not_created_is_no_role() -> None:
    """A role that is not created is no role."""
    assert branches(read("    Condition: Never\n" + TRUST)) == []
    found = read("    Condition: IsProd\n" + TRUST)
    assert branches(found) == [""]


def test_a_condition_that_changes_nothing_leaves_one_branch() -> None:
    """A condition that changes nothing leaves one branch."""
    found = read(TRUST + "      MaxSessionDuration: !If [IsProd, 3600, 3600]\n")
    assert branches(found) == [""]


def test_a_statement_may_be_chosen_whole_and_as_a_list() -> None:
    """A statement may be chosen whole and as a list."""
    rest = TRUST.replace("        Statement:\n          - ", "        Statement: !If\n        - IsProd\n        - ") + (
        "        - [{Sid: A}, {Sid: B}]\n"
    )
    found = read(
        rest.replace("            Principal", "          Principal").replace("            Action", "          Action")
    )
    assert [type(one.trust.value["Statement"]) for one in found.roles] == [dict, list]
    assert branches(found) == ["IsProd", "not IsProd"]


def test_two_regions_of_a_map_are_two_branches() -> None:
    """Two regions of a map are two branches."""
    text = """
Mappings:
  Vendor:
    us-east-1: {Account: '111111111111', Name: same}
    us-gov-west-1: {Account: '222222222222', Name: same}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !FindInMap [Vendor, !Ref 'AWS::Region', Name]
      AssumeRolePolicyDocument:
        Statement: {Principal: {AWS: !FindInMap [Vendor, !Ref 'AWS::Region', ACCOUNT]}}
"""
    one = read_file(text.replace("ACCOUNT", "Name").encode(), "t", {})
    assert branches(one) == [""]
    found = read_file(text.replace("ACCOUNT", "Account").encode(), "t", {})
    assert branches(found) == ["AWS::Region is us-east-1", "AWS::Region is us-gov-west-1"]
    known = read_file(text.replace("ACCOUNT", "Account").encode(), "t", {"AWS::Region": "us-east-1"})
    assert known.roles[0].trust.value["Statement"]["Principal"]["AWS"] == "111111111111"


def test_a_map_by_partition_has_only_partitions() -> None:
    """A map by partition has only partitions."""
    text = """
Mappings: {V: {aws: {A: '1'}, aws-us-gov: {A: '2'}, mars: {A: '3'}}}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {Statement: {Sid: !FindInMap [V, !Ref 'AWS::Partition', A]}}}
"""
    found = read_file(text.encode(), "t", {})
    assert branches(found) == ["AWS::Partition is aws", "AWS::Partition is aws-us-gov"]


def test_more_ways_than_are_tried_are_refused() -> None:
    """More ways than are tried are refused."""
    parameters = "".join(f"  P{at}: {{Type: String}}\n" for at in range(7))
    conditions = "".join(f"  C{at}: !Equals [!Ref P{at}, x]\n" for at in range(7))
    items = "".join(f"            - !If [C{at}, s3:Get{at}, s3:List{at}]\n" for at in range(7))
    text = f"""Parameters:
{parameters}Conditions:
{conditions}Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          Action:
{items}"""
    (refused,) = read_file(text.encode(), "t", {}).refused
    assert refused.what == "depends on the conditions in more than 64 ways"
    chosen = read_file(text.encode(), "t", {"P0": "x"})
    assert chosen.refused == ()
    assert len(chosen.roles) == 64


@pytest.mark.parametrize(
    ("asked", "what"),
    [("Circle", "the condition 'Circle' depends on itself"), ("Missing", "there is no condition 'Missing'")],
)
def test_a_condition_that_is_none_is_refused(asked: str, what: str) -> None:
    """A condition that is none is refused."""
    found = read(when(asked))
    assert [one.what for one in found.refused] == [what]


def test_conditions_too_deep_are_refused() -> None:
    """Conditions too deep are refused."""
    text = "Conditions:\n  C0: !Equals [a, a]\n"
    text += "".join(f"  C{at}: !Not [!Condition C{at - 1}]\n" for at in range(1, 5000))
    text += "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Condition: C4999\n" + TRUST
    (refused,) = read_file(text.encode(), "t", {}).refused
    assert refused.what == "is nested more than 64 levels deep, conditions included"


def test_conditions_that_multiply_are_worked_out_once() -> None:
    """Conditions that multiply are worked out once."""
    text = "Conditions:\n  C0: !Equals [a, a]\n"
    text += "".join(f"  C{at}: !And [!Condition C{at - 1}, !Condition C{at - 1}]\n" for at in range(1, 20))
    text += "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Condition: C19\n" + TRUST
    assert branches(read_file(text.encode(), "t", {})) == [""]


@pytest.mark.parametrize(
    ("declared", "literal", "expected"),
    [
        ("{Type: String, MinLength: 20}", "", [""]),
        ("{Type: String, MinLength: 20}", "too-short", [""]),
        ("{Type: String, MaxLength: 3}", "long", [""]),
        ("{Type: String, AllowedPattern: '[a-z]+'}", "", [""]),
        ("{Type: String, AllowedPattern: '^[0-9]{4}$'}", "12345", [""]),
        ("{Type: Number}", "", [""]),
        ("{Type: String, AllowedPattern: '^[0-9]{4}$'}", "1234", ["Is", "not Is"]),
        ("{Type: String, MinLength: 2, MaxLength: 4}", "four", ["Is", "not Is"]),
        # Whoever deploys chooses the parameter's name, and what is stored under it has no such bounds.
        ("{Type: 'AWS::SSM::Parameter::Value<String>', MaxLength: 3}", "long", ["Is", "not Is"]),
        # Read otherwise by Java, no regular expression, and what would take Python for ever.
        ("{Type: String, AllowedPattern: '[a-z&&[^x]]+'}", "a", ["Is", "not Is"]),
        ("{Type: String, AllowedPattern: '('}", "a", ["Is", "not Is"]),
        ("{Type: String, AllowedPattern: '(a+)+'}", "a" * 60 + "b", ["Is", "not Is"]),
        ("{Type: String, AllowedPattern: 'a*a*a*a*a*a*a*b'}", "a" * 60, ["Is", "not Is"]),
    ],
)
def test_a_parameter_is_never_what_its_declaration_refuses(declared: str, literal: str, expected: list[str]) -> None:
    """A condition that compares a parameter with what it cannot be decides nothing: there is no such branch."""
    text = f"Parameters:\n  P: {declared}\nConditions:\n  Is: !Equals [!Ref P, '{literal}']\n"
    text += "Resources:\n  Role:\n    Type: AWS::IAM::Role\n" + when("Is", "x")
    assert branches(read_file(text.encode(), "t", {})) == expected
