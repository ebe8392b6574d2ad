"""The one-click template gives every kind of tenant the role of its bundle, and nothing wrong is ever handed out."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from deputize import Tenant, Vendor, render
from deputize.cli.app import app
from deputize.errors import InputError, LintError
from deputize.formats.quick_create import link_parameters
from deputize.iam import limits
from deputize.iam.partitions import PARTITIONS
from deputize.jobs.publish import hosting as job
from deputize.jobs.publish.hosting import check_links, judged_template
from deputize.model.format import QUICK_CREATE
from deputize.model.hosting import template_url
from deputize.model.profiles import AccessStatement
from deputize.model.role import Role, build
from deputize.model.slots import slots_of
from deputize.model.spec import AccessSpec, Hosting, RoleSpec, SessionSpec, VendorAccount
from deputize.model.text import english
from deputize.read import normal_form
from deputize.read.cloudformation.strict import read_stack

VENDOR_ACCOUNT, ACCOUNT = "111122223333", "222233334444"
ROOT = VendorAccount("aws", VENDOR_ACCOUNT)
ROLE = f"arn:aws:iam::{VENDOR_ACCOUNT}:role/collector"
PLAIN = Vendor("example", english("Example"), (ROOT,), access=AccessSpec("inventory"))
LONG = tuple(
    AccessStatement(f"Long{n}", ("s3:ListAllMyBuckets",), (f"arn:aws:s3:::{'b' * 1480}{n}",), english("Long."))
    for n in range(9)
)
VENDORS = {
    "plain": PLAIN,
    "inline": replace(PLAIN, access=AccessSpec("inventory", delivery="inline")),
    "split": replace(PLAIN, access=AccessSpec(statements=LONG)),
    "audit": replace(
        PLAIN, access=AccessSpec("security-audit"), accounts=(VendorAccount("aws", VENDOR_ACCOUNT, (ROLE,)),)
    ),
    "choices": replace(
        PLAIN,
        accounts=(VendorAccount("aws", VENDOR_ACCOUNT, (ROLE,), pin=True),),
        role=RoleSpec(
            "r_{tenant}",
            "/vendors/example/",
            english("A 'role' \"for\" reading."),
            (("Owner", "x@example.com"),),
            7200,
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
        ),
        session=SessionSpec(source_identity=True, tag_keys=("team",)),
    ),
    **{p: replace(PLAIN, accounts=(VendorAccount(p, VENDOR_ACCOUNT),)) for p in PARTITIONS if p != "aws"},
}


def _role(vendor: Vendor, tenant: Tenant) -> Role:
    return build(vendor, slots_of(vendor, tenant))


@pytest.mark.parametrize("name", VENDORS)
def test_every_tenant_gets_the_role_and_outputs_of_its_bundle(name: str) -> None:
    """One ID or two, an account agreed or not: filled with the link's parameters it is the bundle's own template."""
    vendor = VENDORS[name]
    partition = vendor.accounts[0].partition
    hosted = judged_template(vendor, partition)
    assert hosted.sha256 == hashlib.sha256(hosted.data).hexdigest()
    for ids in (("a,b=c",), ("-abc", "file://x")):
        for account in (None, ACCOUNT):
            tenant = Tenant("a-company", ids, "A Company", account, partition, "ja")
            role, own = _role(vendor, tenant), render(vendor, tenant).files["cloudformation/role.yaml"].decode()
            here = {"AWS::AccountId": ACCOUNT}
            one_click = read_stack(hosted.data.decode(), "hosted", {**link_parameters(role), **here})
            bundled = read_stack(own, "bundle", here)
            assert normal_form(one_click.role) == normal_form(bundled.role) == normal_form(role.resolved())
            assert one_click.outputs == bundled.outputs
            assert one_click.refused == ()
            assert {
                "Tenant": "a-company",
                "Vendor": "example",
                "ExternalId": ids[0],
            }.items() <= one_click.outputs.items()
            assert one_click.outputs.get("NextExternalId") == (ids[1] if len(ids) > 1 else None)


def test_policies_are_cut_at_the_same_statements_for_every_tenant() -> None:
    """Also where the agreed account's 12 digits, in place of the *, are just too many for one policy."""

    def cuts(last: int, account: str | None) -> list[list[str | None]]:
        asked = tuple(
            AccessStatement(f"S{size}", ("s3:ListAllMyBuckets",), (f"arn:aws:s3:::{'b' * size}",), english("Long."))
            for size in (1300, 1301, last)
        )
        vendor = replace(PLAIN, access=AccessSpec(profile=None, statements=asked))
        role = _role(vendor, Tenant("a-company", ("id-1",), account_id=account)).iam
        return [[statement.sid for statement in policy.document.statements] for policy in role.policies]

    found = [cuts(last, None) for last in range(1650, 1750, 4)]
    assert {len(policies) for policies in found} == {1, 2}
    assert found == [cuts(last, ACCOUNT) for last in range(1650, 1750, 4)]


