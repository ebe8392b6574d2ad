"""Tenants from the registry, for whoever renders: the IDs come from there, and one given by hand must be the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deputize.errors import DiffersError, Problem
from deputize.model.spec import Tenant
from deputize.registry import Registry, find, grants


def tenants_of(registry: Registry) -> Iterator[Tenant]:
    """Every tenant with a living grant, by slug; one with several accounts comes once for each, as slug-account."""
    yield from (grant.as_tenant() for grant in grants(registry))


def tenant_of(registry: Registry, slug: str, *, account_id: str | None = None, given_ids: Sequence[str] = ()) -> Tenant:
    """The tenant of that slug, with the IDs that are rendered now.

    given_ids: what somebody gave by hand as well. Raises DiffersError when they are not the issued ones, InputError
    when there is no such grant, or more than one.
    """
    tenant = find(registry, slug, account_id).as_tenant()
    if given_ids and tuple(given_ids) != tenant.external_ids:
        what = f"is not what the registry issued to {slug}"
        raise DiffersError(Problem("--external-id", what, "leave it out: the registry knows it"))
    return tenant
