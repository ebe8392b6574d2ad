"""Texts of which another tool makes a template or policy, and whose they are: until then there is nothing to judge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from deputize.errors import InputError
from deputize.read.found import FoundFile
from deputize.read.recognise import ACCESS, TRUST
from deputize.read.source import Node
from deputize.read.yaml_text import parse_yaml

# How each tool marks what it fills in (a value) or acts on (a directive), and whose it is.
_MARKS = (
    (
        "a text for Jinja, cookiecutter or Helm ({{ }})",
        re.compile(r"\{\{[^{}]{0,400}\}\}"),
        re.compile(r"\{%.{0,400}?%\}"),
    ),
    ("a text for ERB (<% %>)", re.compile(r"<%=.{0,400}?%>"), re.compile(r"<%[^=].{0,400}?%>")),
    (
        "a text with placeholders (${name}), as of Terraform or the Landing Zone Accelerator",
        re.compile(r"\$\{[^${}:]{1,400}\}"),
        re.compile(r"%\{[^{}]{1,400}\}"),
    ),
)
_ACTS = re.compile(r"\{\{-?\s*(?:if|else|end|range|with|define|template|include|/\*)\b.{0,400}?\}\}")
_PLACEHOLDER = re.compile(r"\$\{[A-Za-z_][\w.-]*\}", re.ASCII)
_LEADING = re.compile(rf"(?:{_PLACEHOLDER.pattern}).*", re.ASCII | re.DOTALL)
_PROGRAMS = {
    **dict.fromkeys(
        (".py", ".rb", ".js", ".mjs", ".ts", ".tsx", ".go", ".java", ".kt", ".cs", ".php", ".rs"), "a program"
    ),
    **dict.fromkeys((".sh", ".bash", ".ps1"), "a script"),
    **dict.fromkeys((".tf", ".hcl"), "Terraform"),
    **dict.fromkeys((".md", ".rst", ".adoc"), "prose"),
}


def other_tool(file: FoundFile, text: str, where: str) -> str:
    """Whose text a file is, for people, when it is no template or policy before another tool has worked on it.

    That it has marks of a tool is not enough: what cannot be read must be readable once they are filled in, or fail at
    a line that only directs the tool; what can be read must have one where IAM takes none. Empty for everything else.
    """
    if file.kind in (TRUST, ACCESS):
        return _MARKS[2][0] if file.tree is not None and any(map(_is_filled_in, _names(file.tree))) else ""
    if file.tree is not None and not isinstance(file.tree.value, str):
        return ""
    program = _PROGRAMS.get(PurePath(where).suffix.lower(), "")
    if program:
        return f"{program} with a template or policy in it"
    return _directed(file, text) or _marked(text, where)


def _directed(file: FoundFile, text: str) -> str:
    """Whose directive stands where the file stops being YAML: nothing that is deployed as it is has one there."""
    lines = text.split("\n")
    at = file.refused[0].place.line - 1 if file.refused else len(lines)
    line = lines[at].strip() if at < len(lines) else ""
    return next((tool for tool, _, directive in _MARKS if directive.fullmatch(line)), "")


def _marked(text: str, where: str) -> str:
    filled = text
    tools = []
    for tool, value, directive in _MARKS:
        acted = directive.sub("", _ACTS.sub("", filled))
        with_values = value.sub("x", acted)
        if with_values != filled:
            tools.append(tool)
        filled = with_values
    return tools[0] if tools and not _can_be_read(text, where) and _can_be_read(filled, where) else ""


def _can_be_read(text: str, where: str) -> bool:
    try:
        parse_yaml(text, where, any_key=True)
    except (InputError, RecursionError):
        return False
    return True


def _is_filled_in(text: str) -> bool:
    return _LEADING.fullmatch(text) is not None


def _names(policy: Node) -> Iterator[str]:
    """Every principal, action and resource of a policy: no variable of IAM stands at their beginning."""
    for statement in _items(_fields(policy).get("Statement")):
        for key in ("Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"):
            yield from _texts(_fields(statement).get(key))


def _texts(node: Node | None) -> Iterator[str]:
    if node is None:
        return
    if isinstance(node.value, str):
        yield node.value
    for one in node.value.values() if isinstance(node.value, Mapping) else _items(node):
        if one is not node:
            yield from _texts(one)


def _items(node: Node | None) -> tuple[Node, ...]:
    if node is None:
        return ()
    return node.value if isinstance(node.value, tuple) else (node,)


def _fields(node: Node) -> Mapping[str, Node]:
    return node.value if isinstance(node.value, Mapping) else {}
