"""CloudFormation: one YAML template that a person can review, deploy by hand or in one click."""

from __future__ import annotations

from deputize.iam.arn import aws_managed_policy
from deputize.model.role import TEMPLATE_VERSION, Role
from deputize.model.slots import CHOICE
from deputize.render.languages import YAML
from deputize.render.phrases import policy_description, who_may_enter
from deputize.render.templates import Literal, render

PATH = "cloudformation/role.yaml"

# Model's choice -> the template's parameter, the same in every format.
PARAMETERS = {"role_name": "RoleName", "path": "Path"}


def render_cloudformation(role: Role) -> dict[str, str]:
    """The template as {path: text}; slot marks stand where the tenant's texts go."""
    text = render(
        "cloudformation/role.yaml.j2",
        YAML,
        role=role,
        sub=_sub,
        arn=lambda name: aws_managed_policy(role.slots.partition, name),
        who=who_may_enter(role),
        locale=role.slots.locale,
        boundary_pattern=rf"^$|^arn:{role.slots.partition}:iam::(\d{{12}}|aws):policy/[\w+=,.@/-]+$",
        policy_description=policy_description(role),
        version_text=str(TEMPLATE_VERSION),
    )
    _refuse_references(text)
    return {PATH: text}


def _refuse_references(text: str) -> None:
    """No dynamic reference in what CloudFormation reads; comments, where names may stand, it does not read.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
    """
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    if any("{{" in line for line in lines):
        msg = "the template has a dynamic reference, which would put the customer's secrets into the role"
        raise ValueError(msg)


def _sub(value: str) -> Literal:
    """A literal in which the customer's choices are parameters: `!Sub "...${Path}${RoleName}"`.

    Only names and ARNs that the model built come here; AWS's patterns for them have no `$`, which Sub would read.
    """
    if not CHOICE.search(value):
        return Literal(YAML.literal(value))
    if "$" in value:
        msg = f"{value!r} has a $ and cannot stand in Fn::Sub"
        raise ValueError(msg)
    parts = CHOICE.split(value)
    text = "".join(f"${{{PARAMETERS[part]}}}" if index % 2 else YAML.escape(part) for index, part in enumerate(parts))
    return Literal(f'!Sub "{text}"')
