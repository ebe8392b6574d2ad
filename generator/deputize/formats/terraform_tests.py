"""What the module's own tests expect: the model's values as HCL, and accounts, partitions and choices to be refused.

Mocks came with Terraform 1.7 and OpenTofu 1.8: https://developer.hashicorp.com/terraform/language/tests/mocking
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from deputize.formats.languages import HCL
from deputize.formats.templates import Literal
from deputize.iam.arn import aws_managed_policy
from deputize.iam.partitions import PARTITIONS
from deputize.iam.policy import Statement
from deputize.iam.role import IamRole
from deputize.model.role import TENANT_TAG, Role, with_choices
from deputize.model.slots import ROLE_NAME_CHOICE

MOCKS_TERRAFORM, MOCKS_TOFU = "1.7", "1.8"
"""The oldest versions that can run the tests."""

# A customer's choices with every kind of character that IAM takes; the tag of ours must not be replaced by theirs.
_NAME, _PATH = "Chosen_by+the=customer,.@-", "/chosen/by_the+=,.@-/customer/"
_TAGS = {"Chosen-By": "the customer", TENANT_TAG: "another"}


def expected(role: Role) -> dict[str, object]:
    """What templates/terraform/tests/role.tftest.hcl.j2 prints, beside the role itself."""
    made = role.resolved()
    other_partition = next(one for one in PARTITIONS if one != role.slots.partition)
    return {
        "mocks_terraform": Literal(MOCKS_TERRAFORM),
        "mocks_tofu": Literal(MOCKS_TOFU),
        "customer_account": role.slots.account_id or _another_account(role.account.id),
        "principals": hcl_value([one.text for one in made.trust.statements[0].principals]),
        "external_ids": hcl_value(list(role.slots.external_ids)),
        "trust": [hcl_value(_listed(statement)) for statement in made.trust.statements],
        "own": Literal("aws_iam_policy" if made.delivery == "managed" else "aws_iam_role_policy"),
        "policy_names": _policy_names(role, made),
        "actions_digest": _actions_digest(made),
        "boundary": hcl_value(role.boundary),
        "tags": hcl_value(dict(made.tags)),
        "chosen": _chosen(role),
        "other_partition": other_partition,
        "other_boundary": aws_managed_policy(other_partition, "ReadOnlyAccess"),
    }


def hcl_value(value: object) -> Literal:
    """A JSON-like value as an HCL expression on one line, texts escaped."""
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{HCL.literal(key)} = {hcl_value(one)}" for key, one in value.items())
        return Literal(f"{{ {pairs} }}" if pairs else "{}")
    if isinstance(value, list):
        return Literal(f"[{', '.join(map(hcl_value, value))}]")
    return Literal("null" if value is None else HCL.literal(value))


def _listed(statement: Statement) -> dict[str, object]:
    """A statement of the trust policy as main.tf writes it: every value a list."""
    conditions: dict[str, dict[str, object]] = {}
    for condition in statement.conditions:
        conditions.setdefault(condition.operator, {})[condition.key] = list(condition.values)
    return {
        "Sid": statement.sid,
        "Effect": statement.effect,
        "Principal": {"AWS": [one.text for one in statement.principals]},
        "Action": list(statement.actions),
        **({"Condition": conditions} if conditions else {}),
    }


def _another_account(vendor: str) -> str:
    """An account that is not the vendor's."""
    return "999999999999" if vendor != "999999999999" else "888888888888"


def _policy_names(role: Role, made: IamRole) -> Literal:
    """The names of the role's own policies by the module's key for them."""
    keys = [policy.name.removeprefix(ROLE_NAME_CHOICE) for policy in role.iam.policies]
    return hcl_value(dict(zip(keys, (policy.name for policy in made.policies), strict=True)))


def _actions_digest(made: IamRole) -> str:
    """SHA-256 of every action once, sorted, one a line: a list of them would be as long as main.tf."""
    actions = {
        action for policy in made.policies for statement in policy.document.statements for action in statement.actions
    }
    return sha256("\n".join(sorted(actions)).encode()).hexdigest()


def _chosen(role: Role) -> dict[str, object]:
    """A customer's choices, and the role with them."""
    made = with_choices(role.iam, {"role_name": _NAME, "path": _PATH})
    # Neither sorted nor made unique: a shape's marks would fall otherwise than a tenant's texts.
    resources = [
        resource
        for policy in made.policies
        for statement in policy.document.statements
        for resource in statement.resources
        if resource != "*"
    ]
    return {
        "name": _NAME,
        "path": _PATH,
        "boundary": f"arn:{role.slots.partition}:iam::{_another_account(role.account.id)}:policy/a/boundary",
        "tags": hcl_value(_TAGS),
        "all_tags": hcl_value(dict(sorted({**_TAGS, **dict(made.tags)}.items()))),
        "policy_names": _policy_names(role, made),
        "resources": hcl_value(resources),
    }
