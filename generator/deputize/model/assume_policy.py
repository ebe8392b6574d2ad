"""What the vendor's own role may do: assume customers' roles, with an external ID, and none in its own account.

Attached to whoever calls sts:AssumeRole, it keeps a vendor's program from assuming a role without an ID even where a
customer's role asks for none. https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from deputize.iam import limits
from deputize.iam.policy import Condition, Policy, Statement
from deputize.model.spec import Vendor, VendorAccount

_ACCOUNT = 4  # its place in an ARN
# A policy with just these statement IDs is one of ours.
SIDS = ("AssumeCustomersRoles", "NeverWithoutAnExternalId", "NeverInTheOwnAccount")


def assume_policy(vendor: Vendor, account: VendorAccount) -> Policy:
    """The identity policy for the vendor's collecting role in one partition.

    Roles are named by the vendor's pattern; a customer that chose another name or path needs a line more.
    """
    partition = account.partition
    customers = f"arn:{partition}:iam::*:role{vendor.role.path}{_any_tenant(vendor)}"
    actions = ["sts:AssumeRole"]
    if vendor.session.source_identity:
        actions.append("sts:SetSourceIdentity")
    if vendor.session.tag_keys:
        actions.append("sts:TagSession")
    no_id = Condition("Null", "sts:ExternalId", ("true",))
    own = (f"arn:{partition}:iam::{account.id}:role/*",)
    return Policy(
        (
            Statement(SIDS[0], "Allow", tuple(actions), (customers,)),
            Statement(SIDS[1], "Deny", ("sts:AssumeRole",), ("*",), conditions=(no_id,)),
            Statement(SIDS[2], "Deny", ("sts:AssumeRole",), own),
        )
    )


def is_assume_policy(policy: Policy) -> bool:
    """Whether it is one of ours, for whichever vendor."""
    return tuple(one.sid for one in policy.statements) == SIDS


def own_account(policy: Policy) -> str:
    """The ID of the vendor's account in one of ours; empty when it was changed so that none is named."""
    arn = "".join(policy.statements[-1].resources).split(":")
    return arn[_ACCOUNT] if len(arn) > _ACCOUNT else ""


def _any_tenant(vendor: Vendor) -> str:
    """The name pattern with a wildcard for the tenant; a shortened name keeps only the beginning before its digest."""
    before, tenant, after = vendor.role.name.replace("{vendor}", vendor.slug).partition("{tenant}")
    longest = len(before) + len(after) + 63
    return f"{before}*" if tenant and longest > limits.ROLE_NAME.high else f"{before}{'*' if tenant else ''}{after}"
