"""Files that cost much to judge: a fixed one for each way that is known, and random ones of the same ways."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from random import Random
from typing import Any

MOST_BYTES = 1 << 20
_OPEN = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
_HEAD = "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      "
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _trust(*statements: object) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements) or [_OPEN]}


def _entry(ids: object, who: object = "*", operator: str = "StringEquals", key: str = "sts:ExternalId") -> Any:
    return {**_OPEN, "Principal": {"AWS": who}, "Condition": {operator: {key: ids}}}


def _role(trust: object = None, **properties: object) -> dict[str, object]:
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust or _trust(), **properties}}


def _template(resources: Mapping[str, object] | None = None, **sections: object) -> str:
    return json.dumps({**sections, "Resources": resources or {"R": _role(_trust(_entry({"Ref": "X"})))}})


def _pattern(pattern: str, default: str) -> str:
    return _template(Parameters={"X": {"Type": "String", "AllowedPattern": pattern, "Default": default}})


def _conditions(count: int) -> dict[str, object]:
    return {f"C{at}": {"Fn::Equals": [{"Ref": f"P{at}"}, "1"]} for at in range(count)}


def _parameters(count: int) -> dict[str, object]:
    return {f"P{at}": {"Type": "String"} for at in range(count)}


def _ors(count: int, width: int) -> str:
    each = {f"C{at}": {"Fn::Or": [{"Condition": f"C{at - 1}"}] * width} for at in range(1, count)}
    return _template(Parameters={"X": {"Type": "String"}}, Conditions={**_conditions(1), **each, **_parameters(0)})


def _optional(count: int) -> str:
    each = [{"Fn::If": [f"C{at}", _entry(f"id-{at}-xxxxxxxx"), {"Ref": "AWS::NoValue"}]} for at in range(count)]
    sections = {"Parameters": _parameters(count), "Conditions": _conditions(count)}
    return _template({"R": _role(_trust(*each))}, **sections)


def _choices(levels: int, width: int) -> str:
    value: object = "v"
    for level in range(levels):
        value = {"Fn::If": [f"C{level}", *[value] * width]}
    return _template({"R": _role(RoleName=value)}, Parameters=_parameters(levels), Conditions=_conditions(levels))


def _doubled(levels: int, times: int = 2) -> str:
    text: object = "abcdefghij"
    for _ in range(levels):
        text = {"Fn::Sub": ["${A}" * times, {"A": text}]}
    return _template({"R": _role(_trust(_entry(text, text)), RoleName=text)})


def _joined(levels: int) -> str:
    text: object = "abcdefghij"
    for _ in range(levels):
        text = {"Fn::Join": ["", [text, text]]}
    return _template({"R": _role(RoleName=text)})


def _wide(times: int, length: int) -> str:
    return _template({"R": _role(RoleName={"Fn::Sub": ["${A}" * times, {"A": "x" * length}]})})


def _wide_in_wide(times: int, levels: int) -> str:
    text: object = "x" * times
    for _ in range(levels):
        text = {"Fn::Sub": ["${A}" * times, {"A": text}]}
    return _template({"R": _role(_trust(_entry(text, text)))})


def _each(width: int, loops: int) -> str:
    body: object = {"R${A}${B}${C}": _role()}
    for name in "CBA"[:loops]:
        body = {f"Fn::ForEach::L{name}": [name, [f"{name}{at}" for at in range(width)], body]}
    return json.dumps({"Transform": "AWS::LanguageExtensions", "Resources": body})


def _access(actions: list[str], count: int, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement] * count})


def _resources(count: int) -> str:
    each = [{"Effect": "Allow", "Action": "s3:Get*", "Resource": f"arn:aws:s3:::b{at}"} for at in range(count)]
    return json.dumps({"Version": "2012-10-17", "Statement": each})


def _entries(count: int) -> str:
    each = (_entry(f"id-{at}", f"arn:aws:iam::{100_000_000_000 + at}:root") for at in range(count))
    return json.dumps(_trust(*each))


def _likes(stars: int, values: int, times: int) -> str:
    ids = ["*a*b*c*d*e*f*g*h*" * stars + str(at) for at in range(values)]
    arns = [f"arn:aws:iam::*:role/*a*b*c*{at}" for at in range(values)]
    both = {"StringLike": {"sts:ExternalId": ids}, "ArnLike": {"aws:PrincipalArn": arns}}
    return json.dumps(_trust(*[{**_entry(""), "Condition": both}] * times))


def _stars(count: int) -> str:
    first, second = _entry("*a" * count + "b", operator="StringLike"), _entry("a*" * count, operator="StringLike")
    return json.dumps(_trust(first, second, {**_entry("a?*" * count, operator="StringNotLike"), "Effect": "Deny"}))


def _tags(count: int) -> str:
    tags = {f"aws:RequestTag/{at}": str(at) for at in range(count)}
    return json.dumps(_trust({**_entry(""), "Condition": {"StringEquals": tags}}))


def _aliases(width: int, levels: int) -> str:
    names = _LETTERS[: levels + 1]
    first = f"a: &a [{','.join('x' * width)}]"
    each = (f"{new}: &{new} [{','.join([f'*{old}'] * width)}]" for old, new in pairwise(names))
    return "\n".join((first, *each, f"Resources: {{R: {{Type: AWS::IAM::Role, Properties: *{names[-1]}}}}}", ""))


def _roles(count: int, *, named: bool) -> str:
    return _template({f"R{at}": _role(**({"RoleName": f"r{at}"} if named else {})) for at in range(count)})


def _functions(count: int, arguments: int) -> str:
    value = {"Fn::Select": [0, {"Fn::Split": [",", {"Fn::Join": [",", ["x"] * arguments]}]}]}
    return _template({f"R{at}": _role(RoleName=value) for at in range(count)})


def _sets(count: int, roles: int) -> str:
    inner = json.dumps({"Resources": {f"R{at}": _role() for at in range(roles)}})
    return _template(
        {
            f"S{at}": {"Type": "AWS::CloudFormation::StackSet", "Properties": {"TemplateBody": inner}}
            for at in range(count)
        }
    )


def _chain(count: int) -> str:
    ways = (_role(_trust(_entry("x", {"Fn::GetAtt": [f"R{at - 1}", "Arn"]}))) for at in range(1, count))
    return _template({"R0": _role(), **{f"R{at}": one for at, one in enumerate(ways, 1)}})


def _mesh(count: int) -> str:
    everybody = [{"Fn::GetAtt": [f"R{at}", "Arn"]} for at in range(count)]
    return _template({f"R{at}": _role(_trust(_entry("x", everybody))) for at in range(count)})


def _rules(count: int) -> str:
    each = {f"A{at}": {"Assertions": [{"Assert": {"Fn::Equals": [{"Ref": f"P{at}"}, "1"]}}]} for at in range(count)}
    return _template(Parameters={**_parameters(count), "X": {"Type": "String"}}, Rules=each)


def _deep_yaml(levels: int) -> str:
    return "\n".join(f"{' ' * at}a:" for at in range(levels))


Maker = Callable[..., str]
# Each way to be costly, as one fixed file has it, and the range of each number when it is made at random.
WAYS: Mapping[str, tuple[Maker, tuple[Any, ...], tuple[tuple[int, int], ...]]] = {
    "conditions of conditions": (_ors, (40, 2), ((2, 120), (2, 10))),
    "optional statements": (_optional, (60,), ((2, 400),)),
    "branches": (_choices, (14, 2), ((2, 16), (2, 3))),
    "doubled texts": (_doubled, (30, 2), ((1, 60), (2, 300))),
    "joined texts": (_joined, (13,), ((1, 15),)),
    "wide texts": (_wide, (20_000, 50_000), ((1, 100_000), (1, 400_000))),
    "wide texts in wide texts": (_wide_in_wide, (3_000, 4), ((1, 20_000), (1, 10))),
    "loops": (_each, (120, 3), ((1, 4_000), (1, 3))),
    "many resources": (_resources, (9_000,), ((10, 12_000),)),
    "many entries": (_entries, (5_000,), ((10, 5_500),)),
    "many patterns": (_likes, (8, 60, 20), ((1, 12), (1, 100), (1, 60))),
    "long patterns": (_stars, (600,), ((2, 20_000),)),
    "many conditions": (_tags, (3_000,), ((10, 20_000),)),
    "aliases": (_aliases, (9, 20), ((2, 40), (1, 24))),
    "open roles": (lambda count: _roles(count, named=False), (4_000,), ((10, 5_000),)),
    "named open roles": (lambda count: _roles(count, named=True), (4_000,), ((10, 5_000),)),
    "functions": (_functions, (300, 200), ((1, 2_000), (1, 4_000))),
    "stack sets": (_sets, (200, 10), ((1, 400), (1, 600))),
    "a chain of roles": (_chain, (400,), ((2, 600),)),
    "a mesh of roles": (_mesh, (60,), ((2, 120),)),
    "rules": (_rules, (200,), ((1, 2_000),)),
    "nested YAML": (_deep_yaml, (1_400,), ((2, 1_400),)),
    "wild actions": (
        lambda stars, count, times: _access(["*" * stars + ":" + "*a*b*c*d*e*f*g*h*" * 5] * count, times),
        (200, 50, 20),
        ((1, 400), (1, 100), (1, 20)),
    ),
    "marked actions": (
        lambda marks, count, times: _access(["?" * marks + "*" * 100 + ":" + "*?" * 200] * count, times),
        (100, 500, 3),
        ((1, 200), (1, 500), (1, 4)),
    ),
    "actions by letter": (
        lambda count, times: _access([f"*:{letter}*" for letter in _LETTERS] * count, times),
        (30, 20),
        ((1, 60), (1, 40)),
    ),
    "open statements": (lambda count: json.dumps(_trust(*[_OPEN] * count)), (5_000,), ((10, 10_000),)),
    "brackets": (lambda depth: "[" * depth, (500_000,), ((2, 1 << 20),)),
    "braces": (lambda depth: '{"Resources":' * depth + "1" + "}" * depth, (20_000,), ((2, 70_000),)),
    "dashes": (lambda depth: "- " * depth, (400_000,), ((2, 1 << 19),)),
    "digits": (
        lambda digits: '{"Version": "2012-10-17", "Statement": [{"x": ' + "9" * digits + "}]}",
        (900_000,),
        ((20, 1_000_000),),
    ),
    "digits in YAML": (lambda digits: f"{_HEAD}MaxSessionDuration: {'9' * digits}\n", (900_000,), ((20, 1_000_000),)),
    "a number by sixty": (
        lambda parts: f"{_HEAD}MaxSessionDuration: {':'.join(['59'] * parts)}\n",
        (200_000,),
        ((2, 340_000),),
    ),
    "a long line": (lambda length: f'Resources: "{"x" * length}"', (1_000_000,), ((2, 1_040_000),)),
    "blanks": (lambda length: " " * length, (1 << 20,), ((2, 1 << 20),)),
    "a base64 text": (
        lambda length: _template({"R": _role(RoleName={"Fn::Base64": "x" * length})}),
        (900_000,),
        ((2, 1_000_000),),
    ),
    "networks": (
        lambda count: _template({"R": _role(RoleName={"Fn::Select": [0, {"Fn::Cidr": ["10.0.0.0/8", count, "1"]}]})}),
        (2_000_000_000,),
        ((1, 2_000_000_000),),
    ),
    "values in a list": (lambda count: '{"Resources": {"R": [' + "1," * count + "1]}}", (100_001,), ((10, 500_000),)),
    "a pattern of groups": (
        lambda depth: _pattern("(?:" * depth + "a" + ")" * depth, "a"),
        (400,),
        ((1, 20_000),),
    ),
    "a pattern of choices": (lambda length: _pattern("(a|a)*$", "a" * length + "!"), (60,), ((2, 4_000),)),
    "a pattern of repeats": (lambda length: _pattern("(a+)+$", "a" * length + "!"), (60,), ((2, 4_000),)),
    "a pattern of stars": (
        lambda count, length: _pattern(f"(.*a){{{count}}}$", "a" * length + "!"),
        (25, 400),
        ((2, 200), (2, 4_000)),
    ),
}  # fmt: skip
OTHERS: Mapping[str, str | bytes] = {
    "a date": f"{_HEAD}RoleName: 9999-99-99\n      AssumeRolePolicyDocument: {{Version: 2012-10-17, Statement: []}}\n",
    "no number": '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*",'
    '"Condition":{"NumericLessThan":{"x":NaN,"y":Infinity,"z":1e999999999}}}]}',
    "merged with itself": "Resources:\n  R: &r\n    Type: AWS::IAM::Role\n    <<: *r\n",
    "a tag that calls": '!!python/object/apply:os.system ["exit 1"]\n',
    "a tag that names": "Resources: !!python/name:os.system\n",
    "a strange tag": f"{_HEAD.rstrip()} !Foo {{AssumeRolePolicyDocument: {{}}}}\n",
    "UTF-16": '{"Resources":{}}'.encode("utf-16"),
    "a zero": b"Resources:\n\0 R: 1\n",
    "Latin-1": b"Resources: \xe9\n",
    "half a pair": '{"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"\\ud800"}}}}',
    "controls": _template({"x\n::error ::a\x1b[31m\u202e": _role(_trust(_entry("x\r\u2028", "x\n::error::y")))}),
    "circles": _template(
        {"R": {**_role({"Fn::GetAtt": ["R", "Arn"]}), "Condition": "A"}},
        Conditions={"A": {"Condition": "B"}, "B": {"Condition": "A"}, "C": {"Fn::Not": [{"Condition": "C"}]}},
    ),
    "groups in groups": _pattern("^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 40),
    "a function's policy": _template(
        {
            "F": {
                "Type": "AWS::Serverless::Function",
                "Properties": {
                    "CodeUri": "/etc/passwd",
                    "Handler": "a",
                    "Runtime": "python3.13",
                    "Policies": [_trust()],
                },
            },
            "A": {"Type": "AWS::Serverless::Application", "Properties": {"Location": "/etc/passwd"}},
            "S": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "/etc/passwd"}},
        },
        Transform=["AWS::Serverless-2016-10-31"],
    ),
    "an include": '{"Resources":{"Fn::Transform":{"Name":"AWS::Include","Parameters":{"Location":"s3://x/y"}}}}',
    "settings of cfn-lint": _template(
        Metadata={"cfn-lint": {"config": {"ignore_checks": ["E", "W"], "append_rules": ["/"], "override_spec": "/x"}}}
    ),
}


def fixed() -> Iterator[tuple[str, bytes]]:
    """(Name, content) of each file that is always the same, none larger than is read."""
    for name, content in OTHERS.items():
        yield name, content.encode() if isinstance(content, str) else content
    for name, (make, numbers, _) in WAYS.items():
        yield name, make(*numbers).encode()[:MOST_BYTES]


def at_random(chance: Random) -> tuple[str, bytes]:
    """(Name, content) of one more of the ways; small numbers are as likely as large ones."""
    name = chance.choice(sorted(WAYS))
    make, _, ranges = WAYS[name]
    while True:
        numbers = [max(low, round(high ** chance.random())) for low, high in ranges]
        if _size(name, numbers) > 4 * MOST_BYTES:
            continue  # making it would cost more than judging it
        return f"{name} {numbers}", make(*numbers).encode()[:MOST_BYTES]


def _size(name: str, numbers: list[int]) -> int:
    """About how many bytes a file comes to where its size is more than a sum of its numbers."""
    match name:
        case "branches":
            return 20 * int(numbers[1] ** numbers[0])
        case "joined texts":
            return 20 << numbers[0]
        case "a mesh of roles":
            return 40 * numbers[0] * numbers[0]
        case "stack sets":
            return 200 * numbers[0] * numbers[1]
        case "functions":
            return 6 * numbers[0] * numbers[1]
        case _:
            return 0
