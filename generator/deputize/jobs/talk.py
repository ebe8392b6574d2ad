"""How a job talks to a person while it works: lines that are told, and a question before AWS is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Talk:
    """say: is told a line. agree: is asked a question and returns the answer.

    Its second argument says what else to do where nobody can be asked.
    """

    say: Callable[[str], None]
    agree: Callable[[str, str], bool]
