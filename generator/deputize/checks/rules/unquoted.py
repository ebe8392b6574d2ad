"""The rule about what YAML makes of an account or external ID that stands without quotes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deputize.checks.rule import Example, Hit, Rule
from deputize.checks.rules.examples import EXTERNAL_ID, TEMPLATE
from deputize.model.values import Severity
from deputize.read.source import Node, scalar

_FORMATS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html"
_ACCOUNT_DIGITS = 12
# Under which keys, in lower case, an account or an external ID stands.
_KEYS = frozenset(
    ("aws", "sts:externalid", "aws:principalaccount", "aws:sourceaccount", "aws:resourceaccount", "aws:principalarn")
)
_OF_PARAMETERS = frozenset(("Default", "AllowedValues"))


def _changed(root: Node) -> Iterator[Hit]:
    """Each such text that is read as another."""
    sections = root.value if isinstance(root.value, Mapping) else {}
    parameters = sections.get("Parameters")
    for name, node in sections.items():
        if name != "Parameters":
            yield from _under(node, "")
    for one in parameters.value.values() if parameters is not None and isinstance(parameters.value, Mapping) else ():
        for name, node in one.value.items() if isinstance(one.value, Mapping) else ():
            yield from (hit for hit in _of(node) if name in _OF_PARAMETERS and _is_account(hit))


def _under(node: Node, key: str) -> Iterator[Hit]:
    waiting = [(node, key)]
    while waiting:
        one, name = waiting.pop()
        if isinstance(one.value, str):
            if one.plain and name.lower() in _KEYS:
                yield from _of(one)
        elif isinstance(one.value, tuple):
            waiting += [(inner, name) for inner in one.value]
        else:
            waiting += [(inner, each) for each, inner in one.value.items()]


def _of(node: Node) -> Iterator[Hit]:
    """What becomes of a scalar, or of each of a list."""
    for one in node.value if isinstance(node.value, tuple) else (node,):
        read = scalar(one)
        if isinstance(one.value, str) and one.plain and read is not None and read != one.value:
            yield Hit(f"{one.value} without quotes is read as {read}", one.place)


def _is_account(hit: Hit) -> bool:
    return hit.message.partition(" ")[0].isdigit() and hit.message.index(" ") == _ACCOUNT_DIGITS


UNQUOTED_RULES: tuple[Rule[Node], ...] = (
    Rule(
        id="policy-unquoted",
        severity=Severity.WARNING,
        title="An account or external ID that YAML would read as another number is in quotes",
        why="A number that begins with 0 is octal, and 0x, _, yes and no are read too: nobody has what comes of it.",
        mend="put it in quotes",
        reference=_FORMATS,
        check=_changed,
        example=Example(TEMPLATE, EXTERNAL_ID, "0x1234567890abcdef"),
    ),
)
