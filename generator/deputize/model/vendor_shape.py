"""The shape of vendor.yaml as pydantic models, which are also its JSON Schema; meaning is judged in vendor_rules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _nothing(value: object) -> object:
    """An empty YAML value ("key:") means that the key was not given."""
    return None if value == "" else value


Text = str | dict[str, str]
Optional = BeforeValidator(_nothing)
# A section whose lines are all commented out is there and empty.
Section = BeforeValidator(lambda value: {} if value == "" else value)


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NameShape(_Shape):
    """Who the vendor is."""

    name: Text = Field(description="Name shown to customers: one text, or one per locale (en, ja).")
    slug: Annotated[str | None, Optional] = Field(
        None, description="Short ASCII name for role, stack and tags; made from the name when not given."
    )


class AccountShape(_Shape):
    """The vendor's account in one partition and whom in it the customer trusts."""

    id: str = Field(description="The vendor's 12-digit AWS account ID in this partition.")
    roles: Annotated[tuple[str, ...] | None, Optional] = Field(
        None, description="Full ARNs of the vendor's roles that may assume it; none trusts the whole account."
    )
    pin: bool = Field(
        default=False,
        description="Name the roles as principals: a role that is re-created is locked out until the trust is renewed.",
    )


class RoleShape(_Shape):
    """What the role looks like in the customer's account."""

    name: str = Field("{vendor}-{tenant}", description="Name pattern; {vendor} and {tenant} stand for the slugs.")
    path: str = Field("/", description="IAM path, / or /name/.")
    description: Annotated[Text | None, Optional] = Field(None, description="IAM description (Latin-1).")
    tags: Annotated[dict[str, str] | None, Optional] = Field(None, description="Tags of the role.")
    max_session_duration: int = Field(3600, description="Seconds, 3600 to 43200.")
    permissions_boundary: Annotated[str | None, Optional] = Field(None, description="ARN of a managed policy.")


class SessionShape(_Shape):
    """What a session of the role may carry."""

    source_identity: bool = Field(default=False, description="Whether the vendor may set a source identity.")
    tag_keys: Annotated[tuple[str, ...] | None, Optional] = Field(None, description="Session tag keys it may pass.")


class ManagedShape(_Shape):
    """An AWS managed policy to attach."""

    name: str = Field(description="Path and name, as SecurityAudit or job-function/ViewOnlyAccess.")
    reason: Text = Field(description="Why, for the customer.")


class StatementShape(_Shape):
    """One more statement of the access policy."""

    sid: str = Field(description="Statement ID: letters and digits.")
    actions: tuple[str, ...] = Field(description="IAM actions, all of them reads.")
    resources: tuple[str, ...] = Field(("*",), description="Resource ARNs.")
    reason: Text = Field(description="Why, for the customer.")


class SecretShape(_Shape):
    """A read that returns credentials or secrets, allowed all the same."""

    action: str = Field(description="The action, as ssm:GetParameter.")
    reason: Text = Field(description="Why, for the customer; every output shows it.")


class AccessShape(_Shape):
    """What the role may read."""

    profile: Annotated[str | None, Optional] = Field("cost-optimization", description="A shipped profile, or none.")
    managed_policies: Annotated[tuple[ManagedShape, ...] | None, Optional] = None
    statements: Annotated[tuple[StatementShape, ...] | None, Optional] = None
    delivery: Literal["managed", "inline"] = Field(
        "managed", description="Customer-managed policies, or inline ones (compliance packs reject inline)."
    )
    allow_secrets: Annotated[tuple[SecretShape, ...] | None, Optional] = None


class HostingShape(_Shape):
    """Where the vendor's one-click template of one partition lies."""

    template_url: str = Field(
        description="Its address in S3, as `deputize publish` prints it: the last part is the template's SHA-256."
    )
    region: Annotated[str | None, Optional] = Field(
        None, description="Region in which customers' links open first; the partition's home region when not given."
    )


class VendorShape(_Shape):
    """vendor.yaml: everything that is the same for all tenants of a vendor."""

    vendor: NameShape
    accounts: dict[str, AccountShape] = Field(description="By partition: aws, aws-us-gov, aws-cn, aws-eusc.")
    role: Annotated[RoleShape, Section] = RoleShape()
    session: Annotated[SessionShape, Section] = SessionShape()
    access: Annotated[AccessShape, Section] = AccessShape()
    hosting: Annotated[dict[str, HostingShape], Section] = Field(
        default_factory=dict, description="By partition: the one-click template that customers' links open."
    )
    never_assume_accounts: Annotated[tuple[str, ...] | None, Optional] = Field(
        None, description="Accounts whose roles `verify` and the registry never enter; stands in no bundle."
    )


def vendor_schema() -> dict[str, object]:
    """The JSON Schema of vendor.yaml."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **VendorShape.model_json_schema()}
