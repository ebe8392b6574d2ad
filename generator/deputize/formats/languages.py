"""The languages that values are written into: a printed value is always a whole literal, escaped, never bare text.

A language escapes character by character, so escaping the parts of a text gives the escaped text: that is why a
blueprint may be cut at its marks and filled later. Escaping leaves slot marks standing and adds its own name to them,
so nesting (JSON in JSON, shell in Markdown) is the composition of the names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote

from deputize.model.slots import CHOICE, SLOT, SLOT_CLOSE, SLOT_OPEN


@dataclass(frozen=True, slots=True)
class Language:
    """One output language: `escape` works inside the quotes `opening` and `closing`."""

    name: str
    escape_text: Callable[[str], str]
    opening: str = '"'
    closing: str = '"'

    def escape(self, text: str) -> str:
        """`text` escaped around its slot marks, each of which learns that this language is to be applied to it."""
        parts = []
        end = 0
        for mark in SLOT.finditer(text):
            parts += [self.escape_text(text[end : mark.start()]), f"{SLOT_OPEN}{mark[1]}|{self.name}{SLOT_CLOSE}"]
            end = mark.end()
        return "".join((*parts, self.escape_text(text[end:])))

    def literal(self, value: object) -> str:
        """`value` as one whole literal. Only text and whole numbers are written; anything else is a template's bug."""
        if not isinstance(value, str):
            if isinstance(value, int) and not isinstance(value, bool):
                return str(value)
            msg = f"a template printed {type(value).__name__} {value!r}"
            raise TypeError(msg)
        if CHOICE.search(value):
            msg = f"a template printed the choice in {value!r} as plain text"
            raise ValueError(msg)
        return f"{self.opening}{self.escape(value)}{self.closing}"


def _by_table(table: dict[int, str]) -> Callable[[str], str]:
    return lambda text: text.translate(table)


def _hex4(codes: Iterable[int]) -> dict[int, str]:
    return {code: f"\\u{code:04x}" for code in codes}


def _json_escape(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF)
_QUOTED = {ord("\\"): "\\\\", ord('"'): '\\"'}

# HCL reads ${ and %{ as templates wherever they begin, so a value may not even end in $ or %: they are always escaped.
_HCL = {**_hex4(_CONTROLS), **_hex4((ord("$"), ord("%"))), **_QUOTED}
_YAML = {**_hex4(_CONTROLS), **_QUOTED}
_ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("'"): "&#39;"}
_MARKDOWN = {ord(mark): f"\\{mark}" for mark in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}

JSON = Language("json", _json_escape)
YAML = Language("yaml", _by_table(_YAML))
HCL = Language("hcl", _by_table(_HCL))
MARKDOWN = Language("md", _by_table(_MARKDOWN), "", "")
# Lines of an indented or fenced block: shown as they are. Values are single lines by the rules of display text.
VERBATIM = Language("verbatim", str, "", "")
SHELL = Language("shell", lambda text: text.replace("'", "'\\''"), "'", "'")
# In text and inside double or single quotes of an attribute alike.
HTML = Language("html", _by_table(_ENTITIES), "", "")
# One value within a URL; every character but letters, digits and _.-~ is percent-encoded as UTF-8.
URL = Language("url", lambda text: quote(text, safe=""), "", "")

LANGUAGES: dict[str, Language] = {
    language.name: language for language in (JSON, YAML, HCL, MARKDOWN, VERBATIM, SHELL, HTML, URL)
}


def escaped(value: str, names: Iterable[str]) -> str:
    """`value` as it stands inside nested literals, innermost language first."""
    for name in names:
        value = LANGUAGES[name].escape_text(value)
    return value


def json_text(value: object, indent: int | None = 2) -> str:
    """JSON with slot marks kept and tagged, so that it can be filled, or nested into another language.

    `value` holds no choice marks: JSON has no parameters, so choices are resolved before.
    """
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(value, indent=indent, ensure_ascii=False, separators=separators)
    return _tagged(text, JSON)


def _tagged(text: str, language: Language) -> str:
    return re.sub(SLOT, lambda mark: f"{SLOT_OPEN}{mark[1]}|{language.name}{SLOT_CLOSE}", text)
