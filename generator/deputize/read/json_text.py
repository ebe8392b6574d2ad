"""JSON -> Node with line and column: strict JSON (RFC 8259), duplicate keys refused, nesting capped."""

from __future__ import annotations

import json
import re
from bisect import bisect_right

from deputize.model.display import shown
from deputize.model.world import Place
from deputize.read.source import MAX_DEPTH, MAX_NODES, Node, TooManyError, check_text, misread, refusal

_SPACE = re.compile(r"[ \t\n\r]*", re.ASCII)
_WORD = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null", re.ASCII)
_DECODER = json.JSONDecoder()
_NUMBER_CHARACTERS = 400  # beyond any number that a double holds


def parse_json(text: str, where: str) -> Node:
    """The one JSON value in `text`. Raises InputError naming `where` and the line of what is wrong."""
    check_text(text, where)
    return _Parser(text, where).whole()


def plain_json(node: Node) -> object:
    """The value as Python's json gives it, for functions that take any JSON document."""
    if isinstance(node.value, tuple):
        return [plain_json(item) for item in node.value]
    if not isinstance(node.value, str):
        return {key: plain_json(value) for key, value in node.value.items()}
    return json.loads(node.value) if node.plain and misread(node.value) else node.value


class _Parser:
    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where
        self.at = 0
        self.left = MAX_NODES
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def whole(self) -> Node:
        found = self._value(0)
        self._skip()
        if self.at < len(self.text):
            raise refusal(self._here(), "has something after the JSON value")
        return found

    def _value(self, depth: int) -> Node:
        self._skip()
        place = self._place(self.at)
        self.left -= 1
        if self.left < 0:
            raise TooManyError(place)
        character = self.text[self.at : self.at + 1]
        if character in ("{", "["):
            if depth == MAX_DEPTH:
                raise refusal(place, f"is nested more than {MAX_DEPTH} levels deep")
            self.at += 1
            return self._object(place, depth + 1) if character == "{" else self._array(place, depth + 1)
        if character == '"':
            return Node(self._string(), place)
        word = _WORD.match(self.text, self.at)
        if word is None or len(word[0]) > _NUMBER_CHARACTERS:
            raise refusal(
                self._here(), "is not JSON: a value is needed here" if character else "is not JSON: it ends too early"
            )
        self.at = word.end()
        return Node(word[0], place, plain=True)

    def _object(self, place: Place, depth: int) -> Node:
        entries: dict[str, Node] = {}
        if self._next("}"):
            return Node(entries, place)
        while True:
            self._skip()
            key_place = self._place(self.at)
            if self.text[self.at : self.at + 1] != '"':
                raise refusal(self._here(), "is not JSON: a key in quotes is needed here")
            key = self._string()
            if key in entries:
                raise refusal(key_place, f"has the key {shown(key)} twice", "remove one")
            if not self._next(":"):
                raise refusal(self._here(), "is not JSON: a colon is needed here")
            entries[key] = self._value(depth)._replace(key=key_place)
            if self._ends("}"):
                return Node(entries, place)

    def _array(self, place: Place, depth: int) -> Node:
        items: list[Node] = []
        if self._next("]"):
            return Node((), place)
        while True:
            items.append(self._value(depth))
            if self._ends("]"):
                return Node(tuple(items), place)

    def _ends(self, closing: str) -> bool:
        if self._next(","):
            return False
        if not self._next(closing):
            raise refusal(self._here(), f"is not JSON: a comma or {closing} is needed here")
        return True

    def _next(self, mark: str) -> bool:
        self._skip()
        found = self.text.startswith(mark, self.at)
        self.at += len(mark) if found else 0
        return found

    def _string(self) -> str:
        begin = self.at
        try:
            value, self.at = _DECODER.raw_decode(self.text, begin)
        except json.JSONDecodeError as error:
            self.at = error.pos
            raise refusal(self._here(), "is not JSON: a string is damaged or has no end") from error
        if any("\ud800" <= character <= "\udfff" for character in value):
            self.at = begin
            raise refusal(self._here(), "has half of a surrogate pair")
        return str(value)

    def _skip(self) -> None:
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at

    def _place(self, offset: int) -> Place:
        line = bisect_right(self.starts, offset)
        return Place(self.where, line, offset - self.starts[line - 1] + 1)

    def _here(self) -> Place:
        return self._place(min(self.at, len(self.text)))
