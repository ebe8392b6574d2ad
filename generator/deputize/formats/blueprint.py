"""A blueprint: the files of one shape, cut at their marks once, filled with a tenant's texts by encoding and joining.

The law that makes this safe, a property test over every template: filling the shape equals rendering the tenant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deputize.formats.languages import escaped
from deputize.model.slots import SLOT
from deputize.model.values import Files

Hole = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Files as (path, parts): bytes stand as they are, a number is the hole of that index."""

    files: tuple[tuple[str, tuple[bytes | int, ...]], ...]
    holes: tuple[Hole, ...]

    def fill(self, values: Mapping[str, str]) -> Files:
        """The files of the tenant whose slots have these texts."""
        texts = self._texts(values)
        return {
            path: b"".join([texts[part] if isinstance(part, int) else part for part in parts])
            for path, parts in self.files
        }

    def fill_one(self, wanted: str, values: Mapping[str, str]) -> bytes:
        """The one file at `wanted`, as :meth:`fill` gives it."""
        texts = self._texts(values)
        parts = dict(self.files)[wanted]
        return b"".join([texts[part] if isinstance(part, int) else part for part in parts])

    def _texts(self, values: Mapping[str, str]) -> list[bytes]:
        return [escaped(values[field], languages).encode() for field, languages in self.holes]


def cut(texts: Mapping[str, str]) -> Blueprint:
    """Cut rendered texts at their marks; equal (field, languages) pairs share one hole."""
    holes: dict[Hole, int] = {}
    files = []
    for path, text in texts.items():
        parts: list[bytes | int] = []
        end = 0
        for mark in SLOT.finditer(text):
            field, *languages = mark[1].split("|")
            parts += [text[end : mark.start()].encode(), holes.setdefault((field, tuple(languages)), len(holes))]
            end = mark.end()
        files.append((path, (*parts, text[end:].encode())))
    return Blueprint(tuple(files), tuple(holes))
