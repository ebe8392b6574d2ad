"""CloudFormation: one YAML template that a person can review, deploy by hand or in one click.

A bundle's template holds the tenant's texts. The one-click template is the same for all tenants of a vendor: what
belongs to one tenant is a parameter there, which the tenant's quick-create link fills in.
"""

from __future__ import annotations

from deputize.formats.languages import YAML
from deputize.formats.phrases import policy_description, who_may_enter
from deputize.formats.templates import Literal, render
from deputize.iam import limits
from deputize.iam.arn import aws_managed_policy
from deputize.model.format import TEMPLATE
from deputize.model.role import TEMPLATE_VERSION, Role
from deputize.model.slots import CHOICE, NEXT_EXTERNAL_ID_CHOICE, hosted_slots

# Model's choice -> the template's parameter, the same in every format.
PARAMETERS = {
    "role_name": "RoleName",
    "path": "Path",
    "tenant": "Tenant",
    "external_id": "ExternalId",
    "next_external_id": "NextExternalId",
    "account_id": "Account",
}
_OPTIONAL = Literal("!If [HasNextExternalId, !Ref NextExternalId, !Ref AWS::NoValue]")


def render_cloudformation(role: Role) -> dict[str, str]:
    """The template as {path: text}; slot marks stand where the tenant's texts go."""
    return {TEMPLATE: template_text(role)}


def template_text(role: Role) -> str:
    """The template of `role`: a bundle's own, or the one-click template where the role was built for hosted slots."""
    hosted = role.slots == hosted_slots(role.slots.partition)
    text = render(
        f"{TEMPLATE}.j2",
        YAML,
        role=role,
        hosted=hosted,
        description=_description(role.vendor.slug, None if hosted else role.slots.tenant),
        sub=_sub,
        item=lambda value: _OPTIONAL if value == NEXT_EXTERNAL_ID_CHOICE else _sub(value),
        arn=lambda name: aws_managed_policy(role.slots.partition, name),
        who=who_may_enter(role),
        locale=role.slots.locale,
        boundary_pattern=rf"^$|^arn:{role.slots.partition}:iam::(\d{{12}}|aws):policy/[\w+=,.@/-]+$",
        policy_description=policy_description(role),
        id_limit=limits.EXTERNAL_ID,
        version_text=str(TEMPLATE_VERSION),
    )
    _refuse_references(text)
    return text


def _description(vendor: str, tenant: str | None) -> str:
    """The stack's: no parameter may stand there, so the one-click template names the parameter to look at."""
    whom = "the tenant named in parameter Tenant" if tenant is None else f"tenant {tenant}"
    return f"Read-only access for {vendor}, on behalf of {whom}. Not you? Stop: do not deploy it."


def _refuse_references(text: str) -> None:
    """No dynamic reference in what CloudFormation reads; comments, where names may stand, it does not read.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
    """
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    if any("{{" in line for line in lines):
        msg = "the template has a dynamic reference, which would put the customer's secrets into the role"
        raise ValueError(msg)


def _sub(value: str) -> Literal:
    """A literal in which choices are parameters: `!Ref RoleName`, or `!Sub "...${Path}${RoleName}"`.

    Only names and ARNs that the model built come here; AWS's patterns for them have no `$`, which Sub would read.
    """
    if not CHOICE.search(value):
        return Literal(YAML.literal(value))
    if "$" in value:
        msg = f"{value!r} has a $ and cannot stand in Fn::Sub"
        raise ValueError(msg)
    whole = CHOICE.fullmatch(value)
    if whole is not None:
        return Literal(f"!Ref {PARAMETERS[whole[1]]}")
    parts = CHOICE.split(value)
    text = "".join(f"${{{PARAMETERS[part]}}}" if index % 2 else YAML.escape(part) for index, part in enumerate(parts))
    return Literal(f'!Sub "{text}"')
