"""The JSON Schemas as text: one of them, or the list of all."""

from __future__ import annotations

import json

from deputize.errors import Problem, UsageError
from deputize.model.display import shown
from deputize.model.schemas import load_schema, schema_names


def schema_text(name: str) -> str:
    """The schema of that name as indented JSON with a final newline. Raises UsageError for an unknown name."""
    if name not in schema_names():
        raise UsageError(Problem("schema", f"{shown(name)} is unknown", f"known are {', '.join(schema_names())}"))
    return f"{json.dumps(load_schema(name), indent=2, ensure_ascii=False)}\n"


def schema_list() -> str:
    """`name  title` of every schema, one a line."""
    width = max(len(name) for name in schema_names())
    return "".join(f"{name:<{width}}  {load_schema(name)['title']}\n" for name in schema_names())
