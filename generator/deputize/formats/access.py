"""access.json: what the role may read, as data; each action is one line, for people and for diffs."""

from __future__ import annotations

from collections.abc import Mapping

from deputize.formats.languages import json_text
from deputize.model.format import ACCESS


def render_access(facts: Mapping[str, object]) -> dict[str, str]:
    """The facts as {path: text}, with slot marks."""
    return {ACCESS: f"{_text(facts, '')}\n"}


def _text(value: object, before: str) -> str:
    """`value` as indented JSON; what is about one action stands on one line, whatever its texts."""
    within = f"{before}  "
    if isinstance(value, Mapping):
        parts = [f"{json_text(key)}: {_text(one, within)}" for key, one in value.items()]
        return _inline(parts) if "action" in value or "grade" in value else _block("{}", parts, before)
    if isinstance(value, list) and value:
        return _block("[]", [_text(one, within) for one in value], before)
    return json_text(value)


def _inline(parts: list[str]) -> str:
    return f"{{{', '.join(parts)}}}"


def _block(brackets: str, parts: list[str], before: str) -> str:
    lines = ",".join(f"\n{before}  {part}" for part in parts)
    return f"{brackets[0]}{lines}\n{before}{brackets[1]}"
