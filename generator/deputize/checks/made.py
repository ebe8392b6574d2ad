"""A role of ours, judged like anyone's: what its formats create, or what its vendor asks for, with what is expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

from deputize.checks.findings import role_findings
from deputize.checks.judge import judge
from deputize.iam.role import IamRole
from deputize.model.expectations import Expectations
from deputize.model.values import Finding
from deputize.model.world import World
from deputize.read import normal_form
from deputize.read.world import made_role


def made_findings(
    made: IamRole, expectations: Expectations, where: str, own_account: str | None
) -> tuple[Finding, ...]:
    """What is wrong with a role that a format creates, or a vendor asks for, the customer's choices made.

    It was asked about, so it is always judged as one that third parties assume. where: what the findings call it, for
    it has no lines.
    """
    partition = expectations.given.partition or expectations.claimed.partition
    found = made_role(made, where, own_account=own_account, partition=partition)
    judged = judge(World((found,)), expectations.asked())
    return tuple(replace(one, line=None, column=None) for one in role_findings(judged, where))


def differences(made: IamRole, other: IamRole) -> Iterator[str]:
    """Each field in which two roles are not the same, in words."""
    one, another = normal_form(made), normal_form(other)
    for field in fields(IamRole):
        if getattr(one, field.name) != getattr(another, field.name):
            yield _WORDS.get(field.name, field.name)


_WORDS = {
    "max_session": "the maximum session duration",
    "boundary": "the permissions boundary",
    "trust": "the trust policy",
    "policies": "the access policies",
    "managed_arns": "the attached managed policies",
}