def test_it_is_the_same_for_all_tenants_and_says_whom_to_look_for() -> None:
    """It names no tenant, nothing in it is hidden, and what belongs to the tenant has no default to leave as it is."""
    hosted = judged_template(PLAIN, "aws")
    assert judged_template(replace(PLAIN, name=english("Other"), never_assume_accounts=(ACCOUNT,)), "aws") == hosted
    text = hosted.data.decode()
    assert "exemplar" not in text.lower()
    assert not re.search("[\ue000-\uf8ff]", text)
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_multi_constructor("!", lambda _, tag, node: f"{tag} {node.value}")  # type: ignore[attr-defined]
    template = yaml.load(text, Loader=loader)
    parameters = template["Parameters"]
    assert not any("NoEcho" in one for one in parameters.values())
    assert [name for name, one in parameters.items() if "Default" not in one] == ["Tenant", "ExternalId", "RoleName"]
    first, second = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert first["Parameters"] == ["Tenant", "ExternalId", "NextExternalId", "Account"]
    assert second["Parameters"] == ["RoleName", "Path", "PermissionsBoundary"]
    assert {*first["Parameters"], *second["Parameters"]} == set(parameters)
    for said in (template["Description"], first["Label"]["default"]):
        assert "on behalf of the tenant named" in said
        assert "Not you? Stop" in said
        assert "example" in said
    own = render(PLAIN, Tenant("a-company", ("id-1-of-a-company",))).files["cloudformation/role.yaml"].decode()
    assert 'Description: "Read-only access for example, on behalf of tenant a-company. Not you? Stop' in own


def _takes(parameter: dict[str, object], value: str) -> bool:
    low, high = int(str(parameter.get("MinLength", 0))), int(str(parameter.get("MaxLength", 4096)))
    return low <= len(value) <= high and re.fullmatch(str(parameter["AllowedPattern"]), value, re.ASCII) is not None


def test_parameters_take_what_the_model_takes() -> None:
    """The patterns and lengths in the template, judged by Python's `re`, are the model's own limits."""
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_multi_constructor("!", lambda *_: "")  # type: ignore[attr-defined]
    found = yaml.load(judged_template(PLAIN, "aws").data, Loader=loader)["Parameters"]
    values = ("", "a", "aa", "a b", "a\n", "*", "é!", "{{resolve:x}}", "${x}", "-abc", "a-", "A", "x" * 63, "x" * 64)
    for value in (*values, "x" * 65, "x" * 1224, "x" * 1225, "file://x", "a,b=c", "1" * 12, "1" * 11, "١" * 12):
        assert _takes(found["ExternalId"], value) == limits.EXTERNAL_ID.admits(value), value
        assert _takes(found["NextExternalId"], value) == (not value or limits.EXTERNAL_ID.admits(value)), value
        assert _takes(found["RoleName"], value) == limits.ROLE_NAME.admits(value), value
        assert _takes(found["Account"], value) == (value == "*" or limits.ACCOUNT_ID.admits(value)), value
        slug = re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", value, re.ASCII) is not None
        assert _takes(found["Tenant"], value) == slug, value


@pytest.mark.parametrize(
    ("changed", "account", "why"),
    [
        ({}, VENDOR_ACCOUNT, "This is the vendor's own account"),
        ({"Account": ACCOUNT}, "333333333333", "for the account in parameter Account only"),
        ({"NextExternalId": "id-1"}, ACCOUNT, "the same as ExternalId"),
    ],
)
def test_rules_refuse_what_a_link_never_says(changed: dict[str, str], account: str, why: str) -> None:
    """Judged by our own reader; tests/e2e/test_quick_create.py has the embedded AWS judge it too."""
    filled = {"Tenant": "a-company", "ExternalId": "id-1", "RoleName": "r", **changed}
    text = judged_template(PLAIN, "aws").data.decode()
    refused = read_stack(text, "hosted", {**filled, "AWS::AccountId": account}).refused
    assert len(refused) == 1
    assert why in refused[0]


