"""The malformed files as questions: made by the modules of the tests of lint, wherever those stand."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from frozen.questions import FileQuestion

TESTS = Path(__file__).parents[1]
SIZES = (4_000, 20_000)
"""Bytes of the large ones. With the first every file is asked about, with the second the large ones."""
WHERE = "x"


def malformed() -> Iterator[FileQuestion]:
    """Every one of them, in their own order."""
    for size in SIZES:
        for module, function in (("malformed", "malformed_texts"), ("malformed_asks", "malformed_asks")):
            for name, make in getattr(_loaded(module), function)(size):
                if size == SIZES[0] or name.startswith("large"):
                    yield FileQuestion(f"malformed/{size}/{name}", WHERE, make())


def _loaded(name: str) -> Any:
    found = [one for one in TESTS.rglob(f"{name}.py") if one.parent != Path(__file__).parent]
    spec = importlib.util.spec_from_file_location(f"frozen_{name}", found[0])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
