"""Tenants from the registry, for whoever renders: the IDs come from there, and one given by hand must be the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deputize.errors import DiffersError, InputError, Problem
from deputize.model.spec import Tenant
from deputize.registry import Registry, find, find_label, grants


def tenants_of(registry: Registry) -> Iterator[Tenant]:
    """Every tenant with a living grant, by slug; one with several accounts comes once for each, as slug-account."""
    yield from (grant.as_tenant() for grant in grants(registry))


def tenant_of(registry: Registry, slug: str, *, account_id: str | None = None, given_ids: Sequence[str] = ()) -> Tenant:
    """The tenant of that slug, with the IDs that are rendered now; without an account_id also by its bundle's name.

    given_ids: what somebody gave by hand as well. Raises DiffersError when they are not the issued ones, InputError
    when there is no such grant, or more than one.
    """
    # A slug that was ever a tenant's is looked up as nothing else.
    by_slug = account_id is not None or grants(registry, tenant=slug, retired=True)
    tenant = (find(registry, slug, account_id) if by_slug else find_label(registry, slug)).as_tenant()
    if given_ids and tuple(given_ids) != tenant.external_ids:
        what = f"is not what the registry issued to {slug}"
        raise DiffersError(Problem("--external-id", what, "leave it out: the registry knows it"))
    return tenant


def bundle_owners(registry: Registry, slug: str | None = None) -> dict[str, str]:
    """The tenant of each bundle that has another name than its tenant, retired ones too; such may share an ID.

    slug: only of the tenant that has this slug, or a bundle of this name.
    """
    if slug is not None and not grants(registry, tenant=slug, retired=True):
        try:
            slug = find_label(registry, slug).tenant
        except InputError:
            return {}
    return {one.label: one.tenant for one in grants(registry, tenant=slug, retired=True) if one.label != one.tenant}
