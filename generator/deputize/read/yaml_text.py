"""YAML -> Node, from the parser's events: no constructor, no recursion, no alias, no duplicate key.

Libyaml's events are used where PyYAML has them; a tag is only remembered, never acted on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from deputize.model.display import shown
from deputize.model.world import Place
from deputize.read.source import MAX_DEPTH, MAX_NODES, Node, TooManyError, check_text, misread, refusal

try:
    from yaml import CBaseLoader as _Loader
except ImportError:  # PyYAML built without libyaml
    from yaml import BaseLoader as _Loader  # type: ignore[assignment]


# YAML's own, which say what kind of value it is; CloudFormation takes a scalar as the text that it is.
_PLAIN = frozenset(("!", *(f"tag:yaml.org,2002:{kind}" for kind in ("bool", "float", "int", "map", "seq", "str"))))


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been met."""

    place: Place
    tag: str
    is_mapping: bool
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Node] = field(default_factory=dict)
    name: str = ""
    key: Place | None = None

    @property
    def awaits_key(self) -> bool:
        return self.is_mapping and self.key is None

    def closed(self, key: Place | None) -> Node:
        return Node(self.entries if self.is_mapping else tuple(self.items), self.place, self.tag, key=key)


def parse_yaml(text: str, where: str, *, any_key: bool = False) -> Node:
    """The one YAML document in `text`. Raises InputError naming `where` and the line of what is wrong.

    any_key: a key without quotes may look like a number or a boolean; it is read as the text that it is, as
    CloudFormation does.
    """
    check_text(text, where)
    try:
        # What yaml.parse does, but that it asks before each event whether there is one.
        return _NodeBuilder(where, any_key=any_key).build(iter(_Loader(text).get_event, None))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Place(where, mark.line + 1, mark.column + 1) if mark else where
        raise refusal(place, f"is not YAML: {error.problem or 'cannot be parsed'}") from error
    except yaml.YAMLError as error:
        raise refusal(where, "is not YAML: it has a character that YAML does not allow") from error


class _NodeBuilder:
    def __init__(self, where: str, *, any_key: bool) -> None:
        self.where = where
        self.any_key = any_key
        self.open = [_Open(Place(where, 1, 1), "", is_mapping=False)]  # the file, around its one value
        self.left = MAX_NODES

    def build(self, events: Iterator[yaml.Event]) -> Node:
        documents = 0
        for event in events:
            # The parser's own classes, none of which has another below it; most events are scalars.
            if type(event) is yaml.ScalarEvent:
                self._scalar(event)
            elif type(event) is not yaml.DocumentStartEvent:
                self._take(event)
            else:
                documents += 1
                if documents > 1:
                    raise refusal(self._place(event), "is a second YAML document in one file", "keep one")
        if not self.open[0].items:
            raise refusal(self.where, "is empty")
        return self.open[0].items[0]

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.CollectionStartEvent):
            if len(self.open) > MAX_DEPTH:
                raise refusal(self._place(event), f"is nested more than {MAX_DEPTH} levels deep")
            if self.open[-1].awaits_key:
                raise refusal(self._place(event), "has a key that is no text")
            self.open.append(_Open(self._place(event), self._tag(event), isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = self.open.pop()
            self._add(closed.closed(self.open[-1].key))
        elif isinstance(event, yaml.AliasEvent):
            raise refusal(self._place(event), "uses a YAML alias (*name)", "write the value out")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        owner = self.open[-1]
        place, bare = self._place(event), not event.style and event.implicit[0]
        if owner.is_mapping and owner.key is None:
            owner.name, owner.key = self._checked_key(event, place, owner, bare=bare), place
        else:
            self._add(Node(str(event.value), place, self._tag(event), bare, owner.key))

    def _add(self, node: Node) -> None:
        """A value where it belongs; it knows its key already."""
        self.left -= 1
        if self.left < 0:
            raise TooManyError(node.place)
        owner = self.open[-1]
        if owner.is_mapping:
            owner.entries[owner.name] = node
            owner.key = None
        else:
            owner.items.append(node)

    def _checked_key(self, event: yaml.ScalarEvent, place: Place, owner: _Open, *, bare: bool) -> str:
        name = str(event.value)
        if self._tag(event):
            raise refusal(place, "has a key that is no text")
        if bare and not self.any_key and (kind := misread(name)):
            raise refusal(place, f"the key {shown(name)} without quotes is {kind}", "put it in quotes")
        if bare and name == "<<":
            raise refusal(place, "uses a YAML merge key (<<)", "write the values out")
        if name in owner.entries:
            raise refusal(place, f"has the key {shown(name)} twice", "remove one")
        return name

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self.where, mark.line + 1, mark.column + 1) if mark else Place(self.where, 1, 1)

    def _tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> str:
        tag = event.tag
        if not tag or tag in _PLAIN:
            return ""
        if not tag.startswith("!"):
            raise refusal(self._place(event), f"uses the YAML tag {shown(tag)}", "write plain YAML")
        return str(tag)
