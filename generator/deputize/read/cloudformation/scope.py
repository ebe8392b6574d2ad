"""One run over a template's values: what its parameters, conditions and functions come to under a branch's facts.

Texts may hold marks of unknowns (symbols.py). Where nothing decides a comparison, the run is given up for its branches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from deputize.iam.partitions import PARTITIONS
from deputize.model.display import printable, shown
from deputize.model.world import Origin, Place
from deputize.read.cloudformation.branches import Facts, ImpossibleError, UndecidedError
from deputize.read.cloudformation.calls import NO_VALUE, NoValue, intrinsic
from deputize.read.cloudformation.conditions import truth_of
from deputize.read.cloudformation.functions import call_function
from deputize.read.cloudformation.scalars import scalar
from deputize.read.source import MAX_DEPTH, Node, refusal
from deputize.read.symbols import Symbol, Symbols, is_known, sole_mark

MAX_STEPS = 100_000
"""What is worked out for one file, in nodes, conditions tried again included: about two seconds."""


class SpentError(Exception):
    """Nothing more is worked out for a file. Never leaves this room."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


@dataclass(slots=True)
class Budget:
    """What may still be worked out for one file."""

    steps: int = MAX_STEPS

    def spend(self, steps: int, place: Place) -> None:
        """Raise SpentError at `place` when nothing is left."""
        self.steps -= steps
        if self.steps < 0:
            raise SpentError(place)


@dataclass(frozen=True, slots=True)
class Source:
    """A template's sections. name: of the resource that holds it; empty for the file itself."""

    name: str
    parameters: Mapping[str, object]
    pseudo: Mapping[str, str]
    conditions: Mapping[str, Node]
    mappings: Mapping[str, Node]
    resources: Mapping[str, Node]
    symbols: Symbols
    budget: Budget
    place: Place


