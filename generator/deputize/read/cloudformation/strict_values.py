"""What a template's values come to for given parameters: intrinsic functions, conditions, references.

Functions: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
Only those that need no AWS account are known; any other is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from deputize.model.display import shown
from deputize.read.source import MAX_DEPTH, Node, items_of, mapping_of, refusal, text_of

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in ("AccountId", "NotificationARNs", "Partition", "Region", "StackId", "StackName", "URLSuffix")
)
_NO_VALUE = "AWS::NoValue"
_PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")
_PAIR = 2

_DYNAMIC = "{{"


@dataclass(frozen=True, slots=True)
class Reference:
    """A resource of the same template, or one of its attributes: known only once it is deployed."""

    resource: str
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class NoValue:
    """What `AWS::NoValue` stands for: as if the property had not been written."""


Value = str | Reference | NoValue | list["Value"] | dict[str, "Value"]


def intrinsic(node: Node) -> tuple[str, Node] | None:
    """(function, argument) when the node is a call of an intrinsic function, in YAML's short or the long form."""
    if node.tag:
        name = node.tag.removeprefix("!")
        return (name if name in ("Ref", "Condition") else f"Fn::{name}"), Node(
            node.value, node.place, plain=node.plain, key=node.key
        )
    if not isinstance(node.value, str | tuple) and len(node.value) == 1:
        name, argument = next(iter(node.value.items()))
        if name == "Ref" or name.startswith("Fn::"):
            return name, argument
    return None


def is_no_value(node: Node) -> bool:
    """Whether the node is `!Ref AWS::NoValue`."""
    call = intrinsic(node)
    return call is not None and call[0] == "Ref" and call[1].value == _NO_VALUE


