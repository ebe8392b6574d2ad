"""Values and conditions of a template, worked out in one branch.

Texts may hold marks of unknowns (symbols.py). Where nothing decides a comparison, the run is given up for its branches.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deputize.model.display import shown
from deputize.read.cloudformation.functions import call_function
from deputize.read.cloudformation.resolver import Assumptions, Resolver
from deputize.read.cloudformation.sections import NO_VALUE, Source, intrinsic, is_no_value
from deputize.read.source import Node, refusal, scalar

_MANY = 10  # And and Or take two to ten conditions
_COUNTS = {"Fn::Equals": (2, 2), "Fn::Not": (1, 1), "Fn::And": (2, _MANY), "Fn::Or": (2, _MANY)}


class Evaluation(Resolver):
    """Works out whatever stands in the template."""

    def __init__(self, source: Source, assumptions: Assumptions) -> None:
        super().__init__(source, assumptions)
        self._truths: dict[str, tuple[bool, bool]] = {}

    def value(self, node: Node) -> object:
        """What a node comes to: text, list, dict, None or NO_VALUE. Raises InputError for what is not understood."""
        self.enter(node)
        try:
            return self._value(node)
        finally:
            self.depth -= 1

    def _value(self, node: Node) -> object:
        call = intrinsic(node)
        if call is not None:
            return self.called(*call, node)
        if isinstance(node.value, str):
            return self.scalar(node)
        if isinstance(node.value, tuple):
            return [one for one in map(self.value, node.value) if one is not NO_VALUE]
        found = {key: self.value(one) for key, one in node.value.items()}
        return {key: one for key, one in found.items() if one is not NO_VALUE}

    def called(self, function: str, argument: Node, node: Node) -> object:
        """What a call of an intrinsic function comes to."""
        if function == "Fn::If":
            return self.value(self.branch(argument))
        found = call_function(self, function, argument, node)
        if isinstance(found, str):
            self.source.budget.spend(len(found) // 16, node.place)
        return found

    def followed(self, node: Node) -> Node:
        """The node itself, or the branch that its Fn::If takes."""
        while (call := intrinsic(node)) is not None and call[0] == "Fn::If":
            node = self.branch(call[1])
        return node

    def items(self, node: Node) -> Iterator[Node]:
        """The items of a list, each Fn::If in it followed; a single value stands for a list of one."""
        node = self.followed(node)
        if is_no_value(node):
            return
        if intrinsic(node) is None and isinstance(node.value, tuple):
            for one in node.value:
                yield from self.items(one)
        else:
            yield node

    def texts(self, node: Node) -> Iterator[tuple[str, Node]]:
        """Every text in a list, or the one that stands for it, each with its node."""
        for item in self.items(node):
            found = self.value(item)
            for one in found if isinstance(found, list) else [found]:
                if not isinstance(one, str):
                    raise refusal(item.place, "text is needed here")
                yield one, item

    def branch(self, argument: Node) -> Node:
        """The branch of Fn::If whose arguments these are."""
        parts: tuple[Node, ...] = argument.value if isinstance(argument.value, tuple) else ()
        if len(parts) != 3:  # noqa: PLR2004 -- condition, if true, if false
            raise refusal(argument.place, "Fn::If needs a condition and two values")
        condition, if_true, if_false = parts
        name = scalar(condition)
        if name is None:
            raise refusal(condition.place, "Fn::If needs the name of a condition")
        return if_true if self.holds(name, condition) else if_false

    def holds(self, name: str, node: Node) -> bool:
        """Whether the condition `name`, mentioned at `node`, is true in this branch."""
        truth, open_ = self._truth(name, node)
        self._assumed = self._assumed or open_
        if open_ and not self._deciding:
            self.labels[name if truth else f"not {name}"] = None
        return truth

    def _truth(self, name: str, node: Node) -> tuple[bool, bool]:
        """(Whether it is true, whether that rests on the branch's assumptions)."""
        if name in self._truths:
            return self._truths[name]
        if name not in self.source.conditions:
            raise refusal(node.place, f"there is no condition {shown(name)}")
        if name in self._deciding:
            raise refusal(node.place, f"the condition {shown(name)} depends on itself")
        before, self._assumed = self._assumed, False
        self._deciding.append(name)
        try:
            self._truths[name] = self.test(self.source.conditions[name]), self._assumed
        finally:
            self._deciding.pop()
            self._assumed = before
        return self._truths[name]

    def test(self, node: Node) -> bool:
        """Whether the condition at `node` is true. Raises InputError for what is none."""
        self.enter(node)
        try:
            return self._test(node)
        finally:
            self.depth -= 1

    def _test(self, node: Node) -> bool:
        call = intrinsic(node)
        if call is None and isinstance(node.value, Mapping) and node.value.keys() == {"Condition"}:
            call = ("Condition", node.value["Condition"])
        if call is None:
            raise refusal(node.place, "is no condition")
        function, argument = call
        if function == "Condition":
            name = scalar(argument)
            if name is None:
                raise refusal(argument.place, "the name of a condition is needed here")
            return self.holds(name, argument)
        parts = _arguments(function, argument)
        if function == "Fn::Equals":
            return self.same(self.value(parts[0]), self.value(parts[1]))
        if function == "Fn::Not":
            return not self.test(parts[0])
        truths = (self.test(one) for one in parts)
        return all(truths) if function == "Fn::And" else any(truths)


def _arguments(function: str, argument: Node) -> tuple[Node, ...]:
    if function not in _COUNTS:
        raise refusal(argument.place, f"{shown(function)} is no condition that deputize reads")
    low, high = _COUNTS[function]
    parts = argument.value if isinstance(argument.value, tuple) else (argument,)
    if not low <= len(parts) <= high:
        raise refusal(argument.place, f"{function} has {len(parts)} arguments")
    return parts
