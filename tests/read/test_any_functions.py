"""Every intrinsic function in a template of any origin, of known texts and of unknown ones."""

from __future__ import annotations

from typing import Any

import pytest

from deputize.model.world import Origin
from deputize.read.any import read_any

TEMPLATE = """
Parameters:
  P: {{Type: String}}
  One: {{Type: String, AllowedValues: [only]}}
  L: {{Type: CommaDelimitedList}}
  N: {{Type: Number, Default: 3}}
  Stored: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /vendor/id}}
Mappings:
  Sites:
    eu: {{Account: '111111111111', Names: [a, b]}}
    us: {{Account: '222222222222', Names: [c]}}
Resources:
  Other: {{Type: 'AWS::IAM::Role', Properties: {{AssumeRolePolicyDocument: {{Statement: []}}}}}}
  User: {{Type: 'AWS::IAM::User'}}
  Bucket: {{Type: 'AWS::S3::Bucket'}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          Condition: {{StringEquals: {{'sts:ExternalId': {value}}}}}
          Principal: {{AWS: {principal}}}
"""


def read_file(content: bytes, name: str, choices: dict[str, str]) -> Any:
    """What read_any gives, untyped: tests reach into JSON."""
    return read_any(content, name, choices)


def read(value: str = "x", principal: str = "'*'", **choices: str) -> Any:
    """TEMPLATE with a value at the external ID and one at the principal."""
    text = TEMPLATE.format(value=value, principal=principal)
    return read_file(text.encode(), "t.yaml", choices)


def role(found: Any) -> Any:
    """The role in question; nothing may be refused."""
    assert found.refused == (), found.refused
    (one,) = (one for one in found.roles if one.name == "Role")
    return one


def identifier(found: Any) -> Any:
    """What the external ID came to."""
    return role(found).trust.value["Statement"]["Condition"]["StringEquals"]["sts:ExternalId"]


def principal(found: Any) -> Any:
    """What the principal came to."""
    return role(found).trust.value["Statement"]["Principal"]["AWS"]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("!Ref One", "only"),
        ("{Ref: One}", "only"),
        ("!Sub 'a-${One}'", "a-only"),
        ("{'Fn::Sub': 'a-${One}'}", "a-only"),
        ("!Sub ['${X}-${One}', {X: !Join ['', [b, c]]}]", "bc-only"),
        ("!Sub '${!One}-${One}'", "${One}-only"),
        ("!Join ['-', [a, !Ref One, !Ref 'AWS::NoValue']]", "a-only"),
        ("{'Fn::Join': ['', [a, b]]}", "ab"),
        ("!Select [1, [a, b]]", "b"),
        ("!Select ['0', !Split ['-', 'x-y']]", "x"),
        ("!Split ['-', 'x-y']", ["x", "y"]),
        ("!FindInMap [Sites, eu, Account]", "111111111111"),
        ("!FindInMap [Sites, !Sub 'u${X}', Names]".replace("!Sub 'u${X}'", "us"), ["c"]),
        ("{'Fn::FindInMap': [Sites, nowhere, Account, {DefaultValue: none}]}", "none"),
        ("!Base64 abc", "YWJj"),
        ("!ToJsonString {a: [1, !Ref One]}", '{"a": ["1", "only"]}'),
        ("!Length [a, b, c]", "3"),
        ("12345", "12345"),
        ("true", "true"),
        ("0123", "83"),
        ("[a, 1]", ["a", "1"]),
    ],
)
def test_a_function_of_known_texts_is_worked_out(written: str, text: object) -> None:
    """A function of known texts is worked out."""
    found = read(written)
    assert identifier(found) == text
    assert role(found).trust.unknowns == ()


