"""The trust policy against a second opinion: the one form it may have, worked out without the model's own code."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from deputize.iam.policy import Condition, Policy, Statement, aws_principals
from deputize.model.role import Role, build
from deputize.model.slots import slots_of
from deputize.model.spec import SessionSpec, Tenant, Vendor, VendorAccount
from deputize.model.text import english

ACCOUNT = "111122223333"
IDS = ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11", "9f0c2f6e-55a1-4c52-8d0b-7e6f8d3b9a10")
PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-eusc")


def expected_trust(role: Role) -> tuple[Statement, ...]:
    """The statements that a role's trust policy has, no more and no fewer, by what its vendor and tenant say."""
    account, session, partition = role.account, role.vendor.session, role.slots.partition
    pinned = account.pin and bool(account.roles)
    root = f"arn:{partition}:iam::{account.id}:root"
    who = tuple(sorted(account.roles)) if pinned else (root,)
    held = () if pinned or not account.roles else (Condition("ArnEquals", "aws:PrincipalArn", account.roles),)
    by_id = Condition("StringEquals", "sts:ExternalId", role.slots.external_ids)
    keys = Condition("ForAllValues:StringEquals", "aws:TagKeys", session.tag_keys)
    wanted = [("AssumeWithExternalId", "sts:AssumeRole", (by_id, *held))]
    if session.source_identity:
        wanted.append(("SetSourceIdentity", "sts:SetSourceIdentity", held))
    if session.tag_keys:
        wanted.append(("TagSession", "sts:TagSession", (keys, *held)))
    return tuple(
        Statement(sid, "Allow", (action,), (), aws_principals(*who), conditions) for sid, action, conditions in wanted
    )


def _comparable(statements: tuple[Statement, ...]) -> Iterator[Statement]:
    """The statements with what has no order sorted."""
    for one in statements:
        conditions = (replace(each, values=tuple(sorted(each.values))) for each in one.conditions)
        yield replace(
            one,
            principals=tuple(sorted(one.principals, key=lambda each: each.text)),
            conditions=tuple(sorted(conditions, key=lambda each: (each.operator, each.key))),
        )


def _roles(partition: str) -> Iterator[Role]:
    """The role of every combination of what a trust policy depends on."""
    arns = (f"arn:{partition}:iam::{ACCOUNT}:role/reader", f"arn:{partition}:iam::{ACCOUNT}:role/ops/lister")
    whom = [(roles, pin) for roles in ((), arns[:1], arns, arns[::-1]) for pin in (False, True) if roles or not pin]
    sessions = [
        SessionSpec(identity, keys) for identity in (False, True) for keys in ((), ("run",), ("run", "project"))
    ]
    for (roles, pin), session, ids in itertools.product(whom, sessions, (IDS[:1], IDS, IDS[::-1])):
        accounts = (VendorAccount(partition, ACCOUNT, roles, pin=pin),)
        vendor = Vendor("example", english("Example"), accounts, session=session)
        yield build(vendor, slots_of(vendor, Tenant("a-company", ids, partition=partition)))


@pytest.mark.parametrize("partition", PARTITIONS)
def test_every_trust_policy_is_the_one_that_is_expected(partition: str) -> None:
    """For every way to name roles, session setting and number of IDs the policy is the expected one, and no other."""
    roles = list(_roles(partition))
    assert len(roles) == 7 * 6 * 3
    for role in roles:
        trust = role.resolved().trust
        assert trust == Policy(trust.statements)
        assert list(_comparable(trust.statements)) == list(_comparable(expected_trust(role)))
