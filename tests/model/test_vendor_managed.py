"""Which AWS managed policies a vendor.yaml may ask for."""

from __future__ import annotations

import pytest

from deputize.errors import InputError
from deputize.iam.managed import snapshot_names
from deputize.iam.read_only import managed_names
from deputize.model.vendor_file import parse_vendor


def _vendor(*names: str) -> str:
    choices = "".join(f"    - {{name: {name}, reason: Reads.}}\n" for name in names)
    return (
        "vendor: {name: Example}\n"
        'accounts: {aws: {id: "111122223333", roles: ["arn:aws:iam::111122223333:role/reader"]}}\n'
        f"access:\n  profile: inventory\n  managed_policies:\n{choices}"
    )


def test_every_policy_proved_to_read_may_be_attached() -> None:
    """Each name that `deputize init` lists is accepted."""
    vendor = parse_vendor(_vendor(*managed_names()))
    assert tuple(choice.name for choice in vendor.access.managed_policies) == managed_names()


def test_every_other_one_is_refused_though_it_has_a_snapshot() -> None:
    """AdministratorAccess, PowerUserAccess and all that do more than read are refused, whatever they are called."""
    wide = [name for name in snapshot_names() if name not in managed_names()]
    assert {"AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess", "job-function/Billing"} < {*wide}
    with pytest.raises(InputError) as error:
        parse_vendor(_vendor(*wide, "NoSuchPolicy"))
    for index, (name, problem) in enumerate(zip((*wide, "NoSuchPolicy"), error.value.problems, strict=True)):
        assert f"access.managed_policies.{index}.name" in problem.where
        assert problem.what.startswith(f"'{name}' ")
        assert "read only" in problem.what
