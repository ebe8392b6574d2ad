"""Terraform: a root or child module of four files, its README, an example and tests, clean by `terraform fmt`."""

from __future__ import annotations

from collections.abc import Iterable

from deputize.formats.languages import HCL, MARKDOWN
from deputize.formats.phrases import policy_description, who_may_enter
from deputize.formats.templates import Literal, render
from deputize.formats.terraform_interface import PROVIDER, TERRAFORM, Input, TerraformOutput, inputs, outputs
from deputize.formats.terraform_tests import MOCKS_TERRAFORM, MOCKS_TOFU, expected
from deputize.iam.arn import aws_managed_policy
from deputize.iam.partitions import PARTITIONS
from deputize.model.format import (
    MODULE_EXAMPLE,
    MODULE_FOLDER,
    MODULE_MAIN,
    MODULE_OUTPUTS,
    MODULE_README,
    MODULE_TESTS,
    MODULE_VARIABLES,
    MODULE_VERSIONS,
)
from deputize.model.role import Role
from deputize.model.slots import CHOICE, ROLE_NAME_CHOICE

_FILES = (MODULE_MAIN, MODULE_VARIABLES, MODULE_OUTPUTS, MODULE_VERSIONS)

# Model's choice -> the module's variable, the same in every format.
VARIABLES = {"role_name": "var.role_name", "path": "var.path"}


def render_terraform(role: Role) -> dict[str, str]:
    """The module as {path: text}; slot marks stand where the tenant's texts go."""
    taken, given = inputs(role), outputs(role, _attached(role))
    values = {
        "role": role,
        "interpolated": _interpolated,
        "suffix": lambda name: name.removeprefix(ROLE_NAME_CHOICE),
        "arn": lambda name: aws_managed_policy(role.slots.partition, name),
        "tags": _aligned((Literal(HCL.literal(key)), value) for key, value in role.iam.tags),
        "who": who_may_enter(role),
        "locale": role.slots.locale,
        "policy_description": policy_description(role),
        "inputs": taken,
        "outputs": given,
        "terraform_version": TERRAFORM,
        "provider_version": PROVIDER,
    }
    example = _example(role, taken, given[0])
    return {
        **{path: render(f"{path}.j2", HCL, **values) for path in _FILES},
        MODULE_README: _readme(role, taken, given, example),
        MODULE_EXAMPLE: example,
        MODULE_TESTS: render(f"{MODULE_TESTS}.j2", HCL, role=role, **expected(role)),
    }


def _example(role: Role, taken: tuple[Input, ...], arn: TerraformOutput) -> str:
    """The module as a child module, every choice shown at its default; `arn` is what it hands on."""
    return render(
        f"{MODULE_EXAMPLE}.j2",
        HCL,
        region=PARTITIONS[role.slots.partition].home_region,
        choices=_aligned((Literal(one.name), one.default) for one in taken),
        output=Literal(arn.name),
        description=arn.description.get("en"),
    )


def _readme(role: Role, taken: tuple[Input, ...], given: tuple[TerraformOutput, ...], example: str) -> str:
    """The module's documentation, in the tenant's locale."""
    locale = role.slots.locale
    return render(
        f"{MODULE_FOLDER}README.{locale}.md.j2",
        MARKDOWN,
        slots=role.slots,
        locale=locale,
        vendor=role.vendor.name.get(locale),
        vendor_account=role.account.id,
        who=who_may_enter(role, locale),
        inputs=taken,
        outputs=given,
        example=example.rstrip("\n"),
        example_path=MODULE_EXAMPLE.removeprefix(MODULE_FOLDER),
        terraform_version=TERRAFORM,
        provider_version=PROVIDER,
        mocks_terraform=MOCKS_TERRAFORM,
        mocks_tofu=MOCKS_TOFU,
    )


def _interpolated(value: str) -> Literal:
    """A literal in which the customer's choices are variables; only names and ARNs that the model built come here."""
    parts = CHOICE.split(value)
    text = "".join(f"${{{VARIABLES[part]}}}" if index % 2 else HCL.escape(part) for index, part in enumerate(parts))
    return Literal(f'"{text}"')


def _aligned(pairs: Iterable[tuple[Literal, str]]) -> tuple[tuple[Literal, str], ...]:
    """Keys padded to one width, as `terraform fmt` wants consecutive arguments."""
    listed = tuple(pairs)
    width = max(len(key) for key, _ in listed)
    return tuple((Literal(key.ljust(width)), value) for key, value in listed)


def _attached(role: Role) -> tuple[str, ...]:
    own = "aws_iam_role_policy_attachment.access" if role.iam.delivery == "managed" else "aws_iam_role_policy.access"
    return (own, "aws_iam_role_policy_attachment.aws_managed") if role.access.managed else (own,)
