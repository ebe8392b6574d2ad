"""A pytest plugin for `make quick`: no test starts after a moment, and slow ones only if their own file changed."""

from __future__ import annotations

import time

import pytest

_FIRST = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--until`, `--at-least` and `--changed`."""
    parser.addoption("--until", type=float, help="skip what has not started at this time (seconds since 1970)")
    parser.addoption("--at-least", type=float, help="seconds from the first test on in which none is skipped")
    parser.addoption("--changed", action="append", default=[], help="a test file whose slow tests run all the same")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip with the reason, which the closing line counts."""
    path = item.path.relative_to(item.config.rootpath).as_posix()
    if item.get_closest_marker("slow") and path not in item.config.getoption("--changed"):
        pytest.skip("slow, `make test` runs it")
    now = time.time()
    first = item.config.stash.setdefault(_FIRST, now)
    if now > max(item.config.getoption("--until"), first + item.config.getoption("--at-least")):
        pytest.skip("no time left, `make test` runs it")
