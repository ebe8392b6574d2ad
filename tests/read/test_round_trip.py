"""render and read are mirrors: each format, read back, is the role that the model asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deputize.formats import blueprint_of, render_texts
from deputize.iam.policy import NamedPolicy, Policy
from deputize.iam.role import Delivery, IamRole
from deputize.model.profiles import AccessStatement, ManagedChoice
from deputize.model.role import Role, build, with_choices
from deputize.model.slots import shape_of, slots_of
from deputize.model.spec import AccessSpec, RoleSpec, SessionSpec, Tenant, Vendor, VendorAccount, tenant_problems
from deputize.model.text import english
from deputize.model.values import Files
from deputize.model.vendor_rules import vendor_problems
from deputize.read import READERS, normal_form, read_module, read_template
from deputize.read.cloudformation.strict import read_stack
from deputize.read.terraform.module import of_module

ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
ROLES = ("arn:aws:iam::111122223333:role/reader", "arn:aws:iam::111122223333:role/jobs/night")
HOSTILE = (
    "A \"quoted\" \\ ${aws:x} %{ if } $${y} <script>alert('1')</script> 日本 😀 é # // */ *x &y {{ z }} !Ref a: - |"
)

ACCOUNT = VendorAccount("aws", "111122223333")
VENDOR = Vendor("acme", english("Acme"), (ACCOUNT,))
TENANT = Tenant("a-company", (ID,))


def access(**changes: object) -> Vendor:
    """The vendor with other access."""
    return replace(VENDOR, access=replace(AccessSpec(profile="inventory"), **changes))  # type: ignore[arg-type]


def statement(number: int) -> AccessStatement:
    """A statement of some 3,000 characters."""
    actions = tuple(f"ec2:DescribeThing{number}x{index:03}" for index in range(100))
    return AccessStatement(f"Part{number}", actions, ("*",), english(f"Reason {HOSTILE}"))


VENDORS = {
    "defaults": VENDOR,
    "inventory": access(),
    "security-audit": access(profile="security-audit"),
    "inline": access(delivery="inline"),
    "inline and managed": access(
        delivery="inline", managed_policies=(ManagedChoice("SecurityAudit", english(HOSTILE)),)
    ),
    "two managed": access(
        managed_policies=(
            ManagedChoice("job-function/ViewOnlyAccess", english("Reads")),
            ManagedChoice("SecurityAudit", english("Audits")),
        )
    ),
    "split": access(statements=tuple(statement(number) for number in range(5))),
    "named roles": replace(VENDOR, accounts=(replace(ACCOUNT, roles=ROLES),)),
    "pinned": replace(VENDOR, accounts=(replace(ACCOUNT, roles=ROLES, pin=True),)),
    "session": replace(
        VENDOR,
        accounts=(replace(ACCOUNT, roles=ROLES),),
        session=SessionSpec(source_identity=True, tag_keys=("Project", "cost center")),
    ),
    "role": replace(
        VENDOR,
        name=english(HOSTILE),
        role=RoleSpec(
            name="x+=,.@-{tenant}",
            path="/service/a.b/",
            description=english('Reads "this" \\ ${x} %{y} é ÿ \t and\nmore: # no'),
            tags=(("owner", "a:b"), ("Cost Center", "0123"), ("empty", ""), ("yes", "no"), ("1e3", "12:30")),
            max_session_duration=43200,
            permissions_boundary="arn:aws:iam::aws:policy/PowerUserAccess",
        ),
    ),
}
TENANTS = {
    "guid": TENANT,
    "number": replace(TENANT, external_ids=("12345",), slug="0123"),
    "looks like a number": replace(TENANT, external_ids=("1e3", "12:30"), slug="1e3"),
    "looks like a boolean": replace(TENANT, external_ids=("no", "=+"), slug="no"),
    "longest": replace(TENANT, external_ids=("x" * 1224,), slug="a" * 63),
    "account known": replace(TENANT, account_id="012345678901", name=HOSTILE),
}


def made(vendor: Vendor, tenant: Tenant) -> Role:
    """The role, of inputs that the model accepts."""
    assert tenant_problems(tenant) == ()
    return build(vendor, slots_of(vendor, tenant))


def encoded(role: Role) -> dict[str, bytes]:
    """A bundle's files without its seal."""
    return {path: text.encode() for path, text in render_texts(role).items()}


