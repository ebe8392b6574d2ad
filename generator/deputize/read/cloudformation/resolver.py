"""One run over a template under the assumptions of one branch: what it takes for granted, and what that decides.

A run that meets a question which nothing decides is given up and started again, once for each answer. So an answer
holds from the beginning of a run, and a branch asks only what matters to it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NoReturn, TypeVar

from deputize.iam.partitions import PARTITIONS
from deputize.model.display import printable, shown
from deputize.model.world import Origin, Place
from deputize.read.cloudformation.sections import (
    NO_VALUE,
    PSEUDO_PARAMETERS,
    Source,
    attribute_of,
    pseudo,
    ref_of,
    url_of,
)
from deputize.read.source import MAX_DEPTH, Node, UnreadError, refusal, scalar
from deputize.read.symbols import Symbol, is_known, sole_mark

MAX_BRANCHES = 64

T = TypeVar("T")
Question = tuple[str, str]
"""Two texts, equal or not; an unknown text that is compared with a known one comes first."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What one run takes for granted. values: of unknowns, by their mark. others: what an unknown is not.

    answers: to questions about two texts. chosen: unknowns that no condition decides about; a branch is named by them.
    """

    values: dict[str, str] = field(default_factory=dict)
    others: dict[str, frozenset[str]] = field(default_factory=dict)
    answers: dict[Question, bool] = field(default_factory=dict)
    chosen: frozenset[str] = frozenset()

    def with_value(self, mark: str, text: str, *, chosen: bool = False) -> Assumptions:
        """These assumptions and that the unknown is `text`."""
        return replace(self, values={**self.values, mark: text}, chosen=self.chosen | {mark} if chosen else self.chosen)

    def without_value(self, mark: str, text: str) -> Assumptions:
        """These assumptions and that the unknown is not `text`."""
        return replace(self, others={**self.others, mark: self.others.get(mark, frozenset()) | {text}})

    def with_answer(self, question: Question, *, equal: bool) -> Assumptions:
        """These assumptions and that two texts are equal, or not."""
        return replace(self, answers={**self.answers, question: equal})


class UndecidedError(Exception):
    """A run cannot go on without an answer. then: the assumptions with either answer. Never leaves this room."""

    def __init__(self, *then: Assumptions) -> None:
        super().__init__()
        self.then = then


class ImpossibleError(Exception):
    """The assumptions of a run contradict the template: AWS would refuse to deploy it. Never leaves this room."""


class TooManyBranchesError(UnreadError):
    """Something that depends on the conditions in more ways than are told apart."""

    def __init__(self, place: Place) -> None:
        what = f"depends on the conditions in more than {MAX_BRANCHES} ways"
        super().__init__(place, what, "give parameters with --parameter NAME=VALUE")


def branches(run: Callable[[Assumptions], T], place: Place) -> Iterator[T]:
    """What `run` gives in every branch. Raises TooManyBranchesError at `place` beyond MAX_BRANCHES."""
    waiting = [Assumptions()]
    found = 0
    while waiting:
        if found + len(waiting) > MAX_BRANCHES:
            raise TooManyBranchesError(place)
        assumptions = waiting.pop()
        try:
            result = run(assumptions)
        except UndecidedError as undecided:
            waiting.extend(reversed(undecided.then))
        except ImpossibleError:
            continue
        else:
            found += 1
            yield result


class Resolver(ABC):
    """What functions and conditions ask of a run.

    labels: the named conditions that it asked about and that the assumptions decide, as a person says them.
    """

    def __init__(self, source: Source, assumptions: Assumptions) -> None:
        self.source = source
        self.assumptions = assumptions
        self.labels: dict[str, None] = {}
        self.depth = 0
        self._deciding: list[str] = []  # the conditions that are being worked out, the innermost last
        self._assumed = False  # whether something since the flag was cleared rests on an assumption

    @abstractmethod
    def value(self, node: Node) -> object:
        """What a node comes to: text, list, dict, None or NO_VALUE. Raises InputError for what is not understood."""

    def text(self, node: Node) -> str:
        """The text of a node. Raises InputError for a list, a mapping or nothing."""
        found = self.value(node)
        if not isinstance(found, str):
            raise refusal(node.place, "text is needed here")
        return found

    def enter(self, node: Node) -> None:
        """One level deeper, into `node`. Raises InputError where it is too deep, the conditions it names included."""
        self.source.budget.spend(1, node.place)
        if self.depth == MAX_DEPTH:
            raise refusal(node.place, f"is nested more than {MAX_DEPTH} levels deep, conditions included")
        self.depth += 1

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

    def reference(self, name: str, place: Place) -> object:
        """What `Ref` of `name` gives. Raises InputError when there is nothing of that name."""
        source = self.source
        if name in source.parameters:
            value = source.parameters[name]
            return self.known(value) if isinstance(value, str) else value
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in PSEUDO_PARAMETERS:
            return self.known(pseudo(source, name))
        if source.resource(name) is None:
            raise refusal(place, f"there is no parameter or resource {shown(name)}")
        return ref_of(source, name, self._issuer(name))

    def attribute(self, resource: str, attribute: str, place: Place) -> str:
        """What `Fn::GetAtt` gives. Raises InputError when there is no such resource."""
        if self.source.resource(resource) is None:
            raise refusal(place, f"there is no resource {shown(resource)}")
        return attribute_of(self.source, resource, attribute, self._issuer(resource))

    def _issuer(self, name: str) -> str | None:
        """How the ARN of an identity provider of the template names it: its Url without the scheme."""
        url = url_of(self.source, name)
        return None if url is None else self.text(url).removeprefix("https://")

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
            if not self.source.symbols.symbol(first).admits(second):
                return False
            self._assumed = True
            return self._is(first, second)
        self._assumed = True
        question = (first, second)
        if question not in self.assumptions.answers:
            raise UndecidedError(*(self.assumptions.with_answer(question, equal=one) for one in (True, False)))
        return self.assumptions.answers[question]

    def _is(self, mark: str, text: str) -> bool:
        """Whether an unknown is `text`: that is what it is from then on, or what it is not."""
        if text not in self.possible(mark, (text,)):
            return False
        without = self.assumptions.without_value(mark, text)
        allowed = self.source.symbols.symbol(mark).allowed
        if allowed and not set(allowed) - without.others[mark]:
            return True
        raise UndecidedError(self.assumptions.with_value(mark, text), without)

    def possible(self, mark: str, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Those of `texts` that an unknown may be in this branch."""
        symbol = self.source.symbols.symbol(mark)
        if symbol.name == "AWS::Partition" and symbol.origin is Origin.PSEUDO:
            texts = tuple(one for one in texts if one in PARTITIONS)
        excluded = self.assumptions.others.get(mark, frozenset())
        texts = tuple(one for one in texts if one not in excluded and symbol.admits(one))
        return tuple(one for one in texts if not symbol.allowed or one in symbol.allowed)

    def choose(self, mark: str, texts: tuple[str, ...]) -> NoReturn:
        """Give the run up for a branch for each of `texts` that an unknown may be.

        Raises UndecidedError, or ImpossibleError when it can be none of them.
        """
        possible = self.possible(mark, texts)
        if not possible:
            raise ImpossibleError
        raise UndecidedError(*(self.assumptions.with_value(mark, one, chosen=True) for one in possible))

    def known(self, mark: str) -> str:
        """The unknown's text where this branch decides about it, otherwise its mark."""
        text = self.assumptions.values.get(mark)
        if text is None and mark in self.assumptions.others:
            left = self.possible(mark, self.source.symbols.symbol(mark).allowed)
            text = left[0] if len(left) == 1 else None
        if text is None:
            return mark
        self._assumed = True
        if mark in self.assumptions.chosen and not self._deciding:
            self.labels[f"{self.source.symbols.symbol(mark).name} is {printable(text)}"] = None
        return text
