"""A bundle's own `terraform test`, run by the real terraform with its provider mocked; and the example of use.

No test here has an AWS: neither credentials nor an endpoint that answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deputize import Tenant, Vendor, render
from deputize.model.spec import AccessSpec, RoleSpec, SessionSpec, VendorAccount
from deputize.model.text import english

BOUNDARY = "arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess"
COLLECTOR = "arn:aws:iam::111122223333:role/collector"
ROOT = VendorAccount("aws", "111122223333")
NAMED = replace(ROOT, roles=(COLLECTOR, "arn:aws:iam::111122223333:role/jobs/second"))


def _vendor(account: VendorAccount, **parts: object) -> Vendor:
    return replace(Vendor("example", english("Example"), (account,)), **parts)  # type: ignore[arg-type]


SHAPES: dict[str, tuple[Vendor, Tenant]] = {
    "one": (_vendor(ROOT, access=AccessSpec("inventory")), Tenant("one", ("12345",), 'Company "A" & Söhne')),
    "agreed": (
        _vendor(NAMED, access=AccessSpec("security-audit"), session=SessionSpec(source_identity=True, tag_keys=("a",))),
        Tenant("agreed", ("Acme-1", "a,b=c@d:e/f"), "Agreed", "222233334444"),
    ),
    "inline": (
        _vendor(
            VendorAccount("aws-us-gov", "999999999999", ("arn:aws-us-gov:iam::999999999999:role/jobs/one",), pin=True),
            access=AccessSpec("inventory", delivery="inline"),
            role=RoleSpec("Example_{tenant}", "/vendors/example/", None, (("Owner", "a b=c/d"),), 7200, BOUNDARY),
        ),
        Tenant("inline", ("//",), partition="aws-us-gov"),
    ),
}
# Terraform reports a run of the tests that has failed with this code.
FAILED = 1

Terraform = Callable[..., str]
Environ = Callable[..., dict[str, str]]


def _module(shape: str, folder: Path) -> Path:
    vendor, tenant = SHAPES[shape]
    return render(vendor, tenant).write(folder) / "terraform"


def _offline(environment: Environ) -> dict[str, str]:
    kept = environment("http://127.0.0.1:9", "000000000000")
    return {name: value for name, value in kept.items() if not name.startswith("AWS_") or name.endswith("_FILE")}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_modules_own_tests_pass(*, shape: str, tmp_path: Path, environment: Environ, terraform: Terraform) -> None:
    """Every shape's module is formatted and passes every one of its tests, without an AWS."""
    module, environ = _module(shape, tmp_path), _offline(environment)
    terraform(environ, module, "fmt", "-check", "-recursive")
    terraform(environ, module, "init", "-input=false")
    said = terraform(environ, module, "test")
    runs = (module / "tests/role.tftest.hcl").read_text(encoding="utf-8").count("\nrun ")
    assert f"Success! {runs} passed, 0 failed." in said
    assert runs == (6 if SHAPES[shape][1].account_id else 5)


def test_faults_in_the_module_fail_its_tests(tmp_path: Path, environment: Environ, terraform: Terraform) -> None:
    """Another condition than the external ID's, a guest, an action that deletes, a lost tag or check: each is told."""
    module, environ = _module("agreed", tmp_path), _offline(environment)
    main = module / "main.tf"
    text = main.read_text(encoding="utf-8")
    faults = {
        '          "StringEquals" = {': '          "StringLike" = {',
        '            "arn:aws:iam::111122223333:root",': '            "arn:aws:iam::444455556666:root",',
        '          "iam:GetRole",\n': '          "iam:DeleteRole",\n',
        '    "deputize:tenant"           = "agreed"\n': "",
        'current.account_id == "222233334444"': 'current.account_id != "x"',
    }
    for right, wrong in faults.items():
        assert right in text, right
        text = text.replace(right, wrong)
    main.write_text(text, encoding="utf-8")
    terraform(environ, module, "init", "-input=false")
    said = terraform(environ, module, "test", code=FAILED)
    for message in (
        "Somebody else than the vendor may enter.",
        "The role can be assumed without the tenant's external ID.",
        "The trust policy is not the one that the vendor asked for.",
        "The policies list other actions than the vendor asked for.",
        "The role's tags are others.",
        "Missing expected failure",
    ):
        assert message in said, message


def test_the_example_is_valid(tmp_path: Path, environment: Environ, terraform: Terraform) -> None:
    """examples/child-module stands by itself: init finds the module, validate has nothing to say."""
    example, environ = _module("one", tmp_path) / "examples/child-module", _offline(environment)
    terraform(environ, example, "init", "-input=false")
    assert "The configuration is valid." in terraform(environ, example, "validate")