@dataclass(slots=True)
class Scope:
    """One run. labels: the named conditions that it asked about and that the facts decide, as a person says them."""

    source: Source
    facts: Facts
    labels: dict[str, None] = field(default_factory=dict)
    no_value: NoValue = NO_VALUE
    depth: int = 0
    _truths: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    _deciding: list[str] = field(default_factory=list)
    _asked: bool = False

    def value(self, node: Node) -> object:
        """What a node comes to: text, list, dict, None or NO_VALUE. Raises InputError for what is not understood."""
        self.enter(node)
        try:
            return self._value(node)
        finally:
            self.depth -= 1

    def enter(self, node: Node) -> None:
        """One level deeper, into `node`. Raises InputError where it is too deep, the conditions it names included."""
        self.source.budget.spend(1, node.place)
        if self.depth == MAX_DEPTH:
            raise refusal(node.place, f"is nested more than {MAX_DEPTH} levels deep, conditions included")
        self.depth += 1

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

    def scalar(self, node: Node) -> str | None:
        """A scalar's text, with a mark for each dynamic reference in it."""
        text = scalar(node)
        return self.resolved(text, node.place) if text is not None and "{{" in text else text

    def resolved(self, text: str, place: Place) -> str:
        """`text` with a mark for each dynamic reference in it.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
        """
        done, start = "", 0
        while (begin := text.find("{{resolve:", start)) >= 0 and (end := text.find("}}", begin)) >= 0:
            name = self.source.symbols.named(text[begin : end + 2])
            symbol = Symbol(name, Origin.DYNAMIC, place)
            done += text[start:begin] + self.source.symbols.mark((Origin.DYNAMIC, name), symbol)
            start = end + 2
        return done + text[start:]

    def text(self, node: Node) -> str:
        """The text of a node. Raises InputError for a list, a mapping or nothing."""
        found = self.value(node)
        if not isinstance(found, str):
            raise refusal(node.place, "text is needed here")
        return found

    def followed(self, node: Node) -> Node:
        """The node itself, or the branch that its Fn::If takes."""
        while (call := intrinsic(node)) is not None and call[0] == "Fn::If":
            node = self.branch(call[1])
        return node

    def items(self, node: Node) -> Iterator[Node]:
        """The items of a list, each Fn::If in it followed; a single value stands for a list of one."""
        node = self.followed(node)
        call = intrinsic(node)
        if call is not None and call[0] == "Ref" and call[1].value == "AWS::NoValue":
            return
        if call is None and isinstance(node.value, tuple):
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
        parts = argument.value
        if not isinstance(parts, tuple) or len(parts) != 3:  # noqa: PLR2004 -- condition, if true, if false
            raise refusal(argument.place, "Fn::If needs a condition and two values")
        name = scalar(parts[0])
        if name is None:
            raise refusal(parts[0].place, "Fn::If needs the name of a condition")
        return parts[1] if self.holds(name, parts[0]) else parts[2]

    def holds(self, name: str, node: Node) -> bool:
        """Whether the condition `name`, mentioned at `node`, is true in this branch."""
        truth, open_ = self._truth(name, node)
        self._asked = self._asked or open_
        if open_ and not self._deciding:
            self.labels[name if truth else f"not {name}"] = None
        return truth

    def _truth(self, name: str, node: Node) -> tuple[bool, bool]:
        """(Whether it is true, whether that rests on the branch's facts)."""
        if name in self._truths:
            return self._truths[name]
        if name not in self.source.conditions:
            raise refusal(node.place, f"there is no condition {shown(name)}")
        if name in self._deciding:
            raise refusal(node.place, f"the condition {shown(name)} depends on itself")
        before, self._asked = self._asked, False
        self._deciding.append(name)
        try:
            self._truths[name] = truth_of(self, self.source.conditions[name]), self._asked
        finally:
            self._deciding.pop()
            self._asked = before
        return self._truths[name]

    def same(self, one: object, other: object) -> bool:
        """Whether two values are equal in this branch. Raises UndecidedError when nothing decides it."""
        if one == other:
            return True
        first, second = (one if isinstance(one, str) else repr(one)), (other if isinstance(other, str) else repr(other))
        if is_known(first) and is_known(second):
            return False
        if is_known(first) or (sole_mark(first) is None and sole_mark(second) is not None):
            first, second = second, first
        if sole_mark(first) is not None and is_known(second):
            if not self.source.symbols.symbol(first).constraints.admits(second):
                return False
            self._asked = True
            return self._is(first, second)
        self._asked = True
        question = (first, second)
        if question not in self.facts.answers:
            raise UndecidedError(*(self.facts.with_answer(question, equal=one) for one in (True, False)))
        return self.facts.answers[question]

    def _is(self, mark: str, text: str) -> bool:
        """Whether an unknown is `text`: that is what it is from then on, or what it is not."""
        if text not in self.possible(mark, (text,)):
            return False
        without = self.facts.without_value(mark, text)
        allowed = self.source.symbols.symbol(mark).allowed
        if allowed and not set(allowed) - without.others[mark]:
            return True
        raise UndecidedError(self.facts.with_value(mark, text), without)

    def possible(self, mark: str, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Those of `texts` that an unknown may be in this branch."""
        symbol = self.source.symbols.symbol(mark)
        if symbol.name == "AWS::Partition" and symbol.origin is Origin.PSEUDO:
            texts = tuple(one for one in texts if one in PARTITIONS)
        excluded = self.facts.others.get(mark, frozenset())
        texts = tuple(one for one in texts if one not in excluded and symbol.constraints.admits(one))
        return tuple(one for one in texts if not symbol.allowed or one in symbol.allowed)

    def choose(self, mark: str, texts: tuple[str, ...]) -> NoReturn:
        """Give the run up for a branch for each of `texts` that an unknown may be.

        Raises UndecidedError, or ImpossibleError when it can be none of them.
        """
        possible = self.possible(mark, texts)
        if not possible:
            raise ImpossibleError
        raise UndecidedError(*(self.facts.with_value(mark, one, said=True) for one in possible))

    def known(self, mark: str) -> str:
        """The unknown's text where this branch decides about it, otherwise its mark."""
        text = self.facts.values.get(mark)
        if text is None and mark in self.facts.others:
            left = self.possible(mark, self.source.symbols.symbol(mark).allowed)
            text = left[0] if len(left) == 1 else None
        if text is None:
            return mark
        self._asked = True
        if mark in self.facts.said and not self._deciding:
            self.labels[f"{self.source.symbols.symbol(mark).name} is {printable(text)}"] = None
        return text
