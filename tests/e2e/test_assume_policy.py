"""vendor/assume-policy.json on the embedded AWS: customers' roles only, and never without an external ID."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from deputize.aws.assume import assume
from deputize.aws.client import Refusal, Session
from deputize.aws.embedded import create_role, create_user, embedded
from deputize.jobs.demo.run import VENDOR
from deputize.model.assume_policy import assume_policy

VENDOR_ACCOUNT, CUSTOMER = VENDOR.accounts[0].id, "444455556666"
ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
READ = {"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"}


def document(statement: dict[str, Any]) -> dict[str, Any]:
    """A policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [statement]}


def trust(condition: dict[str, Any]) -> dict[str, Any]:
    """A trust policy for the vendor's whole account."""
    principal = {"AWS": f"arn:aws:iam::{VENDOR_ACCOUNT}:root"}
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **condition})


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    """Who got in, with the policy as the caller's only one."""
    needs_id = {"Condition": {"StringEquals": {"sts:ExternalId": ID}}}
    with embedded(tmp_path_factory.mktemp("aws"), os.environ, "test") as aws:
        customer, own = aws.root(CUSTOMER), aws.root(VENDOR_ACCOUNT)
        caller = aws.session(create_user(own, "collector", assume_policy(VENDOR, VENDOR.accounts[0]).to_json()))
        asking = create_role(customer, "example-corp-a-company", trust(needs_id), document(READ))
        careless = create_role(customer, "example-corp-careless", trust({}), document(READ))
        other = create_role(customer, "administrator", trust({}), document(READ))
        ours = create_role(own, "example-corp-ours", trust({}), document(READ))
        tried = {
            "right ID": (asking, ID),
            "wrong ID": (asking, f"{ID}0"),
            "no ID": (asking, None),
            "no ID where none is asked for": (careless, None),
            "an ID where none is asked for": (careless, ID),
            "another name": (other, ID),
            "the own account": (ours, ID),
        }
        return {name: got_in(caller, arn, sent) for name, (arn, sent) in tried.items()}


def got_in(caller: Session, arn: str, external_id: str | None) -> bool:
    """Whether STS let the caller in; anything but AccessDenied is an error."""
    return not isinstance(assume(caller, arn, external_id, "collect"), Refusal)


@pytest.mark.parametrize(
    ("how", "allowed"),
    [
        ("right ID", True),
        ("wrong ID", False),
        ("no ID", False),
        ("no ID where none is asked for", False),
        ("an ID where none is asked for", True),
        ("another name", False),
        ("the own account", False),
    ],
)
def test_the_vendors_own_policy(entered: dict[str, bool], how: str, allowed: bool) -> None:
    """The vendor enters its customers' roles with an ID, and cannot even forget to send one."""
    assert entered[how] is allowed


def test_render_writes_it_beside_the_bundles(tmp_path: Path) -> None:
    """`render` writes the same policy to OUT/vendor/, once, replaces its own, and leaves what is not its own."""
    from deputize.errors import DiffersError
    from deputize.jobs.render.run import RenderOptions
    from deputize.jobs.render.vendor_policies import assume_policies, write_assume_policies
    from deputize.model.spec import RoleSpec, Vendor

    options = RenderOptions(tmp_path)
    path = tmp_path / "vendor" / "assume-policy.json"
    first = assume_policies(VENDOR, options)
    assert list(first) == [path]
    assert not path.exists()
    write_assume_policies(first)
    assert assume_policies(VENDOR, options) == {}
    renamed = Vendor(VENDOR.slug, VENDOR.name, VENDOR.accounts, RoleSpec(name="reader-{tenant}"))
    write_assume_policies(assume_policies(renamed, options))
    assert b"role/reader-*" in path.read_bytes()
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(DiffersError):
        assume_policies(VENDOR, options)
    assert list(assume_policies(VENDOR, RenderOptions(tmp_path, force=True))) == [path]
    assert path.read_text(encoding="utf-8") == "{}"
