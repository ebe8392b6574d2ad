"""Vendor and Tenant: the two frozen inputs that everything is made from."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from deputize.errors import Problem
from deputize.iam import limits
from deputize.iam.partitions import PARTITIONS
from deputize.iam.role import Delivery
from deputize.model.display import display_problem, shown
from deputize.model.external_id import external_id_problem
from deputize.model.profiles import AccessStatement, AllowedSecret, ManagedChoice
from deputize.model.text import Localized

SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
RESERVED_SLUG = "vendor"
LOCALES = ("en", "ja")
_DIGEST_CHARACTERS = 8
_MAX_IDS = 2


@dataclass(frozen=True, slots=True)
class VendorAccount:
    """The vendor's account in one partition and whom in it the customer trusts.

    roles: full ARNs of the roles that may assume it; empty trusts the whole account. pin: name them as principals,
    which binds the trust to their unique IDs, instead of comparing ARNs in a condition.
    """

    partition: str
    id: str
    roles: tuple[str, ...] = ()
    pin: bool = False


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """What the vendor asks the role to look like; `max_session_duration` in seconds."""

    name: str = "{vendor}-{tenant}"
    path: str = "/"
    description: Localized | None = None
    tags: tuple[tuple[str, str], ...] = ()
    max_session_duration: int = limits.SESSION_DURATION.low
    permissions_boundary: str | None = None


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """What a session of the role may carry: a source identity, and session tags with these keys."""

    source_identity: bool = False
    tag_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessSpec:
    """What the role may read: a shipped profile and the vendor's own additions."""

    profile: str | None = "cost-optimization"
    managed_policies: tuple[ManagedChoice, ...] = ()
    statements: tuple[AccessStatement, ...] = ()
    delivery: Delivery = "managed"
    allow_secrets: tuple[AllowedSecret, ...] = ()


@dataclass(frozen=True, slots=True)
class Hosting:
    """Where the vendor's one-click template of one partition lies: what `deputize publish` printed.

    template_url: its S3 address, whose last part is the template's own SHA-256. region: where the links open first.
    """

    partition: str
    template_url: str
    region: str


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who asks: everything that is the same for all its tenants."""

    slug: str
    name: Localized
    accounts: tuple[VendorAccount, ...]
    role: RoleSpec = RoleSpec()
    session: SessionSpec = SessionSpec()
    access: AccessSpec = AccessSpec()
    # The vendor's own business: it stands in no bundle.
    never_assume_accounts: tuple[str, ...] = ()
    hosting: tuple[Hosting, ...] = ()

    def hosted(self, partition: str) -> Hosting | None:
        """Where the one-click template of `partition` lies, or None when the vendor hosts none there."""
        return next((hosting for hosting in self.hosting if hosting.partition == partition), None)

    def account(self, partition: str) -> VendorAccount | None:
        """The vendor's account in `partition`, or None when it has none there."""
        return next((account for account in self.accounts if account.partition == partition), None)


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who is asked: one customer of the vendor.

    external_ids: the issued ID, or during a rotation the current and the next one.
    account_id: the tenant's AWS account where it was agreed beforehand.
    """

    slug: str
    external_ids: tuple[str, ...]
    name: str = ""
    account_id: str | None = None
    partition: str = "aws"
    locale: str = "en"

    @property
    def display_name(self) -> str:
        """The name to show: the slug where no name was given."""
        return self.name or self.slug


def tenant_problems(tenant: Tenant, where: str = "tenant") -> tuple[Problem, ...]:
    """Everything wrong with a tenant's values, each as `where: field: what; mend`."""
    checks: list[tuple[str, str | None, str]] = [
        ("tenant", _slug_problem(tenant.slug), "use 1 to 63 of a-z, 0-9 and - inside, as in a-company"),
        ("name", display_problem(tenant.name) if tenant.name else None, "give one printable line"),
        ("partition", _known(tenant.partition, tuple(PARTITIONS)), ""),
        ("locale", _known(tenant.locale, LOCALES), ""),
    ]
    if tenant.account_id is not None and not limits.ACCOUNT_ID.admits(tenant.account_id):
        checks.append(("account_id", f"{shown(tenant.account_id)} is no AWS account ID", "give its 12 digits"))
    if not 1 <= len(tenant.external_ids) <= _MAX_IDS:
        checks.append(("external_id", f"{len(tenant.external_ids)} given", "give one, or two during a rotation"))
    checks.extend(("external_id", external_id_problem(text), "") for text in tenant.external_ids)
    if len({text.lower() for text in tenant.external_ids}) < len(tenant.external_ids):
        checks.append(("external_id", "both IDs are the same (ignoring case)", "issue a new one for the rotation"))
    return tuple(Problem(f"{where}: {field}", what, mend) for field, what, mend in checks if what is not None)


def role_name(pattern: str, vendor: str, tenant: str) -> str:
    """The role's name for a tenant; over 64 characters it ends in a digest of the whole name instead."""
    full = pattern.replace("{vendor}", vendor).replace("{tenant}", tenant)
    if len(full) <= limits.ROLE_NAME.high:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()[:_DIGEST_CHARACTERS]
    return f"{full[: limits.ROLE_NAME.high - len(digest) - 1]}-{digest}"


def stack_name(vendor: str, tenant: str) -> str:
    """The CloudFormation stack's name for a tenant: at most 128 characters by the slugs' own limits."""
    return f"{vendor}-{tenant}"


def slug_from(name: str) -> str:
    """A slug made of the ASCII letters and digits of `name`; empty when it has none or starts with a digit."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower(), flags=re.ASCII).strip("-")[:63].strip("-")
    return slug if SLUG.fullmatch(slug) and slug[0].isalpha() else ""


def _slug_problem(text: str) -> str | None:
    if text == RESERVED_SLUG:
        return f"{shown(text)} is taken: OUT/{RESERVED_SLUG} holds the vendor's own policy"
    return None if SLUG.fullmatch(text) else f"{shown(text)} is no slug"


def _known(text: str, known: tuple[str, ...]) -> str | None:
    return None if text in known else f"{shown(text)} is unknown; known are {', '.join(known)}"
