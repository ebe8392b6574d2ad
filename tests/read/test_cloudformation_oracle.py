"""The strict reader and the interpreter that it replaced: the same stack, or both refuse. Goes with the oracle."""

from __future__ import annotations

import importlib.util
import random
import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deputize.errors import InputError
from deputize.read.cloudformation.strict import read_stack

HERE = Path(__file__).parent
TEMPLATES = sorted((HERE.parent / "cases").glob("*/expected/cloudformation/role.yaml"))
BOUNDARY = "arn:{}:iam::444455556666:policy/B"
CHOICES: tuple[dict[str, str], ...] = (
    {},
    {"RoleName": "other"},
    {"Path": "/team/"},
    {"PermissionsBoundary": BOUNDARY},
    {"RoleName": "n", "Path": "/p/", "PermissionsBoundary": "", "AWS::AccountId": "111122223333"},
    {"PermissionsBoundary": BOUNDARY, "AWS::AccountId": "444455556666"},
    {"NoSuchParameter": "x"},
)


def _loaded(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"loaded_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass looks its module up
    spec.loader.exec_module(module)
    return module


ORACLE = _loaded("oracle_cloudformation")
WRITTEN = _loaded("test_cloudformation")


def outcome(read: Any, text: str, choices: Mapping[str, str]) -> tuple[object, ...] | str:
    """Everything that a reader makes of a template, or what it refuses it with."""
    try:
        stack = read(text, "t.yaml", choices)
    except InputError as error:
        return str(error)
    return stack.role, dict(stack.parameters), dict(stack.outputs), stack.refused


@pytest.mark.parametrize("path", TEMPLATES, ids=[path.parts[-4] for path in TEMPLATES])
def test_golden_templates_are_the_same_stacks(path: Path) -> None:
    """For each choice of parameters: role, parameters, outputs and what the rules refuse."""
    text = path.read_text(encoding="utf-8")
    partition = next(one for one in ("aws-us-gov", "aws-cn", "aws-eusc", "aws") if f"arn:{one}:" in text)
    outcomes = []
    for choices in CHOICES:
        chosen = {name: value.format(partition) for name, value in choices.items()}
        outcomes.append(outcome(read_stack, text, chosen))
        assert outcomes[-1] == outcome(ORACLE.read_stack, text, chosen)
    assert [isinstance(one, str) for one in outcomes] == [False] * 6 + [True]


@pytest.mark.parametrize("text", [text for text, _ in WRITTEN.BAD.values()], ids=WRITTEN.BAD)
def test_bad_templates_are_refused_by_both(text: str) -> None:
    """At the same line, but where what is wrong stands in two places."""
    refused, expected = (outcome(read, text, {}) for read in (read_stack, ORACLE.read_stack))
    assert isinstance(refused, str)
    assert isinstance(expected, str)


VALUES = (
    *("!Ref Name", "!Ref Bound", "!Ref Access", "!Ref Role", '!Ref "AWS::NoValue"', '!Ref "AWS::AccountId"'),
    *("!GetAtt Access.Arn", "!GetAtt Role.Arn", "!GetAtt Access.PolicyArn", '!Sub "${Name}"', '!Sub "${Role}"'),
    *('!Sub "arn:${AWS::Partition}:x"', '!Sub "arn:${Access}:x"', '!Sub "${Name.x}"', "!If [Bounded, a, b]"),
    *('!If [Bounded, !Ref Bound, !Ref "AWS::NoValue"]', "[]", "{}", "[a]", "x", '"x"', "1", "yes", "", "~"),
    *('"{{resolve:ssm:x}}"', '"{{x"', '!Join ["", [a, !Ref Name]]', '!Join ["", a]', "!Select [0, [a]]"),
    *("!Equals [a, b]", "!Equals [{a: b}, c]", "!Condition Bounded", "{Condition: Bounded}", "{a: b}", "[[a]]"),
    *("[!Ref Role]", "Reader", '"*"', "!FindInMap [a, b, c]", "!Not [!Equals [a, b]]", "2012-10-17", "7200"),
    *('\'{"Version": "2012-10-17", "Statement": []}\'', "!If [Bounded, [a], [b]]", "[!Ref Access, !Ref Access]"),
    *('"7200"', "!Base64 x", "{Ref: Name}", '{"Fn::Sub": "${Name}"}', "Access", "Role", "/x/", "!Split [a, b]"),
)
KEYS = (
    *("RoleName", "Path", "Description", "Roles", "Policies", "Tags", "ManagedPolicyArns", "PolicyName", "Condition"),
    *("ManagedPolicyName", "Metadata", "DependsOn", "Properties", "PermissionsBoundary", "MaxSessionDuration", "Type"),
    *("AssumeRolePolicyDocument", "PolicyDocument", "Statement", "Action", "Resource", "Principal", "Default", "Foo"),
)
GIVEN: tuple[dict[str, str], ...] = (
    {},
    {"Name": "N", "Bound": BOUNDARY.format("aws")},
    {"AWS::AccountId": "123456789012"},
    {"AWS::Partition": "aws", "AWS::AccountId": "1"},
    {"Bound": "7200"},
)
MORE = """\
Rules:
  Mine:
    RuleCondition: !Equals [!Ref Name, Reader]
    Assertions: [{Assert: !Equals [!Ref AWS::AccountId, "123456789012"], AssertDescription: Not mine.}]
Outputs:
  Arn: {Value: !GetAtt Role.Arn}
  Literal: {Value: !Sub "${!Name}-${Name}", Condition: Bounded}
  Other: {Value: !If [Bounded, !Ref Access, x]}
"""
EMBEDDED = """\
      Policies:
        - PolicyName: !Sub "${Name}-in"
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: !If [Bounded, "s3:ListAllMyBuckets", "ec2:DescribeInstances"]
                Resource: ["*", !If [Bounded, x, !Ref "AWS::NoValue"]]
      Tags:
"""


def _sources() -> tuple[str, ...]:
    name = 'ManagedPolicyName: !Sub "${Name}-access"'
    separate = (
        WRITTEN.edited(("AWS::IAM::ManagedPolicy", kind), (name, properties), ("[!Ref Access, ", "["))
        for kind, properties in WRITTEN.INLINE.items()
    )
    attached = WRITTEN.edited(("[!Ref Access, ", "["), (name, "ManagedPolicyName: x\n      Roles: [Reader]"))
    embedded = WRITTEN.edited(("[!Ref Access, ", "["), ("      Tags:\n", EMBEDDED))
    access = embedded.index("  Access:"), embedded.index("  Role:\n")
    return (WRITTEN.TEMPLATE + MORE, *separate, attached, embedded[: access[0]] + embedded[access[1] :])


SOURCES = _sources()
_ENTRY = re.compile(r"(\s*(?:- )?)([\w\"]+):( .*|)", re.ASCII)
_ATOM = re.compile(r'!Ref [\w:"]+|"[^"]*"|\b\w+\b|!\w+', re.ASCII)


def changed(text: str, chance: random.Random) -> str:
    """The template with one to three lines that are gone, twice, elsewhere, or have another key or value."""
    lines = text.split("\n")
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at, kind = chance.randrange(len(lines) - 1), chance.randrange(7)
        entry, atoms = _ENTRY.fullmatch(lines[at]), list(_ATOM.finditer(lines[at]))
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(at, lines[at])
        elif kind == 2:
            other = chance.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == 3 and atoms:
            atom = chance.choice(atoms)
            lines[at] = f"{lines[at][: atom.start()]}{chance.choice(VALUES)}{lines[at][atom.end() :]}"
        elif entry is not None:
            key = chance.choice(KEYS) if kind in (4, 5) else entry[2]
            value = entry[3] if kind == 4 else f" {chance.choice(VALUES)}"
            lines[at : at + (kind != 5)] = [f"{entry[1]}{key}:{value}"]
    return "\n".join(lines)


# What the strict reader refuses although no condition leads to it: it judges a template's form as it stands, where the
# interpreter saw only what it worked out; and a policy that is another role's too.
FORM = re.compile(
    r"t\.yaml(:\d+: (uses '|what '|'.*' without quotes is|has no value|has a dynamic reference"
    r"|AWS::\w+ is not known here|text is needed here|a list of texts is needed here|is not the role)"
    r"|: parameter '\w+' has a dynamic reference)",
    re.ASCII,
)


def test_changed_templates_are_the_same_stacks_or_refused() -> None:
    """Never does the strict reader take a template that the interpreter refused, nor make another stack of one."""
    chance = random.Random(20261130)
    seen: Counter[str] = Counter()
    for _ in range(3000):
        text, given = changed(chance.choice(SOURCES), chance), chance.choice(GIVEN)
        read, expected = (outcome(reader, text, given) for reader in (read_stack, ORACLE.read_stack))
        if isinstance(read, str) and not isinstance(expected, str):
            assert FORM.match(read), (read, text)
            seen["stricter"] += 1
        elif isinstance(read, str):
            assert isinstance(expected, str)
            seen["both refuse"] += 1
        else:
            assert read == expected, text
            seen["equal"] += 1
    assert seen["equal"] > 200
    assert seen["both refuse"] > 1000
    assert seen["stricter"] < 40
