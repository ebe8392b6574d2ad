"""The least that a person needs to create, update and remove a role with its stack: derived from the role itself.

Actions per resource type: the handlers' permissions in CloudFormation's registry schemas of AWS::IAM::Role,
AWS::IAM::ManagedPolicy and AWS::IAM::Policy, and what Terraform's AWS provider calls for the same resources. A role
that is to have a permissions boundary is made with exactly that one; none is ever removed or exchanged for another:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
"""

from __future__ import annotations

from deputize.iam.policy import Condition, Policy, Statement
from deputize.iam.role import IamRole
from deputize.model.role import Role

_STACK = (
    "cloudformation:CreateChangeSet",
    "cloudformation:CreateStack",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResources",
    "cloudformation:DescribeStacks",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:GetTemplate",
    "cloudformation:ListChangeSets",
    "cloudformation:TagResource",
    "cloudformation:UntagResource",
    "cloudformation:UpdateStack",
)
_TEMPLATE = ("cloudformation:GetTemplateSummary", "cloudformation:ValidateTemplate")
_ROLE = (
    "iam:DeleteRole",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies",
    "iam:ListRoleTags",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
)
_CREATE = ("iam:CreateRole",)
_BOUND = ("iam:CreateRole", "iam:PutRolePermissionsBoundary")
_INLINE = ("iam:DeleteRolePolicy", "iam:PutRolePolicy")
_ATTACH = ("iam:AttachRolePolicy", "iam:DetachRolePolicy")
_MANAGED = (
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:ListEntitiesForPolicy",
    "iam:ListPolicyVersions",
)


def deployer_policy(role: Role) -> Policy:
    """The identity policy of a deployer who takes the default choices; account `*` where the tenant's is not known."""
    account, partition = role.slots.account_id or "*", role.slots.partition
    made = role.resolved()
    stack = f"arn:{partition}:cloudformation:*:{account}:stack/{role.slots.stack_name}/*"
    role_arn = f"arn:{partition}:iam::{account}:role{made.path}{made.name}"
    own = _own_policies(made, partition, account)
    statements = [
        Statement("ManageTheStack", "Allow", _STACK, (stack,)),
        Statement("CheckTemplates", "Allow", _TEMPLATE, ("*",)),
        Statement("ManageTheRole", "Allow", _role_actions(made, inline=not own), (role_arn,)),
    ]
    if made.boundary is not None:
        bound = Condition("ArnEquals", "iam:PermissionsBoundary", (made.boundary,))
        statements.append(Statement("CreateTheRoleBounded", "Allow", _BOUND, (role_arn,), conditions=(bound,)))
    if attachable := (*own, *made.managed_arns):
        only = Condition("ArnEquals", "iam:PolicyARN", attachable)
        statements.append(Statement("AttachItsPolicies", "Allow", _ATTACH, (role_arn,), conditions=(only,)))
    if own:
        statements.append(Statement("ManageItsPolicies", "Allow", _MANAGED, own))
    return Policy(tuple(statements))


def _role_actions(role: IamRole, *, inline: bool) -> tuple[str, ...]:
    return tuple(sorted((*_ROLE, *(_CREATE if role.boundary is None else ()), *(_INLINE if inline else ()))))


def _own_policies(role: IamRole, partition: str, account: str) -> tuple[str, ...]:
    if role.delivery == "inline":
        return ()
    return tuple(f"arn:{partition}:iam::{account}:policy{role.path}{policy.name}" for policy in role.policies)
