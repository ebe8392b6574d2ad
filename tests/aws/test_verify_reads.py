"""The reads that prove access: which are chosen, that none is billed, and what each answer means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ParamValidationError

from deputize.aws.client import Credentials, Session
from deputize.aws.embedded import create_role
from deputize.aws.reads import READS, Read, ReadsFound, choose_reads, try_reads, try_write
from deputize.iam.levels import judge_action

BILLED = {"ce", "s3", "pricing", "athena"}
METERED = {"cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics"}


@pytest.mark.parametrize("read", READS, ids=lambda read: read.action)
def test_each_read_is_one(read: Read) -> None:
    """The action is known and proved to read; the call exists under it, with parameters that botocore takes."""
    assert judge_action(read.action).reads
    client = boto3.client(
        read.client, region_name=read.region or "us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[read.operation])
    assert model.name == read.action.partition(":")[2]
    stopped = _Stopped()
    client.meta.events.register("before-send", stopped)
    try:
        getattr(client, read.operation)(**read.parameters)
    except ParamValidationError as error:
        pytest.fail(str(error))
    except _Sent:
        pass
    assert stopped.count == 1


class _Sent(Exception):  # noqa: N818 - nothing is wrong
    """The request was made and would be sent."""


class _Stopped:
    """Stops a request before it is sent."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, **_: Any) -> None:
        self.count += 1
        raise _Sent


def test_no_read_is_billed() -> None:
    """No Cost Explorer, S3 or Price List request, and no metric."""
    actions = {read.action for read in READS}
    assert not {action.partition(":")[0] for action in actions} & BILLED
    assert not actions & METERED


def test_one_read_for_each_service() -> None:
    """The first of the table that was asked for; services without any are named."""
    asked = (
        "EC2:describeinstances",
        "ec2:DescribeVolumes",
        "lambda:ListFunctions",
        "ce:GetCostAndUsage",
        "s3:ListBucket",
    )
    chosen, untried = choose_reads(asked, "us-east-1")
    assert [read.action for read in chosen] == ["ec2:DescribeVolumes", "lambda:ListFunctions"]
    assert untried == ("ce", "s3")


@pytest.mark.parametrize(("region", "tried"), [("us-east-1", True), ("eu-west-1", False)])
def test_a_read_of_one_region_is_tried_only_there(region: str, tried: bool) -> None:
    """Cost and Usage Reports are in us-east-1."""
    chosen, untried = choose_reads(("cur:DescribeReportDefinitions",), region)
    assert (bool(chosen), untried) == (tried, () if tried else ("cur",))


LAMBDA, EC2 = Read("lambda:ListFunctions", "lambda", "list_functions"), Read("ec2:DescribeVpcs", "ec2", "describe_vpcs")


@pytest.mark.parametrize(
    ("code", "missing", "unanswered"),
    [
        ("AccessDeniedException", ("lambda:ListFunctions",), ()),
        ("AccessDenied", ("lambda:ListFunctions",), ()),
        ("Throttling", (), ("lambda:ListFunctions (throttled, 2 retries later too)",)),
        ("ExpiredToken", (), ("lambda:ListFunctions (they have expired)",)),
        ("OptInRequired", (), ("lambda:ListFunctions (lambda is not enabled for this account in region us-east-1)",)),
    ],
)
def test_only_a_denial_is_a_missing_read(
    code: str, missing: tuple[str, ...], unanswered: tuple[str, ...], scripted: Callable[..., Session]
) -> None:
    """A fault is no answer, and the other reads are tried all the same."""
    session = scripted(("lambda", "list_functions", code, "said"), ("ec2", "describe_vpcs", {"Vpcs": []}))
    assert try_reads(session, (LAMBDA, EC2), ("ce",)) == ReadsFound(missing, unanswered, ("ce",))


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        (("DryRunOperation", "Request would have succeeded"), True),
        (("UnauthorizedOperation", "You are not authorized"), False),
        (("Throttling", "Rate exceeded"), None),
        (("VpcLimitExceeded", "The maximum number of VPCs has been reached."), None),
        (({"Vpc": {"VpcId": "vpc-1"}},), None),
    ],
)
def test_only_two_answers_decide_about_writing(
    answer: tuple[Any, ...], allowed: bool | None, scripted: Callable[..., Session]
) -> None:
    """DryRunOperation and UnauthorizedOperation; the call is a DryRun."""
    session = scripted(("ec2", "create_vpc", *answer))
    sent: list[dict[str, Any]] = []
    session.client("ec2").meta.events.register(
        "provide-client-params.ec2.CreateVpc", lambda params, **_: sent.append(dict(params))
    )
    found, said = try_write(session)
    assert found is allowed
    assert said.startswith("ec2:CreateVpc")
    assert [one["DryRun"] for one in sent] == [True]


def test_a_real_refusal(customer: Session) -> None:
    """The embedded AWS refuses a role that only reads."""
    root = customer.caller().arn
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": root}}],
    }
    reads = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}]}
    arn = create_role(customer, "reader", trust, reads)
    key = customer.call("sts", "assume_role", RoleArn=arn, RoleSessionName="reader")["Credentials"]
    inside = customer.acting_as(Credentials(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"]))
    assert try_write(inside) == (False, "ec2:CreateVpc (DryRun): UnauthorizedOperation")
    assert try_reads(inside, (LAMBDA, EC2), ()) == ReadsFound(("lambda:ListFunctions",), (), ())
