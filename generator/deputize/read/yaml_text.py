"""YAML -> Node, from the parser's events: no constructor, no recursion, no alias, no duplicate key.

Libyaml's events are used where PyYAML has them; a tag is only remembered, never acted on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import yaml

from deputize.model.display import shown
from deputize.read.source import MAX_DEPTH, Node, Place, check_text, misread, refusal

try:
    from yaml import CBaseLoader as _Loader
except ImportError:  # PyYAML built without libyaml
    from yaml import BaseLoader as _Loader  # type: ignore[assignment]


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been met."""

    place: Place
    tag: str
    is_mapping: bool
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Node] = field(default_factory=dict)
    key: Node | None = None

    def closed(self) -> Node:
        return Node(self.entries if self.is_mapping else tuple(self.items), self.place, self.tag)


def parse_yaml(text: str, where: str) -> Node:
    """The one YAML document in `text`. Raises InputError naming `where` and the line of what is wrong."""
    check_text(text, where)
    try:
        return _Builder(where).build(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Place(where, mark.line + 1, mark.column + 1) if mark else where
        raise refusal(place, f"is not YAML: {error.problem or 'cannot be parsed'}") from error
    except yaml.YAMLError as error:
        raise refusal(where, "is not YAML: it has a character that YAML does not allow") from error


class _Builder:
    def __init__(self, where: str) -> None:
        self.where = where
        self.open: list[_Open] = []
        self.root: Node | None = None

    def build(self, events: Iterator[yaml.Event]) -> Node:
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise refusal(self._place(event), "is a second YAML document in one file", "keep one")
            else:
                self._take(event)
        if self.root is None:
            raise refusal(self.where, "is empty")
        return self.root

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise refusal(self._place(event), "uses a YAML alias (*name)", "write the value out")
        if isinstance(event, yaml.ScalarEvent):
            bare = not event.style and event.implicit[0]
            self._add(Node(str(event.value), self._place(event), self._tag(event), plain=bare))
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(self.open) == MAX_DEPTH:
                raise refusal(self._place(event), f"is nested more than {MAX_DEPTH} levels deep")
            self.open.append(_Open(self._place(event), self._tag(event), isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._add(self.open.pop().closed())

    def _add(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        owner = self.open[-1]
        if not owner.is_mapping:
            owner.items.append(node)
        elif owner.key is None:
            owner.key = self._checked_key(node, owner)
        else:
            owner.entries[str(owner.key.value)] = replace(node, key=owner.key.place)
            owner.key = None

    @staticmethod
    def _checked_key(node: Node, owner: _Open) -> Node:
        if not isinstance(node.value, str) or node.tag:
            raise refusal(node.place, "has a key that is no text")
        if node.plain and (kind := misread(node.value)):
            raise refusal(node.place, f"the key {shown(node.value)} without quotes is {kind}", "put it in quotes")
        if node.plain and node.value == "<<":
            raise refusal(node.place, "uses a YAML merge key (<<)", "write the values out")
        if node.value in owner.entries:
            raise refusal(node.place, f"has the key {shown(node.value)} twice", "remove one")
        return node

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self.where, mark.line + 1, mark.column + 1) if mark else Place(self.where, 1, 1)

    def _tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> str:
        tag = event.tag or ""
        if tag and (tag == "!" or not tag.startswith("!")):
            raise refusal(self._place(event), f"uses the YAML tag {shown(tag)}", "write plain YAML")
        return tag