def references(node: Node) -> Iterator[str]:
    """Every name that Ref, Fn::GetAtt or Fn::Sub mentions anywhere below `node`."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        call = intrinsic(one)
        if call is not None:
            yield from _mentioned(*call)
            one = call[1]
        if isinstance(one.value, tuple):
            waiting.extend(one.value)
        elif isinstance(one.value, Mapping):
            waiting.extend(one.value.values())


def _mentioned(function: str, argument: Node) -> Iterator[str]:
    first = argument.value[0] if isinstance(argument.value, tuple) and argument.value else argument
    text = first.value if isinstance(first.value, str) else ""
    if function == "Ref":
        yield text
    elif function == "Fn::GetAtt":
        yield text.partition(".")[0]
    elif function == "Fn::Sub":
        yield from (name.partition(".")[0] for name in _PLACEHOLDER.findall(text))


class Resolver:
    """Resolves one template's values. `known` are its parameters and the pseudo parameters that were given."""

    def __init__(self, known: Mapping[str, str], conditions: Mapping[str, Node], resources: frozenset[str]) -> None:
        self.known = known
        self.conditions = conditions
        self.resources = resources
        self._deciding: list[str] = []
        self._depth = 0
        self._functions: dict[str, Callable[[Node], Value]] = {
            "Ref": self._ref,
            "Fn::Sub": self._sub,
            "Fn::GetAtt": self._get_att,
            "Fn::If": lambda node: self.value(self._branch(node)),
            "Fn::Join": self._join,
        }
        self._tests: dict[str, Callable[[Node], bool]] = {
            "Condition": lambda node: self.holds(text_of(node), node),
            "Fn::Equals": self._equals,
            "Fn::Not": lambda node: not self.test(self._arguments(node, 1, 1)[0]),
            "Fn::And": lambda node: all(self.test(one) for one in self._arguments(node, 2, 10)),
            "Fn::Or": lambda node: any(self.test(one) for one in self._arguments(node, 2, 10)),
        }

    def value(self, node: Node) -> Value:
        """The value of any node. Raises InputError for a function or name that is not understood."""
        with self._deeper(node):
            return self._value(node)

    def _value(self, node: Node) -> Value:
        if isinstance(node.value, str) and _DYNAMIC in node.value:
            # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
            raise refusal(
                node.place, "has a dynamic reference ({{...}}): it would put the customer's secret in its place"
            )
        call = intrinsic(node)
        if call is not None:
            function = self._functions.get(call[0])
            if function is None:
                raise refusal(node.place, f"uses {shown(call[0])}, which deputize does not read")
            return function(call[1])
        if isinstance(node.value, tuple):
            return [one for one in map(self.value, node.value) if not isinstance(one, NoValue)]
        if isinstance(node.value, Mapping):
            found = {key: self.value(one) for key, one in node.value.items()}
            return {key: one for key, one in found.items() if not isinstance(one, NoValue)}
        return text_of(node)

    def followed(self, node: Node) -> Node:
        """The node itself, or the branch that its Fn::If takes."""
        while (call := intrinsic(node)) is not None and call[0] == "Fn::If":
            node = self._branch(call[1])
        return node

    def text(self, node: Node) -> str:
        """The text of a node. Raises InputError when it has another type or is not known before deployment."""
        found = self.value(node)
        if isinstance(found, str):
            return found
        if isinstance(found, Reference):
            raise refusal(node.place, f"what {found.resource} gives is not known before it is deployed")
        raise refusal(node.place, "text is needed here")

    def test(self, node: Node) -> bool:
        """Whether the condition function at `node` is true."""
        with self._deeper(node):
            return self._test(node)

    def _test(self, node: Node) -> bool:
        call = intrinsic(node)
        if call is None and isinstance(node.value, Mapping) and node.value.keys() == {"Condition"}:
            call = ("Condition", node.value["Condition"])
        function = self._tests.get(call[0]) if call is not None else None
        if call is None or function is None:
            raise refusal(node.place, f"{shown(call[0]) if call else 'this'} is no condition that deputize reads")
        return function(call[1])

    def holds(self, name: str, node: Node) -> bool:
        """Whether the template's condition `name`, mentioned at `node`, is true."""
        if name not in self.conditions:
            raise refusal(node.place, f"there is no condition {shown(name)}")
        if name in self._deciding:
            raise refusal(node.place, f"the condition {shown(name)} depends on itself")
        self._deciding.append(name)
        try:
            return self.test(self.conditions[name])
        finally:
            self._deciding.pop()

    @contextmanager
    def _deeper(self, node: Node) -> Iterator[None]:
        # Conditions that name each other add up: what is nested is counted across all of them.
        if self._depth == 2 * MAX_DEPTH:
            raise refusal(node.place, f"is nested more than {2 * MAX_DEPTH} levels deep, conditions included")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _named(self, name: str, node: Node) -> str | Reference:
        if name in self.known:
            return self.known[name]
        if name in self.resources:
            return Reference(name)
        if name in PSEUDO_PARAMETERS:
            raise refusal(node.place, f"{name} is not known here", f"give a value for {name}")
        raise refusal(node.place, f"there is no parameter or resource {shown(name)}")

    def _ref(self, node: Node) -> Value:
        name = text_of(node)
        return NoValue() if name == _NO_VALUE else self._named(name, node)

    def _get_att(self, node: Node) -> Value:
        if isinstance(node.value, str):
            name, _, attribute = text_of(node).partition(".")
        else:
            name, attribute = (text_of(one) for one in self._arguments(node, _PAIR, _PAIR))
        if name not in self.resources:
            raise refusal(node.place, f"there is no resource {shown(name)}")
        return Reference(name, attribute)

    def _sub(self, node: Node) -> Value:
        own: dict[str, str] = {}
        template = node
        if not isinstance(node.value, str):
            template, variables = self._arguments(node, _PAIR, _PAIR)
            own = {key: self.text(one) for key, one in mapping_of(variables).items()}
        text = text_of(template)
        if text.count("${") != len(_PLACEHOLDER.findall(text)):
            raise refusal(node.place, "has a ${ in Fn::Sub that no name and } follow")
        return _PLACEHOLDER.sub(lambda match: self._placeholder(match[1], own, node), text)

    def _placeholder(self, name: str, own: Mapping[str, str], node: Node) -> str:
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        found = own[name] if name in own else self._named(name.partition(".")[0], node)
        if isinstance(found, Reference) or (name not in own and "." in name):
            raise refusal(node.place, f"what {shown(name)} gives is not known before it is deployed")
        return found

    def _branch(self, node: Node) -> Node:
        condition, chosen, other = self._arguments(node, 3, 3)
        return chosen if self.holds(text_of(condition), condition) else other

    def _join(self, node: Node) -> Value:
        delimiter, parts = self._arguments(node, _PAIR, _PAIR)
        return text_of(delimiter).join(self.text(part) for part in items_of(parts))

    def _equals(self, node: Node) -> bool:
        first, second = (self.text(one) for one in self._arguments(node, _PAIR, _PAIR))
        return first == second

    @staticmethod
    def _arguments(node: Node, least: int, most: int) -> tuple[Node, ...]:
        found = items_of(node)
        if not least <= len(found) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise refusal(node.place, f"has {len(found)} arguments, not {wanted}")
        return found
