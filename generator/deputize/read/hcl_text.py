"""HCL -> blocks and expressions with their places, by python-hcl2's grammar (its strings keep quotes and escapes).

The parser is looser than Terraform in a few places; what the two would read differently is refused here.
Syntax: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deputize.model.display import shown
from deputize.model.world import Place
from deputize.read.source import MAX_DEPTH, check_text, refusal

if TYPE_CHECKING:
    from lark import Token, Tree

    Syntax = Tree[Token]

_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([nrt"\\]))', re.ASCII)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_LINE_ENDS = "\n\r"
_HEREDOC = re.compile(r"<<-?([^\s<>\"]+)", re.ASCII)
_SURROGATES = range(0xD800, 0xE000)
# One level of an expression is up to four levels of the parse tree.
_TREE_DEPTH = MAX_DEPTH * 4


@dataclass(frozen=True, slots=True)
class Block:
    """One block: `labels` without quotes, its attributes by name, its inner blocks."""

    type: str
    labels: tuple[str, ...]
    attributes: dict[str, Syntax]
    blocks: tuple[Block, ...]
    place: Place


def parse_hcl(text: str, where: str) -> tuple[Block, ...]:
    """The blocks of one file. Raises InputError naming `where` and the line of what is wrong."""
    import hcl2
    from lark.exceptions import LarkError, UnexpectedInput

    check_text(text, where)
    if (line := heredoc_line(text)) is not None:
        what = "has something behind the end of a heredoc, where Terraform and the parser read on at different places"
        raise refusal(Place(where, line, 1), what, "end the line with the heredoc's word")
    try:
        tree: Syntax = hcl2.parses_to_tree(text)
    except UnexpectedInput as error:
        place = Place(where, max(error.line, 1), max(error.column, 1))
        raise refusal(place, "is not HCL: cannot be parsed here") from error
    except LarkError as error:
        raise refusal(where, "is not HCL: cannot be parsed") from error
    _check_depth(tree, where)
    root = _block("", (), _only_tree(tree), Place(where, 1, 1))
    if root.attributes:
        raise refusal(where, f"has {shown(next(iter(root.attributes)))} outside of a block")
    return root.blocks


def heredoc_line(text: str) -> int | None:
    """The first line that ends a heredoc and has blanks or a carriage return behind its word; None when there is none.

    Terraform trims such a line, and the heredoc ends: the parser goes on to the next line with the word alone, and
    loses what is between. https://github.com/amplify-education/python-hcl2/issues/343
    """
    words = frozenset(_HEREDOC.findall(text))
    if words:
        for number, line in enumerate(text.split("\n"), 1):
            if (bare := line.strip()) in words and line.lstrip() != bare:
                return number
    return None


def place_of(tree: Syntax, where: str) -> Place:
    """Where an expression begins."""
    meta = tree.meta
    return Place(where, 1, 1) if meta.empty else Place(where, meta.line, meta.column)


def parts(tree: Syntax) -> list[Syntax]:
    """The inner nodes of a node, without punctuation, white space and comments."""
    from lark import Token

    found = [child for child in tree.children if not isinstance(child, Token)]
    return [child for child in found if child.data != "new_line_or_comment"]


def word(tree: Syntax) -> str:
    """The text of a node that is one token, as an identifier or a number."""
    return "".join(str(child) for child in tree.children)


def unescaped(text: str, place: Place) -> str:
    """The text that a piece of a quoted string stands for. Terraform puts strings into NFC, so this does too."""
    if any(end in text for end in _LINE_ENDS):
        raise refusal(place, "has a string that goes over the end of a line")
    found = []
    at = 0
    while (slash := text.find("\\", at)) >= 0:
        escape = _ESCAPE.match(text, slash)
        code = int(escape[1] or escape[2] or "0", 16) if escape else 0
        if escape is None or code > sys.maxunicode or code in _SURROGATES:
            raise refusal(place, f"has the escape {shown(text[slash : slash + 2])}, which HCL does not have")
        found += [text[at:slash], _LETTERS[escape[3]] if escape[3] else chr(code)]
        at = escape.end()
    return unicodedata.normalize("NFC", "".join((*found, text[at:])))


def string_pieces(tree: Syntax, where: str) -> Iterator[str | Syntax]:
    """The pieces of a quoted string: texts, unescaped, and the expressions interpolated into it."""
    from lark import Token

    pending = ""
    for piece in parts(tree):
        inner = piece.children[0]
        place = place_of(piece, where)
        if not isinstance(inner, Token):
            if inner.data != "interpolation" or pending[-1:] in ("$", "%"):
                raise refusal(place, "has a string template that deputize does not read")
            if pending:
                yield unescaped(pending, place)
            pending = ""
            yield parts(inner)[0]
        elif inner.type.startswith("ESCAPED"):
            # Terraform and the parser end $${ and %%{ at different places.
            raise refusal(place, f"has {shown(str(inner)[:3])} in a string", "write the sign as \\u0024 or \\u0025")
        else:
            pending += str(inner)
    if pending:
        yield unescaped(pending, place_of(tree, where))


def _block(kind: str, labels: tuple[str, ...], body: Syntax, place: Place) -> Block:
    attributes: dict[str, Syntax] = {}
    blocks: list[Block] = []
    for item in parts(body):
        at = place_of(item, place.file)
        if item.data == "block":
            *head, inner = parts(item)
            names = tuple(_label(one, at) for one in head)
            blocks.append(_block(names[0], names[1:], inner, at))
        else:
            name, expression = parts(item)
            if word(name) in attributes:
                raise refusal(at, f"sets {shown(word(name))} twice", "remove one")
            attributes[word(name)] = expression
    return Block(kind, labels, attributes, tuple(blocks), place)


def _label(tree: Syntax, place: Place) -> str:
    if tree.data != "string":
        return word(tree)
    pieces = list(string_pieces(tree, place.file))
    if not all(isinstance(piece, str) for piece in pieces):
        raise refusal(place, "has a label that is no plain text")
    return "".join(str(piece) for piece in pieces)


def _check_depth(tree: Syntax, where: str) -> None:
    level = [tree]
    for _ in range(_TREE_DEPTH):
        level = [child for node in level for child in parts(node)]
        if not level:
            return
    raise refusal(place_of(level[0], where), "is nested too deeply")


def _only_tree(tree: Syntax) -> Syntax:
    return parts(tree)[0]