@pytest.mark.parametrize(
    ("written", "names", "origin"),
    [
        ("!Ref P", ["P"], Origin.PARAMETER),
        ("!Ref N", ["N"], Origin.PARAMETER),
        ("!Ref L", ["L"], Origin.PARAMETER),
        ("!Ref Stored", ["Stored"], Origin.PARAMETER),
        ("!Sub 'a-${P}-${P}'", ["P"], Origin.PARAMETER),
        ("!Ref 'AWS::StackName'", ["AWS::StackName"], Origin.PSEUDO),
        ("!Ref Bucket", ["Bucket"], Origin.RESOURCE),
        ("!GetAtt Bucket.Arn", ["Bucket.Arn"], Origin.RESOURCE),
        ("!GetAtt [Bucket, Arn]", ["Bucket.Arn"], Origin.RESOURCE),
        ("!Sub '${Bucket.Arn}'", ["Bucket.Arn"], Origin.RESOURCE),
        ("!ImportValue vendor-id", ["vendor-id"], Origin.IMPORT),
        ("!ImportValue {'Fn::Sub': '${P}-id'}", ["${P}-id"], Origin.IMPORT),
        ("'{{resolve:ssm:/vendor/id:1}}'", ["{{resolve:ssm:/vendor/id:1}}"], Origin.DYNAMIC),
        ("!Select [2, !Split ['/', !Ref 'AWS::StackId']]", ["Fn::Select 2"], Origin.FUNCTION),
        ("!Join [',', !Ref L]", ["Fn::Join"], Origin.FUNCTION),
        ("!Base64 {Ref: P}", ["Fn::Base64"], Origin.FUNCTION),
        ("!Length {Ref: L}", ["Fn::Length"], Origin.FUNCTION),
        ("!GetAZs ''", ["Fn::GetAZs"], Origin.FUNCTION),
        ("!Cidr ['10.0.0.0/16', 2, 8]", ["Fn::Cidr"], Origin.FUNCTION),
    ],
)
def test_an_unknown_text_is_named_and_has_a_stand_in(written: str, names: list[str], origin: Origin) -> None:
    """An unknown text is named and has a stand in."""
    found = read(written)
    unknowns = role(found).trust.unknowns
    assert [one.name for one in unknowns] == names
    assert {one.origin for one in unknowns} == {origin}
    said = identifier(found)
    assert unknowns[0].stand_in in (said[0] if isinstance(said, list) else said)


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("!Ref Nothing", "there is no parameter or resource 'Nothing'"),
        ("!GetAtt Nothing.Arn", "there is no resource 'Nothing'"),
        ("!Sub '${aws:username}'", "there is no parameter or resource 'aws:username'"),
        ("!Sub [a]", "Fn::Sub needs a text and a mapping"),
        ("!Sub '${L}'", "'L' is a list, where Fn::Sub needs a text"),
        ("!Join [a]", "Fn::Join needs 2 arguments"),
        ("!Join ['', text]", "a list of texts is needed here"),
        ("!Select [7, [a]]", "there is no item '7' in a list of 1"),
        ("!FindInMap [Sites, mars, Account]", "the mapping 'Sites' has no such key"),
        ("!FindInMap [Nowhere, a, b]", "there is no mapping 'Nowhere'"),
        ("!FindInMap [Sites, !Sub '${P}x', Account]", "is the key of a mapping and not known"),
        ("!If [Nothing, a, b]", "there is no condition 'Nothing'"),
        ("!If [a, b]", "Fn::If needs a condition and two values"),
        ("!Equals [a, b]", "uses 'Fn::Equals', which deputize does not read"),
        ("!Transform {Name: x}", "uses 'Fn::Transform', which deputize does not read"),
        ("!Whatever x", "uses 'Fn::Whatever', which deputize does not read"),
    ],
)
def test_a_call_that_is_not_understood_is_refused_at_its_place(written: str, what: str) -> None:
    """A call that is not understood is refused at its place."""
    found = read(written)
    (refused,) = found.refused
    assert refused.what == what
    assert refused.place.line == 21
    assert [(one.name, one.trust is None) for one in found.roles] == [("Other", False), ("Role", True)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("!Ref P", "arn:aws:iam::000000000002:root"),
        ("!Sub 'arn:aws:iam::${P}:root'", "arn:aws:iam::000000000002:root"),
        ("!Sub 'arn:aws-us-gov:iam::${P}:role/x-${One}'", "arn:aws-us-gov:iam::000000000002:role/x-only"),
        ("!Sub 'arn:aws:sts::${P}:assumed-role/a/b'", "arn:aws:sts::000000000002:assumed-role/a/b"),
        ("!Ref L", ["arn:aws:iam::000000000002:root"]),
        ("!Split [',', !Ref P]", ["arn:aws:iam::000000000002:root"]),
        ("!ImportValue x", "arn:aws:iam::000000000002:root"),
        ("!Ref 'AWS::AccountId'", "000000000001"),
        ("!Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root'", "arn:aws:iam::000000000001:root"),
        ("!GetAtt Other.Arn", "arn:aws:iam::000000000001:role/unknown0001"),
        ("!GetAtt User.Arn", "arn:aws:iam::000000000001:user/unknown0001"),
        ("123456789012", "123456789012"),
        ("012345670123", "1402433619"),
        ("089999999999", "089999999999"),
    ],
)
def test_a_stand_in_is_legal_where_it_stands(written: str, expected: object) -> None:
    """A stand in is legal where it stands."""
    assert principal(read(principal=written)) == expected


def test_the_account_of_the_role_is_told() -> None:
    """The account of the role is told."""
    found = read(principal="!Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root'")
    assert role(found).own_account == "000000000001"
    assert role(found).partition is None
    known = read(principal="!Ref AWS::AccountId", **{"AWS::AccountId": "999999999999"})
    assert role(known).own_account == principal(known) == "999999999999"


def test_a_literal_arn_tells_the_partition_of_all() -> None:
    """A literal ARN tells the partition of all."""
    found = read("!Sub '${AWS::Partition}-${AWS::URLSuffix}'", principal="arn:aws-cn:iam::123456789012:root")
    assert role(found).partition == "aws-cn"
    assert identifier(found) == "aws-cn-amazonaws.com.cn"


