"""What the reads of a role of any origin hand out: secrets, customer data, and telling configuration.

A read of data on every resource is a warning: whoever reviews the role should know it and seldom means it. On named
resources it is what such a role is often for, as a bucket of cost reports, so it is a note; so is configuration, which
every inventory reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from deputize.checks.access.grants import Granted, RoleAccess
from deputize.checks.rule import Example, Hit, Rule, some
from deputize.checks.rules.examples import ACCESS, TEMPLATE
from deputize.iam.escalation import chaining_actions
from deputize.iam.exposure import Exposure, Grade
from deputize.model.expectations import Expectation
from deputize.model.values import Severity

_LEAST = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"


def _graded(access: RoleAccess, grade: Grade) -> Sequence[tuple[Granted, Sequence[Exposure]]]:
    # What may do everything is told once, by action-not-read.
    return access.exposed.get(grade, ())


def _hit(found: Granted, what: str, exposed: Sequence[Exposure]) -> Hit:
    alone = len(exposed) == 1 and exposed[0].action.lower() == found.pattern.lower()
    told = exposed[0].reason if alone else some(exposed, 3, _told)
    return Hit(f"{found.label}{found.suffix} {what}: {told}", found.place)


def _told(one: Exposure) -> str:
    return f"{one.action} ({one.reason})"


def _secret(access: RoleAccess) -> Iterator[Hit]:
    for found, exposed in _graded(access, Grade.SECRET):
        # What leads into other roles is told once, by action-role-chaining.
        others = [one for one in exposed if one.action not in chaining_actions()]
        left = [one for one in others if one.action.lower() not in access.allowed_secrets]
        claimed = [one for one in left if one.action.lower() in access.claimed_secrets]
        if here := [one for one in left if one not in claimed]:
            yield _hit(found, "hands out credentials or secrets", here)
        if claimed:
            claim = f"{access.claimant} says that the vendor asks for it with a reason"
            yield replace(_hit(found, "hands out credentials or secrets", claimed), claim=claim)


def _secret_allowed(access: RoleAccess) -> Iterator[Hit]:
    for found, exposed in _graded(access, Grade.SECRET) if access.allowed_secrets else ():
        if here := [one for one in exposed if one.action.lower() in access.allowed_secrets]:
            yield _hit(found, "hands out credentials or secrets, as is allowed", here)


def _data(access: RoleAccess) -> Iterator[Hit]:
    for found, exposed in _graded(access, Grade.DATA):
        if found.wide:
            yield _hit(found, "reads what users and systems stored", exposed)


def _data_scoped(access: RoleAccess) -> Iterator[Hit]:
    for found, exposed in _graded(access, Grade.DATA):
        if not found.wide:
            yield _hit(found, "reads what users and systems stored", exposed)


def _config(access: RoleAccess) -> Iterator[Hit]:
    for found, exposed in _graded(access, Grade.CONFIG):
        yield _hit(found, "reads configuration that often holds secrets", exposed)


EXPOSURE_RULES: tuple[Rule[RoleAccess], ...] = (
    Rule(
        id="exposure-secret",
        severity=Severity.ERROR,
        title="No read hands a third party credentials or secrets",
        why="A read that returns a password or token gives more than reading.",
        mend="remove it, deny it on every resource, or give each action, which `deputize explain` lists, with a reason "
        "under access.allow_secrets in vendor.yaml or allow_secrets in --config",
        reference=_LEAST,
        check=_secret,
        example=Example(ACCESS, "ec2:DescribeInstances", "ssm:GetParameter"),
    ),
    Rule(
        id="exposure-secret-allowed",
        severity=Severity.NOTE,
        title="A read of secrets is allowed by the caller of lint",
        why="The list of findings should still say that it is there.",
        mend="",
        reference=_LEAST,
        check=_secret_allowed,
        example=Example(
            ACCESS, "ec2:DescribeInstances", "ssm:GetParameter", Expectation(allowed_secrets=("ssm:getparameter",))
        ),
    ),
    Rule(
        id="exposure-data",
        severity=Severity.WARNING,
        title="Customer data is read on named resources only",
        why="AWS calls these reads too, yet they return what users and systems stored, everywhere in the account.",
        mend="name the resources, or remove it",
        reference=_LEAST,
        check=_data,
        example=Example(ACCESS, "ec2:DescribeInstances", "s3:GetObject"),
    ),
    Rule(
        id="exposure-data-scoped",
        severity=Severity.NOTE,
        title="Customer data of named resources is read",
        why="The customer should know which.",
        mend="",
        reference=_LEAST,
        check=_data_scoped,
        example=Example(TEMPLATE, "ec2:DescribeInstances", "dynamodb:Scan"),
    ),
    Rule(
        id="exposure-config",
        severity=Severity.NOTE,
        title="Configuration that often holds secrets is read",
        why="People write passwords into environment variables, start-up scripts and templates.",
        mend="",
        reference=_LEAST,
        check=_config,
        example=Example(ACCESS, "ec2:DescribeInstances", "lambda:GetFunctionConfiguration"),
    ),
)
