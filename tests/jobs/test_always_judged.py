"""With a vendor expected, the role that was asked about is always judged: `not judged` is no answer then.

A role that trusts nobody but its own account is no third party's business, and lint of a folder passes it over. Asked
about, it is a role by which others get in without an external ID, and the vendor does not.
"""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from deputize.checks.opened import rendered, role_for
from deputize.iam.arn import RoleArn
from deputize.jobs.inspect.deployed_trust import compare_trust
from deputize.jobs.lint.bundle import OWN, LintOptions, lint_files
from deputize.jobs.lint.file import Judging, lint_content
from deputize.jobs.verify.expectations import RoleExpectations
from deputize.jobs.verify.offline import verify_offline
from deputize.model.expectations import Expectation, Expectations, literals
from deputize.model.spec import Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import Files, Safety, Severity

VENDOR, CUSTOMER = "111122223333", "444455556666"
ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
ARN = f"arn:aws:iam::{CUSTOMER}:role/example-a-company"
OWN_ROOT: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{CUSTOMER}:root"}, "Action": "sts:AssumeRole"}
    ],
}
GET_ROLE = {"Role": {"Arn": ARN, "RoleName": "example-a-company", "AssumeRolePolicyDocument": OWN_ROOT}}
EXPECTED = Expectations(Expectation((VENDOR,), external_ids=literals((ID,))))
ROLE = role_for(
    Vendor("example", english("Example"), (VendorAccount("aws", VENDOR),)),
    Tenant("a-company", (ID,), account_id=CUSTOMER),
)
OPTIONS = LintOptions(engines=(OWN,))


@pytest.fixture(scope="module")
def turned() -> Files:
    """A bundle whose every format trusts the customer's own account instead, its sums made to fit."""
    vendor = f"arn:aws:iam::{VENDOR}:root".encode()
    changed = {
        path: data.replace(vendor, f"arn:aws:iam::{CUSTOMER}:root".encode()) for path, data in rendered(ROLE).items()
    }
    changed["json/trust-policy.json"] = json.dumps(OWN_ROOT).encode()
    manifest = json.loads(changed["manifest.json"])
    manifest["files"] = {path: sha256(data).hexdigest() for path, data in changed.items() if path != "manifest.json"}
    return {**changed, "manifest.json": json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"}


def _errors(files: Files, expectations: Expectations) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in lint_files(files, OPTIONS, expectations=expectations).findings:
        if one.severity is Severity.ERROR:
            found.setdefault(one.rule, set()).add(one.where)
    return found


def test_a_bundle_that_trusts_its_own_account_is_an_error(turned: Files) -> None:
    """By itself such a bundle is not what was asked for; with the vendor expected, its trust is an error too."""
    both = {"role of cloudformation and terraform", "role of json"}
    alone = _errors(turned, Expectations())
    assert alone["bundle-role-differs"] == both
    asked = _errors(turned, EXPECTED)
    assert asked["bundle-role-differs"] == asked["trust-principal-unexpected"] == both


def test_a_file_is_passed_over_until_it_is_asked_about() -> None:
    """In a template or an answer of IAM nobody asked about the role, and lint says so; asked about, it is judged."""
    content = json.dumps(GET_ROLE).encode()
    for expected, judged in ((Expectations(), False), (replace(EXPECTED, all_roles=True), True)):
        report = lint_content(content, "role.json", Judging(engines=(OWN,), expected=expected), named=True)
        assert [one.judged for one in report.roles] == [judged]
        assert ("trust-principal-unexpected" in {one.finding.rule for one in report.found}) == judged


def test_verify_offline_judges_it(turned: Files, tmp_path: Path) -> None:
    """Whoever is in the customer's account gets in without an ID: vulnerable, as a file and in a bundle."""
    path = tmp_path / "role.json"
    path.write_text(json.dumps(GET_ROLE), encoding="utf-8")
    for name, data in turned.items():
        (tmp_path / "bundle" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "bundle" / name).write_bytes(data)
    for verdict in (verify_offline(path, (ID,), VENDOR), verify_offline(tmp_path / "bundle")):
        assert verdict.safety is Safety.VULNERABLE
        assert "other-account" in {one.kind for one in verdict.access_paths}
        assert "the policy does not let in those who are meant, with this external ID" in verdict.notes


def test_inspect_judges_it() -> None:
    """A live role whose trust was turned to its own account lets in whom the bundle does not."""
    expected = RoleExpectations(VENDOR).for_judge(VENDOR, (ID,))
    arn = RoleArn("aws", CUSTOMER, "/", "example-a-company")
    compared = compare_trust(ROLE.resolved(), arn, OWN_ROOT, expected)
    assert "other-account" in {one.kind for one in compared.access_paths}
    (difference,) = compared.differences
    assert "it does not let in the vendor with the bundle's external ID" in difference.what
