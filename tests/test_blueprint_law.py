"""The law of the blueprint, over every template: filling a shape is rendering the tenant, in each format the same role.

Vendors and tenants are generated over what the model accepts, texts that try to break out of their language among them.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import replace
from functools import cache

import hcl2
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deputize.errors import InputError
from deputize.formats import blueprint_of, render_texts
from deputize.formats.hosted import hosted_template
from deputize.formats.quick_create import link_parameters
from deputize.iam import limits
from deputize.iam.partitions import PARTITIONS
from deputize.model.display import display_problem
from deputize.model.hosting import template_url
from deputize.model.profiles import AccessStatement, AllowedSecret, ManagedChoice
from deputize.model.role import Role, build
from deputize.model.slots import CHOICE, SLOT, shape_of, slots_of
from deputize.model.spec import (
    LOCALES,
    SLUG,
    AccessSpec,
    Hosting,
    RoleSpec,
    SessionSpec,
    Tenant,
    Vendor,
    VendorAccount,
    tenant_problems,
)
from deputize.model.text import Localized
from deputize.model.vendor_rules import vendor_problems
from deputize.read import READERS, normal_form
from deputize.read.cloudformation.strict import read_stack

HOSTILE = (
    "${",
    "%{",
    "$${",
    "%%{",
    "}",
    '"',
    "'",
    "\\",
    "\\u0022",
    "\\n",
    "`",
    "```",
    "{{",
    "}}",
    "{%",
    "{#",
    "#}",
    "#",
    " #",
    ": ",
    "- ",
    "---",
    "*",
    "&a",
    "!Ref x",
    "!Sub ${AWS::AccountId}",
    "${var.x}",
    "%{ for x in y }",
    "<script>",
    "<!--",
    "-->",
    "*/",
    "//",
    "|",
    "[x](y)",
    "=1+1",
    "@",
    "$(id)",
    ";",
    "é",
    "日本",
    "🐙🏽",
    "\u3000",
    "\ufe0f",
    "\u00a0",
    "~",
    "no",
    "1e3",
    "0x1F",
    "12:30",
    "null",
)
ASCII_ID = "ABCabcxyzXYZ0123456789_+=,.@:/-"
LATIN_1 = "".join(chr(code) for code in (0x9, 0xA, 0xD, *range(0x20, 0x7F), *range(0xA1, 0x100)))


@cache
def _shown() -> st.SearchStrategy[str]:
    wild = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=8)
    parts = st.lists(st.one_of(st.sampled_from(HOSTILE), wild), min_size=1, max_size=6).map("".join)
    shown = parts.map(lambda text: unicodedata.normalize("NFC", text.strip()))
    return shown.filter(lambda text: display_problem(text) is None)


@cache
def _localized() -> st.SearchStrategy[Localized]:
    return st.dictionaries(st.sampled_from(LOCALES), _shown(), min_size=1).map(
        lambda texts: Localized(tuple(sorted(texts.items())))
    )


@cache
def _matching(limit: limits.Limit, alphabet: str, longest: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=limit.low, max_size=longest).filter(limit.admits)


@cache
def _slugs() -> st.SearchStrategy[str]:
    return st.from_regex(SLUG, fullmatch=True)


@cache
def _external_ids() -> st.SearchStrategy[str]:
    special = ("12345", "1e3", "0123", "no", "12:30", "//", "file://x", "-abc", "a,b=c", "=cmd", "@x", "a" * 1224)
    return st.one_of(st.sampled_from(special), _matching(limits.EXTERNAL_ID, ASCII_ID, 60))


@cache
def _paths() -> st.SearchStrategy[str]:
    part = st.text("abzAZ09.,+@=_-", min_size=1, max_size=12)
    return st.lists(part, max_size=3).map(lambda parts: "".join(f"/{one}" for one in parts) + "/")


@cache
def _account(partition: str) -> st.SearchStrategy[VendorAccount]:
    accounts = st.from_regex(r"\A[0-9]{12}\Z")
    names = st.lists(_matching(limits.ROLE_NAME, "abzAZ09_+=,.@-", 20), max_size=3, unique=True)

    def make(account: str, path: str, found: list[str], pin: bool) -> VendorAccount:
        roles = tuple(f"arn:{partition}:iam::{account}:role{path}{name}" for name in found)
        return VendorAccount(partition, account, roles, pin and bool(roles))

    return st.builds(make, accounts, _paths(), names, st.booleans())


@cache
def _tags() -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    characters = "azAZ09 _.:/=+-@"
    keys = _matching(limits.TAG_KEY, characters, 12).filter(lambda key: not key.lower().startswith("aws:"))
    values = st.text(characters, max_size=12)
    return st.lists(st.tuples(keys, values), max_size=3, unique_by=lambda pair: pair[0].lower()).map(
        lambda pairs: tuple(sorted(pairs))
    )


@cache
def _role(partition: str) -> st.SearchStrategy[RoleSpec]:
    boundary = st.sampled_from((None, f"arn:{partition}:iam::aws:policy/ReadOnlyAccess"))
    parts = st.sampled_from([part for part in HOSTILE if set(part) <= set(LATIN_1)]) | st.text(LATIN_1, max_size=8)
    description = st.lists(parts, min_size=1, max_size=6).map("".join).filter(bool)
    return st.builds(
        RoleSpec,
        name=st.sampled_from(("{vendor}-{tenant}", "{tenant}", "r_+=,.@-{tenant}{vendor}")),
        path=_paths(),
        description=st.none() | description.map(lambda text: Localized((("en", text),))),
        tags=_tags(),
        max_session_duration=st.integers(limits.SESSION_DURATION.low, limits.SESSION_DURATION.high),
        permissions_boundary=boundary,
    )


@cache
def _access() -> st.SearchStrategy[AccessSpec]:
    actions = ("ec2:DescribeVpcs", "ec2:Describe*", "s3:ListAllMyBuckets", "ssm:GetParameter", "iam:Get?ole")
    printable = "".join(map(chr, range(0x21, 0x7F)))
    arn = st.text(printable, min_size=1, max_size=20).filter(lambda text: "${" not in text).map("arn:{}".format)
    statement = st.builds(
        AccessStatement,
        sid=st.from_regex(r"\A[A-Za-z0-9]{1,20}\Z"),
        actions=st.lists(st.sampled_from(actions), min_size=1, max_size=3, unique=True).map(lambda a: tuple(sorted(a))),
        resources=st.lists(arn, min_size=1, max_size=3).map(tuple) | st.just(("*",)),
        reason=_localized(),
    )
    managed = st.builds(
        ManagedChoice, st.sampled_from(("IAMReadOnlyAccess", "AWSSavingsPlansReadOnlyAccess")), _localized()
    )
    secret = st.builds(AllowedSecret, st.just("ssm:GetParameter"), _localized())
    return st.builds(
        AccessSpec,
        profile=st.sampled_from((None, None, None, "inventory")),
        managed_policies=st.lists(managed, max_size=2, unique_by=lambda choice: choice.name).map(tuple),
        statements=st.lists(statement, min_size=1, max_size=3, unique_by=lambda one: one.sid).map(tuple),
        delivery=st.sampled_from(("managed", "inline")),
        allow_secrets=st.lists(secret, max_size=1).map(tuple),
    )


@cache
def _vendors(partition: str) -> st.SearchStrategy[Vendor]:
    keys = st.lists(st.sampled_from(("project", "cost center", "a:b/c=d+e-f@g")), unique=True).map(tuple)
    return st.builds(
        Vendor,
        slug=st.from_regex(r"\A[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\Z"),
        name=_localized(),
        accounts=_account(partition).map(lambda account: (account,)),
        role=_role(partition),
        session=st.builds(SessionSpec, st.booleans(), keys),
        access=_access(),
    )


@cache
def _tenants(partition: str) -> st.SearchStrategy[Tenant]:
    return st.builds(
        Tenant,
        slug=_slugs(),
        external_ids=st.lists(_external_ids(), min_size=1, max_size=2, unique_by=str.lower).map(tuple),
        name=st.just("") | _shown(),
        account_id=st.none() | st.from_regex(r"\A[0-9]{12}\Z"),
        partition=st.just(partition),
        locale=st.sampled_from(LOCALES),
    )


# A vendor and a tenant in one partition, as the model accepts them.
ASKED = (
    st.sampled_from(tuple(PARTITIONS))
    .flatmap(lambda partition: st.tuples(_vendors(partition), _tenants(partition)))
    .filter(lambda who: not list(vendor_problems(who[0])) and not tenant_problems(who[1]))
)


def _hosting(vendor: Vendor) -> Vendor:
    """The same vendor, hosting in its partition the template that it makes."""
    partition = PARTITIONS[vendor.accounts[0].partition]
    digest = hashlib.sha256(hosted_template(vendor, partition.id)).hexdigest()
    url = template_url(partition.id, "vendor-templates", partition.home_region, "one-click", digest)
    return replace(vendor, hosting=(Hosting(partition.id, url, partition.home_region),))


def _role_of(vendor: Vendor, tenant: Tenant) -> Role:
    try:
        return build(vendor, slots_of(vendor, tenant))
    except InputError:  # a statement ID of the profile's, or the quotas: refused, so not accepted
        assume(False)
        raise


@settings(max_examples=100)
@given(ASKED)
def test_filling_the_shape_is_rendering_the_tenant(who: tuple[Vendor, Tenant]) -> None:
    """Every file of every format, byte for byte; and no mark is left in any of them."""
    role = _role_of(*who)
    filled = blueprint_of(build(who[0], shape_of(role.slots))).fill(role.slots.values())
    rendered = {path: text.encode() for path, text in render_texts(role).items()}
    assert list(filled) == list(rendered)
    for path, content in filled.items():
        assert content == rendered[path], path
        assert not SLOT.search(content.decode())
        assert not CHOICE.search(content.decode())


@settings(max_examples=30)
@given(ASKED)
def test_with_a_template_hosted_the_law_holds_too(who: tuple[Vendor, Tenant]) -> None:
    """The link stands in several files, and the hosted template with the link's parameters makes the model's role."""
    plain = _role_of(*who)
    vendor = _hosting(who[0])
    role = build(vendor, plain.slots)
    filled = blueprint_of(build(vendor, shape_of(role.slots))).fill(role.slots.values())
    assert "cloudformation/quick-create.txt" in filled
    assert filled == {path: text.encode() for path, text in render_texts(role).items()}
    one_click = hosted_template(vendor, role.slots.partition).decode()
    assert not SLOT.search(one_click)
    assert not CHOICE.search(one_click)
    assert who[1].external_ids[0] not in one_click or len(who[1].external_ids[0]) < len("a-whole-id")
    assert yaml.compose(one_click, Loader=yaml.SafeLoader) is not None
    found = read_stack(one_click, "one-click", link_parameters(role)).role
    assert normal_form(found) == normal_form(plain.resolved())


@settings(max_examples=60)
@given(ASKED)
def test_every_format_reads_back_as_the_model(who: tuple[Vendor, Tenant]) -> None:
    """CloudFormation, Terraform and JSON parse with others' parsers, and with ours are the role of the model."""
    role = _role_of(*who)
    files = blueprint_of(build(who[0], shape_of(role.slots))).fill(role.slots.values())
    for path, content in files.items():
        if path.endswith(".json"):
            json.loads(content)
    assert yaml.compose(files["cloudformation/role.yaml"].decode(), Loader=yaml.SafeLoader) is not None
    assert hcl2.loads(files["terraform/main.tf"].decode())
    # python-hcl2 takes a directive for text, which terraform would run.
    templates = re.findall(r"[$%]\{[^}]*", "".join(files[path].decode() for path in files if path.endswith(".tf")))
    assert set(templates) <= {"${var.role_name", "${var.path", "${each.key"}
    for form, read in READERS.items():
        assert normal_form(read(files, role.iam.delivery)) == normal_form(role.resolved()), form
