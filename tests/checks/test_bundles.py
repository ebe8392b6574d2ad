from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest

from deputize.bundle import seal
from deputize.checks.opened import open_manifest, rendered, role_for
from deputize.formats import blueprint_of
from deputize.jobs.lint.bundle import lint_bundle
from deputize.model.role import TEMPLATE_VERSION, build
from deputize.model.slots import shape_of, slots_of
from deputize.model.spec import AccessSpec, SessionSpec, Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import Files, Severity

EXTERNAL_ID, VENDOR_ACCOUNT = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11", "111122223333"
VENDOR = Vendor("example", english("Example"), (VendorAccount("aws", VENDOR_ACCOUNT),))
TENANT = Tenant("a-company", (EXTERNAL_ID,))
ROLES = (f"arn:aws:iam::{VENDOR_ACCOUNT}:role/reader", f"arn:aws:iam::{VENDOR_ACCOUNT}:role/lister")


@pytest.fixture(scope="module")
def bundle() -> Files:
    """One tenant's whole bundle."""
    return rendered(role_for(VENDOR, TENANT))


def _resealed(files: Files, path: str, text: bytes) -> Files:
    """`files` with one replaced and the sums in the manifest made to fit, as an attacker would."""
    changed = {**files, path: text}
    manifest = json.loads(changed["manifest.json"])
    manifest["files"] = {path: sha256(data).hexdigest() for path, data in changed.items() if path != "manifest.json"}
    return {**changed, "manifest.json": json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"}


def _errors(files: Files, *, strict: bool = False) -> set[str]:
    found = lint_bundle(files, strict=strict)
    return {finding.rule for finding in found if finding.severity is Severity.ERROR}


@pytest.mark.parametrize(
    ("vendor", "tenant"),
    [
        (VENDOR, TENANT),
        (VENDOR, replace(TENANT, external_ids=("12345",))),
        (VENDOR, replace(TENANT, external_ids=(EXTERNAL_ID, "9f0c2f6e-55a1-4c52-8d0b-7e6f8d3b9a10"))),
        (VENDOR, replace(TENANT, account_id="444455556666", locale="ja", name="株式会社 ${x} <b>")),
        (replace(VENDOR, accounts=(VendorAccount("aws", VENDOR_ACCOUNT, ROLES),)), TENANT),
        (replace(VENDOR, accounts=(VendorAccount("aws", VENDOR_ACCOUNT, ROLES, pin=True),)), TENANT),
        (replace(VENDOR, session=SessionSpec(source_identity=True, tag_keys=("project", "run"))), TENANT),
        (replace(VENDOR, access=AccessSpec(profile="security-audit")), TENANT),
        (replace(VENDOR, access=AccessSpec(profile="inventory")), TENANT),
        (
            replace(VENDOR, accounts=(VendorAccount("aws-cn", VENDOR_ACCOUNT),)),
            replace(TENANT, partition="aws-cn"),
        ),
    ],
)
def test_what_we_render_has_no_error(vendor: Vendor, tenant: Tenant) -> None:
    """A bundle as rendered through its shape has no error, and is ours byte for byte."""
    slots = slots_of(vendor, tenant)
    files = seal(blueprint_of(build(vendor, shape_of(slots))).fill(slots.values()))
    assert [one for one in lint_bundle(files) if one.severity is Severity.ERROR] == []
    assert open_manifest(files).is_our_render


def test_strict_makes_a_weak_id_an_error() -> None:
    """With strict the warning about a guessable external ID is an error."""
    files = rendered(role_for(VENDOR, replace(TENANT, external_ids=("12345",))))
    assert _errors(files) == set()
    assert _errors(files, strict=True) == {"external-id-weak"}


def test_no_manifest_is_one_error(bundle: Files) -> None:
    """A folder without a manifest is an error that says what a bundle is; the formats are still read."""
    files = {path: data for path, data in bundle.items() if path != "manifest.json"}
    errors = [one for one in lint_bundle(files) if one.severity is not Severity.NOTE]
    assert [(one.rule, one.where) for one in errors] == [("bundle-manifest", "manifest.json")]
    looser = {**files, "json/role.json": files["json/role.json"].replace(b"3600", b"7200")}
    assert _errors(looser) == {"bundle-manifest", "bundle-formats-differ"}
    assert not open_manifest(files).is_our_render


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"{}", b"\xff", b'{"schema": "deputize/manifest/2"}', b"[" * 9000])
def test_damaged_manifest_is_an_error(bundle: Files, text: bytes) -> None:
    """Whatever stands in the manifest's place is an error and no exception."""
    assert _errors({**bundle, "manifest.json": text}) == {"bundle-manifest"}
    assert not open_manifest({**bundle, "manifest.json": text}).is_our_render


@pytest.mark.parametrize("path", ["README.md", "cloudformation/role.yaml", "terraform/main.tf", "json/role.json"])
def test_file_changed_by_hand_is_named_once(bundle: Files, path: str) -> None:
    """A file with one byte more is an error that names it, and is not said to differ a second time."""
    files = {**bundle, path: bundle[path] + b"\n"}
    found = [one for one in lint_bundle(files) if one.severity is Severity.ERROR]
    assert [(one.rule, one.where, one.message) for one in found] == [
        ("bundle-tampered", path, "was changed after it was made")
    ]
    assert not open_manifest(files).is_our_render