def test_a_parameter_left_out_is_refused() -> None:
    """None of those that make the role a tenant's has a default."""
    filled = {"Tenant": "a-company", "ExternalId": "id-1", "RoleName": "r"}
    text = judged_template(PLAIN, "aws").data.decode()
    for name in filled:
        with pytest.raises(InputError, match=f"parameter '{name}' has no default"):
            read_stack(text, "hosted", {key: value for key, value in filled.items() if key != name})


def test_what_is_not_proved_read_only_is_not_hosted() -> None:
    """The rules of a bundle hold for the template that many will deploy."""
    writes = AccessStatement("Writes", ("s3:PutObject",), ("*",), english("No."))
    with pytest.raises(LintError, match="s3:PutObject"):
        judged_template(replace(PLAIN, access=AccessSpec(statements=(writes,))), "aws")
    with pytest.raises(InputError, match="has no account in partition aws-cn"):
        judged_template(PLAIN, "aws-cn")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("- !Ref ExternalId", '- "x"', "makes another role than the bundle"),
        (
            "HasNextExternalId: !Not [!Equals",
            "HasNextExternalId: !Not [!Equals [a, a]]\n  Other: !Not [!Equals",
            "with 2 ext",
        ),
        ("::${Account}:role", "::*:role", "and an agreed account"),
        ("      MaxSessionDuration: 3600\n", "      MaxSessionDuration: 3600\n      Colour: red\n", "Colour"),
    ],
)
def test_a_template_that_is_not_the_bundles_is_not_hosted(
    monkeypatch: pytest.MonkeyPatch, old: str, new: str, why: str
) -> None:
    """A fault in the template is found before anyone uploads it."""
    text = judged_template(PLAIN, "aws").data.decode()
    assert old in text
    monkeypatch.setattr(job, "hosted_template", lambda *_: text.replace(old, new).encode())
    with pytest.raises((LintError, InputError), match=why):
        judged_template(PLAIN, "aws")


def _hosting(vendor: Vendor) -> Hosting:
    url = template_url("aws", "vendor-templates", "us-east-1", "", judged_template(vendor, "aws").sha256)
    return Hosting("aws", url, "eu-west-1")


def test_links_are_checked_before_a_list_is_rendered() -> None:
    """The partition whose template is another one is named once, not once for each tenant."""
    hosted = replace(PLAIN, hosting=(_hosting(PLAIN),))
    check_links(hosted)
    assert judged_template(hosted, "aws") == judged_template(PLAIN, "aws")
    stale = replace(hosted, access=AccessSpec("cost-optimization"))
    with pytest.raises(InputError, match=r"hosting\.aws\.template_url: is of another template"):
        check_links(stale)
    assert judged_template(stale, "aws").sha256 not in hosted.hosting[0].template_url


def test_render_says_once_that_there_is_no_link(tmp_path: Path) -> None:
    """One note for a list in two shapes; none where a template is hosted, or no vendor file is given."""
    base = f'vendor:\n  name: Example\naccounts:\n  aws:\n    id: "{VENDOR_ACCOUNT}"\naccess:\n  profile: inventory\n'
    hosting = _hosting(Vendor("example", english("Example"), (ROOT,), access=AccessSpec("inventory")))
    files = {
        "plain.yaml": base,
        "hosted.yaml": f"{base}hosting:\n  aws:\n    template_url: {hosting.template_url}\n",
        "tenants.csv": f"tenant,external_id,account_id\na,Acme-7d4c0b9e2f7a,\nb,Bcme-9f570a5d8f2f,{ACCOUNT}\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    def rules(*arguments: str) -> list[str]:
        out = f"--out={tmp_path / 'out'}"
        done = CliRunner().invoke(app, ["render", *arguments, out, "--no-cache", "--force", "--format=json"])
        assert done.exit_code == 0, done.stderr
        return [finding["rule"] for finding in json.loads(done.stdout)["findings"] if "hosting" in finding["rule"]]

    many = f"--tenants={tmp_path / 'tenants.csv'}"
    one = ("--tenant=a-company", "--external-id=Ccme-1f2e3d4c5b6a")
    assert rules(f"--vendor={tmp_path / 'plain.yaml'}", many) == ["hosting-none"]
    assert not (tmp_path / "out" / "a-company" / QUICK_CREATE).exists()
    assert rules(f"--vendor={tmp_path / 'hosted.yaml'}", *one) == []
    assert (
        (tmp_path / "out" / "a-company" / QUICK_CREATE)
        .read_text(encoding="utf-8")
        .startswith("https://us-east-1.console.")
    )
    assert rules(f"--vendor-account={VENDOR_ACCOUNT}", *one) == []
