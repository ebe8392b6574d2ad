"""Every rule by its ID, for lists and for reports that explain: the rules about roles, and what lint itself finds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from deputize.checks.rule import Rule
from deputize.model.values import Severity

NOT_UNDERSTOOD, TOO_LARGE, NOT_JUDGED, UNUSED = "not-understood", "too-large", "not-judged", "suppression-unused"

_QUOTAS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
_TEMPLATES = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html"
_NESTED = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html"
_MARKS = re.compile(r"[\\*|<]")  # what Markdown would take for more than a character
_INTRODUCTION = """\
Made from the rules themselves; `deputize lint --rules` lists them. cfn-lint's findings and terraform's come in the same
report, under their own IDs.
"""
_THIRD_PARTY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"

NEVER_IN_FILE = frozenset(
    {
        NOT_JUDGED,
        NOT_UNDERSTOOD,
        "action-all-services",
        "action-dead-wildcard",
        "action-escalation",
        "action-not-action",
        "action-not-read",
        "action-role-chaining",
        "action-symbolic",
        "action-unknown",
        "action-unknown-service",
        "managed-foreign",
        "managed-symbolic",
        "managed-unproved",
        "policy-grammar",
    }
)
"""Rules, beside the errors of those about trust, whose findings no judged file may suppress: it writes, or may."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule for people. reference: the page that says so."""

    id: str
    severity: Severity
    title: str
    why: str
    mend: str
    reference: str


_OF_LINT = (
    Entry(
        NOT_UNDERSTOOD,
        Severity.ERROR,
        "A file that is given, or says that it is a template or policy, can be read whole",
        "What is not understood may let anybody in, so nothing passes unread.",
        "write it as the message says, or leave the file out",
        _TEMPLATES,
    ),
    Entry(
        TOO_LARGE,
        Severity.NOTE,
        "A file in a folder is small enough to be a template",
        "CloudFormation takes no template of more than 1 MB, so a larger file is not read.",
        "leave it out with --exclude",
        _QUOTAS,
    ),
    Entry(
        NOT_JUDGED,
        Severity.NOTE,
        "Everything that a file leads to is judged with it",
        "A nested stack may have roles of its own, and a policy may go to a role elsewhere: nobody has looked at them.",
        "lint what it leads to as well",
        _NESTED,
    ),
    Entry(
        UNUSED,
        Severity.WARNING,
        "Each suppression hides a finding",
        "One that hides nothing today may hide a role that lets anybody in tomorrow.",
        "remove it",
        _THIRD_PARTY,
    ),
)


@cache
def catalogue() -> Mapping[str, Entry]:
    """Our own rules by ID, in the order in which they are listed; engines' own are not among them."""
    return MappingProxyType({entry.id: entry for entries in _sections().values() for entry in entries})


def _sections() -> Mapping[str, tuple[Entry, ...]]:
    """The rules by what they are about."""
    from deputize.checks.foreign import THIRD_PARTY_RULES
    from deputize.checks.own.rules import RULES

    return {
        "Roles and policies of any origin": tuple(_entries(THIRD_PARTY_RULES)),
        "Bundles that deputize rendered, and the roles in them": tuple(_entries(RULES)),
        "What lint reads": _OF_LINT,
    }


def _entries(rules: Iterable[Rule[Any]]) -> Iterator[Entry]:
    for one in rules:
        yield Entry(one.id, one.severity, one.title, one.why, one.mend, one.reference)


def listing() -> str:
    """A line for each rule: ID, severity and title; ends in a newline."""
    rules = catalogue().values()
    widths = max(len(one.id) for one in rules), max(len(one.severity.value) for one in rules)
    lines = (f"{one.id:{widths[0]}}  {one.severity.value:{widths[1]}}  {one.title}" for one in rules)
    return "\n".join(lines) + "\n"


def as_json() -> dict[str, object]:
    """The list of the rules as a JSON object of schema `deputize/rules/1`."""
    return {"schema": "deputize/rules/1", "rules": [asdict(one) for one in catalogue().values()]}


def document() -> str:
    """Every rule with all that is known about it, as a Markdown document."""
    head = (
        "| rule | severity | what it asks | why | how to mend it | reference |\n| --- | --- | --- | --- | --- | --- |\n"
    )
    parts = ["# Rules of `deputize lint`\n\n", _INTRODUCTION]
    for title, entries in _sections().items():
        parts += [f"\n## {title}\n\n", head, *map(_row, entries)]
    return "".join(parts)


def _row(one: Entry) -> str:
    said = (_MARKS.sub(r"\\\g<0>", text) for text in (one.title, one.why, one.mend))
    return f"| {' | '.join((f'`{one.id}`', one.severity.value, *said, f'<{one.reference}>'))} |\n"
