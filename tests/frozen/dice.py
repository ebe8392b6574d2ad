"""Choices that are the same on every machine and every version of Python, by a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A generator with a seed. Only `random()` is used of Python's: its sequence is promised never to change."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed).random

    def below(self, end: int) -> int:
        """A number from 0 to end - 1."""
        return int(self._random() * end)

    def chance(self, percent: int) -> bool:
        """Yes in so many of a hundred cases."""
        return self._random() * 100 < percent

    def pick(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[self.below(len(choices))]

    def some(self, choices: Sequence[T], most: int) -> list[T]:
        """One to `most` of them, in a random order; the same one may come twice."""
        return [self.pick(choices) for _ in range(1 + self.below(most))]
