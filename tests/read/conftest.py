"""Small texts that every format's tests start from, and the message that a reader refuses a text with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deputize.errors import InputError

Message = Callable[[Callable[[], object]], str]


@pytest.fixture
def message() -> Message:
    """What an InputError says that a call raises; any other exception, or none, fails the test."""

    def run(call: Callable[[], object]) -> str:
        with pytest.raises(InputError) as caught:
            call()
        return str(caught.value)

    return run
