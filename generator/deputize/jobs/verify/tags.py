"""Whom a live role's tags name: deputize asks for tenant and vendor on every role; one made by hand may have none.

A one-click link that was edited can give one tenant's role the ID of another: then the probes are content, and the
tags, which say what the customer saw, are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deputize.jobs.verify.expectations import RoleExpectations
from deputize.model.display import shown
from deputize.model.role import TENANT_TAG, VENDOR_TAG
from deputize.model.values import UnintendedAccess


@dataclass(frozen=True, slots=True)
class Whose:
    """others: who else is named, each as a way in that should not be. notes: what was not found out."""

    others: tuple[UnintendedAccess, ...] = ()
    notes: tuple[str, ...] = ()


def whose(tags: Mapping[str, str], expectations: RoleExpectations) -> Whose:
    """What a role's tags say against what is expected; one that is missing says nothing, and the tenant's is noted."""
    unnamed = expectations.tenants and TENANT_TAG not in tags
    note = f"no tag {TENANT_TAG} was found: that the role is this tenant's rests on its external ID alone"
    return Whose(tuple(_others(tags, expectations)), (note,) if unnamed else ())


def _others(tags: Mapping[str, str], expectations: RoleExpectations) -> Iterator[UnintendedAccess]:
    meant = (
        ("tenant", TENANT_TAG, expectations.tenants),
        ("vendor", VENDOR_TAG, () if expectations.vendor is None else (expectations.vendor,)),
    )
    for who, tag, names in meant:
        if names and tag in tags and tags[tag] not in names:
            what = f"its tag {tag} is {shown(tags[tag])}, not {shown(names[0])}: it was made for another {who}"
            yield UnintendedAccess(f"another-{who}", what)
