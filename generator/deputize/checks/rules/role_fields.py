"""The names, path, description, session length and tags of a role of any origin: what IAM would refuse.

A text that the file does not hold may be anything: what is refused here is refused for every value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from deputize.checks.access.statements import named, unknown_in
from deputize.checks.own.quotas import over
from deputize.checks.placed import HitThere
from deputize.checks.rule import Rule
from deputize.checks.rules import access_sample as sample
from deputize.iam import limits
from deputize.iam.limits import Limit
from deputize.model.display import shown
from deputize.model.values import Severity
from deputize.model.world import FoundPolicy, FoundRole, Text, Unknown

_QUOTAS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
_CREATE = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"
_TAG = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html"

_TAG_SIGNS = frozenset("_.:/=+-@")
_NAMED = re.compile(r"\$\{[^{}]*\}")
# A role's own path takes more than that of a managed policy, which limits.PATH is about.
_ROLE_PATH = replace(limits.PATH, source="[B] iam CreateRole pathType", pattern=re.compile(r"/|/[!-\x7f]+/"))


def _names(role: FoundRole) -> Iterator[HitThere]:
    for limit, text in ((limits.ROLE_NAME, role.role_name), (_ROLE_PATH, role.path)):
        if text is not None and (what := _misfit(limit, text, role.unknowns)):
            yield HitThere(what, place=text.place)


def _description(role: FoundRole) -> Iterator[HitThere]:
    if role.description is not None and (what := _misfit(limits.DESCRIPTION, role.description, role.unknowns)):
        yield HitThere(what, place=role.description.place)


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


def _policy_names(role: FoundRole) -> Iterator[HitThere]:
    seen: set[tuple[str, str]] = set()
    for one in role.policies:
        text = Text(one.name, one.document.place(()))
        if one.name and (what := _misfit(limits.POLICY_NAME, text, one.document.unknowns + role.unknowns)):
            yield HitThere(what, place=text.place)
        key = (one.delivery, one.name.lower())
        if one.name and key in seen:
            yield HitThere(f"two policies have the name {shown(one.name)} (IAM ignores case)", place=text.place)
        seen.add(key)


def _session(role: FoundRole) -> Iterator[HitThere]:
    if role.max_session is not None and (what := over(limits.SESSION_DURATION, role.max_session)):
        yield HitThere(what.replace("has", "is", 1), place=role.place)


def _tags(role: FoundRole) -> Iterator[HitThere]:
    if what := over(limits.TAGS, len(role.tags)):
        yield HitThere(what, place=role.tags[limits.TAGS.high][0].place)
    seen: set[str] = set()
    for key, value in role.tags:
        yield from _tag_text(limits.TAG_KEY, key, role.unknowns)
        yield from _tag_text(limits.TAG_VALUE, value, role.unknowns)
        if key.value.lower().startswith("aws:"):
            yield HitThere(f"the tag {shown(key.value)} begins with aws:, which only AWS may write", place=key.place)
        if key.value.lower() in seen:
            yield HitThere(f"two tags have the key {shown(key.value)} (IAM ignores case)", place=key.place)
        seen.add(key.value.lower())


def _tag_text(limit: Limit, text: Text, unknowns: Sequence[Unknown]) -> Iterator[HitThere]:
    """A tag holds letters, spaces and digits of every script, which the table's pattern leaves out."""
    if unknown_in(text.value, unknowns) is not None:
        return
    odd = any(one not in _TAG_SIGNS and unicodedata.category(one)[0] not in "LNZ" for one in text.value)
    if odd or not limit.low <= len(text.value) <= limit.high:
        what = f"{shown(text.value, 80)} is no {limit.name} of {limit.low} to {limit.high} {limit.unit}"
        yield HitThere(what, place=text.place)


def _with(**changes: object) -> Callable[[], FoundRole]:
    return lambda: sample.role(**changes)  # type: ignore[arg-type]  # the caller names fields of a role


def _text(value: str) -> Text:
    return Text(value, sample.START)


def _policies(*names: str) -> Callable[[], FoundRole]:
    policies = tuple(FoundPolicy(name, sample.document(), "inline") for name in names)
    return lambda: replace(sample.role(), policies=policies)


FIELD_RULES: tuple[Rule[FoundRole], ...] = (
    Rule(
        id="limit-role-name",
        severity=Severity.ERROR,
        title="The role's name and path are what IAM takes",
        why="IAM refuses the role.",
        mend="change the name or the path",
        reference=_CREATE,
        good=_with(role_name=_text("reader-unknown0001"), path=_text("/vendors/unknown0001/")),
        bad=_with(role_name=_text("a reader")),
        check=_names,
    ),
    Rule(
        id="limit-description",
        severity=Severity.ERROR,
        title="The role's description is what IAM takes",
        why="IAM refuses the role.",
        mend="use at most 1,000 characters of Latin-1",
        reference=_CREATE,
        good=_with(description=_text("Zugriff für Kosten")),
        bad=_with(description=_text("費用を読む")),
        check=_description,
    ),
    Rule(
        id="limit-policy-name",
        severity=Severity.ERROR,
        title="The names of the role's policies are what IAM takes, and differ",
        why="IAM refuses the policy, or one replaces the other.",
        mend="change the name",
        reference=_QUOTAS,
        good=_policies("a", "${Stack}-b"),
        bad=_policies("a", "A"),
        check=_policy_names,
    ),
    Rule(
        id="limit-session",
        severity=Severity.ERROR,
        title="Sessions last one to twelve hours",
        why="IAM refuses the role.",
        mend="set the maximum session duration to 3,600 to 43,200 seconds",
        reference=_CREATE,
        good=_with(max_session=43200),
        bad=_with(max_session=43201),
        check=_session,
    ),
    Rule(
        id="limit-tags",
        severity=Severity.ERROR,
        title="Tags are what IAM takes, and at most 50",
        why="IAM refuses the role.",
        mend="change or remove the tag",
        reference=_TAG,
        good=_with(tags=((_text("費用"), _text("部門 1")), (_text("Vendor"), _text("unknown0001")))),
        bad=_with(tags=((_text("key"), _text("a")), (_text("KEY"), _text("b")))),
        check=_tags,
    ),
)
