"""What the bundles in OUT have issued: an ID of another tenant is refused, and nothing is taken back unasked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deputize.bundle import Issued, issued, taken_back
from deputize.disk import find_manifests
from deputize.errors import Problem
from deputize.model.display import printable, shown
from deputize.model.spec import Tenant, Vendor
from deputize.model.values import Finding, Severity

_OWN_ID = "issue every tenant an ID of its own; if that bundle is an old one of this customer, move it away"
_LONGEST_PATH = 4096  # characters of a path that a message shows: it has to be found again


@dataclass(frozen=True, slots=True)
class IssuedBundles:
    """The bundles that were in `out` when it was looked at.

    bundles: by the name of their folder or zip. holders: external ID in lower case -> (bundle, tenant) that has it.
    vendors: (slug, account ID). owners: the tenant of a bundle that the registry names otherwise than its tenant.
    unread: names of what says that it is a bundle and has no manifest that can be read.
    """

    out: str
    bundles: Mapping[str, Issued]
    holders: Mapping[str, tuple[tuple[str, str], ...]]
    vendors: frozenset[tuple[str, str]]
    owners: Mapping[str, str]
    unread: tuple[str, ...]

    def notes(self) -> Iterator[Finding]:
        """One note for each bundle whose IDs could not be compared."""
        what = "has no manifest that can be read: its external ID was not compared with those that are rendered"
        for name in self.unread:
            yield Finding("bundle-unread", Severity.NOTE, self._path(name), what, "move it away")

    def taken(self, tenant: Tenant) -> Iterator[Problem]:
        """The tenant's IDs that another tenant's bundle asks for, ignoring case; the other's spelling is not told."""
        own = self.owners.get(tenant.slug, tenant.slug)
        for external_id in tenant.external_ids:
            for name, holder in self.holders.get(external_id.lower(), ()):
                if self.owners.get(holder, holder) != own:
                    what = f"{shown(external_id)} is issued to another tenant in {self._path(name)} (ignoring case)"
                    yield Problem("tenant: external_id", what, _OWN_ID)
                    break

    def taken_back(self, vendor: Vendor, tenant: Tenant, *, zipped: bool) -> Iterator[Problem]:
        """What the tenant's bundle in `out` promises, and the one to be rendered would not."""
        name = f"{tenant.slug}.zip" if zipped else tenant.slug
        there, account = self.bundles.get(name), vendor.account(tenant.partition)
        if there is not None and account is not None:
            new = Issued(tenant.slug, vendor.slug, account.id, tenant.account_id, tenant.external_ids)
            yield from taken_back(self._path(name), there, new)

    def _path(self, name: str) -> str:
        return printable(f"{self.out}/{name}", _LONGEST_PATH)


def issued_bundles(out: Path, owners: Mapping[str, str]) -> IssuedBundles:
    """Read every manifest in `out`, once. Raises InputError when it is there and cannot be listed."""
    bundles: dict[str, Issued] = {}
    holders: dict[str, tuple[tuple[str, str], ...]] = {}
    unread = []
    for found in find_manifests(os.fspath(out)):
        if found.manifest is None:
            unread.append(found.name)
            continue
        bundles[found.name] = one = issued(found.manifest)
        for external_id in one.external_ids:
            key = external_id.lower()
            holders[key] = (*holders.get(key, ()), (found.name, one.tenant))
    vendors = frozenset((one.vendor, one.vendor_account) for one in bundles.values())
    return IssuedBundles(os.fspath(out), bundles, holders, vendors, owners, tuple(unread))