def test_extra_and_missing_files_are_errors(bundle: Files) -> None:
    """A file that the manifest does not list, and one that it lists in vain, are errors; terraform never sees them."""
    more = {**bundle, "terraform/extra.tf": b'data "external" "x" {}\n'}
    assert "bundle-tampered" in _errors(more)
    assert not open_manifest(more).is_our_render
    less = {path: data for path, data in bundle.items() if path != "terraform/outputs.tf"}
    assert "bundle-tampered" in _errors(less)
    assert not open_manifest(less).is_our_render


def test_resealed_change_is_found_by_rendering_again(bundle: Files) -> None:
    """Sums made to fit a change do not help: the bytes are not what this vendor and tenant render to."""
    files = _resealed(bundle, "README.md", b"Trust me.\n")
    found = [one for one in lint_bundle(files) if one.severity is Severity.ERROR]
    assert [(one.rule, one.where) for one in found] == [
        ("bundle-not-rendered", "README.md"),
        ("bundle-not-rendered", "manifest.json"),
    ]
    assert not open_manifest(files).is_our_render


def test_loosened_trust_in_one_format_is_found_for_what_it_is(bundle: Files) -> None:
    """A template that lets anybody in, sums made to fit: the role differs, and the trust is named."""
    text = bundle["cloudformation/role.yaml"].replace(f"arn:aws:iam::{VENDOR_ACCOUNT}:root".encode(), b"*")
    files = _resealed(bundle, "cloudformation/role.yaml", text)
    found = lint_bundle(files)
    rules = {one.rule for one in found if one.severity is Severity.ERROR}
    assert rules == {"bundle-role-differs", "trust-anyone"}
    (wild,) = (one for one in found if one.rule == "trust-anyone")
    assert wild.where == "role of cloudformation"
    (other,) = (one for one in found if one.rule == "bundle-role-differs")
    assert other.where == "role of cloudformation"
    assert other.message == "differs from the role that the manifest asks for in the trust policy"


def test_manifest_of_another_tenant_does_not_fit(bundle: Files) -> None:
    """Another tenant's ID in the manifest makes every format wrong: the role is not what the manifest says."""
    other = b"9f0c2f6e-55a1-4c52-8d0b-7e6f8d3b9a10"
    files = {**bundle, "manifest.json": bundle["manifest.json"].replace(EXTERNAL_ID.encode(), other)}
    assert _errors(files) == {"bundle-role-differs", "bundle-not-rendered"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"slug": "a-company"', b'"slug": "A company"'),
        (b'"locale": "en"', b'"locale": "xx"'),
        (b'"made_from": {', b'"made_from": {"surprise": 1,'),
        (b'"partition": "aws"', b'"partition": "aws-cn"'),
    ],
)
def test_manifest_that_no_vendor_or_tenant_fits_is_an_error(bundle: Files, old: bytes, new: bytes) -> None:
    """Inputs in the manifest that render would refuse are an error of the manifest."""
    assert old in bundle["manifest.json"]
    files = {**bundle, "manifest.json": bundle["manifest.json"].replace(old, new, 1)}
    assert "bundle-manifest" in _errors(files)
    assert not open_manifest(files).is_our_render


def test_vendor_account_that_made_from_does_not_have_is_an_error(bundle: Files) -> None:
    """The account that the manifest shows must be the one that its vendor has."""
    text = bundle["manifest.json"].replace(b'"account_id": "111122223333"', b'"account_id": "444455556666"')
    assert text != bundle["manifest.json"]
    (found,) = (one for one in lint_bundle({**bundle, "manifest.json": text}) if one.rule == "bundle-manifest")
    assert found.message == "vendor.account_id is 444455556666, made_from says 111122223333"


def test_other_template_version_is_an_error(bundle: Files) -> None:
    """A bundle that claims another template version is never clean: its bytes cannot be compared, so nothing is proved.

    Its template may let others in as soon as the customer chooses another role name than the one that was judged.
    """
    old, new = (f'"template_version": {number}'.encode() for number in (TEMPLATE_VERSION, TEMPLATE_VERSION + 1))
    files = {**bundle, "manifest.json": bundle["manifest.json"].replace(old, new)}
    assert _errors(files) == {"bundle-other-version"}
    assert not open_manifest(files).is_our_render
    renamed = b'Conditions:\n  Renamed: !Not [!Equals [!Ref RoleName, "x"]]\n'
    template = files["cloudformation/role.yaml"].replace(b"Conditions:\n", renamed)
    assert "bundle-other-version" in _errors(_resealed(files, "cloudformation/role.yaml", template))


def test_unreadable_format_is_an_error_and_the_others_are_judged(bundle: Files) -> None:
    """One format that cannot be read is an error with its file and line; the others are compared all the same."""
    files = {
        **bundle,
        "terraform/main.tf": b"resource {\n",
        "json/role.json": bundle["json/role.json"].replace(b"3600", b"7200"),
    }
    found = lint_bundle(files)
    assert [one.where.partition(":")[0] for one in found if one.rule == "bundle-unreadable"] == ["terraform/main.tf"]
    (differ,) = (one for one in found if one.rule == "bundle-role-differs")
    assert (differ.where, differ.message) == (
        "role of json",
        "differs from the role that the manifest asks for in the maximum session duration",
    )


def test_empty_bundle_is_refused() -> None:
    """No files at all: errors, no exception."""
    assert {"bundle-manifest", "bundle-unreadable"} <= _errors({})
