"""The JSON Schemas (draft 2020-12) of what deputize reads and prints, by name; each is shipped, versioned and tested.

`schemas/NAME.json` holds each but vendor's, which is made of the pydantic models that read vendor.yaml. A schema's
`$id` is `deputize/NAME/VERSION`, which every JSON result repeats under `schema`.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

_VENDOR = "vendor"


@cache
def schema_names() -> tuple[str, ...]:
    """The names of all schemas, sorted."""
    files = resources.files("deputize.model").joinpath("schemas").iterdir()
    return tuple(sorted((_VENDOR, *(file.name.removesuffix(".json") for file in files if file.name.endswith(".json")))))


def load_schema(name: str) -> dict[str, Any]:
    """The schema of that name; raises KeyError for any other, so ask schema_names() first."""
    if name not in schema_names():
        raise KeyError(name)
    if name == _VENDOR:
        return _vendor_schema()
    text = resources.files("deputize.model").joinpath("schemas", f"{name}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _vendor_schema() -> dict[str, Any]:
    from deputize.model.vendor_shape import vendor_schema

    made = vendor_schema()
    head = {"$schema": made["$schema"], "$id": f"deputize/{_VENDOR}/1", "title": "vendor.yaml: who asks, and for what"}
    return {**head, **{key: value for key, value in made.items() if key not in head}}
