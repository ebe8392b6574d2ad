"""Every way in which a template's conditions can come out, as far as one role asks about them.

A run that meets a question which nothing decides is given up and started again, once for each answer. So an answer
holds from the beginning of a run, and a branch asks only what matters to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from deputize.model.world import Place
from deputize.read.source import refusal

MAX_BRANCHES = 64

T = TypeVar("T")
Question = tuple[str, str]
"""Two texts, equal or not; an unknown text that is compared with a known one comes first."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one run takes for granted. values: of unknowns, by their mark. others: what an unknown is not.

    answers: to questions about two texts. said: unknowns that no condition decides about; a branch is named by them.
    """

    values: dict[str, str] = field(default_factory=dict)
    others: dict[str, frozenset[str]] = field(default_factory=dict)
    answers: dict[Question, bool] = field(default_factory=dict)
    said: frozenset[str] = frozenset()

    def with_value(self, mark: str, text: str, *, said: bool = False) -> Facts:
        """These facts and that the unknown is `text`."""
        return replace(self, values={**self.values, mark: text}, said=self.said | {mark} if said else self.said)

    def without_value(self, mark: str, text: str) -> Facts:
        """These facts and that the unknown is not `text`."""
        return replace(self, others={**self.others, mark: self.others.get(mark, frozenset()) | {text}})

    def with_answer(self, question: Question, *, equal: bool) -> Facts:
        """These facts and that two texts are equal, or not."""
        return replace(self, answers={**self.answers, question: equal})


class UndecidedError(Exception):
    """A run cannot go on without an answer. then: the facts with either answer. Never leaves this room."""

    def __init__(self, *then: Facts) -> None:
        super().__init__()
        self.then = then


class ImpossibleError(Exception):
    """The facts of a run contradict the template: AWS would refuse to deploy it. Never leaves this room."""


def branches(run: Callable[[Facts], T], place: Place) -> Iterator[T]:
    """What `run` gives in every branch. Raises InputError at `place` when there are more than MAX_BRANCHES."""
    waiting = [Facts()]
    found = 0
    while waiting:
        if found + len(waiting) > MAX_BRANCHES:
            raise refusal(
                place,
                f"depends on the conditions in more than {MAX_BRANCHES} ways",
                "give parameters with --parameter NAME=VALUE",
            )
        facts = waiting.pop()
        try:
            result = run(facts)
        except UndecidedError as undecided:
            waiting.extend(reversed(undecided.then))
        except ImpossibleError:
            continue
        else:
            found += 1
            yield result
