"""Policies and templates that parse and ask for too much, for nonsense or for themselves, made the same each time.

`size` is how large the large ones are, in bytes; what they are to show must not depend on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Made = tuple[str, Callable[[], bytes]]

_ROOT = "arn:aws:iam::111122223333:root"
_ASKS = {"StringEquals": {"sts:ExternalId": "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"}}
_BOMB = "*?" * 20 + "9"
_BOMBS = ("(a+)+$", "^(a|a)*$", "(.*)*x", "^(([a-z])+.)+[A-Z]([a-z])+$", "(" * 300 + "a" + ")" * 300, "[", "a{1,99999}")


def malformed_asks(size: int) -> Iterator[Made]:
    """(Name, content) of each file of this module."""
    yield from _shapes()
    yield from _large_policies(size)
    yield from _answers(size)
    yield from _templates()
    yield from _large_templates(size)


def _statement(**changes: Any) -> dict[str, Any]:
    made = {"Effect": "Allow", "Principal": {"AWS": _ROOT}, "Action": "sts:AssumeRole", "Condition": _ASKS}
    return {**made, **changes}


def _access(**changes: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*", **changes}


def _policy(*statements: Any) -> bytes:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}).encode()


def _shapes() -> Iterator[Made]:
    for name, nonsense in (("nothing", None), ("number", 7), ("text", "x"), ("list", [[]]), ("object", {"a": {}})):
        yield f"policy: Statement is {name}", lambda it=nonsense: json.dumps({"Statement": it}).encode()  # type: ignore[misc]
        for element in ("Effect", "Principal", "Condition"):
            yield (
                f"policy: {element} is {name}",
                lambda it=nonsense, element=element: _policy(_statement(**{element: it})),  # type: ignore[misc]
            )
    for name, statement in (
        ("wildcards that never end", _access(Action=f"s3:{_BOMB}")),
        ("wildcards in the service", _access(Action=f"{_BOMB}:{_BOMB}")),
        ("wildcards in a Deny", _access(Action="s3:*", Resource="*")),
        ("wildcards in a principal", _statement(Principal={"AWS": f"arn:aws:iam::{_BOMB}:root"})),
        ("wildcards in an ID", _statement(Condition={"StringLike": {"sts:ExternalId": _BOMB}})),
        ("stars", _access(Action=f"s3:{'*' * 2000}9")),
        ("question marks", _access(Action=f"s3:{'?' * 2000}*")),
        ("wildcards in an ARN", _access(Action="s3:PutObject", Resource=f"arn:aws:s3:::{_BOMB}")),
        ("variables in variables", _statement(Condition={"StringEquals": {"sts:ExternalId": "${" * 500}})),
        ("date of year 99999", _statement(Condition={"DateLessThan": {"aws:CurrentTime": "99999-01-01T00:00:00Z"}})),
        ("address that is none", _statement(Condition={"IpAddress": {"aws:SourceIp": "1.2.3.4/99"}})),
        ("number that is none", _statement(Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "1e999999999"}})),
        ("escape sequence as an action", _access(Action="\x1b]0;x\x07:*")),
    ):
        yield f"policy: {name}", lambda it=statement: _policy(it)  # type: ignore[misc]


def _large_policies(size: int) -> Iterator[Made]:
    yield "large policy: statements", lambda: _policy(*[_statement(Sid=f"S{n}") for n in range(size // 250)])
    yield "large policy: reads", lambda: _policy(*[_access(Sid=f"S{n}") for n in range(size // 100)])
    yield "large policy: stars", lambda: _policy(*[_access(Action="*") for _ in range(size // 80)])
    yield (
        "large policy: Deny",
        lambda: _policy(_access(Action="*"), *[_access(Effect="Deny", Action=f"{n}:*") for n in range(size // 80)]),
    )
    yield "large policy: actions", lambda: _policy(_access(Action=[f"s3:Get{n}*" for n in range(size // 16)]))
    yield "large policy: wildcards", lambda: _policy(_access(Action=[f"*:*{n}*" for n in range(size // 16)]))
    yield (
        "large policy: wildcards that never end",
        lambda: _policy(_access(Action=[f"s3:{'*?' * (20 + n % 10)}{n}" for n in range(size // 70)])),
    )
    yield "large policy: one action", lambda: _policy(_access(Action="s3:" + "*a" * (size // 2 - 100)))
    yield "large policy: unknown actions", lambda: _policy(_access(Action=[f"s{n}:Get" for n in range(size // 14)]))
    yield (
        "large policy: principals",
        lambda: _policy(_statement(Principal={"AWS": [f"{n:012}" for n in range(size // 17)]})),
    )
    yield (
        "large policy: accounts, each in a statement",
        lambda: _policy(*[_statement(Principal={"AWS": f"{n:012}"}) for n in range(size // 220)]),
    )
    yield (
        "large policy: 10,000 conditions",
        lambda: _policy(_statement(Condition={f"StringLike{n}": {"sts:ExternalId": "x"} for n in range(10000)})),
    )
    yield (
        "large policy: keys of a condition",
        lambda: _policy(_statement(Condition={"StringEquals": {f"aws:Tag/{n}": "x" for n in range(size // 24)}})),
    )
    yield (
        "large policy: IDs",
        lambda: _policy(
            _statement(Condition={"StringEquals": {"sts:ExternalId": [f"acme-{n:010}" for n in range(size // 100)]}})
        ),
    )
    yield (
        "large policy: patterns of IDs",
        lambda: _policy(
            _statement(Condition={"StringLike": {"sts:ExternalId": [f"*{n}*?*" for n in range(size // 100)]}})
        ),
    )
    yield (
        "large policy: resources",
        lambda: _policy(_access(Resource=[f"arn:aws:s3:::b{n}" for n in range(size // 24)])),
    )
    yield (
        "large policy: a long ID",
        lambda: _policy(_statement(Condition={"StringLike": {"sts:ExternalId": "*a" * (size // 2 - 200)}})),
    )


def _answers(size: int) -> Iterator[Made]:
    for name, answer in (
        ("empty role", {"Role": {"AssumeRolePolicyDocument": None}}),
        ("list as a role", {"Role": [{"AssumeRolePolicyDocument": {}}]}),
        ("broken percents", {"Role": {"RoleName": "a", "AssumeRolePolicyDocument": "%zz%7b"}}),
        ("policy as a number", {"PolicyDocument": 7}),
        ("document of nothing", {"PolicyVersion": {"Document": None}}),
        ("percents", {"Role": {"RoleName": "a", "AssumeRolePolicyDocument": "%25" * (size // 4)}}),
        ("roles of nothing", {"Roles": [{"AssumeRolePolicyDocument": {}}] * (size // 40)}),
    ):
        yield f"answer: {name}", lambda it=answer: json.dumps(it).encode()  # type: ignore[misc]


def _role(trust: str, name: str = "Role") -> str:
    return f"  {name}:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {trust}\n"


def _template(trust: str, sections: str = "") -> bytes:
    return f"{sections}Resources:\n{_role(trust)}".encode()


def _resources(each: Iterable[str]) -> bytes:
    return ("Resources:\n" + "".join(each)).encode()


def _nested(depth: int) -> str:
    body: dict[str, Any] = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {}}}}
    for _ in range(depth):
        stack = {"Type": "AWS::CloudFormation::StackSet", "Properties": {"TemplateBody": json.dumps(body)}}
        body = {"Resources": {"S": stack}}
    return json.dumps(body)


def _templates() -> Iterator[Made]:
    parameter = "Parameters: {P: {Type: String}}\n"
    yield "template: Resources is a list", lambda: b"AWSTemplateFormatVersion: x\nResources: []\n"
    yield "template: no Resources", lambda: b'AWSTemplateFormatVersion: "2010-09-09"\n'
    yield "template: role of nothing", lambda: b"Resources:\n  R: {Type: AWS::IAM::Role}\n"
    for name, trust in (
        ("role that trusts itself", "{Statement: {Effect: Allow, Principal: {AWS: !GetAtt Role.Arn}}}"),
        ("trust that is itself", "!GetAtt Role.AssumeRolePolicyDocument"),
        ("trust that is nothing", "!Ref AWS::NoValue"),
        ("trust that is a damaged text", "'{\"Statement\": ['"),
        ("no such parameter", "!Ref Nobody"),
        ("no such condition", "!If [Nobody, {}, {}]"),
        ("no such function", "{'Fn::Exec': 'exit 1'}"),
        ("no such item", "!Select [99999, [a]]"),
        ("item before the first", "!Select [-1, [a]]"),
        ("template by macro", "{'Fn::Transform': {Name: 'AWS::Include', Parameters: {Location: 's3://b/k'}}}"),
        ("imported", "!ImportValue Policy"),
        ("secret", "'{{resolve:secretsmanager:s}}'"),
        ("dynamic reference without end", "'{{resolve:{{resolve:'"),
        ("function of two names", "{'Fn::Sub': a, Ref: b}"),
        ("empty Sub", "!Sub '${}'"),
        ("open Sub", "!Sub '${P'"),
        ("Sub in Sub", "!Sub '${P${P}}'"),
        ("Sub of lists", "!Sub [['${P}'], {P: []}]"),
        ("join of a number", "!Join [1, 2]"),
        ("split by nothing", "!Split ['', 'abc']"),
        ("length of itself", "{'Fn::Length': {'Fn::Length': []}}"),
    ):
        yield f"template: {name}", lambda trust=trust: _template(trust, parameter)  # type: ignore[misc]
    yield (
        "template: condition of itself",
        lambda: _template("!If [C, {}, {}]", "Conditions: {C: !Not [!Condition C]}\n"),
    )
    circle = "".join(f"  C{n}: !Not [!Condition C{(n + 1) % 50}]\n" for n in range(50))
    yield "template: conditions in a circle", lambda: _template("!If [C0, {}, {}]", f"Conditions:\n{circle}")
    yield "template: macro for all", lambda: _template("{}", "Transform: Evil\n")
    yield "template: StackSets 8 deep", lambda: _nested(8).encode()
    for at, bomb in enumerate(_BOMBS):
        constrained = json.dumps({"Type": "String", "AllowedPattern": bomb, "Default": "a" * 40 + "!"})
        statement = json.dumps(_statement(Condition={"StringLike": {"sts:ExternalId": {"Ref": "P"}}}))
        yield (
            f"template: AllowedPattern that never ends, {at}",
            lambda one=constrained, it=statement: _template(f"{{Statement: {it}}}", f"Parameters: {{P: {one}}}\n"),  # type: ignore[misc]
        )


def _large_templates(size: int) -> Iterator[Made]:
    parameter = "Parameters: {P: {Type: String}}\n"
    yield "large template: open Sub", lambda: _template("!Sub '" + "${" * (size // 2 - 100) + "'", parameter)
    yield (
        "large template: open Sub, closed once",
        lambda: _template("!Sub '" + "${" * (size // 2 - 100) + "}'", parameter),
    )
    yield "large template: Sub", lambda: _template("!Sub '" + "${P}" * (size // 4 - 50) + "'", parameter)
    yield "large template: dynamic references", lambda: _template("'" + "{{resolve:" * (size // 10 - 20) + "'")
    yield (
        "large template: dynamic references, closed",
        lambda: _template("'" + "{{resolve:x}}" * (size // 13 - 20) + "'"),
    )
    yield (
        "large template: roles",
        lambda: _resources(_role("{Statement: []}", f"R{n}") for n in range(size // 110)),
    )
    yield (
        "large template: parameters",
        lambda: _template(
            "{Statement: {Principal: {AWS: [" + ",".join(f"!Ref P{n}" for n in range(size // 40)) + "]}}}",
            "Parameters:\n" + "".join(f"  P{n}: {{Type: String}}\n" for n in range(size // 40)),
        ),
    )
    twenty = [f"!If [C{n}, {{Sid: a{n}}}, {{Sid: b{n}}}]" for n in range(20)]
    yield (
        "large template: a million branches",
        lambda: _template(
            "{Statement: [" + ",".join(twenty) + "]}",
            "Parameters:\n"
            + "".join(f"  P{n}: {{Type: String}}\n" for n in range(20))
            + "Conditions:\n"
            + "".join(f"  C{n}: !Equals [!Ref P{n}, x]\n" for n in range(20)),
        ),
    )
    chain = "  C0: !Equals [!Ref P, x]\n" + "".join(
        f"  C{n}: !And [!Condition C{n - 1}, !Condition C{n - 1}]\n" for n in range(1, 60)
    )
    yield (
        "large template: conditions that double",
        lambda: _template("!If [C59, {}, {}]", f"{parameter}Conditions:\n{chain}"),
    )
    maps = "Mappings:\n  M:\n" + "".join(f"    k{n}: {{a: v{n}}}\n" for n in range(size // 25))
    yield "large template: map of all", lambda: _template("{Statement: !FindInMap [M, !Ref P, a]}", parameter + maps)
    yield (
        "large template: maps of maps",
        lambda: _template(
            "{Statement: ["
            + ",".join("!FindInMap [M, !Ref P, !FindInMap [M, !Ref P, a]]" for _ in range(size // 120))
            + "]}",
            parameter + "Mappings:\n  M:\n" + "".join(f"    k{n}: {{a: v{n}, b: w}}\n" for n in range(size // 60)),
        ),
    )
    double = "x"
    for _ in range(30):
        double = f"!Join ['', [{double}, {double}]]" if len(double) < size // 4 else double
    yield "large template: Join in Join", lambda: _template(double)
    yield (
        "large template: StackSets",
        lambda: _resources(
            f"  S{n}: {{Type: 'AWS::CloudFormation::StackSet', Properties: {{TemplateBody: '{{}}'}}}}\n"
            for n in range(size // 90)
        ),
    )
    yield (
        "large template: policies of one name",
        lambda: _resources(
            [
                *(
                    f"  P{n}: {{Type: 'AWS::IAM::ManagedPolicy', Properties: {{Roles: [x], PolicyDocument: {{}}}}}}\n"
                    for n in range(size // 200)
                ),
                *(_role("{Statement: []}", f"R{n}") + "      RoleName: x\n" for n in range(size // 250)),
            ]
        ),
    )
    yield (
        "large template: managed policies",
        lambda: _template(
            "{}\n      ManagedPolicyArns: ["
            + ",".join(f"arn:aws:iam::aws:policy/A{n}" for n in range(size // 34))
            + "]"
        ),
    )
    loops = "".join(f"  'Fn::ForEach::L{n}': [I, [a, b], {{'R${{I}}': {{Type: x}}}}]\n" for n in range(size // 60))
    yield "large template: loops", lambda: bytes(f"Transform: AWS::LanguageExtensions\nResources:\n{loops}", "utf-8")
    yield "large template: trust as a text", lambda: _template("'" + '{"Statement": [' * (size // 20) + "'")
