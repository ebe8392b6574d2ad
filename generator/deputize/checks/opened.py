"""A bundle opened for judging: what its manifest says, what each format creates, and what we would have rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from deputize.bundle import Manifest, compare, read_manifest, seal
from deputize.errors import InputError, Problem
from deputize.formats import blueprint_of
from deputize.iam.role import Delivery, IamRole
from deputize.model.format import MANIFEST
from deputize.model.role import TEMPLATE_VERSION, Role, build
from deputize.model.slots import slots_of
from deputize.model.spec import Tenant, Vendor, tenant_problems
from deputize.model.values import Files
from deputize.model.vendor_file import vendor_from_json
from deputize.read import READERS, normal_form
from deputize.read.source import refusal


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle and what was made of it.

    manifest: None when it is missing or damaged; role: what its vendor and tenant ask for, None when they are invalid;
    problems: why, or why nothing is rendered. rendered: what we would write, not for another template version.
    roles: (format, the role that it creates, in normal form); unreadable: why one is missing there.
    """

    files: Files
    manifest: Manifest | None = None
    role: Role | None = None
    problems: tuple[Problem, ...] = ()
    rendered: Files | None = None
    roles: tuple[tuple[str, IamRole], ...] = ()
    unreadable: tuple[Problem, ...] = ()

    @property
    def formats_by_role(self) -> Mapping[IamRole, tuple[str, ...]]:
        """Each role that some format creates, once, with the formats that create it."""
        found: dict[IamRole, tuple[str, ...]] = {}
        for name, role in self.roles:
            found[role] = (*found.get(role, ()), name)
        return found

    @property
    def is_our_render(self) -> bool:
        """Whether it is, byte for byte, what this deputize renders for its manifest: safe to hand to terraform."""
        return self.rendered is not None and not compare(self.files, self.rendered)


def open_bundle(files: Files) -> Opened:
    """Read everything there is to read. Nothing is raised: what is wrong is in the result."""
    opened = open_manifest(files)
    roles: list[tuple[str, IamRole]] = []
    unreadable: list[Problem] = []
    delivery: Delivery = opened.role.iam.delivery if opened.role is not None else "managed"
    for name, read in READERS.items():
        try:
            roles.append((name, normal_form(read(files, delivery))))
        except InputError as error:
            unreadable += error.problems
    return replace(opened, roles=tuple(roles), unreadable=tuple(unreadable))


def open_manifest(files: Files) -> Opened:
    """Read the manifest, and render again what it says the bundle was made from. The formats are not read."""
    try:
        manifest = read_manifest(files)
    except InputError as error:
        return Opened(files, problems=error.problems)
    try:
        role = _role_of(manifest)
    except InputError as error:
        return Opened(files, manifest, problems=error.problems)
    if manifest.template_version != TEMPLATE_VERSION:
        return Opened(files, manifest, role)
    try:
        return Opened(files, manifest, role, rendered=rendered(role))
    except InputError as error:  # its link opens another template than its vendor makes
        return Opened(files, manifest, role, error.problems)


def rendered(role: Role) -> Files:
    """A role's whole bundle, rendered for this one tenant and sealed."""
    return seal(blueprint_of(role).fill(role.slots.values()))


def role_for(vendor: Vendor, tenant: Tenant) -> Role:
    """What `vendor` asks of `tenant`. Raises InputError when it cannot be asked."""
    return build(vendor, slots_of(vendor, tenant))


def _role_of(manifest: Manifest) -> Role:
    vendor = vendor_from_json(manifest.made_from, f"{MANIFEST}: made_from")
    tenant = Tenant(
        slug=manifest.tenant,
        external_ids=manifest.external_ids,
        name=manifest.tenant_name,
        account_id=manifest.account_id,
        partition=manifest.partition,
        locale=manifest.locale,
    )
    if problems := tenant_problems(tenant, MANIFEST):
        raise InputError(*problems)
    role = role_for(vendor, tenant)
    if manifest.vendor_account != role.account.id:
        what = f"vendor.account_id is {manifest.vendor_account}, made_from says {role.account.id}"
        raise refusal(MANIFEST, what)
    return role