def test_a_stand_in_is_nowhere_in_the_file() -> None:
    """A stand in is nowhere in the file."""
    found = read("!Sub '${P}-unknown-000000000001'", principal="!Ref P")
    assert principal(found) == "arn:aws:iam::000000000003:root"
    assert identifier(found) == "unknownaaaa0001-unknown-000000000001"


def test_the_caller_can_choose_a_parameter() -> None:
    """The caller can choose a parameter."""
    found = read("!Ref P", principal="!Ref L", P="acme", L="111111111111, 222222222222", Nothing="x")
    assert identifier(found) == "acme"
    assert principal(found) == ["111111111111", "222222222222"]
    assert role(found).trust.unknowns == ()


def test_a_mapping_by_an_unknown_key_is_read_row_by_row() -> None:
    """A mapping by an unknown key is read row by row."""
    found = read(principal="!FindInMap [Sites, !Ref P, Account]")
    roles = [one for one in found.roles if one.name == "Role"]
    assert [(one.branch, one.trust.value["Statement"]["Principal"]["AWS"]) for one in roles] == [
        ("P is eu", "111111111111"),
        ("P is us", "222222222222"),
    ]


@pytest.mark.parametrize(
    ("declared", "empty"),
    [
        ("Type: String", True),
        ("Type: String, MinLength: 0", True),
        ("Type: String, MinLength: 2", False),
        ("Type: String, AllowedPattern: '.*'", True),
        ("Type: String, AllowedPattern: '[a-z]+'", False),
        ("Type: String, AllowedPattern: '^$|x'", True),
        ("Type: String, AllowedPattern: '(['", True),
        ("Type: String, AllowedPattern: '[[a-z]'", False),
        ("Type: String, AllowedValues: [a, b]", False),
        ("Type: String, AllowedValues: [a, '']", True),
        ("Type: Number", False),
        ("Type: AWS::EC2::VPC::Id", False),
    ],
)
def test_whether_a_parameter_may_be_empty(declared: str, empty: bool) -> None:
    """Whether a parameter may be empty."""
    text = TEMPLATE.format(value="!Ref P", principal="x").replace("P: {Type: String}", f"P: {{{declared}}}")
    (unknown,) = role(read_file(text.encode(), "t", {})).trust.unknowns
    assert unknown.admits_empty is empty


def test_a_default_is_kept_and_is_no_value() -> None:
    """A default is kept and is no value."""
    text = TEMPLATE.format(value="!Ref P", principal="x")
    text = text.replace("P: {Type: String}", "P: {Type: String, Default: shared, NoEcho: true}")
    found = read_file(text.encode(), "t", {})
    (unknown,) = role(found).trust.unknowns
    assert (unknown.default, unknown.no_echo, unknown.place.line) == ("shared", True, 3)
    assert identifier(found) == "unknown0001"


def test_what_grows_without_end_is_refused() -> None:
    """What grows without end is refused."""
    value = "x"
    for _ in range(40):
        value = f"!Sub ['${{a}}${{a}}', {{a: {value}}}]"
    found = read(value)
    assert found.refused != ()


def test_what_takes_too_long_is_given_up() -> None:
    """A file may ask for more work than it has text: what was read before is kept, and the rest is an error."""
    parameters = "".join(f"  P{at}: {{Type: String}}\n" for at in range(6))
    conditions = "".join(f"  C{at}: !Equals [!Ref P{at}, x]\n" for at in range(6))
    many = ", ".join(f"a{at}" for at in range(60))
    items = ", ".join(f"!If [C{at}, {{Sid: a{at}, Action: [{many}]}}, b]" for at in range(6))
    roles = "".join(
        f"  R{at}: {{Type: 'AWS::IAM::Role', Properties: {{AssumeRolePolicyDocument: {{Statement: [{items}]}}}}}}\n"
        for at in range(14)
    )
    text = f"Parameters:\n{parameters}Conditions:\n{conditions}Resources:\n{roles}"
    found = read_any(text.encode(), "t", {})
    assert [one.what for one in found.refused] == [
        "comes to more than deputize works out: from here on nothing is read"
    ]
    assert found.roles


def test_an_attribute_without_a_name_is_an_unknown() -> None:
    """`!GetAtt Bucket.` is no ARN, of whatever type the resource is."""
    assert [one.name for one in role(read("!GetAtt Bucket.", "!GetAtt 'Other.'")).trust.unknowns] == ["Bucket", "Other"]


def test_a_stand_in_is_no_part_of_what_was_chosen() -> None:
    """An account that the caller gives is never the one that stands for the account of the stack."""
    found = role(read("x", "!Sub 'arn:aws:iam::${P}:root'", P="000000000001"))
    assert found.trust.value["Statement"]["Principal"]["AWS"] == "arn:aws:iam::000000000001:root"
    assert found.own_account == "000000000002"
