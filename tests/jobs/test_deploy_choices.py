"""What AWS would refuse of a customer's choices is refused before AWS is asked to change anything, with what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import deputize
from deputize import Tenant, deploy, render
from deputize.aws.changes import planned
from deputize.aws.client import CallerIdentity
from deputize.aws.stack import Pace, StackRequest
from deputize.errors import DeputizeError, InputError
from deputize.jobs.deploy.run import Choices
from deputize.jobs.inputs import vendor_of_account

ACCOUNT = "444455556666"
BOUNDARY = "arn:aws:iam::{}:policy/limits"
ANOTHERS = (
    "--permissions-boundary: the policy is in account {}, the role will be in 444455556666;"
    " give a policy of that account, or one of AWS's own"
)


class Silent:
    """A session at which nobody may be asked anything but who calls, and that only where it is said."""

    region, endpoint_url = "us-east-1", None

    def __init__(self, account: str | None = None) -> None:
        self.account = account

    def caller(self) -> CallerIdentity:
        """The caller, where one is known."""
        assert self.account is not None, "AWS was called"
        return CallerIdentity(self.account, f"arn:aws:iam::{self.account}:root", "aws")

    def __getattr__(self, name: str) -> Any:
        pytest.fail(f"{name} was called")


@pytest.fixture(scope="module")
def bundle() -> deputize.Bundle:
    """A bundle for an agreed account."""
    return render(vendor_of_account("111122223333", "aws"), Tenant("acme", ("id-0f57c1e2-aa",), account_id=ACCOUNT))


REFUSED: Mapping[str, tuple[Choices, str]] = {
    "boundary of another account": (
        Choices(permissions_boundary=BOUNDARY.format("999999999999")),
        ANOTHERS.format("999999999999"),
    ),
    "boundary of the vendor's": (
        Choices(permissions_boundary=BOUNDARY.format("111122223333")),
        ANOTHERS.format("111122223333"),
    ),
    "up": (Choices(path="/../"), "--path: '/../' has a part that is . or ..; use / or /name/"),
    "up inside": (Choices(path="/a/../b/"), "--path: '/a/../b/' has a part that is . or ..; use / or /name/"),
    "here": (Choices(path="/./"), "--path: '/./' has a part that is . or ..; use / or /name/"),
    "empty part": (Choices(path="/a//b/"), "--path: '/a//b/' is no IAM path; use / or /name/"),
    "tags in two cases": (
        Choices(tags={"Team": "a", "tEAM": "b"}),
        "--tag: 'Team' and 'tEAM' differ in case alone, so IAM takes them for one key given twice; give one of them",
    ),
    "AWS's own tag": (Choices(tags={"AWS:x": "1"}), "--tag: 'AWS:x' is one of aws's own keys; choose another"),
    "deputize's own tag": (
        Choices(tags={"Deputize:tenant": "other"}),
        "--tag: 'Deputize:tenant' is one of deputize's own keys; choose another",
    ),
    "too many tags": (
        Choices(tags={f"tag-{number}": "" for number in range(48)}),
        "--tag: the stack would have 51 tags with deputize's 3, AWS takes 50; give fewer",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_aws_would_refuse_is_refused_before_any_call(name: str, bundle: deputize.Bundle) -> None:
    """The option, what is wrong and what to do; nobody at AWS is asked."""
    choices, message = REFUSED[name]
    silent: Any = Silent()
    with pytest.raises(DeputizeError) as failed:
        deploy(bundle, choices=choices, session=silent)
    assert str(failed.value) == message
    assert failed.value.exit_code in {2, 3}


def _request(boundary: str) -> StackRequest:
    return StackRequest(
        stack_name="s",
        template="",
        template_sha256="",
        tenant="acme",
        vendor="v",
        partition="aws",
        vendor_account="111122223333",
        tenant_account=None,
        template_version=1,
        tags={},
        parameters={"PermissionsBoundary": boundary},
        needs_named_iam=True,
    )


def test_a_boundary_is_held_against_the_callers_account_where_none_is_agreed() -> None:
    """Only who calls is asked before the refusal."""
    silent: Any = Silent("777788889999")
    with pytest.raises(InputError, match="is in account 444455556666, the role will be in 777788889999"):
        planned(silent, _request(BOUNDARY.format(ACCOUNT)), pace=Pace()).__enter__()


@pytest.mark.parametrize("owner", ["aws", ACCOUNT])
def test_a_boundary_of_the_account_or_of_aws_passes(owner: str) -> None:
    """AWS's own policies are everybody's: CloudFormation is asked."""
    silent: Any = Silent(ACCOUNT)
    with pytest.raises(pytest.fail.Exception, match="try_call was called"):
        planned(silent, _request(BOUNDARY.format(owner)), pace=Pace()).__enter__()
