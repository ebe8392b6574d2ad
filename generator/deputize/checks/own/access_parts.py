"""The parts of a role's access, and what each action pattern in them comes to: judged once, remembered by pattern."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from deputize.checks.own.subject import Subject
from deputize.iam.arn import parse_policy_arn
from deputize.iam.exposure import Exposure, exposure_of
from deputize.iam.levels import Judged, judge
from deputize.iam.managed import ManagedPolicy, managed_policy
from deputize.iam.policy import Statement


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one action pattern comes to."""

    known: bool
    not_read: tuple[Judged, ...]
    exposed: tuple[Exposure, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the access with its action patterns; `suffix` dates what is said about an AWS managed policy."""

    where: str
    policy: str
    patterns: tuple[str, ...]
    suffix: str = ""

    def not_read(self) -> dict[str, Judged]:
        """The actions that are not proved to read, by name."""
        return {judged.action: judged for pattern in self.patterns for judged in verdict(pattern).not_read}

    def exposed(self) -> dict[str, Exposure]:
        """The actions that hand out more than metadata, by name."""
        return {found.action: found for pattern in self.patterns for found in verdict(pattern).exposed}


# The same few hundred patterns come again for every shape, and managed policies add thousands.
@lru_cache(maxsize=8192)
def verdict(pattern: str) -> Verdict:
    """What `pattern` comes to."""
    judged = judge(pattern)
    exposed = (exposure_of(one.action) for one in judged)
    return Verdict(
        bool(judged),
        tuple(one for one in judged if not one.reads),
        tuple(found for found in exposed if found is not None),
    )


def statements(subject: Subject) -> Iterator[tuple[str, Statement]]:
    """The statements of the role's own policies, each with its place."""
    for policy in subject.role.policies:
        for number, statement in enumerate(policy.document.statements, 1):
            yield f"policy {policy.name}, {statement.sid or f'statement {number}'}", statement


def managed(subject: Subject) -> Iterator[tuple[str, ManagedPolicy]]:
    """The snapshots of the attached AWS managed policies that have one, each with its ARN."""
    for arn in subject.role.managed_arns:
        parsed = parse_policy_arn(arn)
        found = managed_policy(parsed[2].removeprefix("/")) if parsed is not None and parsed[1] == "aws" else None
        if found is not None:
            yield arn, found


def parts(subject: Subject) -> Iterator[Part]:
    """Everything that allows something: own statements and AWS managed policies."""
    for where, statement in statements(subject):
        if statement.effect == "Allow":
            yield Part(where, where.partition(",")[0], statement.actions)
    for arn, policy in managed(subject):
        suffix = f" (as of snapshot {policy.version}, {policy.date})"
        yield Part(f"managed policy {arn}", f"managed policy {arn}", policy.patterns, suffix)
