"""Templates and policies that nobody wrote: those of the tests, changed at random in ways that files get broken."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
_MOST_BYTES = 20_000  # of a file that is changed
_TOKENS = (
    *("", "*", "{}", "[]", "null", "''", '"', "'", "{", "}", "[", "]", ":", ",", "- ", "\t", "\r\n", "\0", "\ufeff"),
    *(
        "!Ref X",
        "!Sub '${X}'",
        "!GetAtt R.Arn",
        "!If [C, a, b]",
        "!Ref AWS::NoValue",
        "Fn::Transform:",
        "Fn::ForEach::L:",
    ),
    *("${x}", "${", "{{x}}", "{% if %}", "{{resolve:ssm:x}}", "${aws:PrincipalTag/x}", "&a", "*a", "<<: *a", "!!int 1"),
    *("Allow", "Deny", "allow", "AWS", "Service", "Federated", "NotPrincipal", "NotAction", "sts:*", "sts:AssumeRole"),
    *("111122223333", "0111122223333", "arn:aws:iam::111122223333:root", "arn:aws:iam::aws:policy/AdministratorAccess"),
    *(
        "2008-10-17",
        "AWS::IAM::Role",
        "AWS::CloudFormation::StackSet",
        "AWS::Serverless::Function",
        "Rules",
        "Mappings",
    ),
    *("\U000f0001", "\ue000", "\\uDB80\\uDC01", "٣", "\u202e", "9" * 400, "1e999", "true", "~", "0x10", "2012-10-17"),
)


@cache
def corpus() -> tuple[tuple[str, bytes], ...]:
    """(Name, content) of every file that may be changed, in order of name."""
    found = (one for folder in ("answers/files", "read/any") for one in (TESTS / folder).rglob("*.*"))
    return tuple(
        (one.relative_to(TESTS).as_posix(), one.read_bytes())
        for one in sorted(found)
        if one.is_file() and one.stat().st_size <= _MOST_BYTES
    )


def mutant(seed: int, number: int) -> tuple[str, bytes]:
    """(Name, content) of one changed file, the same for the same seed and number."""
    chance = random.Random(f"{seed}/{number}")
    name, content = chance.choice(corpus())
    text = content.decode(errors="replace")
    for _ in range(chance.choice((1, 1, 1, 1, 2, 5))):
        text = chance.choice(_CHANGES)(text, chance)
    changed = text.encode(errors="replace")
    if chance.random() < 0.05:
        at = chance.randrange(len(changed) + 1)
        changed = changed[:at] + bytes(chance.randrange(256) for _ in range(3)) + changed[at:]
    return name, changed


def _token(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(_TOKENS) + text[at:]


def _word(text: str, chance: random.Random) -> str:
    """One word, of which the file has others, for a token."""
    words = text.split()
    return text.replace(chance.choice(words), chance.choice(_TOKENS), chance.choice((1, -1))) if words else text


def _swap(text: str, chance: random.Random) -> str:
    """One word for another of the file."""
    words = text.split()
    return text.replace(chance.choice(words), chance.choice(words), 1) if words else text


def _line(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at = chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(chance.randrange(len(lines)), lines[at])
        case 2:
            lines[at] = " " * chance.choice((1, 2, 7)) + lines[at]
        case _:
            lines[at] = lines[at].removeprefix("  ")
    return "".join(lines)


def _cut(text: str, chance: random.Random) -> str:
    one, other = sorted(chance.randrange(len(text) + 1) for _ in range(2))
    return text[:one] + text[other:] if chance.random() < 0.7 else text[:one]


def _splice(text: str, chance: random.Random) -> str:
    """The beginning of this file and the end of another."""
    other = chance.choice(corpus())[1].decode(errors="replace")
    return text[: chance.randrange(len(text) + 1)] + other[chance.randrange(len(other) + 1) :]


def _nest(text: str, chance: random.Random) -> str:
    at, depth = chance.randrange(len(text) + 1), chance.choice((3, 40, 400))
    return text[:at] + "[" * depth + "]" * chance.choice((0, depth)) + text[at:]


_GENTLE = (_word, _swap)
_ROUGH = (_token, _line, _cut, _splice, _nest)
_CHANGES: tuple[Callable[[str, random.Random], str], ...] = (*_GENTLE * 5, *_ROUGH)
