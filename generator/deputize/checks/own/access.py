"""What the role may do: every action, wildcards expanded, is known and proved to read, and hands out no secret."""

from __future__ import annotations

from collections.abc import Iterator

from deputize.checks.own import sample
from deputize.checks.own.access_parts import Part, parts, statements, verdict
from deputize.checks.own.subject import Subject
from deputize.checks.rule import Hit, Rule, some
from deputize.iam.exposure import Exposure, Grade
from deputize.model.display import shown
from deputize.model.format import ACCESS
from deputize.model.values import Severity

_LEVELS = (
    "https://docs.aws.amazon.com/service-authorization/latest/reference/"
    "reference_policies_actions-resources-contextkeys.html"
)
_ACTION = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html"
_LEAST = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"


def _unknown(subject: Subject) -> Iterator[Hit]:
    for where, statement in statements(subject):
        for pattern in statement.actions:
            if not verdict(pattern).known:
                yield Hit(f"{shown(pattern)} is no action that AWS has, nor a pattern of any", where)


def _not_read(subject: Subject) -> Iterator[Hit]:
    for part in parts(subject):
        if found := part.not_read():
            names = [f"{one.action} ({one.reason or one.level})" for _, one in sorted(found.items())]
            yield Hit(f"allows {len(names)} action(s) not proved to read: {some(names)}{part.suffix}", part.where)


def _secrets(part: Part) -> list[Exposure]:
    return [found for _, found in sorted(part.exposed().items()) if found.grade is Grade.SECRET]


def _allowed(subject: Subject) -> frozenset[str]:
    return frozenset(action.lower() for action in subject.expected.allowed_secrets)


def _secret(subject: Subject) -> Iterator[Hit]:
    allowed = _allowed(subject)
    for part in parts(subject):
        found = [f"{one.action} ({one.reason})" for one in _secrets(part) if one.action.lower() not in allowed]
        if found:
            yield Hit(f"hands out credentials or secrets: {some(found)}{part.suffix}", part.where)


def _secret_allowed(subject: Subject) -> Iterator[Hit]:
    allowed = _allowed(subject)
    for part in parts(subject):
        if found := [one.action for one in _secrets(part) if one.action.lower() in allowed]:
            what = f"hands out credentials or secrets, as the vendor allows: {some(found)}{part.suffix}"
            yield Hit(what, part.where)


def _exposure(subject: Subject) -> Iterator[Hit]:
    policies: dict[str, tuple[dict[str, Exposure], str]] = {}
    for part in parts(subject):
        found = policies.setdefault(part.policy, ({}, part.suffix))[0]
        found.update(part.exposed())
    for policy, (found, suffix) in policies.items():
        texts = [
            f"{what} with {len(actions)} action(s): {some(actions)}"
            for grade, what in ((Grade.DATA, "customer data"), (Grade.CONFIG, "configuration that often holds secrets"))
            if (actions := sorted(one.action for one in found.values() if one.grade is grade))
        ]
        if texts:
            yield Hit(f"reads {'; '.join(texts)}{suffix}", policy)


def _wide(subject: Subject) -> Iterator[Hit]:
    for where, statement in statements(subject):
        for pattern in statement.actions:
            service = pattern.partition(":")[0]
            if "*" in service or "?" in service:
                yield Hit(f"{shown(pattern)} spans services", where)


ACCESS_RULES: tuple[Rule[Subject], ...] = (
    Rule(
        id="access-unknown-action",
        severity=Severity.ERROR,
        title="Every action pattern matches an action that AWS has",
        why="A typo grants nothing today and something unforeseen when AWS adds a matching action.",
        mend="correct the name, or remove it",
        reference=_ACTION,
        good=sample.allows("ec2:Describe*"),
        bad=sample.allows("ec2:DescribeInstancez"),
        check=_unknown,
    ),
    Rule(
        id="access-not-read",
        severity=Severity.ERROR,
        title="Every action, wildcards expanded, is proved to read",
        why="The role is promised to be read-only; what is not proved to read is taken to write.",
        mend="remove the actions, or narrow the pattern",
        reference=_LEVELS,
        good=sample.allows("ec2:DescribeInstances"),
        bad=sample.allows("ec2:*Instances"),
        check=_not_read,
    ),
    Rule(
        id="access-secret",
        severity=Severity.ERROR,
        title="No read hands out credentials or secrets",
        why="A read that returns a password or token gives more than reading.",
        mend="remove it, or allow it with a reason in vendor.yaml: access.allow_secrets",
        reference=_LEAST,
        good=sample.allows("ssm:GetParameter", allowed_secrets=("ssm:GetParameter",)),
        bad=sample.allows("ssm:GetParameter"),
        check=_secret,
    ),
    Rule(
        id="access-secret-allowed",
        severity=Severity.NOTE,
        title="A read of secrets is allowed by the vendor",
        why="The customer should know before deploying.",
        mend=f"{ACCESS} and the README give the vendor's reason",
        reference=_LEAST,
        good=sample.allows("ec2:DescribeInstances"),
        bad=sample.allows("ssm:GetParameter", allowed_secrets=("ssm:GetParameter",)),
        check=_secret_allowed,
    ),
    Rule(
        id="access-exposure",
        severity=Severity.NOTE,
        title="Reads of customer data, or of configuration that often holds secrets",
        why="AWS calls these reads too; the customer should know which there are.",
        mend="",
        reference=_LEAST,
        good=sample.allows("ec2:DescribeVolumes"),
        bad=sample.allows("lambda:GetFunctionConfiguration", "s3:GetObject"),
        check=_exposure,
    ),
    Rule(
        id="access-wildcard-service",
        severity=Severity.ERROR,
        title="No pattern spans services",
        why="It grants whatever service AWS adds next.",
        mend="name the service",
        reference=_ACTION,
        good=sample.allows("ec2:Describe*"),
        bad=sample.allows("*:Describe*"),
        check=_wide,
    ),
)
