"""YAML read as plain text values with line numbers: nothing in it can be misread as a number, a date or a boolean.

Aliases are refused (a small file cannot grow into a large tree), and so are duplicate keys, which YAML parsers
otherwise drop silently, and nesting that would exhaust the stack.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from deputize.errors import InputError, Problem
from deputize.model.display import shown

try:
    from yaml import CBaseLoader as _Loader
except ImportError:  # PyYAML built without libyaml
    from yaml import BaseLoader as _Loader  # type: ignore[assignment]

Tree = str | list["Tree"] | dict[str, "Tree"]
Path = tuple[str | int, ...]

MAX_DEPTH = 20  # vendor.yaml needs 6


@dataclass(frozen=True, slots=True)
class LocatedText:
    """A YAML document as text, lists and mappings, with the line (from 1) of each path in it."""

    tree: Tree
    lines: dict[Path, int]


def read_yaml(text: str, where: str) -> LocatedText:
    """Parse one YAML document. Raises InputError naming `where` and the line of every problem."""
    try:
        _check_events(text, where)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(Problem(f"{where}:{line}", f"is not YAML: {error.problem or 'cannot be parsed'}")) from error
    except yaml.YAMLError as error:
        raise InputError(Problem(where, "is not YAML: it has a character that YAML does not allow")) from error
    reader = _TreeReader(where)
    tree = reader.value(node, ()) if node is not None else {}
    if reader.problems:
        raise InputError(*reader.problems)
    return LocatedText(tree, reader.lines)


def _check_events(text: str, where: str) -> None:
    """Raise InputError for what must be seen before a tree is built; YAMLError for what is no YAML."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = f"{where}:{event.start_mark.line + 1}" if event.start_mark else where
        if isinstance(event, yaml.AliasEvent):
            raise InputError(Problem(line, "uses a YAML alias (*name)", "write the value out"))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise InputError(Problem(line, f"is nested more than {MAX_DEPTH} levels deep"))


class _TreeReader:
    def __init__(self, where: str) -> None:
        self.where = where
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, path: Path) -> Tree:
        self.lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return str(node.value)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> Tree:
        found: dict[str, Tree] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = str(key_node.value)
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(f"{self.where}:{line}", "has a key that is no text"))
            elif key in found:
                self.problems.append(Problem(f"{self.where}:{line}", f"has the key {shown(key)} twice", "remove one"))
            else:
                found[key] = self.value(value_node, (*path, key))
        return found
