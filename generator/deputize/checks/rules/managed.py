"""The managed policies that a role of any origin attaches: only of those with a snapshot something is proved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from deputize.checks.access.grants import RoleAccess
from deputize.checks.rule import Example, Hit, Rule, some
from deputize.checks.rules.examples import SUSPENDED, TEMPLATE
from deputize.iam.actions import expand
from deputize.iam.allowed import snapshot_policy
from deputize.iam.arn import parse_policy_arn
from deputize.iam.managed import missing_name
from deputize.iam.wildcards import matches
from deputize.model.display import shown
from deputize.model.values import Severity

_MANAGED = "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html"
_VERSIONS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html"


def _unproved(access: RoleAccess) -> Iterator[Hit]:
    for one in access.attached:
        parsed = parse_policy_arn(one.arn)
        if one.unknown is None and one.policy is None and parsed is not None and parsed[1] == "aws":
            missing = missing_name(parsed[2].removeprefix("/")) if parsed[0] == "aws" else None
            why = missing or "has no snapshot here"
            yield Hit(f"{shown(one.arn, 120)} {why}: nothing is proved about it", one.place)


def _foreign(access: RoleAccess) -> Iterator[Hit]:
    for one in access.attached:
        parsed = parse_policy_arn(one.arn)
        if one.unknown is None and parsed is not None and parsed[1] != "aws":
            what = f"the text of {shown(one.arn, 120)} is not in the file: nothing is proved about it"
            yield Hit(what, one.place)


def _symbolic(access: RoleAccess) -> Iterator[Hit]:
    for one in access.attached:
        if one.unknown is not None:
            what = f"{shown(one.arn, 120)} depends on the {one.unknown.origin.value} {one.unknown.name}"
            yield Hit(f"{what}: nothing is proved about the policy", one.place)


def _retired(access: RoleAccess) -> Iterator[Hit]:
    for one in access.attached:
        found = one.policy
        if found is not None and (unmatched := _unmatched(found.name, found.patterns)):
            told = (
                f"1 pattern of {found.name} matches"
                if len(unmatched) == 1
                else (f"{len(unmatched)} patterns of {found.name} match")
            )
            what = f"{told} no known action: {some(unmatched)} (as of snapshot {found.version}, {found.date})"
            yield Hit(what, one.place)


@cache
def _unmatched(name: str, patterns: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG001 - the name is the short key
    return tuple(pattern for pattern in patterns if not expand(pattern))


def _redundant(access: RoleAccess) -> Iterator[Hit]:
    policies = [one.policy for one in access.attached if one.policy is not None]
    for found in access.granted if policies else ():
        if not found.pattern or not found.known or found.unknown is not None:
            continue
        here = next((one for one in policies if _covers(one.name, found.pattern)), None)
        if here is not None:
            what = f"{found.label} is in the attached {here.name} already"
            yield Hit(f"{what} (as of snapshot {here.version}, {here.date})", found.place)


@dataclass(frozen=True, slots=True)
class _Everywhere:
    """What a managed policy allows on every resource and under no condition, in lower case.

    exact: without wildcards. patterns: the others, by service.
    """

    exact: frozenset[str]
    patterns: dict[str, tuple[str, ...]]


@lru_cache(maxsize=1024)
def _covers(name: str, pattern: str) -> bool:
    """Whether each action that `pattern` stands for, now or later, is among what the managed policy so allows."""
    allowed, wanted = _everywhere(name), pattern.lower()
    if wanted in allowed.exact:
        return True
    # A wildcard of `wanted` counts as a character: only a star stands for it, never a question mark.
    here = allowed.patterns.get(wanted.partition(":")[0], ())
    return any("?" not in one and matches(one, wanted) for one in here)


@cache
def _everywhere(name: str) -> _Everywhere:
    policy = snapshot_policy(name)
    allowed = [
        action.lower()
        for one in (() if policy is None else policy.statements)
        if one.effect == "Allow" and not one.not_action and not one.conditions
        if "*" in one.resources and not one.not_resource
        for action in one.actions
    ]
    patterns: dict[str, list[str]] = {}
    for one in allowed:
        if "*" in one or "?" in one:
            patterns.setdefault(one.partition(":")[0], []).append(one)
    exact = frozenset(one for one in allowed if "*" not in one and "?" not in one)
    return _Everywhere(exact, {service: tuple(many) for service, many in patterns.items()})


MANAGED_RULES: tuple[Rule[RoleAccess], ...] = (
    Rule(
        id="managed-unknown",
        severity=Severity.ERROR,
        title="An AWS managed policy that a third party gets has a snapshot",
        why="Without its text nothing about it can be proved.",
        mend="attach one that has a snapshot, or write statements",
        reference=_MANAGED,
        check=_unproved,
        suppressible=None,
        leaves_open=True,
        example=Example(TEMPLATE, "AWSBudgetsReadOnlyAccess", "NoSuchPolicy"),
    ),
    Rule(
        id="managed-elsewhere",
        severity=Severity.ERROR,
        title="A customer managed policy that a third party gets is in the same file",
        why="Its text is elsewhere, and whoever owns it changes what the role may do.",
        mend="make the policy in the same template",
        reference=_VERSIONS,
        check=_foreign,
        suppressible=None,
        leaves_open=True,
        example=Example(TEMPLATE, "aws:policy/AWSBudgetsReadOnlyAccess", "444455556666:policy/Reader"),
    ),
    Rule(
        id="managed-unresolved",
        severity=Severity.ERROR,
        title="The file tells which managed policies a third party gets",
        why="Whoever gives the value decides what the role may do.",
        mend="write the ARN out, or give the value with --parameter NAME=VALUE",
        reference=_MANAGED,
        check=_symbolic,
        suppressible=None,
        leaves_open=True,
        example=Example(TEMPLATE, "AWSBudgetsReadOnlyAccess", "${Extra}"),
    ),
    Rule(
        id="managed-retired",
        severity=Severity.NOTE,
        title="Patterns of an AWS managed policy that match no known action",
        why="They are of retired services, or of ones newer than the catalogue of actions.",
        mend="",
        reference=_MANAGED,
        check=_retired,
        example=Example(SUSPENDED, "AWSBudgetsReadOnlyAccess", "SecurityAudit"),
    ),
    Rule(
        id="action-redundant",
        severity=Severity.NOTE,
        title="An action that an attached AWS managed policy allows already",
        why="Whoever reviews the role reads it twice.",
        mend="remove one of the two",
        reference=_MANAGED,
        check=_redundant,
        example=Example(TEMPLATE, "ec2:DescribeInstances", "budgets:ViewBudget"),
    ),
)
