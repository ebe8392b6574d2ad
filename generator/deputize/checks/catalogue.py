"""Every rule by its ID, for lists and for reports that explain, and the areas that the IDs begin with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from deputize.checks.rule import RuleEntry
from deputize.checks.rules.all import RULES
from deputize.checks.rules.files import FILE_ENTRIES

_MARKS = re.compile(r"[\\*|<]")  # what Markdown would take for more than a character
_INTRODUCTION = """\
Made from the rules themselves; `deputize lint --rules` lists them. cfn-lint's findings and terraform's come in the same
report, under their own IDs.
"""


AREAS: Mapping[str, str] = MappingProxyType(
    {
        "trust": "Whom a role trusts, and with which action they may assume it: the vendor alone, by sts:AssumeRole",
        "external-id": "The external ID: without the tenant's own no third party may assume the role",
        "policy": "The grammar of policies: IAM takes them, and reads them as they look",
        "action": "The actions that policies allow, wildcards expanded: known, proved to read, no escalation",
        "exposure": "What reads hand out: secrets, customer data, configuration that often holds secrets",
        "managed": "The managed policies that a role attaches: their text is known",
        "role": "A role's name, path, description, tags, policy names and sessions",
        "quota": "AWS's quotas for the sizes and numbers of policies",
        "partition": "The partition that a role is for",
        "template": "Whether a template can be delivered",
        "parameter": "The parameters of a template that a trust depends on",
        "bundle": "Whether a bundle is what deputize renders for this vendor and tenant, the same in every format",
        "file": "Whether everything that was given was read and judged",
        "suppression": "Whether every suppression is needed",
    }
)
"""What rules are about, as documented. A rule's ID is its area and its fault: `external-id-missing`."""


def area_of(rule: str) -> str:
    """The area that a rule's ID begins with; empty when it is no ID of this scheme."""
    return next((area for area in AREAS if rule.startswith(f"{area}-")), "")


@cache
def catalogue() -> Mapping[str, RuleEntry]:
    """Our own rules by ID, in the order in which they are listed; engines' own are not among them."""
    return MappingProxyType({entry.id: entry for entries in _sections().values() for entry in entries})


def _sections() -> Mapping[str, tuple[RuleEntry, ...]]:
    """The rules by what they are about."""
    from deputize.checks.rules.bundle import BUNDLE_RULES  # heavy: it renders

    every = (*RULES, *BUNDLE_RULES, *FILE_ENTRIES)
    return {area: tuple(one for one in every if area_of(one.id) == area) for area in AREAS}


def listing() -> str:
    """A line for each rule: ID, severity and title; ends in a newline."""
    rules = catalogue().values()
    widths = max(len(one.id) for one in rules), max(len(one.severity.value) for one in rules)
    lines = (f"{one.id:{widths[0]}}  {one.severity.value:{widths[1]}}  {one.title}" for one in rules)
    return "\n".join(lines) + "\n"


def as_json() -> dict[str, object]:
    """The list of the rules as a JSON object of schema `deputize/rules/1`."""
    return {"schema": "deputize/rules/1", "rules": [_as_json(one) for one in catalogue().values()]}


def _as_json(one: RuleEntry) -> dict[str, str]:
    texts = (("title", one.title), ("why", one.why), ("mend", one.mend), ("reference", one.reference))
    return {"id": one.id, "severity": one.severity.value, **dict(texts)}


def document() -> str:
    """Every rule with all that is known about it, as a Markdown document."""
    head = (
        "| rule | severity | what it asks | why | how to mend it | reference |\n| --- | --- | --- | --- | --- | --- |\n"
    )
    parts = ["# Rules of `deputize lint`\n\n", _INTRODUCTION]
    for title, entries in _sections().items():
        parts += [f"\n## {title}\n\n", f"{AREAS[title]}.\n\n" if title in AREAS else "", head, *map(_row, entries)]
    return "".join(parts)


def summary() -> str:
    """The areas, each with what its rules ask, as the rows of a Markdown table."""
    return "".join(f"| `{area}-*` | {asked} |\n" for area, asked in AREAS.items())


def _row(one: RuleEntry) -> str:
    said = (_MARKS.sub(r"\\\g<0>", text) for text in (one.title, one.why, one.mend))
    return f"| {' | '.join((f'`{one.id}`', one.severity.value, *said, f'<{one.reference}>'))} |\n"
