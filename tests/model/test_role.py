"""The role: who may enter, what it is called, and what the customer may still choose."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from deputize.errors import InputError
from deputize.iam.policy import Condition, aws_principals
from deputize.model.profiles import AccessStatement
from deputize.model.role import REVISION_TAG, TEMPLATE_VERSION, build, with_choices
from deputize.model.slots import CHOICE, SLOT, hosted_slots, shape_of, slots_of
from deputize.model.spec import AccessSpec, RoleSpec, SessionSpec, Tenant, Vendor, VendorAccount
from deputize.model.text import Localized, english

ROLE_ARN = "arn:aws:iam::111122223333:role/reader"
ACCOUNT = VendorAccount("aws", "111122223333", (ROLE_ARN,))
VENDOR = Vendor("example", english("Example"), (ACCOUNT,), access=AccessSpec("inventory"))
TENANT = Tenant("a-company", ("current-external-id",), account_id="001122223333")
NEEDS_ID = Condition("StringEquals", "sts:ExternalId", ("current-external-id",))
ONLY_ROLE = Condition("ArnEquals", "aws:PrincipalArn", (ROLE_ARN,))


@pytest.mark.parametrize(
    ("account", "principals", "conditions"),
    [
        (replace(ACCOUNT, roles=()), ("arn:aws:iam::111122223333:root",), (NEEDS_ID,)),
        (ACCOUNT, ("arn:aws:iam::111122223333:root",), (NEEDS_ID, ONLY_ROLE)),
        (replace(ACCOUNT, pin=True), (ROLE_ARN,), (NEEDS_ID,)),
    ],
    ids=["account-root", "named-role", "pinned-role"],
)
def test_who_may_enter(account: VendorAccount, principals: tuple[str, ...], conditions: tuple[Condition, ...]) -> None:
    """The account, its roles by ARN, or the roles as principals: and always with the external ID."""
    (statement,) = build(replace(VENDOR, accounts=(account,)), slots_of(VENDOR, TENANT)).iam.trust.statements
    assert statement.actions == ("sts:AssumeRole",)
    assert (statement.principals, statement.conditions) == (aws_principals(*principals), conditions)


def test_a_rotation_lets_both_ids_in() -> None:
    """Two IDs are two values of one condition: either is enough, and none is not."""
    rotating = replace(TENANT, external_ids=("current-external-id", "next-external-id"))
    (statement,) = build(VENDOR, slots_of(VENDOR, rotating)).iam.trust.statements
    assert statement.conditions[0].values == rotating.external_ids


def test_what_a_session_may_carry_is_asked_for_by_itself() -> None:
    """Source identity and tags are statements of their own: AWS sends no external ID with those actions."""
    carrying = replace(VENDOR, session=SessionSpec(source_identity=True, tag_keys=("project",)))
    enter, source, tags = build(carrying, slots_of(VENDOR, TENANT)).iam.trust.statements
    assert enter.conditions == (NEEDS_ID, ONLY_ROLE)
    assert (source.actions, source.conditions) == (("sts:SetSourceIdentity",), (ONLY_ROLE,))
    only_keys = Condition("ForAllValues:StringEquals", "aws:TagKeys", ("project",))
    assert (tags.actions, tags.conditions) == (("sts:TagSession",), (only_keys, ONLY_ROLE))


def test_the_role_as_iam_returns_it() -> None:
    """Name, path, description, duration, boundary and tags, the customer's choices at their defaults."""
    spec = RoleSpec(
        path="/vendors/",
        description=Localized((("en", "Reads."), ("ja", "読む"))),
        tags=(("owner", "x"),),
        max_session_duration=7200,
        permissions_boundary="arn:aws:iam::aws:policy/ReadOnlyAccess",
    )
    role = build(replace(VENDOR, role=spec), slots_of(VENDOR, TENANT)).resolved()
    assert (role.name, role.path, role.description) == ("example-a-company", "/vendors/", "Reads.")
    assert (role.max_session, role.boundary) == (7200, "arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert role.tags == (
        ("deputize:revision", _revision(replace(VENDOR, role=spec))),
        ("deputize:template-version", str(TEMPLATE_VERSION)),
        ("deputize:tenant", "a-company"),
        ("deputize:vendor", "example"),
        ("owner", "x"),
    )


def test_without_a_description_the_tool_gives_one() -> None:
    """It names the vendor by its slug, which IAM's character set always holds."""
    role = build(VENDOR, slots_of(VENDOR, TENANT)).resolved()
    assert role.description == "Lets example read this account, with its external ID only. Made by deputize."


def test_the_customers_choices_go_wherever_the_name_stands() -> None:
    """Another name and path reach the policies' names and the ARNs by which the role reads itself."""
    role = build(VENDOR, slots_of(VENDOR, TENANT))
    made = with_choices(role.iam, {"role_name": "Mine", "path": "/x/"})
    resources = [one for policy in made.policies for item in policy.document.statements for one in item.resources]
    assert (made.name, made.path, made.policies[0].name) == ("Mine", "/x/", "Mine-access")
    assert "arn:aws:iam::001122223333:role/x/Mine" in resources
    assert "arn:aws:iam::001122223333:policy/x/Mine-access" in resources
    assert not CHOICE.search(repr(made))


