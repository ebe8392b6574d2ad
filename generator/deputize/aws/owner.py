"""Whose a stack is: deputize touches only what it made, for one tenant and vendor.

A stack that deputize made has its tags. A quick-create link cannot set any, so a stack made by one click is known by
what only the one-click template makes:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stacks-quick-create-links.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from deputize.aws import faults
from deputize.aws.client import Refusal, Session
from deputize.aws.stack import OWN_TAGS, REVIEW, TENANT_TAG, VENDOR_TAG, VERSION_TAG, Stack
from deputize.errors import Problem, ServiceError

# Outputs of the one-click template, and the tag of its role that says the same.
OUTPUTS = {"Tenant": TENANT_TAG, "Vendor": VENDOR_TAG, "TemplateVersion": VERSION_TAG}
_ROLE = "AWS::IAM::Role"
_POLICIES = frozenset({"AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"})
_POLICY_NAME = re.compile(r"AccessPolicy[1-9][0-9]*", re.ASCII)


def owner_tags(session: Session, stack: Stack) -> Mapping[str, str]:
    """The tags that say whose the stack is. Raises ServiceError, also for one that another stack made.

    One under review has none yet: its change sets hold those it is to get, none unless they agree. One made by one
    click never has any: its role does.
    """
    if stack.parent_id:
        # Its parent handed its own tags down to it, and would make again, or miss, what is changed here.
        what = f"it belongs to stack {faults.clean(stack.parent_id)}"
        raise ServiceError(Problem(f"stack {stack.name}", what, "change that one"))
    tags = dict(stack.tags)
    if stack.status != REVIEW:
        return tags if any(tag in tags for tag in OWN_TAGS) else {**tags, **_one_click_tags(session, stack)}
    return _reviewed_tags(session, stack)


def check_ours(name: str, tags: Mapping[str, str], tenant: str | None, vendor: str | None) -> None:
    """Raise ServiceError unless `tags` say that deputize made the stack for `tenant` and `vendor` (None: for any)."""
    if TENANT_TAG not in tags or VENDOR_TAG not in tags:
        what = f"it is not deputize's: it has no tags {TENANT_TAG} and {VENDOR_TAG}"
        raise ServiceError(Problem(f"stack {name}", what, "choose another stack name or region"))
    for tag, wanted in ((TENANT_TAG, tenant), (VENDOR_TAG, vendor)):
        if wanted is not None and tags[tag] != wanted:
            what = f"its tag {tag} is '{faults.clean(tags[tag])}', not '{wanted}'"
            raise ServiceError(Problem(f"stack {name}", what, "choose another stack name or region"))


def _reviewed_tags(session: Session, stack: Stack) -> dict[str, str]:
    """deputize's tags on every change set of a stack under review; none when one of them has other ones."""
    carried = []
    # By the stack's name: by its ID the embedded AWS lists none.
    for page in session.pages("cloudformation", "list_change_sets", StackName=stack.name):
        for summary in page["Summaries"]:
            named = {"StackName": stack.id, "ChangeSetName": summary["ChangeSetId"]}
            found = session.call("cloudformation", "describe_change_set", **named)
            carried.append({tag["Key"]: tag["Value"] for tag in found.get("Tags", ()) if tag["Key"] in OWN_TAGS})
    return carried[0] if carried and all(one == carried[0] for one in carried) else {}


def _one_click_tags(session: Session, stack: Stack) -> dict[str, str]:
    """deputize's tags on the role of a stack made by one click; none unless everything about the stack agrees."""
    # Anyone's template may name its outputs like this, so they alone prove nothing. A stack that passes them on from a
    # nested one of ours, or that holds our role among other things, has other resources; and no other template gives
    # its role our three tags, with the very values of its outputs. Whoever forges all this in the account
    # could as well set the stack's tags.
    if not OUTPUTS.keys() <= stack.outputs.keys():
        return {}
    role_name = _only_role(session, stack)
    if role_name is None or role_name != stack.outputs.get("RoleName"):
        return {}
    answer = session.try_call("iam", "get_role", ("NoSuchEntity",), RoleName=role_name)
    if isinstance(answer, Refusal):
        return {}
    tags = {tag["Key"]: tag["Value"] for tag in answer["Role"].get("Tags", ())}
    agree = all(tags.get(tag) == stack.outputs[output] for output, tag in OUTPUTS.items())
    return {tag: tags[tag] for tag in OWN_TAGS} if agree else {}


def _only_role(session: Session, stack: Stack) -> str | None:
    """The name of the stack's resource `Role`, when the stack holds that role, its policies, and nothing else."""
    listed = session.call("cloudformation", "describe_stack_resources", StackName=stack.id)["StackResources"]
    role = [one for one in listed if one["LogicalResourceId"] == "Role" and one["ResourceType"] == _ROLE]
    # By type alone, a policy that the customer added to a copy of the template would be taken for ours, and deleted.
    policies = [
        one for one in listed if _POLICY_NAME.fullmatch(one["LogicalResourceId"]) and one["ResourceType"] in _POLICIES
    ]
    if len(role) != 1 or len(role) + len(policies) != len(listed):
        return None
    return str(role[0].get("PhysicalResourceId", ""))
