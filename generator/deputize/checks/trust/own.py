"""Who is trusted and is no third party although the file does not prove it: one's own accounts, and roles AWS makes.

A service-linked role is assumed by its service alone:
https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from deputize.model.world import Place

_SERVICE_LINKED = re.compile(
    r"arn:[a-z-]+:iam::\d{12}:role/aws-service-role/[a-z0-9.-]+\.amazonaws\.(?:com|com\.cn|eu)/[\w+=,.@-]+", re.ASCII
)
# Roles by which AWS's own tools reach the accounts of an organisation, and whose they are:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html
# https://docs.aws.amazon.com/controltower/latest/userguide/roles-how.html
_MADE: Mapping[str, str] = {
    "AWSCloudFormationStackSetAdministrationRole": "StackSets",
    "AWSCloudFormationStackSetExecutionRole": "StackSets",
    "OrganizationAccountAccessRole": "Organizations",
    **dict.fromkeys(
        (
            "AWSControlTowerAdmin",
            "AWSControlTowerCloudTrailRole",
            "AWSControlTowerConfigAggregatorRoleForOrganizations",
            "AWSControlTowerExecution",
            "AWSControlTowerStackSetRole",
            "aws-controltower-AdministratorExecutionRole",
            "aws-controltower-AuditAdministratorRole",
            "aws-controltower-AuditReadOnlyRole",
            "aws-controltower-ConfigRecorderRole",
            "aws-controltower-ForwardSnsNotificationRole",
            "aws-controltower-ReadOnlyExecutionRole",
        ),
        "Control Tower",
    ),
}
_EXECUTION = "stacksets-exec-"  # what StackSets makes in an organisation's accounts begins so


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody who is trusted and not judged as a third party. why: in words, where no option says so.

    account, parameter: which the caller said is his own; one of them where `why` is empty.
    """

    place: Place
    what: str
    why: str = ""
    account: str = ""
    parameter: str = ""


def is_service_linked(principal: str) -> bool:
    """Whether a principal is a service-linked role: nobody but AWS's service makes or assumes one."""
    return _SERVICE_LINKED.fullmatch(principal) is not None


def made_by(role_name: str) -> str:
    """The service of AWS that makes roles of this name in an organisation's accounts; empty when none does."""
    return "StackSets" if role_name.startswith(_EXECUTION) else _MADE.get(role_name, "")
