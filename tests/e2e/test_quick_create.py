"""One click: what a bundle's link says, and nothing else, is deployed as the console would, and is the bundle's role.

The embedded AWS judges the parameters' patterns and lengths, those that are missing, and the template's Rules. It reads
a TemplateURL in S3's path style and in the caller's own account only, so the template is put there, under the key that
the link has. It drops a boundary that comes through CloudFormation (tests/e2e/test_three_formats.py looks at that on
moto).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest

from deputize import Tenant, Vendor, render
from deputize.aws.assume import assume
from deputize.aws.client import Refusal, Session
from deputize.aws.embedded import EmbeddedAws
from deputize.formats.hosted import hosted_template
from deputize.iam.role import IamRole
from deputize.jobs.publish.hosting import judged_template
from deputize.model.hosting import parse_template_url, template_url
from deputize.model.role import build
from deputize.model.slots import slots_of
from deputize.model.spec import AccessSpec, Hosting, SessionSpec, VendorAccount
from deputize.model.text import english
from deputize.read import normal_form

VENDOR_ACCOUNT = "111122223333"
COLLECTOR = f"arn:aws:iam::{VENDOR_ACCOUNT}:role/collector"
RIGHT, NEXT, WRONG = "a,b=c+d:Acme-7d4c0b9e2f7a4f0e", "file://acme-next-9f570a5d8f2f", "Acme-another-2f7a4f0e"
VENDORS = {
    "managed": Vendor(
        "example",
        english("Example"),
        (VendorAccount("aws", VENDOR_ACCOUNT, (COLLECTOR,)),),
        session=SessionSpec(source_identity=True),
        access=AccessSpec("inventory"),
    ),
    "inline": Vendor(
        "example",
        english("Example"),
        (VendorAccount("aws", VENDOR_ACCOUNT),),
        access=AccessSpec("inventory", delivery="inline"),
    ),
}
Live = Callable[[Session, str], IamRole]
Open = Callable[[str, Tenant, str], dict[str, object]]


@pytest.fixture(scope="module")
def hosted() -> Mapping[str, Vendor]:
    """The vendors, each with the address of its template in its vendor.yaml."""
    found = {}
    for name, vendor in VENDORS.items():
        url = template_url("aws", "vendor-templates", "us-east-1", "one-click", judged_template(vendor, "aws").sha256)
        found[name] = replace(vendor, hosting=(Hosting("aws", url, "us-east-1"),))
    return found


@pytest.fixture
def open_link(aws: EmbeddedAws, hosted: Mapping[str, Vendor]) -> Open:
    """What the console asks CloudFormation for when a tenant opens the link in its bundle and changes nothing."""

    def opened(name: str, tenant: Tenant, account: str) -> dict[str, object]:
        link = render(hosted[name], tenant).files["cloudformation/quick-create.txt"].decode().removesuffix("\n")
        pairs = (pair.split("=") for pair in urlsplit(link).fragment.partition("?")[2].split("&"))
        said = {unquote(name): unquote(value) for name, value in pairs}
        at = parse_template_url(said.pop("templateURL"))
        assert at is not None
        customer, bucket = aws.root(account), f"{at.bucket}-{account}"
        customer.call("s3", "create_bucket", Bucket=bucket)
        data = hosted_template(hosted[name], "aws")
        assert hashlib.sha256(data).hexdigest() == at.sha256
        customer.call("s3", "put_object", Bucket=bucket, Key=at.key, Body=data)
        return {
            "TemplateURL": f"{aws.endpoint_url}/{bucket}/{at.key}",
            "StackName": said.pop("stackName"),
            "Parameters": [
                {"ParameterKey": name.removeprefix("param_"), "ParameterValue": value} for name, value in said.items()
            ],
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
        }

    return opened


def _with(asked: dict[str, object], **changed: str | None) -> dict[str, object]:
    """The same with parameters changed by hand; None leaves one out."""
    found = {one["ParameterKey"]: one["ParameterValue"] for one in asked["Parameters"]}  # type: ignore[attr-defined]
    kept = {name: value for name, value in {**found, **changed}.items() if value is not None}
    return {**asked, "Parameters": [{"ParameterKey": name, "ParameterValue": one} for name, one in kept.items()]}


@pytest.mark.parametrize(
    ("name", "ids", "agreed"),
    [("managed", (RIGHT,), False), ("managed", (RIGHT, NEXT), True), ("inline", (RIGHT,), True)],
)
def test_the_link_makes_the_role_of_the_bundle(
    *,
    name: str,
    ids: tuple[str, ...],
    agreed: bool,
    hosted: Mapping[str, Vendor],
    aws: EmbeddedAws,
    vendor_session: Session,
    new_account: Callable[[], str],
    live_role: Live,
    open_link: Open,
) -> None:
    """Stack and role have the names in the bundle, IAM returns the model, and only the tenant's IDs open it."""
    account = new_account()
    tenant = Tenant("a-company", ids, "A Company", account if agreed else None)
    customer = aws.root(account)
    customer.call("cloudformation", "create_stack", **open_link(name, tenant, account))
    (stack,) = customer.call("cloudformation", "describe_stacks", StackName="example-a-company")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert "Not you? Stop" in stack["Description"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    assert {"Tenant": "a-company", "Vendor": "example", "VendorAccount": VENDOR_ACCOUNT}.items() <= outputs.items()
    assert (outputs["ExternalId"], outputs.get("NextExternalId")) == (ids[0], ids[1] if len(ids) > 1 else None)
    wanted = normal_form(build(hosted[name], slots_of(hosted[name], tenant)).resolved())
    assert live_role(customer, wanted.name) == wanted
    for right in ids:
        assert isinstance(assume(vendor_session, outputs["RoleArn"], right, "probe"), Session), right
    for wrong in (WRONG, NEXT if NEXT not in ids else RIGHT.lower(), "**", None):
        answer = assume(vendor_session, outputs["RoleArn"], wrong, "probe")
        assert isinstance(answer, Refusal), wrong
        assert answer.code == "AccessDenied"


@pytest.mark.parametrize(
    "changed",
    [
        {"Tenant": ""},
        {"Tenant": "A Company"},
        {"Tenant": None},
        {"ExternalId": ""},
        {"ExternalId": None},
        {"ExternalId": "x"},
        {"ExternalId": "*"},
        {"ExternalId": "a b"},
        {"ExternalId": "id-1\n"},
        {"ExternalId": "{{resolve:secretsmanager:x}}"},
        {"ExternalId": "x" * 1225},
        {"NextExternalId": "*"},
        {"NextExternalId": "x"},
        {"Account": "all"},
        {"Account": ""},
        {"RoleName": None},
        {"RoleName": "a/b"},
        {"Path": "no"},
        {"PermissionsBoundary": "arn:aws:iam::aws:role/x"},
        {"Account": "999999999999"},
        {"NextExternalId": RIGHT},
    ],
    ids=str,
)
def test_parameters_changed_by_hand_are_refused(
    changed: dict[str, str | None], aws: EmbeddedAws, new_account: Callable[[], str], open_link: Open
) -> None:
    """By the template's own patterns and rules, judged by the embedded AWS; and no role is made."""
    account = new_account()
    customer = aws.root(account)
    asked = _with(open_link("managed", Tenant("a-company", (RIGHT,)), account), **changed)
    answer = customer.try_call("cloudformation", "create_stack", ("ValidationError",), **asked)
    assert isinstance(answer, Refusal), changed
    (name,) = changed
    assert name in answer.message
    assert customer.call("iam", "list_roles")["Roles"] == []


def test_a_link_opened_in_the_vendors_own_account_is_refused(aws: EmbeddedAws, open_link: Open) -> None:
    """A role there would let the vendor into itself, under a tenant's name."""
    asked = open_link("managed", Tenant("a-company", (RIGHT,)), VENDOR_ACCOUNT)
    answer = aws.root(VENDOR_ACCOUNT).try_call("cloudformation", "create_stack", ("ValidationError",), **asked)
    assert isinstance(answer, Refusal)
    assert "This is the vendor's own account" in answer.message
