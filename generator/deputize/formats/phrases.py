"""Sentences about a role that several formats print: made from the model, once."""

from __future__ import annotations

from deputize.model.role import Role


def who_may_enter(role: Role, locale: str = "en") -> str:
    """Who the trust policy lets in: part of a sentence, without a full stop. Comments in code are in English."""
    account = role.account.id
    names = ", ".join(arn.rpartition(":role")[2] for arn in role.account.roles)
    if locale == "ja":
        who = f"のロール {names}" if names else "内でベンダーが許可したユーザーまたはロール"
        return f"アカウント {account} {who}のみで、このテナントの外部 ID を送った場合に限ります"
    who = f"role {names} of account {account}" if names else f"any identity of account {account} that the vendor"
    return f"{who}{'' if names else ' allows to'}, and only with this tenant's external ID"


def policy_description(role: Role) -> str:
    """The IAM description of the access policies.

    Never to be reworded: IAM takes it at creation only, so CloudFormation would replace the policies under their names.
    """
    return f"What {role.vendor.slug} may read. Made by deputize."
