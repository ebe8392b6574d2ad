"""Packing: what a vendor asks for, in as few policies as AWS's quotas take, and never more."""

from __future__ import annotations

import pytest

from deputize.errors import InputError
from deputize.iam import limits
from deputize.iam.levels import judge
from deputize.iam.role import Delivery
from deputize.model.access import Access, build_access
from deputize.model.profiles import AccessStatement, ManagedChoice, profile_names
from deputize.model.slots import longest
from deputize.model.spec import AccessSpec
from deputize.model.text import english

DESCRIBES = tuple(judged.action for judged in judge("ec2:Describe*"))


def _statement(sid: str, actions: tuple[str, ...] = ("ec2:DescribeVpcs",), *resources: str) -> AccessStatement:
    return AccessStatement(sid, tuple(sorted(actions)), resources or ("*",), english(f"Why {sid}."))


def _access(*statements: AccessStatement, delivery: Delivery = "managed", profile: str | None = None) -> Access:
    return build_access(AccessSpec(profile, (), statements, delivery), "aws", "001122223333")


def _sizes(access: Access) -> list[int]:
    return [len(longest(policy.document.compact())) for policy in access.policies]


def _arns(letter: str, count: int = 3, length: int = 1900) -> tuple[str, ...]:
    return tuple(f"arn:aws:s3:::{letter}{number}{'x' * length}" for number in range(count))


def test_a_profile_fits_into_one_policy() -> None:
    """The default one too, whatever name and path the customer chooses."""
    for profile in profile_names():
        assert len(_access(profile=profile).policies) == 1
        assert _sizes(_access(profile=profile))[0] <= limits.MANAGED_POLICY.high


def test_what_does_not_fit_is_split_into_numbered_policies() -> None:
    """Each within the quota with the longest name and path; statements stay in their order."""
    access = _access(*(_statement(f"S{number}", ("ec2:DescribeVpcs",), *_arns("abc"[number])) for number in range(3)))
    assert [policy.name.rpartition("-access")[2] for policy in access.policies] == ["", "-2", "-3", "-4"]
    assert all(size <= limits.MANAGED_POLICY.high for size in _sizes(access))
    sids = [item.sid for policy in access.policies for item in policy.document.statements]
    assert sids == ["ReadThisRole", "ReadItsPolicies", "S0", "S1", "S2"]


def test_with_several_policies_the_role_may_read_them_all() -> None:
    """One ends the ARN exactly; several are named by a pattern."""

    def own(access: Access) -> str:
        return access.policies[0].document.statements[1].resources[0].rpartition("-access")[2]

    assert own(_access(_statement("A"))) == ""
    assert own(_access(_statement("A", DESCRIBES))) == "*"


def test_a_statement_longer_than_a_policy_is_split_by_actions() -> None:
    """Its parts are numbered, keep every action once and in order, and give the whole's reason."""
    access = _access(_statement("Network", DESCRIBES))
    parts = [
        item for policy in access.policies for item in policy.document.statements if str(item.sid).startswith("Network")
    ]
    assert [item.sid for item in parts] == ["Network", "Network2"]
    assert tuple(action for item in parts for action in item.actions) == DESCRIBES
    assert {access.reason(str(item.sid)).get("en") for item in parts} == {"Why Network."}
    assert all(size <= limits.MANAGED_POLICY.high for size in _sizes(access))


def test_a_split_statement_whose_name_ends_in_a_digit_keeps_its_reason() -> None:
    """Numbers are put behind the vendor's own."""
    access = _access(_statement("Tier1", DESCRIBES), _statement("Tier"))
    assert access.reason("Tier1").get("en") == "Why Tier1."
    assert access.reason("Tier12").get("en") == "Why Tier1."
    assert access.reason("Tier").get("en") == "Why Tier."


def test_a_part_takes_no_other_statements_name() -> None:
    """Where the vendor has a Network2 already, the second part of Network is Network3."""
    access = _access(_statement("Network", DESCRIBES), _statement("Network2"))
    sids = [str(item.sid) for policy in access.policies for item in policy.document.statements]
    assert sids[2:] == ["Network", "Network3", "Network2"]
    assert [access.reason(sid).get("en") for sid in sids[2:]] == ["Why Network.", "Why Network.", "Why Network2."]


def test_inline_is_measured_in_sum() -> None:
    """10,240 characters for all inline policies together; the role reads no managed policy of its own then."""
    access = _access(_statement("A", DESCRIBES), delivery="inline")
    assert len(access.policies) == 1
    assert [item.sid for item in access.policies[0].document.statements] == ["ReadThisRole", "A"]
    with pytest.raises(InputError, match=r"needs 1\d{4} characters inline; a role takes 10240; use delivery: managed"):
        _access(_statement("A", DESCRIBES), _statement("B", ("ec2:DescribeVpcs",), *_arns("b")), delivery="inline")


def test_more_than_ten_policies_are_refused_with_the_sum() -> None:
    """The message gives how many, how long together, and how many of AWS."""
    statements = tuple(_statement(f"S{letter}", ("ec2:DescribeVpcs",), *_arns(letter)) for letter in "abcdefghij")
    spec = AccessSpec(None, (ManagedChoice("SecurityAudit", english("Why.")),), statements)
    with pytest.raises(InputError) as raised:
        build_access(spec, "aws", "*")
    (problem,) = raised.value.problems
    assert problem.what.startswith("needs 12 managed policies (11 of its own with 6")
    assert problem.what.endswith(" characters, 1 of AWS); a role takes 10")


def test_resources_that_fill_a_policy_alone_are_refused() -> None:
    """Splitting is by actions; resources are the vendor's to shorten."""
    with pytest.raises(InputError, match="name fewer resources in one statement"):
        _access(_statement("A", ("ec2:DescribeVpcs",), *_arns("a", 4)))


@pytest.mark.parametrize("sid", ["ReadThisRole", "ReadItsPolicies", "Compute"])
def test_a_statement_of_the_profiles_own_name_is_refused(sid: str) -> None:
    """One statement ID stands for one reason."""
    with pytest.raises(InputError, match=f"the statement ID {sid} is there twice"):
        _access(_statement(sid), profile="cost-optimization")


def test_the_same_input_gives_the_same_policies() -> None:
    """Actions are sorted, statements in the order of profile and vendor file."""
    first = _access(_statement("B"), _statement("A"), profile="inventory")
    assert first == _access(_statement("B"), _statement("A"), profile="inventory")
    assert [item.sid for policy in first.policies for item in policy.document.statements][-2:] == ["B", "A"]
    for policy in first.policies:
        assert all(list(item.actions) == sorted(item.actions) for item in policy.document.statements)