def test_an_account_that_is_not_known_is_a_star() -> None:
    """The role may read itself in whatever account it is made."""
    role = build(VENDOR, slots_of(VENDOR, replace(TENANT, account_id=None))).resolved()
    assert role.policies[0].document.statements[0].resources == ("arn:aws:iam::*:role/example-a-company",)


@pytest.mark.parametrize("partition", ["aws-us-gov", "aws-cn", "aws-eusc"])
def test_every_arn_is_of_the_tenants_partition(partition: str) -> None:
    """Profiles are written for `aws`; what a tenant elsewhere gets names nothing of it."""
    account = VendorAccount(partition, "111122223333", (f"arn:{partition}:iam::111122223333:role/reader",))
    vendor = replace(VENDOR, accounts=(account,), access=AccessSpec("security-audit"))
    role = build(vendor, slots_of(vendor, replace(TENANT, partition=partition))).resolved()
    assert f"arn:{partition}:iam::aws:policy/SecurityAudit" in role.managed_arns
    assert "arn:aws:" not in repr(role)


def test_a_vendor_without_an_account_in_the_partition_is_refused() -> None:
    """STS does not cross partitions; the message names no tenant, since a shape has none."""
    with pytest.raises(InputError) as raised:
        build(VENDOR, slots_of(VENDOR, replace(TENANT, partition="aws-cn")))
    message = "tenant: partition: vendor example has no account in partition aws-cn; add it to accounts in vendor.yaml"
    assert str(raised.value) == message


def test_a_boundary_of_another_partition_is_refused() -> None:
    """IAM would refuse it at deployment."""
    foreign = replace(VENDOR, role=RoleSpec(permissions_boundary="arn:aws-cn:iam::aws:policy/ReadOnlyAccess"))
    with pytest.raises(InputError, match="is in partition aws-cn, the tenant in aws"):
        build(foreign, slots_of(VENDOR, TENANT))


def test_a_shape_holds_no_text_of_the_tenant() -> None:
    """Built for a shape, the role has marks where the tenant's texts go, and the tenant's role is that role filled."""
    slots = slots_of(VENDOR, replace(TENANT, name="Hidden Name"))
    shape = build(VENDOR, shape_of(slots))
    text = repr(shape.resolved())
    assert not [value for value in slots.values().values() if value in text]
    filled = SLOT.sub(lambda mark: slots.values()[mark[1]], shape.resolved().trust.compact())
    assert filled == build(VENDOR, slots).resolved().trust.compact()


def test_tenants_of_one_ask_have_one_revision() -> None:
    """Whatever a tenant's texts, with or without an account and in the middle of a rotation; and in every shape."""
    other = Tenant("b-company", ("one-external-id", "next-external-id"), name="B", locale="ja")
    slots = (slots_of(VENDOR, TENANT), slots_of(VENDOR, other), shape_of(slots_of(VENDOR, TENANT)), hosted_slots("aws"))
    roles = [build(VENDOR, one) for one in slots]
    (revision,) = {role.revision for role in roles}
    assert {dict(role.iam.tags)[REVISION_TAG] for role in roles} == {revision}
    assert re.fullmatch(r"[0-9a-f]{12}", revision, re.ASCII)


ASKED = (
    AccessStatement("ReadPrices", ("pricing:GetProducts", "pricing:DescribeServices"), ("*",), english("Prices.")),
    AccessStatement(
        "ReadUsers", ("iam:ListUsers",), ("arn:aws:iam::*:user/a", "arn:aws:iam::*:user/b"), english("Who.")
    ),
)


def _revision(vendor: Vendor) -> str:
    return build(vendor, slots_of(vendor, TENANT)).revision


def test_order_and_reasons_do_not_change_a_revision() -> None:
    """The same ask written in another order, under other statement IDs and with other reasons."""
    other = tuple(
        replace(one, sid=f"{one.sid}2", actions=one.actions[::-1], resources=one.resources[::-1], reason=english("x"))
        for one in reversed(ASKED)
    )
    one, two = (replace(VENDOR, access=AccessSpec("inventory", statements=many)) for many in (ASKED, other))
    assert _revision(one) == _revision(two)


@pytest.mark.parametrize(
    "changed",
    [
        replace(VENDOR, access=AccessSpec("inventory", statements=ASKED[:1])),
        replace(VENDOR, access=AccessSpec("inventory", statements=ASKED[1:])),
        replace(VENDOR, access=AccessSpec("security-audit")),
        replace(VENDOR, access=AccessSpec("inventory", delivery="inline")),
        replace(VENDOR, accounts=(replace(ACCOUNT, roles=()),)),
        replace(VENDOR, accounts=(replace(ACCOUNT, pin=True),)),
        replace(VENDOR, session=SessionSpec(source_identity=True)),
        replace(VENDOR, role=RoleSpec(max_session_duration=7200)),
        replace(VENDOR, role=RoleSpec(path="/vendors/")),
        replace(VENDOR, role=RoleSpec(tags=(("owner", "x"),))),
        replace(VENDOR, role=RoleSpec(permissions_boundary="arn:aws:iam::aws:policy/ReadOnlyAccess")),
    ],
)
def test_a_change_of_the_ask_changes_its_revision(changed: Vendor) -> None:
    """Of who may enter, of what it may do, of what else IAM keeps of the role."""
    assert _revision(changed) != _revision(VENDOR)
