"""What a judged file says about its own findings, for callers who let it: comments, and `deputize` in Metadata.

    # deputize: ignore RULE reason          on the line of the finding, or alone on a line above it
    Metadata: {deputize: {ignore: [{rule: RULE, reason: text}]}}          of a resource, or of the whole template

It never counts for who may assume a role, for writes, or for what could not be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deputize.checks.catalogue import catalogue
from deputize.checks.details import Located, Suppressed
from deputize.checks.suppress import unused
from deputize.errors import InputError
from deputize.model.values import Finding, Severity
from deputize.read.json_text import parse_json
from deputize.read.source import Node
from deputize.read.yaml_text import parse_yaml

_COMMENT = re.compile(r"#[ \t]*deputize:[ \t]*ignore[ \t]+(?P<rule>[A-Za-z0-9-]+)[ \t]*(?P<reason>.*)", re.ASCII)
_END = (1 << 62, 0)
_Spot = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Said:
    """One suppression: from where to before where it holds, by line and column."""

    line: int
    rule: str
    reason: str
    begin: _Spot
    end: _Spot

    def hides(self, finding: Finding) -> bool:
        spot = (finding.line or 0, finding.column or 1)
        return finding.rule == self.rule and self.begin <= spot < self.end


def suppress_inline(
    found: tuple[Located, ...], text: str, where: str
) -> tuple[tuple[Located, ...], tuple[Suppressed, ...]]:
    """The findings of one file that count, among them a warning for each suppression in vain; and those that do not."""
    said = [*_comments(text), *_metadata(text, where)] if "deputize" in text else []
    counting, hidden, used = [], [], set()
    for one in found:
        entry = next((each for each in said if each.reason and each.hides(one.finding)), None)
        if entry is None or never_in_file(one.finding):
            counting.append(one)
        else:
            used.add(entry)
            hidden.append(Suppressed(one, "file", entry.reason))
    counting += (unused(where, _vain(one), one.line) for one in said if one not in used)
    return tuple(counting), tuple(hidden)


def never_in_file(finding: Finding) -> bool:
    """Whether no file may say that this finding does not count."""
    entry = catalogue().get(finding.rule)
    if entry is None:
        return False
    weight = list(Severity)
    return entry.suppressible is None or weight.index(finding.severity) < weight.index(entry.suppressible)


def _vain(said: _Said) -> str:
    if not said.reason:
        return f"`ignore` of {said.rule} does not count: it gives no reason"
    return f"`ignore` of {said.rule} hides nothing: no such finding, or one that no file may hide"


def _comments(text: str) -> Iterator[_Said]:
    lines = text.splitlines()
    for at, line in enumerate(lines):
        match = _COMMENT.search(line)
        if match is None:
            continue
        number = at + 1
        if line[: match.start()].strip():
            held = number
        else:
            rest = (below for below in range(at + 1, len(lines)) if not _is_remark(lines[below]))
            held = next(rest, at) + 1
        yield _Said(number, match["rule"], match["reason"].strip(), (held, 0), (held + 1, 0))


def _is_remark(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _metadata(text: str, where: str) -> Iterator[_Said]:
    try:
        is_json = text.lstrip().startswith("{")
        root = parse_json(text, where) if is_json else parse_yaml(text, where, any_key=True)
    except InputError:
        return
    fields = _fields(root)
    yield from _entries(fields, (0, 0), _END)
    resources = list(_fields(fields.get("Resources")).values())
    ends = sorted(_spot(one) for one in (*fields.values(), *resources))
    for one in resources:
        begin = _spot(one)
        yield from _entries(_fields(one), begin, next((end for end in ends if end > begin), _END))


def _entries(owner: Mapping[str, Node], begin: _Spot, end: _Spot) -> Iterator[_Said]:
    said = _fields(_fields(owner.get("Metadata")).get("deputize")).get("ignore")
    for one in said.value if said is not None and isinstance(said.value, tuple) else ():
        fields = _fields(one)
        rule, reason = (fields[key].value if key in fields else "" for key in ("rule", "reason"))
        if isinstance(rule, str):
            yield _Said(one.place.line, rule, reason.strip() if isinstance(reason, str) else "", begin, end)


def _spot(node: Node) -> _Spot:
    return node.named_at.line, node.named_at.column


def _fields(node: Node | None) -> Mapping[str, Node]:
    return node.value if node is not None and isinstance(node.value, Mapping) else {}
