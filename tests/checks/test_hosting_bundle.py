"""A bundle whose link leads elsewhere than to its vendor's own template is an error, however well its sums fit."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from deputize.checks.opened import open_manifest, rendered, role_for
from deputize.formats.hosted import hosted_template
from deputize.jobs.lint.bundle import lint_bundle
from deputize.model.hosting import template_url
from deputize.model.spec import AccessSpec, Hosting, Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import Files, Finding, Severity

EXTERNAL_ID, VENDOR_ACCOUNT = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11", "111122223333"
PLAIN = Vendor("example", english("Example"), (VendorAccount("aws", VENDOR_ACCOUNT),), access=AccessSpec("inventory"))
DIGEST = hashlib.sha256(hosted_template(PLAIN, "aws")).hexdigest()
URL = template_url("aws", "vendor-templates", "us-east-1", "one-click", DIGEST)
LINK = "cloudformation/quick-create.txt"


@pytest.fixture(scope="module")
def bundle() -> Files:
    """One tenant's bundle with a link."""
    hosted = replace(PLAIN, hosting=(Hosting("aws", URL, "us-east-1"),))
    return rendered(role_for(hosted, Tenant("a-company", (EXTERNAL_ID,))))


def _errors(files: Files) -> list[Finding]:
    return [finding for finding in lint_bundle(files) if finding.severity is Severity.ERROR]


def _forged(files: Files, old: str, new: str) -> Files:
    """`files` with an address replaced wherever it stands, and the sums in the manifest made to fit."""
    pairs = ((old, new), (old.replace(":", "%3A").replace("/", "%2F"), new.replace(":", "%3A").replace("/", "%2F")))
    changed = dict(files)
    for path, data in files.items():
        text = data.decode()
        for before, after in pairs:
            text = text.replace(before, after)
        changed[path] = text.encode()
    return _resealed(changed)


def _resealed(files: Files) -> Files:
    """`files` with the sums in the manifest made to fit."""
    manifest = json.loads(files["manifest.json"])
    sums = {path: hashlib.sha256(data).hexdigest() for path, data in files.items() if path != "manifest.json"}
    text = json.dumps({**manifest, "files": sums}, indent=2, ensure_ascii=False)
    return {**files, "manifest.json": text.encode() + b"\n"}


def test_a_bundle_with_a_link_is_right(bundle: Files) -> None:
    """Rendered again from its manifest it is the same, link and all."""
    assert LINK in bundle
    assert _errors(bundle) == []
    assert open_manifest(bundle).is_our_render


@pytest.mark.parametrize(
    ("url", "what"),
    [
        (URL.replace(DIGEST, "0" * 64), "is of another template than this vendor makes"),
        (URL.replace("s3.us-east-1.amazonaws.com", "s3.evil.example"), "is no address of the form"),
        (URL.replace("vendor-templates.s3.us-east-1.amazonaws.com", "example.com"), "is no address of the form"),
        (URL.replace("us-east-1", "us-gov-west-1"), "is no region of aws"),
    ],
)
def test_a_link_elsewhere_is_an_error(bundle: Files, url: str, what: str) -> None:
    """Another digest, another host, another partition: the manifest says so, and nothing is rendered from it."""
    forged = _forged(bundle, URL, url)
    found = [finding for finding in _errors(forged) if finding.rule == "bundle-manifest"]
    assert len(found) == 1
    assert "hosting.aws.template_url" in found[0].where
    assert what in found[0].message
    assert not open_manifest(forged).is_our_render


def test_a_link_changed_alone_is_an_error(bundle: Files) -> None:
    """The manifest's own address and digest are right, but the link says something else."""
    for old, new in ((b"param_Tenant=a-company", b"param_Tenant=b-company"), (b"us-east-1.console", b"us-east-1.evil")):
        other = _resealed({**bundle, LINK: bundle[LINK].replace(old, new)})
        found = {(finding.rule, finding.where) for finding in _errors(other)}
        assert found == {("bundle-not-rendered", LINK), ("bundle-not-rendered", "manifest.json")}
