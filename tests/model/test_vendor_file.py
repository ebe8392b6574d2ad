"""vendor.yaml: every value is text until the model says otherwise; the Vendor it makes; and its one JSON form."""

from __future__ import annotations

import pytest

from deputize.errors import InputError
from deputize.model.profiles import AccessStatement, AllowedSecret, ManagedChoice
from deputize.model.spec import AccessSpec, RoleSpec, SessionSpec, Vendor, VendorAccount
from deputize.model.text import Localized, english
from deputize.model.vendor_file import parse_vendor, vendor_from_json, vendor_to_json

LEAST = "vendor: {name: Example Costs}\naccounts: {aws: {id: 111122223333}}\n"
ALL = """
vendor:
  name: {en: Example, ja: 例示}
  slug: ex
accounts:
  aws-cn:
    id: 444455556666
  aws:
    id: "011122223333"
    pin: yes
    roles: [arn:aws:iam::011122223333:role/x/reader]
role:
  name: "{tenant}"
  path: /a/
  description: {ja: Reads in Latin, en: Reads}
  tags: {z: "1e3", a: 0123}
  max_session_duration: 7200
  permissions_boundary: arn:aws:iam::aws:policy/ReadOnlyAccess
session:
  source_identity: true
  tag_keys: [b, a]
access:
  profile: inventory
  managed_policies:
    - {name: SecurityAudit, reason: Why.}
  statements:
    - sid: Own
      actions: [s3:ListAllMyBuckets, ec2:DescribeVpcs, "EC2:DescribeTags", ec2:DescribeVpcs]
      resources: ["arn:aws:s3:::x", "*"]
      reason: {en: Why., ja: なぜ}
  delivery: inline
  allow_secrets:
    - {action: "ssm:GetParameter", reason: Because.}
"""


def test_the_least_vendor() -> None:
    """A name and one account: the slug is made of the name, everything else is the default."""
    account = VendorAccount("aws", "111122223333")
    assert parse_vendor(LEAST) == Vendor("example-costs", english("Example Costs"), (account,))


def test_everything_a_vendor_may_say() -> None:
    """Each field has its place; what has no order is sorted, what has one keeps it."""
    text = ALL.replace("EC2:DescribeTags", "ec2:DescribeTags")
    assert parse_vendor(text) == Vendor(
        slug="ex",
        name=Localized((("en", "Example"), ("ja", "例示"))),
        accounts=(
            VendorAccount("aws", "011122223333", ("arn:aws:iam::011122223333:role/x/reader",), pin=True),
            VendorAccount("aws-cn", "444455556666"),
        ),
        role=RoleSpec(
            name="{tenant}",
            path="/a/",
            description=Localized((("en", "Reads"), ("ja", "Reads in Latin"))),
            tags=(("a", "0123"), ("z", "1e3")),
            max_session_duration=7200,
            permissions_boundary="arn:aws:iam::aws:policy/ReadOnlyAccess",
        ),
        session=SessionSpec(source_identity=True, tag_keys=("a", "b")),
        access=AccessSpec(
            profile="inventory",
            managed_policies=(ManagedChoice("SecurityAudit", english("Why.")),),
            statements=(
                AccessStatement(
                    "Own",
                    ("ec2:DescribeTags", "ec2:DescribeVpcs", "s3:ListAllMyBuckets"),
                    ("arn:aws:s3:::x", "*"),
                    Localized((("en", "Why."), ("ja", "なぜ"))),
                ),
            ),
            delivery="inline",
            allow_secrets=(AllowedSecret("ssm:GetParameter", english("Because.")),),
        ),
    )


@pytest.mark.parametrize("text", [LEAST, ALL.replace("EC2:", "ec2:")])
def test_the_json_form_is_the_same_vendor(text: str) -> None:
    """What the manifest keeps makes the vendor again, and keeps the same once more."""
    vendor = parse_vendor(text)
    document = vendor_to_json(vendor)
    assert vendor_from_json(document, "manifest.json") == vendor
    assert vendor_to_json(vendor_from_json(document, "manifest.json")) == document


@pytest.mark.parametrize("tag", ["1e3", "0123", "no", "12:30", "2026-11-21", "null", "0x1F", "1_000", ".inf"])
def test_no_text_is_misread_as_another_type(tag: str) -> None:
    """What YAML would make a number, a date, a boolean or nothing stays the text that was written."""
    vendor = parse_vendor(f"{LEAST}role: {{tags: {{key: {tag}, {tag}: value}}}}\n")
    assert set(vendor.role.tags) == {("key", tag), (tag, "value")}


@pytest.mark.parametrize("section", ["role: {description: , tags: , permissions_boundary: }", "session: {tag_keys: }"])
def test_a_key_without_a_value_is_not_given(section: str) -> None:
    """`key:` alone means the default."""
    assert parse_vendor(f"{LEAST}{section}\n") == parse_vendor(LEAST)


def test_no_profile_is_a_choice() -> None:
    """`profile:` without a value leaves the statements alone."""
    text = f"{LEAST}access:\n  profile:\n  statements:\n    - {{sid: A, actions: ['ec2:DescribeVpcs'], reason: Why}}\n"
    assert parse_vendor(text).access.profile is None


def test_every_problem_has_its_line() -> None:
    """A path that is not in the file is placed at the nearest one that is."""
    with pytest.raises(InputError) as raised:
        parse_vendor("vendor:\n  name: Example\naccounts:\n  aws:\n    pin: true\n", "my.yaml")
    assert [problem.where for problem in raised.value.problems] == ["my.yaml:5: accounts.aws.id"]


def test_a_document_without_lines_names_its_paths() -> None:
    """The manifest's form is judged by the same rules."""
    with pytest.raises(InputError) as raised:
        vendor_from_json({"vendor": {"name": "x", "slug": "X"}, "accounts": {}}, "manifest.json")
    assert [problem.where for problem in raised.value.problems] == [
        "manifest.json: vendor.slug",
        "manifest.json: accounts",
    ]


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "{a: " * 50_000, "a: " + "- " * 50_000, "&a [*a]", "? " * 10_000],
    ids=["lists", "mappings", "dashes", "alias", "keys"],
)
def test_no_text_exhausts_the_stack(text: str) -> None:
    """Nesting without end is refused by its line before a tree is built."""
    with pytest.raises(InputError, match=r"\Avendor\.yaml:1: "):
        parse_vendor(text)


@pytest.mark.parametrize(
    ("section", "field"),
    [
        ("role: {description: 'Costs {{resolve:secretsmanager:prod/db:SecretString:password}}'}", "role.description"),
        (
            "access: {statements: [{sid: X, actions: ['s3:ListBucket'], reason: y, resources: ['arn:x{{y}}']}]}",
            "resources",
        ),
        ('role: {description: {en: fine, ja: "X\\ue000external_ids.0|json\\ue001"}}', "role.description"),
        ('role: {description: {en: fine, ja: "bell \\a"}}', "role.description"),
    ],
)
def test_references_and_hidden_characters_are_refused(section: str, field: str) -> None:
    """CloudFormation would put a customer's secret in a dynamic reference's place; a mark would be filled."""
    text = f"vendor: {{name: Example Corp}}\naccounts: {{aws: {{id: '111122223333'}}}}\n{section}\n"
    with pytest.raises(InputError, match=field):
        parse_vendor(text)
