"""Intrinsic functions: what each comes to when some of the texts it is given are unknown.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
A function of an unknown is an unknown itself, unless the file tells all that it can be. Fn::If is the evaluation's own.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping

from deputize.model.display import shown
from deputize.model.world import Origin
from deputize.read.cloudformation.resolver import Resolver
from deputize.read.cloudformation.sections import PLACEHOLDER
from deputize.read.source import Node, refusal
from deputize.read.symbols import Symbol, is_known, sole_mark

_MAX_TEXT = 1024 * 1024  # characters; CloudFormation's own limit is far below
_PAIR = 2
_INDEX = re.compile(r"[0-9]{1,6}", re.ASCII)


def call_function(resolver: Resolver, function: str, argument: Node, node: Node) -> object:
    """What `function` comes to. Raises InputError for one that deputize does not read."""
    known = _FUNCTIONS.get(function)
    if known is None:
        raise refusal(node.place, f"uses {shown(function)}, which deputize does not read")
    found = known(resolver, argument, node)
    if isinstance(found, str) and len(found) > _MAX_TEXT:
        raise refusal(node.place, f"comes to a text of more than {_MAX_TEXT} characters")
    return found


def _unknown(resolver: Resolver, function: str, node: Node, *within: str, many: bool = False) -> object:
    """The unknown that a function of `within` gives; it may be empty when the first of these may."""
    symbols = resolver.source.symbols
    mark = within[0] if within else ""
    empty = sole_mark(mark) is not None and symbols.symbol(mark).admits_empty
    parameters = symbols.parameters("".join(within))
    symbol = Symbol(function, Origin.FUNCTION, node.place, admits_empty=empty, many=many, parameters=parameters)
    found = symbols.mark((Origin.FUNCTION, function, node.place, many), symbol)
    return [found] if many else found


def _ref(resolver: Resolver, argument: Node, node: Node) -> object:
    return resolver.reference(_name(argument), node.place)


def _get_att(resolver: Resolver, argument: Node, node: Node) -> object:
    if isinstance(argument.value, tuple):
        if len(argument.value) != _PAIR:
            raise refusal(argument.place, "Fn::GetAtt needs a resource and an attribute")
        return resolver.attribute(_name(argument.value[0]), resolver.text(argument.value[1]), node.place)
    resource, _, attribute = _name(argument).partition(".")
    return resolver.attribute(resource, attribute, node.place)


def _sub(resolver: Resolver, argument: Node, node: Node) -> object:
    template, own = argument, dict[str, Node]()
    if isinstance(argument.value, tuple):
        if len(argument.value) != _PAIR or not isinstance(argument.value[1].value, Mapping):
            raise refusal(argument.place, "Fn::Sub needs a text and a mapping")
        template, own = argument.value[0], dict(argument.value[1].value)
    text = resolver.scalar(template)
    if text is None:
        raise refusal(argument.place, "Fn::Sub needs a text")
    if text.count("${") != len(PLACEHOLDER.findall(text)):
        raise refusal(node.place, "has a ${ in Fn::Sub that no name and } follow")
    replaced = PLACEHOLDER.sub(lambda found: _placeholder(resolver, found[1], own, node), text)
    return resolver.resolved(replaced, node.place)


def _placeholder(resolver: Resolver, name: str, own: Mapping[str, Node], node: Node) -> str:
    if name.startswith("!"):
        return f"${{{name[1:]}}}"
    if name in own:
        found: object = resolver.text(own[name])
    elif "." in name:
        resource, _, attribute = name.partition(".")
        found = resolver.attribute(resource, attribute, node.place)
    else:
        found = resolver.reference(name, node.place)
    if not isinstance(found, str):
        raise refusal(node.place, f"{shown(name)} is a list, where Fn::Sub needs a text")
    resolver.source.budget.spend(1 + len(found) // 16, node.place)
    return found


def _join(resolver: Resolver, argument: Node, node: Node) -> object:
    delimiter, items = _parts(argument, "Fn::Join", _PAIR)
    separator, found = resolver.text(delimiter), _list(resolver, items)
    return _unknown(resolver, "Fn::Join", node, "", *found) if _is_open(resolver, found) else separator.join(found)


def _select(resolver: Resolver, argument: Node, node: Node) -> object:
    index, items = _parts(argument, "Fn::Select", _PAIR)
    at, found = resolver.text(index), _list(resolver, items)
    if _is_open(resolver, found) or not is_known(at):
        return _unknown(resolver, f"Fn::Select {resolver.source.symbols.named(at)}", node, *(found or [""]), at)
    if not _INDEX.fullmatch(at) or int(at) >= len(found):
        raise refusal(index.place, f"there is no item {shown(at)} in a list of {len(found)}")
    return found[int(at)]


def _split(resolver: Resolver, argument: Node, node: Node) -> object:
    delimiter, text = (resolver.text(one) for one in _parts(argument, "Fn::Split", _PAIR))
    if not delimiter or not is_known(delimiter):
        raise refusal(node.place, "Fn::Split needs a delimiter that is known")
    if not is_known(text) and resolver.source.symbols.divisible(text):
        return _unknown(resolver, "Fn::Split", node, text, many=True)
    return text.split(delimiter)


def _find_in_map(resolver: Resolver, argument: Node, node: Node) -> object:
    del node
    parts = argument.value if isinstance(argument.value, tuple) else ()
    if len(parts) not in (3, 4):
        raise refusal(argument.place, "Fn::FindInMap needs a map and two keys")
    name = resolver.text(parts[0])
    found = resolver.source.mappings.get(name)
    if found is None:
        raise refusal(parts[0].place, f"there is no mapping {shown(resolver.source.symbols.named(name))}")
    for key in parts[1:3]:
        found = _row(resolver, found, key, parts[2] if key is parts[1] else None)
        if found is None:
            default = parts[3].value if len(parts) > 3 else None  # noqa: PLR2004 -- the fourth is optional
            if not isinstance(default, Mapping) or "DefaultValue" not in default:
                raise refusal(key.place, f"the mapping {shown(name)} has no such key")
            return resolver.value(default["DefaultValue"])
    return resolver.value(found)


def _row(resolver: Resolver, rows: Node, key: Node, then: Node | None) -> Node | None:
    """The entry for a key; when the key is unknown each entry is tried, unless all of them say the same."""
    entries: Mapping[str, Node] = rows.value if isinstance(rows.value, Mapping) else {}
    text = resolver.text(key)
    if is_known(text):
        return entries.get(text)
    if sole_mark(text) is None:
        raise refusal(key.place, "is the key of a mapping and not known", "give parameters with --parameter NAME=VALUE")
    resolver.source.budget.spend(len(entries), key.place)
    following = resolver.value(then) if then is not None else None
    seen = {_content(one, following) for one in entries.values()}
    if len(seen) == 1 and entries:
        return next(iter(entries.values()))
    return resolver.choose(text, tuple(entries))


def _content(entry: Node, key: object) -> object:
    """What an entry holds, comparable: of a row only what stands under the second key, where that is known."""
    if isinstance(entry.value, Mapping):
        if isinstance(key, str) and is_known(key):
            return _content(entry.value[key], None) if key in entry.value else None
        return tuple((name, _content(one, None)) for name, one in entry.value.items())
    return tuple(_content(one, None) for one in entry.value) if isinstance(entry.value, tuple) else entry.value


def _import(resolver: Resolver, argument: Node, node: Node) -> object:
    name = resolver.source.symbols.named(resolver.text(argument))
    return resolver.source.symbols.mark((Origin.IMPORT, "", name), Symbol(name, Origin.IMPORT, node.place))


def _base64(resolver: Resolver, argument: Node, node: Node) -> object:
    text = resolver.text(argument)
    return (
        base64.b64encode(text.encode()).decode() if is_known(text) else _unknown(resolver, "Fn::Base64", node, "", text)
    )


def _to_json(resolver: Resolver, argument: Node, node: Node) -> object:
    del node
    return json.dumps(resolver.value(argument), ensure_ascii=False)


def _length(resolver: Resolver, argument: Node, node: Node) -> object:
    found = _list(resolver, argument)
    return _unknown(resolver, "Fn::Length", node, "", *found) if _is_open(resolver, found) else str(len(found))


def _parts(argument: Node, function: str, count: int) -> tuple[Node, ...]:
    if not isinstance(argument.value, tuple) or len(argument.value) != count:
        raise refusal(argument.place, f"{function} needs {count} arguments")
    return argument.value


def _list(resolver: Resolver, node: Node) -> list[str]:
    found = resolver.value(node)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise refusal(node.place, "a list of texts is needed here")
    return found


def _is_open(resolver: Resolver, texts: list[str]) -> bool:
    """Whether a list has a part of which not even the length is known."""
    marks = (sole_mark(one) for one in texts)
    return any(mark is not None and resolver.source.symbols.symbol(mark).many for mark in marks)


def _name(node: Node) -> str:
    if not isinstance(node.value, str):
        raise refusal(node.place, "a name is needed here")
    return node.value


def _open_list(function: str) -> Callable[[Resolver, Node, Node], object]:
    return lambda resolver, _argument, node: _unknown(resolver, function, node, many=True)


_FUNCTIONS: Mapping[str, Callable[[Resolver, Node, Node], object]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::FindInMap": _find_in_map,
    "Fn::ImportValue": _import,
    "Fn::Base64": _base64,
    "Fn::ToJsonString": _to_json,
    "Fn::Length": _length,
    "Fn::GetAZs": _open_list("Fn::GetAZs"),
    "Fn::Cidr": _open_list("Fn::Cidr"),
}
