"""What a module's expressions come to: variables at their defaults, locals, and the few functions our modules call.

Functions: https://developer.hashicorp.com/terraform/language/functions
Anything else is refused by name; nothing is ever run.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deputize.model.display import shown
from deputize.read.hcl_text import parts, place_of, string_pieces, word
from deputize.read.source import MAX_DEPTH, refusal

if TYPE_CHECKING:
    from deputize.read.hcl_text import Syntax


@dataclass(frozen=True, slots=True)
class Reference:
    """A resource of the module, one of its instances, one of their attributes: known only once it is applied."""

    type: str
    name: str
    key: str | None
    attribute: str


Value = str | int | bool | None | Reference | list["Value"] | dict[str, "Value"]


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression with the file it stands in."""

    tree: Syntax
    file: str


@dataclass(slots=True)
class ModuleScope:
    """What names stand for in a module. `resources` are its (type, name) pairs."""

    variables: Mapping[str, Value]
    locals: Mapping[str, Expression]
    resources: frozenset[tuple[str, str]]
    each: tuple[str, Value] | None = None
    deciding: list[str] = field(default_factory=list)
    depth: int = 0

    def with_each(self, key: str, value: Value) -> ModuleScope:
        """The scope inside one instance of a resource with for_each."""
        return ModuleScope(self.variables, self.locals, self.resources, (key, value))


NOTHING = ModuleScope({}, {}, frozenset())
"""The scope of a variable's default, in which no name is known."""


def evaluate(expression: Expression, scope: ModuleScope) -> Value:
    """The value of `expression`. Raises InputError for whatever is not understood."""
    return _Evaluator(expression.file, scope).value(expression.tree)


class _Evaluator:
    def __init__(self, file: str, scope: ModuleScope) -> None:
        self.file = file
        self.scope = scope
        self._kinds: dict[str, Callable[[Syntax], Value]] = {
            "expr_term": lambda tree: self.value(parts(tree)[0]),
            "int_lit": lambda tree: int(word(tree)[:18]),
            "literal_value": lambda tree: {"true": True, "false": False, "null": None}[word(tree)],
            "string": self._string,
            "tuple": lambda tree: [self.value(item) for item in parts(tree)],
            "object": self._object,
            "function_call": self._call,
            "get_attr_expr_term": self._traversal,
            "index_expr_term": self._traversal,
        }

    def value(self, tree: Syntax) -> Value:
        kind = self._kinds.get(str(tree.data))
        if kind is None:
            raise refusal(
                place_of(tree, self.file), f"has a {str(tree.data).replace('_', ' ')}, which is not read here"
            )
        if self.scope.depth == 2 * MAX_DEPTH:
            raise refusal(place_of(tree, self.file), "is nested too deeply, locals included")
        self.scope.depth += 1
        try:
            return kind(tree)
        finally:
            self.scope.depth -= 1

    def _string(self, tree: Syntax) -> str:
        found = []
        for piece in string_pieces(tree, self.file):
            value = piece if isinstance(piece, str) else self.value(piece)
            if not isinstance(value, str):
                raise refusal(place_of(tree, self.file), "puts something into a string that is no text")
            found.append(value)
        return unicodedata.normalize("NFC", "".join(found))

    def _object(self, tree: Syntax) -> Value:
        found: dict[str, Value] = {}
        for element in parts(tree):
            key_tree, value_tree = parts(element)
            key = self._key(key_tree)
            if key in found:
                raise refusal(place_of(element, self.file), f"has the key {shown(key)} twice", "remove one")
            found[key] = self.value(value_tree)
        return found

    def _key(self, tree: Syntax) -> str:
        inner = parts(tree)[0] if tree.data == "object_elem_key" else tree
        while inner.data == "expr_term" and len(inner.children) == 1:
            inner = parts(inner)[0]
        if inner.data in ("identifier", "keyword"):
            return word(inner)
        if inner.data == "string":
            return self._string(inner)
        raise refusal(place_of(tree, self.file), "has a key that is no name and no string")

    def _call(self, tree: Syntax) -> Value:
        name, *rest = parts(tree)
        arguments = [self.value(one) for one in parts(rest[0])] if rest else []
        match word(name), arguments:
            case "jsonencode", [value]:
                return self._json(value, tree)
            case "toset", [list() as items] if all(isinstance(item, str) for item in items):
                return items
            case "merge", maps if maps and all(isinstance(one, dict) for one in maps):
                return {key: value for one in maps if isinstance(one, dict) for key, value in one.items()}
        raise refusal(place_of(tree, self.file), f"calls {shown(word(name))} in a way that deputize does not read")

    def _json(self, value: Value, tree: Syntax) -> str:
        try:
            return json.dumps(value, ensure_ascii=False)
        except TypeError as error:
            what = "encodes as JSON what is not known before it is applied"
            raise refusal(place_of(tree, self.file), what) from error

    def _traversal(self, tree: Syntax) -> Value:
        """`var.x`, `local.x`, `each.key`, or a resource's attribute, with at most one index in between."""
        steps: list[str | tuple[str]] = []
        here = tree
        while here.data != "identifier":
            inner = parts(here)
            if here.data == "get_attr_expr_term":
                steps.append(word(parts(inner[1])[0]))
            elif here.data == "index_expr_term" and inner[1].data == "braces_index":
                steps.append((self._index(inner[1]),))
            elif here.data != "expr_term" or len(here.children) != 1:
                raise refusal(place_of(here, self.file), "is no name of this module")
            here = inner[0]
        return self._named(word(here), steps[::-1], tree)

    def _index(self, tree: Syntax) -> str:
        value = self.value(parts(tree)[0])
        if not isinstance(value, str):
            raise refusal(place_of(tree, self.file), "has an index that is no text")
        return value

    def _named(self, root: str, steps: list[str | tuple[str]], tree: Syntax) -> Value:
        match root, steps:
            case "var", [str() as name] if name in self.scope.variables:
                return self.scope.variables[name]
            case "local", [str() as name] if name in self.scope.locals:
                return self._local(name, tree)
            case "each", ["key"] if self.scope.each:
                return self.scope.each[0]
            case "each", ["value"] if self.scope.each:
                return self.scope.each[1]
            case _, [str() as name, str() as attribute] if (root, name) in self.scope.resources:
                return Reference(root, name, None, attribute)
            case _, [str() as name, (str() as key,), str() as attribute] if (root, name) in self.scope.resources:
                return Reference(root, name, key, attribute)
        dotted = ".".join((root, *(step if isinstance(step, str) else f"[{step[0]}]" for step in steps)))
        raise refusal(place_of(tree, self.file), f"{shown(dotted)} is nothing that this module has")

    def _local(self, name: str, tree: Syntax) -> Value:
        if name in self.scope.deciding:
            raise refusal(place_of(tree, self.file), f"local.{name} depends on itself")
        self.scope.deciding.append(name)
        try:
            return evaluate(self.scope.locals[name], self.scope)
        finally:
            self.scope.deciding.pop()