def read_back(files: Files, delivery: Delivery = "managed") -> dict[str, IamRole]:
    """The role of each format by its name."""
    return {name: read(files, delivery) for name, read in READERS.items()}


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
@pytest.mark.parametrize("tenant", TENANTS.values(), ids=TENANTS)
def test_every_format_reads_back_as_the_model(vendor: Vendor, tenant: Tenant) -> None:
    """CloudFormation, Terraform and JSON each give the role that was asked for, all of it."""
    role = made(vendor, tenant)
    asked = role.resolved()
    assert read_back(encoded(role), asked.delivery) == dict.fromkeys(("cloudformation", "terraform", "json"), asked)


@pytest.mark.parametrize("partition", ["aws-us-gov", "aws-cn", "aws-eusc"])
def test_every_partition_reads_back(partition: str) -> None:
    """A bundle for another partition has that partition's ARNs in every format."""
    vendor = replace(access(profile="security-audit"), accounts=(replace(ACCOUNT, partition=partition),))
    role = made(vendor, replace(TENANT, partition=partition))
    asked = role.resolved()
    assert asked.managed_arns == (f"arn:{partition}:iam::aws:policy/SecurityAudit",)
    assert set(read_back(encoded(role)).values()) == {asked}


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
def test_a_filled_shape_reads_back_as_the_model(vendor: Vendor) -> None:
    """What a blueprint gives for a tenant is that tenant's role."""
    slots = slots_of(vendor, TENANTS["account known"])
    files = blueprint_of(build(vendor, shape_of(slots))).fill(slots.values())
    asked = build(vendor, slots).resolved()
    assert set(read_back(files, asked.delivery).values()) == {asked}


def test_more_than_nine_policies_stay_in_order() -> None:
    """The tenth policy comes after the ninth, not after the first."""
    role = made(access(statements=tuple(statement(number) for number in range(17))), TENANT)
    names = [policy.name for policy in READERS["terraform"](encoded(role), role.iam.delivery).policies]
    assert len(names) == 10
    assert names[0].endswith("-access")
    assert [name.rpartition("-")[2] for name in names[1:]] == [str(number) for number in range(2, 11)]


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
def test_the_customers_choices_change_both_formats_alike(vendor: Vendor) -> None:
    """Role name, path and boundary mean the same in the template's parameters and in the module's variables."""
    role = made(vendor, TENANT)
    boundary = "arn:aws:iam::123456789012:policy/limits/All"
    asked = replace(
        with_choices(role.iam, {"role_name": "Mine", "path": "/ours/"}), boundary=boundary, delivery=role.iam.delivery
    )
    texts = render_texts(role)
    template = read_template(
        texts["cloudformation/role.yaml"],
        "role.yaml",
        {"RoleName": "Mine", "Path": "/ours/", "PermissionsBoundary": boundary},
    )
    module = read_module(
        {path: text for path, text in texts.items() if of_module(path)},
        {"role_name": "Mine", "path": "/ours/", "permissions_boundary": boundary},
    )
    assert template == module == asked


def test_the_template_says_for_whom_it_is() -> None:
    """Outputs that are known beforehand name tenant, vendor account and both external IDs."""
    tenant = TENANTS["looks like a number"]
    stack = read_stack(render_texts(made(VENDOR, tenant))["cloudformation/role.yaml"], "role.yaml")
    assert stack.parameters == {"RoleName": "acme-1e3", "Path": "/", "PermissionsBoundary": ""}
    assert {name: stack.outputs[name] for name in ("Tenant", "VendorAccount", "ExternalId", "NextExternalId")} == {
        "Tenant": "1e3",
        "VendorAccount": "111122223333",
        "ExternalId": "1e3",
        "NextExternalId": "12:30",
    }


@pytest.mark.parametrize(
    ("account", "refused"),
    [
        ("012345678901", ()),
        (
            "111122223333",
            (
                "This is the vendor's own account. Deploy the template in the customer's account.",
                "This template is for account 012345678901 only.",
            ),
        ),
        ("444455556666", ("This template is for account 012345678901 only.",)),
    ],
)
def test_the_templates_rules_refuse_other_accounts(account: str, refused: tuple[str, ...]) -> None:
    """The rules let in the agreed account and no other, least of all the vendor's."""
    text = render_texts(made(VENDOR, TENANTS["account known"]))["cloudformation/role.yaml"]
    assert read_stack(text, "role.yaml", {"AWS::AccountId": account}).refused == refused


