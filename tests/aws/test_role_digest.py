"""What a role's digest tells apart: any change of the customer's, but not which of the tenant's own IDs it asks for."""

from __future__ import annotations

from typing import Any

import pytest

from deputize.aws.live_role import LiveRole

OLD, NEW, OTHERS = "Acme-old-7d4c0b9e2f7a", "Acme-new-1f2e3d4c5b6a", "Beta-5c4b3a291807"


def role(asked: Any, operator: str = "StringEquals", **more: Any) -> LiveRole:
    """A role whose trust policy asks for that."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Condition": {operator: {"sts:ExternalId": asked}}}
    given = {"role_id": "AROA1", "documents": {"inline policy x": {"Statement": []}}, **more}
    return LiveRole(trust={"Version": "2012-10-17", "Statement": [statement]}, **given)


@pytest.mark.parametrize("now", [OLD, [OLD], [OLD, NEW], [NEW, OLD], NEW])
def test_a_rotation_makes_no_other_role(now: Any) -> None:
    """Each step of it has the customer change which of its own IDs the role asks for, and nothing else."""
    assert role(now).digest((OLD, NEW)) == role(OLD).digest((OLD,)) == role([NEW]).digest((NEW,))


@pytest.mark.parametrize("now", [OTHERS, [OLD, OTHERS], [OTHERS, NEW], [OLD.upper(), OLD], "*", 7, [], {"a": OLD}])
def test_an_id_that_is_not_the_tenants_is_a_change(now: Any) -> None:
    """Another tenant's, one in another case, a pattern, what is no ID: and of the tenant's, one that was given up."""
    assert role(now).digest((OLD, NEW)) != role(OLD).digest((OLD,))
    assert role([OLD, NEW]).digest((NEW,)) != role(NEW).digest((NEW,))


@pytest.mark.parametrize(
    "operator", ["StringLike", "StringNotEquals", "StringEqualsIfExists", "ForAnyValue:StringEquals"]
)
def test_an_id_counts_where_it_has_to_be_sent(operator: str) -> None:
    """Under another operator it may be what is kept out, or what need not be sent."""
    assert role(NEW, operator).digest((OLD, NEW)) != role(OLD, operator).digest((OLD, NEW))
    assert role(OLD, operator).digest((OLD,)) != role(OLD).digest((OLD,))


@pytest.mark.parametrize(
    "change",
    [{"role_id": "AROA2"}, {"boundary": "arn:b"}, {"documents": {}}, {"aws_managed": ("arn:aws:iam::aws:policy/x",)}],
)
def test_any_other_change_is_one(change: dict[str, Any]) -> None:
    """Also while a rotation goes on."""
    assert role([OLD, NEW], **change).digest((OLD, NEW)) != role(OLD).digest((OLD,))


@pytest.mark.parametrize(
    "what", ["iam:GetRolePolicy (AccessDenied)", "iam:GetPolicy (throttled)", "iam:ListRolePolicies (x)"]
)
def test_of_what_was_not_read_nothing_is_told(what: str) -> None:
    """No digest, so that a role of which one policy could not be read is never taken for unchanged."""
    assert role(OLD, unread=(what,)).digest((OLD,)) == ""
