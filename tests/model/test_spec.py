"""Tenants and the names that are made of them and their vendor."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deputize.iam import limits
from deputize.model.spec import SLUG, Tenant, role_name, slug_from, stack_name, tenant_problems

TENANT = Tenant("a-company", ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",))
SLUGS = st.from_regex(SLUG, fullmatch=True)


@pytest.mark.parametrize("slug", ["a", "0", "a-b", "3com", "a" * 63, "a--b"])
def test_legal_slugs(slug: str) -> None:
    """1 to 63 of a-z, 0-9 and - inside; a digit may come first."""
    assert tenant_problems(replace(TENANT, slug=slug)) == ()


@pytest.mark.parametrize("slug", ["", "A", "a_b", "-a", "a-", "a.b", "a/b", "..", "a" * 64, "a\n", "ａ", "é", "٣"])
def test_illegal_slugs(slug: str) -> None:
    """Anything else is one problem, whatever the name would be."""
    assert [problem.where for problem in tenant_problems(replace(TENANT, slug=slug))] == ["tenant: tenant"]


def test_all_problems_come_at_once() -> None:
    """Every field is judged, in one order, under the place that the caller names."""
    wrong = Tenant("A", ("x", "a b"), name="\x1b", account_id="1", partition="moon", locale="de")
    fields = ["tenant", "name", "partition", "locale", "account_id", "external_id", "external_id"]
    assert [one.where for one in tenant_problems(wrong, "t.csv:4")] == [f"t.csv:4: {field}" for field in fields]


@pytest.mark.parametrize("ids", [(), ("one-one", "two-two", "three"), ("same-ID", "SAME-id")])
def test_one_id_or_two_different_ones(ids: tuple[str, ...]) -> None:
    """None, three, or the same twice (ignoring case) is a problem of the external ID."""
    assert [one.where for one in tenant_problems(replace(TENANT, external_ids=ids))] == ["tenant: external_id"]


@pytest.mark.parametrize(
    "account", ["", "1", "11112222333", "1111222233334", "11112222333a", "１１１１２２２２３３３３"]
)
def test_an_account_is_twelve_ascii_digits(account: str) -> None:
    """An empty text is no account either; None is no account known."""
    assert [one.where for one in tenant_problems(replace(TENANT, account_id=account))] == ["tenant: account_id"]
    assert tenant_problems(replace(TENANT, account_id="001122223333")) == ()


def test_the_slug_is_shown_where_there_is_no_name() -> None:
    """A display name is optional."""
    assert TENANT.display_name == "a-company"
    assert replace(TENANT, name="A Company").display_name == "A Company"


def test_a_role_name_is_the_pattern_filled() -> None:
    """Up to 64 characters, as it stands."""
    assert role_name("{vendor}-{tenant}", "example", "a-company") == "example-a-company"
    assert role_name("{tenant}+{vendor}@{tenant}", "v", "t") == "t+v@t"
    assert len(role_name("{vendor}{tenant}", "v" * 32, "t" * 32)) == 64


def test_a_long_role_name_ends_in_a_digest_of_all_of_it() -> None:
    """Two long names that begin alike stay apart, and the same name always becomes the same."""
    first = role_name("{vendor}-{tenant}", "v" * 63, f"{'t' * 62}1")
    second = role_name("{vendor}-{tenant}", "v" * 63, f"{'t' * 62}2")
    assert first == f"{'v' * 55}-b31a3234"
    assert len(first) == limits.ROLE_NAME.high
    assert first != second


@given(SLUGS, SLUGS)
def test_every_name_is_one_that_aws_takes(vendor: str, tenant: str) -> None:
    """Role names for all slugs; stack names for all that a vendor's slug may be, which begins with a letter."""
    assert limits.ROLE_NAME.admits(role_name("{vendor}-{tenant}", vendor, tenant))
    if vendor[0].isalpha():
        assert limits.STACK_NAME.admits(stack_name(vendor, tenant))


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Example Costs", "example-costs"),
        ("  ACME, Inc.  ", "acme-inc"),
        ("Söhne & Co", "s-hne-co"),
        ("日本", ""),
        ("3com", ""),
        ("x" * 100, "x" * 63),
        (f"{'x' * 62} y", "x" * 62),
    ],
)
def test_a_slug_from_a_name(name: str, slug: str) -> None:
    """ASCII letters and digits of it; none when that begins with a digit or is nothing."""
    assert slug_from(name) == slug


@given(st.text())
def test_a_slug_from_a_name_is_a_slug(name: str) -> None:
    """Or empty, which the caller must refuse."""
    slug = slug_from(name)
    assert slug == "" or SLUG.fullmatch(slug)
