"""The vendor's own policy: only its customers' roles, only with an external ID, never in its own account."""

from __future__ import annotations

import pytest

from deputize.iam.evaluate import evaluate
from deputize.iam.policy import Condition, Policy
from deputize.model.assume_policy import assume_policy
from deputize.model.spec import RoleSpec, Vendor, VendorAccount, role_name
from deputize.model.text import english

ACCOUNT = VendorAccount("aws", "111122223333")
ID = {"sts:ExternalId": "7d4c0b9e"}


def vendor(name: str = "{vendor}-{tenant}", path: str = "/") -> Vendor:
    """A vendor whose roles are named so."""
    return Vendor("example-corp", english("Example Corp"), (ACCOUNT,), RoleSpec(name=name, path=path))


@pytest.mark.parametrize(
    "pattern", ["{vendor}-{tenant}", "{tenant}", "{tenant}-reader", "reader", "{vendor}-{tenant}-" + "x" * 30]
)
@pytest.mark.parametrize("tenant", ["a", "a-company", "t" * 63])
def test_every_tenants_role_may_be_assumed_with_an_id(pattern: str, tenant: str) -> None:
    """Whatever the pattern makes of a tenant's slug, shortened or not, the policy allows with an external ID."""
    who = vendor(pattern, "/vendors/")
    role = f"arn:aws:iam::444455556666:role/vendors/{role_name(pattern, who.slug, tenant)}"
    policy = _without_null(assume_policy(who, ACCOUNT))
    assert evaluate(policy, "sts:AssumeRole", role, ID) == "allow"


def test_other_roles_and_the_own_account_are_refused() -> None:
    """A role of another name or path, and every role of the vendor's own account, is refused."""
    policy = _without_null(assume_policy(vendor(), ACCOUNT))
    assert evaluate(policy, "sts:AssumeRole", "arn:aws:iam::444455556666:role/admin", ID) == "implicit-deny"
    assert evaluate(policy, "sts:AssumeRole", "arn:aws:iam::444455556666:role/x/example-corp-a", ID) == "implicit-deny"
    assert evaluate(policy, "sts:AssumeRole", "arn:aws:iam::111122223333:role/example-corp-a", ID) == "explicit-deny"
    assert evaluate(policy, "iam:CreateUser", "*", ID) == "implicit-deny"


def test_without_an_id_everything_is_denied() -> None:
    """The statement that asks for an ID denies on any resource when sts:ExternalId is not there."""
    denied = assume_policy(vendor(), ACCOUNT).statements[1]
    assert (denied.effect, denied.resources) == ("Deny", ("*",))
    assert denied.conditions == (Condition("Null", "sts:ExternalId", ("true",)),)


def _without_null(policy: Policy) -> Policy:
    """The policy for a request with an ID: there the Null condition does not hold, and its Deny is not met."""
    return Policy(tuple(one for one in policy.statements if not one.conditions))
