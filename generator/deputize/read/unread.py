"""What is known of a text that is not read: that it is Terraform and makes roles, or holds a statement of a policy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

from deputize.model.world import NotUnderstood
from deputize.read.source import Node, place_at

_NAMED = re.compile(r".+\.(tf|tofu|tftpl|tfstate|hcl)(\.[a-z0-9]+)*", re.ASCII | re.IGNORECASE)
# A plan or state as `terraform show -json` or the backend writes it.
_PLAN = re.compile(r'"(?:planned_values|resource_changes|prior_state|terraform_version)"[ \t\r\n]*:', re.ASCII)
_ROLES = re.compile(r"aws_iam_role|assume_role_policy|sts:AssumeRole", re.ASCII)
_ASSUMES = "sts:assumerole"


def terraform_in(text: str, where: str) -> NotUnderstood | None:
    """What is said of Terraform that makes roles, where the file `where` holds some; it is not judged."""
    roles = _ROLES.search(text)
    is_plan = text.lstrip().startswith("{") and _PLAN.search(text) is not None
    if roles is None or not (is_plan or _NAMED.fullmatch(PurePath(where).name)):
        return None
    what = "is a plan or state of Terraform" if is_plan else "is Terraform"
    place = place_at(text, roles.start(), where)
    return NotUnderstood(place, f"{what}, which is not judged", "judge the role in the account with --role-arn")


def statement_in(node: Node) -> NotUnderstood | None:
    """What is said of a value that is no policy, where a statement about sts:AssumeRole stands in it."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one.value, tuple):
            waiting.extend(one.value)
        elif isinstance(one.value, Mapping):
            if _assumes(one.value):
                what = "a statement about sts:AssumeRole stands in no policy by its keys, and is not judged"
                return NotUnderstood(one.named_at, what, "put it into the Statement of a policy, or of a template")
            waiting.extend(one.value.values())
    return None


def _assumes(fields: Mapping[str, Node]) -> bool:
    folded = {key.lower(): value for key, value in fields.items()}
    actions = folded.get("action")
    if actions is None or "effect" not in folded:
        return False
    texts = actions.value if isinstance(actions.value, tuple) else (actions,)
    return any(isinstance(one.value, str) and one.value.lower() == _ASSUMES for one in texts)
