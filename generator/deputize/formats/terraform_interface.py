"""The Terraform module's inputs and outputs: the one table that its variables, its outputs and their docs come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deputize.formats.languages import HCL
from deputize.formats.templates import Literal
from deputize.iam import limits
from deputize.iam.limits import Limit
from deputize.model.role import TEMPLATE_VERSION, Role
from deputize.model.text import Localized

TERRAFORM = "1.3"
PROVIDER = "5.0"
"""The oldest Terraform, and the oldest provider of its source hashicorp/aws, that the module works with."""


@dataclass(frozen=True, slots=True)
class Input:
    """One variable: a choice of the customer's, which always has a default.

    type, default, condition: HCL expressions. The condition (None: everything is admitted) is false for a value that
    IAM would not take; `rule` then says what it takes. nullable: whether null is a value of its own.
    """

    name: str
    type: Literal
    default: Literal
    description: Localized
    condition: Literal | None = None
    rule: Localized | None = None
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class TerraformOutput:
    """One output; `value` is an HCL expression, `after` the resources that must be there before it is of use."""

    name: str
    value: Literal
    description: Localized
    after: tuple[Literal, ...] = ()


def inputs(role: Role) -> tuple[Input, ...]:
    """What the customer may choose, the same as in every other format."""
    return (
        _role_name(role),
        Input(
            name="path",
            type=Literal("string"),
            default=_text(role.path),
            description=_both(
                "IAM path of the role and its policies, / or /name/.",
                "ロールとポリシーの IAM パス。/ または /name/ の形です。",
            ),
            condition=_within("path", limits.PATH),
            rule=_both(
                "Use / or /name/ with letters, digits and .,+@=_-.",
                "/ または /name/ の形で、英字、数字、.,+@=_- を使ってください。",
            ),
        ),
        _permissions_boundary(role),
        Input(
            name="tags",
            type=Literal("map(string)"),
            default=Literal("{}"),
            description=_both("Tags to add to the role.", "ロールに追加するタグ。"),
        ),
    )


def outputs(role: Role, attached: tuple[str, ...]) -> tuple[TerraformOutput, ...]:
    """What the module tells its caller; `attached` are the addresses of what hangs policies on the role."""
    arn = TerraformOutput(
        "role_arn",
        Literal("aws_iam_role.role.arn"),
        _both("Give this ARN to the vendor.", "ベンダーに伝える ARN。"),
        tuple(map(Literal, attached)),
    )
    name = TerraformOutput("role_name", Literal("aws_iam_role.role.name"), _both("Name of the role.", "ロールの名前。"))
    return (arn, name, *_external_ids(role), *_identities(role))


def _role_name(role: Role) -> Input:
    low, high = limits.ROLE_NAME.low, limits.ROLE_NAME.high
    return Input(
        name="role_name",
        type=Literal("string"),
        default=_text(role.slots.role_name),
        description=_both(
            "Name of the role that the vendor will assume; unique in this account.",
            "ベンダーが引き受けるロールの名前。このアカウントで一意にしてください。",
        ),
        condition=_within("role_name", limits.ROLE_NAME),
        rule=_both(
            f"Use {low} to {high} letters, digits and _+=,.@-.",
            f"英字、数字、_+=,.@- を {low} 文字以上 {high} 文字以内で指定してください。",
        ),
    )


def _permissions_boundary(role: Role) -> Input:
    pattern = rf"arn:{role.slots.partition}:iam::(\d{{12}}|aws):policy/[\w+=,.@/-]+"
    return Input(
        name="permissions_boundary",
        type=Literal("string"),
        default=Literal("null") if role.boundary is None else _text(role.boundary),
        description=_both(
            "ARN of the managed policy that bounds every role in this account, if your organisation asks for one.",
            "組織の規則で必要な場合に、アクセス許可の境界とする管理ポリシーの ARN。",
        ),
        condition=Literal(f"var.permissions_boundary == null || {_matches('permissions_boundary', pattern)}"),
        rule=_both(
            "Give the ARN of a managed policy, or null.",
            "管理ポリシーの ARN または null を指定してください。",
        ),
        nullable=True,
    )


def _external_ids(role: Role) -> Iterator[TerraformOutput]:
    now, *following = role.slots.external_ids
    said = _both(
        "The external ID that the vendor sends; not a secret.", "ベンダーが送る外部 ID。秘密の情報ではありません。"
    )
    yield TerraformOutput("external_id", _text(now), said)
    for one in following:
        said = _both(
            "The external ID that the vendor will send after its rotation.", "ベンダーが切り替え後に送る外部 ID。"
        )
        yield TerraformOutput("next_external_id", _text(one), said)


def _identities(role: Role) -> Iterator[TerraformOutput]:
    said = _both("The tenant this role is for.", "このロールの対象となるテナント。")
    yield TerraformOutput("tenant", _text(role.slots.tenant), said)
    yield TerraformOutput(
        "vendor", _text(role.vendor.slug), _both("The vendor who may enter.", "ロールを引き受けるベンダー。")
    )
    said = _both(
        "The vendor's AWS account, the only one that may enter.",
        "ベンダーの AWS アカウント。引き受けられるのはこのアカウントのみです。",
    )
    yield TerraformOutput("vendor_account", _text(role.account.id), said)
    said = _both("Version of deputize's template set.", "deputize のテンプレート一式のバージョン。")
    yield TerraformOutput("template_version", _text(str(TEMPLATE_VERSION)), said)


def _both(english: str, japanese: str) -> Localized:
    return Localized((("en", english), ("ja", japanese)))


def _text(value: str) -> Literal:
    return Literal(HCL.literal(value))


def _within(name: str, limit: Limit) -> Literal:
    """A condition that admits what `limit` does. The length stands apart: Go counts a repeat to 1,000 at most."""
    if limit.pattern is None:
        msg = f"{limit.name} has no pattern"
        raise ValueError(msg)
    return Literal(f"length(var.{name}) <= {limit.high} && {_matches(name, limit.pattern.pattern)}")


def _matches(name: str, pattern: str) -> str:
    r"""Whether all of a variable matches; only patterns that we wrote come here, so `$` may stand as it is.

    Go's \w and \d are ASCII, and its $ is the end of the text: https://pkg.go.dev/regexp/syntax
    """
    escaped = pattern.replace("\\", "\\\\")
    return f'can(regex("^{escaped}$", var.{name}))'
