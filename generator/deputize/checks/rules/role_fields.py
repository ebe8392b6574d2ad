"""The names, path, description, session length and tags of a role of any origin: what IAM would refuse.

A text that the file does not hold may be anything: what is refused here is refused for every value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from deputize.checks.access.statements import named, unknown_in
from deputize.checks.judgement import Judgement, of_role
from deputize.checks.rule import Example, Hit, Rule, over
from deputize.checks.rules.examples import TEMPLATE
from deputize.iam import limits
from deputize.iam.limits import Limit
from deputize.model.display import shown
from deputize.model.values import Severity
from deputize.model.world import FoundRole, Text, Unknown

_QUOTAS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
_CREATE = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"
_CHAINING = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining"
_TAG = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html"

_TAG_SIGNS = frozenset("_.:/=+-@")
_NAMED = re.compile(r"\$\{[^{}]*\}")
# A role's own path takes more than that of a managed policy, which limits.PATH is about.
_ROLE_PATH = replace(limits.PATH, source="[B] iam CreateRole pathType", pattern=re.compile(r"/|/[!-\x7f]+/"))


def _names(role: FoundRole) -> Iterator[Hit]:
    for limit, text in ((limits.ROLE_NAME, role.role_name), (_ROLE_PATH, role.path)):
        if text is not None and (what := _misfit(limit, text, role.unknowns)):
            yield Hit(what, text.place)


def _description(role: FoundRole) -> Iterator[Hit]:
    if role.description is not None and (what := _misfit(limits.DESCRIPTION, role.description, role.unknowns)):
        yield Hit(what, role.description.place)


def _misfit(limit: Limit, text: Text, unknowns: Sequence[Unknown]) -> str | None:
    """Why `text` is none of those, whatever is put in for its unknowns."""
    # The name of a policy has its unknowns as ${Name} already.
    known = _NAMED.sub("", text.value)
    for one in unknowns:
        known = known.replace(one.stand_in, "")
    if limit.admits(known):
        return None
    # What is not known may be the character or the slashes that are missing, but takes nothing away.
    if (
        known != text.value
        and len(known) < limit.high
        and limit.admits(f"/x{known}/" if limit is _ROLE_PATH else f"{known}x")
    ):
        return None
    return f"{shown(named(text.value, unknowns), 80)} is no {limit.name} of {limit.low} to {limit.high} {limit.unit}"


def _policy_names(role: FoundRole) -> Iterator[Hit]:
    seen: set[tuple[str, str]] = set()
    for one in role.policies:
        text = Text(one.name, one.document.place(()))
        if one.name and (what := _misfit(limits.POLICY_NAME, text, one.document.unknowns + role.unknowns)):
            yield Hit(what, text.place)
        key = (one.delivery, one.name.lower())
        if one.name and key in seen:
            yield Hit(f"two policies have the name {shown(one.name)} (IAM ignores case)", text.place)
        seen.add(key)


def _session(role: FoundRole) -> Iterator[Hit]:
    if role.max_session is not None and (what := over(limits.SESSION_DURATION, role.max_session)):
        yield Hit(what.replace("has", "is", 1), role.place)


def _chained(role: FoundRole) -> Iterator[Hit]:
    if role.max_session is not None and role.max_session > limits.CHAINED_SESSION.high:
        what = f"is {role.max_session} seconds; whoever assumes the role from another role gets at most"
        yield Hit(f"{what} {limits.CHAINED_SESSION.high}", role.place)


def _tags(role: FoundRole) -> Iterator[Hit]:
    if what := over(limits.TAGS, len(role.tags)):
        yield Hit(what, role.tags[limits.TAGS.high][0].place)
    seen: set[str] = set()
    for key, value in role.tags:
        yield from _tag_text(limits.TAG_KEY, key, role.unknowns)
        yield from _tag_text(limits.TAG_VALUE, value, role.unknowns)
        if key.value.lower().startswith("aws:"):
            yield Hit(f"the tag {shown(key.value)} begins with aws:, which only AWS may write", key.place)
        if key.value.lower() in seen:
            yield Hit(f"two tags have the key {shown(key.value)} (IAM ignores case)", key.place)
        seen.add(key.value.lower())


def _tag_text(limit: Limit, text: Text, unknowns: Sequence[Unknown]) -> Iterator[Hit]:
    """A tag holds letters, spaces and digits of every script, which the table's pattern leaves out."""
    if unknown_in(text.value, unknowns) is not None:
        return
    odd = any(one not in _TAG_SIGNS and unicodedata.category(one)[0] not in "LNZ" for one in text.value)
    if odd or not limit.low <= len(text.value) <= limit.high:
        what = f"{shown(text.value, 80)} is no {limit.name} of {limit.low} to {limit.high} {limit.unit}"
        yield Hit(what, text.place)


FIELD_RULES: tuple[Rule[Judgement], ...] = (
    Rule(
        id="role-name",
        severity=Severity.ERROR,
        title="The role's name and path are what IAM takes",
        why="IAM refuses the role.",
        mend="change the name or the path",
        reference=_CREATE,
        check=of_role(_names),
        elsewhere=Severity.ERROR,
        example=Example(TEMPLATE, "vendor-reader", "a vendor's reader"),
    ),
    Rule(
        id="role-description",
        severity=Severity.ERROR,
        title="The role's description is what IAM takes",
        why="IAM refuses the role.",
        mend="use at most 1,000 characters of Latin-1",
        reference=_CREATE,
        check=of_role(_description),
        elsewhere=Severity.ERROR,
        example=Example(TEMPLATE, "Zugriff für Kosten", "費用を読む"),
    ),
    Rule(
        id="role-policy-name",
        severity=Severity.ERROR,
        title="The names of the role's policies are what IAM takes, and differ",
        why="IAM refuses the policy, or one replaces the other.",
        mend="change the name",
        reference=_QUOTAS,
        check=of_role(_policy_names),
        elsewhere=Severity.ERROR,
        example=Example(TEMPLATE, "PolicyName: access", "PolicyName: their access"),
    ),
    Rule(
        id="role-session",
        severity=Severity.ERROR,
        title="Sessions last one to twelve hours",
        why="IAM refuses the role.",
        mend="set the maximum session duration to 3,600 to 43,200 seconds",
        reference=_CREATE,
        check=of_role(_session),
        elsewhere=Severity.ERROR,
        example=Example(TEMPLATE, "MaxSessionDuration: 3600", "MaxSessionDuration: 3599"),
    ),
    Rule(
        id="role-session-chained",
        severity=Severity.NOTE,
        title="Sessions longer than role chaining gives",
        why="A third party that assumes it from another role gets an hour at most, whatever the role allows.",
        mend="use 3600, unless the third party assumes it as an IAM user",
        reference=_CHAINING,
        check=of_role(_chained),
        example=Example(TEMPLATE, "3600", "7200"),
    ),
    Rule(
        id="role-tags",
        severity=Severity.ERROR,
        title="Tags are what IAM takes, and at most 50",
        why="IAM refuses the role.",
        mend="change or remove the tag",
        reference=_TAG,
        check=of_role(_tags),
        elsewhere=Severity.ERROR,
        example=Example(TEMPLATE, "Key: 費用", "Key: VENDOR"),
    ),
)
