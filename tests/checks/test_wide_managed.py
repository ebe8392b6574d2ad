"""AWS managed policies that do more than read, attached to a role: a snapshot of one proves nothing in its favour."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deputize.checks.made import made_findings
from deputize.checks.opened import role_for
from deputize.iam.managed import snapshot_names
from deputize.iam.read_only import managed_names
from deputize.jobs.expectations import expectation_of
from deputize.model.expectations import Expectations
from deputize.model.spec import Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import Severity

ROLE = role_for(
    Vendor("example", english("Example"), (VendorAccount("aws", "111122223333"),)),
    Tenant("a-company", ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",)),
)


def _errors(name: str) -> set[str]:
    made = replace(ROLE.resolved(), policies=(), managed_arns=(f"arn:aws:iam::aws:policy/{name}",))
    found = made_findings(made, Expectations(expectation_of(ROLE)), "role", None)
    return {one.rule for one in found if one.severity is Severity.ERROR and name in one.message}


@pytest.mark.parametrize("name", sorted({*snapshot_names()} - {*managed_names()}))
def test_a_policy_that_is_not_proved_to_read_is_an_error(name: str) -> None:
    """Whatever is shipped but not proved is refused in a role, as that policy's own fault."""
    assert "action-not-read" in _errors(name)


def test_administrator_access_is_told_once() -> None:
    """AdministratorAccess is known, so it is told what it does: everything, in one finding."""
    assert _errors("AdministratorAccess") == {"action-not-read"}


def test_power_user_access_allows_what_nobody_named() -> None:
    """PowerUserAccess stands on NotAction: beside the writes that it names, what AWS adds is allowed too."""
    assert {"action-not-read", "action-not-action"} <= _errors("PowerUserAccess")
