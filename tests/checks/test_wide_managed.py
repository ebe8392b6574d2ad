"""AWS managed policies that do more than read, attached to a role: a snapshot of one proves nothing in its favour."""

from __future__ import annotations

import pytest

from deputize.checks.own import check_role, sample
from deputize.iam.managed import managed_names, snapshot_names
from deputize.model.values import Severity


def _errors(name: str) -> set[str]:
    subject = sample.attaches(f"arn:aws:iam::aws:policy/{name}")()
    found = check_role(subject.role, subject.expected, "role")
    return {one.rule for one in found if one.severity is Severity.ERROR and name in one.message + one.where}


@pytest.mark.parametrize("name", sorted({*snapshot_names()} - {*managed_names()}))
def test_a_policy_that_is_not_proved_to_read_is_an_error(name: str) -> None:
    """Whatever is shipped but not proved is refused in a role, as that policy's own fault."""
    assert "access-not-read" in _errors(name)


def test_administrator_access_writes_and_hands_out_secrets() -> None:
    """AdministratorAccess is known, so it is told what it does: everything."""
    assert _errors("AdministratorAccess") == {"access-not-read", "access-secret"}


def test_power_user_access_is_not_understood() -> None:
    """PowerUserAccess stands on NotAction: beside the writes that it names, nothing about it is proved."""
    assert _errors("PowerUserAccess") == {"access-not-read", "access-managed-snapshot"}
