"""Text that a file holds as one scalar (a policy as JSON, a template in a stack set) -> Node, in its place.

The text is laid out again at the line and column where it stands, so that whatever parses it counts as a person would.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from deputize.errors import InputError
from deputize.model.world import Place
from deputize.read.source import Node, refusal

Parse = Callable[[str, str], Node]

_TAG = re.compile(r"![^\s|>'\"]+[ \t]+", re.ASCII)
_BLOCK = re.compile(r"\|[-+0-9]*[ \t]*(#.*)?", re.ASCII)
_MAX_LINES = 20_000  # of padding; beyond, a text stands at its node as a whole


def parsed_text(parse: Parse, text: str, node: Node, lines: Sequence[str]) -> Node:
    """What `parse` makes of `text`, which the scalar at `node` came to; `lines` are the file's.

    Raises InputError with the place of what is wrong.
    """
    place = node.place
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    tag = _TAG.match(line, place.column - 1)
    begin = tag.end() if tag else place.column - 1
    if place.line > _MAX_LINES:
        return moved(parse, text, place)
    if _BLOCK.fullmatch(line, begin):
        first = next((one for one in lines[place.line :] if one.strip()), "")
        return parse(_laid_out(text, place.line, len(first) - len(first.lstrip(" "))), place.file)
    if "\n" in text or "\\" in line:
        return moved(parse, text, place)
    quoted = line[begin : begin + 1] in ("'", '"')
    return parse(_laid_out(text, place.line - 1, begin + quoted), place.file)


def moved(parse: Parse, text: str, place: Place) -> Node:
    """What `parse` makes of a text whose lines are not the file's: everything in it stands at one place."""
    try:
        return _at(parse(text, place.file), place)
    except InputError as error:
        problem = error.problems[0]
        raise refusal(place, f"holds a text that {problem.what}", problem.mend) from error


def _laid_out(text: str, lines: int, columns: int) -> str:
    indent = " " * columns
    # A marker of YAML's is one at the beginning of a line only.
    body = text.removeprefix("---\n")
    lines += len(body) < len(text)
    return "\n" * lines + "\n".join(indent + one if one else one for one in body.split("\n"))


def _at(node: Node, place: Place) -> Node:
    if isinstance(node.value, tuple):
        return node._replace(value=tuple(_at(one, place) for one in node.value), place=place, key=None)
    if isinstance(node.value, str):
        return node._replace(place=place, key=None)
    return node._replace(value={key: _at(one, place) for key, one in node.value.items()}, place=place, key=None)
