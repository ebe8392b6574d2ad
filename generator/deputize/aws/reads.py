"""Can the role read what was asked for, and nothing but read: one cheap call for each service, one write with DryRun.

Every call here is free of charge; Cost Explorer's (ce:*), S3's and the Price List's are billed by the request, or
CloudWatch's by the metric, so they are never made: https://aws.amazon.com/aws-cost-management/pricing/.
DryRun: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deputize.aws.client import Refusal, Session
from deputize.errors import ServiceError

_DENIED = (
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Forbidden",
    "NotAuthorized",
    "NotAuthorizedException",
    "UnauthorizedException",
    "UnauthorizedOperation",
)
_REFUSED, _ALLOWED = "UnauthorizedOperation", "DryRunOperation"
_WRITE = "ec2:CreateVpc"


@dataclass(frozen=True, slots=True)
class Read:
    """A call that costs nothing: the IAM action that it proves, botocore's client and operation, and what is asked.

    region: the only one where the service is, empty for any.
    """

    action: str
    client: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    region: str = ""


@dataclass(frozen=True, slots=True)
class ReadsFound:
    """Actions refused, those without a clear answer (with the reason), and services for which none could be tried."""

    missing: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()


# Where a service has several lines, the first that was asked for is tried.
READS: tuple[Read, ...] = (
    Read("ec2:DescribeRegions", "ec2", "describe_regions"),
    Read("ec2:DescribeAvailabilityZones", "ec2", "describe_availability_zones"),
    Read("ec2:DescribeVolumes", "ec2", "describe_volumes", {"MaxResults": 5}),
    Read("ec2:DescribeInstances", "ec2", "describe_instances", {"MaxResults": 5}),
    Read("ec2:DescribeVpcs", "ec2", "describe_vpcs", {"MaxResults": 5}),
    Read("autoscaling:DescribeAutoScalingGroups", "autoscaling", "describe_auto_scaling_groups", {"MaxRecords": 1}),
    Read(
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling",
        "describe_scalable_targets",
        {"ServiceNamespace": "ecs", "MaxResults": 1},
    ),
    Read("bcm-data-exports:ListExports", "bcm-data-exports", "list_exports", {"MaxResults": 1}, "us-east-1"),
    Read("cloudformation:ListStacks", "cloudformation", "list_stacks"),
    Read("cloudformation:DescribeStacks", "cloudformation", "describe_stacks"),
    Read("cloudtrail:DescribeTrails", "cloudtrail", "describe_trails"),
    Read("cloudwatch:DescribeAlarms", "cloudwatch", "describe_alarms", {"MaxRecords": 1}),
    Read("compute-optimizer:GetEnrollmentStatus", "compute-optimizer", "get_enrollment_status"),
    Read("config:DescribeConfigurationRecorders", "config", "describe_configuration_recorders"),
    Read(
        "cost-optimization-hub:ListEnrollmentStatuses",
        "cost-optimization-hub",
        "list_enrollment_statuses",
        {"maxResults": 1},
        "us-east-1",
    ),
    Read("cur:DescribeReportDefinitions", "cur", "describe_report_definitions", {"MaxResults": 5}, "us-east-1"),
    Read("dynamodb:ListTables", "dynamodb", "list_tables", {"Limit": 1}),
    Read("ecr:DescribeRepositories", "ecr", "describe_repositories", {"maxResults": 1}),
    Read("ecs:ListClusters", "ecs", "list_clusters", {"maxResults": 1}),
    Read("eks:ListClusters", "eks", "list_clusters", {"maxResults": 1}),
    Read("elasticache:DescribeCacheClusters", "elasticache", "describe_cache_clusters", {"MaxRecords": 20}),
    Read("elasticloadbalancing:DescribeLoadBalancers", "elbv2", "describe_load_balancers", {"PageSize": 1}),
    Read("iam:ListAccountAliases", "iam", "list_account_aliases", {"MaxItems": 1}),
    Read("iam:GetAccountSummary", "iam", "get_account_summary"),
    Read("iam:ListRoles", "iam", "list_roles", {"MaxItems": 1}),
    Read("kms:ListAliases", "kms", "list_aliases", {"Limit": 1}),
    Read("lambda:GetAccountSettings", "lambda", "get_account_settings"),
    Read("lambda:ListFunctions", "lambda", "list_functions", {"MaxItems": 1}),
    Read("logs:DescribeLogGroups", "logs", "describe_log_groups", {"limit": 1}),
    Read("organizations:DescribeOrganization", "organizations", "describe_organization"),
    Read("rds:DescribeDBInstances", "rds", "describe_db_instances", {"MaxRecords": 20}),
    Read("rds:DescribeDBClusters", "rds", "describe_db_clusters", {"MaxRecords": 20}),
    Read("redshift:DescribeClusters", "redshift", "describe_clusters", {"MaxRecords": 20}),
    Read("savingsplans:DescribeSavingsPlans", "savingsplans", "describe_savings_plans", {"maxResults": 1}),
    Read("sns:ListTopics", "sns", "list_topics"),
    Read("sqs:ListQueues", "sqs", "list_queues", {"MaxResults": 1}),
    Read("tag:GetTagKeys", "resourcegroupstaggingapi", "get_tag_keys"),
    Read("tag:GetResources", "resourcegroupstaggingapi", "get_resources", {"ResourcesPerPage": 1}),
)


def choose_reads(actions: Collection[str], region: str) -> tuple[tuple[Read, ...], tuple[str, ...]]:
    """One call for each service among `actions` (full names), and the services for which none is free or at hand."""
    asked = {action.lower() for action in actions}
    chosen: dict[str, Read] = {}
    for read in READS:
        service = read.action.partition(":")[0]
        if read.action.lower() in asked and read.region in ("", region):
            chosen.setdefault(service, read)
    untried = {action.partition(":")[0] for action in asked} - chosen.keys()
    return tuple(chosen.values()), tuple(sorted(untried))


def try_reads(inside: Session, reads: Iterable[Read], untried: tuple[str, ...]) -> ReadsFound:
    """Make the calls inside the role. Only a code that says so is a refusal; a fault is no answer."""
    missing, unanswered = [], []
    for read in reads:
        try:
            answer = inside.try_call(read.client, read.operation, _DENIED, **read.parameters)
        except ServiceError as error:
            unanswered.append(f"{read.action} ({error.problems[0].what})")
        else:
            if isinstance(answer, Refusal):
                missing.append(read.action)
    return ReadsFound(tuple(missing), tuple(unanswered), untried)


def try_write(inside: Session) -> tuple[bool | None, str]:
    """(whether one write is allowed, what was answered); None when that is not clear. A DryRun makes nothing."""
    try:
        answer = inside.try_call("ec2", "create_vpc", (_REFUSED, _ALLOWED), CidrBlock="10.0.0.0/28", DryRun=True)
    except ServiceError as error:
        return None, f"{_WRITE} (DryRun) got no clear answer: {error.problems[0].what}"
    if not isinstance(answer, Refusal):
        return None, f"{_WRITE}: this endpoint does not know DryRun, and may have made a VPC"
    return answer.code == _ALLOWED, f"{_WRITE} (DryRun): {answer.code}"
