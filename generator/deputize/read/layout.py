"""A parsed tree as JSON text again, with where each part of it stands in its file: for engines that read text alone."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from deputize.model.world import Place
from deputize.read.cloudformation.sections import intrinsic
from deputize.read.source import Node, misread, scalar
from deputize.read.symbols import is_known

_LONGEST_NUMBER = 15  # digits; a longer one may be read as another


@dataclass(slots=True)
class Layout:
    """The text of a tree; for lines and columns in it, in order, where what begins there stands in the file."""

    text: str = ""
    is_known: bool = True
    marks: list[tuple[int, int]] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)

    def place(self, line: int, column: int) -> Place:
        """Where the file has what stands at a line and column of the text, both from 1."""
        return self.places[max(bisect_right(self.marks, (line, column)) - 1, 0)]


def laid_out(node: Node) -> Layout:
    """The tree at `node` as a text in which YAML's short forms are the long ones.

    It is not known whole where a text in it depends on what the file does not hold.
    """
    writer = _Writer()
    writer.value(node)
    layout = writer.layout
    layout.text = "".join(writer.parts)
    layout.is_known = is_known(layout.text) and all(map(is_known, writer.texts))
    return layout


@dataclass(slots=True)
class _Writer:
    layout: Layout = field(default_factory=Layout)
    parts: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    line: int = 1
    column: int = 1

    def value(self, node: Node) -> None:
        self._mark(node.place)
        call = intrinsic(node) if node.tag and not node.tag.startswith("!!") else None
        if call is not None:
            name, argument = call
            if name == "Fn::GetAtt" and isinstance(argument.value, str):
                one, _, other = argument.value.partition(".")
                argument = argument._replace(value=(Node(one, node.place), Node(other, node.place)))
            self._entries({name: argument})
        elif isinstance(node.value, str):
            self._scalar(node)
        elif isinstance(node.value, Mapping):
            self._entries(node.value)
        else:
            self._items(node.value)

    def _entries(self, entries: Mapping[str, Node]) -> None:
        self._write("{")
        for at, (key, node) in enumerate(entries.items()):
            self._line("," if at else "")
            self._mark(node.named_at)
            self._text(key)
            self._write(": ")
            self.value(node)
        self._write("}")

    def _items(self, items: tuple[Node, ...]) -> None:
        self._write("[")
        for at, node in enumerate(items):
            self._line("," if at else "")
            self.value(node)
        self._write("]")

    def _scalar(self, node: Node) -> None:
        text, kind = scalar(node), misread(str(node.value)) if node.plain else None
        if text is None:
            self._write("null")
        elif (kind == "a boolean" and text in ("true", "false")) or (kind == "a number" and _is_number(text)):
            self._write(text)
        else:
            self._text(text)

    def _text(self, text: str) -> None:
        self.texts.append(text)
        self._write(json.dumps(text))

    def _write(self, text: str) -> None:
        self.parts.append(text)
        self.column += len(text)

    def _line(self, end: str) -> None:
        self.parts.append(f"{end}\n")
        self.line, self.column = self.line + 1, 1

    def _mark(self, place: Place) -> None:
        self.layout.marks.append((self.line, self.column))
        self.layout.places.append(place)


def _is_number(text: str) -> bool:
    return text.isdecimal() and text.isascii() and str(int(text)) == text if len(text) <= _LONGEST_NUMBER else False
