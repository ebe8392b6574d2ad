"""The quick-create link says exactly what its tenant's bundle says, whatever characters AWS allows in an ID."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deputize.errors import InputError
from deputize.formats import blueprint_of, render_texts
from deputize.formats.hosted import hosted_template
from deputize.formats.quick_create import quick_create_link, regions_for
from deputize.iam import limits
from deputize.iam.partitions import PARTITIONS
from deputize.model.format import QUICK_CREATE
from deputize.model.hosting import template_url
from deputize.model.role import build
from deputize.model.slots import shape_of, slots_of
from deputize.model.spec import SLUG, AccessSpec, Hosting, RoleSpec, Tenant, Vendor, VendorAccount, tenant_problems
from deputize.model.text import english
from deputize.model.vendor_rules import vendor_problems

ACCOUNTS = tuple(VendorAccount(partition, "111122223333") for partition in PARTITIONS)
PLAIN = Vendor("example", english("Example"), ACCOUNTS, RoleSpec("{tenant}_+=,.@-"), access=AccessSpec("inventory"))
HOSTILE = ("file://x", "-abc", "a,b=c", "+++", "a+b", "//", "@@", "=1+1", "a/../b", "us-east-1", "x" * 1224, "=" * 1224)
IDS = st.sampled_from(HOSTILE) | st.text("azAZ09_+=,.@:/-", min_size=2, max_size=40)
LONGEST = 8192


def _hosted(vendor: Vendor, prefix: str = "one-click") -> Vendor:
    found = []
    for account in vendor.accounts:
        partition = PARTITIONS[account.partition]
        digest = hashlib.sha256(hosted_template(vendor, partition.id)).hexdigest()
        url = template_url(partition.id, "vendor-templates", partition.home_region, prefix, digest)
        found.append(Hosting(partition.id, url, partition.home_region))
    return replace(vendor, hosting=tuple(found))


HOSTED = _hosted(PLAIN)


def _link(vendor: Vendor, tenant: Tenant, region: str) -> str:
    link = quick_create_link(build(vendor, slots_of(vendor, tenant)), region)
    assert link is not None
    return link


def _said(link: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """(host, the console's query, what follows the #) as a browser and then the console read them."""
    split = urlsplit(link)
    place, found, values = split.fragment.partition("?")
    assert (split.scheme, split.path, place, found) == ("https", "/cloudformation/home", "/stacks/create/review", "?")
    # The console decodes per cent signs alone: a + is a +.
    pairs = parse_qsl(values.replace("+", "%2B"), keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return split.netloc, dict(parse_qsl(split.query, strict_parsing=True)), dict(pairs)


@settings(max_examples=150)
@given(
    st.builds(
        Tenant,
        slug=st.from_regex(SLUG, fullmatch=True),
        external_ids=st.lists(IDS, min_size=1, max_size=2, unique_by=str.lower).map(tuple),
        account_id=st.none() | st.from_regex(r"\A[0-9]{12}\Z"),
        partition=st.sampled_from(tuple(PARTITIONS)),
        locale=st.sampled_from(("en", "ja")),
    ).filter(lambda tenant: not tenant_problems(tenant)),
    st.data(),
)
def test_the_link_parses_back_to_exactly_its_values(tenant: Tenant, data: st.DataObject) -> None:
    """In every partition and region, for every ID that AWS allows; nothing is left out and nothing added."""
    role = build(HOSTED, slots_of(HOSTED, tenant))
    region = data.draw(st.sampled_from(regions_for(role)))
    link = _link(HOSTED, tenant, region)
    host, query, values = _said(link)
    hosting = HOSTED.hosted(tenant.partition)
    assert hosting is not None
    wanted = {
        "templateURL": hosting.template_url,
        "stackName": f"example-{tenant.slug}",
        "param_Tenant": tenant.slug,
        "param_ExternalId": tenant.external_ids[0],
        "param_RoleName": role.slots.role_name,
    }
    if len(tenant.external_ids) > 1:
        wanted["param_NextExternalId"] = tenant.external_ids[1]
    if tenant.account_id is not None:
        wanted["param_Account"] = tenant.account_id
    assert values == wanted
    assert (host, query) == (f"{region}.{PARTITIONS[tenant.partition].console}", {"region": region})
    before = link.partition("#")[0]
    assert before.count(region) == 2
    other = data.draw(st.sampled_from(regions_for(role)))
    swapped = before.replace(region, other) + link.removeprefix(before)
    assert swapped == _link(HOSTED, tenant, other)
    assert link.isascii()
    assert link.isprintable()
    assert not set(" \"'<>\\`") & set(link)


@pytest.mark.parametrize("partition", PARTITIONS)
def test_the_file_is_the_link_at_the_region_of_the_vendor(partition: str) -> None:
    """One line, and the blueprint's filling of it is the same as the tenant's own rendering."""
    tenant = Tenant("a-company", ("a,b=c+d", "file://x"), account_id="222233334444", partition=partition)
    role = build(HOSTED, slots_of(HOSTED, tenant))
    filled = blueprint_of(build(HOSTED, shape_of(role.slots))).fill_one(QUICK_CREATE, role.slots.values()).decode()
    assert filled == render_texts(role)[QUICK_CREATE] == f"{_link(HOSTED, tenant, PARTITIONS[partition].home_region)}\n"


def test_regions_begin_with_the_one_that_the_vendor_chose() -> None:
    """Also one that is newer than our list; each region is there once."""
    hosting = HOSTED.hosting[0]
    for first in ("ap-northeast-1", "eu-west-9"):
        vendor = replace(HOSTED, hosting=(replace(hosting, region=first),))
        found = regions_for(build(vendor, slots_of(vendor, Tenant("a-company", ("id-1",)))))
        assert found[0] == first
        assert sorted(found) == sorted({first, *PARTITIONS["aws"].regions})


def test_without_hosting_in_the_partition_there_is_no_link() -> None:
    """The bundle has no such file then."""
    vendor = replace(HOSTED, hosting=HOSTED.hosting[:1])
    abroad = build(vendor, slots_of(vendor, Tenant("a-company", ("id-1",), partition="aws-cn")))
    assert quick_create_link(abroad, "cn-north-1") is None
    assert regions_for(abroad) == ()
    assert QUICK_CREATE not in render_texts(abroad)


@pytest.mark.parametrize(
    "changed",
    [
        replace(HOSTED, access=AccessSpec("cost-optimization")),
        replace(HOSTED, accounts=(VendorAccount("aws", "999999999999"), *ACCOUNTS[1:])),
        replace(HOSTED, slug="other"),
        replace(
            HOSTED, hosting=(Hosting("aws", HOSTED.hosting[0].template_url.replace(".yaml", ".json"), "us-east-1"),)
        ),
    ],
)
def test_a_link_to_another_template_is_refused(changed: Vendor) -> None:
    """What the vendor asks for changed since it published, or somebody else's template is named."""
    with pytest.raises(InputError) as error:
        _link(changed, Tenant("a-company", ("id-1",)), "us-east-1")
    (problem,) = error.value.problems
    assert problem.where == "vendor: hosting.aws.template_url"
    assert problem.what == "is of another template than this vendor makes"
    assert problem.mend == "run `deputize publish` and take over the lines that it prints"


def test_a_name_or_locale_changes_no_template() -> None:
    """What is not in the template, as the vendor's display name, may change without publishing again."""
    renamed = replace(HOSTED, name=english("Example, Inc."), never_assume_accounts=("999999999999",))
    assert _link(renamed, Tenant("a-company", ("id-1",), locale="ja"), "us-east-1")


@pytest.mark.parametrize("partition", PARTITIONS)
def test_the_longest_link_is_shorter_than_we_say(partition: str) -> None:
    """The longest address, slugs, name and IDs that the trust policy holds, as much as can be encoded in three each."""
    account = VendorAccount(partition, "111122223333")
    vendor = replace(PLAIN, slug="v" * 63, role=RoleSpec("=" * 64), accounts=(account,))
    room = limits.TEMPLATE_URL.high - len(_hosted(vendor, "").hosting[0].template_url) - 1
    longest = _hosted(vendor, "a/" * ((room - 1) // 2) + "a" * (2 - room % 2))
    assert len(longest.hosting[0].template_url) == limits.TEMPLATE_URL.high
    assert not list(vendor_problems(longest))

    def tenant(*ids: str) -> Tenant:
        return Tenant("t" * 63, ids, account_id="222233334444", partition=partition)

    first, second = "=" * limits.EXTERNAL_ID.high, "::"
    trust = build(longest, slots_of(longest, tenant(first, second))).iam.trust.compact()
    second += ":" * (limits.TRUST_POLICY.high - len(trust))
    both = tenant(first, second)
    assert not tenant_problems(both)
    region = max(PARTITIONS[partition].regions, key=len)
    assert len(_link(longest, tenant(first), region)) < len(_link(longest, both, region)) < LONGEST