HOSTILE_MARKS = "\"'\\`${}%#*&!|<>@:;,?~- 日本é😀"
DISPLAY = st.text(
    st.characters(exclude_categories=("C", "Z")) | st.sampled_from(HOSTILE_MARKS), min_size=1, max_size=30
)
IDS = st.from_regex(r"[A-Za-z0-9_+=,.@:/-]{2,60}", fullmatch=True)
SLUGS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)
PATHS = st.from_regex(r"/([A-Za-z0-9.,+@=_-]{1,20}/){0,3}", fullmatch=True)
TAG_TEXTS = st.text("abcXYZ019 _.:/=+-@", max_size=12)


@st.composite
def vendors(draw: st.DrawFn) -> Vendor:
    """Vendors that the model accepts."""
    roles = draw(st.sampled_from([(), ROLES[:1], ROLES]))
    account = replace(ACCOUNT, roles=roles, pin=bool(roles) and draw(st.booleans()))
    tags = draw(st.dictionaries(TAG_TEXTS, TAG_TEXTS, max_size=3))
    vendor = replace(
        VENDOR,
        name=english(draw(DISPLAY)),
        accounts=(account,),
        role=RoleSpec(
            path=draw(PATHS),
            description=draw(st.none() | st.text("\t\n ${}%\"\\'abcé\xa1\xff", min_size=1).map(english)),
            tags=tuple(tags.items()),
            max_session_duration=draw(st.integers(3600, 43200)),
        ),
        session=SessionSpec(draw(st.booleans()), tuple(draw(st.sets(TAG_TEXTS.filter(bool), max_size=2)))),
        access=AccessSpec("inventory", delivery=draw(st.sampled_from(["managed", "inline"]))),
    )
    assume(not list(vendor_problems(vendor)))
    return vendor


@st.composite
def tenants(draw: st.DrawFn) -> Tenant:
    """Tenants that the model accepts."""
    tenant = Tenant(
        slug=draw(SLUGS),
        external_ids=tuple(draw(st.lists(IDS, min_size=1, max_size=2))),
        name=draw(DISPLAY),
        account_id=draw(st.none() | st.from_regex(r"[0-9]{12}", fullmatch=True)),
    )
    assume(not tenant_problems(tenant))
    return tenant


@settings(max_examples=40)
@given(vendors(), tenants())
def test_whatever_the_model_accepts_reads_back(vendor: Vendor, tenant: Tenant) -> None:
    """Any accepted vendor and tenant give files that parse in every format and are the role that was asked for."""
    slots = slots_of(vendor, tenant)
    role = build(vendor, slots)
    asked = role.resolved()
    files = encoded(role)
    assert set(read_back(files, asked.delivery).values()) == {asked}
    assert blueprint_of(build(vendor, shape_of(slots))).fill(slots.values()) == files


def test_the_normal_form_hides_order_and_nothing_else() -> None:
    """Roles that differ in the order of conditions, values or policies are equal in normal form; others are not."""
    role = made(VENDORS["session"], replace(TENANT, external_ids=("first-id", "second-id"))).resolved()
    turned = replace(role, trust=turn(role.trust), policies=tuple(turn_named(one) for one in role.policies[::-1]))
    assert turned != role
    assert normal_form(turned) == normal_form(role)
    assert normal_form(replace(role, max_session=7200)) != normal_form(role)
    fewer = Policy(role.trust.statements[:1])
    assert normal_form(replace(role, trust=fewer)) != normal_form(role)


def turn(policy: Policy) -> Policy:
    """The policy with every list turned round that has no order."""
    return Policy(
        tuple(
            replace(
                one,
                actions=one.actions[::-1],
                resources=one.resources[::-1],
                principals=one.principals[::-1],
                conditions=tuple(replace(item, values=item.values[::-1]) for item in one.conditions[::-1]),
            )
            for one in policy.statements
        )
    )


def turn_named(policy: NamedPolicy) -> NamedPolicy:
    """The same for a policy with its name."""
    return NamedPolicy(policy.name, turn(policy.document))
