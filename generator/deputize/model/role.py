"""The role that a vendor asks a tenant for: built once from both, the same for every output format."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deputize.errors import InputError, Problem
from deputize.iam.arn import account_root, parse_policy_arn
from deputize.iam.policy import Condition, NamedPolicy, Policy, Statement, aws_principals
from deputize.iam.role import IamRole
from deputize.model.access import Access, build_access
from deputize.model.revision import revision_of
from deputize.model.slots import ACCOUNT_CHOICE, EXTERNAL_ID_CHOICE, PATH_CHOICE, ROLE_NAME_CHOICE, Slots, chosen
from deputize.model.spec import Vendor, VendorAccount

# Raised by hand whenever emitted files change; tests/test_template_version.py guards it.
TEMPLATE_VERSION = 1

TENANT_TAG = "deputize:tenant"
VENDOR_TAG = "deputize:vendor"
VERSION_TAG = "deputize:template-version"
REVISION_TAG = "deputize:revision"


@dataclass(frozen=True, slots=True)
class Role:
    """Everything the output formats need, decided.

    iam: the role itself; its name, path and policy names hold choice marks, and slot marks when built for a shape.
    path, boundary: the defaults of the customer's choices; the default role name is `slots.role_name`.
    revision: of what is asked, the same for every tenant of a partition (`model.revision`).
    """

    vendor: Vendor
    account: VendorAccount
    slots: Slots
    iam: IamRole
    access: Access
    path: str
    boundary: str | None
    revision: str

    def resolved(self) -> IamRole:
        """The role as IAM returns it when the customer changes nothing."""
        return with_choices(self.iam, {"role_name": self.slots.role_name, "path": self.path})


def build(vendor: Vendor, slots: Slots) -> Role:
    """The role that `vendor` asks of the tenant (or the shape of tenants) in `slots`.

    Raises InputError when the vendor has no account in the tenant's partition, or AWS's quotas cannot hold the access.
    """
    account = vendor.account(slots.partition)
    if account is None:
        what = f"vendor {vendor.slug} has no account in partition {slots.partition}"
        raise InputError(Problem("tenant: partition", what, "add it to accounts in vendor.yaml"))
    boundary = vendor.role.permissions_boundary
    parsed = parse_policy_arn(boundary) if boundary is not None else None
    if parsed is not None and parsed[0] != slots.partition:
        what = f"is in partition {parsed[0]}, the tenant in {slots.partition}"
        raise InputError(Problem("vendor: role.permissions_boundary", what, "leave it to the customer's choice"))
    # Packed with room for an account, known or not: the statements are in the same policies for every tenant, and so in
    # the one-click template, whose account is a parameter.
    anywhere = build_access(vendor.access, slots.partition, ACCOUNT_CHOICE)
    access = _in_account(anywhere, slots.account_id or "*")
    asked = IamRole(
        name=vendor.role.name or "",
        path=vendor.role.path,
        description=_description(vendor),
        max_session=vendor.role.max_session_duration,
        boundary=boundary,
        trust=_trust(vendor, account, (EXTERNAL_ID_CHOICE,)),
        delivery=vendor.access.delivery,
        policies=anywhere.policies,
        managed_arns=access.managed_arns,
        tags=vendor.role.tags,
    )
    revision = revision_of(asked)
    iam = replace(
        asked,
        name=ROLE_NAME_CHOICE,
        path=PATH_CHOICE,
        trust=_trust(vendor, account, slots.external_ids),
        policies=access.policies,
        tags=_tags(vendor, slots.tenant, revision),
    )
    return Role(vendor, account, slots, iam, access, vendor.role.path, boundary, revision)


def with_choices(role: IamRole, choices: dict[str, str]) -> IamRole:
    """`role` with every choice mark replaced by what the customer chose."""
    return replace(
        role,
        name=chosen(role.name, choices),
        path=chosen(role.path, choices),
        policies=tuple(
            NamedPolicy(chosen(policy.name, choices), _chosen_document(policy.document, choices))
            for policy in role.policies
        ),
    )


def _chosen_document(document: Policy, choices: dict[str, str]) -> Policy:
    return Policy(
        tuple(
            replace(statement, resources=tuple(chosen(resource, choices) for resource in statement.resources))
            for statement in document.statements
        )
    )


def _in_account(access: Access, account: str) -> Access:
    def placed(statement: Statement) -> Statement:
        return replace(statement, resources=tuple(one.replace(ACCOUNT_CHOICE, account) for one in statement.resources))

    policies = (
        NamedPolicy(policy.name, Policy(tuple(map(placed, policy.document.statements)))) for policy in access.policies
    )
    return replace(access, policies=tuple(policies))


def _trust(vendor: Vendor, account: VendorAccount, external_ids: tuple[str, ...]) -> Policy:
    """Who may assume it: the vendor's account or roles, and only with the tenant's external ID.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
    Session tags and source identity are actions of their own, which carry no sts:ExternalId in their request context
    (Service Authorization Reference, AWS STS); by themselves they let nobody in.
    """
    principals = aws_principals(*(account.roles if account.pin else (account_root(account.partition, account.id),)))
    who = (Condition("ArnEquals", "aws:PrincipalArn", account.roles),) if account.roles and not account.pin else ()
    needs_id = Condition("StringEquals", "sts:ExternalId", external_ids)
    found = [Statement("AssumeWithExternalId", "Allow", ("sts:AssumeRole",), (), principals, (needs_id, *who))]
    if vendor.session.source_identity:
        found.append(Statement("SetSourceIdentity", "Allow", ("sts:SetSourceIdentity",), (), principals, who))
    if vendor.session.tag_keys:
        keys = Condition("ForAllValues:StringEquals", "aws:TagKeys", vendor.session.tag_keys)
        found.append(Statement("TagSession", "Allow", ("sts:TagSession",), (), principals, (keys, *who)))
    return Policy(tuple(found))


def _description(vendor: Vendor) -> str:
    if vendor.role.description is not None:
        return vendor.role.description.get("en")
    return f"Lets {vendor.slug} read this account, with its external ID only. Made by deputize."


def _tags(vendor: Vendor, tenant: str, revision: str) -> tuple[tuple[str, str], ...]:
    own = {
        TENANT_TAG: tenant,
        VENDOR_TAG: vendor.slug,
        VERSION_TAG: str(TEMPLATE_VERSION),
        REVISION_TAG: revision,
    }
    return tuple(sorted({**dict(vendor.role.tags), **own}.items()))
