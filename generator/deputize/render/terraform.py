"""Terraform: a root or child module of four files, clean by `terraform fmt`, for terraform >= 1.3 and OpenTofu."""

from __future__ import annotations

from deputize.iam.arn import aws_managed_policy
from deputize.model.role import TEMPLATE_VERSION, Role
from deputize.model.slots import CHOICE, ROLE_NAME_CHOICE
from deputize.render.languages import HCL
from deputize.render.phrases import policy_description, who_may_enter
from deputize.render.templates import Literal, render

FILES = ("main.tf", "variables.tf", "outputs.tf", "versions.tf")

# Model's choice -> the module's variable, the same in every format.
VARIABLES = {"role_name": "var.role_name", "path": "var.path"}


def render_terraform(role: Role) -> dict[str, str]:
    """The module as {path: text}; slot marks stand where the tenant's texts go."""
    values = {
        "role": role,
        "interpolated": _interpolated,
        "suffix": lambda name: name.removeprefix(ROLE_NAME_CHOICE),
        "arn": lambda name: aws_managed_policy(role.slots.partition, name),
        "tags": _aligned(role.iam.tags),
        "attached": tuple(Literal(resource) for resource in _attached(role)),
        "who": who_may_enter(role),
        "locale": role.slots.locale,
        "boundary_pattern": rf"^arn:{role.slots.partition}:iam::(\d{{12}}|aws):policy/[\w+=,.@/-]+$",
        "policy_description": policy_description(role),
        "version_text": str(TEMPLATE_VERSION),
    }
    return {f"terraform/{name}": render(f"terraform/{name}.j2", HCL, **values) for name in FILES}


def _interpolated(value: str) -> Literal:
    """A literal in which the customer's choices are variables; only names and ARNs that the model built come here."""
    parts = CHOICE.split(value)
    text = "".join(f"${{{VARIABLES[part]}}}" if index % 2 else HCL.escape(part) for index, part in enumerate(parts))
    return Literal(f'"{text}"')


def _aligned(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[Literal, str], ...]:
    """Keys as literals padded to one width, as `terraform fmt` wants consecutive arguments."""
    width = max(len(HCL.literal(key)) for key, _ in pairs)
    return tuple((Literal(HCL.literal(key).ljust(width)), value) for key, value in pairs)


def _attached(role: Role) -> tuple[str, ...]:
    own = "aws_iam_role_policy_attachment.access" if role.iam.delivery == "managed" else "aws_iam_role_policy.access"
    return (own, "aws_iam_role_policy_attachment.aws_managed") if role.access.managed else (own,)
